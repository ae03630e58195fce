//! Whether a picture is fit to be measured: the checks by which collections sort pictures, made while the specimen still lies there.
//!
//! * [`Quality`]: one [`Check`] for each [`CheckName`]: a value, its limits, a [`Verdict`] and a few words for the operator.
//! * [`QualitySettings`]: the limits.
//! * [`FishAirQuality`]: the same outcome as Fish-AIR's image quality metadata.

mod assess;
mod check;
mod covered;
mod fish_air;
mod focus;
mod light;
mod parts;
mod posture;
mod settings;
mod silhouette;

use serde::{Deserialize, Serialize};

pub use assess::{Seen, assess};
pub use check::{Check, CheckName, Verdict};
pub use fish_air::{Brightness, ColorIssue, FishAirQuality, SpecimenCurved, SpecimenView};
pub use settings::{Admitted, Limits, QualityError, QualitySettings, Range, WantedHead};

/// The checks of one picture, in the order of [`CheckName::ALL`].
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Quality {
    /// One entry a check.
    pub checks: Vec<Check>,
    /// The checks that found the picture bad and in spite of which a person had it saved; empty for a picture that nobody saved.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub saved_in_spite_of: Vec<CheckName>,
}

impl Quality {
    /// The worst verdict; [`Verdict::Unknown`] where nothing was checked.
    pub fn worst(&self) -> Verdict {
        self.checks.iter().map(|c| c.verdict).max().unwrap_or(Verdict::Unknown)
    }

    /// One check's outcome, where it was made.
    pub fn check(&self, name: CheckName) -> Option<&Check> {
        self.checks.iter().find(|check| check.name == name)
    }

    /// The checks with that verdict, in their order.
    pub fn with(&self, verdict: Verdict) -> impl Iterator<Item = &Check> {
        self.checks.iter().filter(move |check| check.verdict == verdict)
    }

    /// The words of what is bad, then of what is doubtful, joined by commas; `None` where there is nothing to complain of.
    pub fn complaints(&self, from: Verdict) -> Option<String> {
        let bad = self.with(Verdict::Bad);
        let doubtful = self.with(Verdict::Doubtful).filter(|_| from <= Verdict::Doubtful);
        let words: Vec<&str> = bad.chain(doubtful).map(|check| check.words.as_str()).collect();
        (!words.is_empty()).then(|| words.join(", "))
    }

    /// The outcome in the words of Fish-AIR's image quality metadata.
    pub fn fish_air(&self) -> FishAirQuality {
        FishAirQuality::from(self)
    }
}

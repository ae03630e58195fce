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

    /// The outcome in the words of Fish-AIR's image quality metadata.
    pub fn fish_air(&self) -> FishAirQuality {
        FishAirQuality::from(self)
    }
}

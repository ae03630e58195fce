//! Whether a picture is fit to be measured: the checks by which collections sort pictures, made while the specimen still lies there.

use serde::{Deserialize, Serialize};

/// The checks of one picture, in the order in which they are shown.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Quality {
    /// One entry a check.
    pub checks: Vec<Check>,
}

/// One check and its outcome.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Check {
    /// What was checked, for example `focus`.
    pub name: String,
    /// What was measured, in `unit`; absent where it could not be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<f64>,
    /// The value's unit, for example `deg`, `px`, `share`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub unit: String,
    /// The limit that the value was held against.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<f64>,
    /// What came of it.
    pub verdict: Verdict,
    /// For the operator: a few words such as `out of focus`.
    pub words: String,
}

/// What came of a check; the greater the worse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Could not be told.
    Unknown,
    /// Good: green.
    Good,
    /// Near the limit: amber.
    Doubtful,
    /// Beyond the limit: red.
    Bad,
}

/// Limits of the checks.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct QualitySettings {}

impl Quality {
    /// The worst verdict; [`Verdict::Unknown`] where nothing was checked.
    pub fn worst(&self) -> Verdict {
        self.checks.iter().map(|c| c.verdict).max().unwrap_or(Verdict::Unknown)
    }
}

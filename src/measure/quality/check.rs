//! One check and its outcome.

use serde::{Deserialize, Serialize};

/// What is checked, in the order of files and displays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckName {
    /// How many fish lie in the picture; one is wanted.
    FishCount,
    /// Whether the picture's edge cuts the fish.
    Cut,
    /// Which of the expected parts can't be seen.
    PartsMissing,
    /// Whether the fish is seen from the side.
    LateralView,
    /// Which way the head points.
    HeadSide,
    /// How far the body's axis bends.
    Curvature,
    /// How far the body's axis is tilted against the picture's rows.
    Tilt,
    /// How sharp the fish is.
    Focus,
    /// How bright the fish is.
    Brightness,
    /// Pixels of the fish that are as bright as the camera can tell.
    Highlights,
    /// Pixels of the fish that are black.
    Shadows,
    /// How far the ground is from grey.
    ColourCast,
    /// How even the ground is.
    Background,
    /// Whether a ruler lies in the picture.
    Ruler,
    /// Whether a label lies in the picture.
    Label,
    /// How much of the fish something lies over.
    Covered,
    /// Whether fins are folded; can't be told from a picture yet.
    PartsFolded,
}

impl CheckName {
    /// All, in the order of files and displays.
    pub const ALL: [Self; 17] = [
        Self::FishCount,
        Self::Cut,
        Self::PartsMissing,
        Self::LateralView,
        Self::HeadSide,
        Self::Curvature,
        Self::Tilt,
        Self::Focus,
        Self::Brightness,
        Self::Highlights,
        Self::Shadows,
        Self::ColourCast,
        Self::Background,
        Self::Ruler,
        Self::Label,
        Self::Covered,
        Self::PartsFolded,
    ];

    /// Its key in files and metrics, for example `parts_missing`.
    pub const fn key(self) -> &'static str {
        match self {
            Self::FishCount => "fish_count",
            Self::Cut => "cut",
            Self::PartsMissing => "parts_missing",
            Self::LateralView => "lateral_view",
            Self::HeadSide => "head_side",
            Self::Curvature => "curvature",
            Self::Tilt => "tilt",
            Self::Focus => "focus",
            Self::Brightness => "brightness",
            Self::Highlights => "highlights",
            Self::Shadows => "shadows",
            Self::ColourCast => "colour_cast",
            Self::Background => "background",
            Self::Ruler => "ruler",
            Self::Label => "label",
            Self::Covered => "covered",
            Self::PartsFolded => "parts_folded",
        }
    }

    /// The check with that key.
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|name| name.key() == key)
    }

    /// The unit of its value; empty for a plain number.
    pub const fn unit(self) -> &'static str {
        match self {
            Self::FishCount | Self::LateralView | Self::PartsMissing | Self::Ruler | Self::Label => "count",
            Self::HeadSide => "h",
            Self::Curvature | Self::Cut | Self::Highlights | Self::Shadows | Self::Covered => "share",
            Self::Tilt => "deg",
            Self::Focus => "px",
            Self::Brightness | Self::ColourCast | Self::Background => "level",
            Self::PartsFolded => "",
        }
    }
}

impl std::fmt::Display for CheckName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.key())
    }
}

/// One check and its outcome.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Check {
    /// What was checked.
    pub name: CheckName,
    /// What was measured, in `unit`; absent where it could not be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<f64>,
    /// The value's unit: `deg`, `px`, `share` (0 to 1), `level` (of 255), `count`, or `h` (the hour of a clock's hand that points as the head does).
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub unit: String,
    /// The limit beyond which the value is doubtful; absent where there is none or the check is off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caution: Option<f64>,
    /// The limit beyond which the value is bad; absent where there is none or the check is off.
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
    /// Could not be told, or is not asked for.
    Unknown,
    /// Good: green.
    Good,
    /// Near the limit: amber.
    Doubtful,
    /// Beyond the limit: red.
    Bad,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_those_of_the_files() {
        for name in CheckName::ALL {
            assert_eq!(serde_json::to_value(name).unwrap(), name.key());
            assert_eq!(CheckName::from_key(name.key()), Some(name));
        }
    }
}

//! The same outcome in the words of Fish-AIR's image quality metadata.
//!
//! Names, values and their order are those of the published table (`Files/Tulane/Fish/imageQualityMetadata.csv` of hdr-bgnn/Minnow_Segmented_Traits).
//! There people judged the pictures; the selection of `Scripts/Minnow_Selection_Image_Quality_Metadata.R` compares these strings.

use std::fmt;

use super::{Check, CheckName, Quality, Verdict};

/// From which side the specimen is seen (`specimenView`): the way its head points, where it lies on its side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpecimenView {
    /// On its right side, head to the left.
    Left,
    /// On its left side, head to the right.
    Right,
    /// Neither, as far as can be told.
    Complicated,
}

/// `specimenCurved`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpecimenCurved {
    /// The body's axis is straight.
    Straight,
    /// It bends.
    Curved,
}

/// `brightness`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Brightness {
    /// As it should be.
    Normal,
    /// Too dark.
    Dark,
    /// Too bright.
    Bright,
}

/// `colorIssue`; the published table has free words where there is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColorIssue {
    /// None.
    None,
    /// The light is coloured.
    ColorCast,
    /// Parts of the fish are as bright as the camera can tell.
    LightSpots,
}

impl fmt::Display for SpecimenView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Left => "left",
            Self::Right => "right",
            Self::Complicated => "complicated",
        })
    }
}

impl fmt::Display for SpecimenCurved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Straight => "straight",
            Self::Curved => "curved",
        })
    }
}

impl fmt::Display for Brightness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Normal => "normal",
            Self::Dark => "dark",
            Self::Bright => "bright",
        })
    }
}

impl fmt::Display for ColorIssue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "none",
            Self::ColorCast => "color cast",
            Self::LightSpots => "light spots",
        })
    }
}

/// Fish-AIR's image quality metadata of one picture; `None` where it could not be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FishAirQuality {
    /// Number of fish.
    pub specimen_quantity: Option<u32>,
    /// A ruler or scale bar lies in the picture.
    pub contains_scale_bar: Option<bool>,
    /// A label lies in the picture.
    pub contains_label: Option<bool>,
    /// Something lies over the fish.
    pub parts_overlapping: Option<bool>,
    /// The hour of a clock's hand that points as the head does: 9 is left.
    pub specimen_angle: Option<u32>,
    /// From which side the fish is seen.
    pub specimen_view: Option<SpecimenView>,
    /// Whether its axis bends.
    pub specimen_curved: Option<SpecimenCurved>,
    /// An expected part is not there, or is cut off.
    pub parts_missing: Option<bool>,
    /// All expected parts are there, whole and uncovered.
    pub all_parts_visible: Option<bool>,
    /// Fins are folded.
    pub parts_folded: Option<bool>,
    /// Brightness of the fish.
    pub brightness: Option<Brightness>,
    /// The ground is even.
    pub uniform_background: Option<bool>,
    /// The fish is sharp.
    pub on_focus: Option<bool>,
    /// What is wrong with the colours.
    pub color_issue: Option<ColorIssue>,
}

impl FishAirQuality {
    /// Names of the columns, in the order of [`values`](Self::values), which is that of the published table.
    pub const TERMS: [&'static str; 14] = [
        "specimenQuantity",
        "containsScaleBar",
        "containsLabel",
        "partsOverlapping",
        "specimenAngle",
        "specimenView",
        "specimenCurved",
        "partsMissing",
        "allPartsVisible",
        "partsFolded",
        "brightness",
        "uniformBackground",
        "onFocus",
        "colorIssue",
    ];

    /// The values as they are written, empty where they could not be told; in the order of [`TERMS`](Self::TERMS).
    pub fn values(&self) -> [String; 14] {
        [
            words(self.specimen_quantity),
            truth(self.contains_scale_bar),
            truth(self.contains_label),
            truth(self.parts_overlapping),
            words(self.specimen_angle),
            words(self.specimen_view),
            words(self.specimen_curved),
            truth(self.parts_missing),
            truth(self.all_parts_visible),
            truth(self.parts_folded),
            words(self.brightness),
            truth(self.uniform_background),
            truth(self.on_focus),
            words(self.color_issue),
        ]
    }
}

/// Python's words, which the published table has.
fn truth(value: Option<bool>) -> String {
    match value {
        Some(true) => "True",
        Some(false) => "False",
        None => "",
    }
    .to_owned()
}

fn words(value: Option<impl fmt::Display>) -> String {
    value.map(|v| v.to_string()).unwrap_or_default()
}

impl From<&Quality> for FishAirQuality {
    /// A doubtful outcome counts as good, as people who judge pictures by eye would have it.
    fn from(quality: &Quality) -> Self {
        use CheckName as Name;
        let is_bad = |name: Name| match quality.check(name)?.verdict {
            Verdict::Unknown => None,
            verdict => Some(verdict == Verdict::Bad),
        };
        let value = |name: Name| quality.check(name).and_then(|check| check.value);
        let is_there = |name: Name| value(name).map(|count| count > 0.0);
        let fails = [Name::Cut, Name::PartsMissing].map(is_bad);
        let missing = any(&fails);
        let covered = is_bad(Name::Covered);
        Self {
            specimen_quantity: value(Name::FishCount).map(|count| count as u32),
            contains_scale_bar: is_there(Name::Ruler),
            contains_label: is_there(Name::Label),
            parts_overlapping: covered,
            specimen_angle: value(Name::HeadSide).map(hour),
            specimen_view: view(quality.check(Name::HeadSide), is_bad(Name::LateralView)),
            specimen_curved: is_bad(Name::Curvature).map(|bad| match bad {
                true => SpecimenCurved::Curved,
                false => SpecimenCurved::Straight,
            }),
            parts_missing: missing,
            all_parts_visible: any(&[missing, covered]).map(|bad| !bad),
            parts_folded: is_bad(Name::PartsFolded),
            brightness: quality.check(Name::Brightness).and_then(brightness),
            uniform_background: is_bad(Name::Background).map(|bad| !bad),
            on_focus: is_bad(Name::Focus).map(|bad| !bad),
            color_issue: color_issue(is_bad(Name::ColourCast), is_bad(Name::Highlights)),
        }
    }
}

/// Whether any holds: known as soon as one does, else only where all are known.
fn any(outcomes: &[Option<bool>]) -> Option<bool> {
    if outcomes.contains(&Some(true)) {
        return Some(true);
    }
    outcomes.iter().all(Option::is_some).then_some(false)
}

/// A whole hour, 1 to 12.
fn hour(value: f64) -> u32 {
    match value.round().rem_euclid(12.0) as u32 {
        0 => 12,
        hour => hour,
    }
}

fn view(head: Option<&Check>, not_lateral: Option<bool>) -> Option<SpecimenView> {
    if not_lateral == Some(true) {
        return Some(SpecimenView::Complicated);
    }
    match hour(head?.value?) {
        7..=11 => Some(SpecimenView::Left),
        1..=5 => Some(SpecimenView::Right),
        _ => Some(SpecimenView::Complicated),
    }
}

fn brightness(check: &Check) -> Option<Brightness> {
    match (check.verdict, check.value, check.limit) {
        (Verdict::Unknown, ..) => None,
        // The limit is the one on the side on which the value lies.
        (Verdict::Bad, Some(value), Some(limit)) if value < limit => Some(Brightness::Dark),
        (Verdict::Bad, ..) => Some(Brightness::Bright),
        _ => Some(Brightness::Normal),
    }
}

fn color_issue(cast: Option<bool>, highlights: Option<bool>) -> Option<ColorIssue> {
    match (cast, highlights) {
        (Some(true), _) => Some(ColorIssue::ColorCast),
        (_, Some(true)) => Some(ColorIssue::LightSpots),
        (Some(false), _) => Some(ColorIssue::None),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quality(outcomes: &[(CheckName, f64, f64, Verdict)]) -> Quality {
        let check = |(name, value, limit, verdict): &(CheckName, f64, f64, Verdict)| Check {
            name: *name,
            value: Some(*value),
            unit: name.unit().to_owned(),
            caution: None,
            limit: Some(*limit),
            verdict: *verdict,
            words: String::new(),
        };
        Quality {
            checks: outcomes.iter().map(check).collect(),
            ..Quality::default()
        }
    }

    fn value(quality: &Quality, term: &str) -> String {
        let at = FishAirQuality::TERMS.iter().position(|t| *t == term).unwrap();
        quality.fish_air().values()[at].clone()
    }

    #[test]
    fn nothing_checked_is_nothing_said() {
        assert_eq!(Quality::default().fish_air(), FishAirQuality::default());
        assert!(FishAirQuality::default().values().iter().all(String::is_empty));
    }

    #[test]
    fn outcomes_in_the_words_of_the_published_table() {
        use CheckName as Name;
        use Verdict::{Bad, Doubtful, Good, Unknown};
        let table = [
            (Name::HeadSide, 9.3, 0.0, Good, "specimenView", "left"),
            (Name::HeadSide, 3.0, 0.0, Bad, "specimenView", "right"),
            (Name::HeadSide, 0.2, 0.0, Bad, "specimenView", "complicated"),
            (Name::HeadSide, 0.2, 0.0, Bad, "specimenAngle", "12"),
            (Name::LateralView, 2.0, 0.0, Bad, "specimenView", "complicated"),
            (Name::Brightness, 40.0, 65.0, Bad, "brightness", "dark"),
            (Name::Brightness, 190.0, 165.0, Bad, "brightness", "bright"),
            (Name::Brightness, 70.0, 65.0, Doubtful, "brightness", "normal"),
            (Name::Curvature, 0.1, 0.085, Bad, "specimenCurved", "curved"),
            (Name::Curvature, 0.07, 0.085, Doubtful, "specimenCurved", "straight"),
            (Name::ColourCast, 40.0, 36.0, Bad, "colorIssue", "color cast"),
            (Name::ColourCast, 4.0, 36.0, Good, "colorIssue", "none"),
            (Name::Highlights, 0.2, 0.04, Bad, "colorIssue", "light spots"),
            (Name::Focus, 5.0, 3.6, Bad, "onFocus", "False"),
            (Name::Focus, 5.0, 3.6, Unknown, "onFocus", ""),
            (Name::Covered, 0.2, 0.06, Bad, "partsOverlapping", "True"),
            (Name::Covered, 0.2, 0.06, Bad, "allPartsVisible", "False"),
            (Name::Cut, 0.0, 0.0, Bad, "partsMissing", "True"),
            (Name::Cut, 0.1, 0.0, Good, "partsMissing", ""),
            (Name::Ruler, 0.0, 0.0, Unknown, "containsScaleBar", "False"),
            (Name::Background, 20.0, 95.0, Good, "uniformBackground", "True"),
            (Name::FishCount, 2.0, 1.0, Bad, "specimenQuantity", "2"),
        ];
        for (name, measured, limit, verdict, term, expected) in table {
            let quality = quality(&[(name, measured, limit, verdict)]);
            assert_eq!(value(&quality, term), expected, "{name} {measured} {verdict:?}: {term}");
        }
    }
}

//! Everything that is measured on one picture.

use image::RgbImage;
use serde::{Deserialize, Serialize};

use super::quality::{self, Quality, QualitySettings};
use super::scale::{NoScale, Scale, ScaleSettings};
use super::specimen::{self, Measurements, SpecimenSettings, Subject};
use crate::locate::Scene;

/// Everything that is measured on one picture; with the record's id the content of `<id>_measurements.json`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Findings {
    /// The picture's scale; absent where nothing tells it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scale: Option<Scale>,
    /// Why there is no scale, in the operator's words; empty where there is one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub no_scale: String,
    /// The specimen's measurements; absent where no fish was found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measurements: Option<Measurements>,
    /// Whether the picture is fit to be measured.
    pub quality: Quality,
}

/// Settings of everything that is measured.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct MeasureSettings {
    /// Where the scale comes from.
    pub scale: ScaleSettings,
    /// Limits of the quality checks.
    pub quality: QualitySettings,
    /// How the specimen is measured.
    pub specimen: SpecimenSettings,
}

/// Measures an upright frame and the specimen in it; `scale` is what [`find`](super::scale::find) says of the frame, which needs no specimen.
pub fn measure(
    picture: &RgbImage,
    scene: &Scene,
    subject: Option<&Subject<'_>>,
    scale: Result<Scale, NoScale>,
    settings: &MeasureSettings,
) -> Findings {
    let (scale, no_scale) = match scale {
        Ok(scale) => (Some(scale), String::new()),
        Err(missing) => (None, missing.to_string()),
    };
    let seen = quality::Seen {
        picture,
        scene,
        subject,
        scale: scale.as_ref(),
    };
    Findings {
        quality: quality::assess(&seen, &settings.quality),
        measurements: subject.map(|s| specimen::measure_with(s, scale.as_ref(), &settings.specimen)),
        scale,
        no_scale,
    }
}

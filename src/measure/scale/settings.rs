//! What the configuration says about the scale.

use super::{Calibration, NoScale, Scale, ScaleMethod};
use crate::frame::{Point, Size};
use crate::measure::Measured;

/// Where the scale comes from when no ruler tells it, and what is known of the lens.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ScaleSettings {
    /// What is known before any picture is taken.
    pub known: Known,
}

/// What is known of the scale before any picture is taken.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Known {
    /// Nothing.
    #[default]
    Nothing,
    /// A fixed camera's pixels per centimetre.
    PixelsPerCm(Measured),
    /// What `fishrig calibrate` found.
    Calibration(Box<Calibration>),
}

/// Why settings of the scale are refused.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ScaleSettingsError {
    /// A value outside its range.
    #[error("measure.{key} is {value}; allowed is {allowed}")]
    Setting {
        /// The key in the table `[measure]`.
        key: &'static str,
        /// What it is.
        value: f64,
        /// What it may be.
        allowed: &'static str,
    },
}

impl ScaleSettings {
    /// # Errors
    /// The first value that is outside its range.
    pub fn check(&self) -> Result<(), ScaleSettingsError> {
        let Known::PixelsPerCm(fixed) = &self.known else {
            return Ok(());
        };
        let wrong = |key, value, allowed| Err(ScaleSettingsError::Setting { key, value, allowed });
        if !(1.0..=100_000.0).contains(&fixed.value) {
            return wrong("pixels_per_cm", fixed.value, "1 to 100000");
        }
        if !(0.0..=0.5 * fixed.value).contains(&fixed.uncertainty) {
            let allowed = "0 to half of measure.pixels_per_cm";
            return wrong("pixels_per_cm_uncertainty", fixed.uncertainty, allowed);
        }
        Ok(())
    }
}

impl Known {
    /// The scale of a picture of that size, as far as it is known without looking at it.
    ///
    /// # Errors
    /// [`NoScale::OtherSize`] for a calibration of another size; `None` in `Ok` where nothing is known.
    pub(super) fn scale_of(&self, picture: Size) -> Result<Option<Scale>, NoScale> {
        match self {
            Self::Nothing => Ok(None),
            Self::PixelsPerCm(fixed) => Ok(Some(Scale::uniform(
                *fixed,
                middle_of(picture),
                ScaleMethod::Configured,
            ))),
            Self::Calibration(calibration) => calibration.scale_of(picture).map(Some),
        }
    }
}

fn middle_of(picture: Size) -> Point {
    Point {
        x: (f64::from(picture.width) - 1.0) / 2.0,
        y: (f64::from(picture.height) - 1.0) / 2.0,
    }
}

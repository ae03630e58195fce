//! The table `[measure]`.

use super::Check;
use crate::config::raw;
use crate::measure::Measured;
use crate::measure::scale::{Calibration, Known, ScaleSettings, ScaleSettingsError};

/// Uncertainty of a configured scale as a share of it, where the file doesn't say.
const USUAL_UNCERTAINTY: f64 = 0.01;

impl Check<'_> {
    pub(super) fn scale(&mut self, raw: raw::Measure) -> ScaleSettings {
        if raw.pixels_per_cm.is_some() && raw.calibration.is_some() {
            let message = "measure.calibration and measure.pixels_per_cm both tell the scale; take one of them out";
            self.wrong("measure", "calibration", message.to_owned());
        }
        if raw.pixels_per_cm.is_none() && raw.pixels_per_cm_uncertainty.is_some() {
            let message = "measure.pixels_per_cm_uncertainty belongs to measure.pixels_per_cm, which is missing";
            self.wrong("measure", "pixels_per_cm_uncertainty", message.to_owned());
        }
        let known = match (raw.pixels_per_cm, raw.calibration) {
            (Some(value), _) => {
                let uncertainty = raw.pixels_per_cm_uncertainty.unwrap_or(USUAL_UNCERTAINTY * value);
                Known::PixelsPerCm(Measured::new(value, uncertainty))
            }
            (None, Some(file)) => match Calibration::read(&self.path(file)) {
                Ok(calibration) => Known::Calibration(Box::new(calibration)),
                Err(error) => {
                    self.wrong("measure", "calibration", format!("measure.calibration: {error}"));
                    Known::Nothing
                }
            },
            (None, None) => Known::Nothing,
        };
        let settings = ScaleSettings { known };
        if let Err(error) = settings.check() {
            let ScaleSettingsError::Setting { key, .. } = &error;
            self.wrong("measure", key, error.to_string());
        }
        settings
    }
}

//! Calibration files: TOML that a person can read.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::Calibration;

/// The most that a calibration file may weigh, in bytes.
const FILE_BYTES_MAX: u64 = 1 << 18;

/// Why a calibration file is refused.
#[derive(Debug, thiserror::Error)]
pub enum CalibrationFileError {
    /// It can't be read.
    #[error("{}: {error}; `fishrig calibrate` writes a calibration file", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The operating system's words.
        error: std::io::Error,
    },
    /// It is no calibration.
    #[error("{}: {what}; make it anew with `fishrig calibrate`", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
}

impl Calibration {
    /// The file's text.
    pub fn to_file(&self) -> String {
        let body = toml::to_string(self).unwrap_or_default();
        format!(
            "# Scale and lens of a camera, written by `fishrig calibrate`. It holds as long as camera, lens and table stay as they were.\n{body}"
        )
    }

    /// Reads a file.
    ///
    /// # Errors
    /// [`CalibrationFileError`].
    pub fn read(path: &Path) -> Result<Self, CalibrationFileError> {
        let unreadable = |error| CalibrationFileError::Unreadable {
            path: path.to_owned(),
            error,
        };
        let mut bytes = Vec::new();
        let file = File::open(path).map_err(unreadable)?;
        file.take(FILE_BYTES_MAX + 1)
            .read_to_end(&mut bytes)
            .map_err(unreadable)?;
        let wrong = |what: String| CalibrationFileError::Content {
            path: path.to_owned(),
            what,
        };
        if bytes.len() as u64 > FILE_BYTES_MAX {
            return Err(wrong(format!(
                "larger than {FILE_BYTES_MAX} bytes, which no calibration is"
            )));
        }
        let text = String::from_utf8(bytes).map_err(|_| wrong("is no text".to_owned()))?;
        let calibration: Self = toml::from_str(&text).map_err(|e| wrong(e.to_string().trim_end().to_owned()))?;
        calibration.check().map_err(wrong)?;
        Ok(calibration)
    }

    /// Whether the numbers can be a camera's.
    fn check(&self) -> Result<(), String> {
        if self.format != Self::FORMAT {
            return Err(format!(
                "has format {}, this fishrig reads format {}",
                self.format,
                Self::FORMAT
            ));
        }
        let within = |what: &str, value: f64, least: f64, most: f64| {
            if (least..=most).contains(&value) {
                Ok(())
            } else {
                Err(format!("{what} is {value}, which is not within {least} to {most}"))
            }
        };
        let scale = &self.scale;
        within("scale.pixels_per_cm", scale.pixels_per_cm, 0.1, 1e6)?;
        within("scale.uncertainty", scale.uncertainty, 0.0, scale.pixels_per_cm)?;
        for value in scale.place {
            within("scale.place", value, -1e6, 1e6)?;
        }
        for value in scale.gradient.into_iter().chain(scale.gradient_uncertainty) {
            within("scale.gradient", value, -scale.pixels_per_cm, scale.pixels_per_cm)?;
        }
        if let Some(distortion) = &self.distortion {
            within("distortion.centre", distortion.centre.x, -1e6, 1e6)?;
            within("distortion.centre", distortion.centre.y, -1e6, 1e6)?;
            within("distortion.radius", distortion.radius, 1.0, 1e6)?;
            within("distortion.k1", distortion.k1, -2.0, 2.0)?;
            within("distortion.k2", distortion.k2, -2.0, 2.0)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{Point, Size};
    use crate::measure::scale::calibration::{CalibratedScale, Residual};
    use crate::measure::scale::{Distortion, NoScale};

    fn calibration() -> Calibration {
        Calibration {
            format: Calibration::FORMAT,
            made: "2026-11-24T10:00:00Z".parse().unwrap(),
            target: "a checkerboard".to_owned(),
            pictures: vec!["board.jpg".to_owned()],
            size: [4208, 3120],
            scale: CalibratedScale {
                pixels_per_cm: 123.5,
                uncertainty: 0.2,
                place: [2103.5, 1559.5],
                gradient: [1e-4, -2e-4],
                gradient_uncertainty: [1e-5, 1e-5],
            },
            distortion: Some(Distortion {
                centre: Point { x: 2100.0, y: 1560.0 },
                radius: 2619.0,
                k1: 0.03,
                k2: -0.002,
            }),
            residual: Residual {
                straight_lens_px: 3.2,
                px: 0.21,
                points: 54,
            },
        }
    }

    fn read(text: &str) -> Result<Calibration, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("c.toml");
        std::fs::write(&path, text).unwrap();
        Calibration::read(&path).map_err(|e| e.to_string())
    }

    #[test]
    fn a_file_is_read_as_it_was_written() {
        let calibration = calibration();
        assert_eq!(read(&calibration.to_file()), Ok(calibration));
    }

    #[test]
    fn what_can_not_be_is_refused() {
        let text = calibration().to_file();
        for (from, to, word) in [
            ("format = 1", "format = 2", "format 2"),
            ("k1 = 0.03", "k1 = nan", "k1"),
            ("pixels_per_cm = 123.5", "pixels_per_cm = -4.0", "pixels_per_cm"),
            ("uncertainty = 0.2", "uncertainty = inf", "uncertainty"),
            ("radius_px = 2619.0", "radius_px = 0.0", "radius"),
            ("target", "aim", "aim"),
        ] {
            assert!(text.contains(from), "{from}");
            let error = read(&text.replacen(from, to, 1)).unwrap_err();
            assert!(error.contains(word) && error.contains("fishrig calibrate"), "{error}");
        }
        assert!(
            Calibration::read(Path::new("no/such.toml"))
                .unwrap_err()
                .to_string()
                .contains("no/such.toml")
        );
    }

    #[test]
    fn a_picture_of_another_size_has_no_scale_by_it() {
        let calibration = calibration();
        assert!(calibration.scale_of(Size::new(4208, 3120)).is_ok());
        let other = calibration.scale_of(Size::new(3120, 4208)).unwrap_err();
        assert!(matches!(other, NoScale::OtherSize { .. }) && other.to_string().contains("4208x3120"));
    }
}

//! `<id>_measurements.json`: what was measured on the picture, with units; the file that exports and reports read.
//!
//! Numbers are written with twelve significant digits, more than anything that is measured here has. A decimal of so few digits is read as the same
//! number by every reader, quick ones included, so that tables made from the file agree with it to the last digit.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::identify::RecordId;
use crate::measure::Findings;

/// The only layout of the file so far.
const FORMAT: u32 = 1;

/// Significant digits of numbers.
const DIGITS: usize = 12;

/// The content of the file.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MeasurementsFile {
    /// Layout of the file.
    pub format: u32,
    /// The record's id.
    pub id: RecordId,
    /// What was measured.
    #[serde(flatten)]
    pub findings: Findings,
}

impl MeasurementsFile {
    /// The file of a record.
    pub fn new(id: RecordId, findings: Findings) -> Self {
        Self {
            format: FORMAT,
            id,
            findings,
        }
    }

    /// The file's bytes.
    ///
    /// # Errors
    /// What the JSON writer objects to.
    pub fn to_file(&self) -> serde_json::Result<Vec<u8>> {
        let mut content = serde_json::to_value(self)?;
        shorten(&mut content);
        let mut text = serde_json::to_vec_pretty(&content)?;
        text.push(b'\n');
        Ok(text)
    }

    /// Reads a file.
    ///
    /// # Errors
    /// What is wrong, as the rest of a sentence about the file.
    pub fn from_file(content: &[u8]) -> Result<Self, String> {
        let problem = |e: serde_json::Error| format!("holds no measurements: {e}");
        let Head { format, id } = serde_json::from_slice(content).map_err(problem)?;
        if format != FORMAT {
            return Err(format!(
                "has format {format}, this fishrig reads format {FORMAT}; use the fishrig that wrote it or a newer one"
            ));
        }
        let findings = serde_json::from_slice(content).map_err(problem)?;
        Ok(Self { format, id, findings })
    }
}

/// Read first, so that a file of another format is called that and not damaged.
#[derive(Deserialize)]
struct Head {
    format: u32,
    id: RecordId,
}

/// Leaves [`DIGITS`] digits of every number that is not whole.
fn shorten(value: &mut Value) {
    match value {
        Value::Number(number) if number.is_f64() => {
            let shorter = number
                .as_f64()
                .and_then(|n| format!("{n:.*e}", DIGITS - 1).parse::<f64>().ok());
            if let Some(shorter) = shorter.and_then(serde_json::Number::from_f64) {
                *number = shorter;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(shorten),
        Value::Object(entries) => entries.values_mut().for_each(shorten),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::Point;
    use crate::measure::scale::{Scale, ScaleMethod};
    use crate::measure::specimen::{Measurements, Reading};
    use crate::measure::{Measured, Quantity};
    use proptest::prelude::*;

    fn file(value: f64, landmark: u8) -> MeasurementsFile {
        let point = Point { x: value, y: 1.5 };
        let measured = Measured::new(value, value.abs() / 3.0);
        let mut measurements = Measurements::default();
        measurements.landmarks.insert(landmark, point);
        measurements.values.insert(
            Quantity::HeadLength,
            Reading {
                picture: measured,
                specimen: Some(measured),
            },
        );
        let findings = Findings {
            scale: Some(Scale::uniform(measured, point, ScaleMethod::MetricTicks)),
            measurements: Some(measurements),
            ..Findings::default()
        };
        MeasurementsFile::new(RecordId::new("fish-1").unwrap(), findings)
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_to_the_last_digit(value in -1e6f64..1e6, scale in -9i32..9, landmark in 1u8..19) {
            let value = value * 10f64.powi(scale);
            let written = file(value, landmark).to_file().unwrap();
            let read = MeasurementsFile::from_file(&written).unwrap();
            prop_assert_eq!(read.to_file().unwrap(), written.clone());
            let number = read.findings.scale.as_ref().unwrap().pixels_per_cm.value;
            prop_assert!((number - value).abs() <= 1e-11 * value.abs());
            // The digits in the file are those of the number that was read, by Rust's own correct reading.
            let text = String::from_utf8(written).unwrap();
            let digits = text.split("\"value\": ").nth(1).unwrap().split(',').next().unwrap();
            prop_assert_eq!(digits.parse::<f64>().unwrap(), number);
        }
    }

    const SEED: &[u8] = include_bytes!("../../fuzz/seeds/measurements/fish.json");

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn a_spoilt_file_is_refused_or_read(at in 0..SEED.len(), byte in any::<u8>(), length in 0..SEED.len(), cut in any::<bool>()) {
            let mut spoilt = SEED.to_vec();
            spoilt[at] = byte;
            if cut {
                spoilt.truncate(length);
            }
            if let Ok(read) = MeasurementsFile::from_file(&spoilt) {
                let written = read.to_file().unwrap();
                prop_assert_eq!(MeasurementsFile::from_file(&written).unwrap().to_file().unwrap(), written);
            }
        }
    }

    #[test]
    fn another_format_and_another_file_are_told_apart() {
        let other = MeasurementsFile::from_file(b"{\"format\": 2, \"id\": \"a\"}").unwrap_err();
        assert!(other.starts_with("has format 2"), "{other}");
        assert!(
            MeasurementsFile::from_file(SEED)
                .unwrap()
                .findings
                .measurements
                .is_some()
        );
        let other = MeasurementsFile::from_file(b"[]").unwrap_err();
        assert!(other.starts_with("holds no measurements"), "{other}");
    }
}

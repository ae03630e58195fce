//! `<id>_measurements.json`: what was measured on the picture, with units; the file that exports and reports read.

use serde::{Deserialize, Serialize};

use crate::identify::RecordId;
use crate::measure::Findings;

/// The only layout of the file so far.
const FORMAT: u32 = 1;

/// The content of the file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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
        let mut text = serde_json::to_vec_pretty(self)?;
        text.push(b'\n');
        Ok(text)
    }

    /// Reads a file.
    ///
    /// # Errors
    /// What is wrong, as the rest of a sentence about the file.
    pub fn from_file(content: &[u8]) -> Result<Self, String> {
        let file: Self = serde_json::from_slice(content).map_err(|e| format!("holds no measurements: {e}"))?;
        match file.format {
            FORMAT => Ok(file),
            other => Err(format!(
                "has format {other}, this fishrig reads format {FORMAT}; use the fishrig that wrote it or a newer one"
            )),
        }
    }
}

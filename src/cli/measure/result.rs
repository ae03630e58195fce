//! What is known of one mask after it was measured: the content of `NAME_measure.json`, and a line of `--json`.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

use super::masks::Mask;
use crate::frame::Size;
use crate::measure::Quantity;
use crate::measure::bgnn::BgnnFiles;
use crate::measure::specimen::Measurements;

/// What is known of one mask afterwards.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct MaskResult {
    /// The mask's path as given.
    #[serde(serialize_with = "as_text")]
    pub(super) picture: PathBuf,
    /// The name that its results have.
    pub(super) base_name: String,
    /// SHA-256 of the mask's file.
    pub(super) sha256: String,
    /// How it was read, where not as usual, in the words of the command line.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) read_with: Vec<String>,
    /// The metadata that gave the scale; absent where there is none.
    pub(super) metadata: Option<MetadataFacts>,
    /// The version of fishrig that made it.
    pub(super) fishrig: String,
    /// Columns and rows of the mask.
    pub(super) size: Size,
    /// What a reader of the numbers should know.
    pub(super) notes: Vec<String>,
    /// Why Morphology-analysis crashes on the mask; absent where it does not.
    pub(super) crash: Option<String>,
    /// The contents of its three files; absent where it crashes.
    pub(super) presence: Option<Value>,
    pub(super) landmark: Option<Value>,
    pub(super) morphology: Option<Value>,
    /// Whether this program's own measurements leave out what the mask has by mistake.
    pub(super) cleaned_up: bool,
    /// This program's own measurements.
    pub(super) measurements: Measurements,
    /// Files written, relative to the output folder.
    #[serde(serialize_with = "as_texts")]
    pub(super) files: Vec<PathBuf>,
}

/// A metadata file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct MetadataFacts {
    #[serde(serialize_with = "as_text")]
    pub(super) file: PathBuf,
    pub(super) sha256: String,
}

/// JSON holds Unicode only; bytes in a file's name that are none are replaced, and such a mask is done again by a later run.
fn as_text<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&path.to_string_lossy())
}

fn as_texts<S: Serializer>(paths: &[PathBuf], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(paths.iter().map(|path| path.to_string_lossy()))
}

impl MaskResult {
    /// A result without measurements.
    pub(super) fn new(mask: &Mask, sha256: String, metadata: Option<MetadataFacts>, size: Size) -> Self {
        Self {
            picture: mask.path.clone(),
            base_name: mask.name.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            sha256,
            read_with: Vec::new(),
            metadata,
            fishrig: env!("CARGO_PKG_VERSION").to_owned(),
            size,
            notes: Vec::new(),
            crash: None,
            presence: None,
            landmark: None,
            morphology: None,
            cleaned_up: true,
            measurements: Measurements::default(),
            files: Vec::new(),
        }
    }

    /// Takes over what Morphology-analysis' files say.
    pub(super) fn take_bgnn(&mut self, files: &BgnnFiles) -> serde_json::Result<()> {
        self.presence = Some(serde_json::from_slice(&files.presence)?);
        self.landmark = Some(serde_json::from_slice(&files.landmark)?);
        self.morphology = Some(serde_json::from_slice(&files.morphology)?);
        Ok(())
    }

    /// Whether a run on a file with that hash and that metadata would give the same again.
    pub(super) fn holds_for(&self, sha256: &str, metadata: Option<&MetadataFacts>) -> bool {
        self.sha256 == sha256
            && self.metadata.as_ref().map(|m| &m.sha256) == metadata.map(|m| &m.sha256)
            && self.fishrig == env!("CARGO_PKG_VERSION")
    }

    /// What was measured, for people.
    pub(super) fn words(&self) -> String {
        let mut words: Vec<String> = Vec::new();
        let lengths = [Quantity::StandardLength, Quantity::HeadLength, Quantity::EyeDiameter];
        for quantity in lengths {
            if let Some(reading) = self.measurements.values.get(&quantity) {
                let name = quantity.name().to_lowercase();
                words.push(match reading.specimen {
                    Some(length) => format!("{name} {:.2} {}", length.value, quantity.unit()),
                    None => format!("{name} {:.0} {}", reading.picture.value, quantity.picture_unit()),
                });
            }
        }
        if words.is_empty() {
            words.push("no length measured".to_owned());
        }
        let mut words = words.join(", ");
        if let Some(crash) = &self.crash {
            words += &format!("; no BGNN files, since Morphology-analysis crashes: {crash}");
        }
        for note in &self.notes {
            words += &format!("; {note}");
        }
        words
    }
}

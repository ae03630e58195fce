//! Where a record's id came from, for the record and those who read it.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::Symbology;
use crate::frame::Point;

/// Longest raw payload that is kept, in bytes; what is beyond it is cut off. A Data Matrix holds 2335 letters, a QR code 4296.
pub const MAX_PAYLOAD: usize = 4096;

/// What gave a specimen its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IdSource {
    /// A code on the label, read in the picture.
    Barcode,
    /// A hand scanner.
    Scanner,
    /// Somebody typed it.
    Keyboard,
    /// The next entry of a list.
    PickList,
    /// The station's own id pattern: counter, date or file name.
    Counter,
}

impl IdSource {
    /// All of them, the most trusted first: the order in which they are asked unless the configuration says otherwise.
    pub const ALL: [Self; 5] = [
        Self::Barcode,
        Self::Scanner,
        Self::Keyboard,
        Self::PickList,
        Self::Counter,
    ];

    /// Whether this program can ask it: codes are read only where it was built with the feature `barcodes`.
    pub fn is_built_in(self) -> bool {
        self != Self::Barcode || cfg!(feature = "barcodes")
    }

    /// The word for files and the configuration: `barcode`, `scanner`, `keyboard`, `pick-list`, `counter`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Barcode => "barcode",
            Self::Scanner => "scanner",
            Self::Keyboard => "keyboard",
            Self::PickList => "pick-list",
            Self::Counter => "counter",
        }
    }
}

impl fmt::Display for IdSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for IdSource {
    type Err = &'static str;

    /// From its name; what is allowed, in words, where the text is none.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|source| source.name() == text)
            .ok_or("\"barcode\", \"scanner\", \"keyboard\", \"pick-list\" and \"counter\", each once")
    }
}

/// How a specimen got its id; the table `identity` of `record.toml`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Identity {
    /// What gave the id.
    pub source: IdSource,
    /// What was read, scanned or typed, as it came, at most [`MAX_PAYLOAD`] bytes; empty where nothing was. Where `source` is the counter it is a code
    /// that was read but is no catalogue number.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub payload: String,
    /// The kind of code that held the payload; absent where it was not read in a picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub symbology: Option<Symbology>,
    /// The code's corners in the upright frame: four of a Data Matrix or QR code in the order of its own upright reading (top left, top right, bottom right,
    /// bottom left), two ends of a Code 128. Empty where the code was not read in this very frame.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub place: Vec<Point>,
    /// The entry's columns in the pick list, by their names in its first line, for example `scientificName`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub columns: BTreeMap<String, String>,
}

impl Identity {
    /// Of that source, and nothing more is known.
    pub fn from_source(source: IdSource) -> Self {
        Self {
            source,
            payload: String::new(),
            symbology: None,
            place: Vec::new(),
            columns: BTreeMap::new(),
        }
    }

    /// The value of a column, whatever the case of the letters in its name.
    pub fn column(&self, name: &str) -> Option<&str> {
        let found = self.columns.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
}

//! Names of directories and files.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use jiff::civil::Date;

use crate::identify::RecordId;

/// The directory in the root in which records are written before they get their place.
pub const INCOMING: &str = ".incoming";
/// The file that makes a directory a record.
pub const RECORD_FILE: &str = "record.toml";
/// A rewritten [`RECORD_FILE`] before it takes the old one's place.
pub(super) const RECORD_REWRITE: &str = "record.toml.new";

/// What follows the id in the names of a record's files; the frame has only an extension.
pub mod part {
    /// The crop for people and for BGNN.
    pub const CROPPED: &str = "_cropped.jpg";
    /// The traits in BGNN's colours.
    pub const SEGMENTED: &str = "_segmented.png";
    /// The traits, one bit each, 16 bits a pixel.
    pub const TRAITS: &str = "_traits.png";
    /// The keys of BGNN's metadata formatter.
    pub const METADATA: &str = "_metadata.json";
    /// Presence of each trait, as Morphology-analysis writes it; absent where that program would crash.
    pub const PRESENCE: &str = "_presence.json";
    /// The 18 landmarks, as Morphology-analysis writes them.
    pub const LANDMARK: &str = "_landmark.json";
    /// The 13 measurements, as Morphology-analysis writes them.
    pub const MORPHOLOGY: &str = "_morphology.json";
    /// What was measured, with units and uncertainties.
    pub const MEASUREMENTS: &str = "_measurements.json";
    /// A JPEG frame exactly as captured, where the frame's own file had to be given Huffman tables.
    pub const CAPTURED: &str = "_captured.mjpg";
    /// What the operator saw.
    pub const OVERLAY: &str = "_overlay.jpg";
}

/// Where a record is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The local civil date at its commit.
    pub day: Date,
    /// Its id.
    pub id: RecordId,
    /// Its directory.
    pub directory: PathBuf,
}

impl Place {
    pub(super) fn new(root: &Path, day: Date, id: RecordId) -> Self {
        let directory = root.join(day.to_string()).join(id.as_str());
        Self { day, id, directory }
    }

    /// The path of its `record.toml`.
    pub fn record_file(&self) -> PathBuf {
        self.directory.join(RECORD_FILE)
    }
}

/// The day of a directory in the root; `None` if its name is not exactly a date.
pub(super) fn day_of(name: &OsStr) -> Option<Date> {
    let name = name.to_str()?;
    let day: Date = name.parse().ok()?;
    (day.to_string() == name).then_some(day)
}

/// The record of a directory in a day; `None` if its name can't be a record's.
pub(super) fn id_of(name: &OsStr) -> Option<RecordId> {
    RecordId::new(name.to_str()?).ok()
}

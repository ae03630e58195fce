//! `record.toml`: what a record says about itself.
//!
//! It is written last and lists every other file with size and SHA-256. Its own last line is a comment with the SHA-256 of all bytes
//! above it, so that a single flipped bit in a note is found like one in a picture.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::draft::NetworkIdentity;
use super::trait_tables;
use crate::checksum::sha256_hex;
use crate::frame::{PixelBox, Size};
use crate::identify::{Identity, RecordId};
use crate::locate::HeadSide;
use crate::traits::{Trait, TraitSet};

/// The only layout of records so far.
pub const FORMAT: u32 = 1;

/// Longest `record.toml` that is read.
pub(super) const MAX_BYTES: u64 = 1 << 20;

/// Largest file that is read into memory.
const MAX_FILE_BYTES: u64 = 2 << 30;

const SEAL: &str = "# sha256 of the lines above: ";

/// The content of a `record.toml`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Layout of the record, [`FORMAT`].
    pub format: u32,
    /// Its name.
    pub id: RecordId,
    /// The id that was asked for; shared by all pictures of one specimen.
    pub specimen: RecordId,
    /// Name of the station.
    pub station: String,
    /// The collection whose specimen it is; may be empty.
    #[serde(default)]
    pub collection: String,
    /// Who worked at it.
    pub operator: String,
    /// Free text.
    pub note: String,
    /// What asked for the picture: `key`, `button`, `foot-switch`, `timer`, `signal`, `auto`; empty where that is not known.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub trigger: String,
    /// Marked as not valid. Nothing is ever deleted.
    pub voided: bool,
    /// When it was marked, UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub voided_utc: Option<Timestamp>,
    /// Where the id came from; absent in records of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<Identity>,
    /// Clocks.
    pub times: Times,
    /// The captured frame.
    pub frame: FrameFacts,
    /// The fish, where one was found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fish: Option<FishFacts>,
    /// The specimen's label in the upright frame.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<PixelBox>,
    /// The ruler in the upright frame.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ruler: Option<PixelBox>,
    /// Programs and settings.
    pub versions: Versions,
    /// Milliseconds by stage.
    #[serde(default)]
    pub timings_ms: BTreeMap<String, f64>,
    /// Every other file.
    pub files: Vec<StoredFile>,
}

/// Clocks of a record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Times {
    /// Wall clock when the frame was captured, UTC.
    pub captured_utc: Timestamp,
    /// Nanoseconds since boot at that moment.
    pub captured_monotonic_ns: u64,
    /// Wall clock at commit, UTC.
    pub committed_utc: Timestamp,
    /// Nanoseconds since boot at that moment.
    pub committed_monotonic_ns: u64,
    /// The station's time zone, an IANA name, or empty where it has none.
    pub time_zone: String,
    /// What the local clock was ahead of UTC at commit, in seconds.
    pub utc_offset_s: i32,
    /// The how-manieth record of its root it is, from 1, in the order of committing, whatever the wall clock says; absent in records of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<u64>,
    /// The kernel's id of the boot that both monotonic times belong to.
    pub boot_id: String,
    /// Whether the wall clock was synchronized; absent where that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock_synchronized: Option<bool>,
}

/// The captured frame.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FrameFacts {
    /// Name of its file in the record.
    pub file: String,
    /// `jpeg`, `png`, `tiff`, or the raw pixels that were stored as PNG: `rgb8`, `i420`, or a camera's pixel format in lower case, `yuyv` for example.
    pub captured_as: String,
    /// SHA-256 of the bytes as captured: that of the file `<id>_captured.mjpg` where there is one, else the frame file's own unless it is a PNG of raw pixels.
    pub sha256: String,
    /// Number of the frame at its source.
    pub sequence: u64,
    /// The name of the file that it came from, without folder and extension.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_name: Option<String>,
    /// EXIF orientation, 1 to 8; boxes are in the picture after it was applied.
    pub exif_orientation: u8,
    /// Size of the upright picture.
    pub upright: Size,
}

/// The fish and its traits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FishFacts {
    /// Where the head points.
    pub head: HeadSide,
    /// Traits that the network never learnt: neither present nor absent.
    #[serde(with = "trait_tables::names")]
    pub not_assessed: TraitSet,
    /// The smallest box around the fish in the upright frame.
    pub bounds: PixelBox,
    /// What was cut out for the network; the size of the crop and of the masks.
    pub crop_box: PixelBox,
    /// Pixels of each trait in the mask.
    #[serde(with = "trait_tables::by_name")]
    pub pixels: [Option<u64>; Trait::COUNT],
    /// Confidence of each trait, 0 to 1.
    #[serde(with = "trait_tables::by_name")]
    pub confidence: [Option<f64>; Trait::COUNT],
    /// Which network.
    pub network: NetworkIdentity,
}

/// Programs and settings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Versions {
    /// Version of fishrig.
    pub fishrig: String,
    /// SHA-256 of the settings.
    pub settings_sha256: String,
}

/// One file of a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredFile {
    /// Its name in the record's directory.
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// SHA-256 of the content, in hexadecimal digits.
    pub sha256: String,
}

impl Record {
    /// The file's content, with its seal.
    ///
    /// # Errors
    /// What the TOML writer objects to.
    pub fn to_file(&self) -> Result<Vec<u8>, toml::ser::Error> {
        Ok(seal(toml::to_string(self)?))
    }

    /// Reads and checks a file's content.
    ///
    /// # Errors
    /// What is wrong, as the rest of a sentence about the file.
    pub fn from_file(content: &[u8]) -> Result<Self, String> {
        let text = unseal(content)?;
        let head: Head = toml::from_str(text).map_err(|e| format!("is no record: {}", e.message()))?;
        if head.format != FORMAT {
            return Err(format!(
                "has format {}, this fishrig reads format {FORMAT}; use the fishrig that wrote it or a newer one",
                head.format
            ));
        }
        let record: Self = toml::from_str(text).map_err(|e| format!("is no record: {}", e.message()))?;
        record.check()?;
        Ok(record)
    }

    /// What later rooms take for granted about boxes and names.
    fn check(&self) -> Result<(), String> {
        let fish = self.fish.iter().flat_map(|f| [f.bounds, f.crop_box]);
        for b in fish.chain(self.label).chain(self.ruler) {
            let upright = self.frame.upright;
            if b.left > b.right || b.top > b.bottom || b.right > upright.width || b.bottom > upright.height {
                return Err("has a box outside of its picture".to_owned());
            }
        }
        for file in &self.files {
            if file.size > MAX_FILE_BYTES {
                return Err(format!(
                    "lists a file of {} bytes, more than a record's file has",
                    file.size
                ));
            }
            let own = file.name.strip_prefix(self.id.as_str());
            if !own.is_some_and(|rest| rest.starts_with(['.', '_'])) || file.name.contains(['/', '\\']) {
                return Err(format!("lists a file that is not the record's own: {:?}", file.name));
            }
        }
        if self.file(&self.frame.file).is_none() {
            return Err("does not list its frame".to_owned());
        }
        Ok(())
    }

    /// The listed file of that name.
    pub fn file(&self, name: &str) -> Option<&StoredFile> {
        self.files.iter().find(|f| f.name == name)
    }
}

/// Read first, so that a record of another format is called that and not damaged.
#[derive(Deserialize)]
struct Head {
    format: u32,
}

/// The same `record.toml` marked as voided. Works on the table and not on [`Record`], so that what a newer fishrig wrote is kept.
///
/// # Errors
/// What is wrong, as the rest of a sentence about the file.
pub fn voided(content: &[u8], when: Timestamp) -> Result<Vec<u8>, String> {
    let mut table: toml::Table =
        toml::from_str(unseal(content)?).map_err(|e| format!("is no record: {}", e.message()))?;
    let mut marked = toml::Table::new();
    for (key, value) in std::mem::take(&mut table) {
        match key.as_str() {
            "voided" => {
                marked.insert(key, true.into());
                marked.insert("voided_utc".to_owned(), when.to_string().into());
            }
            "voided_utc" => {}
            _ => {
                marked.insert(key, value);
            }
        }
    }
    Ok(seal(
        toml::to_string(&marked).map_err(|e| format!("can't be written again: {e}"))?,
    ))
}

/// The text with the checksum of its own lines as its last line.
pub fn seal(mut text: String) -> Vec<u8> {
    let digest = sha256_hex(text.as_bytes());
    text.push_str(SEAL);
    text.push_str(&digest);
    text.push('\n');
    text.into_bytes()
}

fn unseal(content: &[u8]) -> Result<&str, String> {
    let broken =
        || "does not end with the checksum of its own lines: it was cut short, damaged, or changed by hand".to_owned();
    let text = std::str::from_utf8(content).map_err(|_| broken())?;
    let (body, digest) = text.rsplit_once(SEAL).ok_or_else(broken)?;
    let digest = digest.strip_suffix('\n').ok_or_else(broken)?;
    if digest != sha256_hex(body.as_bytes()) {
        return Err(broken());
    }
    Ok(body)
}

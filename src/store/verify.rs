//! Looking at every byte of the records: sizes, hashes, pictures, and what else lies about in the root.

use std::io;
use std::path::{Path, PathBuf};

use super::layout::{INCOMING, Place, RECORD_FILE, RECORD_REWRITE, day_of, id_of, part};
use super::record::{FishFacts, Record, StoredFile};
use super::storage::{EntryKind, Storage};
use super::{Archive, StoreError};
use crate::checksum::sha256_hex;
use crate::frame::{DecodeOptions, Frame, FrameError, Limits, Size};
use crate::traits::{label_picture, paint};

/// More pixels than any camera has; keeps a hostile file from filling the memory.
pub(super) const MOST_MEGAPIXELS: f64 = 500.0;

/// Further pictures, such as overlays, are drawn for displays.
const LARGEST_EXTRA: Size = Size::new(8000, 8000);

/// What is wrong with one record; nothing where `problems` is empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// Where it is.
    pub place: Place,
    /// Marked as voided.
    pub voided: bool,
    /// Sentences that each begin with a file's name.
    pub problems: Vec<String>,
    /// Files in its directory that it does not list. They do no harm.
    pub foreign: Vec<Foreign>,
    /// Bytes of all its files.
    pub bytes: u64,
}

/// Something in the root that belongs to no record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Foreign {
    /// Where it is.
    pub path: PathBuf,
    /// What it may be.
    pub what: ForeignKind,
}

/// What something that belongs to no record may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ForeignKind {
    /// A record that is being written now, or was when the power went.
    Unfinished,
    /// The rest of a voiding that the power cut; the record is as it was.
    UnfinishedVoiding,
    /// Not made by the store.
    Stranger,
}

impl std::fmt::Display for ForeignKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Unfinished => {
                "a record being written, or left by a power cut; the station removes it when it next starts"
            }
            Self::UnfinishedVoiding => "left by a power cut during voiding; voiding again removes it",
            Self::Stranger => "not made by fishrig",
        })
    }
}

impl<S: Storage> Archive<S> {
    /// Reads every file of a record and compares it with what `record.toml` says.
    pub fn verify(&self, place: &Place) -> Checked {
        let mut checked = Checked {
            place: place.clone(),
            voided: false,
            problems: Vec::new(),
            foreign: Vec::new(),
            bytes: 0,
        };
        let record = match self.read_or_problem(place) {
            Ok(record) => record,
            Err(problem) => {
                checked.problems.push(format!("{RECORD_FILE} {problem}"));
                return checked;
            }
        };
        checked.voided = record.voided;
        let mut pictures = Pictures::default();
        for file in &record.files {
            match self.verify_file(place, &record, file, &mut pictures) {
                Ok(()) => checked.bytes += file.size,
                Err(problem) => checked.problems.push(format!("{} {problem}", file.name)),
            }
        }
        if let (Some(coloured), Some(painted)) = (&pictures.coloured, &pictures.painted_traits)
            && coloured != painted
        {
            let id = &place.id;
            checked.problems.push(format!(
                "{id}{} and {id}{} show different traits",
                part::SEGMENTED,
                part::TRAITS
            ));
        }
        match self.storage().list(&place.directory) {
            Ok(entries) => {
                let own = |name: &str| name == RECORD_FILE || record.file(name).is_some();
                let foreign = entries.iter().filter(|e| !e.name.to_str().is_some_and(own));
                checked.foreign = foreign
                    .map(|e| Foreign {
                        path: place.directory.join(&e.name),
                        what: if e.name == RECORD_REWRITE {
                            ForeignKind::UnfinishedVoiding
                        } else {
                            ForeignKind::Stranger
                        },
                    })
                    .collect();
            }
            Err(e) => checked.problems.push(format!("the directory can't be read: {e}")),
        }
        checked
    }

    fn verify_file(
        &self,
        place: &Place,
        record: &Record,
        file: &StoredFile,
        seen: &mut Pictures,
    ) -> Result<(), String> {
        let path = place.directory.join(&file.name);
        let content = self.storage().read(&path, file.size).map_err(|e| match e.kind() {
            io::ErrorKind::NotFound => "is missing".to_owned(),
            io::ErrorKind::FileTooLarge => format!("is longer than its {} bytes", file.size),
            _ => format!("can't be read: {e}"),
        })?;
        if (content.len() as u64) < file.size {
            return Err(format!("is cut short: {} of {} bytes", content.len(), file.size));
        }
        if sha256_hex(&content) != file.sha256 {
            return Err("has another SHA-256 than when it was saved".to_owned());
        }
        let rest = file.name.strip_prefix(place.id.as_str()).unwrap_or(&file.name);
        match (rest, &record.fish) {
            _ if file.name == record.frame.file => picture(content, record.frame.upright).map(drop),
            (part::CROPPED, Some(fish)) => picture(content, fish.crop_box.size()).map(drop),
            (part::SEGMENTED, Some(fish)) => {
                seen.coloured = Some(picture(content, fish.crop_box.size())?);
                Ok(())
            }
            (part::TRAITS, Some(fish)) => {
                seen.painted_traits = Some(traits(&content, fish)?);
                Ok(())
            }
            _ if rest.ends_with(".json") => serde_json::from_slice::<serde_json::Value>(&content)
                .map(drop)
                .map_err(|e| format!("is no JSON: {e}")),
            _ if Path::new(rest).extension().is_some_and(|e| e == "jpg" || e == "png") => {
                decoded(content, LARGEST_EXTRA).map(drop)
            }
            _ => Ok(()),
        }
    }

    /// What is in the root beside records, except inside of records: see [`Checked::foreign`] for that.
    ///
    /// # Errors
    /// [`StoreError::Read`].
    pub fn foreign(&self) -> Result<Vec<Foreign>, StoreError> {
        let mut foreign = Vec::new();
        self.sort_out(self.root(), &mut foreign, |name| {
            name == INCOMING || name.to_str() == Some("lost+found") || day_of(name).is_some()
        })?;
        let incoming = self.incoming();
        match self.storage().list(&incoming) {
            Ok(entries) => foreign.extend(entries.iter().map(|e| Foreign {
                path: incoming.join(&e.name),
                what: ForeignKind::Unfinished,
            })),
            Err(e) if e.kind() == io::ErrorKind::NotFound => {}
            Err(e) => return Err(StoreError::read(&incoming)(e)),
        }
        for day in self.days()? {
            let directory = self.root().join(day.to_string());
            self.sort_out(&directory, &mut foreign, |name| id_of(name).is_some())?;
        }
        foreign.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(foreign)
    }

    /// Adds what in `directory` is no directory with one of `ours` for its name.
    fn sort_out(
        &self,
        directory: &Path,
        foreign: &mut Vec<Foreign>,
        ours: impl Fn(&std::ffi::OsStr) -> bool,
    ) -> Result<(), StoreError> {
        let entries = self.storage().list(directory).map_err(StoreError::read(directory))?;
        let others = entries
            .into_iter()
            .filter(|e| e.kind != EntryKind::Directory || !ours(&e.name));
        foreign.extend(others.map(|e| Foreign {
            path: directory.join(e.name),
            what: ForeignKind::Stranger,
        }));
        Ok(())
    }
}

/// The two pictures of the mask, which have to show the same.
#[derive(Default)]
struct Pictures {
    coloured: Option<image::RgbImage>,
    painted_traits: Option<image::RgbImage>,
}

/// Decodes a picture of at most as many pixels as `most`, which bounds the memory that a damaged or hostile file can claim.
fn decoded(content: Vec<u8>, most: Size) -> Result<image::RgbImage, String> {
    let options = DecodeOptions {
        limits: Limits {
            megapixels: (most.pixels() as f64 / 1e6).min(MOST_MEGAPIXELS),
            min_side: 1,
        },
        apply_orientation: true,
    };
    let frame = Frame::from_file_bytes(content, None).map_err(|e| format!("is no picture: {e}"))?;
    match frame.decode(&options) {
        Ok(decoded) => Ok(decoded.rgb),
        Err(FrameError::TooLarge { size, .. }) => Err(other_size(size, most)),
        Err(e) => Err(format!("is no picture: {e}")),
    }
}

fn picture(content: Vec<u8>, wanted: Size) -> Result<image::RgbImage, String> {
    let picture = decoded(content, wanted)?;
    same_size(picture.dimensions().into(), wanted)?;
    Ok(picture)
}

fn traits(content: &[u8], fish: &FishFacts) -> Result<image::RgbImage, String> {
    let mask = label_picture::decode_bits(content).map_err(|e| format!("is no mask: {e}"))?;
    same_size(mask.size(), fish.crop_box.size())?;
    Ok(paint::bgnn(&mask))
}

fn same_size(found: Size, wanted: Size) -> Result<(), String> {
    if found == wanted {
        Ok(())
    } else {
        Err(other_size(found, wanted))
    }
}

fn other_size(found: Size, wanted: Size) -> String {
    format!("has {found} pixels, its record says {wanted}")
}

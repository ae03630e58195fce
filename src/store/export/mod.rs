//! Records for other programs, one file a format. Nothing is overwritten, and nothing is written into the store.
//!
//! * [`bgnn`]: the folders of BGNN's workflow, whose later steps run on them unchanged.
//! * [`records`]: a copy of the records as they are, itself a store.
//! * [`csv`]: one table with a row for each record; [`csv_long`]: one with a row for each measurement.
//! * [`dwca`]: a Darwin Core Archive for GBIF and collection portals.
//! * [`fish_air`]: the tables of Fish-AIR, by which pictures are chosen.
//! * [`coco`]: one JSON file with run-length encoded masks and landmarks, for training and labelling tools.
//! * [`nrrd`]: segmentations for 3D Slicer.
//! * [`labels`]: crops with their masks as labels of labelling programs, to be corrected there.
//!
//! Every file of a record is compared with its SHA-256 before it is handed on, so that damage does not spread; every file that is written is
//! read back and compared ([`output`]). What is said about a record is said in `facts`, so that no two formats tell it differently.

pub mod bgnn;
pub mod coco;
pub mod csv;
pub mod csv_long;
pub mod dwca;
mod facts;
pub mod fish_air;
pub mod labels;
pub mod nrrd;
pub mod output;
pub mod records;
mod single_file;
mod table;

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::layout::part;
use super::record::{FishFacts, Record};
use super::storage::Storage;
use super::{Archive, Place, StoreError};
use crate::checksum::sha256_hex;
use crate::traits::{TraitMask, label_picture};

pub use output::{Copied, Folder, removable};

/// Which records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Selection {
    /// Also those that are voided.
    pub voided: bool,
}

/// What came of an export.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Exported {
    /// How many records were written.
    pub records: usize,
    /// How many were left out because they are voided.
    pub voided: usize,
    /// Records that the format has no use for, with the reason.
    pub skipped: Vec<(Place, String)>,
    /// Records that could not be exported, with the reason.
    pub failed: Vec<(Place, String)>,
    /// The files that were written, read back and found the same.
    pub copied: Copied,
}

/// How far an export is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// One more record of the store was looked at.
    Record,
    /// Everything is written; so many files are to be read back.
    Comparing(usize),
    /// One more file was read back.
    Compared,
}

/// Why an export was not made.
#[derive(Debug, Error)]
pub enum ExportError {
    /// The destination is taken.
    #[error("{path} exists, and exports never overwrite; give another name or remove it first")]
    Exists {
        /// The destination.
        path: PathBuf,
    },
    /// The destination lies in the store.
    #[error("{path} lies inside the record folder {root}; choose a place outside of it")]
    InsideStore {
        /// The destination.
        path: PathBuf,
        /// The store.
        root: PathBuf,
    },
    /// No room.
    #[error(
        "the disk is full at {path}; {kept} files are there whole: make room and give the same command again, which goes on from there, \
         or take a larger disk"
    )]
    Full {
        /// The file that found no room.
        path: PathBuf,
        /// How many were written before it.
        kept: usize,
    },
    /// The disk does not give back what it was given.
    #[error("{path} was read back and is NOT what was written: don't trust this disk, take another one")]
    NotTheSame {
        /// The file.
        path: PathBuf,
    },
    /// Writing failed.
    #[error("can't write {path}: {source}; {}", super::error::cure(.source))]
    Write {
        /// Where.
        path: PathBuf,
        /// The system's words.
        source: io::Error,
    },
    /// The store can't be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ExportError {
    fn write(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| match source.kind() {
            io::ErrorKind::AlreadyExists => Self::Exists { path },
            _ => Self::Write { path, source },
        }
    }
}

/// Calls `each` with every selected record, by day and id. What `each` refuses, or what can't be read, is listed as failed.
fn each_record<S: Storage>(
    archive: &Archive<S>,
    selection: Selection,
    progress: &mut dyn FnMut(Progress),
    mut each: impl FnMut(&Place, &Record) -> Result<Outcome, ExportError>,
) -> Result<Exported, ExportError> {
    let mut exported = Exported::default();
    for place in archive.places()? {
        let place = place?;
        progress(Progress::Record);
        let record = match archive.read(&place) {
            Ok(record) => record,
            Err(error) => {
                exported.failed.push((place, error.to_string()));
                continue;
            }
        };
        if record.voided && !selection.voided {
            exported.voided += 1;
            continue;
        }
        match each(&place, &record)? {
            Outcome::Done => exported.records += 1,
            Outcome::Skipped(reason) => exported.skipped.push((place, reason)),
            Outcome::Failed(reason) => exported.failed.push((place, reason)),
        }
    }
    Ok(exported)
}

/// What became of one record.
enum Outcome {
    Done,
    Skipped(String),
    Failed(String),
}

/// A file of a record, compared with its hash; the error names the file.
pub(crate) fn whole_file<S: Storage>(
    archive: &Archive<S>,
    place: &Place,
    record: &Record,
    name: &str,
) -> Result<Vec<u8>, String> {
    let file = record.file(name).ok_or_else(|| format!("the record has no {name}"))?;
    let content = archive.read_file(place, file).map_err(|e| e.to_string())?;
    if content.len() as u64 != file.size || sha256_hex(&content) != file.sha256 {
        return Err(format!("{name} is damaged; `fishrig store verify` says more"));
    }
    Ok(content)
}

/// The traits of a record's fish.
fn mask_of<S: Storage>(
    archive: &Archive<S>,
    place: &Place,
    record: &Record,
    fish: &FishFacts,
) -> Result<TraitMask, String> {
    let name = format!("{}{}", record.id, part::TRAITS);
    let mask =
        label_picture::decode_bits(&whole_file(archive, place, record, &name)?).map_err(|e| format!("{name}: {e}"))?;
    if mask.size() != fish.crop_box.size() {
        return Err(format!("{name} is not as large as its box"));
    }
    Ok(mask)
}

/// Refuses a destination in the store, also through links.
pub(crate) fn check_outside(path: &Path, root: &Path) -> Result<(), ExportError> {
    let real = |path: &Path| std::fs::canonicalize(path);
    let existing = path
        .ancestors()
        .find_map(|p| real(if p.as_os_str().is_empty() { Path::new(".") } else { p }).ok());
    let root_real = real(root).map_err(ExportError::write(root))?;
    match existing {
        Some(existing) if existing.starts_with(&root_real) => Err(ExportError::InsideStore {
            path: path.to_owned(),
            root: root.to_owned(),
        }),
        _ => Ok(()),
    }
}

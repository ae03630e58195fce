//! Records for other programs, one file a format. Nothing is overwritten, and nothing is written into the store.
//!
//! * [`bgnn`]: the folders of BGNN's workflow, whose later steps run on them unchanged.
//! * [`coco`]: one JSON file with run-length encoded masks, for training and labelling tools.
//! * [`csv`]: one table with a row for each record, for spreadsheets.
//!
//! Every file is compared with its SHA-256 before it is handed on, so that damage does not spread.

pub mod bgnn;
pub mod coco;
pub mod csv;

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::record::Record;
use super::storage::Storage;
use super::{Archive, Place, StoreError};
use crate::checksum::sha256_hex;

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
    progress: &mut dyn FnMut(),
    mut each: impl FnMut(&Place, &Record) -> Result<Outcome, ExportError>,
) -> Result<Exported, ExportError> {
    let mut exported = Exported::default();
    for place in archive.places()? {
        let place = place?;
        progress();
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

/// Writes one new file outside the store; an export that fails midway leaves none.
fn one_file<T>(
    path: &Path,
    root: &Path,
    write: impl FnOnce(&mut BufWriter<File>) -> Result<T, ExportError>,
) -> Result<T, ExportError> {
    check_outside(path, root)?;
    let file = File::create_new(path).map_err(ExportError::write(path))?;
    let mut writer = BufWriter::new(file);
    let result = write(&mut writer).and_then(|done| {
        writer.flush().map_err(ExportError::write(path))?;
        Ok(done)
    });
    if result.is_err() {
        // The error that is being reported matters more than this one.
        let _ = std::fs::remove_file(path);
    }
    result
}

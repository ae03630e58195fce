//! What can go wrong, in words that an operator can act on.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::identify::{IdentifyError, RecordId};

/// Why the store can't do what was asked. The message says whether anything was saved.
#[derive(Debug, Error)]
pub enum StoreError {
    /// No folder at the root.
    #[error(
        "the record folder {root} does not exist; is its disk plugged in and mounted? Else make the folder or change store.root"
    )]
    NoRoot {
        /// The root.
        root: PathBuf,
    },
    /// Something else than a folder at the root.
    #[error("the record folder {root} is not a folder; change store.root")]
    RootIsNoFolder {
        /// The root.
        root: PathBuf,
    },
    /// The root can't be written to.
    #[error("the record folder {root} can't be written to: {source}; {}", cure(.source))]
    NotWritable {
        /// The root.
        root: PathBuf,
        /// The system's words.
        source: io::Error,
    },
    /// Another process writes there.
    #[error("{directory} is in use by another fishrig; stop that one first, or give this one a folder of its own")]
    InUse {
        /// The folder that is locked.
        directory: PathBuf,
    },
    /// Less space than the floor.
    #[error(
        "record NOT saved: {} MB free on the disk of {root}, and {} MB must stay free (store.floor_megabytes); \
         export and remove old records, or change the disk", .free / 1_000_000, .floor / 1_000_000
    )]
    Full {
        /// The root.
        root: PathBuf,
        /// Free bytes.
        free: u64,
        /// Bytes that must stay free.
        floor: u64,
    },
    /// An id that can't be used.
    #[error("record NOT saved: {0}")]
    Id(#[from] IdentifyError),
    /// Parts of a draft that don't belong together, or can't be written as a picture.
    #[error("record NOT saved: {problem}")]
    Draft {
        /// What is wrong.
        problem: String,
    },
    /// The disk failed before the record was in its place; nothing of it is visible.
    #[error("record {id} NOT saved: can't {step} {path}: {source}; {}", cure(.source))]
    NotSaved {
        /// The id it would have got.
        id: RecordId,
        /// What was being done.
        step: &'static str,
        /// Where.
        path: PathBuf,
        /// The system's words.
        source: io::Error,
    },
    /// The disk failed when the record was in its place: it is whole now, but a power cut may still lose it.
    #[error(
        "record {id} is written but NOT confirmed by the disk ({path}: {source}): take it as not saved and photograph the specimen again; {}",
        cure(.source)
    )]
    NotConfirmed {
        /// Its id.
        id: RecordId,
        /// What could not be synced.
        path: PathBuf,
        /// The system's words.
        source: io::Error,
    },
    /// No such record.
    #[error("there is no record {id} in {root}; `fishrig store list` shows those that there are")]
    NoRecord {
        /// The id asked for.
        id: RecordId,
        /// The root.
        root: PathBuf,
    },
    /// A record could not be marked; it is as it was, or marked.
    #[error("record {id} is NOT voided: {path}: {problem}")]
    NotVoided {
        /// Its id.
        id: RecordId,
        /// Where.
        path: PathBuf,
        /// What is wrong, and what to do.
        problem: String,
    },
    /// A record whose `record.toml` can't be read.
    #[error("{path}: {problem}; `fishrig store verify` says more")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// Reading failed.
    #[error("can't read {path}: {source}; {}", cure(.source))]
    Read {
        /// Where.
        path: PathBuf,
        /// The system's words.
        source: io::Error,
    },
}

impl StoreError {
    pub(super) fn read(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Read { path, source }
    }
}

/// What to do about an error of the system.
pub(super) fn cure(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "the disk is full: export and remove old records, or change the disk"
        }
        io::ErrorKind::ReadOnlyFilesystem => {
            "the disk is read-only: mount it for writing; if it turned read-only by itself, it is failing: change it"
        }
        io::ErrorKind::PermissionDenied => "give the station's user the right to write there",
        io::ErrorKind::NotFound => "is the disk still plugged in and mounted?",
        io::ErrorKind::InvalidInput => {
            "this file system may not be able to rename without replacing: use ext4, f2fs or exFAT"
        }
        io::ErrorKind::NotADirectory | io::ErrorKind::AlreadyExists => {
            "something else lies there: move it away, or name another place"
        }
        io::ErrorKind::FileTooLarge => "the file was replaced or damaged",
        _ => "the disk may be failing: change it, and run `fishrig store verify` on what it holds",
    }
}

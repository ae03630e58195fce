//! Reading the records of a root, and marking them as voided. Needs no lock: records appear whole, and `record.toml` changes in one step.

use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::civil::Date;

use super::error::cure;
use super::layout::{INCOMING, Place, RECORD_REWRITE, day_of, id_of};
use super::record::{self, Record};
use super::storage::{EntryKind, Storage};
use super::{Disk, StoreError};
use crate::identify::RecordId;

/// The records in a root.
#[derive(Debug, Clone)]
pub struct Archive<S = Disk> {
    storage: S,
    root: PathBuf,
}

/// A record with its place.
#[derive(Debug, Clone)]
pub struct Listed {
    /// Where it is.
    pub place: Place,
    /// What it says, or why that can't be read.
    pub record: Result<Record, String>,
}

impl Archive {
    /// The records of a folder on this machine.
    ///
    /// # Errors
    /// [`StoreError::NoRoot`], [`StoreError::RootIsNoFolder`] or [`StoreError::Read`].
    pub fn open(root: impl AsRef<Path>) -> Result<Self, StoreError> {
        Self::open_on(Disk, root)
    }
}

impl<S: Storage> Archive<S> {
    /// The records of a folder on any storage.
    ///
    /// # Errors
    /// As [`Archive::open`].
    pub fn open_on(storage: S, root: impl AsRef<Path>) -> Result<Self, StoreError> {
        let root = std::path::absolute(&root).map_err(StoreError::read(root.as_ref()))?;
        match storage.list(&root) {
            Ok(_) => Ok(Self { storage, root }),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Err(StoreError::NoRoot { root }),
            Err(e) if e.kind() == io::ErrorKind::NotADirectory => Err(StoreError::RootIsNoFolder { root }),
            Err(source) => Err(StoreError::Read { path: root, source }),
        }
    }

    /// The folder, absolute.
    pub fn root(&self) -> &Path {
        &self.root
    }

    pub(super) fn storage(&self) -> &S {
        &self.storage
    }

    pub(super) fn incoming(&self) -> PathBuf {
        self.root.join(INCOMING)
    }

    /// The days that have a directory, oldest first.
    ///
    /// # Errors
    /// [`StoreError::Read`].
    pub fn days(&self) -> Result<Vec<Date>, StoreError> {
        let entries = self.storage.list(&self.root).map_err(StoreError::read(&self.root))?;
        let directories = entries.iter().filter(|e| e.kind == EntryKind::Directory);
        let mut days: Vec<Date> = directories.filter_map(|e| day_of(&e.name)).collect();
        days.sort_unstable();
        Ok(days)
    }

    /// The records of one day by their ids, numbers by value.
    ///
    /// # Errors
    /// [`StoreError::Read`].
    pub fn places_of(&self, day: Date) -> Result<Vec<Place>, StoreError> {
        let directory = self.root.join(day.to_string());
        let entries = self.storage.list(&directory).map_err(StoreError::read(&directory))?;
        let directories = entries.iter().filter(|e| e.kind == EntryKind::Directory);
        let mut ids: Vec<RecordId> = directories.filter_map(|e| id_of(&e.name)).collect();
        ids.sort_by_cached_key(RecordId::natural_key);
        Ok(ids.into_iter().map(|id| Place::new(&self.root, day, id)).collect())
    }

    /// All records by day and id, without reading them.
    ///
    /// # Errors
    /// [`StoreError::Read`], also for a day while iterating.
    pub fn places(&self) -> Result<impl Iterator<Item = Result<Place, StoreError>>, StoreError> {
        Ok(self.days()?.into_iter().flat_map(|day| one_by_one(self.places_of(day))))
    }

    /// All records in the order in which they were committed, whatever the wall clock said. Holds the names of one day at a time and one record, however many there are.
    ///
    /// # Errors
    /// [`StoreError::Read`], also for a day while iterating; a record that can't be read is an item that says why.
    pub fn list(&self) -> Result<impl Iterator<Item = Result<Listed, StoreError>>, StoreError> {
        let by_time = move |day| one_by_one(self.places_by_time(day));
        let places = self.days()?.into_iter().flat_map(by_time);
        Ok(places.map(|place| {
            let place = place?;
            let record = self.read_or_problem(&place);
            Ok(Listed { place, record })
        }))
    }

    /// The records of one day in the order in which they were committed; those that can't be read come first.
    ///
    /// # Errors
    /// [`StoreError::Read`].
    pub fn places_by_time(&self, day: Date) -> Result<Vec<Place>, StoreError> {
        let mut places = self.places_of(day)?;
        places.sort_by_cached_key(|place| self.read(place).ok().map(|r| (r.times.number, r.times.committed_utc)));
        Ok(places)
    }

    /// The record's place.
    ///
    /// # Errors
    /// [`StoreError::NoRecord`] or [`StoreError::Read`].
    pub fn find(&self, id: &RecordId) -> Result<Place, StoreError> {
        for day in self.days()?.into_iter().rev() {
            let place = Place::new(&self.root, day, id.clone());
            match self.storage.list(&place.directory) {
                Ok(_) => return Ok(place),
                Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {}
                Err(e) => return Err(StoreError::read(&place.directory)(e)),
            }
        }
        Err(StoreError::NoRecord {
            id: id.clone(),
            root: self.root.clone(),
        })
    }

    /// What a record says.
    ///
    /// # Errors
    /// [`StoreError::Damaged`].
    pub fn read(&self, place: &Place) -> Result<Record, StoreError> {
        self.read_or_problem(place).map_err(|problem| StoreError::Damaged {
            path: place.record_file(),
            problem,
        })
    }

    pub(super) fn read_or_problem(&self, place: &Place) -> Result<Record, String> {
        self.record_of(place, &self.record_bytes(place)?)
    }

    fn record_of(&self, place: &Place, content: &[u8]) -> Result<Record, String> {
        let record = Record::from_file(content)?;
        if record.id != place.id {
            return Err(format!("is of the record {}, so this directory was renamed", record.id));
        }
        Ok(record)
    }

    fn record_bytes(&self, place: &Place) -> Result<Vec<u8>, String> {
        self.storage
            .read(&place.record_file(), record::MAX_BYTES)
            .map_err(|e| match e.kind() {
                io::ErrorKind::NotFound => "is missing".to_owned(),
                io::ErrorKind::FileTooLarge => "is too long for a record".to_owned(),
                _ => format!("can't be read: {e}; {}", cure(&e)),
            })
    }

    /// One file of a record, as long as its `record.toml` says; the content is not compared with its hash.
    ///
    /// # Errors
    /// [`StoreError::Read`].
    pub fn read_file(&self, place: &Place, file: &record::StoredFile) -> Result<Vec<u8>, StoreError> {
        let path = place.directory.join(&file.name);
        self.storage.read(&path, file.size).map_err(StoreError::read(&path))
    }

    /// Marks a record as voided; nothing is deleted. Returns when the mark is durable. Voiding again is no error.
    ///
    /// # Errors
    /// [`StoreError::NoRecord`], [`StoreError::InUse`] while another process voids it, [`StoreError::NotVoided`].
    pub fn void(&self, id: &RecordId, when: Timestamp) -> Result<(), StoreError> {
        let not_voided = |path: &Path, problem| StoreError::NotVoided {
            id: id.clone(),
            path: path.to_owned(),
            problem,
        };
        let fail = |path: &Path| {
            let path = path.to_owned();
            move |e: io::Error| not_voided(&path, format!("{e}; {}", cure(&e)))
        };
        let place = self.find(id).map_err(|error| match error {
            StoreError::Read { path, source } => fail(&path)(source),
            other => other,
        })?;
        let lock = self.storage.lock(&place.directory).map_err(fail(&place.directory))?;
        let Some(_lock) = lock else {
            return Err(StoreError::InUse {
                directory: place.directory,
            });
        };
        let path = place.record_file();
        let damaged = |problem| not_voided(&path, problem);
        let content = self.record_bytes(&place).map_err(damaged)?;
        self.record_of(&place, &content).map_err(damaged)?;
        let content = record::voided(&content, when).map_err(damaged)?;

        let rewrite = place.directory.join(RECORD_REWRITE);
        match self.storage.remove_file(&rewrite) {
            // Left by a power cut during an earlier voiding.
            Ok(()) => {}
            Err(e) if e.kind() == io::ErrorKind::NotFound => {}
            Err(e) => return Err(fail(&rewrite)(e)),
        }
        let file = self.storage.create_file(&rewrite, &content).map_err(fail(&rewrite))?;
        self.storage.sync_file(&file).map_err(fail(&rewrite))?;
        self.storage.replace(&rewrite, &path).map_err(fail(&path))?;
        self.storage
            .sync_directory(&place.directory)
            .map_err(fail(&place.directory))
    }
}

/// The items of a list that may have failed, or its error as the only item.
fn one_by_one<T>(list: Result<Vec<T>, StoreError>) -> impl Iterator<Item = Result<T, StoreError>> {
    let (items, error) = match list {
        Ok(items) => (items, None),
        Err(error) => (Vec::new(), Some(Err(error))),
    };
    items.into_iter().map(Ok).chain(error)
}

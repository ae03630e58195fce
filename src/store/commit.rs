//! Writing records: whole and durable before anybody is told, or not there at all.
//!
//! 1. The record's directory is made in `.incoming`; every file is written and synced, `record.toml` last; then the directory is synced.
//! 2. The day's directory is made where it is missing, and the root synced.
//! 3. The record is renamed into the day, never over something that is there.
//! 4. The day and `.incoming` are synced. Only now is it saved.
//!
//! A power cut before step 3 leaves something in `.incoming`, which the next [`Store::open`] removes: its operator was never told that it
//! is saved, and it may be torn. A record that was renamed is whole, since everything in it was synced before.
//!
//! A wall clock may jump. So records are numbered as they are committed, and days never go back: a record whose day would be earlier than that of the
//! record before it goes into the same day as that one. Its times stay what the clock said.

use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Instant;

use jiff::civil::Date;

use super::contents::Contents;
use super::draft::RecordDraft;
use super::layout::{INCOMING, Place};
use super::record::Times;
use super::storage::{EntryKind, Storage};
use super::{Archive, Disk, StoreError, StoreSettings};
use crate::frame::CaptureTime;
use crate::identify::{IdSettings, Identifier, RecordId};

/// A root opened for writing, by one process at a time.
pub struct Store<S: Storage = Disk> {
    archive: Archive<S>,
    settings: StoreSettings,
    /// Every id in the root, as file systems without case see them.
    taken: HashSet<String>,
    records: usize,
    boot_id: String,
    /// The number of the last record.
    last_number: u64,
    /// The latest day that holds a record.
    last_day: Option<Date>,
    /// The day whose directory is known to be durable.
    durable_day: Option<Date>,
    _lock: S::Lock,
}

/// A record that no power cut can take back.
#[derive(Debug, Clone, PartialEq)]
pub struct Committed {
    /// Its id; the draft's, or that with a suffix.
    pub id: RecordId,
    /// Where it is.
    pub directory: PathBuf,
    /// How long encoding, writing and syncing took.
    pub seconds: f64,
}

impl Store {
    /// Opens the root on this machine, makes it if need be and allowed, and removes what a power cut left half written.
    ///
    /// # Errors
    /// [`StoreError::NoRoot`], [`StoreError::RootIsNoFolder`], [`StoreError::NotWritable`], [`StoreError::InUse`], [`StoreError::Read`].
    pub fn open(settings: StoreSettings) -> Result<Self, StoreError> {
        Self::open_on(Disk, settings)
    }
}

impl<S: Storage> Store<S> {
    /// [`Store::open`] on any storage.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn open_on(storage: S, settings: StoreSettings) -> Result<Self, StoreError> {
        let root = std::path::absolute(&settings.root).map_err(StoreError::read(&settings.root))?;
        if settings.create {
            make_root(&storage, &root)?;
        }
        let archive = Archive::open_on(storage, &root)?;
        let lock = lock_incoming(&archive)?.ok_or(StoreError::InUse { directory: root })?;
        let mut taken = HashSet::new();
        let mut last_day = None;
        for place in archive.places()? {
            let place = place?;
            last_day = Some(place.day);
            taken.insert(place.id.folded());
        }
        let records = taken.len();
        let last_number = last_number(&archive, last_day)?.max(records as u64);
        clean(&archive, &mut taken)?;
        let boot_id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
        Ok(Self {
            settings,
            taken,
            records,
            boot_id: boot_id.trim().to_owned(),
            last_number,
            last_day,
            durable_day: None,
            _lock: lock,
            archive,
        })
    }

    /// The records that are there.
    pub fn archive(&self) -> &Archive<S> {
        &self.archive
    }

    /// How many records there are, voided ones included.
    pub fn count(&self) -> usize {
        self.records
    }

    /// An identifier whose counter goes on behind the records that are there.
    ///
    /// # Errors
    /// [`StoreError::Read`].
    pub fn identifier(&self, settings: IdSettings) -> Result<Identifier, StoreError> {
        let mut identifier = Identifier::new(settings);
        for place in self.archive.places()? {
            identifier.taken(&place?.id);
        }
        Ok(identifier)
    }

    /// Bytes that can be written before the floor is reached; 0 below it.
    ///
    /// # Errors
    /// [`StoreError::Read`].
    pub fn bytes_left(&self) -> Result<u64, StoreError> {
        let root = self.archive.root();
        let free = self
            .archive
            .storage()
            .free_bytes(root)
            .map_err(StoreError::read(root))?;
        Ok(free.saturating_sub(self.settings.floor_bytes))
    }

    /// Writes a record; returns when no power cut can take it back.
    ///
    /// # Errors
    /// After [`StoreError::NotConfirmed`] the record is visible but must be taken as not saved; after any other error there is nothing of it.
    /// The draft can be committed again; everything is then written anew.
    pub fn commit(&mut self, draft: &RecordDraft) -> Result<Committed, StoreError> {
        self.commit_at(draft, CaptureTime::now())
    }

    /// [`Self::commit`] at a given time.
    ///
    /// # Errors
    /// As [`Self::commit`].
    pub fn commit_at(&mut self, draft: &RecordDraft, now: CaptureTime) -> Result<Committed, StoreError> {
        let started = Instant::now();
        let id = self.free_id(&draft.id)?;
        let local = now.wall.to_zoned_datetime(self.settings.time_zone.clone());
        let times = Times {
            captured_utc: draft.frame.captured.wall,
            captured_monotonic_ns: draft.frame.captured.monotonic_ns,
            committed_utc: now.wall,
            committed_monotonic_ns: now.monotonic_ns,
            time_zone: self.settings.time_zone.iana_name().unwrap_or_default().to_owned(),
            utc_offset_s: local.offset().seconds(),
            number: Some(self.last_number + 1),
            boot_id: self.boot_id.clone(),
            clock_synchronized: draft.clock_synchronized,
        };
        let contents = Contents::of(draft, &id, times)?;
        self.check_space(&id, contents.bytes())?;

        let place = Place::new(self.archive.root(), self.day(local.date()), id);
        let incoming = self.archive.incoming().join(place.id.as_str());
        if let Err(error) = self.write(&place, &incoming, &contents) {
            self.abandon(&place, &incoming, &error);
            return Err(error);
        }
        self.taken.insert(place.id.folded());
        self.records += 1;
        self.last_number += 1;
        self.last_day = Some(place.day);
        self.confirm(&place)?;
        Ok(Committed {
            id: place.id,
            directory: place.directory,
            seconds: started.elapsed().as_secs_f64(),
        })
    }

    /// The day of a record that is committed on `today`, as the clock says.
    fn day(&self, today: Date) -> Date {
        let Some(last) = self.last_day.filter(|last| *last > today) else {
            return today;
        };
        tracing::warn!(
            "the clock says {today}, but there are records of {last}; the record goes to these, so that their order holds"
        );
        last
    }

    /// The id itself, or its first repeat that is free.
    fn free_id(&self, wanted: &RecordId) -> Result<RecordId, StoreError> {
        let mut n = 1;
        loop {
            let id = wanted.repeat(n)?;
            if !self.taken.contains(&id.folded()) {
                return Ok(id);
            }
            n += 1;
        }
    }

    fn check_space(&self, id: &RecordId, bytes: u64) -> Result<(), StoreError> {
        let root = self.archive.root();
        let free = self
            .archive
            .storage()
            .free_bytes(root)
            .map_err(|source| StoreError::NotSaved {
                id: id.clone(),
                step: "measure the free space of",
                path: root.to_owned(),
                source,
            })?;
        let floor = self.settings.floor_bytes;
        if free < floor.saturating_add(bytes) {
            return Err(StoreError::Full {
                root: root.to_owned(),
                free,
                floor,
            });
        }
        Ok(())
    }

    /// Steps 1 to 3.
    fn write(&mut self, place: &Place, incoming: &Path, contents: &Contents) -> Result<(), StoreError> {
        let storage = self.archive.storage();
        let fail = |step, path: &Path| {
            let (id, path) = (place.id.clone(), path.to_owned());
            move |source| StoreError::NotSaved { id, step, path, source }
        };
        storage.create_directory(incoming).map_err(fail("make", incoming))?;
        let mut written = Vec::with_capacity(contents.files.len());
        for (name, content) in &contents.files {
            let path = incoming.join(name);
            let file = storage.create_file(&path, content).map_err(fail("write", &path))?;
            written.push((path, file));
        }
        for (path, file) in written {
            storage.sync_file(&file).map_err(fail("sync", &path))?;
        }
        storage.sync_directory(incoming).map_err(fail("sync", incoming))?;

        let day = self.archive.root().join(place.day.to_string());
        let made = match storage.create_directory(&day) {
            Ok(()) => true,
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => false,
            Err(e) => return Err(fail("make", &day)(e)),
        };
        // A day that was there may have been made by a process that was killed before it could sync.
        if made || self.durable_day != Some(place.day) {
            let root = self.archive.root();
            storage.sync_directory(root).map_err(fail("sync", root))?;
            self.durable_day = Some(place.day);
        }
        storage
            .rename_without_replacing(incoming, &place.directory)
            .map_err(fail("move the record to", &place.directory))
    }

    /// Step 4.
    fn confirm(&self, place: &Place) -> Result<(), StoreError> {
        let day = self.archive.root().join(place.day.to_string());
        for directory in [day, self.archive.incoming()] {
            self.archive
                .storage()
                .sync_directory(&directory)
                .map_err(|source| StoreError::NotConfirmed {
                    id: place.id.clone(),
                    path: directory,
                    source,
                })?;
        }
        Ok(())
    }

    /// Removes what a failed commit left; where that is not possible, its name is not used again.
    fn abandon(&mut self, place: &Place, incoming: &Path, error: &StoreError) {
        let occupied =
            matches!(error, StoreError::NotSaved { source, .. } if source.kind() == io::ErrorKind::AlreadyExists);
        if remove_tree(self.archive.storage(), incoming).is_err() || occupied {
            self.taken.insert(place.id.folded());
        }
    }
}

/// The highest number of a record. It is among those of the last day, since days never go back.
fn last_number<S: Storage>(archive: &Archive<S>, last_day: Option<Date>) -> Result<u64, StoreError> {
    let Some(day) = last_day else { return Ok(0) };
    let places = archive.places_of(day)?;
    let numbers = places.iter().filter_map(|place| archive.read(place).ok()?.times.number);
    Ok(numbers.max().unwrap_or(0))
}

fn make_root<S: Storage>(storage: &S, root: &Path) -> Result<(), StoreError> {
    match storage.list(root) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => {}
        _ => return Ok(()),
    }
    storage.create_directory(root).map_err(|source| match source.kind() {
        io::ErrorKind::NotFound => StoreError::NoRoot { root: root.to_owned() },
        _ => StoreError::NotWritable {
            root: root.to_owned(),
            source,
        },
    })
}

/// Sees to it that `.incoming` is there and that no other process writes; `None` if one does.
fn lock_incoming<S: Storage>(archive: &Archive<S>) -> Result<Option<S::Lock>, StoreError> {
    let (storage, root, incoming) = (archive.storage(), archive.root(), archive.incoming());
    let not_writable = |source| StoreError::NotWritable {
        root: root.to_owned(),
        source,
    };
    storage.check_writable(root).map_err(not_writable)?;
    let entries = storage.list(root).map_err(StoreError::read(root))?;
    match entries.iter().find(|e| e.name == INCOMING).map(|e| e.kind) {
        Some(EntryKind::Directory) => {}
        // What is cleaned up in there must not be somewhere else.
        Some(_) => return Err(not_writable(io::ErrorKind::NotADirectory.into())),
        None => {
            // A root without `.incoming` may be one that was made just before a crash: see to it that its own name lasts.
            sync_parent(storage, root).map_err(not_writable)?;
            storage.create_directory(&incoming).map_err(not_writable)?;
        }
    }
    storage.lock(&incoming).map_err(not_writable)
}

fn sync_parent<S: Storage>(storage: &S, root: &Path) -> io::Result<()> {
    match storage.sync_directory(root.parent().unwrap_or(root)) {
        // Who may not read the parent did not make the root either.
        Err(e) if e.kind() == io::ErrorKind::PermissionDenied => Ok(()),
        result => result,
    }
}

/// Removes everything from `.incoming`, except what bears the id of a record: where a power cut left one directory under both names,
/// removing it here would empty the record.
fn clean<S: Storage>(archive: &Archive<S>, taken: &mut HashSet<String>) -> Result<(), StoreError> {
    let incoming = archive.incoming();
    let storage = archive.storage();
    for entry in storage.list(&incoming).map_err(StoreError::read(&incoming))? {
        let folded = entry.name.to_string_lossy().to_lowercase();
        if taken.contains(&folded) {
            continue;
        }
        let path = incoming.join(&entry.name);
        let removed = match entry.kind {
            EntryKind::Directory => remove_tree(storage, &path),
            EntryKind::File | EntryKind::Other => storage.remove_file(&path),
        };
        if let Err(e) = removed {
            tracing::warn!("can't remove {}, left by an interrupted commit: {e}", path.display());
            taken.insert(folded);
        }
    }
    Ok(())
}

/// Removes a directory and all that is in it; one that is not there is no error.
fn remove_tree<S: Storage>(storage: &S, directory: &Path) -> io::Result<()> {
    let entries = match storage.list(directory) {
        // Where the root was replaced by a file there is nothing left either.
        Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let path = directory.join(&entry.name);
        match entry.kind {
            EntryKind::Directory => remove_tree(storage, &path)?,
            EntryKind::File | EntryKind::Other => storage.remove_file(&path)?,
        }
    }
    storage.remove_directory(directory)
}

//! Where exports go: written, made durable, listed with their checksums, read back and compared.
//!
//! A file appears under its name only whole: it is written beside it, synced and renamed. So an export that a full disk or a pulled plug ended is
//! gone on with by the same command.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

use super::{ExportError, Progress, check_outside};
use crate::checksum::sha256_hex;
use crate::store::{Disk, Storage};

/// The list of checksums in a folder, as `sha256sum --check` reads it.
pub const CHECKSUMS: &str = "SHA256SUMS";

/// Longest list of checksums that is read: a million files.
const CHECKSUMS_MAX: u64 = 256 << 20;

/// What was written, all of it read back and found as it was meant.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Copied {
    /// How many files.
    pub files: usize,
    /// Their bytes.
    pub bytes: u64,
    /// The file with their checksums.
    pub checksums: PathBuf,
}

/// A storage that exports are written to.
pub trait Destination: Storage {
    /// Makes everything durable that was written to the file system of `path`.
    ///
    /// # Errors
    /// Those of the system.
    fn sync_file_system(&self, path: &Path) -> io::Result<()>;

    /// Asks the system to forget a file's content that it holds in memory, so that reading asks the disk. It may not comply.
    fn forget(&self, path: &Path);
}

impl Destination for Disk {
    fn sync_file_system(&self, path: &Path) -> io::Result<()> {
        Ok(rustix::fs::syncfs(std::fs::File::open(path)?)?)
    }

    fn forget(&self, path: &Path) {
        if let Ok(file) = std::fs::File::open(path) {
            let _ = rustix::fs::fadvise(file, 0, None, rustix::fs::Advice::DontNeed);
        }
    }
}

/// A folder that an export fills.
#[derive(Debug)]
pub struct Folder<D = Disk> {
    disk: D,
    path: PathBuf,
    /// Name below the folder, with size and SHA-256.
    files: BTreeMap<String, (u64, String)>,
    directories: BTreeSet<PathBuf>,
}

/// What became of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Put {
    /// It is there, or was there already with the same content.
    Done,
    /// Something else has its name.
    OtherContent,
}

impl Folder {
    /// The folder `path` on this machine, which may hold an earlier export, outside of the store at `root`.
    ///
    /// # Errors
    /// [`ExportError::InsideStore`], [`ExportError::Write`].
    pub fn create(path: &Path, root: &Path) -> Result<Self, ExportError> {
        check_outside(path, root)?;
        let folder = Self::on(Disk, path)?;
        // A path with `..` may lead elsewhere once its parts are there.
        check_outside(path, root)?;
        Ok(folder)
    }
}

impl<D: Destination> Folder<D> {
    /// The folder `path` on any storage.
    ///
    /// # Errors
    /// [`ExportError::Write`].
    pub fn on(disk: D, path: &Path) -> Result<Self, ExportError> {
        let path = std::path::absolute(path).map_err(ExportError::write(path))?;
        let mut folder = Self {
            disk,
            path: path.clone(),
            files: BTreeMap::new(),
            directories: BTreeSet::new(),
        };
        folder.make(&path)?;
        Ok(folder)
    }

    /// Where it is, absolute.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The whole content of a file below the folder; `None` where there is none.
    ///
    /// # Errors
    /// [`ExportError::Write`].
    pub fn read(&self, name: &str, limit: u64) -> Result<Option<Vec<u8>>, ExportError> {
        let path = self.path.join(name);
        match self.disk.read(&path, limit) {
            Ok(content) => Ok(Some(content)),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(ExportError::write(&path)(e)),
        }
    }

    /// Writes a new file, `name` below the folder with `/` between its parts. A file that is there with the same content is kept.
    ///
    /// # Errors
    /// [`ExportError::Full`], [`ExportError::Write`].
    pub fn put(&mut self, name: &str, content: &[u8]) -> Result<Put, ExportError> {
        let path = self.path.join(name);
        if let Some(parent) = path.parent() {
            self.make(&parent.to_owned())?;
        }
        match self.disk.read(&path, content.len() as u64) {
            Ok(there) if there == content => {}
            Ok(_) => return Ok(Put::OtherContent),
            Err(e) if e.kind() == io::ErrorKind::NotFound => {
                let part = self.written(&path, content)?;
                if let Err(e) = self.disk.rename_without_replacing(&part, &path) {
                    let _ = self.disk.remove_file(&part);
                    return Err(self.failed(&path)(e));
                }
            }
            Err(e) if matches!(e.kind(), io::ErrorKind::FileTooLarge | io::ErrorKind::IsADirectory) => {
                return Ok(Put::OtherContent);
            }
            Err(e) => return Err(ExportError::write(&path)(e)),
        }
        self.files
            .insert(name.to_owned(), (content.len() as u64, sha256_hex(content)));
        Ok(Put::Done)
    }

    /// Writes a file in the place of the one that is there.
    ///
    /// # Errors
    /// As [`Self::put`].
    pub fn replace(&mut self, name: &str, content: &[u8]) -> Result<(), ExportError> {
        let path = self.path.join(name);
        let part = self.written(&path, content)?;
        if let Err(e) = self.disk.replace(&part, &path) {
            let _ = self.disk.remove_file(&part);
            return Err(self.failed(&path)(e));
        }
        self.files
            .insert(name.to_owned(), (content.len() as u64, sha256_hex(content)));
        Ok(())
    }

    /// The content beside `path`, synced.
    fn written(&self, path: &Path, content: &[u8]) -> Result<PathBuf, ExportError> {
        let part = beside(path);
        match self.disk.remove_file(&part) {
            // Left by an export that was ended from outside.
            Ok(()) => {}
            Err(e) if e.kind() == io::ErrorKind::NotFound => {}
            Err(e) => return Err(ExportError::write(&part)(e)),
        }
        let written = self
            .disk
            .create_file(&part, content)
            .and_then(|file| self.disk.sync_file(&file));
        if let Err(e) = written {
            // The error that is being reported matters more than this one.
            let _ = self.disk.remove_file(&part);
            return Err(self.failed(path)(e));
        }
        Ok(part)
    }

    fn failed(&self, path: &Path) -> impl FnOnce(io::Error) -> ExportError {
        let kept = self.files.len();
        let path = path.to_owned();
        move |source| match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => ExportError::Full { path, kept },
            _ => ExportError::Write { path, source },
        }
    }

    /// Makes a directory and what leads to it.
    fn make(&mut self, path: &PathBuf) -> Result<(), ExportError> {
        if self.directories.contains(path) {
            return Ok(());
        }
        // Also of directories that are there already the names are to be made durable: an export that was ended may have made them.
        if let Some(parent) = path
            .parent()
            .filter(|_| *path != self.path && path.starts_with(&self.path))
        {
            self.make(&parent.to_owned())?;
        }
        match self.disk.create_directory(path) {
            Ok(()) => {}
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {
                self.disk.list(path).map_err(ExportError::write(path))?;
            }
            Err(e) if e.kind() == io::ErrorKind::NotFound => {
                let parent = path.parent().ok_or(e).map_err(ExportError::write(path))?;
                self.make(&parent.to_owned())?;
                self.disk.create_directory(path).map_err(self.failed(path))?;
            }
            Err(e) => return Err(self.failed(path)(e)),
        }
        self.directories.insert(path.clone());
        Ok(())
    }

    /// Writes the list of checksums, makes everything durable, reads every file back and compares it.
    ///
    /// # Errors
    /// [`ExportError::NotTheSame`] where the disk gives something else back than it was given; [`ExportError::Full`], [`ExportError::Write`].
    pub fn finish(mut self, progress: &mut dyn FnMut(Progress)) -> Result<Copied, ExportError> {
        let list = self.checksums()?;
        self.replace(CHECKSUMS, &list)?;
        // From the deepest up, and then the directory that holds the folder.
        for directory in self.directories.iter().rev() {
            self.disk
                .sync_directory(directory)
                .map_err(ExportError::write(directory))?;
        }
        if let Some(above) = self.path.parent() {
            self.disk.sync_directory(above).map_err(ExportError::write(above))?;
        }
        self.disk
            .sync_file_system(&self.path)
            .map_err(ExportError::write(&self.path))?;
        progress(Progress::Comparing(self.files.len()));
        let mut copied = Copied {
            checksums: self.path.join(CHECKSUMS),
            ..Copied::default()
        };
        for (name, (size, sha256)) in &self.files {
            let path = self.path.join(name);
            self.disk.forget(&path);
            let same = match self.disk.read(&path, *size) {
                Ok(content) => sha256_hex(&content) == *sha256,
                Err(e) if matches!(e.kind(), io::ErrorKind::FileTooLarge | io::ErrorKind::NotFound) => false,
                Err(e) => return Err(ExportError::write(&path)(e)),
            };
            if !same {
                return Err(ExportError::NotTheSame { path });
            }
            copied.files += 1;
            copied.bytes += size;
            progress(Progress::Compared);
        }
        Ok(copied)
    }

    /// The list of checksums: files of earlier exports into this folder stay on it.
    fn checksums(&self) -> Result<Vec<u8>, ExportError> {
        let earlier = self.read(CHECKSUMS, CHECKSUMS_MAX)?.unwrap_or_default();
        let earlier = String::from_utf8_lossy(&earlier);
        let mut all: BTreeMap<&str, &str> = earlier
            .lines()
            .filter_map(|line| line.split_once("  "))
            .map(|(sha256, name)| (name, sha256))
            .collect();
        all.extend(
            self.files
                .iter()
                .map(|(name, (_, sha256))| (name.as_str(), sha256.as_str())),
        );
        Ok(all
            .into_iter()
            .map(|(name, sha256)| format!("{sha256}  {name}\n"))
            .collect::<String>()
            .into_bytes())
    }
}

/// The hidden name under which a file is written.
pub(super) fn beside(path: &Path) -> PathBuf {
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(".part");
    path.with_file_name(name)
}

/// The mount point of the file system that `path` lies on, where that is another one than that of `root`: what can be taken out of the machine.
pub fn removable(path: &Path, root: &Path) -> Option<PathBuf> {
    use std::os::unix::fs::MetadataExt;
    let device = |path: &Path| std::fs::metadata(path).ok().map(|found| found.dev());
    let path = std::fs::canonicalize(path).ok()?;
    let own = device(&path)?;
    if device(root) == Some(own) {
        return None;
    }
    let within = path.ancestors().take_while(|above| device(above) == Some(own));
    within.last().map(Path::to_owned)
}

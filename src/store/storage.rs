//! The one door to the disk: everything that the store does with files goes through [`Storage`].
//!
//! The station uses [`super::Disk`]. The tests use a simulated disk that loses power after any operation, so an operation here does one
//! thing that a disk can lose or keep as a whole.

use std::ffi::OsString;
use std::io;
use std::path::Path;

/// What a name in a directory stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryKind {
    /// A directory; links to directories are [`Self::Other`].
    Directory,
    /// A plain file.
    File,
    /// A link, a device, a pipe: nothing that the store makes.
    Other,
}

/// One name in a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The name, without its directory.
    pub name: OsString,
    /// What it stands for.
    pub kind: EntryKind,
}

/// File operations, each as small as a power cut can see it. Nothing is durable before it was synced: a file's content by
/// [`Self::sync_file`], the names in a directory by [`Self::sync_directory`] on that directory.
pub trait Storage {
    /// An open file that was just written.
    type File;
    /// Keeps others out until it is dropped.
    type Lock;

    /// Makes a directory.
    ///
    /// # Errors
    /// Those of the system; `AlreadyExists` where the name is taken.
    fn create_directory(&self, path: &Path) -> io::Result<()>;

    /// Writes a new file.
    ///
    /// # Errors
    /// Those of the system; `AlreadyExists` where the name is taken. The file may be there in part after an error.
    fn create_file(&self, path: &Path, content: &[u8]) -> io::Result<Self::File>;

    /// Makes the content of a file durable (fsync). After an error the content must be taken as lost, and syncing again proves nothing.
    ///
    /// # Errors
    /// Those of the system.
    fn sync_file(&self, file: &Self::File) -> io::Result<()>;

    /// Makes the names in a directory durable (fsync).
    ///
    /// # Errors
    /// Those of the system.
    fn sync_directory(&self, path: &Path) -> io::Result<()>;

    /// Gives a file or directory another name, in one step, never over something that is there.
    ///
    /// # Errors
    /// Those of the system; `AlreadyExists` where the new name is taken.
    fn rename_without_replacing(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Puts a file in the place of another, in one step.
    ///
    /// # Errors
    /// Those of the system.
    fn replace(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Removes a file.
    ///
    /// # Errors
    /// Those of the system.
    fn remove_file(&self, path: &Path) -> io::Result<()>;

    /// Removes an empty directory.
    ///
    /// # Errors
    /// Those of the system.
    fn remove_directory(&self, path: &Path) -> io::Result<()>;

    /// The whole content of a file of at most `limit` bytes.
    ///
    /// # Errors
    /// Those of the system; `FileTooLarge` over the limit.
    fn read(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>>;

    /// The names in a directory, in no particular order.
    ///
    /// # Errors
    /// Those of the system; `NotADirectory` for a file.
    fn list(&self, path: &Path) -> io::Result<Vec<Entry>>;

    /// Bytes that can still be written where `path` lies.
    ///
    /// # Errors
    /// Those of the system.
    fn free_bytes(&self, path: &Path) -> io::Result<u64>;

    /// Whether this user may write into a directory, without writing.
    ///
    /// # Errors
    /// `ReadOnlyFilesystem`, `PermissionDenied` and others of the system.
    fn check_writable(&self, path: &Path) -> io::Result<()>;

    /// Locks a directory against every other process that locks it; `None` if one has done so already.
    ///
    /// # Errors
    /// Those of the system.
    fn lock(&self, path: &Path) -> io::Result<Option<Self::Lock>>;
}

//! The real file system.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::{Access, CWD, FlockOperation, Mode, OFlags, RenameFlags};

use super::storage::{Entry, EntryKind, Storage};

/// The file system of the machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct Disk;

fn open_directory(path: &Path) -> io::Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    Ok(rustix::fs::open(path, flags, Mode::empty())?)
}

impl Storage for Disk {
    type File = File;
    type Lock = OwnedFd;

    fn create_directory(&self, path: &Path) -> io::Result<()> {
        fs::create_dir(path)
    }

    fn create_file(&self, path: &Path, content: &[u8]) -> io::Result<File> {
        let mut file = File::create_new(path)?;
        file.write_all(content)?;
        Ok(file)
    }

    fn sync_file(&self, file: &File) -> io::Result<()> {
        Ok(rustix::fs::fsync(file)?)
    }

    fn sync_directory(&self, path: &Path) -> io::Result<()> {
        Ok(rustix::fs::fsync(open_directory(path)?)?)
    }

    fn rename_without_replacing(&self, from: &Path, to: &Path) -> io::Result<()> {
        Ok(rustix::fs::renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE)?)
    }

    fn replace(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn remove_directory(&self, path: &Path) -> io::Result<()> {
        fs::remove_dir(path)
    }

    fn read(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>> {
        // A pipe or device under a record's name must not block or feed the reader without end.
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOFOLLOW;
        let file = File::from(rustix::fs::open(path, flags, Mode::empty())?);
        let length = file.metadata()?.len();
        if length > limit {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let mut content = Vec::with_capacity(length as usize);
        file.take(limit.saturating_add(1)).read_to_end(&mut content)?;
        if content.len() as u64 > limit {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        Ok(content)
    }

    fn list(&self, path: &Path) -> io::Result<Vec<Entry>> {
        let mut entries = Vec::new();
        for entry in fs::read_dir(path)? {
            let entry = entry?;
            let kind = entry.file_type()?;
            let kind = match (kind.is_dir(), kind.is_file()) {
                (true, _) => EntryKind::Directory,
                (_, true) => EntryKind::File,
                _ => EntryKind::Other,
            };
            entries.push(Entry {
                name: entry.file_name(),
                kind,
            });
        }
        Ok(entries)
    }

    fn free_bytes(&self, path: &Path) -> io::Result<u64> {
        let space = rustix::fs::statvfs(path)?;
        Ok(space.f_bavail.saturating_mul(space.f_frsize))
    }

    fn check_writable(&self, path: &Path) -> io::Result<()> {
        Ok(rustix::fs::access(path, Access::WRITE_OK | Access::EXEC_OK)?)
    }

    fn lock(&self, path: &Path) -> io::Result<Option<OwnedFd>> {
        let directory = open_directory(path)?;
        match rustix::fs::flock(&directory, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Some(directory)),
            Err(rustix::io::Errno::WOULDBLOCK) => Ok(None),
            Err(e) => Err(e.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn renaming_and_creating_never_replace() {
        let dir = tempfile::tempdir().unwrap();
        let (a, b) = (dir.path().join("a"), dir.path().join("b"));
        Disk.create_file(&a, b"a").unwrap();
        Disk.create_file(&b, b"b").unwrap();
        let taken = |r: io::Result<()>| r.unwrap_err().kind() == io::ErrorKind::AlreadyExists;
        assert!(taken(Disk.rename_without_replacing(&a, &b)));
        assert!(taken(Disk.create_file(&a, b"x").map(drop)));
        assert_eq!(Disk.read(&b, 10).unwrap(), b"b");
        Disk.replace(&a, &b).unwrap();
        assert_eq!(Disk.read(&b, 10).unwrap(), b"a");
    }

    #[test]
    fn a_locked_directory_is_locked_for_others() {
        let dir = tempfile::tempdir().unwrap();
        let held = Disk.lock(dir.path()).unwrap();
        assert!(held.is_some());
        assert!(Disk.lock(dir.path()).unwrap().is_none());
        drop(held);
        assert!(Disk.lock(dir.path()).unwrap().is_some());
    }

    #[test]
    fn reading_stops_at_the_limit_and_follows_no_link() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        Disk.create_file(&path, b"12345").unwrap();
        assert_eq!(Disk.read(&path, 5).unwrap(), b"12345");
        assert_eq!(Disk.read(&path, 4).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
        std::os::unix::fs::symlink(&path, dir.path().join("link")).unwrap();
        assert!(Disk.read(&dir.path().join("link"), 5).is_err());
    }
}

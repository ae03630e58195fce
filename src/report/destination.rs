//! The file that is written: a new one, or one that takes another's place when it is whole.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::ReportError;
use crate::store::export::check_outside;

/// An output file; one that is dropped before [`Self::finish`] leaves nothing.
pub(super) struct Destination {
    writer: BufWriter<File>,
    /// The file being written: `path` itself, which was free, or a hidden one beside it.
    written: PathBuf,
    path: PathBuf,
    finished: bool,
}

impl Destination {
    /// Opens a new file outside of the store at `root`.
    ///
    /// # Errors
    /// [`ReportError::Exists`] unless `replace`, and the others about places.
    pub(super) fn open(path: &Path, root: &Path, replace: bool) -> Result<Self, ReportError> {
        check_outside(path, root)?;
        let taken = std::fs::symlink_metadata(path);
        let written = match taken {
            Ok(_) if !replace => return Err(ReportError::Exists { path: path.to_owned() }),
            Ok(there) if !there.is_file() => return Err(ReportError::NoFile { path: path.to_owned() }),
            Ok(_) => beside(path),
            Err(_) => path.to_owned(),
        };
        let file = File::create_new(&written).map_err(|source| match source.kind() {
            io::ErrorKind::AlreadyExists => ReportError::Exists { path: written.clone() },
            _ => ReportError::Write {
                path: written.clone(),
                source,
            },
        })?;
        Ok(Self {
            writer: BufWriter::new(file),
            written,
            path: path.to_owned(),
            finished: false,
        })
    }

    /// Brings the file to the disk, and to its place.
    ///
    /// # Errors
    /// [`ReportError::Write`].
    pub(super) fn finish(mut self) -> Result<(), ReportError> {
        let written = self.writer.flush().and_then(|()| self.writer.get_ref().sync_all());
        let placed = written.and_then(|()| match self.written == self.path {
            true => Ok(()),
            false => std::fs::rename(&self.written, &self.path),
        });
        placed.map_err(|source| ReportError::Write {
            path: self.path.clone(),
            source,
        })?;
        self.finished = true;
        Ok(())
    }
}

impl Write for Destination {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writer.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

impl Drop for Destination {
    fn drop(&mut self) {
        if !self.finished {
            // The error that is being reported matters more than this one.
            let _ = std::fs::remove_file(&self.written);
        }
    }
}

/// A hidden name in the same folder.
fn beside(path: &Path) -> PathBuf {
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{}.partial", std::process::id()));
    path.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(path: &Path, root: &Path, replace: bool, content: &str) -> Result<(), ReportError> {
        let mut destination = Destination::open(path, root, replace)?;
        destination.write_all(content.as_bytes()).unwrap();
        destination.finish()
    }

    #[test]
    fn a_file_is_replaced_only_when_asked_and_only_when_whole() {
        let dir = tempfile::tempdir().unwrap();
        let (path, root) = (dir.path().join("page.html"), dir.path().join("records"));
        std::fs::create_dir(&root).unwrap();
        written(&path, &root, false, "one").unwrap();
        assert!(matches!(
            written(&path, &root, false, "two"),
            Err(ReportError::Exists { .. })
        ));
        drop(Destination::open(&path, &root, true).unwrap());
        assert_eq!(
            std::fs::read(&path).unwrap(),
            b"one",
            "an unfinished one replaces nothing"
        );
        written(&path, &root, true, "three").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"three");
        let names: Vec<_> = std::fs::read_dir(dir.path()).unwrap().collect();
        assert_eq!(names.len(), 2, "nothing else is left: {names:?}");
    }

    #[test]
    fn an_unfinished_new_file_is_taken_away_and_the_store_stays_untouched() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("page.html");
        let root = dir.path().join("records");
        std::fs::create_dir(&root).unwrap();
        drop(Destination::open(&path, &root, false).unwrap());
        assert!(!path.exists());
        for (place, replace) in [(root.join("page.html"), false), (root.join("page.html"), true)] {
            assert!(matches!(
                Destination::open(&place, &root, replace),
                Err(ReportError::Destination(_))
            ));
        }
        assert!(matches!(
            Destination::open(dir.path(), &root, true),
            Err(ReportError::NoFile { .. })
        ));
    }
}

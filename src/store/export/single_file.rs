//! An export that is one file: streamed, so that its size does not matter.

use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags};

use super::output::{Copied, Destination, beside};
use super::{ExportError, Progress, check_outside};
use crate::checksum::{HashingWriter, Sha256Pieces};
use crate::store::{Disk, Storage};

/// A new file that appears under its name when it is whole, with `NAME.sha256` beside it.
pub(super) struct SingleFile {
    path: PathBuf,
    part: PathBuf,
    out: HashingWriter<BufWriter<File>>,
    bytes: u64,
}

impl Write for SingleFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Writes one new file outside the store; an export that fails midway leaves none.
pub(super) fn one_file<T>(
    path: &Path,
    root: &Path,
    progress: &mut dyn FnMut(Progress),
    write: impl FnOnce(&mut SingleFile, &mut dyn FnMut(Progress)) -> Result<T, ExportError>,
) -> Result<(T, Copied), ExportError> {
    check_outside(path, root)?;
    let mut file = SingleFile::create(path)?;
    let part = file.part.clone();
    let result = write(&mut file, progress).and_then(|done| Ok((done, file.finish(progress)?)));
    if result.is_err() {
        // The error that is being reported matters more than this one.
        let _ = std::fs::remove_file(part);
    }
    result
}

fn checksum_path(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".sha256");
    path.with_file_name(name)
}

impl SingleFile {
    fn create(path: &Path) -> Result<Self, ExportError> {
        for taken in [path, &checksum_path(path)] {
            if taken.symlink_metadata().is_ok() {
                return Err(ExportError::Exists { path: taken.to_owned() });
            }
        }
        let part = beside(path);
        let file = File::create(&part).map_err(ExportError::write(path))?;
        Ok(Self {
            path: path.to_owned(),
            part,
            out: HashingWriter::new(BufWriter::new(file)),
            bytes: 0,
        })
    }

    /// Makes it durable, gives it its name, writes its checksum beside it, and reads it back.
    fn finish(self, progress: &mut dyn FnMut(Progress)) -> Result<Copied, ExportError> {
        let fail = || ExportError::write(&self.path);
        let (out, sha256) = self.out.finish();
        let file = out.into_inner().map_err(|e| fail()(e.into_error()))?;
        file.sync_all().map_err(fail())?;
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        let checksums = checksum_path(&self.path);
        let line = format!("{sha256}  {name}\n");
        let list = Disk
            .create_file(&checksums, line.as_bytes())
            .map_err(ExportError::write(&checksums))?;
        let named = Disk.sync_file(&list).and_then(|()| {
            Ok(rustix::fs::renameat_with(
                CWD,
                &self.part,
                CWD,
                &self.path,
                RenameFlags::NOREPLACE,
            )?)
        });
        if let Err(e) = named {
            let _ = std::fs::remove_file(&checksums);
            return Err(fail()(e));
        }
        let folder = match self.path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        Disk.sync_directory(folder)
            .and_then(|()| Disk.sync_file_system(folder))
            .map_err(ExportError::write(folder))?;
        progress(Progress::Comparing(1));
        Disk.forget(&self.path);
        if read_back(&self.path).map_err(fail())? != sha256 {
            return Err(ExportError::NotTheSame { path: self.path });
        }
        progress(Progress::Compared);
        Ok(Copied {
            files: 1,
            bytes: self.bytes,
            checksums,
        })
    }
}

fn read_back(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut pieces = Sha256Pieces::default();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(pieces.hex()),
            length => pieces.add(&buffer[..length]),
        }
    }
}

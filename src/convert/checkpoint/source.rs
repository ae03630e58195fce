//! Bytes by offset, from a file or memory.

use std::fmt;
use std::fs::File;
use std::io;
use std::path::Path;

use rawzip::{FileReader, ReaderAt};

/// Bytes that are read at a time where they only pass through.
const CHUNK: usize = 1 << 16;

/// Whatever the checkpoint lies in.
pub(super) struct Source {
    reader: Box<dyn ReaderAt + Send + Sync>,
    length: u64,
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.debug_struct("Source")
            .field("length", &self.length)
            .finish_non_exhaustive()
    }
}

impl Source {
    pub(super) fn file(path: &Path) -> io::Result<Self> {
        // A pipe would never end, nor even open.
        if !std::fs::metadata(path)?.is_file() {
            return Err(io::Error::other("it is no file"));
        }
        let file = File::open(path)?;
        let length = file.metadata()?.len();
        Ok(Self {
            reader: Box::new(FileReader::from(file)),
            length,
        })
    }

    pub(super) fn bytes(bytes: Vec<u8>) -> Self {
        Self {
            length: bytes.len() as u64,
            reader: Box::new(bytes),
        }
    }

    pub(super) fn length(&self) -> u64 {
        self.length
    }

    pub(super) fn reader(&self) -> &dyn ReaderAt {
        &*self.reader
    }

    /// Whether `count` bytes from `start` on are there.
    pub(super) fn holds(&self, start: u64, count: u64) -> bool {
        start.checked_add(count).is_some_and(|end| end <= self.length)
    }

    /// Bytes into memory; the caller has bounded their number.
    pub(super) fn read(&self, start: u64, count: u64) -> io::Result<Vec<u8>> {
        let count = usize::try_from(count).ok().filter(|_| self.holds(start, count));
        let Some(count) = count else {
            return Err(io::ErrorKind::UnexpectedEof.into());
        };
        let mut bytes = vec![0; count];
        self.reader.read_exact_at(&mut bytes, start)?;
        Ok(bytes)
    }

    /// Hands bytes on, chunk by chunk; every chunk but the last one has a multiple of 8 bytes.
    pub(super) fn stream(&self, start: u64, count: u64, mut take: impl FnMut(&[u8])) -> io::Result<()> {
        if !self.holds(start, count) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let mut buffer = vec![0; CHUNK.min(usize::try_from(count).unwrap_or(CHUNK))];
        let mut done = 0;
        while done < count {
            let length = buffer.len().min(usize::try_from(count - done).unwrap_or(CHUNK));
            let chunk = &mut buffer[..length];
            self.reader.read_exact_at(chunk, start + done)?;
            take(chunk);
            done += length as u64;
        }
        Ok(())
    }
}

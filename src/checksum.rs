//! SHA-256 as `sha256sum` prints it: of bundles, pictures, settings and the files of records.

use std::io::{self, Write};

use sha2::{Digest, Sha256};

/// The SHA-256 of `content` in 64 lower-case hexadecimal digits.
pub fn sha256_hex(content: &[u8]) -> String {
    let mut pieces = Sha256Pieces::default();
    pieces.add(content);
    pieces.hex()
}

/// The SHA-256 of `content`, its 32 bytes as they are.
pub fn sha256(content: &[u8]) -> [u8; 32] {
    Sha256::digest(content).into()
}

/// The SHA-256 of content that comes in pieces.
#[derive(Default)]
pub struct Sha256Pieces(Sha256);

impl Sha256Pieces {
    /// Appends a piece.
    pub fn add(&mut self, piece: &[u8]) {
        self.0.update(piece);
    }

    /// The SHA-256 of all pieces, as [`sha256_hex`] writes it.
    pub fn hex(self) -> String {
        self.0.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// Passes on what is written and hashes it on the way, so that a large file need not be read again.
pub struct HashingWriter<W> {
    inner: W,
    pieces: Sha256Pieces,
}

impl<W: Write> HashingWriter<W> {
    /// Nothing written yet.
    pub fn new(inner: W) -> Self {
        Self {
            inner,
            pieces: Sha256Pieces::default(),
        }
    }

    /// The writer, and the SHA-256 of all that was written to it, as [`sha256_hex`] gives it.
    pub fn finish(self) -> (W, String) {
        (self.inner, self.pieces.hex())
    }
}

impl<W: Write> Write for HashingWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.pieces.add(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_fips_180() {
        // The example of FIPS 180-4 for the message "abc".
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(sha256_hex(b"abc"), expected);
        let mut out = HashingWriter::new(Vec::new());
        out.write_all(b"ab").unwrap();
        out.write_all(b"c").unwrap();
        assert_eq!(out.finish(), (b"abc".to_vec(), expected.to_owned()));
    }
}

//! SHA-256 as `sha256sum` prints it: of bundles, pictures, settings and the files of records.

use sha2::{Digest, Sha256};

/// The SHA-256 of `content` in 64 lower-case hexadecimal digits.
pub fn sha256_hex(content: &[u8]) -> String {
    let mut pieces = Sha256Pieces::default();
    pieces.add(content);
    pieces.hex()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_fips_180() {
        // The example of FIPS 180-4 for the message "abc".
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(sha256_hex(b"abc"), expected);
        let mut pieces = Sha256Pieces::default();
        pieces.add(b"a");
        pieces.add(b"bc");
        assert_eq!(pieces.hex(), expected);
    }
}

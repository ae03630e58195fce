//! A file that is hashed while it is decoded, so that it never lies in memory as a whole.

use std::io::{self, Read};

use prost::bytes::Buf;

use crate::checksum::Sha256Pieces;

/// Bytes that are read at a time.
const PIECE: usize = 64 << 10;

/// The next bytes of a source, in pieces, for decoders of Protocol Buffers.
///
/// A decoder can't be told of an error while it reads. After one the rest are zeros, and [`finish`](Self::finish) gives the error: what was decoded is
/// worth nothing before that.
pub(super) struct CheckedStream<R> {
    source: R,
    piece: Vec<u8>,
    /// Where the unread part of the piece begins.
    at: usize,
    /// Bytes that are still to be given out, the unread part of the piece among them.
    left: usize,
    hash: Sha256Pieces,
    error: Option<io::Error>,
}

impl<R: Read> CheckedStream<R> {
    /// The next `length` bytes of `source`.
    pub(super) fn new(source: R, length: usize) -> Self {
        let mut stream = Self {
            source,
            piece: Vec::new(),
            at: 0,
            left: length,
            hash: Sha256Pieces::default(),
            error: None,
        };
        stream.read_piece();
        stream
    }

    /// Reads what is left and gives the SHA-256 of all.
    ///
    /// # Errors
    /// The source failed, or ended before its length.
    pub(super) fn finish(mut self) -> io::Result<String> {
        self.advance(self.left);
        match self.error {
            Some(error) => Err(error),
            None => Ok(self.hash.hex()),
        }
    }

    fn read_piece(&mut self) {
        self.at = 0;
        self.piece.resize(self.left.min(PIECE), 0);
        if self.error.is_none() {
            match self.source.read_exact(&mut self.piece) {
                Ok(()) => self.hash.add(&self.piece),
                Err(error) => self.error = Some(error),
            }
        }
        if self.error.is_some() {
            self.piece.fill(0);
        }
    }
}

impl<R: Read> Buf for CheckedStream<R> {
    fn remaining(&self) -> usize {
        self.left
    }

    fn chunk(&self) -> &[u8] {
        &self.piece[self.at..]
    }

    fn advance(&mut self, count: usize) {
        assert!(count <= self.left, "a decoder asks how much remains");
        let mut count = count;
        while count > 0 {
            let step = count.min(self.piece.len() - self.at);
            self.at += step;
            self.left -= step;
            count -= step;
            if self.at == self.piece.len() {
                self.read_piece();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checksum::sha256_hex;
    use prost::bytes::BufMut;

    /// Gives its bytes a few at a time, as a slow disk may.
    struct Slow<'a>(&'a [u8]);

    impl Read for Slow<'_> {
        fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
            let most = to.len().min(1000);
            self.0.read(&mut to[..most])
        }
    }

    fn content() -> Vec<u8> {
        (0..3 * PIECE as u32 + 17).map(|i| (i * 7 + i / 251) as u8).collect()
    }

    #[test]
    fn gives_all_bytes_and_their_hash() {
        let content = content();
        let mut stream = CheckedStream::new(Slow(&content), content.len());
        let mut copy = Vec::new();
        copy.put((&mut stream).take(PIECE + 5));
        stream.advance(PIECE);
        copy.extend_from_slice(&content[copy.len()..copy.len() + PIECE]);
        copy.put(&mut stream);
        assert!(copy == content);
        assert_eq!(stream.finish().unwrap(), sha256_hex(&content));
    }

    #[test]
    fn what_the_decoder_left_is_hashed_too() {
        let content = content();
        let mut stream = CheckedStream::new(Slow(&content), content.len());
        stream.advance(3);
        assert_eq!(stream.finish().unwrap(), sha256_hex(&content));
        let nothing = CheckedStream::new(Slow(&[]), 0);
        assert_eq!(nothing.finish().unwrap(), sha256_hex(&[]));
    }

    #[test]
    fn a_source_that_ends_early_gives_zeros_and_then_the_error() {
        let content = content();
        let mut stream = CheckedStream::new(Slow(&content), content.len() + 2 * PIECE);
        let mut copy = Vec::new();
        copy.put(&mut stream);
        assert_eq!(copy.len(), content.len() + 2 * PIECE);
        assert_eq!(stream.finish().unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    }
}

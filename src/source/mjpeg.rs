//! Replay of a file of JPEG pictures one after another, as cameras and `ffmpeg -f mjpeg` write them.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{ReplaySettings, Source, SourceError};
use crate::frame::{Frame, FrameError};

/// A picture longer than this is not looked for: 120 megapixels at the best JPEG quality stay below it.
const MAX_PICTURE_BYTES: usize = 256 << 20;
/// Frames a second unless the settings say otherwise; the file itself does not tell.
const DEFAULT_RATE: f64 = 10.0;
const EXTENSIONS: [&str; 3] = ["mjpeg", "mjpg", "mjpe"];

/// Whether a file is taken as MJPEG: it begins as a JPEG and its name says so. A single JPEG begins the same way.
pub(super) fn is_mjpeg(path: &Path, start: &[u8]) -> bool {
    let extension = path.extension().map(|e| e.to_string_lossy().to_lowercase());
    start.starts_with(&[0xff, 0xd8]) && extension.is_some_and(|e| EXTENSIONS.contains(&e.as_str()))
}

/// The pictures of one MJPEG file.
pub struct MjpegReplay {
    settings: ReplaySettings,
    path: PathBuf,
    cutter: JpegCutter<BufReader<File>>,
    picture: u64,
    sequence: u64,
}

impl MjpegReplay {
    /// Opens the file.
    ///
    /// # Errors
    /// [`SourceError::Unreadable`].
    pub fn open(settings: &ReplaySettings) -> Result<Self, SourceError> {
        let path = settings.path.clone();
        let file = File::open(&path).map_err(|reason| SourceError::Unreadable {
            path: path.clone(),
            reason,
        })?;
        Ok(Self {
            settings: settings.clone(),
            path,
            cutter: JpegCutter::new(BufReader::with_capacity(1 << 16, file)),
            picture: 0,
            sequence: 0,
        })
    }

    fn unreadable(&self, reason: io::Error) -> SourceError {
        SourceError::Unreadable {
            path: self.path.clone(),
            reason,
        }
    }

    fn begin_again(&mut self) -> Result<(), SourceError> {
        let mut file = File::open(&self.path).map_err(|e| self.unreadable(e))?;
        file.rewind().map_err(|e| self.unreadable(e))?;
        self.cutter = JpegCutter::new(BufReader::with_capacity(1 << 16, file));
        self.picture = 0;
        Ok(())
    }
}

impl Source for MjpegReplay {
    fn describe(&self) -> String {
        format!("replay of the MJPEG file {}", self.path.display())
    }

    fn pace(&self) -> Duration {
        self.settings.pace(DEFAULT_RATE)
    }

    fn next(&mut self) -> Result<Option<Frame>, SourceError> {
        let mut cut = self.cutter.next().map_err(|e| self.unreadable(e))?;
        if cut.is_none() && self.settings.looping && self.picture > 0 {
            self.begin_again()?;
            cut = self.cutter.next().map_err(|e| self.unreadable(e))?;
        }
        let Some(cut) = cut else {
            return Ok(None);
        };
        self.picture += 1;
        let stem = self.path.file_stem().unwrap_or_default().to_string_lossy();
        let name = format!("{stem}-{:06}", self.picture);
        let refused = |reason| SourceError::Picture {
            name: format!("picture {} of {}", self.picture, self.path.display()),
            reason,
        };
        let bytes = cut.map_err(refused)?;
        let mut frame = Frame::from_file_bytes(bytes, Some(name)).map_err(refused)?;
        frame.sequence = self.sequence;
        self.sequence += 1;
        Ok(Some(frame))
    }
}

/// Cuts a stream into JPEG pictures by walking along their markers.
///
/// A thumbnail inside an EXIF segment is stepped over together with its segment, so its own start and end markers cut nothing. Bytes between
/// pictures (padding, multipart boundaries) are left out.
struct JpegCutter<R> {
    input: R,
    /// A picture's start marker has been read already, where the one before it should have ended.
    started: bool,
}

/// What follows a marker code (ITU-T T.81, table B.1).
enum After {
    /// Nothing that belongs to it.
    Nothing,
    /// A segment with its length.
    Segment,
    /// A segment with its length, then entropy-coded data.
    Scan,
    /// The picture is complete.
    End,
    /// Another picture begins although this one has not ended.
    OtherPicture,
}

impl After {
    fn marker(code: u8) -> Self {
        match code {
            0xd8 => Self::OtherPicture,
            0xd9 => Self::End,
            0xda => Self::Scan,
            0x01 | 0xd0..=0xd7 => Self::Nothing,
            _ => Self::Segment,
        }
    }
}

impl<R: BufRead> JpegCutter<R> {
    fn new(input: R) -> Self {
        Self { input, started: false }
    }

    /// The next whole picture, or what is wrong with it; `None` at the stream's end.
    fn next(&mut self) -> io::Result<Option<Result<Vec<u8>, FrameError>>> {
        if !self.started && !self.skip_to_start()? {
            return Ok(None);
        }
        self.started = false;
        let mut picture = vec![0xff, 0xd8];
        let mut in_scan = false;
        while let Some(code) = self.read_marker(&mut picture, in_scan)? {
            let after = After::marker(code);
            in_scan = matches!(after, After::Scan);
            let whole = match after {
                After::Nothing => true,
                After::Segment | After::Scan => self.read_segment(&mut picture)?,
                After::End => return Ok(Some(Ok(picture))),
                After::OtherPicture => {
                    self.started = true;
                    false
                }
            };
            if !whole {
                break;
            }
        }
        Ok(Some(Err(if picture.len() > MAX_PICTURE_BYTES {
            FrameError::Damaged(format!("no end of the picture within {MAX_PICTURE_BYTES} bytes"))
        } else {
            FrameError::Truncated { read: picture.len() }
        })))
    }

    /// Steps behind the next `FF D8` that `FF` follows, without keeping what lies before it.
    fn skip_to_start(&mut self) -> io::Result<bool> {
        loop {
            if self.input.skip_until(0xff)? == 0 {
                return Ok(false);
            }
            while self.peek()? == Some(0xff) {
                self.input.consume(1);
            }
            if self.peek()? == Some(0xd8) {
                self.input.consume(1);
                if self.peek()? == Some(0xff) {
                    return Ok(true);
                }
            }
        }
    }

    fn peek(&mut self) -> io::Result<Option<u8>> {
        Ok(self.input.fill_buf()?.first().copied())
    }

    /// Reads up to and including the next marker's code; `None` where the stream ends, the picture grows too long, or something else lies there.
    ///
    /// In a scan, entropy-coded data come first; in them `FF 00` is a data byte and `FF D0` to `FF D7` are restarts.
    fn read_marker(&mut self, picture: &mut Vec<u8>, in_scan: bool) -> io::Result<Option<u8>> {
        loop {
            let before = picture.len();
            let room = (MAX_PICTURE_BYTES + 1).saturating_sub(before) as u64;
            self.input.by_ref().take(room).read_until(0xff, picture)?;
            if !picture[before..].ends_with(&[0xff]) || (!in_scan && picture.len() != before + 1) {
                return Ok(None);
            }
            let code = loop {
                let Some(byte) = self.peek()? else {
                    return Ok(None);
                };
                self.input.consume(1);
                if byte != 0xff {
                    break byte;
                }
            };
            picture.push(code);
            match code {
                0x00 | 0xd0..=0xd7 if in_scan => {}
                0x00 => return Ok(None),
                _ => return Ok(Some(code)),
            }
        }
    }

    /// Reads a segment: two bytes of length, which count themselves, and its content.
    fn read_segment(&mut self, picture: &mut Vec<u8>) -> io::Result<bool> {
        let mut length = [0; 2];
        match self.input.read_exact(&mut length) {
            Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => return Ok(false),
            other => other?,
        }
        picture.extend(length);
        let Some(content) = u16::from_be_bytes(length).checked_sub(2) else {
            return Ok(false);
        };
        let read = self.input.by_ref().take(content.into()).read_to_end(picture)?;
        Ok(read == usize::from(content))
    }
}

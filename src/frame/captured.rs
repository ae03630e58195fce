//! The frame as the source delivered it.

use std::sync::Arc;

use image::RgbImage;
use jiff::Timestamp;

use super::{DecodeOptions, Decoded, FrameError, RawFormat, Size, decode};

/// How the bytes of a [`Frame`] are to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FrameFormat {
    /// A JPEG file or one picture of an MJPEG stream.
    Jpeg,
    /// A PNG file.
    Png,
    /// A TIFF file; its first picture counts.
    Tiff,
    /// Three bytes a pixel, red first, rows without padding.
    Rgb8(Size),
    /// Planar YCbCr with chroma at half width and half height (`C420jpeg` of Y4M: full range, BT.601).
    I420(Size),
    /// Pixels as a camera's driver lays them out.
    Raw(RawFormat),
}

impl FrameFormat {
    /// The format that a file with these first bytes has, or `None` if it is none that fishrig reads.
    pub fn of_file(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0xff, 0xd8, 0xff, ..] => Some(Self::Jpeg),
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some(Self::Png),
            [b'I', b'I', 42, 0, ..] | [b'M', b'M', 0, 42, ..] => Some(Self::Tiff),
            _ => None,
        }
    }

    /// The file extension under which the bytes are stored as captured; `None` for raw pixels, which are stored as PNG.
    pub fn extension(self) -> Option<&'static str> {
        match self {
            Self::Jpeg => Some("jpg"),
            Self::Png => Some("png"),
            Self::Tiff => Some("tif"),
            Self::Rgb8(_) | Self::I420(_) | Self::Raw(_) => None,
        }
    }
}

/// When a frame was taken, on both clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CaptureTime {
    /// Wall clock, UTC; may jump when the network sets the clock.
    pub wall: Timestamp,
    /// Nanoseconds of the kernel's monotonic clock since boot; never jumps within a boot.
    pub monotonic_ns: u64,
}

impl CaptureTime {
    /// Both clocks, now.
    pub fn now() -> Self {
        let t = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
        Self {
            wall: Timestamp::now(),
            monotonic_ns: t.tv_sec as u64 * 1_000_000_000 + t.tv_nsec as u64,
        }
    }
}

/// One captured frame. Cheap to clone: the bytes are shared.
#[derive(Debug, Clone)]
pub struct Frame {
    /// The bytes exactly as captured; the record stores them unchanged where `format` is a file format.
    pub bytes: Arc<[u8]>,
    /// How to read `bytes`.
    pub format: FrameFormat,
    /// Capture times.
    pub captured: CaptureTime,
    /// Counts the frames of one source from 0; a gap means that frames were overwritten before anyone took them.
    pub sequence: u64,
    /// The file's name without folder and extension, where the frame comes from a file.
    pub name: Option<String>,
}

impl Frame {
    /// A frame from a file's content, captured now; `name` is the file's name without folder and extension.
    ///
    /// # Errors
    /// [`FrameError::UnknownFormat`] or [`FrameError::Empty`] if the bytes are not those of a JPEG, PNG or TIFF file.
    pub fn from_file_bytes(bytes: Vec<u8>, name: Option<String>) -> Result<Self, FrameError> {
        if bytes.is_empty() {
            return Err(FrameError::Empty);
        }
        let format = FrameFormat::of_file(&bytes).ok_or(FrameError::UnknownFormat)?;
        Ok(Self {
            bytes: bytes.into(),
            format,
            captured: CaptureTime::now(),
            sequence: 0,
            name,
        })
    }

    /// A frame of raw RGB pixels, captured now.
    pub fn from_rgb(picture: RgbImage) -> Self {
        let size = Size::new(picture.width(), picture.height());
        Self {
            bytes: picture.into_raw().into(),
            format: FrameFormat::Rgb8(size),
            captured: CaptureTime::now(),
            sequence: 0,
            name: None,
        }
    }

    /// The picture in the frame, as 8-bit RGB, upright where `options` ask for it.
    ///
    /// # Errors
    /// Says what is wrong with the bytes: over the limits, truncated, damaged, too small. Nothing large is allocated before the size
    /// that the file claims has been checked.
    pub fn decode(&self, options: &DecodeOptions) -> Result<Decoded, FrameError> {
        decode::decode(&self.bytes, self.format, options)
    }
}

//! Replay of uncompressed video: YUV4MPEG2, as `ffmpeg -f yuv4mpegpipe` and mjpegtools write it.
//!
//! Taken: 4:2:0 (`C420`, `C420jpeg`, `C420mpeg2`, `C420paldv`), grey (`Cmono`) and 4:4:4 (`C444`), 8 bits each. The colour range is the one
//! that `XCOLORRANGE` states; without it the values are studio range (luma 16 to 235), which is what writers that keep silent mean. Frames leave here in
//! full range, for which the frame room has a format; 4:4:4 leaves as RGB.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{ReplaySettings, Source, SourceError};
use crate::frame::{CaptureTime, Frame, FrameError, FrameFormat, Limits, Size};

const MAGIC: &[u8] = b"YUV4MPEG2";
/// Longest header line that is read; real ones have about 80 bytes.
const MAX_HEADER_BYTES: u64 = 4096;
/// Frames a second where neither file nor settings say.
const DEFAULT_RATE: f64 = 25.0;

/// Whether a file with these first bytes is a YUV4MPEG2 video.
pub(super) fn is_y4m(start: &[u8]) -> bool {
    start.starts_with(MAGIC)
}

/// The frames of one Y4M file.
pub struct Y4mReplay {
    settings: ReplaySettings,
    path: PathBuf,
    input: BufReader<File>,
    header: Header,
    limits: Limits,
    frame: u64,
    sequence: u64,
}

impl Y4mReplay {
    /// Opens the file and checks its header; nothing is allocated before its size is within `limits`.
    ///
    /// # Errors
    /// [`SourceError::Unreadable`] or [`SourceError::Video`].
    pub fn open(settings: &ReplaySettings, limits: &Limits) -> Result<Self, SourceError> {
        let (input, header) = open_video(&settings.path, limits)?;
        Ok(Self {
            settings: settings.clone(),
            path: settings.path.clone(),
            input,
            header,
            limits: *limits,
            frame: 0,
            sequence: 0,
        })
    }

    /// The next frame's samples as they are in the file; `None` at its end.
    fn read_samples(&mut self) -> Result<Option<Vec<u8>>, SourceError> {
        let read = read_frame(&mut self.input, self.header.frame_bytes());
        read.map_err(|problem| match problem {
            Problem::Reading(reason) => SourceError::Unreadable {
                path: self.path.clone(),
                reason,
            },
            Problem::Cut { read } => SourceError::Picture {
                name: format!("frame {} of {}", self.frame + 1, self.path.display()),
                reason: FrameError::Truncated { read },
            },
            Problem::Nonsense(found) => SourceError::Video {
                path: self.path.clone(),
                reason: format!(
                    "frame {} does not begin with FRAME but with {found:?}; the file is damaged, make it again",
                    self.frame + 1
                ),
            },
        })
    }
}

impl Source for Y4mReplay {
    fn describe(&self) -> String {
        format!("replay of the video {} ({})", self.path.display(), self.header.size)
    }

    fn pace(&self) -> Duration {
        self.settings.pace(self.header.rate.unwrap_or(DEFAULT_RATE))
    }

    fn next(&mut self) -> Result<Option<Frame>, SourceError> {
        let mut samples = self.read_samples()?;
        if samples.is_none() && self.settings.looping && self.frame > 0 {
            (self.input, self.header) = open_video(&self.path, &self.limits)?;
            self.frame = 0;
            samples = self.read_samples()?;
        }
        let Some(samples) = samples else {
            return Ok(None);
        };
        self.frame += 1;
        let stem = self.path.file_stem().unwrap_or_default().to_string_lossy();
        let (bytes, format) = self.header.to_frame(samples);
        let frame = Frame {
            bytes: bytes.into(),
            format,
            captured: CaptureTime::now(),
            sequence: self.sequence,
            name: Some(format!("{stem}-{:06}", self.frame)),
        };
        self.sequence += 1;
        Ok(Some(frame))
    }
}

fn open_video(path: &Path, limits: &Limits) -> Result<(BufReader<File>, Header), SourceError> {
    let unreadable = |reason| SourceError::Unreadable {
        path: path.to_owned(),
        reason,
    };
    let mut input = BufReader::with_capacity(1 << 16, File::open(path).map_err(unreadable)?);
    let line = read_line(&mut input).map_err(unreadable)?;
    let header = Header::parse(&String::from_utf8_lossy(&line)).and_then(|header| {
        limits.check(header.size).map_err(|e| e.to_string())?;
        Ok(header)
    });
    match header {
        Ok(header) => Ok((input, header)),
        Err(reason) => Err(SourceError::Video {
            path: path.to_owned(),
            reason,
        }),
    }
}

/// A line without its end, at most [`MAX_HEADER_BYTES`] long.
fn read_line(input: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut line = Vec::new();
    input.by_ref().take(MAX_HEADER_BYTES).read_until(b'\n', &mut line)?;
    if line.last() == Some(&b'\n') {
        line.pop();
    }
    Ok(line)
}

/// Why a frame can't be read.
enum Problem {
    Reading(io::Error),
    /// The file ends within the frame.
    Cut {
        read: usize,
    },
    /// Something else lies where the frame should begin.
    Nonsense(String),
}

fn read_frame(input: &mut impl BufRead, length: usize) -> Result<Option<Vec<u8>>, Problem> {
    if input.fill_buf().map_err(Problem::Reading)?.is_empty() {
        return Ok(None);
    }
    let line = read_line(input).map_err(Problem::Reading)?;
    if line != b"FRAME" && !line.starts_with(b"FRAME ") {
        let start = &line[..line.len().min(16)];
        return Err(Problem::Nonsense(String::from_utf8_lossy(start).into_owned()));
    }
    // The vector grows with what is there, so a header that claims much in a short file allocates little.
    let mut samples = Vec::new();
    input
        .by_ref()
        .take(length as u64)
        .read_to_end(&mut samples)
        .map_err(Problem::Reading)?;
    if samples.len() < length {
        return Err(Problem::Cut { read: samples.len() });
    }
    Ok(Some(samples))
}

/// How the chroma planes lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Chroma {
    /// Half width and half height. The variants differ in where chroma is sampled, by at most half a pixel, which is left out of account.
    Quarter,
    /// Full width and height.
    Full,
    /// No chroma.
    None,
}

/// The values that mean black and white.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Range {
    /// 0 to 255.
    Full,
    /// Luma 16 to 235, chroma 16 to 240.
    Studio,
}

/// What the first line of the file says.
#[derive(Debug, Clone, PartialEq)]
struct Header {
    size: Size,
    rate: Option<f64>,
    chroma: Chroma,
    range: Range,
}

impl Header {
    /// Reads the line; errors are sentences with a cure.
    fn parse(line: &str) -> Result<Self, String> {
        let mut fields = line.split(' ');
        if fields.next() != Some("YUV4MPEG2") {
            return Err("not a YUV4MPEG2 video: its first line does not begin with YUV4MPEG2".into());
        }
        let (mut width, mut height, mut rate) = (None, None, None);
        let (mut chroma, mut range) = (Chroma::Quarter, Range::Studio);
        for field in fields.filter(|f| !f.is_empty()) {
            let (tag, value) = field.split_at(field.chars().next().map_or(0, char::len_utf8));
            match tag {
                "W" => width = Some(side(value)?),
                "H" => height = Some(side(value)?),
                "F" => rate = parse_rate(value)?,
                "C" => chroma = parse_chroma(value)?,
                "X" if value == "COLORRANGE=FULL" => range = Range::Full,
                "X" if value == "COLORRANGE=LIMITED" => range = Range::Studio,
                _ => {}
            }
        }
        let (Some(width), Some(height)) = (width, height) else {
            return Err("its header states no width and height (W and H); make the file again".into());
        };
        Ok(Self {
            size: Size::new(width, height),
            rate,
            chroma,
            range,
        })
    }

    fn chroma_size(&self) -> Size {
        match self.chroma {
            Chroma::Quarter => Size::new(self.size.width.div_ceil(2), self.size.height.div_ceil(2)),
            Chroma::Full => self.size,
            Chroma::None => Size::new(0, 0),
        }
    }

    /// Bytes of one frame's samples. The size is within limits, so this is small against 2⁶³.
    fn frame_bytes(&self) -> usize {
        (self.size.pixels() + 2 * self.chroma_size().pixels()) as usize
    }

    /// The samples as the frame room takes them.
    fn to_frame(&self, mut samples: Vec<u8>) -> (Vec<u8>, FrameFormat) {
        let pixels = self.size.pixels() as usize;
        if self.range == Range::Studio {
            let (luma, chroma) = samples.split_at_mut(pixels);
            let (luma_table, chroma_table) = studio_to_full();
            luma.iter_mut().for_each(|v| *v = luma_table[usize::from(*v)]);
            chroma.iter_mut().for_each(|v| *v = chroma_table[usize::from(*v)]);
        }
        match self.chroma {
            Chroma::Quarter => (samples, FrameFormat::I420(self.size)),
            Chroma::None => {
                let grey = samples.iter().flat_map(|v| [*v; 3]).collect();
                (grey, FrameFormat::Rgb8(self.size))
            }
            Chroma::Full => (rgb_of_444(&samples, pixels), FrameFormat::Rgb8(self.size)),
        }
    }
}

fn side(text: &str) -> Result<u32, String> {
    match text.parse() {
        Ok(side) if side > 0 => Ok(side),
        _ => Err(format!(
            "its header states the side {text:?}; a whole number above 0 is needed"
        )),
    }
}

/// A rate as a ratio; 0:0 means unknown.
fn parse_rate(text: &str) -> Result<Option<f64>, String> {
    let ratio = text
        .split_once(':')
        .and_then(|(a, b)| Some((a.parse::<u32>().ok()?, b.parse::<u32>().ok()?)));
    match ratio {
        Some((0, _) | (_, 0)) => Ok(None),
        Some((frames, seconds)) => Ok(Some(f64::from(frames) / f64::from(seconds))),
        None => Err(format!(
            "its header states the rate {text:?}; a ratio such as 30:1 is needed"
        )),
    }
}

fn parse_chroma(text: &str) -> Result<Chroma, String> {
    match text {
        "420" | "420jpeg" | "420mpeg2" | "420paldv" => Ok(Chroma::Quarter),
        "444" => Ok(Chroma::Full),
        "mono" => Ok(Chroma::None),
        other => Err(format!(
            "its pixel format C{other} is not supported; convert it, for example: ffmpeg -i IN -pix_fmt yuv420p OUT.y4m"
        )),
    }
}

/// Tables from studio range to full range for luma and chroma (ITU-R BT.601, 8-bit quantization).
fn studio_to_full() -> ([u8; 256], [u8; 256]) {
    let stretch = |v: usize, zero: f32, steps: f32, to: f32| {
        ((v as f32 - zero) * 255.0 / steps + to).round().clamp(0.0, 255.0) as u8
    };
    (
        std::array::from_fn(|v| stretch(v, 16.0, 219.0, 0.0)),
        std::array::from_fn(|v| stretch(v, 128.0, 224.0, 128.0)),
    )
}

/// Full-range BT.601 to RGB (JFIF 1.02, "Conversion to and from RGB"), planes one after another.
fn rgb_of_444(samples: &[u8], pixels: usize) -> Vec<u8> {
    let (luma, chroma) = samples.split_at(pixels);
    let (cb, cr) = chroma.split_at(pixels);
    let mut rgb = Vec::with_capacity(pixels * 3);
    for ((y, cb), cr) in luma.iter().zip(cb).zip(cr) {
        let (y, cb, cr) = (f32::from(*y), f32::from(*cb) - 128.0, f32::from(*cr) - 128.0);
        let channels = [y + 1.402 * cr, y - 0.344_136 * cb - 0.714_136 * cr, y + 1.772 * cb];
        rgb.extend(channels.map(|c| c.round().clamp(0.0, 255.0) as u8));
    }
    rgb
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn headers_that_real_writers_make() {
        let ffmpeg =
            Header::parse("YUV4MPEG2 W64 H48 F25:1 Ip A1:1 C420jpeg XYSCSS=420JPEG XCOLORRANGE=LIMITED").unwrap();
        assert_eq!(ffmpeg.size, Size::new(64, 48));
        assert_eq!(
            (ffmpeg.rate, ffmpeg.chroma, ffmpeg.range),
            (Some(25.0), Chroma::Quarter, Range::Studio)
        );
        let short = Header::parse("YUV4MPEG2 W5 H3 F0:0 Cmono XCOLORRANGE=FULL").unwrap();
        assert_eq!(
            (short.rate, short.chroma, short.range),
            (None, Chroma::None, Range::Full)
        );
        assert_eq!(short.frame_bytes(), 15);
    }

    #[test]
    fn nonsense_is_refused_in_words() {
        for (line, word) in [
            ("YUV4MPEG W1 H1", "YUV4MPEG2"),
            ("YUV4MPEG2 H48", "width"),
            ("YUV4MPEG2 W0 H48", "side"),
            ("YUV4MPEG2 W-4 H48", "side"),
            ("YUV4MPEG2 W99999999999 H48", "side"),
            ("YUV4MPEG2 W64 H48 Fast", "rate"),
            ("YUV4MPEG2 W64 H48 C420p10", "ffmpeg"),
            ("YUV4MPEG2 W64 H48 C422", "ffmpeg"),
        ] {
            let message = Header::parse(line).unwrap_err();
            assert!(message.contains(word), "{line}: {message}");
        }
    }

    #[test]
    fn a_short_file_that_claims_much_allocates_little() {
        let mut input = io::Cursor::new(b"FRAME\nabc".to_vec());
        assert!(matches!(
            read_frame(&mut input, 180_000_000),
            Err(Problem::Cut { read: 3 })
        ));
    }

    proptest! {
        #[test]
        fn no_header_panics(line in "(YUV4MPEG2)?( [WHFCX]?[0-9:a-zé=]{0,12}){0,5}") {
            let _ = Header::parse(&line);
        }
    }
}

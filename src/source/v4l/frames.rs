//! From a driver's buffer to a frame: is it whole, when was it taken, which number has it.

use std::time::Duration;

use jiff::SignedDuration;

use super::device::Filled;
use crate::frame::{CaptureTime, Frame, FrameError, FrameFormat, jpeg_is_complete};

/// A capture time that lies further back than this is another clock's.
const OLDEST_FRAME: Duration = Duration::from_secs(60);

/// The frame in a buffer; an error if it can't be a whole picture.
pub(super) fn frame_of(filled: Filled, format: FrameFormat, sequence: u64) -> Result<Frame, FrameError> {
    if filled.damaged {
        return Err(FrameError::Damaged(
            "the camera's driver marked it as damaged".to_owned(),
        ));
    }
    let got = filled.bytes.len();
    match format {
        FrameFormat::Raw(raw) if got as u64 != raw.bytes() => {
            return Err(FrameError::WrongLength {
                got,
                wanted: raw.bytes(),
                size: raw.size,
            });
        }
        FrameFormat::Raw(_) => {}
        _ if got == 0 => return Err(FrameError::Empty),
        _ if FrameFormat::of_file(&filled.bytes) != Some(FrameFormat::Jpeg) => {
            return Err(FrameError::Damaged("it does not begin as a JPEG does".to_owned()));
        }
        // A trigger must not take half a picture; where one ends is seen without decoding it.
        _ if !jpeg_is_complete(&filled.bytes) => {
            return Err(FrameError::Damaged(format!("its JPEG data end after {got} bytes")));
        }
        _ => {}
    }
    Ok(Frame {
        bytes: filled.bytes,
        format,
        captured: captured(filled.monotonic_ns),
        sequence,
        name: None,
    })
}

/// The driver's time on both clocks; now, where the driver's is another clock's.
fn captured(monotonic_ns: Option<u64>) -> CaptureTime {
    let now = CaptureTime::now();
    let Some(driver) = monotonic_ns else {
        return now;
    };
    let age = Duration::from_nanos(now.monotonic_ns.saturating_sub(driver));
    let is_ours = driver <= now.monotonic_ns && age <= OLDEST_FRAME;
    let wall = SignedDuration::try_from(age)
        .ok()
        .and_then(|age| now.wall.checked_sub(age).ok());
    match wall {
        Some(wall) if is_ours => CaptureTime {
            wall,
            monotonic_ns: driver,
        },
        _ => now,
    }
}

/// The driver's numbers, which wrap around and begin again with each start, as one row that does neither.
#[derive(Debug, Default)]
pub(super) struct Sequence {
    /// The driver's number and ours of the last frame.
    last: Option<(u32, u64)>,
    next: u64,
}

impl Sequence {
    /// The driver begins to count anew.
    pub(super) fn restart(&mut self) {
        self.last = None;
    }

    /// Gaps, which are frames that the driver had no buffer for, stay.
    pub(super) fn of(&mut self, driver: u32) -> u64 {
        let ours = match self.last {
            Some((before, ours)) => ours + u64::from(driver.wrapping_sub(before).max(1)),
            None => self.next,
        };
        self.last = Some((driver, ours));
        self.next = ours + 1;
        ours
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_jpeg_is_no_frame() {
        let mut whole = std::io::Cursor::new(Vec::new());
        let picture = image::RgbImage::from_fn(32, 32, |x, y| image::Rgb([x as u8 * 8, y as u8 * 8, 77]));
        picture.write_to(&mut whole, image::ImageFormat::Jpeg).unwrap();
        let whole = whole.into_inner();
        let frame = |bytes: &[u8]| {
            let filled = Filled {
                bytes: bytes.into(),
                damaged: false,
                sequence: 0,
                monotonic_ns: None,
            };
            frame_of(filled, FrameFormat::Jpeg, 7).map_err(|e| e.to_string())
        };
        let padded = [&whole[..], &[0; 100]].concat();
        assert_eq!(&*frame(&padded).unwrap().bytes, &padded, "kept as captured");
        for length in 0..whole.len() {
            let said = frame(&whole[..length]).unwrap_err();
            let words = match length {
                0 => "0 bytes",
                1..=2 => "does not begin as a JPEG",
                _ => "JPEG data end after",
            };
            assert!(said.contains(words), "{length} bytes: {said}");
        }
    }

    #[test]
    fn the_driver_s_clock_is_taken_where_it_is_ours() {
        let now = CaptureTime::now();
        let earlier = now.monotonic_ns - 30_000_000_000;
        let taken = captured(Some(earlier));
        assert_eq!(taken.monotonic_ns, earlier);
        let age = now.wall.duration_since(taken.wall).as_secs_f64();
        assert!((age - 30.0).abs() < 10.0, "{age} s");
        for other_clock in [
            None,
            Some(0),
            Some(u64::MAX),
            Some(now.monotonic_ns + 3_600_000_000_000),
        ] {
            let taken = captured(other_clock);
            assert!(taken.monotonic_ns >= now.monotonic_ns && taken.monotonic_ns < now.monotonic_ns + 60_000_000_000);
        }
    }

    #[test]
    fn numbers_go_on_when_the_driver_s_wrap_around_stand_still_or_begin_anew() {
        let mut sequence = Sequence::default();
        let ours: Vec<u64> = [u32::MAX - 1, u32::MAX, 0, 2, 2]
            .iter()
            .map(|n| sequence.of(*n))
            .collect();
        assert_eq!(ours, [0, 1, 2, 4, 5]);
        sequence.restart();
        assert_eq!((sequence.of(0), sequence.of(1)), (6, 7));
    }
}

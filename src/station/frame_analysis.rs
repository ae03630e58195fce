//! One frame, decoded and analysed: what the preview shows and the record keeps.

use std::time::{Duration, Instant};

use image::{Rgb, RgbImage};
use thiserror::Error;

use crate::analysis::{Analyser, Analysis};
use crate::frame::{DecodeOptions, Frame, FrameError, Orientation};
use crate::network::NetworkError;

/// Columns of the small copy that overlay pictures are drawn on.
const SMALL_WIDTH: u32 = 1600;

/// What is known of one frame.
#[derive(Debug, Clone)]
pub struct FrameAnalysis {
    /// The orientation that its file states; it was applied.
    pub orientation: Orientation,
    /// The upright picture, at most 1600 columns wide. The full picture is not kept: frames that wait would hold gigabytes.
    pub small: RgbImage,
    /// Regions and traits, in pixels of the full upright picture.
    pub analysis: Analysis,
    /// How long decoding took.
    pub decode: Duration,
}

/// Why a frame can't be analysed.
#[derive(Debug, Error)]
pub enum FrameAnalysisError {
    /// It can't be decoded.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// The network does not run on it.
    #[error(transparent)]
    Network(#[from] NetworkError),
}

impl FrameAnalysis {
    /// Decodes and analyses a whole frame.
    ///
    /// # Errors
    /// [`FrameAnalysisError`]; a frame without a fish is no error.
    pub fn of(frame: &Frame, options: &DecodeOptions, analyser: &Analyser) -> Result<Self, FrameAnalysisError> {
        let start = Instant::now();
        let decoded = frame.decode(options)?;
        let decode = start.elapsed();
        Ok(Self {
            orientation: decoded.orientation,
            analysis: analyser.whole_frame(&decoded.rgb)?,
            small: small_copy(decoded.rgb),
            decode,
        })
    }
}

/// Each pixel is the mean of nine that are spread evenly over its part of the picture: the mean of all takes three times as long as decoding does.
fn small_copy(picture: RgbImage) -> RgbImage {
    const SAMPLES: u64 = 3;
    let (width, height) = picture.dimensions();
    if width <= SMALL_WIDTH {
        return picture;
    }
    let small_height = (u64::from(height) * u64::from(SMALL_WIDTH) / u64::from(width)).max(1) as u32;
    let spread = |i: u32, from: u32, to: u32| {
        let steps = 2 * SAMPLES * u64::from(to);
        (0..SAMPLES).map(move |k| ((2 * (u64::from(i) * SAMPLES + k) + 1) * u64::from(from) / steps) as u32)
    };
    RgbImage::from_fn(SMALL_WIDTH, small_height, |x, y| {
        let mut sums = [0u32; 3];
        for row in spread(y, height, small_height) {
            for column in spread(x, width, SMALL_WIDTH) {
                for (sum, value) in sums.iter_mut().zip(picture.get_pixel(column, row).0) {
                    *sum += u32::from(value);
                }
            }
        }
        Rgb(sums.map(|sum| (sum / (SAMPLES * SAMPLES) as u32) as u8))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::imageops;

    #[test]
    fn the_small_copy_looks_like_the_mean_of_all_pixels() {
        let picture = RgbImage::from_fn(4001, 1003, |x, y| {
            Rgb([(x / 16) as u8, (y / 4) as u8, ((x + y) / 20) as u8])
        });
        let small = small_copy(picture.clone());
        let exact = imageops::thumbnail(&picture, small.width(), small.height());
        let worst = small.iter().zip(exact.iter()).map(|(a, b)| a.abs_diff(*b)).max();
        assert_eq!(small.dimensions(), (1600, 401));
        assert!(worst <= Some(2), "{worst:?}");
        let narrow = RgbImage::new(1600, 9000);
        assert_eq!(small_copy(narrow).dimensions(), (1600, 9000));
    }
}

//! One frame, decoded and analysed: what the preview shows and the record keeps.

use std::time::{Duration, Instant};

use image::RgbImage;
use thiserror::Error;

use crate::analysis::{Analyser, Analysis};
use crate::frame::{DecodeOptions, Frame, FrameError, Orientation, Size, for_display};
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

fn small_copy(picture: RgbImage) -> RgbImage {
    let (width, height) = picture.dimensions();
    if width <= SMALL_WIDTH {
        return picture;
    }
    let small_height = (u64::from(height) * u64::from(SMALL_WIDTH) / u64::from(width)).max(1) as u32;
    for_display(&picture, Size::new(SMALL_WIDTH, small_height))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_small_copy_keeps_the_picture_s_shape() {
        let dimensions = |width, height| small_copy(RgbImage::new(width, height)).dimensions();
        assert_eq!(dimensions(4001, 1003), (1600, 401));
        assert_eq!(dimensions(1600, 9000), (1600, 9000), "narrow ones stay");
    }
}

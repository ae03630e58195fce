//! From a crop to the numbers that the network takes.

use std::array::from_fn;

use image::RgbImage;

use super::{InputSpec, ResizeFilter, ValueRange};
use crate::frame::resize;

/// A crop in the network's size, as bytes, and the number that each byte means in each colour.
///
/// The arithmetic follows `preprocess_input` of segmentation_models_pytorch 0.2.1 (`encoders/_preprocessing.py`) as the reference runs it: the
/// division in float32, mean and standard deviation in float64. A byte has only 256 values, so each colour is a table.
pub(super) struct Picture {
    resized: RgbImage,
    values: [[f32; 256]; 3],
}

impl Picture {
    pub(super) fn of(crop: &RgbImage, spec: &InputSpec) -> Self {
        let resized = match spec.resize {
            ResizeFilter::PillowBilinear => resize::bilinear(crop, spec.size()),
        };
        let divisor: f32 = match spec.range {
            ValueRange::UnitIfAboveOne if resized.as_raw().iter().all(|b| *b <= 1) => 1.0,
            ValueRange::Unit | ValueRange::UnitIfAboveOne => 255.0,
        };
        let meaning = |colour: usize, byte: usize| {
            let unit = byte as f32 / divisor;
            ((f64::from(unit) - spec.mean[colour]) / spec.std[colour]) as f32
        };
        Self {
            resized,
            values: from_fn(|colour| from_fn(|byte| meaning(colour, byte))),
        }
    }

    /// One row of pixels.
    pub(super) fn row(&self, row: usize) -> &[[u8; 3]] {
        let width = self.resized.width() as usize;
        let (pixels, _) = self.resized.as_raw().as_chunks();
        &pixels[row * width..][..width]
    }

    /// The number that each byte means in each colour.
    pub(super) fn values(&self) -> &[[f32; 256]; 3] {
        &self.values
    }

    /// 3×height×width numbers: all red ones row by row, then green, then blue.
    pub(super) fn planes(&self) -> Vec<f32> {
        let (pixels, _) = self.resized.as_raw().as_chunks::<3>();
        let plane = |colour: usize| {
            let number = move |pixel: &[u8; 3]| self.values[colour][usize::from(pixel[colour])];
            pixels.iter().map(number)
        };
        (0..3).flat_map(plane).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(range: ValueRange) -> InputSpec {
        InputSpec {
            width: 2,
            height: 1,
            resize: ResizeFilter::PillowBilinear,
            range,
            mean: [0.485, 0.456, 0.406],
            std: [0.229, 0.224, 0.225],
        }
    }

    #[test]
    fn planes_and_normalization_are_the_reference_s() {
        let crop = RgbImage::from_raw(2, 1, vec![255, 0, 128, 0, 255, 3]).unwrap();
        let planes = Picture::of(&crop, &spec(ValueRange::UnitIfAboveOne)).planes();
        // numpy: ((np.float32(v) / np.float32(255)).astype(float64) - mean) / std, as float32.
        let expected = [
            2.248_908_3,
            -2.117_904,
            -2.035_714_4,
            2.428_571_5,
            0.426_492_37,
            -1.752_156_9,
        ];
        for (ours, theirs) in planes.iter().zip(expected) {
            assert!((ours - theirs).abs() < 3e-7, "{planes:?}");
        }
    }

    #[test]
    fn a_picture_of_zeros_and_ones_is_not_divided() {
        let crop = RgbImage::from_raw(2, 1, vec![1, 0, 0, 0, 1, 1]).unwrap();
        let white = ((1.0 - 0.485) / 0.229) as f32;
        assert_eq!(Picture::of(&crop, &spec(ValueRange::UnitIfAboveOne)).planes()[0], white);
        assert!(Picture::of(&crop, &spec(ValueRange::Unit)).planes()[0] < -2.0);
    }
}

//! From a crop to the numbers that the network takes.

use image::RgbImage;

use super::{InputSpec, ResizeFilter, ValueRange};
use crate::frame::resize;

/// The crop as 3×height×width float32: all red values row by row, then green, then blue.
///
/// The arithmetic follows `preprocess_input` of segmentation_models_pytorch 0.2.1 (`encoders/_preprocessing.py`) as the reference runs it: the
/// division in float32, mean and standard deviation in float64. A byte has only 256 values, so each channel is a table.
pub(super) fn prepare(crop: &RgbImage, spec: &InputSpec) -> Vec<f32> {
    let resized = match spec.resize {
        ResizeFilter::PillowBilinear => resize::bilinear(crop, spec.size()),
    };
    let bytes = resized.as_raw();
    let divisor: f32 = match spec.range {
        ValueRange::UnitIfAboveOne if bytes.iter().all(|b| *b <= 1) => 1.0,
        ValueRange::Unit | ValueRange::UnitIfAboveOne => 255.0,
    };
    let mut planes = Vec::with_capacity(bytes.len());
    for channel in 0..3 {
        let (mean, std) = (spec.mean[channel], spec.std[channel]);
        let table: [f32; 256] = std::array::from_fn(|byte| {
            let unit = byte as f32 / divisor;
            ((f64::from(unit) - mean) / std) as f32
        });
        planes.extend(bytes.iter().skip(channel).step_by(3).map(|b| table[usize::from(*b)]));
    }
    planes
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
        let planes = prepare(&crop, &spec(ValueRange::UnitIfAboveOne));
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
        assert_eq!(prepare(&crop, &spec(ValueRange::UnitIfAboveOne))[0], white);
        assert!(prepare(&crop, &spec(ValueRange::Unit))[0] < -2.0);
    }
}

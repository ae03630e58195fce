//! The rims of the traits, for boundary IoU.

use crate::frame::Size;
use crate::traits::TraitMask;

/// The distance that `share` of a picture's diagonal is, in whole pixels: rounded half to even as Python does, at least 1.
///
/// Cheng et al. 2021, "Boundary IoU: Improving Object-Centric Image Segmentation Evaluation", take 2 % (`share` = 0.02);
/// `mask_to_boundary` in bowenc0221/boundary-iou-api `boundary_iou/utils/boundary_utils.py`.
pub fn boundary_distance(size: Size, share: f64) -> u32 {
    let diagonal = f64::from(size.width).hypot(f64::from(size.height));
    ((share * diagonal).round_ties_even() as u32).max(1)
}

/// Of each trait the pixels from which a pixel without it, or the picture's edge, is at most `distance` pixels away, diagonal steps counting
/// as one.
///
/// The agreement of the bands of two masks gives their boundary IoU. This is the mask less its erosion by a square of `2 distance + 1`
/// pixels, with nothing beyond the edge, as the authors' code has it. A trait that is nowhere thicker than twice the distance is all band, and
/// its boundary IoU is its IoU.
pub fn boundary_bands(mask: &TraitMask, distance: u32) -> TraitMask {
    let size = mask.size();
    let inner = eroded(mask.bits(), size, distance as usize);
    let bands = mask.bits().iter().zip(inner).map(|(all, inner)| all & !inner);
    TraitMask::from_bits(size, bands.collect()).expect("one value for each pixel of the mask")
}

/// The bits that hold in the whole square of `2 distance + 1` pixels around a pixel; a square that leaves the picture holds none.
fn eroded(bits: &[u16], size: Size, distance: usize) -> Vec<u16> {
    let (width, height) = (size.width as usize, size.height as usize);
    let window = distance.saturating_mul(2).saturating_add(1);
    if window > width || window > height {
        return vec![0; bits.len()];
    }
    let mut out = vec![0u16; bits.len()];
    let mut line = Line::new(width.max(height));
    for (row, out) in bits.chunks_exact(width).zip(out.chunks_exact_mut(width)) {
        line.erode(row.iter().copied(), window, |x, value| out[x] = value);
    }
    for x in 0..width {
        let column: Vec<u16> = out[x..].iter().step_by(width).copied().collect();
        line.erode(column.into_iter(), window, |y, value| out[y * width + x] = value);
    }
    out
}

/// Van Herk's and Gil and Werman's running minimum, with "and" for the minimum: in blocks as long as the window, what holds from the
/// block's start and what holds to its end; a window is the end of one block and the start of the next.
struct Line {
    from_start: Vec<u16>,
    to_end: Vec<u16>,
}

impl Line {
    fn new(longest: usize) -> Self {
        Self {
            from_start: vec![0; longest],
            to_end: vec![0; longest],
        }
    }

    /// Calls `set` for each place with what holds in the window around it.
    fn erode(&mut self, values: impl ExactSizeIterator<Item = u16>, window: usize, mut set: impl FnMut(usize, u16)) {
        let length = values.len();
        for (i, value) in values.enumerate() {
            self.to_end[i] = value;
            self.from_start[i] = if i % window == 0 {
                value
            } else {
                self.from_start[i - 1] & value
            };
        }
        for i in (0..length - 1).rev() {
            if (i + 1) % window != 0 {
                self.to_end[i] &= self.to_end[i + 1];
            }
        }
        let reach = window / 2;
        for i in 0..length {
            let inside = i >= reach && i + reach < length;
            let value = if inside {
                self.to_end[i - reach] & self.from_start[i + reach]
            } else {
                0
            };
            set(i, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Every pixel looks at every pixel of its square.
    fn slow_bands(mask: &TraitMask, distance: i64) -> TraitMask {
        let size = mask.size();
        let at = |x: i64, y: i64| {
            let inside = (0..i64::from(size.width)).contains(&x) && (0..i64::from(size.height)).contains(&y);
            if inside { mask.get(x as u32, y as u32).bits() } else { 0 }
        };
        let pixels = (0..i64::from(size.height)).flat_map(|y| (0..i64::from(size.width)).map(move |x| (x, y)));
        let bands = pixels.map(|(x, y)| {
            let around = (-distance..=distance).flat_map(|dy| (-distance..=distance).map(move |dx| (dx, dy)));
            let everywhere = around.fold(u16::MAX, |all, (dx, dy)| all & at(x + dx, y + dy));
            at(x, y) & !everywhere
        });
        TraitMask::from_bits(size, bands.collect()).unwrap()
    }

    #[test]
    fn the_distance_is_two_percent_of_the_diagonal() {
        assert_eq!(boundary_distance(Size::new(800, 320), 0.02), 17);
        assert_eq!(boundary_distance(Size::new(20, 20), 0.02), 1, "at least one");
    }

    #[test]
    fn a_square_has_a_rim() {
        let mut bits = vec![0u16; 49];
        for y in 1..6 {
            bits[y * 7 + 1..y * 7 + 6].fill(1);
        }
        let band = boundary_bands(&TraitMask::from_bits(Size::new(7, 7), bits).unwrap(), 1);
        assert_eq!(band.pixel_counts()[0], 25 - 9);
    }

    proptest! {
        #[test]
        fn bands_are_those_of_the_slow_way(
            width in 1u32..25, seeds in prop::collection::vec(any::<u16>(), 1..400), distance in 1u32..6, sparse: bool,
        ) {
            let size = Size::new(width, (seeds.len() as u32).div_ceil(width));
            // Mostly on, so that something is left to be eroded.
            let bit = |i: usize| if sparse { seeds[i % seeds.len()] } else { seeds[i % seeds.len()] | seeds[i * 7 % seeds.len()] | 0xff0 };
            let mask = TraitMask::from_bits(size, (0..size.pixels() as usize).map(bit).collect()).unwrap();
            prop_assert_eq!(boundary_bands(&mask, distance), slow_bands(&mask, i64::from(distance)));
        }
    }
}

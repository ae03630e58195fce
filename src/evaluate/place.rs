//! Bringing a mask to where another lies.

use crate::frame::{PixelBox, Size};
use crate::traits::{TraitMask, TraitSet};

/// A mask that covers `covers` of a picture, as it is seen in `area` of the same picture at the size `size`: by nearest neighbour, without traits
/// where `area` reaches beyond.
///
/// Where both rectangles are the same this is [`TraitMask::resized`].
pub fn seen_in(mask: &TraitMask, covers: &PixelBox, area: &PixelBox, size: Size) -> TraitMask {
    if covers == area {
        return mask.resized(size);
    }
    let columns = sources(
        mask.size().width,
        covers.left..covers.right,
        area.left..area.right,
        size.width,
    );
    let rows = sources(
        mask.size().height,
        covers.top..covers.bottom,
        area.top..area.bottom,
        size.height,
    );
    let mut seen = TraitMask::empty(size);
    for (y, row) in rows.iter().enumerate() {
        let Some(row) = row else { continue };
        for (x, column) in columns.iter().enumerate() {
            let traits = column.map_or(TraitSet::EMPTY, |column| mask.get(column, *row));
            seen.set(x as u32, y as u32, traits);
        }
    }
    seen
}

/// For each of `count` places spread over `area` the pixel of `pixels` spread over `covers` in which its middle lies.
fn sources(pixels: u32, covers: std::ops::Range<u32>, area: std::ops::Range<u32>, count: u32) -> Vec<Option<u32>> {
    let step = f64::from(area.end - area.start) / f64::from(count.max(1));
    let scale = f64::from(pixels) / f64::from((covers.end - covers.start).max(1));
    let source = |i: u32| {
        let in_picture = f64::from(area.start) + (f64::from(i) + 0.5) * step;
        let in_mask = (in_picture - f64::from(covers.start)) * scale;
        (in_mask >= 0.0 && in_mask < f64::from(pixels)).then_some(in_mask as u32)
    };
    (0..count).map(source).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::traits::Trait;

    fn head_at(size: Size, x: u32, y: u32) -> TraitMask {
        let mut mask = TraitMask::empty(size);
        mask.set(x, y, TraitSet::EMPTY.with(Trait::Head));
        mask
    }

    #[test]
    fn a_mask_keeps_its_place_in_the_picture() {
        let mask = head_at(Size::new(4, 3), 1, 2);
        let covers = PixelBox::new(10, 20, 14, 23);
        let area = PixelBox::new(9, 21, 19, 30);
        assert_eq!(seen_in(&mask, &covers, &area, area.size()), head_at(area.size(), 2, 1));
        let twice = seen_in(&mask, &covers, &area, Size::new(20, 18));
        assert_eq!(twice.pixel_counts()[Trait::Head.channel()], 4);
        let elsewhere = PixelBox::new(0, 0, 9, 9);
        assert_eq!(
            seen_in(&mask, &covers, &elsewhere, Size::new(9, 9)),
            TraitMask::empty(Size::new(9, 9))
        );
    }

    #[test]
    fn sampling_is_that_of_a_resized_mask() {
        let bits = (0..7 * 5).map(|i| (i * 131 % 4096) as u16).collect();
        let mask = TraitMask::from_bits(Size::new(7, 5), bits).unwrap();
        let covers = PixelBox::new(0, 0, 70, 50);
        // One column more, so that the general way is taken.
        let wider = seen_in(&mask, &covers, &PixelBox::new(0, 0, 80, 50), Size::new(24, 11));
        let resized = mask.resized(Size::new(21, 11));
        for y in 0..11 {
            assert_eq!(wider.row(y)[..21], *resized.row(y));
            assert_eq!(wider.row(y)[21..], [0; 3]);
        }
    }
}

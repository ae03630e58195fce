//! The mask that shapes are painted on, with a bound on the work.

use super::{Form, LabelsError};
use crate::frame::Size;
use crate::traits::{Trait, TraitMask, TraitSet};

/// What a pixel holds where shapes of different traits overlap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Overlaps {
    /// All of them, as the station's own masks do.
    #[default]
    Keep,
    /// One: that of the shape drawn last, as it shows in the tool; where a file tells no order, the trait that BGNN's painting shows.
    Top,
}

/// Largest label, in pixels, as for label pictures: 256 million.
pub(super) const MOST_PIXELS: u64 = 256_000_000;

/// So often shapes may cover a picture; traits cover it a few times at most.
const MOST_TIMES: u64 = 64;

/// Refuses sizes that no picture has, before anything is allocated. `None` where a side is below 1 or beyond 32 bits.
pub(super) fn checked_size(form: Form, width: i64, height: i64) -> Result<Size, LabelsError> {
    let side = |side: i64| u32::try_from(side).ok().filter(|side| *side > 0);
    let size = side(width).zip(side(height)).map(|(w, h)| Size::new(w, h));
    match size.filter(|size| size.pixels() <= MOST_PIXELS) {
        Some(size) => Ok(size),
        None => Err(LabelsError::TooLarge {
            form,
            claimed: format!("a picture of {width}x{height}"),
            most: format!("1x1 to {} million pixels", MOST_PIXELS / 1_000_000),
        }),
    }
}

/// A mask in the making.
pub(super) struct Canvas {
    form: Form,
    size: Size,
    bits: Vec<u16>,
    overlaps: Overlaps,
    /// Steps of work that are left.
    left: u64,
}

impl Canvas {
    /// An empty one; `size` was checked by [`checked_size`].
    pub(super) fn new(form: Form, size: Size, overlaps: Overlaps) -> Self {
        Self {
            form,
            size,
            bits: vec![0; size.pixels() as usize],
            overlaps,
            // Small pictures may have many points.
            left: MOST_TIMES * size.pixels().max(1 << 20),
        }
    }

    pub(super) fn size(&self) -> Size {
        self.size
    }

    /// Counts work before it is done.
    pub(super) fn spend(&mut self, steps: u64) -> Result<(), LabelsError> {
        match self.left.checked_sub(steps) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => Err(LabelsError::TooMuch {
                form: self.form,
                times: MOST_TIMES,
            }),
        }
    }

    /// Paints the columns `start..end` of row `y`; what lies outside is cut off.
    pub(super) fn paint_row(&mut self, y: u32, start: u32, end: u32, which: Trait) -> Result<(), LabelsError> {
        let end = end.min(self.size.width);
        if y >= self.size.height || start >= end {
            return Ok(());
        }
        self.spend(u64::from(end - start))?;
        let row = y as usize * self.size.width as usize;
        for bits in &mut self.bits[row + start as usize..row + end as usize] {
            *bits = painted(*bits, which, self.overlaps);
        }
        Ok(())
    }

    /// Paints the rows `start..end` of column `x`; what lies outside is cut off.
    pub(super) fn paint_column(&mut self, x: u32, start: u32, end: u32, which: Trait) -> Result<(), LabelsError> {
        let end = end.min(self.size.height);
        if x >= self.size.width || start >= end {
            return Ok(());
        }
        self.spend(u64::from(end - start))?;
        let width = self.size.width as usize;
        let first = start as usize * width + x as usize;
        for bits in self.bits[first..]
            .iter_mut()
            .step_by(width)
            .take((end - start) as usize)
        {
            *bits = painted(*bits, which, self.overlaps);
        }
        Ok(())
    }

    /// The mask.
    pub(super) fn finish(self) -> TraitMask {
        TraitMask::from_bits(self.size, self.bits).expect("one value for each pixel of the size")
    }
}

fn painted(bits: u16, which: Trait, overlaps: Overlaps) -> u16 {
    let own = TraitSet::EMPTY.with(which).bits();
    match overlaps {
        Overlaps::Keep => bits | own,
        Overlaps::Top => own,
    }
}

/// The mask with one trait a pixel: that which shows in BGNN's painting.
pub fn visible_only(mask: &TraitMask) -> TraitMask {
    let top = |bits: &u16| 0x8000u16.checked_shr(bits.leading_zeros()).unwrap_or(0);
    let bits = mask.bits().iter().map(top).collect();
    TraitMask::from_bits(mask.size(), bits).expect("one value for each pixel of the mask")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::traits::paint;

    #[test]
    fn impossible_sizes_are_refused() {
        for (width, height) in [
            (0, 5),
            (5, -1),
            (1_000_000_000, 1_000_000_000),
            (i64::MAX, 1),
            (16_001, 16_001),
        ] {
            assert!(checked_size(Form::Coco, width, height).is_err(), "{width}x{height}");
        }
        assert_eq!(
            checked_size(Form::Coco, 16_000, 16_000).unwrap(),
            Size::new(16_000, 16_000)
        );
    }

    #[test]
    fn what_lies_outside_is_cut_off_and_endless_work_ends() {
        let mut canvas = Canvas::new(Form::Cvat, Size::new(4, 3), Overlaps::Keep);
        canvas.paint_row(1, 2, 99, Trait::Head).unwrap();
        canvas.paint_column(3, 0, 2, Trait::Eye).unwrap();
        canvas.paint_row(3, 0, 4, Trait::Head).unwrap();
        canvas.paint_column(4, 0, 3, Trait::Head).unwrap();
        assert!(canvas.spend(1 << 40).is_err());
        let mask = canvas.finish();
        assert_eq!(mask.pixel_counts()[Trait::Head.channel()], 2);
        assert_eq!(mask.get(3, 1), TraitSet::EMPTY.with(Trait::Head).with(Trait::Eye));
    }

    #[test]
    fn the_last_shape_or_the_visible_trait_stays_on_top() {
        let mut canvas = Canvas::new(Form::Cvat, Size::new(2, 1), Overlaps::Top);
        canvas.paint_row(0, 0, 2, Trait::Trunk).unwrap();
        canvas.paint_row(0, 1, 2, Trait::Head).unwrap();
        let mask = canvas.finish();
        assert_eq!(mask.get(1, 0), TraitSet::EMPTY.with(Trait::Head));
        let bits = (0..4096).collect();
        let all = TraitMask::from_bits(Size::new(64, 64), bits).unwrap();
        let top = visible_only(&all);
        assert!(paint::bgnn(&top) == paint::bgnn(&all));
        assert!(top.bits().iter().all(|b| b.count_ones() <= 1));
    }
}

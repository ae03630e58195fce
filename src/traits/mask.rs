//! One set of traits for every pixel.

use super::components::Run;
use super::{Trait, TraitSet};
use crate::frame::{PixelBox, Size, resize};

/// A trait mask: one [`TraitSet`] a pixel, row by row.
#[derive(Clone, PartialEq, Eq)]
pub struct TraitMask {
    size: Size,
    bits: Vec<u16>,
}

impl TraitMask {
    /// A mask without any trait.
    pub fn empty(size: Size) -> Self {
        Self {
            size,
            bits: vec![0; size.pixels() as usize],
        }
    }

    /// The mask with these bits, row by row; bits above the twelfth are dropped. `None` if the length is not `size.pixels()`.
    pub fn from_bits(size: Size, mut bits: Vec<u16>) -> Option<Self> {
        if bits.len() as u64 != size.pixels() {
            return None;
        }
        for b in &mut bits {
            *b &= TraitSet::ALL.bits();
        }
        Some(Self { size, bits })
    }

    /// Columns and rows.
    pub fn size(&self) -> Size {
        self.size
    }

    /// The traits at column `x`, row `y`.
    ///
    /// # Panics
    /// Outside the mask.
    pub fn get(&self, x: u32, y: u32) -> TraitSet {
        TraitSet::from_bits(self.bits[self.index(x, y)])
    }

    /// Sets the traits at column `x`, row `y`.
    ///
    /// # Panics
    /// Outside the mask.
    pub fn set(&mut self, x: u32, y: u32, traits: TraitSet) {
        let i = self.index(x, y);
        self.bits[i] = traits.bits();
    }

    /// Bit k of a value is set where the trait of channel k is present; row by row.
    pub fn bits(&self) -> &[u16] {
        &self.bits
    }

    /// One row's bits.
    ///
    /// # Panics
    /// Outside the mask.
    pub fn row(&self, y: u32) -> &[u16] {
        let start = self.index(0, y);
        &self.bits[start..start + self.size.width as usize]
    }

    /// Every trait that occurs anywhere.
    pub fn present(&self) -> TraitSet {
        TraitSet::from_bits(self.bits.iter().fold(0, |all, b| all | b))
    }

    /// Number of pixels of each trait, in channel order.
    pub fn pixel_counts(&self) -> [u64; Trait::COUNT] {
        // Most pixels repeat the one before them, so runs are counted rather than pixels.
        let mut counts = [0; Trait::COUNT];
        let mut rest = self.bits.as_slice();
        while let Some(&first) = rest.first() {
            let run = rest.iter().position(|b| *b != first).unwrap_or(rest.len());
            for which in TraitSet::from_bits(first).iter() {
                counts[which.channel()] += run as u64;
            }
            rest = &rest[run..];
        }
        counts
    }

    /// The smallest rectangle around all pixels that hold any trait of `of`; `None` where there is none.
    pub fn bounding_box(&self, of: TraitSet) -> Option<PixelBox> {
        let wanted = of.bits();
        let mut around: Option<PixelBox> = None;
        for y in 0..self.size.height {
            let row = self.row(y);
            let Some(first) = row.iter().position(|b| b & wanted != 0) else {
                continue;
            };
            let last = row.iter().rposition(|b| b & wanted != 0).unwrap_or(first);
            let span = PixelBox::new(first as u32, y, last as u32 + 1, y + 1);
            around = Some(around.map_or(span, |b| b.union(&span)));
        }
        around
    }

    /// The mask brought to another size by nearest neighbour, with Pillow's choice of source pixel.
    pub fn resized(&self, size: Size) -> Self {
        Self {
            size,
            bits: resize::nearest(&self.bits, self.size, size),
        }
    }

    /// Adds a trait to the pixels of these runs, which lie in the mask.
    pub(crate) fn paint(&mut self, runs: &[Run], which: Trait) {
        for run in runs {
            let start = self.index(run.start, run.y);
            for bits in &mut self.bits[start..start + (run.end - run.start) as usize] {
                *bits |= TraitSet::EMPTY.with(which).bits();
            }
        }
    }

    /// The mask mirrored left to right.
    pub fn mirrored(&self) -> Self {
        let mut out = self.clone();
        for row in out.bits.chunks_exact_mut(self.size.width.max(1) as usize) {
            row.reverse();
        }
        out
    }

    /// Pooled intersection over union with another mask of the same size, over all traits and pixels; 1 where both are empty.
    ///
    /// The reference metric (`smp.utils.metrics.IoU`, threshold 0.5) without its epsilon. `None` if the sizes differ.
    pub fn iou(&self, other: &Self) -> Option<f64> {
        if self.size != other.size {
            return None;
        }
        let (mut shared, mut all) = (0u64, 0u64);
        for (a, b) in self.bits.iter().zip(&other.bits) {
            shared += u64::from((a & b).count_ones());
            all += u64::from((a | b).count_ones());
        }
        Some(if all == 0 { 1.0 } else { shared as f64 / all as f64 })
    }

    fn index(&self, x: u32, y: u32) -> usize {
        assert!(
            x < self.size.width && y < self.size.height,
            "pixel {x}, {y} is outside a mask of {}",
            self.size
        );
        y as usize * self.size.width as usize + x as usize
    }
}

impl std::fmt::Debug for TraitMask {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "TraitMask({}, {:?})", self.size, self.pixel_counts())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_and_box_of_a_small_mask() {
        let mut mask = TraitMask::empty(Size::new(5, 3));
        mask.set(1, 1, TraitSet::EMPTY.with(Trait::Head));
        mask.set(3, 2, TraitSet::EMPTY.with(Trait::Head).with(Trait::Eye));
        assert_eq!(mask.pixel_counts()[Trait::Head.channel()], 2);
        assert_eq!(mask.pixel_counts()[Trait::Eye.channel()], 1);
        assert_eq!(mask.bounding_box(TraitSet::ALL), Some(PixelBox::new(1, 1, 4, 3)));
        assert_eq!(mask.bounding_box(TraitSet::EMPTY.with(Trait::Trunk)), None);
        assert_eq!(mask.mirrored().get(3, 1), TraitSet::EMPTY.with(Trait::Head));
    }

    #[test]
    fn iou_pools_all_traits() {
        let mut a = TraitMask::empty(Size::new(2, 1));
        let mut b = a.clone();
        assert_eq!(a.iou(&b), Some(1.0), "two empty masks agree");
        a.set(0, 0, TraitSet::EMPTY.with(Trait::Head).with(Trait::Eye));
        b.set(0, 0, TraitSet::EMPTY.with(Trait::Head));
        assert_eq!(a.iou(&b), Some(0.5));
        assert_eq!(a.iou(&TraitMask::empty(Size::new(1, 1))), None);
    }
}

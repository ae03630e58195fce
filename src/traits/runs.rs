//! A mask as stretches of equal pixels.

use super::components::Run;
use super::{TraitMask, TraitSet};
use crate::frame::Size;

/// A mask as stretches of equal pixels. A mask of 3000 by 1200 pixels has some ten thousand of them, so that whatever works on them is quick.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraitRuns {
    size: Size,
    runs: Vec<(Run, TraitSet)>,
}

impl TraitRuns {
    /// The stretches of a mask.
    pub fn of(mask: &TraitMask) -> Self {
        let size = mask.size();
        let mut runs: Vec<(Run, TraitSet)> = Vec::new();
        let mut last_row = 0..0;
        for y in 0..size.height {
            let row = mask.row(y);
            let start = runs.len();
            // A mask that was enlarged repeats its rows; comparing them costs less than reading them.
            if y > 0 && row == mask.row(y - 1) {
                runs.extend_from_within(last_row);
                runs[start..].iter_mut().for_each(|(run, _)| run.y = y);
            } else {
                read_row(row, y, &mut runs);
            }
            last_row = start..runs.len();
        }
        Self { size, runs }
    }

    /// Columns and rows of the mask.
    pub fn size(&self) -> Size {
        self.size
    }

    /// The pixels that hold any trait of `of`, as runs by rows from the top, by columns from the left; those of a row do not touch.
    pub fn plane(&self, of: TraitSet) -> Vec<Run> {
        let mut plane: Vec<Run> = Vec::new();
        for (run, traits) in &self.runs {
            if traits.intersection(of).is_empty() {
                continue;
            }
            match plane.last_mut() {
                Some(last) if last.y == run.y && last.end == run.start => last.end = run.end,
                _ => plane.push(*run),
            }
        }
        plane
    }

    /// The traits of a pixel.
    pub(super) fn at(&self, x: u32, y: u32) -> TraitSet {
        let next = self.runs.partition_point(|(run, _)| (run.y, run.start) <= (y, x));
        let here = self.runs[..next].last().filter(|(run, _)| run.y == y && x < run.end);
        here.map_or(TraitSet::EMPTY, |(_, traits)| *traits)
    }

    /// Whether any pixel of a stretch has any trait.
    pub(super) fn holds_any(&self, stretch: Run) -> bool {
        let first = self
            .runs
            .partition_point(|(run, _)| (run.y, run.end) <= (stretch.y, stretch.start));
        let here = self.runs.get(first);
        here.is_some_and(|(run, _)| run.y == stretch.y && run.start < stretch.end)
    }

    /// Gives traits to stretches that have none so far.
    pub(super) fn add(&mut self, stretches: Vec<(Run, TraitSet)>) {
        if !stretches.is_empty() {
            self.runs.extend(stretches);
            self.runs.sort_unstable_by_key(|(run, _)| (run.y, run.start));
        }
    }
}

fn read_row(row: &[u16], y: u32, runs: &mut Vec<(Run, TraitSet)>) {
    /// Pixels that are compared at once; ground is most of a picture.
    const AT_ONCE: usize = 32;
    let mut x = 0;
    while x < row.len() {
        let bits = row[x];
        let start = x;
        while row[x..].len() >= AT_ONCE && row[x..x + AT_ONCE].iter().fold(0, |differs, b| differs | (b ^ bits)) == 0 {
            x += AT_ONCE;
        }
        while x < row.len() && row[x] == bits {
            x += 1;
        }
        if bits != 0 {
            let (start, end) = (start as u32, x as u32);
            runs.push((Run { y, start, end }, TraitSet::from_bits(bits)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::traits::Trait;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn planes_hold_the_pixels_that_the_mask_holds(width in 1u32..80, bits in prop::collection::vec(0u16..4, 1..400), wanted in 0u16..4) {
            let size = Size::new(width, bits.len() as u32 / width);
            let bits = bits[..size.pixels() as usize].to_vec();
            let mask = TraitMask::from_bits(size, bits).unwrap();
            let wanted = TraitSet::from_bits(wanted);
            let mut painted = vec![false; size.pixels() as usize];
            let plane = TraitRuns::of(&mask).plane(wanted);
            for run in &plane {
                for x in run.start..run.end {
                    painted[(run.y * width + x) as usize] = true;
                }
            }
            let expected: Vec<bool> = mask.bits().iter().map(|b| b & wanted.bits() != 0).collect();
            prop_assert_eq!(painted, expected);
            prop_assert!(plane.windows(2).all(|r| (r[0].y, r[0].end) < (r[1].y, r[1].start)), "sorted, and none touch");
        }
    }

    proptest! {
        #[test]
        fn pixels_and_stretches_are_told(width in 1u32..20, bits in prop::collection::vec(0u16..3, 1..200), a in 0u32..20, b in 0u32..20) {
            let size = Size::new(width, bits.len() as u32 / width);
            let mask = TraitMask::from_bits(size, bits[..size.pixels() as usize].to_vec()).unwrap();
            let runs = TraitRuns::of(&mask);
            let (start, end) = (a.min(b).min(width - 1), a.max(b).min(width - 1) + 1);
            for y in 0..size.height {
                (0..width).for_each(|x| assert_eq!(runs.at(x, y), mask.get(x, y)));
                let any = (start..end).any(|x| !mask.get(x, y).is_empty());
                prop_assert_eq!(runs.holds_any(Run { y, start, end }), any);
            }
        }
    }

    #[test]
    fn neighbours_of_other_traits_make_one_run() {
        let mut mask = TraitMask::empty(Size::new(4, 1));
        mask.set(1, 0, TraitSet::EMPTY.with(Trait::Head));
        mask.set(2, 0, TraitSet::EMPTY.with(Trait::Eye));
        let both = TraitSet::EMPTY.with(Trait::Head).with(Trait::Eye);
        assert_eq!(TraitRuns::of(&mask).plane(both), [Run { y: 0, start: 1, end: 3 }]);
    }
}

//! The runs of each class of a mask, and their connected pieces with and without holes.

use super::LEAST_SHARE;
use super::painted::{CLASSES, Painted, class_of};
use crate::frame::{PixelBox, Size};
use crate::traits::components::{Component, Connectivity, Run, of_runs};
use crate::traits::{Trait, TraitMask, TraitSet};

/// The runs of each class, each class by rows from the top and by columns from the left.
#[derive(Default)]
pub(super) struct Pieces {
    by_class: [Vec<Run>; CLASSES],
}

impl Pieces {
    /// The runs of a mask.
    pub(super) fn of(painted: &Painted<'_>) -> Self {
        let mut pieces = Self::default();
        let width = painted.size().width.max(1) as usize;
        for (y, row) in painted.bits().chunks_exact(width).enumerate() {
            let mut start = 0;
            while start < row.len() {
                let end = start + equal_ahead(&row[start..]);
                pieces.push(y as u32, start as u32, end as u32, class_of(row[start]));
                start = end;
            }
        }
        pieces
    }

    /// Adds a run to the right of, or below, all runs there are.
    pub(super) fn push(&mut self, y: u32, start: u32, end: u32, class: u8) {
        if class == 0 || start == end {
            return;
        }
        let runs = &mut self.by_class[usize::from(class)];
        match runs.last_mut() {
            // Pixels of different bits may show the same class.
            Some(last) if last.y == y && last.end == start => last.end = end,
            _ => runs.push(Run { y, start, end }),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.by_class.iter().all(Vec::is_empty)
    }

    pub(super) fn runs(&self, which: Trait) -> &[Run] {
        &self.by_class[1 + which.channel()]
    }

    /// Whatever is painted, in known and in unknown colours.
    pub(super) fn whole_fish(&self) -> Vec<Run> {
        merged(self.by_class.iter().map(Vec::as_slice))
    }

    pub(super) fn head_and_trunk(&self) -> Vec<Run> {
        merged([self.runs(Trait::Head), self.runs(Trait::Trunk)].into_iter())
    }

    /// The traits as a mask.
    pub(super) fn mask(&self, size: Size) -> TraitMask {
        let mut bits = vec![0; size.pixels() as usize];
        for which in Trait::ALL {
            for run in self.runs(which) {
                let row = run.y as usize * size.width as usize;
                bits[row + run.start as usize..row + run.end as usize].fill(TraitSet::EMPTY.with(which).bits());
            }
        }
        TraitMask::from_bits(size, bits).expect("one value for each pixel")
    }
}

/// How many values at the start of `row` are equal.
fn equal_ahead(row: &[u16]) -> usize {
    const AT_ONCE: usize = 16;
    let Some(&first) = row.first() else { return 0 };
    let mut length = 0;
    for chunk in row.chunks_exact(AT_ONCE) {
        if chunk.iter().fold(0, |differ, bits| differ | (bits ^ first)) != 0 {
            break;
        }
        length += AT_ONCE;
    }
    let rest = &row[length..];
    length + rest.iter().position(|bits| *bits != first).unwrap_or(rest.len())
}

/// The union of several lists of runs that do not overlap.
fn merged<'a>(lists: impl Iterator<Item = &'a [Run]>) -> Vec<Run> {
    let mut all: Vec<Run> = lists.flatten().copied().collect();
    all.sort_unstable_by_key(|run| (run.y, run.start));
    all.dedup_by(|next, last| {
        let joined = next.y == last.y && next.start == last.end;
        if joined {
            last.end = next.end;
        }
        joined
    });
    all
}

/// The largest piece; of equally large ones the first.
pub(super) fn largest(pieces: &[Component]) -> Option<&Component> {
    pieces
        .iter()
        .reduce(|best, piece| if piece.area > best.area { piece } else { best })
}

/// The "clean region" of a trait: its holes filled, the largest piece; `None` where that has less than 60 % of the filled pixels.
///
/// `raw` are the pieces of `runs` with their holes.
pub(super) fn clean(runs: &[Run], raw: Vec<Component>) -> Option<Component> {
    let pieces = match with_holes_filled(runs, &raw) {
        Some(filled) => of_runs(filled, Connectivity::Eight),
        None => raw,
    };
    let total: u64 = pieces.iter().map(|piece| piece.area).sum();
    let share = largest(&pieces)?.area as f64 / total as f64;
    if share < LEAST_SHARE {
        return None;
    }
    pieces
        .into_iter()
        .reduce(|best, piece| if piece.area > best.area { piece } else { best })
}

/// The runs with their holes filled; `None` where there is no hole.
///
/// A hole is ground that no way over sides and corners leads out of: reconstruction by erosion with a 3x3 square, seeded at the picture's edge.
/// All ground outside the smallest box around the runs is connected to that edge, so only the box is looked at.
fn with_holes_filled(runs: &[Run], pieces: &[Component]) -> Option<Vec<Run>> {
    let around = pieces.iter().map(|piece| piece.bounds).reduce(|a, b| a.union(&b))?;
    let ground = of_runs(ground_between(runs, around), Connectivity::Eight);
    let inside =
        |b: PixelBox| b.left > around.left && b.right < around.right && b.top > around.top && b.bottom < around.bottom;
    let holes: Vec<_> = ground.iter().filter(|piece| inside(piece.bounds)).collect();
    if holes.is_empty() {
        return None;
    }
    let lists = holes.iter().map(|hole| hole.runs.as_slice());
    Some(merged(lists.chain([runs])))
}

/// The runs of `within` that are not in `runs`.
fn ground_between(runs: &[Run], within: PixelBox) -> Vec<Run> {
    let mut ground = Vec::with_capacity(runs.len() + within.height() as usize);
    let mut runs = runs.iter().peekable();
    for y in within.top..within.bottom {
        let mut start = within.left;
        while let Some(run) = runs.next_if(|run| run.y == y) {
            if run.start > start {
                ground.push(Run {
                    y,
                    start,
                    end: run.start,
                });
            }
            start = run.end;
        }
        if start < within.right {
            ground.push(Run {
                y,
                start,
                end: within.right,
            });
        }
    }
    ground
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const WIDTH: usize = 9;

    /// Holes filled the slow and obvious way: ground that can be walked to from the picture's edge, over sides and corners, stays.
    fn filled(pixels: &[bool]) -> Vec<bool> {
        let (width, height) = (WIDTH as i64, (pixels.len() / WIDTH) as i64);
        let mut filled = vec![true; pixels.len()];
        let mut walk: Vec<(i64, i64)> = (0..height).flat_map(|y| (0..width).map(move |x| (x, y))).collect();
        walk.retain(|(x, y)| *x == 0 || *y == 0 || *x == width - 1 || *y == height - 1);
        while let Some((x, y)) = walk.pop() {
            if !(0..width).contains(&x) || !(0..height).contains(&y) {
                continue;
            }
            let at = (y * width + x) as usize;
            if pixels[at] || !filled[at] {
                continue;
            }
            filled[at] = false;
            walk.extend((-1..=1).flat_map(|dy| (-1..=1).map(move |dx| (x + dx, y + dy))));
        }
        filled
    }

    fn runs_of(pixels: &[bool]) -> Vec<Run> {
        let mut pieces = Pieces::default();
        for (i, on) in pixels.iter().enumerate() {
            let (x, y) = ((i % WIDTH) as u32, (i / WIDTH) as u32);
            pieces.push(y, x, x + 1, u8::from(*on));
        }
        pieces.by_class[1].clone()
    }

    proptest! {
        #[test]
        fn holes_are_filled_as_by_walking(mut pixels in prop::collection::vec(prop::bool::weighted(0.6), WIDTH..WIDTH * 9)) {
            pixels.truncate(pixels.len() / WIDTH * WIDTH);
            let runs = runs_of(&pixels);
            let raw = of_runs(runs.clone(), Connectivity::Eight);
            let ours = with_holes_filled(&runs, &raw).unwrap_or_else(|| runs.clone());
            prop_assert_eq!(ours, runs_of(&filled(&pixels)));
            let all: u64 = filled(&pixels).iter().map(|on| u64::from(*on)).sum();
            if let Some(region) = clean(&runs, raw) {
                prop_assert!(region.area * 10 >= all * 6);
            }
        }
    }
}

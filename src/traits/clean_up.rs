//! Specks and pin holes of a mask.
//!
//! A network leaves specks beside a trait and pin holes in it; a fish has neither. Masks are cleaned for measuring only: those that are stored and
//! shown are the network's own.

use super::components::{Component, Connectivity, Run, of_runs};
use super::{Trait, TraitMask, TraitRuns, TraitSet};
use crate::frame::PixelBox;

/// What is a speck and what a pin hole.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CleanUp {
    /// A piece of a trait is a speck if its area is below this share of the trait's largest piece; 0 to 1, 0 keeps all.
    pub speck_share: f64,
    /// A hole in a trait is filled if its area is below this share of the trait's largest piece; 0 to 1, 0 fills none.
    pub hole_share: f64,
}

/// A share that is none.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("`{key}` is {value}; it is a share from 0 to 1")]
pub struct CleanUpError {
    /// The setting's name.
    pub key: &'static str,
    /// What was given.
    pub value: f64,
}

impl Default for CleanUp {
    /// Specks below 2 %, holes below 1 %: an eye has 2 to 10 % of its head's area, a pelvic fin that is seen in two halves has more.
    fn default() -> Self {
        Self {
            speck_share: 0.02,
            hole_share: 0.01,
        }
    }
}

/// Rays and spines: many small pieces by nature.
const ELEMENTS: TraitSet = TraitSet::EMPTY
    .with(Trait::CaudalFinRay)
    .with(Trait::AltFinRay)
    .with(Trait::AltFinSpine);

impl CleanUp {
    /// # Errors
    /// A share outside 0 to 1.
    pub fn check(&self) -> Result<(), CleanUpError> {
        for (key, value) in [("speck_share", self.speck_share), ("hole_share", self.hole_share)] {
            if !(0.0..=1.0).contains(&value) {
                return Err(CleanUpError { key, value });
            }
        }
        Ok(())
    }

    /// The 8-connected pieces of a plane without its specks and pin holes, the largest first. The runs are as those of
    /// [`TraitRuns::plane`].
    pub fn pieces(&self, plane: Vec<Run>) -> Vec<Component> {
        let mut pieces = of_runs(plane, Connectivity::Eight);
        let Some(largest) = pieces.iter().map(|p| p.area).max() else {
            return pieces;
        };
        let below = |area: u64, share: f64| (area as f64) < share * largest as f64;
        pieces.retain(|p| !below(p.area, self.speck_share));
        for piece in &mut pieces {
            // Under 8-connectivity a hole is enclosed by one piece alone.
            let holes = holes(piece).into_iter().filter(|h| below(h.area, self.hole_share));
            let filled: Vec<Run> = holes.flat_map(|h| h.runs).collect();
            if !filled.is_empty() {
                piece.area += filled.iter().map(|r| u64::from(r.end - r.start)).sum::<u64>();
                piece.runs.extend(filled);
                merge(&mut piece.runs);
            }
        }
        pieces.sort_by_key(|p| std::cmp::Reverse(p.area));
        pieces
    }
}

impl TraitMask {
    /// The mask without specks and pin holes. A hole is filled with the trait around it and keeps its other traits; rays and spines, which
    /// come in many pieces, stay as they are.
    pub fn cleaned(&self, how: &CleanUp) -> Self {
        let runs = TraitRuns::of(self);
        let mut cleaned = Self::empty(self.size());
        for which in Trait::ALL {
            let plane = runs.plane(TraitSet::EMPTY.with(which));
            if ELEMENTS.contains(which) {
                cleaned.paint(&plane, which);
                continue;
            }
            for piece in how.pieces(plane) {
                cleaned.paint(&piece.runs, which);
            }
        }
        cleaned
    }
}

/// The 4-connected holes of a piece: ground that does not reach its outside.
fn holes(piece: &Component) -> Vec<Component> {
    let around = piece.bounds;
    let mut gaps = Vec::new();
    for row in piece.runs.chunk_by(|a, b| a.y == b.y) {
        let mut start = around.left;
        for run in row {
            if run.start > start {
                gaps.push(Run {
                    y: run.y,
                    start,
                    end: run.start,
                });
            }
            start = run.end;
        }
        if start < around.right {
            gaps.push(Run {
                y: row[0].y,
                start,
                end: around.right,
            });
        }
    }
    let mut ground = of_runs(gaps, Connectivity::Four);
    ground.retain(|g| inside(g.bounds, around));
    ground
}

/// Whether a rectangle lies in another without touching its edges.
fn inside(inner: PixelBox, outer: PixelBox) -> bool {
    inner.left > outer.left && inner.right < outer.right && inner.top > outer.top && inner.bottom < outer.bottom
}

/// Sorts runs and joins those that touch.
fn merge(runs: &mut Vec<Run>) {
    runs.sort_unstable_by_key(|r| (r.y, r.start));
    runs.dedup_by(|next, last| {
        let touches = last.y == next.y && next.start <= last.end;
        if touches {
            last.end = last.end.max(next.end);
        }
        touches
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::Size;
    use crate::traits::components::label;
    use proptest::prelude::*;

    fn head(rows: &[&str]) -> TraitMask {
        let size = Size::new(rows[0].len() as u32, rows.len() as u32);
        let bits = rows.iter().flat_map(|row| row.bytes()).map(|c| match c {
            b'#' => TraitSet::EMPTY.with(Trait::Head).bits(),
            b'o' => TraitSet::EMPTY.with(Trait::Eye).bits(),
            _ => 0,
        });
        TraitMask::from_bits(size, bits.collect()).unwrap()
    }

    #[test]
    fn a_speck_goes_and_a_pin_hole_is_filled_but_not_the_eye() {
        let rows = [
            "...........", //
            "..########.",
            "..##.##oo#.",
            "#.#####oo#.",
            "..########.",
        ];
        let how = CleanUp {
            speck_share: 0.1,
            hole_share: 0.1,
        };
        let cleaned = head(&rows).cleaned(&how);
        assert!(cleaned.get(0, 3).is_empty(), "the speck");
        assert_eq!(cleaned.get(4, 2), TraitSet::EMPTY.with(Trait::Head), "the pin hole");
        assert_eq!(
            cleaned.get(7, 2),
            TraitSet::EMPTY.with(Trait::Eye),
            "the eye has 4 of 27 pixels"
        );
        let keep = CleanUp {
            speck_share: 0.0,
            hole_share: 0.0,
        };
        assert_eq!(head(&rows).cleaned(&keep), head(&rows));
    }

    #[test]
    fn shares_are_shares() {
        assert!(CleanUp::default().check().is_ok());
        let wrong = CleanUp {
            hole_share: f64::NAN,
            ..CleanUp::default()
        };
        assert_eq!(
            wrong.check().unwrap_err().to_string(),
            "`hole_share` is NaN; it is a share from 0 to 1"
        );
    }

    /// Flood fill from outside, the slow and obvious way: what it does not reach is piece or hole.
    fn filled(size: Size, on: &[bool]) -> Vec<bool> {
        let (w, h) = (size.width as i64, size.height as i64);
        let mut outside = vec![false; on.len()];
        let at = |x: i64, y: i64| (y * w + x) as usize;
        let mut stack: Vec<(i64, i64)> = (0..h)
            .flat_map(|y| (0..w).map(move |x| (x, y)))
            .filter(|(x, y)| *x == 0 || *y == 0 || *x == w - 1 || *y == h - 1)
            .collect();
        while let Some((x, y)) = stack.pop() {
            if x < 0 || y < 0 || x >= w || y >= h || on[at(x, y)] || outside[at(x, y)] {
                continue;
            }
            outside[at(x, y)] = true;
            stack.extend([(x + 1, y), (x - 1, y), (x, y + 1), (x, y - 1)]);
        }
        outside.iter().map(|o| !o).collect()
    }

    proptest! {
        #[test]
        fn holes_are_what_a_flood_from_outside_does_not_reach(width in 3u32..14, on in prop::collection::vec(prop::bool::weighted(0.6), 20..150)) {
            let size = Size::new(width, on.len() as u32 / width);
            let on = &on[..size.pixels() as usize];
            let pieces = label(size, Connectivity::Eight, |x, y| on[(y * width + x) as usize]);
            let mut mine = on.to_vec();
            for hole in pieces.iter().flat_map(holes) {
                for run in hole.runs {
                    (run.start..run.end).for_each(|x| mine[(run.y * width + x) as usize] = true);
                }
            }
            prop_assert_eq!(mine, filled(size, on));
        }
    }
}

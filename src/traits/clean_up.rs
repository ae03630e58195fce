//! What a network paints and no fish has: specks, pin holes, gaps in the body, fins that hang in the air.
//!
//! Masks are cleaned for measuring (`crate::measure::specimen`, which also takes one head, one trunk and one eye in the head) and where a user asks
//! for it; those that are stored and shown are the network's own.

use super::components::{Component, Connectivity, Run, of_runs};
use super::{Trait, TraitRuns, TraitSet};
use crate::frame::PixelBox;

/// How far a mask is cleaned.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CleanUp {
    /// A piece of a trait is a speck if its area is below this share of the trait's largest piece; 0 to 1, 0 keeps all.
    pub speck_share: f64,
    /// A hole in a trait is filled if its area is below this share of the trait's largest piece; 0 to 1, 0 fills none.
    pub hole_share: f64,
    /// Ground that head and trunk enclose is filled if its area is below this share of theirs; 0 to 1, 0 fills none.
    pub gap_share: f64,
    /// A piece of a fin is left out if it lies farther from the body, and from the fin's pieces that do belong to it, than this share of the
    /// body's diagonal; 0 to 1, 1 keeps all.
    pub fin_reach: f64,
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
    /// Specks below 2 %, holes below 1 %: an eye has 2 to 10 % of its head's area, a pelvic fin that is seen in two halves has more. Gaps below
    /// 10 %: no fish has a hole. Fins within 2 %: in 30 hand labels no more than 0.3 % lie between a fin and its body; a network leaves more open.
    fn default() -> Self {
        Self {
            speck_share: 0.02,
            hole_share: 0.01,
            gap_share: 0.1,
            fin_reach: 0.02,
        }
    }
}

/// A trait in more pieces is noise, and whoever compares each with each would take hours.
const PIECES_MAX: usize = 500;

/// What encloses a gap. A pectoral fin lies on the trunk; the others stand out, and what two of them enclose is ground.
const BODY: TraitSet = TraitSet::EMPTY
    .with(Trait::Head)
    .with(Trait::Eye)
    .with(Trait::Trunk)
    .with(Trait::PectoralFin);

impl CleanUp {
    /// Nothing is changed.
    pub const NONE: Self = Self {
        speck_share: 0.0,
        hole_share: 0.0,
        gap_share: 0.0,
        fin_reach: 1.0,
    };

    /// # Errors
    /// A share outside 0 to 1.
    pub fn check(&self) -> Result<(), CleanUpError> {
        for (key, value) in [
            ("speck_share", self.speck_share),
            ("hole_share", self.hole_share),
            ("gap_share", self.gap_share),
            ("fin_reach", self.fin_reach),
        ] {
            if !(0.0..=1.0).contains(&value) {
                return Err(CleanUpError { key, value });
            }
        }
        Ok(())
    }

    /// The 8-connected pieces of a plane without its specks and pin holes, the largest first, at most five hundred. The runs are as those of
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
        pieces.truncate(PIECES_MAX);
        pieces
    }

    /// The mask without gaps in the body. Each row of a gap takes what lies left of it in its left half, and right of it in its right half.
    pub fn without_gaps(&self, mut mask: TraitRuns) -> TraitRuns {
        let mut filled = Vec::new();
        for piece in of_runs(mask.plane(BODY), Connectivity::Eight) {
            let small = |gap: &Component| (gap.area as f64) < self.gap_share * piece.area as f64;
            for gap in holes(&piece).into_iter().filter(small) {
                // A fin in it makes it no gap.
                if gap.runs.iter().any(|run| mask.holds_any(*run)) {
                    continue;
                }
                for run in gap.runs {
                    let middle = run.start.midpoint(run.end);
                    filled.push((Run { end: middle, ..run }, mask.at(run.start - 1, run.y)));
                    filled.push((Run { start: middle, ..run }, mask.at(run.end, run.y)));
                }
            }
        }
        filled.retain(|(run, _)| run.start < run.end);
        mask.add(filled);
        mask
    }

    /// The pieces of a fin that belong to the body with these pixels, each by itself or through others; all of them where there is no body.
    pub fn attached(&self, pieces: Vec<Component>, body: &[Run]) -> Vec<Component> {
        let Some(around) = bounds(body) else {
            return pieces;
        };
        let reach = self.fin_reach * f64::from(around.width()).hypot(f64::from(around.height()));
        let reach = reach.round() as u32;
        let (mut kept, mut left): (Vec<_>, Vec<_>) = pieces.into_iter().partition(|p| reaches(&p.runs, body, reach));
        let mut asked = 0;
        while asked < kept.len() {
            let (near, far): (Vec<_>, Vec<_>) = left
                .into_iter()
                .partition(|p| kept[asked..].iter().any(|k| reaches(&p.runs, &k.runs, reach)));
            asked = kept.len();
            kept.extend(near);
            left = far;
        }
        kept.sort_by_key(|p| std::cmp::Reverse(p.area));
        kept
    }
}

/// The smallest rectangle around sorted runs.
fn bounds(runs: &[Run]) -> Option<PixelBox> {
    let boxes = runs
        .iter()
        .map(|run| PixelBox::new(run.start, run.y, run.end, run.y + 1));
    boxes.reduce(|all, one| all.union(&one))
}

/// Whether a pixel of `from` has one of `to` within so many columns and rows. Both are sorted.
fn reaches(from: &[Run], to: &[Run], reach: u32) -> bool {
    from.iter().any(|run| {
        let first = to.partition_point(|other| other.y + reach < run.y);
        let rows = to[first..].iter().take_while(|other| other.y <= run.y + reach);
        rows.into_iter()
            .any(|other| other.start < run.end + reach && run.start < other.end + reach)
    })
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
    use crate::traits::TraitMask;
    use crate::traits::components::label;
    use proptest::prelude::*;

    /// `#` head, `o` eye, `+` trunk, `/` dorsal fin.
    fn mask(rows: &[&str]) -> TraitMask {
        let size = Size::new(rows[0].len() as u32, rows.len() as u32);
        let bits = rows.iter().flat_map(|row| row.bytes()).map(|c| match c {
            b'#' => TraitSet::EMPTY.with(Trait::Head).bits(),
            b'o' => TraitSet::EMPTY.with(Trait::Eye).bits(),
            b'+' => TraitSet::EMPTY.with(Trait::Trunk).bits(),
            b'/' => TraitSet::EMPTY.with(Trait::DorsalFin).bits(),
            _ => 0,
        });
        TraitMask::from_bits(size, bits.collect()).unwrap()
    }

    fn plane(of: &TraitMask, which: Trait) -> Vec<Run> {
        TraitRuns::of(of).plane(TraitSet::EMPTY.with(which))
    }

    #[test]
    fn a_speck_goes_and_a_pin_hole_is_filled_but_not_the_eye() {
        let seen = mask(&[
            "...........", //
            "..########.",
            "..##.##oo#.",
            "#.#####oo#.",
            "..########.",
        ]);
        let how = CleanUp {
            speck_share: 0.1,
            hole_share: 0.1,
            ..CleanUp::NONE
        };
        let mut head = TraitMask::empty(seen.size());
        for piece in how.pieces(plane(&seen, Trait::Head)) {
            head.paint(&piece.runs, Trait::Head);
        }
        assert!(head.get(0, 3).is_empty(), "the speck");
        assert!(!head.get(4, 2).is_empty(), "the pin hole");
        assert!(head.get(7, 2).is_empty(), "the eye has 4 of 27 pixels");
        let kept = CleanUp::NONE.pieces(plane(&seen, Trait::Head));
        let area: u64 = kept.iter().map(|piece| piece.area).sum();
        assert_eq!(area, seen.pixel_counts()[Trait::Head as usize]);
    }

    #[test]
    fn a_gap_between_head_and_trunk_is_filled_from_both_sides() {
        let seen = mask(&[
            "..####++++.", //
            "..###..+++.",
            "..####++/+.",
            "..####++.+.",
            "..####++++.",
        ]);
        let how = CleanUp {
            gap_share: 0.1,
            ..CleanUp::NONE
        };
        let closed = how.without_gaps(TraitRuns::of(&seen));
        assert_eq!(closed.at(5, 1), TraitSet::EMPTY.with(Trait::Head));
        assert_eq!(closed.at(6, 1), TraitSet::EMPTY.with(Trait::Trunk));
        assert!(closed.at(8, 3).is_empty(), "a fin lies in this one");
        let none = CleanUp::NONE.without_gaps(TraitRuns::of(&seen));
        assert_eq!(none, TraitRuns::of(&seen));
    }

    #[test]
    fn a_fin_that_hangs_in_the_air_goes_and_one_that_reaches_the_body_through_its_pieces_stays() {
        let seen = mask(&[
            "./..........", //
            "............",
            "............",
            "....../.....",
            "....../.....",
            "............",
            ".../........",
            "..++++++++..",
            "..++++++++..",
        ]);
        let fins = || of_runs(plane(&seen, Trait::DorsalFin), Connectivity::Eight);
        let body = plane(&seen, Trait::Trunk);
        let at = |fin_reach: f64| CleanUp {
            fin_reach,
            ..CleanUp::NONE
        };
        // The diagonal is 8.2 pixels.
        let areas = |kept: Vec<Component>| kept.iter().map(|piece| piece.area).collect::<Vec<_>>();
        assert_eq!(areas(at(0.12).attached(fins(), &body)), [1], "1 pixel");
        assert_eq!(areas(at(0.37).attached(fins(), &body)), [2, 1], "3 pixels");
        assert_eq!(areas(at(0.61).attached(fins(), &body)), [2, 1, 1], "5 pixels");
        assert_eq!(areas(CleanUp::NONE.attached(fins(), &body)).len(), 3);
        assert_eq!(at(0.0).attached(fins(), &[]).len(), 3, "no body to hang on");
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

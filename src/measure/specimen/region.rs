//! An area of a mask: the pieces of a trait that belong together.

use crate::frame::Point;
use crate::traits::components::{Component, Run};

/// Pieces of a trait that belong together, measured as one.
#[derive(Debug, Clone)]
pub(super) struct Region {
    /// Number of pixels.
    pub area: f64,
    /// Mean place of the pixels.
    pub centroid: Point,
    /// Variances of x and y and their covariance, each pixel taken as a unit square.
    pub moments: [f64; 3],
    /// Middles of the pixels at its border.
    pub outline: Vec<Point>,
    /// Its pixels, sorted by row and column.
    pub runs: Vec<Run>,
}

impl Region {
    /// The region of some pieces of one plane; `None` for no pieces.
    pub fn of(pieces: Vec<Component>) -> Option<Self> {
        if pieces.is_empty() {
            return None;
        }
        let area: f64 = pieces.iter().map(|p| p.area as f64).sum();
        let mut runs: Vec<Run> = pieces.into_iter().flat_map(|p| p.runs).collect();
        runs.sort_unstable_by_key(|r| (r.y, r.start));
        let sums = Sums::of(&runs);
        Some(Self {
            area,
            centroid: sums.centroid(),
            moments: sums.moments(),
            outline: outline(&runs),
            runs,
        })
    }

    /// How many pixels the region shares with a plane of sorted runs.
    pub fn overlap(&self, plane: &[Run]) -> u64 {
        overlap(&self.runs, plane)
    }
}

/// Sums over pixels, from the closed forms for each run.
#[derive(Default)]
pub(super) struct Sums {
    n: f64,
    x: f64,
    y: f64,
    xx: f64,
    yy: f64,
    xy: f64,
}

impl Sums {
    pub fn of(runs: &[Run]) -> Self {
        runs.iter().fold(Self::default(), |mut all, run| {
            let (n, y) = (f64::from(run.end - run.start), f64::from(run.y));
            let middle = f64::from(run.start) + (n - 1.0) / 2.0;
            all.n += n;
            all.x += n * middle;
            all.y += n * y;
            all.xx += n * (middle * middle + (n * n - 1.0) / 12.0);
            all.yy += n * y * y;
            all.xy += n * middle * y;
            all
        })
    }

    pub fn and(self, other: &Self) -> Self {
        Self {
            n: self.n + other.n,
            x: self.x + other.x,
            y: self.y + other.y,
            xx: self.xx + other.xx,
            yy: self.yy + other.yy,
            xy: self.xy + other.xy,
        }
    }

    pub fn centroid(&self) -> Point {
        Point {
            x: self.x / self.n,
            y: self.y / self.n,
        }
    }

    /// Variances of x and y and their covariance; a unit square has a variance of 1/12 of its own.
    pub fn moments(&self) -> [f64; 3] {
        let mean = self.centroid();
        [
            self.xx / self.n - mean.x * mean.x + 1.0 / 12.0,
            self.yy / self.n - mean.y * mean.y + 1.0 / 12.0,
            self.xy / self.n - mean.x * mean.y,
        ]
    }
}

/// How many pixels two planes of sorted runs share.
pub(super) fn overlap(a: &[Run], b: &[Run]) -> u64 {
    let (mut i, mut j, mut shared) = (0, 0, 0);
    while i < a.len() && j < b.len() {
        let (p, q) = (a[i], b[j]);
        if p.y == q.y {
            let (start, end) = (p.start.max(q.start), p.end.min(q.end));
            shared += u64::from(end.saturating_sub(start));
        }
        if (p.y, p.end) <= (q.y, q.end) {
            i += 1;
        } else {
            j += 1;
        }
    }
    shared
}

/// The pixels that have a neighbour above, below, left or right outside the region.
fn outline(runs: &[Run]) -> Vec<Point> {
    let rows: Vec<&[Run]> = runs.chunk_by(|a, b| a.y == b.y).collect();
    let neighbour = |i: Option<usize>, y: Option<u32>| -> &[Run] {
        let row = i.and_then(|i| rows.get(i)).copied().unwrap_or_default();
        if row.first().map(|r| r.y) == y { row } else { &[] }
    };
    let mut outline = Vec::new();
    for (i, row) in rows.iter().enumerate() {
        let y = row[0].y;
        let above = neighbour(i.checked_sub(1), y.checked_sub(1));
        let below = neighbour(Some(i + 1), y.checked_add(1));
        let point = |x: u32| Point {
            x: f64::from(x),
            y: f64::from(y),
        };
        for run in *row {
            outline.push(point(run.start));
            if run.end - run.start > 1 {
                outline.push(point(run.end - 1));
            }
            for next in [above, below] {
                outline.extend(uncovered(*run, next).map(point));
            }
        }
    }
    outline
}

/// The columns of a run, without its ends, that a row's runs leave free.
fn uncovered(run: Run, row: &[Run]) -> impl Iterator<Item = u32> {
    let (from, to) = (run.start + 1, run.end.saturating_sub(1).max(run.start + 1));
    let first = row.partition_point(|r| r.end <= from);
    let covering = row[first..].iter().take_while(move |r| r.start < to);
    let starts = std::iter::once(from).chain(covering.clone().map(|r| r.end));
    let ends = covering.map(|r| r.start).chain(std::iter::once(to));
    starts
        .zip(ends)
        .flat_map(move |(start, end)| start.max(from)..end.min(to))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::Size;
    use crate::traits::components::{Connectivity, label};
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn sums_and_outline_are_those_of_the_pixels(width in 1u32..12, on in prop::collection::vec(any::<bool>(), 1..120)) {
            let size = Size::new(width, on.len() as u32 / width);
            let lit = |x: i64, y: i64| {
                let inside = x >= 0 && y >= 0 && x < i64::from(width) && y < i64::from(size.height);
                inside && on[(y * i64::from(width) + x) as usize]
            };
            let pieces = label(size, Connectivity::Eight, |x, y| lit(i64::from(x), i64::from(y)));
            let pixels: Vec<(i64, i64)> = (0..i64::from(size.height))
                .flat_map(|y| (0..i64::from(width)).map(move |x| (x, y)))
                .filter(|(x, y)| lit(*x, *y))
                .collect();
            let Some(region) = Region::of(pieces) else {
                prop_assert!(pixels.is_empty());
                return Ok(());
            };
            let n = pixels.len() as f64;
            let mean = |f: &dyn Fn(f64, f64) -> f64| pixels.iter().map(|(x, y)| f(*x as f64, *y as f64)).sum::<f64>() / n;
            let (mx, my) = (mean(&|x, _| x), mean(&|_, y| y));
            prop_assert_eq!(region.area, n);
            prop_assert!((region.centroid.x - mx).abs() < 1e-9 && (region.centroid.y - my).abs() < 1e-9);
            let expected = [
                mean(&|x, _| (x - mx).powi(2)) + 1.0 / 12.0,
                mean(&|_, y| (y - my).powi(2)) + 1.0 / 12.0,
                mean(&|x, y| (x - mx) * (y - my)),
            ];
            prop_assert!(region.moments.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-9));
            let border: BTreeSet<(i64, i64)> = pixels
                .iter()
                .copied()
                .filter(|(x, y)| [(1, 0), (-1, 0), (0, 1), (0, -1)].iter().any(|(dx, dy)| !lit(x + dx, y + dy)))
                .collect();
            let mine: BTreeSet<(i64, i64)> = region.outline.iter().map(|p| (p.x as i64, p.y as i64)).collect();
            prop_assert_eq!(mine, border);
        }
    }

    #[test]
    fn planes_share_what_both_hold() {
        let run = |y, start, end| Run { y, start, end };
        let a = [run(0, 0, 5), run(0, 7, 9), run(2, 0, 10)];
        let b = [run(0, 3, 8), run(1, 0, 10), run(2, 4, 5), run(2, 9, 20)];
        assert_eq!(overlap(&a, &b), 2 + 1 + 1 + 1);
        assert_eq!(overlap(&b, &a), 5);
    }
}

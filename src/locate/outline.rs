//! What the outline of a piece says about it.

use super::plane::Plane;
use super::shape::{TiltedBox, hull, polygon_area, tightest_box};
use crate::traits::components::{Component, Run};

/// How far inside and outside the outline its sharpness is measured, in pixels of the small copy.
const REACH: i64 = 3;

/// A step of fewer levels than this is no outline.
const SOFT_STEP: i32 = 6;

/// Measurements of a piece's outer outline; holes are ignored.
#[derive(Debug, Clone, Copy)]
pub struct Outline {
    /// The tightest tilted rectangle.
    pub tilted: TiltedBox,
    /// Area with its holes filled, in pixels of the small copy.
    pub area: f32,
    /// That area over the area of the convex hull.
    pub solidity: f32,
    /// Step of the distance from the ground across the outline, median, in levels.
    pub sharpness: f32,
    /// Area of the convex hull over that of the tightest rectangle.
    pub squareness: f32,
    /// Share of the outline across which there is hardly a step: where the piece has leaked into a stain or shadow.
    pub soft: f32,
    /// Share of the outline that lies at the frame's edge.
    pub cut: f32,
}

impl Outline {
    /// Measures a piece of the plane of distances from the ground.
    pub fn of(piece: &Component, distances: &Plane<u8>) -> Self {
        let hull = hull(piece);
        let tilted = tightest_box(&hull);
        let around = polygon_area(&hull).max(1.0);
        let extents = Extents::of(piece);
        let area = extents.filled();
        let (mut steps, cut) = extents.steps(distances);
        let soft = steps.iter().filter(|s| **s < SOFT_STEP).count() as f32 / steps.len().max(1) as f32;
        let middle = steps.len() / 2;
        let sharpness = if steps.is_empty() {
            0
        } else {
            *steps.select_nth_unstable(middle).1
        };
        Self {
            tilted,
            area,
            solidity: area / around,
            squareness: around / tilted.area().max(1.0),
            sharpness: sharpness as f32,
            soft,
            cut,
        }
    }

    /// Whether its corners are filled, as those of paper are and those of a fish are not, except where the frame's edge makes them.
    pub fn is_square(&self, at_edge: bool) -> bool {
        self.squareness * self.solidity > if at_edge { 0.93 } else { 0.82 }
    }

    /// Whether it is as thin as a stroke of a pen or a scale bar.
    pub fn is_stroke(&self) -> bool {
        let length = self.tilted.length.max(self.tilted.breadth).max(1.0);
        let thickness = self.area / length;
        thickness < 7.0 && thickness < 0.07 * length
    }

    /// How much of a fish this outline is: its size, less for ragged, soft, thread-like and edge-bound outlines.
    pub fn score(&self) -> f32 {
        let between = |v: f32, none: f32, full: f32| ((v - none) / (full - none)).clamp(0.0, 1.0);
        self.tilted.area().sqrt()
            * between(self.solidity, 0.35, 0.68)
            * between(self.sharpness, 0.0, 24.0)
            * between(self.soft, 0.6, 0.05)
            * between(self.cut, 0.5, 0.1)
            * between(self.tilted.elongation(), 16.0, 10.0)
    }
}

/// First and last pixel of each row and column of a piece.
struct Extents {
    left: i64,
    top: i64,
    rows: Vec<(i64, i64)>,
    columns: Vec<(i64, i64)>,
}

impl Extents {
    fn of(piece: &Component) -> Self {
        let b = &piece.bounds;
        let rows = piece.runs.chunk_by(|a, b| a.y == b.y);
        let rows = rows.map(|runs| (i64::from(runs[0].start), i64::from(runs[runs.len() - 1].end) - 1));
        // What is written last remains: the uppermost row going up, the lowest one going down.
        let (mut first, mut last) = (vec![0; b.width() as usize], vec![0; b.width() as usize]);
        let columns = |run: &Run| (run.start - b.left) as usize..(run.end - b.left) as usize;
        piece.runs.iter().rev().for_each(|run| first[columns(run)].fill(run.y));
        piece.runs.iter().for_each(|run| last[columns(run)].fill(run.y));
        let columns = first.into_iter().zip(last);
        Self {
            left: i64::from(b.left),
            top: i64::from(b.top),
            rows: rows.collect(),
            columns: columns
                .map(|(first, last)| (i64::from(first), i64::from(last)))
                .collect(),
        }
    }

    fn filled(&self) -> f32 {
        let sum = |extents: &[(i64, i64)]| extents.iter().map(|(a, b)| (b - a + 1).max(0)).sum::<i64>();
        sum(&self.rows).min(sum(&self.columns)) as f32
    }

    /// Steps across the outline, and the share of outline points that lie at the picture's edge.
    fn steps(&self, distances: &Plane<u8>) -> (Vec<i32>, f32) {
        let (width, height) = (distances.width() as i64, distances.height() as i64);
        let value =
            |x: i64, y: i64| i32::from(distances.at(x.clamp(0, width - 1) as usize, y.clamp(0, height - 1) as usize));
        let mut steps = Vec::with_capacity(2 * (self.rows.len() + self.columns.len()));
        let (mut cut, mut all) = (0, 0);
        for (i, (first, last)) in self.rows.iter().enumerate() {
            let row = distances.row(self.top as usize + i);
            let value = |x: i64| i32::from(row[x.clamp(0, width - 1) as usize]);
            for (x, inward, edge) in [(*first, 1, 0), (*last, -1, width - 1)] {
                all += 1;
                if x == edge {
                    cut += 1;
                } else {
                    steps.push(value(x + inward * (REACH - 1)) - value(x - inward * REACH));
                }
            }
        }
        for (i, (first, last)) in self.columns.iter().enumerate() {
            let x = self.left + i as i64;
            for (y, inward, edge) in [(*first, 1, 0), (*last, -1, height - 1)] {
                all += 1;
                if y == edge {
                    cut += 1;
                } else {
                    steps.push(value(x, y + inward * (REACH - 1)) - value(x, y - inward * REACH));
                }
            }
        }
        (steps, cut as f32 / all.max(1) as f32)
    }
}

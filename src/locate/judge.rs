//! What tells a fish from other things that stand out of the ground.

use super::candidates::Candidate;
use super::ground::Ground;
use super::plane::Plane;
use super::print::{INK, Strokes};
use super::sheets;
use super::text::PALEST;

/// Least score of a fish.
const LEAST_SCORE: f32 = 10.0;

/// From this share of the frame's width on a fish is long.
const LONG_FISH: f32 = 0.25;

/// Height of a line of print at most, as a share of the frame's width.
const BROADEST_WORD: f32 = 0.05;

/// Distances from the ground on paper, the lowest and highest tenth left out, differ less than this.
const EVEN_PAPER: usize = 25;

/// What a candidate is judged by.
pub struct Judge<'a> {
    /// The ground, for its noise.
    pub ground: &'a Ground,
    /// Distances from the ground without thin strokes.
    pub plain: &'a Plane<u8>,
    /// Thin strokes.
    pub strokes: &'a Strokes,
    /// Least length of a fish in pixels of the small copy.
    pub min_length: f32,
}

impl Judge<'_> {
    /// Whether a candidate is large and sharp enough to be a fish, and neither paper nor print nor the rim of a table.
    pub fn is_fish(&self, candidate: &Candidate) -> bool {
        let outline = &candidate.outline;
        let length = outline.tilted.length.max(outline.tilted.breadth);
        // A long outline is not made by chance, so it may be softer.
        let deviations = if length > LONG_FISH * self.plain.width() as f32 {
            3.5
        } else {
            5.0
        };
        candidate.score > LEAST_SCORE
            && length >= self.min_length
            && outline.sharpness > 3.0 + deviations * self.ground.noise
            && !outline.is_square(candidate.piece.bounds.touches_edge(self.plain.size()))
            && !outline.is_stroke()
            && !sheets::is_streak(&candidate.piece.bounds, self.plain.size())
            && !self.is_printed_paper(candidate)
    }

    /// Whether a candidate is as even as pale paper under its print: a label with frayed edges. Skin is not. Words are told from small fish
    /// by the label that they stand on.
    fn is_printed_paper(&self, candidate: &Candidate) -> bool {
        let tilted = &candidate.outline.tilted;
        if tilted.length.min(tilted.breadth) < BROADEST_WORD * self.plain.width() as f32 {
            return false;
        }
        let mut counts = [0u64; 256];
        let mut ink = 0u64;
        for run in &candidate.piece.runs {
            let columns = run.start as usize..run.end as usize;
            for d in &self.plain.row(run.y as usize)[columns.clone()] {
                counts[*d as usize] += 1;
            }
            ink += self.strokes.dark.row(run.y as usize)[columns]
                .iter()
                .filter(|s| **s >= INK)
                .count() as u64;
        }
        let area = candidate.piece.area;
        let quantile = |tenths: u64| {
            let mut below = 0;
            counts.iter().position(|count| {
                below += count;
                below * 10 >= area * tenths
            })
        };
        let (low, high) = (quantile(1).unwrap_or(0), quantile(9).unwrap_or(255));
        high < usize::from(PALEST) && high - low < EVEN_PAPER && ink * 16 > area
    }
}

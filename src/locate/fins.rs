//! Fins whose rays are so thin, or so far apart, that they are not part of the fish's piece.

use super::candidates::Candidate;
use super::plane::Plane;
use crate::frame::PixelBox;
use crate::traits::components::Component;

/// Rays up to twice this many pixels of the small copy apart make one fin.
const GAP: usize = 2;

/// Least distance of rays from the ground, in deviations of the ground's noise.
const DEVIATIONS: f32 = 6.0;

/// Least distance of rays from the ground, in levels.
const LEAST: f32 = 12.0;

/// Least distance of rays from the ground, as a share of the step across the outline of the fish.
const SHARE: f32 = 0.35;

/// How far fins reach beyond the piece, as a share of its length.
const REACH: f64 = 0.3;

/// The box around a fish with its fins of thin rays; `distances` are those from the ground, thin strokes included.
pub fn with_fins(candidate: &Candidate, distances: &Plane<u8>, noise: f32, hidden: &Plane<bool>) -> PixelBox {
    let fish = candidate.piece;
    let size = distances.size();
    let level = (DEVIATIONS * noise).max(LEAST).max(SHARE * candidate.outline.sharpness) as u8;
    let reach = (f64::from(fish.bounds.width().max(fish.bounds.height())) * REACH) as u32;
    let b = &fish.bounds;
    let near = PixelBox::new(
        b.left.saturating_sub(reach),
        b.top.saturating_sub(reach),
        (b.right + reach).min(size.width),
        (b.bottom + reach).min(size.height),
    );
    // Closing and opening carry nothing further than this.
    let beyond = 4 * GAP as u32;
    let around = PixelBox::new(
        near.left.saturating_sub(beyond),
        near.top.saturating_sub(beyond),
        (near.right + beyond).min(size.width),
        (near.bottom + beyond).min(size.height),
    );
    let hidden = hidden.part(&around);
    let filled = distances.part(&around).without(&hidden).closed(GAP).opened(GAP);
    let seen = filled.without(&hidden);
    let mut near_fish = Plane::filled(size, 0);
    for y in near.top..near.bottom {
        let row = &seen.row((y - around.top) as usize)[(near.left - around.left) as usize..][..near.width() as usize];
        near_fish.row_mut(y as usize)[near.left as usize..near.right as usize].copy_from_slice(row);
    }
    let pieces = near_fish.pieces(level, 0);
    let Some(whole) = pieces.iter().max_by_key(|p| shared(p, fish)) else {
        return fish.bounds;
    };
    // What reaches as far as was looked goes on beyond it, and what adds half a fish is something else that touches.
    let goes_on = [
        (whole.bounds.left == near.left, near.left > 0),
        (whole.bounds.top == near.top, near.top > 0),
        (whole.bounds.right == near.right, near.right < size.width),
        (whole.bounds.bottom == near.bottom, near.bottom < size.height),
    ];
    let added = whole.area - shared(whole, fish).min(whole.area);
    match goes_on.into_iter().any(|(reaches, inside)| reaches && inside) || 2 * added > fish.area {
        true => fish.bounds,
        false => fish.bounds.union(&whole.bounds),
    }
}

/// Number of pixels that two pieces share.
fn shared(a: &Component, b: &Component) -> u64 {
    let mut shared = 0;
    for run in &a.runs {
        let first = b.runs.partition_point(|r| (r.y, r.end) <= (run.y, run.start));
        let here = b.runs[first..].iter().take_while(|r| r.y == run.y && r.start < run.end);
        shared += here
            .map(|r| u64::from(r.end.min(run.end) - r.start.max(run.start)))
            .sum::<u64>();
    }
    shared
}

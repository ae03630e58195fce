//! Pieces that may be fish: compact, set off from the ground by a sharp outline.
//!
//! Every level of contrast cuts the picture into pieces, and the pieces of a stronger level lie inside those of a weaker one: a tree. A fish
//! is one node of it: above, it has leaked into a shadow or a neighbour; below, it has fallen into stripes and spots. The node with the best
//! outline on each way through the tree is a candidate.

use super::outline::Outline;
use super::plane::Plane;
use super::sheets::levels;
use crate::traits::components::{Component, Connectivity, label};

/// Fewest pixels of the small copy that a fish has: a fish of 5 % of the frame's width has about 200.
const SMALLEST_AREA: u64 = 60;

/// A piece that may be a fish.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// Its pixels.
    pub piece: Component,
    /// Its outline.
    pub outline: Outline,
    /// How much of a fish it is; grows with its length, zero for what no fish looks like.
    pub score: f32,
}

struct Node {
    candidate: Candidate,
    parent: Option<usize>,
    /// The best score of this node and all below it.
    best: f32,
}

/// The candidates, best first; `weakest` is the least distance from the ground that counts.
pub fn find(distances: &Plane<u8>, weakest: f32, hidden: &Plane<bool>) -> Vec<Candidate> {
    let mut nodes: Vec<Node> = Vec::new();
    let mut below = 0..0;
    for level in levels(weakest).into_iter().rev() {
        let pieces = label(distances.size(), Connectivity::Four, |x, y| {
            let (x, y) = (x as usize, y as usize);
            distances.at(x, y) >= level && !hidden.at(x, y)
        });
        let first = nodes.len();
        for piece in pieces.into_iter().filter(|p| p.area >= SMALLEST_AREA) {
            let parent = below
                .clone()
                .find(|i: &usize| holds(&nodes[*i].candidate.piece, piece.runs[0].start, piece.runs[0].y));
            let outline = Outline::of(&piece, distances);
            let score = outline.score();
            nodes.push(Node {
                candidate: Candidate { piece, outline, score },
                parent,
                best: score,
            });
        }
        below = first..nodes.len();
    }
    for i in (0..nodes.len()).rev() {
        if let Some(parent) = nodes[i].parent {
            nodes[parent].best = nodes[parent].best.max(nodes[i].best);
        }
    }
    let mut taken = vec![false; nodes.len()];
    let mut found = Vec::new();
    for i in 0..nodes.len() {
        let under_taken = nodes[i].parent.is_some_and(|p| taken[p]);
        taken[i] = under_taken || nodes[i].candidate.score >= nodes[i].best;
        if taken[i] && !under_taken && nodes[i].candidate.score > 0.0 {
            found.push(nodes[i].candidate.clone());
        }
    }
    found.sort_by(|a, b| b.score.total_cmp(&a.score));
    found
}

fn holds(piece: &Component, x: u32, y: u32) -> bool {
    let first = piece.runs.partition_point(|r| (r.y, r.end) <= (y, x));
    piece
        .runs
        .get(first)
        .is_some_and(|r| r.y == y && r.start <= x && x < r.end)
}

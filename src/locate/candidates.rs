//! Pieces that may be fish: compact, set off from the ground by a sharp outline.
//!
//! Every level of contrast cuts the picture into pieces, and the pieces of a stronger level lie inside those of a weaker one: a tree. A fish
//! is one node of it: above, it has leaked into a shadow or a neighbour; below, it has fallen into stripes and spots. The node with the best
//! outline on each way through the tree is a candidate.

use std::collections::HashMap;

use super::outline::Outline;
use super::plane::Plane;
use super::sheets::levels;
use crate::traits::components::Component;

/// Fewest pixels of the small copy that a fish has: a fish of 5 % of the frame's width has about 200.
const SMALLEST_AREA: u64 = 60;

/// A piece that may be a fish.
#[derive(Debug, Clone, Copy)]
pub struct Candidate<'a> {
    /// Its pixels.
    pub piece: &'a Component,
    /// Its outline.
    pub outline: Outline,
    /// How much of a fish it is; grows with its length, zero for what no fish looks like.
    pub score: f32,
}

struct Node {
    piece: Component,
    outline: Outline,
    score: f32,
    parent: Option<usize>,
    /// The largest node of the next level that lies inside this one.
    child: Option<usize>,
    /// The best score of this node and all below it.
    best: f32,
}

/// The tree of all pieces.
pub struct Tree {
    nodes: Vec<Node>,
    /// The nodes that are candidates, best first.
    found: Vec<usize>,
}

impl Tree {
    /// Cuts the plane of distances at every level down to `weakest`.
    ///
    /// What has not changed since a tree was grown `before`, of the same distances, is not measured again.
    pub fn grow(distances: &Plane<u8>, weakest: f32, hidden: &Plane<bool>, before: Option<&Self>) -> Self {
        let known: HashMap<_, &Node> = before
            .map_or(&[][..], |tree| &tree.nodes)
            .iter()
            .map(|node| (place_of(&node.piece), node))
            .collect();
        let seen = distances.without(hidden);
        let mut nodes: Vec<Node> = Vec::new();
        let mut below = 0..0;
        for (i, level) in levels(weakest).into_iter().rev().enumerate() {
            let first = nodes.len();
            // What is a piece at this level lies within one of the level before.
            let within = |parent: usize| seen.pieces_within(&nodes[parent].piece, level, SMALLEST_AREA);
            let mut pieces: Vec<(Component, Option<usize>)> = match i {
                0 => with_parent(seen.pieces(level, SMALLEST_AREA), None).collect(),
                _ => below
                    .flat_map(|parent| with_parent(within(parent), Some(parent)))
                    .collect(),
            };
            pieces.sort_by_key(|(piece, _)| (piece.runs[0].y, piece.runs[0].start));
            for (piece, parent) in pieces {
                let known = known.get(&place_of(&piece)).copied();
                let outline = match (known.filter(|node| node.piece == piece), parent) {
                    (Some(node), _) => node.outline,
                    (None, Some(parent)) if nodes[parent].piece.area == piece.area => nodes[parent].outline,
                    _ => Outline::of(&piece, distances),
                };
                let score = outline.score();
                if let Some(parent) = parent
                    && nodes[parent].child.is_none_or(|c| nodes[c].piece.area < piece.area)
                {
                    nodes[parent].child = Some(nodes.len());
                }
                nodes.push(Node {
                    piece,
                    outline,
                    score,
                    parent,
                    child: None,
                    best: score,
                });
            }
            below = first..nodes.len();
        }
        let found = choose(&mut nodes);
        Self { nodes, found }
    }

    /// The candidates, best first.
    pub fn candidates(&self) -> Vec<Candidate<'_>> {
        let candidate = |i: &usize| {
            let node = &self.nodes[*i];
            Candidate {
                piece: &node.piece,
                outline: node.outline,
                score: node.score,
            }
        };
        self.found.iter().map(candidate).collect()
    }

    /// The best candidate and what it comes down to at stronger levels, wherever it loses more than a sixth from one level to the next.
    pub fn best_with_cores(&self) -> Option<(&Component, Vec<&Component>)> {
        let best = self.found.first().copied()?;
        let whole = &self.nodes[best].piece;
        let mut cores = Vec::new();
        let mut at = best;
        while let Some(child) = self.nodes[at].child {
            let core = &self.nodes[child].piece;
            if core.area * 8 < whole.area {
                break;
            }
            if self.nodes[at].piece.area * 5 > core.area * 6 {
                cores.push(core);
            }
            at = child;
        }
        Some((whole, cores))
    }
}

/// The best node on each way through the tree, best first.
fn choose(nodes: &mut [Node]) -> Vec<usize> {
    for i in (0..nodes.len()).rev() {
        if let Some(parent) = nodes[i].parent {
            nodes[parent].best = nodes[parent].best.max(nodes[i].best);
        }
    }
    let mut taken = vec![false; nodes.len()];
    let mut found = Vec::new();
    for i in 0..nodes.len() {
        let under_taken = nodes[i].parent.is_some_and(|p| taken[p]);
        taken[i] = under_taken || nodes[i].score >= nodes[i].best;
        if taken[i] && !under_taken && nodes[i].score > 0.0 {
            found.push(i);
        }
    }
    found.sort_by(|a, b| nodes[*b].score.total_cmp(&nodes[*a].score));
    found
}

/// What tells pieces apart but for a few.
fn place_of(piece: &Component) -> (u32, u32, u64) {
    (piece.runs[0].y, piece.runs[0].start, piece.area)
}

fn with_parent(pieces: Vec<Component>, parent: Option<usize>) -> impl Iterator<Item = (Component, Option<usize>)> {
    pieces.into_iter().map(move |piece| (piece, parent))
}

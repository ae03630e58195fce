//! Blocks of text: where a label is that differs too little from the ground to be a sheet.

use super::plane::Plane;
use super::print::INK;
use crate::frame::{PixelBox, Size};
use crate::traits::components::{Component, Connectivity, label, label_values};

/// Side of the cells in which ink is counted, in pixels of the small copy: about the height of a line of text.
const CELL: usize = 8;

/// Least share of ink in a cell of text.
const INK_SHARE: f32 = 0.05;

/// Cells of text at most this many cells apart belong to one block.
const GAP: usize = 2;

/// Paper differs at most this much from the ground, in levels; what differs more is found as a sheet.
pub const PALEST: u8 = 110;

/// Distances from the ground differ at most this much within a cell of paper, in levels: skin and scales differ more.
const UNEVEN: u8 = 30;

/// The frame's width over the longest letter or joined-up word.
const LONGEST_GLYPH: u32 = 8;

/// A block of text.
#[derive(Debug, Clone, Copy)]
pub struct TextBlock {
    /// The box around its ink.
    pub bounds: PixelBox,
    /// Number of ink pixels.
    pub ink: u32,
    /// Sum of the squared contrast of the ink: black ink counts more than wrinkles and drops.
    pub weight: u64,
}

/// Finds blocks of text on pale paper, most ink weight first.
///
/// `strokes` are dark strokes, `plain` distances from the ground without strokes.
pub fn blocks(strokes: &Plane<u8>, plain: &Plane<u8>, hidden: &Plane<bool>) -> Vec<TextBlock> {
    let (width, height) = (strokes.width(), strokes.height());
    let cells = Size::new(width.div_ceil(CELL) as u32, height.div_ceil(CELL) as u32);
    let ink = glyphs(strokes, hidden);
    let is_ink = |x: usize, y: usize| ink.at(x, y);
    let mut has_text = Plane::filled(cells, false);
    for cy in 0..cells.height as usize {
        // Ink, and the lowest and highest distance, of each cell.
        let mut found = vec![(0u32, 255u8, 0u8); cells.width as usize];
        for y in cy * CELL..((cy + 1) * CELL).min(height) {
            let stretches = ink.row(y).chunks(CELL).zip(plain.row(y).chunks(CELL));
            for ((count, low, high), (ink, distances)) in found.iter_mut().zip(stretches) {
                *count += ink.iter().filter(|ink| **ink).count() as u32;
                *low = distances.iter().fold(*low, |low, d| low.min(*d));
                *high = distances.iter().fold(*high, |high, d| high.max(*d));
            }
        }
        for (has_text, (ink, low, high)) in has_text.row_mut(cy).iter_mut().zip(found) {
            let is_inked = ink as f32 >= INK_SHARE * (CELL * CELL) as f32;
            *has_text = is_inked && high < PALEST && high - low < UNEVEN;
        }
    }
    let grown = Plane::from_fn(cells, |cx, cy| {
        (cy.saturating_sub(GAP / 2)..(cy + GAP / 2 + 1).min(cells.height as usize)).any(|y| {
            (cx.saturating_sub(GAP / 2)..(cx + GAP / 2 + 1).min(cells.width as usize)).any(|x| has_text.at(x, y))
        })
    });
    let mut blocks: Vec<TextBlock> = label(cells, Connectivity::Eight, |x, y| grown.at(x as usize, y as usize))
        .iter()
        .filter_map(|piece| {
            let mut bounds: Option<PixelBox> = None;
            let (mut total, mut weight) = (0, 0);
            for run in &piece.runs {
                for cx in run.start..run.end {
                    if has_text.at(cx as usize, run.y as usize) {
                        let x = cx as usize * CELL..((cx as usize + 1) * CELL).min(width);
                        for y in run.y as usize * CELL..((run.y as usize + 1) * CELL).min(height) {
                            for x in x.clone().filter(|x| is_ink(*x, y)) {
                                total += 1;
                                weight += u64::from(strokes.at(x, y)).pow(2);
                                let pixel = PixelBox::new(x as u32, y as u32, x as u32 + 1, y as u32 + 1);
                                bounds = Some(bounds.map_or(pixel, |b| b.union(&pixel)));
                            }
                        }
                    }
                }
            }
            bounds.map(|bounds| TextBlock {
                bounds,
                ink: total,
                weight,
            })
        })
        .collect();
    blocks.sort_by_key(|b| std::cmp::Reverse(b.weight));
    blocks
}

/// Whether strokes that hang together are an edge, a wrinkle or a rule rather than letters: long, and thin or sparse.
fn is_line(piece: &Component, longest: u32) -> bool {
    let b = &piece.bounds;
    let is_long = b.width().max(b.height()) > longest;
    is_long && (b.width().min(b.height()) <= 6 || piece.area * 5 < b.area())
}

/// The strokes that may be letters.
fn glyphs(strokes: &Plane<u8>, hidden: &Plane<bool>) -> Plane<bool> {
    let size = strokes.size();
    let longest = size.width / LONGEST_GLYPH;
    let mut ink = Plane::filled(size, false);
    let seen = strokes.without(hidden);
    let pieces = label_values(seen.values(), seen.width(), Connectivity::Eight, |stroke| stroke >= INK);
    for piece in pieces.iter().filter(|p| !is_line(p, longest)) {
        for run in &piece.runs {
            ink.row_mut(run.y as usize)[run.start as usize..run.end as usize].fill(true);
        }
    }
    ink
}

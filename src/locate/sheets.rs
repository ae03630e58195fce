//! Sheets and bars: label, ruler, colour card, tape, whatever has four straight sides.
//!
//! Found from the strongest contrast to the weakest: what is found hides its pixels, so that a paler sheet on which it lies shows up next as
//! a rectangle with a hidden corner.

use super::plane::Plane;
use super::print::Strokes;
use super::rectangle::RectangleFit;
use super::shape::TiltedBox;
use crate::frame::{PixelBox, Size};
use crate::traits::components::{Component, Connectivity, label};

/// Ratio between two levels of contrast that are tried one after the other.
const LEVEL_RATIO: f32 = 1.25;

/// Smallest share of the frame that a sheet covers.
const SMALLEST_SHARE: f64 = 0.004;

/// Below this share of the frame a sheet is small.
const SMALL_SHARE: f64 = 0.04;

/// What is more elongated than this is a bar.
const BAR_ELONGATION: f32 = 5.0;

/// Least share of a sheet that is print.
pub const LEAST_PRINT: f32 = 0.015;

/// A straight-sided thing.
#[derive(Debug, Clone)]
pub struct Sheet {
    /// Where it lies.
    pub tilted: TiltedBox,
    /// Its typical distance from the ground, in levels.
    pub contrast: u8,
}

impl Sheet {
    /// Whether a pixel lies on it, with `margin` pixels around it.
    pub fn holds(&self, x: usize, y: usize, margin: f32) -> bool {
        let (u, v) = self.tilted.coordinates((x as f32 + 0.5, y as f32 + 0.5));
        u >= -margin && v >= -margin && u <= self.tilted.length + margin && v <= self.tilted.breadth + margin
    }
}

/// The levels of contrast from strong to weak, the last one `weakest`.
pub fn levels(weakest: f32) -> Vec<u8> {
    let mut levels = Vec::new();
    let mut level = 200.0;
    while level > weakest {
        levels.push(level as u8);
        level /= LEVEL_RATIO;
    }
    levels.push(weakest.clamp(1.0, 255.0) as u8);
    levels
}

/// Which pixels are explained by a sheet: those on it that are no further from the ground than the sheet and what is printed or lies under it.
pub fn hide(hidden: &mut Plane<bool>, sheet: &Sheet, distances: &Plane<u8>) {
    let limit = sheet.contrast.saturating_add((sheet.contrast / 2).max(40));
    let bounds = sheet
        .tilted
        .part((-3.0, sheet.tilted.length + 3.0), (-3.0, sheet.tilted.breadth + 3.0))
        .bounds(hidden.size());
    for y in bounds.top as usize..bounds.bottom as usize {
        for x in bounds.left as usize..bounds.right as usize {
            if sheet.holds(x, y, 2.0) && distances.at(x, y) <= limit {
                hidden.set(x, y, true);
            }
        }
    }
}

/// Two rectangles with at least this intersection over union are the same thing at two levels.
const LASTING: f64 = 0.9;

/// Looks for printed sheets in a plane of distances from the ground without thin strokes, and hides their pixels; `weakest` is the least
/// distance that counts.
pub fn find(distances: &Plane<u8>, strokes: &Strokes, weakest: f32, hidden: &mut Plane<bool>) -> Vec<Sheet> {
    let size = distances.size();
    let smallest = smallest(size);
    let mut sheets: Vec<Sheet> = Vec::new();
    let mut before: Vec<(RectangleFit, u8)> = Vec::new();
    let mut pieces_of_levels = pieces_of_levels(&distances.without(hidden), &levels(weakest), smallest);
    while let Some((_, pieces)) = pieces_of_levels.pop() {
        let mut here = Vec::new();
        for piece in pieces {
            let fit = RectangleFit::of(&piece, hidden);
            if is_rectangle(&fit, size) {
                here.push((fit, typical_distance(&piece, distances)));
            }
        }
        // What kept its shape from the last level to this one is a thing; chance shapes do not.
        for (old, contrast) in &before {
            let bounds = old.tilted.bounds(size);
            if here
                .iter()
                .any(|(fit, _)| fit.tilted.bounds(size).iou(&bounds) > LASTING)
            {
                let sheet = Sheet {
                    tilted: old.tilted,
                    contrast: *contrast,
                };
                // The blank between two lines of text is a rectangle too.
                if !is_band(&bounds, size) && strokes.share(&sheet) >= LEAST_PRINT {
                    hide(hidden, &sheet, distances);
                    let weaker: Vec<u8> = pieces_of_levels.iter().rev().map(|(level, _)| *level).collect();
                    pieces_of_levels = self::pieces_of_levels(&distances.without(hidden), &weaker, smallest);
                    sheets.push(sheet);
                }
            }
        }
        here.retain(|(fit, _)| {
            let bounds = fit.tilted.bounds(size);
            !before
                .iter()
                .any(|(old, _)| old.tilted.bounds(size).iou(&bounds) > LASTING)
        });
        before = here;
    }
    sheets
}

/// The pieces of at least so many pixels at each of the levels, which come from strong to weak; those of the weakest first.
fn pieces_of_levels(distances: &Plane<u8>, levels: &[u8], least: u64) -> Vec<(u8, Vec<Component>)> {
    let mut of_levels: Vec<(u8, Vec<Component>)> = Vec::with_capacity(levels.len());
    for level in levels.iter().rev() {
        // What is a piece at this level lies within one of the level before.
        let pieces = match of_levels.last() {
            None => distances.pieces(*level, least),
            Some((_, weaker)) => {
                let within = |piece| distances.pieces_within(piece, *level, least);
                let mut pieces: Vec<Component> = weaker.iter().flat_map(within).collect();
                pieces.sort_by_key(|piece| (piece.runs[0].y, piece.runs[0].start));
                pieces
            }
        };
        of_levels.push((*level, pieces));
    }
    of_levels
}

/// Sheets of which a ruled line across made two, put together again: same contrast, same extent across, hardly a gap.
pub fn joined(mut sheets: Vec<Sheet>, size: Size) -> Vec<Sheet> {
    let mut i = 0;
    while i < sheets.len() {
        let partner = (i + 1..sheets.len()).find(|j| continues(&sheets[i], &sheets[*j], size));
        match partner {
            Some(j) => {
                let other = sheets.remove(j);
                let union = sheets[i].tilted.bounds(size).union(&other.tilted.bounds(size));
                sheets[i].tilted = TiltedBox::upright(&union);
                i = 0;
            }
            None => i += 1,
        }
    }
    sheets
}

fn continues(a: &Sheet, b: &Sheet, size: Size) -> bool {
    let near = |p: u32, q: u32| p.abs_diff(q) <= size.width / 100;
    let (one, two) = (a.tilted.bounds(size), b.tilted.bounds(size));
    let alike = a.contrast.abs_diff(b.contrast) <= 4 + a.contrast.max(b.contrast) / 4;
    // The scale and the numbers of a ruler may be two bars of any contrast, one of them without its blank ends.
    let is_bar =
        |s: &Sheet, bounds: &PixelBox| s.tilted.elongation() > BAR_ELONGATION && bounds.width() > bounds.height();
    let ends = one.width().min(two.width()) / 10;
    let halves = is_bar(a, &one)
        && is_bar(b, &two)
        && one.left.abs_diff(two.left) <= ends
        && one.right.abs_diff(two.right) <= ends;
    let stacked = near(one.left, two.left) && near(one.right, two.right);
    let in_line = near(one.top, two.top) && near(one.bottom, two.bottom);
    let below = near(one.bottom, two.top) || near(two.bottom, one.top);
    let beside = near(one.right, two.left) || near(two.right, one.left);
    alike && (stacked && below || in_line && beside) || halves && below
}

/// The largest printed sheet in a piece that is more than one thing: a fish that touches a label makes one piece with it at the label's
/// level, and is by itself at a stronger one. `cores` are what the piece comes down to at stronger levels; a core may be the sheet, or the
/// rest of the piece when the core is taken for something lying on or beside it.
pub fn beside(
    whole: &Component,
    cores: &[&Component],
    distances: &Plane<u8>,
    strokes: &Strokes,
    hidden: &Plane<bool>,
) -> Option<Sheet> {
    let size = distances.size();
    let sheet = |piece: &Component, hidden: &Plane<bool>| {
        let fit = RectangleFit::of(piece, hidden);
        let sheet = Sheet {
            tilted: fit.tilted,
            contrast: typical_distance(piece, distances),
        };
        (is_rectangle(&fit, size) && strokes.share(&sheet) >= LEAST_PRINT).then_some(sheet)
    };
    let found = cores.iter().filter_map(|core| {
        let mut taken = hidden.clone();
        hide_grown(&mut taken, core);
        sheet(core, hidden).or_else(|| sheet(&rest(whole, size, &taken)?, &taken))
    });
    found.max_by(|a, b| a.tilted.area().total_cmp(&b.tilted.area()))
}

/// The largest part of a piece that is not hidden.
fn rest(whole: &Component, size: Size, hidden: &Plane<bool>) -> Option<Component> {
    let mut in_whole = Plane::filled(size, false);
    for run in &whole.runs {
        in_whole.row_mut(run.y as usize)[run.start as usize..run.end as usize].fill(true);
    }
    let parts = label(size, Connectivity::Four, |x, y| {
        let (x, y) = (x as usize, y as usize);
        in_whole.at(x, y) && !hidden.at(x, y)
    });
    parts
        .into_iter()
        .max_by_key(|p| p.area)
        .filter(|p| p.area >= smallest(size))
}

/// Hides a thing that is no sheet, with the rim over which its edge is blurred.
pub fn hide_grown(hidden: &mut Plane<bool>, piece: &Component) {
    const RIM: u32 = 3;
    let (width, height) = (hidden.width() as u32, hidden.height() as u32);
    for run in &piece.runs {
        for y in run.y.saturating_sub(RIM)..(run.y + RIM + 1).min(height) {
            let row = hidden.row_mut(y as usize);
            row[run.start.saturating_sub(RIM) as usize..(run.end + RIM).min(width) as usize].fill(true);
        }
    }
}

fn is_rectangle(fit: &RectangleFit, size: Size) -> bool {
    fit.is_rectangle(f64::from(fit.tilted.area()) < size.pixels() as f64 * SMALL_SHARE)
}

fn smallest(size: Size) -> u64 {
    ((size.pixels() as f64 * SMALLEST_SHARE) as u64).max(16)
}

fn typical_distance(piece: &Component, distances: &Plane<u8>) -> u8 {
    let mut counts = [0u64; 256];
    for run in &piece.runs {
        for d in &distances.row(run.y as usize)[run.start as usize..run.end as usize] {
            counts[*d as usize] += 1;
        }
    }
    let mut below = 0;
    for (level, count) in counts.iter().enumerate() {
        below += count;
        if 2 * below >= piece.area {
            return level as u8;
        }
    }
    255
}

/// Whether a box touches three of the frame's edges: a band of shade or a wall.
fn is_band(bounds: &PixelBox, size: Size) -> bool {
    let edges = [
        bounds.left <= 1,
        bounds.top <= 1,
        bounds.right + 1 >= size.width,
        bounds.bottom + 1 >= size.height,
    ];
    edges.into_iter().filter(|touches| *touches).count() >= 3
}

/// Whether a box is a long streak along the frame's edge: the rim of a table or tank.
pub fn is_streak(bounds: &PixelBox, size: Size) -> bool {
    let (near_x, near_y) = (size.width / 50, size.height / 50);
    let level = bounds.top <= near_y || bounds.bottom + near_y >= size.height;
    let upright = bounds.left <= near_x || bounds.right + near_x >= size.width;
    let is_long =
        |length: u32, breadth: u32| length > 4 * breadth && length * 12 > size.width && breadth * 8 < size.height;
    level && is_long(bounds.width(), bounds.height()) || upright && is_long(bounds.height(), bounds.width())
}

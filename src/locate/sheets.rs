//! Sheets and bars: label, ruler, colour card, tape, whatever has four straight sides.
//!
//! Found from the strongest contrast to the weakest: what is found hides its pixels, so that a paler sheet on which it lies shows up next as
//! a rectangle with a hidden corner.

use super::plane::Plane;
use super::rectangle::RectangleFit;
use super::shape::TiltedBox;
use crate::traits::components::{Component, Connectivity, label};

/// Ratio between two levels of contrast that are tried one after the other.
const LEVEL_RATIO: f32 = 1.25;

/// Smallest share of the frame that a sheet covers.
const SMALLEST_SHARE: f64 = 0.004;

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

/// Looks for sheets in a plane of distances from the ground without thin strokes; `weakest` is the least distance that counts.
pub fn find(distances: &Plane<u8>, weakest: f32, hidden: &mut Plane<bool>) -> Vec<Sheet> {
    let smallest = (distances.size().pixels() as f64 * SMALLEST_SHARE) as u64;
    let mut sheets: Vec<Sheet> = Vec::new();
    let mut before: Vec<(RectangleFit, u8)> = Vec::new();
    for level in levels(weakest) {
        let pieces = label(distances.size(), Connectivity::Four, |x, y| {
            let (x, y) = (x as usize, y as usize);
            distances.at(x, y) >= level && !hidden.at(x, y)
        });
        let mut here = Vec::new();
        for piece in pieces.iter().filter(|p| p.area >= smallest.max(16)) {
            let fit = fit(piece, distances, hidden);
            if fit.is_rectangle() {
                here.push((fit, typical_distance(piece, distances)));
            }
        }
        // A rectangle counts when it kept its shape from the last level to this one: chance shapes do not.
        for (old, contrast) in &before {
            let size = distances.size();
            let lasting = here
                .iter()
                .any(|(fit, _)| fit.tilted.bounds(size).iou(&old.tilted.bounds(size)) > 0.9);
            if lasting {
                let sheet = Sheet {
                    tilted: old.tilted,
                    contrast: *contrast,
                };
                hide(hidden, &sheet, distances);
                sheets.push(sheet);
            }
        }
        here.retain(|(fit, _)| {
            let size = distances.size();
            !before
                .iter()
                .any(|(old, _)| fit.tilted.bounds(size).iou(&old.tilted.bounds(size)) > 0.9)
        });
        before = here;
    }
    sheets
}

fn fit(piece: &Component, distances: &Plane<u8>, hidden: &Plane<bool>) -> RectangleFit {
    let mut is_piece = Plane::filled(distances.size(), false);
    for run in &piece.runs {
        is_piece.row_mut(run.y as usize)[run.start as usize..run.end as usize].fill(true);
    }
    RectangleFit::of(piece, &is_piece, |x, y| hidden.at(x, y))
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

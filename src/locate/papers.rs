//! Which of the straight-sided things is the ruler and which the label; and both where they are too pale or clear to be sheets.

use image::RgbImage;

use super::edges::{self, Reach};
use super::plane::Plane;
use super::print::{INK, Strokes};
use super::reduced::Reduced;
use super::sheets::Sheet;
use super::text::{self, TextBlock};
use super::ticks;
use crate::frame::{PixelBox, Size};

/// Longer side over the shorter one from which on a printed sheet is a ruler and not a label.
const RULER_ELONGATION: f32 = 2.3;

/// More elongated than this is no ruler but the edge of a tank or table.
const LONGEST_RULER: f32 = 14.0;

/// Least share of a ruler or label that is print.
const PRINT_SHARE: f32 = 0.015;

/// Least number of ink pixels of a label that is found by its text alone.
const LEAST_INK: u32 = 200;

/// Ruler and label, in pixels of the small copy.
#[derive(Debug, Clone, Default)]
pub struct Papers {
    /// The ruler.
    pub ruler: Option<PixelBox>,
    /// The label.
    pub label: Option<PixelBox>,
}

/// What is known of the picture when papers are looked for.
pub struct Evidence<'a> {
    /// The picture itself, for what is too fine for the small copy.
    pub picture: &'a RgbImage,
    /// The small copy.
    pub small: &'a Reduced,
    /// Thin strokes.
    pub strokes: &'a Strokes,
    /// Distances from the ground without thin strokes.
    pub plain: &'a Plane<u8>,
    /// The straight-sided things.
    pub sheets: &'a [Sheet],
    /// Pixels that belong to something grown, which has no print on it.
    pub grown: &'a Plane<bool>,
}

/// Finds ruler and label.
pub fn find(evidence: &Evidence) -> Papers {
    let size = evidence.small.size();
    let brightness = edges::brightness(evidence.small);
    let printed: Vec<&Sheet> = evidence
        .sheets
        .iter()
        .filter(|s| evidence.strokes.share(s) > PRINT_SHARE && !is_wall(s, size))
        .collect();
    let ruler_sheet = largest(&printed, |s| {
        (RULER_ELONGATION..LONGEST_RULER).contains(&s.tilted.elongation())
    });
    let ruler = match ruler_sheet {
        Some(sheet) => Some(sheet.tilted.bounds(size)),
        None => ruler_by_ticks(evidence, &brightness),
    };
    let mut hidden = evidence.grown.clone();
    for sheet in printed.iter().filter(|s| s.tilted.elongation() >= RULER_ELONGATION) {
        cover(&mut hidden, &sheet.tilted.bounds(size), |x, y| sheet.holds(x, y, 3.0));
    }
    if let Some(ruler) = &ruler {
        cover(&mut hidden, ruler, |_, _| true);
    }
    let label_sheet = largest(&printed, |s| s.tilted.elongation() < RULER_ELONGATION).map(|s| s.tilted.bounds(size));
    let label = label_by_text(evidence, &brightness, &hidden, label_sheet).or(label_sheet);
    Papers { ruler, label }
}

fn largest<'a>(sheets: &[&'a Sheet], fits: impl Fn(&Sheet) -> bool) -> Option<&'a Sheet> {
    sheets
        .iter()
        .copied()
        .filter(|s| fits(s))
        .max_by(|a, b| a.tilted.area().total_cmp(&b.tilted.area()))
}

/// Whether a sheet runs along the frame from one edge to the opposite one: a tank's wall or the table's edge.
fn is_wall(sheet: &Sheet, size: Size) -> bool {
    let b = sheet.tilted.bounds(size);
    let spans = |low: u32, high: u32, limit: u32| low <= 2 && high + 2 >= limit;
    spans(b.left, b.right, size.width) || spans(b.top, b.bottom, size.height)
}

fn cover(hidden: &mut Plane<bool>, bounds: &PixelBox, covers: impl Fn(usize, usize) -> bool) {
    for y in bounds.top as usize..bounds.bottom as usize {
        for x in bounds.left as usize..bounds.right as usize {
            if covers(x, y) {
                hidden.set(x, y, true);
            }
        }
    }
}

/// The ruler around a row of ticks. The row lies at one of its long sides, with the numbers on the inner side.
fn ruler_by_ticks(evidence: &Evidence, brightness: &Plane<i16>) -> Option<PixelBox> {
    let row = ticks::longest_row(evidence.picture, evidence.small, evidence.grown)?;
    let level = row.width() > row.height();
    let (length, breadth) = if level {
        (row.width(), row.height())
    } else {
        (row.height(), row.width())
    };
    let ends = length / 12;
    let (edge_side, number_side) = (breadth / 2 + 4, length / 5);
    let band = length / 24 + 4;
    let ink = |b: PixelBox| {
        let mut ink = 0u32;
        for y in b.top..b.bottom.min(brightness.height() as u32) {
            for x in b.left..b.right.min(brightness.width() as u32) {
                ink += u32::from(evidence.strokes.any.at(x as usize, y as usize) >= INK);
            }
        }
        ink
    };
    let (before, after) = if level {
        (
            PixelBox::new(row.left, row.top.saturating_sub(band), row.right, row.top),
            PixelBox::new(row.left, row.bottom, row.right, row.bottom + band),
        )
    } else {
        (
            PixelBox::new(row.left.saturating_sub(band), row.top, row.left, row.bottom),
            PixelBox::new(row.right, row.top, row.right + band, row.bottom),
        )
    };
    let (reach_before, reach_after) = if ink(before) > ink(after) {
        (number_side, edge_side)
    } else {
        (edge_side, number_side)
    };
    let reach = if level {
        Reach {
            left: ends,
            right: ends,
            top: reach_before,
            bottom: reach_after,
        }
    } else {
        Reach {
            left: reach_before,
            right: reach_after,
            top: ends,
            bottom: ends,
        }
    };
    Some(edges::around(brightness, &row, reach, evidence.grown))
}

/// The label around the block with most ink, unless that lies on a sheet that is known already.
fn label_by_text(
    evidence: &Evidence,
    brightness: &Plane<i16>,
    hidden: &Plane<bool>,
    label_sheet: Option<PixelBox>,
) -> Option<PixelBox> {
    let size = evidence.small.size();
    let blocks = text::blocks(&evidence.strokes.dark, evidence.plain, hidden);
    let block = blocks.iter().find(|b| is_text(b))?;
    let on_sheet = label_sheet
        .and_then(|s| s.intersection(&block.bounds))
        .is_some_and(|shared| shared.area() * 10 > block.bounds.area() * 9);
    if on_sheet || (label_sheet.is_some() && u64::from(block.ink) * 12 < label_sheet.map_or(0, |s| s.area())) {
        return None;
    }
    let reach = block.bounds.width().max(block.bounds.height()) * 3 / 5 + 20;
    let paper = edges::around(brightness, &block.bounds, Reach::all(reach), hidden);
    let too_large = paper.area() * 2 > size.pixels() || paper.area() > 16 * block.bounds.area();
    (!too_large).then_some(paper)
}

fn is_text(block: &TextBlock) -> bool {
    let (width, height) = (block.bounds.width(), block.bounds.height());
    block.ink >= LEAST_INK && width.max(height) < 6 * width.min(height)
}

//! Which of the straight-sided things is the ruler and which the label; and both where they are too pale or clear to be sheets.

use image::RgbImage;

use super::edges::{self, Reach};
use super::plane::Plane;
use super::print::{INK, Strokes};
use super::reduced::Reduced;
use super::shape::TiltedBox;
use super::sheets::{LEAST_PRINT, Sheet, is_streak};
use super::text::{self, TextBlock};
use super::ticks;
use crate::frame::{PixelBox, Size};

/// Longer side over the shorter one from which on a printed sheet is a ruler and not a label.
const RULER_ELONGATION: f32 = 2.3;

/// More elongated than this is no ruler but the rim of a table.
const LONGEST_RULER: f32 = 14.0;

/// Shortest ruler as a share of the frame's width: what is shorter is part of a colour card.
const SHORTEST_RULER: f32 = 0.12;

/// Longest blank end of a ruler as a share of its length.
const LONGEST_END: f32 = 0.3;

/// Least number of ink pixels of a label that is found by its text alone.
const LEAST_INK: u32 = 200;

/// The frame's longer side over the shortest row of ticks that makes a ruler by itself.
const SHORTEST_ROW: u32 = 5;

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
    /// Pixels of fish and walls, which have no print on them.
    pub grown: &'a Plane<bool>,
    /// The box around the likeliest fish: scales and fin rays inside it are no print.
    pub fish: Option<PixelBox>,
}

impl Evidence<'_> {
    /// Whether strokes go on from a fish along a fifth of a block's height: the rays of a fin, not text.
    fn grows_from_fish(&self, block: &PixelBox) -> bool {
        const NEAR: usize = 6;
        let ink = &self.strokes.dark;
        let columns = (block.left as usize).saturating_sub(NEAR)..(block.right as usize + NEAR).min(ink.width());
        let touches = |y: &usize| {
            let mut since_fish = NEAR + 1;
            let mut since_ink = NEAR + 1;
            columns.clone().any(|x| {
                let in_fish = self.grown.at(x, *y);
                since_fish = if in_fish { 0 } else { since_fish + 1 };
                since_ink = if !in_fish && ink.at(x, *y) >= INK {
                    0
                } else {
                    since_ink + 1
                };
                since_fish.max(since_ink) <= NEAR
            })
        };
        let rows = block.top as usize..block.bottom as usize;
        rows.clone().filter(touches).count() * 5 > rows.len()
    }

    fn is_in_fish(&self, bounds: &PixelBox) -> bool {
        self.fish.is_some_and(|fish| is_mostly_in(bounds, &fish))
    }
}

fn is_mostly_in(inner: &PixelBox, outer: &PixelBox) -> bool {
    inner
        .intersection(outer)
        .is_some_and(|shared| shared.area() * 2 > inner.area())
}

/// Finds ruler and label.
pub fn find(evidence: &Evidence) -> Papers {
    let size = evidence.small.size();
    let printed: Vec<&Sheet> = evidence
        .sheets
        .iter()
        .filter(|s| evidence.strokes.share(s) >= LEAST_PRINT)
        .collect();
    let bars: Vec<&Sheet> = printed.iter().copied().filter(|s| is_ruler(evidence, s)).collect();
    let ruler_sheet = likeliest_bar(evidence, &bars).or_else(|| largest(&printed, |s| has_ticks(evidence, s)));
    let is_label =
        |s: &Sheet| s.tilted.elongation() < RULER_ELONGATION && ruler_sheet.is_none_or(|r| r.tilted != s.tilted);
    let label_sheet = largest(&printed, is_label).map(|s| s.tilted.bounds(size));
    let mut ruler = match ruler_sheet {
        Some(sheet) => Some(sheet.tilted.bounds(size)),
        None => ruler_by_ticks(evidence),
    };
    let mut hidden = evidence.grown.clone();
    for sheet in printed.iter().filter(|s| s.tilted.elongation() >= RULER_ELONGATION) {
        cover(&mut hidden, &sheet.tilted.bounds(size), |x, y| sheet.holds(x, y, 3.0));
    }
    if let Some(ruler) = &ruler {
        cover(&mut hidden, ruler, |_, _| true);
    }
    let label = label_by_text(evidence, &hidden, label_sheet).or(label_sheet);
    if let Some(sheet) = ruler_sheet {
        ruler = Some(with_ends(sheet, evidence, label.as_ref()).bounds(size));
    }
    Papers { ruler, label }
}

/// The largest bar, unless another one that is not much smaller has ticks: half a label is a bar too.
fn likeliest_bar<'a>(evidence: &Evidence, bars: &[&'a Sheet]) -> Option<&'a Sheet> {
    let largest_bar = largest(bars, |_| true)?;
    let least = largest_bar.tilted.area() / 3.0;
    let others = bars.len() > 1;
    let with_ticks = others.then(|| largest(bars, |s| s.tilted.area() > least && has_ticks(evidence, s)));
    with_ticks.flatten().or(Some(largest_bar))
}

fn largest<'a>(sheets: &[&'a Sheet], fits: impl Fn(&Sheet) -> bool) -> Option<&'a Sheet> {
    sheets
        .iter()
        .copied()
        .filter(|s| fits(s))
        .max_by(|a, b| a.tilted.area().total_cmp(&b.tilted.area()))
}

/// Whether a printed sheet is a ruler by its shape; what runs along the frame's edge also needs ticks, since the rim of a table has none.
fn is_ruler(evidence: &Evidence, sheet: &Sheet) -> bool {
    let size = evidence.small.size();
    has_rulers_shape(sheet, size) && (!is_streak(&sheet.tilted.bounds(size), size) || has_ticks(evidence, sheet))
}

/// Whether a sheet is long and narrow enough for a ruler.
pub fn has_rulers_shape(sheet: &Sheet, size: Size) -> bool {
    sheet.tilted.length.max(sheet.tilted.breadth) > size.width as f32 * SHORTEST_RULER
        && (RULER_ELONGATION..LONGEST_RULER).contains(&sheet.tilted.elongation())
}

/// A bar with the blank ends or end plates that continue it at its own breadth.
fn with_ends(sheet: &Sheet, evidence: &Evidence, label: Option<&PixelBox>) -> TiltedBox {
    let mut tilted = sheet.tilted;
    if tilted.length < tilted.breadth {
        // Turned by a quarter, so that the length is the longer side.
        tilted = TiltedBox {
            origin: tilted.point(0.0, tilted.breadth),
            along: (tilted.along.1, -tilted.along.0),
            length: tilted.breadth,
            breadth: tilted.length,
        };
    }
    let least = (sheet.contrast / 8).clamp(5, 16);
    let furthest = (tilted.length * LONGEST_END) as i32;
    let is_filled = |u: f32| {
        let steps = tilted.breadth.max(1.0) as i32;
        let mut filled = 0;
        for step in 0..steps {
            let (x, y) = tilted.point(u, step as f32 + 0.5);
            let inside =
                x >= 0.0 && y >= 0.0 && x < evidence.plain.width() as f32 && y < evidence.plain.height() as f32;
            let on_label = label
                .is_some_and(|l| x >= l.left as f32 && x < l.right as f32 && y >= l.top as f32 && y < l.bottom as f32);
            filled += i32::from(inside && !on_label && evidence.plain.at(x as usize, y as usize) >= least);
        }
        filled * 10 >= steps * 7
    };
    let extent = |from: f32, direction: f32| {
        let count = (0..furthest)
            .take_while(|i| is_filled(from + direction * (*i as f32 + 0.5)))
            .count() as i32;
        // What goes on and on is something else that touches.
        if count == furthest { 0.0 } else { count as f32 }
    };
    let (before, after) = (extent(0.0, -1.0), extent(tilted.length, 1.0));
    tilted.part((-before, tilted.length + after), (0.0, tilted.breadth))
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

/// Whether a row of ticks runs along a sheet: a ruler that the frame's edge cuts short.
fn has_ticks(evidence: &Evidence, sheet: &Sheet) -> bool {
    let bounds = sheet.tilted.bounds(evidence.small.size());
    let nothing = Plane::filled(evidence.small.size(), false);
    // A barcode looks like ticks too, but does not run along the whole sheet.
    ticks::longest_row(evidence.picture, evidence.small, &bounds, &nothing, 0).is_some_and(|row| {
        if row.width() > row.height() {
            row.width() * 4 > bounds.width() * 3
        } else {
            row.height() * 4 > bounds.height() * 3
        }
    })
}

/// The ruler around a row of ticks. The row lies at one of its long sides, with the numbers on the inner side.
fn ruler_by_ticks(evidence: &Evidence) -> Option<PixelBox> {
    let size = evidence.small.size();
    let shortest = size.width.max(size.height) / SHORTEST_ROW;
    let row = ticks::longest_row(
        evidence.picture,
        evidence.small,
        &PixelBox::whole(size),
        evidence.grown,
        shortest,
    )?;
    if evidence.is_in_fish(&row) {
        return None;
    }
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
        for y in b.top..b.bottom.min(size.height) {
            for x in b.left..b.right.min(size.width) {
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
    Some(edges::around(evidence.small, &row, reach, evidence.grown))
}

/// The label around the block with most ink, unless that lies on a sheet that is known already.
fn label_by_text(evidence: &Evidence, hidden: &Plane<bool>, label_sheet: Option<PixelBox>) -> Option<PixelBox> {
    let size = evidence.small.size();
    let blocks = text::blocks(&evidence.strokes.dark, evidence.plain, hidden);
    let block = blocks
        .iter()
        .find(|b| is_text(b) && !evidence.is_in_fish(&b.bounds) && !evidence.grows_from_fish(&b.bounds))?;
    let on_sheet = label_sheet
        .and_then(|s| s.intersection(&block.bounds))
        .is_some_and(|shared| shared.area() * 10 > block.bounds.area() * 9);
    if on_sheet || (label_sheet.is_some() && u64::from(block.ink) * 12 < label_sheet.map_or(0, |s| s.area())) {
        return None;
    }
    let reach = block.bounds.width().max(block.bounds.height()) * 3 / 5 + 20;
    let paper = edges::around(evidence.small, &block.bounds, Reach::all(reach), hidden);
    let too_large = paper.area() * 2 > size.pixels() || paper.area() > 16 * block.bounds.area();
    // What is smaller than the text is a word of it.
    let swallows_fish = evidence
        .fish
        .is_some_and(|f| f.area() > block.bounds.area() && is_mostly_in(&f, &paper));
    (!too_large && !swallows_fish).then_some(paper)
}

fn is_text(block: &TextBlock) -> bool {
    let (width, height) = (block.bounds.width(), block.bounds.height());
    block.ink >= LEAST_INK && width.max(height) < 6 * width.min(height)
}

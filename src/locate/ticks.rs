//! Rows of ticks: what makes a ruler a ruler, also where it is clear plastic on a table of any colour.
//!
//! In a row of ticks brightness changes quickly along the row and hardly across it, over a long and narrow band. Letters change both ways,
//! and the one long side of a sheet changes across itself only.

use image::RgbImage;

use super::plane::Plane;
use super::reduced::Reduced;
use crate::frame::{PixelBox, Size};
use crate::traits::components::{Connectivity, label};

/// Neighbours whose difference counts are this share of a pixel of the small copy apart.
const FINER: u32 = 2;

/// Side of the squares in which changes are averaged, in pixels of the small copy: as high as a row of ticks at least.
const SQUARE: u32 = 2;

/// A cell along the row is at least this long in pixels of the small copy.
const SHORTEST_CELL: u32 = 4;

/// And at least this long in pixels of the picture, so that there is a tick in each.
const TICK_SPACING: u32 = 10;

/// Least mean change from one place to the next, in levels.
const LEAST_CHANGE: u32 = 8;

/// How much quicker brightness changes along the row than across it.
const DIRECTED: u32 = 2;

/// How quickly green changes to the right and downwards, in levels; one value a square.
struct Changes {
    within: PixelBox,
    right: Plane<u8>,
    down: Plane<u8>,
}

/// The box around the longest row of ticks in a part of the small copy, at least as long as `shortest`; in pixels of the small copy.
pub fn longest_row(
    picture: &RgbImage,
    small: &Reduced,
    within: &PixelBox,
    hidden: &Plane<bool>,
    shortest: u32,
) -> Option<PixelBox> {
    let changes = Changes::of(picture, small, within, hidden)?;
    let cell = (SHORTEST_CELL.max(TICK_SPACING.div_ceil(small.factor)) / SQUARE).max(1);
    let level = changes.rows(cell, false);
    let upright = changes.rows(cell, true);
    level
        .into_iter()
        .chain(upright)
        .filter(|b| b.width().max(b.height()) >= shortest)
        .max_by_key(|b| b.width().max(b.height()))
}

impl Changes {
    fn of(picture: &RgbImage, small: &Reduced, within: &PixelBox, hidden: &Plane<bool>) -> Option<Self> {
        let squares = Size::new(within.width() / SQUARE, within.height() / SQUARE);
        if squares.pixels() == 0 {
            return None;
        }
        let step = (small.factor / FINER).max(1);
        let mut right = Plane::filled(squares, 0);
        let mut down = Plane::filled(squares, 0);
        for y in 0..squares.height {
            for x in 0..squares.width {
                let (left, top) = (within.left + x * SQUARE, within.top + y * SQUARE);
                if hidden.at(left as usize, top as usize) {
                    continue;
                }
                let f = small.factor;
                let region = PixelBox::new(left * f, top * f, (left + SQUARE) * f, (top + SQUARE) * f);
                let (downwards, rightwards) = mean_changes(picture, &region, step);
                right.set(x as usize, y as usize, rightwards.min(255) as u8);
                down.set(x as usize, y as usize, downwards.min(255) as u8);
            }
        }
        Some(Self {
            within: *within,
            right,
            down,
        })
    }

    /// The boxes around long narrow bands of cells in which brightness changes along the band; a cell is `length` squares long.
    fn rows(&self, length: u32, upright: bool) -> Vec<PixelBox> {
        let size = self.right.size();
        let (columns, rows) = if upright { (1, length) } else { (length, 1) };
        let cells = Size::new(size.width / columns, size.height / rows);
        if cells.pixels() == 0 {
            return Vec::new();
        }
        let sum = |plane: &Plane<u8>, cx: u32, cy: u32| -> u32 {
            let squares = (0..rows).flat_map(|y| (0..columns).map(move |x| (cx * columns + x, cy * rows + y)));
            squares.map(|(x, y)| u32::from(plane.at(x as usize, y as usize))).sum()
        };
        let is_tick = Plane::from_fn(cells, |cx, cy| {
            let (right, down) = (
                sum(&self.right, cx as u32, cy as u32),
                sum(&self.down, cx as u32, cy as u32),
            );
            let (along, across) = if upright { (down, right) } else { (right, down) };
            along >= LEAST_CHANGE * length && along >= DIRECTED * across
        });
        let (wide, high) = (columns * SQUARE, rows * SQUARE);
        label(cells, Connectivity::Eight, |x, y| is_tick.at(x as usize, y as usize))
            .iter()
            .map(|piece| {
                let b = &piece.bounds;
                let (left, top) = (self.within.left, self.within.top);
                PixelBox::new(
                    left + b.left * wide,
                    top + b.top * high,
                    left + b.right * wide,
                    top + b.bottom * high,
                )
            })
            .filter(|b| {
                let (length, breadth) = if upright {
                    (b.height(), b.width())
                } else {
                    (b.width(), b.height())
                };
                length > 4 * breadth
            })
            .collect()
    }
}

/// Mean change of green from top to bottom and from left to right within a region of the picture.
fn mean_changes(picture: &RgbImage, region: &PixelBox, step: u32) -> (u32, u32) {
    let (width, height) = picture.dimensions();
    let (mut down, mut right, mut count) = (0, 0, 0);
    let width_bytes = width as usize * 3;
    let raw = picture.as_raw();
    let (right_by, down_by) = (3 * step as usize, step as usize * width_bytes);
    for y in (region.top..region.bottom.min(height - step.min(height))).step_by(step as usize) {
        for x in (region.left..region.right.min(width - step.min(width))).step_by(step as usize) {
            let at = y as usize * width_bytes + x as usize * 3 + 1;
            right += u32::from(raw[at].abs_diff(raw[at + right_by]));
            down += u32::from(raw[at].abs_diff(raw[at + down_by]));
            count += 1;
        }
    }
    (down / count.max(1), right / count.max(1))
}

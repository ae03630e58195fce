//! Rows of ticks: what makes a ruler a ruler, also where it is clear plastic on a table of any colour.
//!
//! In a row of ticks brightness changes quickly along the row and hardly across it, over a long and narrow band. Letters change both ways,
//! and the one long side of a sheet changes across itself only.

use image::RgbImage;

use super::plane::Plane;
use super::reduced::Reduced;
use crate::frame::{PixelBox, Size};
use crate::traits::components::{Connectivity, label};

/// Pixels of the fine copy to one of the small copy along each side.
const FINER: u32 = 3;

/// A cell's length along the row and its height across it, in pixels of the small copy.
const CELL: (u32, u32) = (4, 2);

/// A cell is at least this long in pixels of the picture, so that there is a tick in each.
const TICK_SPACING: u32 = 10;

/// Least mean change from one pixel of the fine copy to the next but one, in levels.
const LEAST_CHANGE: u32 = 8;

/// How much quicker brightness changes along the row than across it.
const DIRECTED: u32 = 2;

/// The box around the longest row of ticks in a part of the small copy, at least as long as `shortest`; in pixels of the small copy.
pub fn longest_row(
    picture: &RgbImage,
    small: &Reduced,
    within: &PixelBox,
    hidden: &Plane<bool>,
    shortest: u32,
) -> Option<PixelBox> {
    let level = rows(picture, small, within, hidden, false);
    let upright = rows(picture, small, within, hidden, true);
    level
        .into_iter()
        .chain(upright)
        .filter(|b| b.width().max(b.height()) >= shortest)
        .max_by_key(|b| b.width().max(b.height()))
}

fn rows(picture: &RgbImage, small: &Reduced, within: &PixelBox, hidden: &Plane<bool>, upright: bool) -> Vec<PixelBox> {
    let long = CELL.0.max(TICK_SPACING.div_ceil(small.factor));
    let (cell_width, cell_height) = if upright { (CELL.1, long) } else { (long, CELL.1) };
    let cells = Size::new(within.width() / cell_width, within.height() / cell_height);
    if cells.pixels() == 0 {
        return Vec::new();
    }
    let step = (small.factor / FINER).max(1);
    let is_tick = Plane::from_fn(cells, |cx, cy| {
        let (left, top) = (
            within.left + cx as u32 * cell_width,
            within.top + cy as u32 * cell_height,
        );
        if hidden.at(left as usize, top as usize) {
            return false;
        }
        let f = small.factor;
        let region = PixelBox::new(left * f, top * f, (left + cell_width) * f, (top + cell_height) * f);
        let (down, right) = changes(picture, &region, step);
        let (along, across) = if upright { (down, right) } else { (right, down) };
        along >= LEAST_CHANGE && along >= DIRECTED * across
    });
    label(cells, Connectivity::Eight, |x, y| is_tick.at(x as usize, y as usize))
        .iter()
        .map(|piece| {
            let b = &piece.bounds;
            PixelBox::new(
                within.left + b.left * cell_width,
                within.top + b.top * cell_height,
                within.left + b.right * cell_width,
                within.top + b.bottom * cell_height,
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

/// Mean change of green from top to bottom and from left to right within a region of the picture.
fn changes(picture: &RgbImage, region: &PixelBox, step: u32) -> (u32, u32) {
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
    if count == 0 {
        (0, 0)
    } else {
        (down / count, right / count)
    }
}

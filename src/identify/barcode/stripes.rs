//! Where a layer is striped, and in which direction: what tells whether it is worth turning to look for a slanted Code 128.
//!
//! By the structure tensor of small cells, the sums of products of the brightness' slopes. Across bars brightness changes in one direction only.

use std::ops::Range;

use super::layer::Layer;
use crate::frame::Size;
use crate::traits::components::{Component, Connectivity, label};

/// Side of a cell in pixels: at most as high as the lowest bars that are read, with the lines that must agree.
const CELL: usize = 8;
/// Cells to each side of a window.
const WINDOW: usize = 3;
/// Connected windows that bars make at least, one beginning at each cell: the shortest code has 46 modules of more than a pixel, and its bars at least ten rows.
const WINDOWS: u64 = 6;
/// Least mean square of the slopes, in levels over two pixels: five times what noise with a deviation of three levels makes of it in half the size.
const STRENGTH: i64 = 100;
/// By how many degrees stripes may differ from what is asked for: those of a code by ten at most, and a little for what small cells tell wrongly.
const REACH: f64 = 17.0;
/// Pixels to both sides of striped windows in which bars may go on, or lines that must agree.
const MARGIN: f64 = 16.0;
/// Least share of the slopes that lie in one direction and not in all.
const COHERENCE: f64 = 0.5;

/// The striped windows of a layer.
pub(super) struct Stripes {
    /// Windows beside and below each other.
    size: Size,
    /// For each window the direction of its slopes in degrees, from 0 to 180; `None` where it has no clear one.
    directions: Vec<Option<f64>>,
}

/// Sums of the products of slopes to the right and downwards.
#[derive(Debug, Clone, Copy, Default)]
struct Tensor {
    right: i64,
    down: i64,
    both: i64,
}

impl Stripes {
    pub fn of(layer: &Layer) -> Self {
        let (width, height) = (layer.width() as usize, layer.height() as usize);
        let (columns, rows) = ((width - 1) / CELL, (height - 1) / CELL);
        let mut cells = vec![Tensor::default(); columns * rows];
        for y in 0..rows * CELL {
            let upper = &layer.luma()[y * width..][..width];
            let lower = &layer.luma()[(y + 1) * width..][..width];
            for (x, cell) in cells[y / CELL * columns..][..columns].iter_mut().enumerate() {
                cell.add(&upper[x * CELL..][..=CELL], &lower[x * CELL..][..=CELL]);
            }
        }
        let around = |x: usize, y: usize| {
            let cells = (y..y + WINDOW).flat_map(|y| &cells[y * columns + x..][..WINDOW]);
            cells.fold(Tensor::default(), |sum, cell| sum.with(cell)).direction()
        };
        let size = Size::new(
            (columns + 1).saturating_sub(WINDOW) as u32,
            (rows + 1).saturating_sub(WINDOW) as u32,
        );
        let places = (0..size.height).flat_map(|y| (0..size.width).map(move |x| (x as usize, y as usize)));
        let directions = places.map(|(x, y)| around(x, y)).collect();
        Self { size, directions }
    }

    /// Where bars may be that follow each other in that direction, in degrees, clockwise from the right: how far across it, in pixels from the layer's first one.
    pub fn across(&self, degrees: f64) -> Vec<Range<f64>> {
        let fits = |direction: f64| {
            let apart = (direction - degrees).rem_euclid(180.0);
            apart.min(180.0 - apart) <= REACH
        };
        let areas = label(self.size, Connectivity::Eight, |x, y| {
            self.directions[(y * self.size.width + x) as usize].is_some_and(fits)
        });
        let (sin, cos) = degrees.to_radians().sin_cos();
        let across = |area: &Component| {
            let corners = area.runs.iter().flat_map(|run| {
                let (columns, rows) = ([run.start, run.end - 1 + WINDOW as u32], [run.y, run.y + WINDOW as u32]);
                columns.into_iter().flat_map(move |x| rows.map(|y| (x, y)))
            });
            let places = corners.map(|(x, y)| CELL as f64 * (f64::from(y) * cos - f64::from(x) * sin));
            let range = places.fold(f64::MAX..f64::MIN, |range, at| range.start.min(at)..range.end.max(at));
            range.start - MARGIN..range.end + MARGIN
        };
        areas.iter().filter(|area| area.area >= WINDOWS).map(across).collect()
    }
}

impl Tensor {
    /// Adds a row of slopes between two rows of pixels.
    fn add(&mut self, upper: &[u8], lower: &[u8]) {
        let (mut right, mut down, mut both) = (0i32, 0i32, 0i32);
        for i in 0..CELL {
            let level = |row: &[u8], i: usize| i32::from(row[i]);
            let falling = level(lower, i + 1) - level(upper, i);
            let rising = level(upper, i + 1) - level(lower, i);
            let (to_right, downwards) = (falling + rising, falling - rising);
            right += to_right * to_right;
            down += downwards * downwards;
            both += to_right * downwards;
        }
        self.right += i64::from(right);
        self.down += i64::from(down);
        self.both += i64::from(both);
    }

    fn with(self, other: &Self) -> Self {
        Self {
            right: self.right + other.right,
            down: self.down + other.down,
            both: self.both + other.both,
        }
    }

    fn direction(&self) -> Option<f64> {
        let strength = self.right + self.down;
        let (lengthwise, slanted) = ((self.right - self.down) as f64, 2.0 * self.both as f64);
        let is_clear = strength >= STRENGTH * (CELL * CELL * WINDOW * WINDOW) as i64
            && lengthwise.hypot(slanted) >= COHERENCE * strength as f64;
        is_clear.then(|| (slanted.atan2(lengthwise).to_degrees() / 2.0).rem_euclid(180.0))
    }
}

//! The specimen on a coarse grid: what is body, what is fish, what lies between its parts.

use crate::frame::PixelBox;
use crate::measure::specimen::Subject;
use crate::traits::{Trait, TraitSet};

/// About so many columns of the grid; finer than any of the checks needs.
const COLUMNS: u32 = 320;

/// The specimen's mask at every so manieth pixel.
pub(super) struct Silhouette {
    /// Columns of the grid.
    pub width: usize,
    /// Rows of the grid.
    pub height: usize,
    /// Pixels between two points of the grid.
    pub step: u32,
    /// Where the crop lies in the frame.
    crop: PixelBox,
    bits: Vec<u16>,
}

impl Silhouette {
    /// The grid of a subject's mask; `None` where the mask is empty.
    pub fn of(subject: &Subject<'_>) -> Option<Self> {
        let size = subject.mask.size();
        let step = size.width.div_ceil(COLUMNS).max(1);
        let middle = step / 2;
        let columns = || (middle..size.width).step_by(step as usize);
        let rows = || (middle..size.height).step_by(step as usize);
        let mut bits = Vec::with_capacity(columns().len() * rows().len());
        for y in rows() {
            let row = subject.mask.row(y);
            bits.extend(columns().map(|x| row[x as usize]));
        }
        bits.iter().any(|b| *b != 0).then_some(Self {
            width: columns().len(),
            height: rows().len(),
            step,
            crop: subject.crop_box,
            bits,
        })
    }

    /// Whether a point of the grid holds any of these traits.
    pub fn has(&self, x: usize, y: usize, of: TraitSet) -> bool {
        self.bits[y * self.width + x] & of.bits() != 0
    }

    /// Where a point of the grid lies in the frame.
    pub fn place(&self, x: usize, y: usize) -> (u32, u32) {
        let at = |i: usize| i as u32 * self.step + self.step / 2;
        (self.crop.left + at(x), self.crop.top + at(y))
    }

    /// Points that hold any of these traits.
    pub fn points(&self, of: TraitSet) -> impl Iterator<Item = (usize, usize)> {
        let (width, wanted) = (self.width, of.bits());
        let held = self.bits.iter().enumerate().filter(move |(_, b)| **b & wanted != 0);
        held.map(move |(i, _)| (i % width, i / width))
    }

    /// Points all of whose neighbours are fish too: no ground shows at these.
    pub fn inner_points(&self) -> impl Iterator<Item = (usize, usize)> {
        let is_fish = |x: usize, y: usize| self.bits[y * self.width + x] != 0;
        self.points(TraitSet::ALL).filter(move |(x, y)| {
            let (x, y) = (*x, *y);
            let within = x > 0 && y > 0 && x + 1 < self.width && y + 1 < self.height;
            within && is_fish(x - 1, y) && is_fish(x + 1, y) && is_fish(x, y - 1) && is_fish(x, y + 1)
        })
    }

    /// The silhouette with what lies between its parts: points with fish both left and right, or both above and below them, and with fish on at least three
    /// of the four sides.
    pub fn filled(&self) -> Vec<bool> {
        let (w, h) = (self.width, self.height);
        let mut sides = vec![0u8; w * h];
        let is_fish = |x: usize, y: usize| self.bits[y * w + x] != 0;
        for y in 0..h {
            let row: Vec<usize> = (0..w).filter(|x| is_fish(*x, y)).collect();
            if let (Some(first), Some(last)) = (row.first(), row.last()) {
                for x in 0..w {
                    sides[y * w + x] += u8::from(x >= *first) + u8::from(x <= *last);
                }
            }
        }
        for x in 0..w {
            let column: Vec<usize> = (0..h).filter(|y| is_fish(x, *y)).collect();
            if let (Some(first), Some(last)) = (column.first(), column.last()) {
                for y in 0..h {
                    sides[y * w + x] += u8::from(y >= *first) + u8::from(y <= *last);
                }
            }
        }
        (0..w * h).map(|i| sides[i] >= 4 || self.bits[i] != 0).collect()
    }
}

/// Body without fins.
pub(super) fn body() -> TraitSet {
    [Trait::Trunk, Trait::Head, Trait::Eye, Trait::PectoralFin]
        .into_iter()
        .collect()
}

//! A rectangle of values, and the few filters that locating needs.

use crate::frame::{PixelBox, Size};
use crate::traits::components::{Component, Connectivity, large_of_runs, runs_of_values, runs_within};

/// One value a pixel, row by row.
#[derive(Debug, Clone)]
pub struct Plane<T> {
    width: usize,
    values: Vec<T>,
}

impl<T: Copy> Plane<T> {
    /// The same value everywhere.
    pub fn filled(size: Size, value: T) -> Self {
        Self {
            width: size.width as usize,
            values: vec![value; size.pixels() as usize],
        }
    }

    /// The value of each pixel from its column and row.
    pub fn from_fn(size: Size, mut value: impl FnMut(usize, usize) -> T) -> Self {
        let mut values = Vec::with_capacity(size.pixels() as usize);
        for y in 0..size.height as usize {
            values.extend((0..size.width as usize).map(|x| value(x, y)));
        }
        Self {
            width: size.width as usize,
            values,
        }
    }

    /// The value of each pixel from its values in this plane and in another of its size.
    pub fn with<U: Copy, V: Copy>(&self, other: &Plane<U>, value: impl Fn(T, U) -> V) -> Plane<V> {
        let pairs = self.values.iter().zip(&other.values);
        Plane {
            width: self.width,
            values: pairs.map(|(here, there)| value(*here, *there)).collect(),
        }
    }

    /// A value from that of each pixel.
    pub fn map<V>(&self, value: impl Fn(T) -> V) -> Plane<V> {
        Plane {
            width: self.width,
            values: self.values.iter().map(|here| value(*here)).collect(),
        }
    }

    /// A part of it, which must lie in it.
    pub fn part(&self, part: &PixelBox) -> Self {
        let mut values = Vec::with_capacity(part.area() as usize);
        for y in part.top as usize..part.bottom as usize {
            values.extend_from_slice(&self.row(y)[part.left as usize..part.right as usize]);
        }
        Self {
            width: part.width() as usize,
            values,
        }
    }

    /// Columns and rows.
    pub fn size(&self) -> Size {
        Size::new(self.width as u32, self.height() as u32)
    }

    /// Columns.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Rows.
    pub fn height(&self) -> usize {
        self.values.len() / self.width
    }

    /// The value at column `x`, row `y`.
    pub fn at(&self, x: usize, y: usize) -> T {
        self.values[y * self.width + x]
    }

    /// Writes the value at column `x`, row `y`.
    pub fn set(&mut self, x: usize, y: usize, value: T) {
        self.values[y * self.width + x] = value;
    }

    /// All values, row by row.
    pub fn values(&self) -> &[T] {
        &self.values
    }

    /// One row.
    pub fn row(&self, y: usize) -> &[T] {
        &self.values[y * self.width..][..self.width]
    }

    /// One row, to be written.
    pub fn row_mut(&mut self, y: usize) -> &mut [T] {
        &mut self.values[y * self.width..][..self.width]
    }
}

impl Plane<u8> {
    /// The same with 0 wherever `hidden` is set.
    pub fn without(&self, hidden: &Plane<bool>) -> Self {
        self.with(hidden, |value, hidden| if hidden { 0 } else { value })
    }

    /// The connected pieces of the pixels of at least this value that have at least so many pixels.
    pub fn pieces(&self, level: u8, least: u64) -> Vec<Component> {
        let runs = runs_of_values(&self.values, self.width, |value| value >= level);
        large_of_runs(&runs, Connectivity::Four, least)
    }

    /// Those of [`Plane::pieces`] that lie within one piece of a weaker level.
    pub fn pieces_within(&self, piece: &Component, level: u8, least: u64) -> Vec<Component> {
        let runs = runs_within(piece, &self.values, self.width, |value| value >= level);
        large_of_runs(&runs, Connectivity::Four, least)
    }

    /// The smallest value within `radius` columns and rows of each pixel, then the largest of those: bright structures narrower than
    /// `2 * radius + 1` vanish.
    pub fn opened(&self, radius: usize) -> Self {
        self.extreme(radius, u8::min).extreme(radius, u8::max)
    }

    /// The reverse of [`Plane::opened`]: dark structures vanish.
    pub fn closed(&self, radius: usize) -> Self {
        self.extreme(radius, u8::max).extreme(radius, u8::min)
    }

    /// The extreme value (`pick` is `min` or `max`) within `radius` columns and rows of each pixel.
    pub fn extreme(&self, radius: usize, pick: impl Fn(u8, u8) -> u8 + Copy) -> Self {
        let (width, height) = (self.width, self.height());
        // What lies beyond the edge is as the edge, which lies in every window that reaches there.
        let mut rows = vec![0; (height + 2 * radius) * width];
        let (mut row, mut longer) = (vec![0; width + 2 * radius], vec![0; width + 2 * radius]);
        for (y, out) in rows.chunks_exact_mut(width).enumerate() {
            let from = self.row(y.saturating_sub(radius).min(height - 1));
            row[..radius].fill(from[0]);
            row[radius..radius + width].copy_from_slice(from);
            row[radius + width..].fill(from[width - 1]);
            for step in steps_to(2 * radius + 1) {
                for ((out, here), there) in longer.iter_mut().zip(&row).zip(&row[step..]) {
                    *out = pick(*here, *there);
                }
                std::mem::swap(&mut row, &mut longer);
            }
            out.copy_from_slice(&row[..width]);
        }
        for step in steps_to(2 * radius + 1) {
            for y in 0..height + 2 * radius - step {
                let (upper, lower) = rows.split_at_mut((y + step) * width);
                for (here, there) in upper[y * width..][..width].iter_mut().zip(lower) {
                    *here = pick(*here, *there);
                }
            }
        }
        rows.truncate(height * width);
        Self { width, values: rows }
    }
}

/// By how much to step from windows of one value to windows of `length`, each time joining two of those before that overlap or touch.
fn steps_to(length: usize) -> impl Iterator<Item = usize> {
    let mut reached = 1;
    std::iter::from_fn(move || {
        let step = reached.min(length - reached);
        reached += step;
        (step > 0).then_some(step)
    })
}

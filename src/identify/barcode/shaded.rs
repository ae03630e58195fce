//! A layer in black and white by the levels around each place, as ZXing's hybrid binarizer makes it: shade and light across a label make no difference.
//!
//! The same bits as rxing's, by whole rows of pixels: each square of eight by eight pixels has a level of its own, and a pixel is black up to the mean of those
//! of five by five squares.

use std::borrow::Cow;
use std::cell::OnceCell;

use rxing::common::{BitArray, BitMatrix, HybridBinarizer, LineOrientation, Result};
use rxing::{Binarizer, Luma8Source, LuminanceSource};

use super::threshold::bits_of;

/// Side of a square.
const SQUARE: usize = 8;
/// Squares whose mean counts, along and across; a side with fewer is left to rxing, which has another way for it.
const AROUND: usize = 5;
/// A square whose levels differ by no more is all paper or all ink.
const EVEN: u8 = 24;

/// [`HybridBinarizer`] with a faster way to the same matrix.
pub(super) struct Shaded {
    rxing: HybridBinarizer<Luma8Source<'static>>,
    matrix: OnceCell<BitMatrix>,
}

impl Binarizer for Shaded {
    type Source = Luma8Source<'static>;

    fn get_luminance_source(&self) -> &Self::Source {
        self.rxing.get_luminance_source()
    }

    fn get_black_row(&self, y: usize) -> Result<Cow<'_, BitArray>> {
        self.rxing.get_black_row(y)
    }

    fn get_black_row_from_matrix(&self, y: usize) -> Result<Cow<'_, BitArray>> {
        match self.matrix.get() {
            Some(matrix) => Ok(Cow::Owned(matrix.getRow(y as u32))),
            None => self.rxing.get_black_row(y),
        }
    }

    fn get_black_matrix(&self) -> Result<&BitMatrix> {
        if self.get_width().min(self.get_height()) < SQUARE * AROUND {
            return self.rxing.get_black_matrix();
        }
        if let Some(matrix) = self.matrix.get() {
            return Ok(matrix);
        }
        let matrix = black_matrix(self.get_luminance_source())?;
        Ok(self.matrix.get_or_init(|| matrix))
    }

    fn get_black_line(&self, line: usize, orientation: LineOrientation) -> Result<Cow<'_, BitArray>> {
        self.rxing.get_black_line(line, orientation)
    }

    fn create_binarizer(&self, source: Self::Source) -> Self {
        Self::new(source)
    }

    fn get_width(&self) -> usize {
        self.rxing.get_width()
    }

    fn get_height(&self) -> usize {
        self.rxing.get_height()
    }
}

impl Shaded {
    pub fn new(source: Luma8Source<'static>) -> Self {
        Self {
            rxing: HybridBinarizer::new(source),
            matrix: OnceCell::new(),
        }
    }
}

/// Where squares begin along a side; the last one is moved back into the picture where it does not fit.
fn squares(length: usize) -> impl Iterator<Item = usize> {
    (0..length).step_by(SQUARE).map(move |at| at.min(length - SQUARE))
}

fn black_matrix(source: &Luma8Source<'static>) -> Result<BitMatrix> {
    let (width, height) = (source.get_width(), source.get_height());
    let levels = source.get_matrix();
    let means = means_around(&levels_of_squares(&levels, width, height), width.div_ceil(SQUARE));
    // The level of each column up to which it is black, in each row of squares. Where two squares lie over each other either makes black.
    let limits: Vec<Vec<u8>> = means.iter().map(|means| of_columns(means, width)).collect();
    let tops: Vec<usize> = squares(height).collect();
    let mut matrix = BitMatrix::new(width as u32, height as u32)?;
    let mut is_black = vec![false; width];
    for (y, levels) in levels.chunks_exact(width).enumerate() {
        is_black.fill(false);
        for (limits, _) in limits
            .iter()
            .zip(&tops)
            .skip(y / SQUARE)
            .filter(|(_, top)| (**top..**top + SQUARE).contains(&y))
        {
            for ((is_black, level), limit) in is_black.iter_mut().zip(levels).zip(limits) {
                *is_black |= level <= limit;
            }
        }
        matrix.setRow(y as u32, &bits_of(&is_black));
    }
    Ok(matrix)
}

/// For each square of each row of squares the level between ink and paper in it.
fn levels_of_squares(levels: &[u8], width: usize, height: usize) -> Vec<Vec<u32>> {
    let mut of_squares: Vec<Vec<u32>> = Vec::with_capacity(height.div_ceil(SQUARE));
    let (mut sums, mut lowest, mut highest) = (vec![0u16; width], vec![0u8; width], vec![0u8; width]);
    for top in squares(height) {
        let rows = &levels[top * width..][..SQUARE * width];
        sums.fill(0);
        lowest.fill(u8::MAX);
        highest.fill(u8::MIN);
        for row in rows.chunks_exact(width) {
            for (sum, level) in sums.iter_mut().zip(row) {
                // Eight bytes at most; a check would keep these sums from being made many at once.
                *sum = sum.wrapping_add(u16::from(*level));
            }
            lowest
                .iter_mut()
                .zip(row)
                .for_each(|(lowest, level)| *lowest = (*lowest).min(*level));
            highest
                .iter_mut()
                .zip(row)
                .for_each(|(highest, level)| *highest = (*highest).max(*level));
        }
        let mut here: Vec<u32> = Vec::with_capacity(width.div_ceil(SQUARE));
        for (x, left) in squares(width).enumerate() {
            let columns = left..left + SQUARE;
            let low = lowest[columns.clone()].iter().copied().min().unwrap_or(0);
            let high = highest[columns.clone()].iter().copied().max().unwrap_or(0);
            let mean = sums[columns].iter().map(|sum| u32::from(*sum)).sum::<u32>() / (SQUARE * SQUARE) as u32;
            here.push(match (high - low <= EVEN, of_squares.last(), x.checked_sub(1)) {
                (false, _, _) => mean,
                // Paper, but for what is darker than the squares before it.
                (true, Some(above), Some(before)) => {
                    let beside = (above[x] + 2 * here[before] + above[before]) / 4;
                    if u32::from(low) < beside {
                        beside
                    } else {
                        u32::from(low) / 2
                    }
                }
                (true, _, _) => u32::from(low) / 2,
            });
        }
        of_squares.push(here);
    }
    of_squares
}

/// The mean of the squares around each, at the edges of those nearest to it.
fn means_around(levels: &[Vec<u32>], columns: usize) -> Vec<Vec<u8>> {
    let first = |at: usize, count: usize| at.clamp(AROUND / 2, count - 1 - AROUND / 2) - AROUND / 2;
    let means_of_row = |y: usize| {
        let rows = &levels[first(y, levels.len())..][..AROUND];
        let sums: Vec<u32> = (0..columns).map(|x| rows.iter().map(|row| row[x]).sum()).collect();
        let mean = |x: usize| sums[first(x, columns)..][..AROUND].iter().sum::<u32>() / (AROUND * AROUND) as u32;
        (0..columns).map(|x| mean(x) as u8).collect()
    };
    (0..levels.len()).map(means_of_row).collect()
}

/// The value of each column from those of the squares in a row, the larger one where two lie over each other.
fn of_columns(of_squares: &[u8], width: usize) -> Vec<u8> {
    let mut of_columns = vec![0; width];
    for (value, left) in of_squares.iter().zip(squares(width)) {
        for column in &mut of_columns[left..left + SQUARE] {
            *column = (*column).max(*value);
        }
    }
    of_columns
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_layer_is_what_rxing_makes_of_it(
            size in (40u32..90, 40u32..90), squares in prop::collection::vec(any::<u8>(), 144), noise in 1u32..80, seed: u32,
        ) {
            let mut state = seed;
            let mut random = || {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                state >> 16
            };
            let places = (0..size.1).flat_map(|y| (0..size.0).map(move |x| (x, y)));
            let levels: Vec<u8> = places
                .map(|(x, y)| squares[(y / 8 * 12 + x / 8) as usize].saturating_add((random() % noise) as u8))
                .collect();
            let source = || Luma8Source::new(levels.clone(), size.0, size.1).unwrap();
            let (ours, theirs) = (Shaded::new(source()), HybridBinarizer::new(source()));
            prop_assert!(ours.get_black_matrix().unwrap() == theirs.get_black_matrix().unwrap());
        }
    }
}

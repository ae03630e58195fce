//! What is done to a row of pixels beside convolutions: sums, enlargements, windows, probabilities.
//!
//! Plain Rust whose loops over [`LANES`] channels the compiler turns into vector instructions. Each function is compiled once for every kind of
//! processor; the order of the operations is fixed and none is fused, so all give the same bits.

#![allow(
    unsafe_code,
    reason = "calls of functions that are compiled for instructions which the processor was found to have, and checks moved out of loops"
)]

use std::ops::Range;

use super::kernels::{LANES, Quantize};
use super::steps::Clamp;

/// Which instructions the processor has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Level(Instructions);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Instructions {
    Plain,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

impl Level {
    /// What every processor of this architecture has.
    #[cfg(test)]
    pub(super) const PLAIN: Self = Self(Instructions::Plain);

    /// What this processor has.
    pub(super) fn detect() -> Self {
        #[cfg(target_arch = "x86_64")]
        {
            if is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512bw")
                && is_x86_feature_detected!("avx512vl")
                && is_x86_feature_detected!("avx512dq")
            {
                return Self(Instructions::Avx512);
            }
            if is_x86_feature_detected!("avx2") {
                return Self(Instructions::Avx2);
            }
        }
        Self(Instructions::Plain)
    }
}

/// Compiles a function for each kind of processor, and chooses when it is called.
macro_rules! vectorized {
    ($(#[$doc:meta])* fn $name:ident($($argument:ident: $type:ty),* $(,)?) = $body:ident) => {
        $(#[$doc])*
        #[allow(clippy::too_many_arguments, reason = "a row's slices and numbers")]
        pub(super) fn $name(level: Level, $($argument: $type),*) {
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq")]
                fn avx512($($argument: $type),*) {
                    $body($($argument),*)
                }
                #[target_feature(enable = "avx2")]
                fn avx2($($argument: $type),*) {
                    $body($($argument),*)
                }
                match level.0 {
                    // SAFETY: such a `Level` is made only where the processor has the instructions.
                    Instructions::Avx512 => return unsafe { avx512($($argument),*) },
                    // SAFETY: as above.
                    Instructions::Avx2 => return unsafe { avx2($($argument),*) },
                    Instructions::Plain => {}
                }
            }
            #[cfg(not(target_arch = "x86_64"))]
            let Level(Instructions::Plain) = level;
            $body($($argument),*)
        }
    };
}

/// The values of one term of a sum.
#[derive(Clone, Copy)]
pub(super) enum Values<'a> {
    Floats(&'a [f32]),
    /// What the results' own floats are before: a map is changed in place.
    Own,
    /// `scale * (byte - zero)`.
    Bytes {
        bytes: &'a [u8],
        scale: f32,
        zero: f32,
    },
}

/// One row of one term of a sum.
#[derive(Clone, Copy)]
pub(super) struct TermRow<'a> {
    pub values: Values<'a>,
    /// Each of its pixels counts for `1 << shift` results.
    pub shift: u32,
    /// What each channel is multiplied with.
    pub factor: Option<&'a [f32]>,
}

/// Where results go.
pub(super) struct Results<'a> {
    pub floats: Option<&'a mut [f32]>,
    pub bytes: Option<(&'a mut [u8], Quantize)>,
}

impl Results<'_> {
    /// Stores a value for each channel of one pixel.
    pub(super) fn store_each(&mut self, stride: usize, value: impl Fn(usize) -> f32) {
        for channel in (0..stride).step_by(LANES) {
            let values: [f32; LANES] = std::array::from_fn(|lane| value(channel + lane));
            self.store(channel, &values);
        }
    }

    #[inline(always)]
    fn store(&mut self, at: usize, values: &[f32]) {
        if let Some(floats) = &mut self.floats {
            floats[at..at + values.len()].copy_from_slice(values);
        }
        if let Some((bytes, code)) = &mut self.bytes {
            for (byte, value) in bytes[at..at + values.len()].iter_mut().zip(values) {
                *byte = code.byte(*value);
            }
        }
    }

    /// Stores channel planes pixel by pixel, and zeros up to `stride` channels.
    pub(super) fn store_planes<'a>(&mut self, stride: usize, planes: impl ExactSizeIterator<Item = &'a [f32]>) {
        let channels = planes.len();
        for (channel, plane) in planes.enumerate() {
            if let Some(floats) = &mut self.floats {
                let places = floats[channel..].iter_mut().step_by(stride);
                places.zip(plane).for_each(|(to, value)| *to = *value);
            }
            if let Some((bytes, code)) = &mut self.bytes {
                let places = bytes[channel..].iter_mut().step_by(stride);
                places.zip(plane).for_each(|(to, value)| *to = code.byte(*value));
            }
        }
        for channel in channels..stride {
            if let Some(floats) = &mut self.floats {
                floats[channel..].iter_mut().step_by(stride).for_each(|to| *to = 0.0);
            }
            if let Some((bytes, _)) = &mut self.bytes {
                bytes[channel..].iter_mut().step_by(stride).for_each(|to| *to = 0);
            }
        }
    }
}

impl Quantize {
    /// The byte that is nearest to a value.
    #[inline(always)]
    pub(super) fn byte(self, value: f32) -> u8 {
        let steps = value * self.inverse + self.zero;
        let steps = if steps > 0.0 { steps } else { 0.0 };
        let steps = if steps < 255.0 { steps } else { 255.0 };
        // SAFETY: it is within 0 and 255, and no NaN, which the first comparison made 0.
        unsafe { steps.round_ties_even().to_int_unchecked::<i32>() as u8 }
    }
}

vectorized! {
    /// The sum of terms, one after the other, then what each channel gets, then the clamp.
    fn sum(terms: &[TermRow], offset: Option<&[f32]>, clamp: Clamp, pixels: usize, stride: usize, results: &mut Results) = sum_body
}

/// Channels that are worked on at once, where a pixel has as many: enough that what is asked for each of them is asked rarely, and as many as stay in
/// registers.
const BLOCK: usize = 4 * LANES;

#[inline(always)]
fn sum_body(
    terms: &[TermRow],
    offset: Option<&[f32]>,
    clamp: Clamp,
    pixels: usize,
    stride: usize,
    results: &mut Results,
) {
    match stride.is_multiple_of(BLOCK) {
        true => sum_blocks::<BLOCK>(terms, offset, clamp, pixels, stride, results),
        false => sum_blocks::<LANES>(terms, offset, clamp, pixels, stride, results),
    }
}

#[inline(always)]
fn sum_blocks<const N: usize>(
    terms: &[TermRow],
    offset: Option<&[f32]>,
    clamp: Clamp,
    pixels: usize,
    stride: usize,
    results: &mut Results,
) {
    for pixel in 0..pixels {
        for channel in (0..stride).step_by(N) {
            let mut sums = [0f32; N];
            for term in terms {
                let at = (pixel >> term.shift) * stride + channel;
                let factor = term.factor.map(|factor| block::<N, _>(factor, channel));
                match (term.values, results.floats.as_deref()) {
                    (Values::Floats(floats), _) | (Values::Own, Some(floats)) => {
                        add(&mut sums, block(floats, at), factor, |value| *value)
                    }
                    (Values::Bytes { bytes, scale, zero }, _) => {
                        add(&mut sums, block(bytes, at), factor, |byte| {
                            (f32::from(*byte) - zero) * scale
                        });
                    }
                    (Values::Own, None) => unreachable!("a map of floats is changed in place"),
                }
            }
            if let Some(offset) = offset {
                let offset = block::<N, _>(offset, channel);
                for (sum, offset) in sums.iter_mut().zip(offset) {
                    *sum += offset;
                }
            }
            for value in &mut sums {
                *value = if *value > clamp.low { *value } else { clamp.low };
                *value = if *value < clamp.high { *value } else { clamp.high };
            }
            results.store(pixel * stride + channel, &sums);
        }
    }
}

/// `N` values from one on.
#[inline(always)]
fn block<const N: usize, T>(values: &[T], at: usize) -> &[T; N] {
    values[at..].first_chunk().expect("rows are whole blocks")
}

#[inline(always)]
fn add<const N: usize, T>(sums: &mut [f32; N], values: &[T; N], factor: Option<&[f32; N]>, float: impl Fn(&T) -> f32) {
    match factor {
        None => {
            for (sum, value) in sums.iter_mut().zip(values) {
                *sum += float(value);
            }
        }
        Some(factor) => {
            for ((sum, value), factor) in sums.iter_mut().zip(values).zip(factor) {
                *sum += float(value) * factor;
            }
        }
    }
}

/// Where an enlarged row or column reads: between this one and the next, so far from it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Between {
    pub first: usize,
    pub second: usize,
    pub part: f32,
}

vectorized! {
    /// One row of a bilinear enlargement, between two rows of the map.
    fn enlarge(upper: &[f32], lower: &[f32], part: f32, columns: &[Between], stride: usize, results: &mut Results) = enlarge_body
}

#[inline(always)]
fn enlarge_body(upper: &[f32], lower: &[f32], part: f32, columns: &[Between], stride: usize, results: &mut Results) {
    match stride.is_multiple_of(BLOCK) {
        true => enlarge_blocks::<BLOCK>(upper, lower, part, columns, stride, results),
        false => enlarge_blocks::<LANES>(upper, lower, part, columns, stride, results),
    }
}

#[inline(always)]
fn enlarge_blocks<const N: usize>(
    upper: &[f32],
    lower: &[f32],
    part: f32,
    columns: &[Between],
    stride: usize,
    results: &mut Results,
) {
    for (pixel, column) in columns.iter().enumerate() {
        for channel in (0..stride).step_by(N) {
            let (first, second) = (column.first * stride + channel, column.second * stride + channel);
            let above: [&[f32; N]; 2] = [block(upper, first), block(upper, second)];
            let below: [&[f32; N]; 2] = [block(lower, first), block(lower, second)];
            let mut values = [0f32; N];
            for (lane, value) in values.iter_mut().enumerate() {
                let above = above[0][lane] + (above[1][lane] - above[0][lane]) * column.part;
                let below = below[0][lane] + (below[1][lane] - below[0][lane]) * column.part;
                *value = above + (below - above) * part;
            }
            results.store(pixel * stride + channel, &values);
        }
    }
}

vectorized! {
    /// One row of a channel's plane, between two rows of the plane, enlarged and as probabilities if wanted. `between` is scratch, one longer
    /// than `upper`.
    fn plane(upper: &[f32], lower: &[f32], part: f32, columns: &ColumnsFrom, sigmoid: bool, between: &mut [f32], results: &mut [f32]) = plane_body
}

/// Where the columns of an enlarged plane read: each between this one and the next, so far from it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Columns {
    first: Vec<u32>,
    part: Vec<f32>,
    /// One more than the greatest of `first`.
    end: usize,
}

impl Columns {
    pub(super) fn new(columns: &[Between]) -> Self {
        Self {
            first: columns.iter().map(|column| column.first as u32).collect(),
            part: columns.iter().map(|column| column.part).collect(),
            end: columns.iter().map(|column| column.first + 1).max().unwrap_or(0),
        }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.first.len()
    }

    /// Those that read any of these columns of the plane.
    pub(super) fn reading(&self, columns: Range<usize>) -> Range<usize> {
        let begin = self
            .first
            .partition_point(|first| (*first as usize + 1) < columns.start);
        let end = self.first.partition_point(|first| (*first as usize) < columns.end);
        begin..end
    }

    /// Those from one on.
    pub(super) fn from(&self, begin: usize) -> ColumnsFrom<'_> {
        ColumnsFrom {
            first: &self.first[begin..],
            part: &self.part[begin..],
            end: self.end,
        }
    }
}

/// [`Columns`] from one on.
#[derive(Clone, Copy)]
pub(super) struct ColumnsFrom<'a> {
    first: &'a [u32],
    part: &'a [f32],
    /// As that of all.
    end: usize,
}

#[inline(always)]
fn plane_body(
    upper: &[f32],
    lower: &[f32],
    part: f32,
    columns: &ColumnsFrom,
    sigmoid: bool,
    between: &mut [f32],
    results: &mut [f32],
) {
    let width = upper.len();
    for ((value, upper), lower) in between.iter_mut().zip(upper).zip(lower) {
        *value = upper + (lower - upper) * part;
    }
    // Beside the last column there is none; it counts twice.
    between[width] = between[width - 1];
    assert!(columns.end < between.len());
    for ((result, first), part) in results.iter_mut().zip(columns.first).zip(columns.part) {
        let first = *first as usize;
        // SAFETY: `first < columns.end`, which lies within, and so does the next one.
        let (first, second) = unsafe { (*between.get_unchecked(first), *between.get_unchecked(first + 1)) };
        *result = first + (second - first) * part;
    }
    if sigmoid {
        for result in results {
            *result = sigmoid_of(*result);
        }
    }
}

vectorized! {
    /// The logistic function of each value; there are whole blocks of channels.
    fn sigmoid(values: &[f32], results: &mut Results) = sigmoid_body
}

#[inline(always)]
fn sigmoid_body(values: &[f32], results: &mut Results) {
    let (blocks, _) = values.as_chunks::<LANES>();
    for (block, values) in blocks.iter().enumerate() {
        results.store(block * LANES, &values.map(sigmoid_of));
    }
}

/// `1 / (1 + exp(-x))` to within 2e-7, in operations that every processor does alike.
///
/// `exp(t)` is `2^n * exp(r)` with `r` within half of ln 2, for which seven terms of its power series are enough.
#[inline(always)]
fn sigmoid_of(x: f32) -> f32 {
    let t = -x;
    let t = if t > -87.0 { t } else { -87.0 };
    let t = if t < 87.0 { t } else { 87.0 };
    // Adding and taking away 1.5 * 2^23 rounds to a whole number.
    const ROUND: f32 = 12_582_912.0;
    let n = (t * std::f32::consts::LOG2_E + ROUND) - ROUND;
    // ln 2 in two parts, the first of which has few digits, so that its product with n is exact.
    let r = (t - n * 0.693_359_4) - n * -2.121_944_4e-4;
    let mut series = 1.0 / 5040.0;
    for term in [1.0 / 720.0, 1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0] {
        series = series * r + term;
    }
    // SAFETY: t is within 87 of 0 (and -87 where it was no number), so n is a whole number within 126 of 0.
    let n = unsafe { n.to_int_unchecked::<i32>() };
    let power = f32::from_bits((n.wrapping_add(127) as u32) << 23);
    1.0 / (1.0 + series * power)
}

vectorized! {
    /// For each result pixel the greatest of a window of columns of some rows. `between` is scratch for a row.
    fn greatest(rows: &[&[f32]], windows: &[Range<usize>], stride: usize, between: &mut [f32], results: &mut Results) = greatest_body
}

/// Result pixels whose columns are gone through at once, so that they stay in the first cache.
const POOLED: usize = 16;

#[inline(always)]
fn greatest_body(rows: &[&[f32]], windows: &[Range<usize>], stride: usize, between: &mut [f32], results: &mut Results) {
    match stride.is_multiple_of(BLOCK) {
        true => greatest_blocks::<BLOCK>(rows, windows, stride, between, results),
        false => greatest_blocks::<LANES>(rows, windows, stride, between, results),
    }
}

#[inline(always)]
fn greatest_blocks<const N: usize>(
    rows: &[&[f32]],
    windows: &[Range<usize>],
    stride: usize,
    between: &mut [f32],
    results: &mut Results,
) {
    for (piece, windows) in windows.chunks(POOLED).enumerate() {
        let first = windows.iter().map(|window| window.start).min().unwrap_or(0);
        let end = windows.iter().map(|window| window.end).max().unwrap_or(0);
        for at in (0..(end - first) * stride).step_by(N) {
            let all = rows.iter().map(|row| block::<N, _>(row, first * stride + at));
            between[at..at + N].copy_from_slice(&greatest_of(all));
        }
        for (pixel, window) in windows.iter().enumerate() {
            for channel in (0..stride).step_by(N) {
                let all = window
                    .clone()
                    .map(|column| block::<N, _>(between, (column - first) * stride + channel));
                let greatest: [f32; N] = greatest_of(all);
                results.store((piece * POOLED + pixel) * stride + channel, &greatest);
            }
        }
    }
}

/// The greatest, value by value; what is no number is never greater.
#[inline(always)]
fn greatest_of<'a, const N: usize>(all: impl Iterator<Item = &'a [f32; N]>) -> [f32; N] {
    let mut greatest = [f32::NEG_INFINITY; N];
    for values in all {
        for (greatest, value) in greatest.iter_mut().zip(values) {
            *greatest = if *value > *greatest { *value } else { *greatest };
        }
    }
    greatest
}

vectorized! {
    /// Adds each channel's values, pixel after pixel, and their squares if wanted: `sums` has one for each channel, `squares` as many or none.
    fn totals(values: &[f32], stride: usize, sums: &mut [f32], squares: &mut [f32]) = totals_body
}

vectorized! {
    /// Adds each channel's bytes, pixel after pixel.
    fn byte_totals(values: &[u8], stride: usize, sums: &mut [f32]) = byte_totals_body
}

#[inline(always)]
fn byte_totals_body(values: &[u8], stride: usize, sums: &mut [f32]) {
    sums.fill(0.0);
    for pixel in values.chunks_exact(stride) {
        for (sum, value) in sums.iter_mut().zip(pixel) {
            *sum += f32::from(*value);
        }
    }
}

#[inline(always)]
fn totals_body(values: &[f32], stride: usize, sums: &mut [f32], squares: &mut [f32]) {
    sums.fill(0.0);
    squares.fill(0.0);
    for pixel in values.chunks_exact(stride) {
        for (sum, value) in sums.iter_mut().zip(pixel) {
            *sum += value;
        }
        for (square, value) in squares.iter_mut().zip(pixel) {
            *square += value * value;
        }
    }
}

/// Brings the first `count` values into the cache. Kernels go over a row once for each of its blocks of channels, in steps that no processor foresees; a
/// look at each line of the cache in their order makes it fetch them ahead.
pub(super) fn bring(values: &[f32], count: usize) {
    let (blocks, _) = values[..count.min(values.len())].as_chunks::<LANES>();
    let looks = blocks.iter().fold(0, |all, block| all ^ block[0].to_bits());
    std::hint::black_box(looks);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_logistic_function_is_right_to_seven_digits() {
        for step in -4000..=4000 {
            let x = step as f32 / 40.0;
            let exact = 1.0 / (1.0 + (-f64::from(x)).exp());
            let ours = f64::from(sigmoid_of(x));
            assert!((ours - exact).abs() < 2e-7, "{x}: {ours} instead of {exact}");
        }
        assert!(sigmoid_of(f32::INFINITY) > 0.999_999 && sigmoid_of(f32::NEG_INFINITY) < 1e-30);
    }

    #[test]
    fn every_kind_of_processor_gives_the_same_bits() {
        let noise = |seed: u32| {
            (0..640u32).map(move |i| (i.wrapping_mul(2_654_435_761).wrapping_add(seed) >> 8) as f32 / 1e6 - 8.0)
        };
        let (upper, lower): (Vec<f32>, Vec<f32>) = (noise(1).collect(), noise(77).collect());
        let columns: Vec<Between> = (0..38)
            .map(|i| Between {
                first: i / 2,
                second: (i / 2 + 1).min(19),
                part: (i % 2) as f32 * 0.37,
            })
            .collect();
        let run = |level| {
            let (mut floats, mut bytes) = (vec![0f32; 38 * 32], vec![0u8; 38 * 32]);
            let code = Quantize {
                inverse: 7.3,
                zero: 120.0,
            };
            let mut results = Results {
                floats: Some(&mut floats),
                bytes: Some((&mut bytes, code)),
            };
            enlarge(level, &upper, &lower, 0.61, &columns, 32, &mut results);
            let (mut scratch, mut row) = (vec![0f32; 641], vec![0f32; 38]);
            plane(
                level,
                &upper,
                &lower,
                0.61,
                &Columns::new(&columns).from(0),
                true,
                &mut scratch,
                &mut row,
            );
            (
                floats.iter().chain(&row).map(|v| v.to_bits()).collect::<Vec<_>>(),
                bytes,
            )
        };
        assert!(run(Level::detect()) == run(Level::PLAIN));
    }
}

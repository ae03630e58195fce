//! The arithmetic of fused networks: convolutions of one row of results, with all that follows a sum of products done while it is in registers.
//!
//! Maps lie in memory pixel by pixel (height, width, channels), the channels of a pixel padded to a multiple of [`LANES`]. A kernel makes one row
//! of results from rows of a map that is padded by a border, so no kernel knows edges. [`reference`](mod@reference) says in plain Rust what each one computes;
//! the others ([`amx`], [`avx512`], [`avx2`], [`neon`]) equal it bit for bit, because every operation and its order is fixed: sums of products of
//! bytes are exact, float products are added one input after the other with one rounding each (fused multiply-add), and what follows a sum
//! is a product, a sum, a clamp and a rounding to the nearest even number, each of its own.

/// Writes a block of code out for each index below a constant limit of at most twelve. The compiler leaves longer loops as loops, and their sums
/// in memory.
#[cfg(target_arch = "x86_64")]
macro_rules! unrolled {
    ($limit:expr, $index:ident => $body:block) => {
        unrolled!(@ $limit, $index, $body, 0 1 2 3 4 5 6 7 8 9 10 11)
    };
    (@ $limit:expr, $index:ident, $body:block, $($each:literal)*) => {
        $(if $each < $limit {
            let $index: usize = $each;
            $body
        })*
    };
}

/// Calls a tile's function with the number of results, 1 to 12, as a constant, so that its sums are registers.
#[cfg(target_arch = "x86_64")]
macro_rules! with_constant {
    ($count:expr, $N:ident => $call:expr) => {
        with_constant!(@ $count, $N, $call, 1 2 3 4 5 6 7 8 9 10 11 12)
    };
    (@ $count:expr, $N:ident, $call:expr, $($number:literal)*) => {
        match $count {
            $($number => {
                const $N: usize = $number;
                $call
            })*
            _ => unreachable!("no tile has more results"),
        }
    };
}

#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
mod amx;
#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod halves;
#[cfg(target_arch = "aarch64")]
mod neon;
mod pack;
mod reference;
#[cfg(test)]
mod reference_halves;
#[cfg(test)]
mod tests;

use std::fmt::Debug;
use std::ops::Range;

pub(super) use halves::{DenseHalves, HalfKernels, best_halves};
pub(super) use pack::{pack_dense_floats, pack_depthwise_floats};

/// Channels of a pixel lie in memory, and are computed, so many at a time: the sums in one AVX-512 register.
pub(super) const LANES: usize = 16;

/// The channels of a pixel with their padding.
pub(super) fn padded(channels: usize) -> usize {
    channels.next_multiple_of(LANES)
}

/// What the pixels of one row of results read. Result `p`, tap `t` reads the channels from `first + p * step + taps[t]` on.
#[derive(Clone, Copy)]
pub(super) struct Reads<'a, T> {
    /// The map with its border.
    pub map: &'a [T],
    /// Where the first tap of the first result begins.
    pub first: usize,
    /// From one result's to the next one's, in elements.
    pub step: usize,
    /// From the first tap to each tap, in elements.
    pub taps: &'a [usize],
}

impl<T> Reads<'_, T> {
    /// Stops before anything outside of the map is read.
    fn check(&self, pixels: usize, channels: usize) {
        let farthest = self.taps.iter().max().copied().unwrap_or(0);
        let end = self.first + pixels.saturating_sub(1) * self.step + farthest + channels;
        assert!(
            end <= self.map.len(),
            "a row reads up to {end} of a map of {}",
            self.map.len()
        );
    }
}

/// What is done with a sum of products: `clamp(sum * multiplier + addend + residual, low, high)`, which is a row's float result; its byte is that,
/// or `value * inverse + zero` where [`Epilogue::quantize`] says so, rounded to the nearest even number within 0 to 255.
#[derive(Clone, Copy)]
pub(super) struct Epilogue<'a> {
    /// One for each channel, padded.
    pub multiplier: &'a [f32],
    /// One for each channel, padded.
    pub addend: &'a [f32],
    /// Least value of the clamp.
    pub low: f32,
    /// Greatest value of the clamp.
    pub high: f32,
    /// From a float result to a byte; without it the clamped value counts in steps of bytes already.
    pub quantize: Option<Quantize>,
}

/// From a float to a byte.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Quantize {
    /// Steps in one unit.
    pub inverse: f32,
    /// The byte that means 0.
    pub zero: f32,
}

/// What is added to a row of results before the clamp.
#[derive(Clone, Copy)]
pub(super) enum Residual<'a> {
    /// A row of another map.
    Other {
        /// The row's values, channels padded.
        floats: &'a [f32],
        /// Each of its pixels counts for `1 << shift` results.
        shift: u32,
    },
    /// What the row's own floats are before: a map is changed in place.
    Own,
}

/// One row of results, to be written.
pub(super) struct Row<'a> {
    /// How many results.
    pub pixels: usize,
    /// Channels with their padding.
    pub stride: usize,
    /// Their float values, if anybody wants them.
    pub floats: Option<&'a mut [f32]>,
    /// Their bytes, if anybody wants them.
    pub bytes: Option<&'a mut [u8]>,
    /// What is added.
    pub residual: Option<Residual<'a>>,
}

impl Row<'_> {
    /// Some of the results. They begin where a value that is added to several of them begins.
    pub(super) fn part(&mut self, pixels: Range<usize>) -> Row<'_> {
        let values = pixels.start * self.stride..pixels.end * self.stride;
        Row {
            pixels: pixels.len(),
            stride: self.stride,
            floats: self.floats.as_deref_mut().map(|floats| &mut floats[values.clone()]),
            bytes: self.bytes.as_deref_mut().map(|bytes| &mut bytes[values]),
            residual: self.residual.map(|residual| match residual {
                Residual::Own => Residual::Own,
                Residual::Other { floats, shift } => Residual::Other {
                    floats: &floats[(pixels.start >> shift) * self.stride..],
                    shift,
                },
            }),
        }
    }

    /// The bytes, where they are all that is wanted and a sum's clamped value is one already.
    #[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
    fn only_bytes(&mut self, epilogue: &Epilogue) -> Option<&mut [u8]> {
        let clamped = epilogue.low >= 0.0 && epilogue.high <= 255.0 && epilogue.quantize.is_none();
        if !clamped || self.floats.is_some() || self.residual.is_some() {
            return None;
        }
        self.bytes.as_deref_mut()
    }

    /// Where the values begin that are added to a result's channels from `channel` on.
    #[inline(always)]
    fn added(&self, pixel: usize, channel: usize) -> Option<*const f32> {
        Some(match self.residual? {
            Residual::Other { floats, shift } => floats.as_ptr().wrapping_add((pixel >> shift) * self.stride + channel),
            Residual::Own => {
                let floats = self.floats.as_deref()?;
                floats.as_ptr().wrapping_add(pixel * self.stride + channel)
            }
        })
    }

    /// Stops before anything outside is read or written.
    fn check(&self, epilogue: &Epilogue) {
        let values = self.pixels * self.stride;
        assert!(self.stride.is_multiple_of(LANES));
        assert!(self.floats.as_ref().is_none_or(|floats| floats.len() >= values));
        assert!(self.bytes.as_ref().is_none_or(|bytes| bytes.len() >= values));
        match self.residual {
            Some(Residual::Other { floats, shift }) => {
                assert!(floats.len() >= (self.pixels.saturating_sub(1) >> shift) * self.stride + self.stride);
            }
            Some(Residual::Own) => assert!(self.floats.is_some()),
            None => {}
        }
        assert!(epilogue.multiplier.len() == self.stride && epilogue.addend.len() == self.stride);
    }
}

/// Which input channels a block of [`LANES`] result channels reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Grouping {
    /// Each block reads all.
    Whole,
    /// In a grouped convolution, only those of the block's own groups: its weights for other channels of the same block are 0.
    Groups {
        /// Result channels of a group.
        outputs: usize,
        /// Input channels of a group.
        inputs: usize,
    },
}

impl Grouping {
    /// The first input channel that a block of results reads.
    pub(super) fn first_input(self, block: usize) -> usize {
        match self {
            Self::Whole => 0,
            Self::Groups { outputs, inputs } => block * LANES / outputs * inputs,
        }
    }

    /// The channels of a group, where a block of lanes holds several and there are kernels for such groups with so many taps.
    #[cfg(target_arch = "x86_64")]
    fn narrow(self, taps: usize) -> Option<usize> {
        match self {
            Self::Groups { outputs, inputs }
                if outputs == inputs && matches!(inputs, 4 | 8) && taps <= NARROW_TAPS_MAX =>
            {
                Some(inputs)
            }
            _ => None,
        }
    }
}

/// The most taps of a window of narrow groups, whose weights are joined and held for a row: 3×3.
#[cfg(target_arch = "x86_64")]
const NARROW_TAPS_MAX: usize = 9;

/// A convolution of bytes in which every result channel of a block reads the same input channels of every tap.
pub(super) struct DenseBytes<'a> {
    /// By [`Kernels::pack_dense_bytes`].
    pub weights: &'a [i8],
    /// Groups of four input channels that a block reads of each tap.
    pub quads: usize,
    /// Where a block's input channels begin.
    pub grouping: Grouping,
    /// What each channel's sum begins with, padded: what the input's zero point takes away.
    pub start: &'a [i32],
    /// What follows the sum.
    pub epilogue: Epilogue<'a>,
}

/// The same of floats.
pub(super) struct DenseFloats<'a> {
    /// By [`pack_dense_floats`].
    pub weights: &'a [f32],
    /// Input channels that a block reads of each tap.
    pub inputs: usize,
    /// Where a block's input channels begin.
    pub grouping: Grouping,
    /// What follows the sum.
    pub epilogue: Epilogue<'a>,
}

/// A depthwise convolution: each channel is its own. Its taps are a square of `side` rows and columns, as [`Reads::taps`] lists them, row by row.
pub(super) struct Depthwise<'a, W> {
    /// By [`Kernels::pack_depthwise_bytes`] or [`pack_depthwise_floats`].
    pub weights: &'a [W],
    /// Rows and columns of its taps.
    pub side: usize,
    /// What each channel's sum begins with, padded; zeros for floats.
    pub start: &'a [i32],
    /// What follows the sum.
    pub epilogue: Epilogue<'a>,
}

impl DenseBytes<'_> {
    /// Stops before anything outside is read or written; a weight has `bytes`.
    fn check(&self, reads: &Reads<u8>, row: &Row, bytes: usize) {
        let blocks = row.stride / LANES;
        row.check(&self.epilogue);
        reads.check(row.pixels, self.grouping.first_input(blocks - 1) + 4 * self.quads);
        assert!(self.weights.len() == blocks * reads.taps.len() * self.quads * 4 * LANES * bytes);
        assert!(self.start.len() == row.stride);
    }
}

impl DenseFloats<'_> {
    /// Stops before anything outside is read or written.
    fn check(&self, reads: &Reads<f32>, row: &Row) {
        let blocks = row.stride / LANES;
        row.check(&self.epilogue);
        reads.check(row.pixels, self.grouping.first_input(blocks - 1) + self.inputs);
        assert!(self.weights.len() == blocks * reads.taps.len() * self.inputs * LANES);
    }
}

impl<W> Depthwise<'_, W> {
    /// Stops before anything outside is read or written; each channel has `weights` of them.
    fn check<T>(&self, reads: &Reads<T>, row: &Row, weights: usize) {
        row.check(&self.epilogue);
        reads.check(row.pixels, row.stride);
        assert!(reads.taps.len() == self.side * self.side);
        // Kernels go from column to column without looking at each tap.
        let mut rows = reads.taps.chunks_exact(self.side);
        assert!(rows.all(|taps| (0..self.side).all(|x| taps[x] == taps[0] + x * row.stride)));
        assert!(self.weights.len() == row.stride * weights);
        assert!(self.start.len() == row.stride);
    }
}

/// The first result and the number of results of each tile of a row: as few tiles of at most `most` results as there can be, as equal as
/// can be, since a tile of few results leaves the processor waiting for its sums.
fn tiles(pixels: usize, most: usize) -> impl Iterator<Item = (usize, usize)> {
    let count = pixels.div_ceil(most);
    (0..count).map(move |tile| {
        let first = tile * pixels / count;
        (first, (tile + 1) * pixels / count - first)
    })
}

/// One family of kernels.
pub(super) trait Kernels: Debug + Send + Sync {
    /// What a person calls it.
    fn name(&self) -> &'static str;
    /// Dense weights of bytes as this family reads them, from `weights[output][tap][input]`.
    fn pack_dense_bytes(&self, weights: &[i8], outputs: usize, taps: usize, inputs: usize) -> Vec<i8> {
        pack::pack_dense_bytes(weights, outputs, taps, inputs)
    }
    /// Depthwise weights of bytes as this family reads them, from `weights[channel][row][column]`.
    fn pack_depthwise_bytes(&self, weights: &[i8], channels: usize, side: usize) -> Vec<i8> {
        pack::pack_depthwise_bytes(weights, channels, side)
    }
    /// One row of a dense convolution of bytes.
    fn dense_bytes(&self, reads: &Reads<u8>, convolution: &DenseBytes, row: &mut Row);
    /// One row of a dense convolution of floats.
    fn dense_floats(&self, reads: &Reads<f32>, convolution: &DenseFloats, row: &mut Row);
    /// One row of a depthwise convolution of bytes.
    fn depthwise_bytes(&self, reads: &Reads<u8>, convolution: &Depthwise<i8>, row: &mut Row);
    /// One row of a depthwise convolution of floats.
    fn depthwise_floats(&self, reads: &Reads<f32>, convolution: &Depthwise<f32>, row: &mut Row);
}

/// All families that this processor can run, the fastest first; the last is plain Rust.
pub(super) fn all() -> Vec<&'static dyn Kernels> {
    let mut found: Vec<&'static dyn Kernels> = Vec::new();
    #[cfg(all(target_arch = "x86_64", target_os = "linux"))]
    found.extend(amx::Amx::detect());
    #[cfg(target_arch = "x86_64")]
    {
        found.extend(avx512::Avx512::detect());
        found.extend(avx2::detect());
    }
    #[cfg(target_arch = "aarch64")]
    found.extend(neon::detect());
    found.push(&reference::Reference);
    found
}

/// The family of that name, if this processor can run it.
pub(super) fn named(name: &[u8]) -> Option<&'static dyn Kernels> {
    all().into_iter().find(|kernels| kernels.name().as_bytes() == name)
}

/// The fastest family that this processor can run.
pub(super) fn best() -> &'static dyn Kernels {
    all()[0]
}

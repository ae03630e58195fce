//! Grouped convolutions of narrow groups: each lane reads the inputs of its own group, where [`dense`](super::dense) would multiply all inputs of the
//! block by weights most of which are 0.

#![allow(
    unsafe_code,
    reason = "vector instructions, and loads and stores whose bounds are checked once for a row"
)]

use std::arch::x86_64::*;
use std::ops::Range;

use super::super::{DenseBytes, LANES, NARROW_TAPS_MAX, Reads, Row, tiles};
use super::pair_rows::PairRows;
use super::{finish, load_two, scale, to_floats};

/// Results that are computed together.
const TILE: usize = 4;
/// Fours of inputs of a block.
const QUADS: usize = LANES / 4;

/// The weights of a tap's fours of a group, of bytes or of the even and the odd pairs.
type Joined = [[[__m256i; 2]; QUADS]; NARROW_TAPS_MAX];

/// Where results read: numbers of 32 bits, of which four inputs are one, or two where they are pairs.
#[derive(Clone, Copy)]
struct Inputs<'a> {
    /// What the first result's tap at 0 reads.
    first: *const i32,
    taps: &'a [usize],
    step: usize,
}

/// With AVX2, of pairs, for some results.
///
/// # Safety
/// The processor has AVX2 and FMA, the row and the inputs have these results, and the convolution is narrow with that `group`.
#[target_feature(enable = "avx2,fma")]
pub(super) unsafe fn pairs(
    rows: &PairRows,
    convolution: &DenseBytes,
    row: &mut Row,
    pixels: Range<usize>,
    group: usize,
) {
    let mut taps = [0; NARROW_TAPS_MAX];
    for (two, tap) in taps.iter_mut().zip(rows.taps) {
        *two = 2 * tap;
    }
    let inputs = Inputs {
        first: rows.of(pixels.start, 0).cast(),
        taps: &taps[..rows.taps.len()],
        step: 2 * rows.step,
    };
    // SAFETY: the caller's promise.
    unsafe {
        match group {
            4 => blocks::<2, 4>(inputs, convolution, row, pixels),
            _ => blocks::<2, 8>(inputs, convolution, row, pixels),
        }
    }
}

/// With AVX-VNNI, of bytes, for a row.
///
/// # Safety
/// The processor has AVX-VNNI besides, `check` has found the row within its slices, and the convolution is narrow with that `group`.
#[target_feature(enable = "avx2,fma,avxvnni")]
pub(super) unsafe fn bytes(reads: &Reads<u8>, convolution: &DenseBytes, row: &mut Row, group: usize) {
    let mut taps = [0; NARROW_TAPS_MAX];
    for (four, tap) in taps.iter_mut().zip(reads.taps) {
        *four = tap / 4;
    }
    let inputs = Inputs {
        first: reads.map.as_ptr().wrapping_add(reads.first).cast(),
        taps: &taps[..reads.taps.len()],
        step: reads.step / 4,
    };
    let pixels = 0..row.pixels;
    // SAFETY: the caller's promise.
    unsafe {
        match group {
            4 => blocks::<1, 4>(inputs, convolution, row, pixels),
            _ => blocks::<1, 8>(inputs, convolution, row, pixels),
        }
    }
}

/// Goes through the blocks of channels. Four inputs are `PARTS` numbers. It is inlined, and becomes AVX2 or AVX-VNNI in its caller.
///
/// # Safety
/// As [`pairs`] or [`bytes`].
#[inline(always)]
unsafe fn blocks<const PARTS: usize, const GROUP: usize>(
    inputs: Inputs,
    convolution: &DenseBytes,
    row: &mut Row,
    pixels: Range<usize>,
) {
    // SAFETY: the caller's promise.
    unsafe {
        for block in 0..row.stride / LANES {
            let weights = joined::<PARTS, GROUP>(convolution, block, inputs.taps.len());
            let of_block = Inputs {
                first: inputs.first.wrapping_add(block * QUADS * PARTS),
                ..inputs
            };
            for (pixel, count) in tiles(pixels.len(), TILE) {
                let inputs = Inputs {
                    first: of_block.first.wrapping_add(pixel * inputs.step),
                    ..of_block
                };
                let pixel = pixels.start + pixel;
                match count {
                    4 => tile::<PARTS, GROUP, 4>(inputs, convolution, &weights, row, block, pixel),
                    3 => tile::<PARTS, GROUP, 3>(inputs, convolution, &weights, row, block, pixel),
                    2 => tile::<PARTS, GROUP, 2>(inputs, convolution, &weights, row, block, pixel),
                    _ => tile::<PARTS, GROUP, 1>(inputs, convolution, &weights, row, block, pixel),
                }
            }
        }
    }
}

/// Where a lane's group has no weights there are zeros, so all groups' weights lie in one register.
///
/// # Safety
/// As [`blocks`].
#[inline(always)]
unsafe fn joined<const PARTS: usize, const GROUP: usize>(
    convolution: &DenseBytes,
    block: usize,
    taps: usize,
) -> Joined {
    // SAFETY: the caller's promise.
    unsafe {
        let mut joined = [[[_mm256_setzero_si256(); 2]; QUADS]; NARROW_TAPS_MAX];
        let mut packed = convolution
            .weights
            .as_ptr()
            .add(block * taps * QUADS * PARTS * 4 * LANES);
        for tap in &mut joined[..taps] {
            for quad in 0..QUADS {
                for part in 0..PARTS {
                    let columns = load_two(packed);
                    let to = &mut tap[quad % (GROUP / 4) * PARTS + part];
                    for half in 0..2 {
                        to[half] = _mm256_or_si256(to[half], columns[half]);
                    }
                    packed = packed.add(4 * LANES);
                }
            }
        }
        joined
    }
}

/// # Safety
/// As [`blocks`].
#[inline(always)]
unsafe fn tile<const PARTS: usize, const GROUP: usize, const M: usize>(
    inputs: Inputs,
    convolution: &DenseBytes,
    weights: &Joined,
    row: &mut Row,
    block: usize,
    pixel: usize,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let mut sums = [load_two(convolution.start.as_ptr().add(block * LANES)); M];
        for (offset, weights) in inputs.taps.iter().zip(weights) {
            let tap = inputs.first.add(*offset);
            for (number, columns) in weights[..GROUP / 4 * PARTS].iter().enumerate() {
                unrolled!(M, m => {
                    let from = tap.wrapping_add(m * inputs.step + number);
                    unrolled!(2, half => {
                        let inputs = of_groups::<PARTS, GROUP>(from, half);
                        sums[m][half] = multiply_add::<PARTS>(sums[m][half], inputs, columns[half]);
                    });
                });
            }
        }
        let values = scale(to_floats(sums), &convolution.epilogue, block);
        finish(&values, &convolution.epilogue, row, block, pixel);
    }
}

/// The number at `from` of each lane's group, for the first or the second eight lanes: of two groups of four channels, or of one of eight.
///
/// # Safety
/// As [`blocks`]; `from` points to the first group's number.
#[inline(always)]
unsafe fn of_groups<const PARTS: usize, const GROUP: usize>(from: *const i32, half: usize) -> __m256i {
    // SAFETY: the caller's promise.
    unsafe {
        let from = from.wrapping_add(half * 2 * PARTS);
        if GROUP == 8 {
            return _mm256_set1_epi32(from.read_unaligned());
        }
        let [first, second] = [0, PARTS].map(|group| _mm256_set1_epi32(from.wrapping_add(group).read_unaligned()));
        _mm256_blend_epi32::<0b1111_0000>(first, second)
    }
}

/// Sums and the products of bytes, or of pairs.
#[inline(always)]
unsafe fn multiply_add<const PARTS: usize>(sum: __m256i, inputs: __m256i, weights: __m256i) -> __m256i {
    // SAFETY: the caller has the instructions.
    unsafe {
        if PARTS == 1 {
            _mm256_dpbusd_avx_epi32(sum, inputs, weights)
        } else {
            _mm256_add_epi32(sum, _mm256_madd_epi16(inputs, weights))
        }
    }
}

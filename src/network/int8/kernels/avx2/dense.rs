//! Dense and grouped convolutions.

#![allow(
    unsafe_code,
    reason = "vector instructions, and loads and stores whose bounds are checked once for a row"
)]

use std::arch::x86_64::*;

use super::super::{DenseBytes, DenseFloats, LANES, Reads, Row};
use super::pair_rows::{PairRows, Pairs};
use super::{QUAD, TILE, finish, load_two, load_two_floats, scale, to_floats};

/// The addresses of a tile's results, three by three from one pointer, so that few registers hold them.
macro_rules! result {
    ($pointers:ident, $step:expr, $m:expr) => {
        $pointers[$m / 3].add($m % 3 * $step)
    };
}

/// # Safety
/// The processor has the instructions, and all that the tile reads and writes lies within the slices of its arguments.
#[target_feature(enable = "avx2,fma")]
pub(super) unsafe fn dense_pairs_tile<const M: usize>(
    rows: &PairRows,
    convolution: &DenseBytes,
    row: &mut Row,
    block: usize,
    pixel: usize,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let mut sums = [load_two(convolution.start.as_ptr().add(block * LANES)); M];
        let first = rows.of(pixel, convolution.grouping.first_input(block));
        let block_weights = rows.taps.len() * convolution.quads * QUAD;
        let mut weights = convolution.weights.as_ptr().add(block * block_weights);
        for tap in rows.taps {
            let base = first.wrapping_add(*tap);
            let mut inputs: [*const Pairs; TILE.div_ceil(3)] =
                std::array::from_fn(|m| base.wrapping_add(3 * m * rows.step));
            for _ in 0..convolution.quads {
                unrolled!(2, part => {
                    let columns = load_two(weights.add(part * QUAD / 2));
                    for m in 0..M {
                        let pair = _mm256_set1_epi32((*result!(inputs, rows.step, m))[part]);
                        for half in 0..2 {
                            let products = _mm256_madd_epi16(pair, columns[half]);
                            sums[m][half] = _mm256_add_epi32(sums[m][half], products);
                        }
                    }
                });
                weights = weights.add(QUAD);
                for pointer in &mut inputs {
                    *pointer = pointer.wrapping_add(1);
                }
            }
        }
        let values = scale(to_floats(sums), &convolution.epilogue, block);
        finish(&values, &convolution.epilogue, row, block, pixel);
    }
}

/// # Safety
/// As [`dense_pairs_tile`].
#[target_feature(enable = "avx2,fma,avxvnni")]
pub(super) unsafe fn dense_bytes_tile<const M: usize>(
    reads: &Reads<u8>,
    convolution: &DenseBytes,
    row: &mut Row,
    block: usize,
    pixel: usize,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let mut sums = [load_two(convolution.start.as_ptr().add(block * LANES)); M];
        let first = reads.first + pixel * reads.step + convolution.grouping.first_input(block);
        let block_weights = reads.taps.len() * convolution.quads * 4 * LANES;
        let mut weights = convolution.weights.as_ptr().add(block * block_weights);
        for tap in reads.taps {
            let base = reads.map.as_ptr().add(first + tap);
            let mut inputs: [*const u8; TILE.div_ceil(3)] =
                std::array::from_fn(|m| base.wrapping_add(3 * m * reads.step));
            for _ in 0..convolution.quads {
                let columns = load_two(weights);
                for m in 0..M {
                    let four = _mm256_set1_epi32(result!(inputs, reads.step, m).cast::<i32>().read_unaligned());
                    for half in 0..2 {
                        sums[m][half] = _mm256_dpbusd_avx_epi32(sums[m][half], four, columns[half]);
                    }
                }
                weights = weights.add(4 * LANES);
                for pointer in &mut inputs {
                    *pointer = pointer.wrapping_add(4);
                }
            }
        }
        let values = scale(to_floats(sums), &convolution.epilogue, block);
        finish(&values, &convolution.epilogue, row, block, pixel);
    }
}

/// # Safety
/// As [`dense_pairs_tile`].
#[target_feature(enable = "avx2,fma")]
pub(super) unsafe fn dense_floats_tile<const M: usize>(
    reads: &Reads<f32>,
    convolution: &DenseFloats,
    row: &mut Row,
    block: usize,
    pixel: usize,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let mut sums = [[_mm256_setzero_ps(); 2]; M];
        let first = reads.first + pixel * reads.step + convolution.grouping.first_input(block);
        let block_weights = reads.taps.len() * convolution.inputs * LANES;
        let mut weights = convolution.weights.as_ptr().add(block * block_weights);
        for tap in reads.taps {
            let base = reads.map.as_ptr().add(first + tap);
            let mut inputs: [*const f32; TILE.div_ceil(3)] =
                std::array::from_fn(|m| base.wrapping_add(3 * m * reads.step));
            for _ in 0..convolution.inputs {
                let columns = load_two_floats(weights);
                for m in 0..M {
                    let input = _mm256_set1_ps(*result!(inputs, reads.step, m));
                    for half in 0..2 {
                        sums[m][half] = _mm256_fmadd_ps(input, columns[half], sums[m][half]);
                    }
                }
                weights = weights.add(LANES);
                for pointer in &mut inputs {
                    *pointer = pointer.wrapping_add(1);
                }
            }
        }
        let values = scale(sums, &convolution.epilogue, block);
        finish(&values, &convolution.epilogue, row, block, pixel);
    }
}

//! Depthwise convolutions.

#![allow(
    unsafe_code,
    reason = "vector instructions, and loads and stores whose bounds are checked once for a row"
)]

use std::arch::x86_64::*;

use super::super::{Depthwise, LANES, Reads, Row};
use super::{QUAD, RUN, finish, load_two, load_two_floats, scale, to_floats};

/// Stops before anything outside is read or written.
pub(super) fn check_depthwise_bytes(reads: &Reads<u8>, convolution: &Depthwise<i8>, row: &Row) {
    convolution.check(
        reads,
        row,
        convolution.side * convolution.side.div_ceil(4) * QUAD / LANES,
    );
}

/// # Safety
/// As [`dense_pairs_tile`], for the whole row.
#[target_feature(enable = "avx2,fma")]
pub(super) unsafe fn depthwise_bytes_avx2(reads: &Reads<u8>, convolution: &Depthwise<i8>, row: &mut Row) {
    // SAFETY: the caller's promise.
    unsafe { depthwise_bytes_row::<false>(reads, convolution, row) }
}

/// # Safety
/// As [`dense_pairs_tile`], for the whole row.
#[target_feature(enable = "avx2,fma,avxvnni")]
pub(super) unsafe fn depthwise_bytes_vnni(reads: &Reads<u8>, convolution: &Depthwise<i8>, row: &mut Row) {
    // SAFETY: the caller's promise.
    unsafe { depthwise_bytes_row::<true>(reads, convolution, row) }
}

/// Goes through the row. It is inlined, and becomes AVX2 or AVX-VNNI in its caller.
///
/// # Safety
/// As [`dense_pairs_tile`], for the whole row.
#[inline(always)]
unsafe fn depthwise_bytes_row<const VNNI: bool>(reads: &Reads<u8>, convolution: &Depthwise<i8>, row: &mut Row) {
    let stride = reads.step / row.stride;
    // SAFETY: the caller's promise.
    unsafe {
        let whole = if stride <= 2 { row.pixels / RUN * RUN } else { 0 };
        for pixel in (0..whole).step_by(RUN) {
            for block in 0..row.stride / LANES {
                match (convolution.side, stride) {
                    (3, 1) => depthwise_bytes_run::<VNNI, 3, 1, RUN>(reads, convolution, row, block, pixel),
                    (3, 2) => depthwise_bytes_run::<VNNI, 3, 2, RUN>(reads, convolution, row, block, pixel),
                    (5, 1) => depthwise_bytes_run::<VNNI, 5, 1, RUN>(reads, convolution, row, block, pixel),
                    (5, 2) => depthwise_bytes_run::<VNNI, 5, 2, RUN>(reads, convolution, row, block, pixel),
                    _ => unreachable!("depthwise convolutions have 3 or 5 rows and columns"),
                }
            }
        }
        for pixel in whole..row.pixels {
            for block in 0..row.stride / LANES {
                match convolution.side {
                    3 => depthwise_bytes_run::<VNNI, 3, 1, 1>(reads, convolution, row, block, pixel),
                    5 => depthwise_bytes_run::<VNNI, 5, 1, 1>(reads, convolution, row, block, pixel),
                    _ => unreachable!("depthwise convolutions have 3 or 5 rows and columns"),
                }
            }
        }
    }
}

/// Goes through the columns that a run of results reads, once each.
///
/// # Safety
/// As [`dense_pairs_tile`].
#[inline(always)]
unsafe fn depthwise_bytes_run<const VNNI: bool, const SIDE: usize, const STRIDE: usize, const M: usize>(
    reads: &Reads<u8>,
    convolution: &Depthwise<i8>,
    row: &mut Row,
    block: usize,
    pixel: usize,
) {
    let quads = SIDE.div_ceil(4);
    // SAFETY: the caller's promise.
    unsafe {
        let mut sums = [load_two(convolution.start.as_ptr().add(block * LANES)); M];
        let first = reads.map.as_ptr().add(reads.first + pixel * reads.step + block * LANES);
        let weights = convolution.weights.as_ptr().add(block * SIDE * quads * QUAD);
        let mut rows: [*const u8; SIDE] = [first; SIDE];
        for (y, row) in rows.iter_mut().enumerate() {
            *row = first.add(*reads.taps.get_unchecked(y * SIDE));
        }
        unrolled!((M - 1) * STRIDE + SIDE, x => {
            unrolled!(2 * quads, pair => {
                // The pair's rows are the even or the odd ones of its four.
                let y = pair / 2 * 4 + pair % 2;
                if y < SIDE {
                    let column = if y + 2 < SIDE {
                        two_rows(rows[y], rows[y + 2])
                    } else {
                        one_row(rows[y])
                    };
                    unrolled!(M, m => {
                        if x >= m * STRIDE && x - m * STRIDE < SIDE {
                            let quad = weights.add(((x - m * STRIDE) * quads + pair / 2) * QUAD);
                            let weights = load_two(quad.add(pair % 2 * QUAD / 2));
                            for half in 0..2 {
                                sums[m][half] = if VNNI {
                                    _mm256_dpwssd_avx_epi32(sums[m][half], column[half], weights[half])
                                } else {
                                    _mm256_add_epi32(sums[m][half], _mm256_madd_epi16(column[half], weights[half]))
                                };
                            }
                        }
                    });
                }
            });
            for pointer in &mut rows {
                *pointer = pointer.wrapping_add(row.stride);
            }
        });
        let values = scale(to_floats(sums), &convolution.epilogue, block);
        finish(&values, &convolution.epilogue, row, block, pixel);
    }
}

/// # Safety
/// As [`dense_pairs_tile`].
#[target_feature(enable = "avx2,fma")]
pub(super) unsafe fn depthwise_floats_run<const M: usize>(
    reads: &Reads<f32>,
    convolution: &Depthwise<f32>,
    row: &mut Row,
    block: usize,
    pixel: usize,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let mut sums = [[_mm256_setzero_ps(); 2]; M];
        let first = reads.map.as_ptr().add(reads.first + pixel * reads.step + block * LANES);
        let weights = convolution.weights.as_ptr().add(block * reads.taps.len() * LANES);
        for (tap, offset) in reads.taps.iter().enumerate() {
            let weights = load_two_floats(weights.add(tap * LANES));
            for (m, sum) in sums.iter_mut().enumerate() {
                let inputs = load_two_floats(first.add(offset + m * reads.step));
                for half in 0..2 {
                    sum[half] = _mm256_fmadd_ps(inputs[half], weights[half], sum[half]);
                }
            }
        }
        let values = scale(sums, &convolution.epilogue, block);
        finish(&values, &convolution.epilogue, row, block, pixel);
    }
}

/// Sixteen channels of two rows as pairs.
///
/// # Safety
/// The processor has the instructions, and sixteen bytes can be read of each.
#[inline]
#[target_feature(enable = "avx2,fma")]
unsafe fn two_rows(upper: *const u8, lower: *const u8) -> [__m256i; 2] {
    // SAFETY: the caller's promise.
    let (upper, lower) = unsafe { (_mm_loadu_si128(upper.cast()), _mm_loadu_si128(lower.cast())) };
    [
        _mm256_cvtepu8_epi16(_mm_unpacklo_epi8(upper, lower)),
        _mm256_cvtepu8_epi16(_mm_unpackhi_epi8(upper, lower)),
    ]
}

/// Sixteen channels of one row as pairs with 0.
///
/// # Safety
/// The processor has the instructions, and sixteen bytes can be read.
#[inline]
#[target_feature(enable = "avx2,fma")]
unsafe fn one_row(row: *const u8) -> [__m256i; 2] {
    // SAFETY: the caller's promise.
    unsafe {
        [
            _mm256_cvtepu8_epi32(_mm_loadl_epi64(row.cast())),
            _mm256_cvtepu8_epi32(_mm_loadl_epi64(row.add(LANES / 2).cast())),
        ]
    }
}

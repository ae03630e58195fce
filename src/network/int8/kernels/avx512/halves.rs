//! Dense convolutions in bfloat16 for x86-64 with AVX-512 BF16: each lane adds the products of two inputs at once.

#![allow(
    unsafe_code,
    reason = "vector instructions, and loads and stores whose bounds are checked once for a row"
)]

use std::arch::x86_64::*;

use half::bf16;

use super::super::pack::pack_dense;
use super::super::{DenseHalves, HalfKernels, LANES, Reads, Row, tiles};
use super::{Avx512, Finish, TILE, pairs};

/// Proof that the processor has the instructions.
#[derive(Debug)]
pub(in super::super) struct Bfloat16(());

impl Bfloat16 {
    pub(in super::super) fn detect() -> Option<&'static dyn HalfKernels> {
        let has = Avx512::detect().is_some() && is_x86_feature_detected!("avx512bf16");
        has.then_some(&Self(()) as &dyn HalfKernels)
    }
}

impl HalfKernels for Bfloat16 {
    fn name(&self) -> &'static str {
        "bfloat16"
    }

    fn narrow(&self, floats: &[f32], halves: &mut [u16]) {
        // SAFETY: `Bfloat16` exists only where the processor has the instructions.
        unsafe { narrow(floats, halves) }
    }

    fn pack(&self, weights: &[f32], outputs: usize, taps: usize, inputs: usize) -> Vec<u16> {
        pack_dense(weights, [outputs, taps, inputs], 2, |weight| {
            bf16::from_f32(weight).to_bits()
        })
    }

    fn dense(&self, reads: &Reads<u16>, convolution: &DenseHalves, row: &mut Row) {
        convolution.check(reads, row);
        for (block, together) in pairs(row.stride / LANES, convolution.grouping) {
            for (pixel, count) in tiles(row.pixels, TILE) {
                // SAFETY: `Bfloat16` exists only where the processor has the instructions; `check` found the whole row within its slices.
                with_constant!(count, M => unsafe {
                    match together {
                        2 => dense_tile::<M, 2>(reads, convolution, row, block, pixel),
                        _ => dense_tile::<M, 1>(reads, convolution, row, block, pixel),
                    }
                });
            }
        }
    }
}

/// # Safety
/// The processor has the instructions.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512bf16")]
unsafe fn narrow(floats: &[f32], halves: &mut [u16]) {
    let count = floats.len().min(halves.len());
    for at in (0..count).step_by(LANES) {
        // The lanes of numbers that are there.
        let lanes = u16::MAX >> (LANES - (count - at).min(LANES));
        // SAFETY: only lanes within both slices are read and written. The halves' type says what they mean, and is as long.
        unsafe {
            let sixteen = _mm512_maskz_loadu_ps(lanes, floats.as_ptr().add(at));
            let narrowed = std::mem::transmute::<__m256bh, __m256i>(_mm512_cvtneps_pbh(sixteen));
            _mm256_mask_storeu_epi16(halves.as_mut_ptr().add(at).cast(), lanes, narrowed);
        }
    }
}

/// # Safety
/// The processor has the instructions, and all that the tile reads and writes lies within the slices of its arguments.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni,avx512bf16")]
unsafe fn dense_tile<const M: usize, const N: usize>(
    reads: &Reads<u16>,
    convolution: &DenseHalves,
    row: &mut Row,
    block: usize,
    pixel: usize,
) {
    let pairs = convolution.inputs / 2;
    let block_weights = reads.taps.len() * convolution.inputs * LANES;
    // SAFETY: the caller's promise. The transmuted types are vectors of as many bits, whose types say what they mean.
    unsafe {
        let halves = |bits: __m512i| std::mem::transmute::<__m512i, __m512bh>(bits);
        let mut sums = [[_mm512_setzero_ps(); N]; M];
        let first = reads.first + pixel * reads.step + convolution.grouping.first_input(block);
        let mut weights = convolution.weights.as_ptr().add(block * block_weights);
        for tap in reads.taps {
            let base = reads.map.as_ptr().add(first + tap);
            let mut inputs: [*const u16; TILE.div_ceil(3)] =
                std::array::from_fn(|m| base.wrapping_add(3 * m * reads.step));
            for _ in 0..pairs {
                let columns: [__m512bh; N] =
                    std::array::from_fn(|n| halves(_mm512_loadu_si512(weights.add(n * block_weights).cast())));
                unrolled!(M, m => {
                    let two = _mm512_set1_epi32(result!(inputs, reads.step, m).cast::<i32>().read_unaligned());
                    unrolled!(N, n => {
                        sums[m][n] = _mm512_dpbf16_ps(sums[m][n], halves(two), columns[n]);
                    });
                });
                weights = weights.add(2 * LANES);
                for pointer in &mut inputs {
                    *pointer = pointer.wrapping_add(2);
                }
            }
        }
        unrolled!(N, n => {
            let finish = Finish::of(&convolution.epilogue, block + n);
            unrolled!(M, m => {
                finish.store(sums[m][n], row, pixel + m, block + n);
            });
        });
    }
}

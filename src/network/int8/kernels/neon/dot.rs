//! Bytes on processors that have dot products: four products are added to a sum at once.

#![allow(
    unsafe_code,
    reason = "vector instructions, and loads and stores whose bounds are checked once for a row"
)]

use std::arch::aarch64::*;
use std::arch::asm;
use std::array::from_fn;
use std::sync::atomic::{Ordering, compiler_fence};

use super::super::reference::Reference;
use super::super::{DenseBytes, DenseFloats, Depthwise, Kernels, LANES, Reads, Row, tiles};
use super::pairs::Neon;
use super::{MINUS_128, PARTS, RUN, TILE, as_floats, four_bytes, rows_of, runs, square, store_tile};

/// Proof that the processor has the dot product of signed bytes and, where `MIXED`, that of bytes without a sign and signed ones.
#[derive(Debug)]
pub(super) struct Dot<const MIXED: bool>(pub(super) ());

impl<const MIXED: bool> Kernels for Dot<MIXED> {
    fn name(&self) -> &'static str {
        if MIXED {
            "NEON with mixed dot product"
        } else {
            "NEON with dot product"
        }
    }

    fn dense_bytes(&self, reads: &Reads<u8>, convolution: &DenseBytes, row: &mut Row) {
        convolution.check(reads, row, 1);
        let block_weights = reads.taps.len() * convolution.quads * 4 * LANES;
        for block in 0..row.stride / LANES {
            let weights = &convolution.weights[block * block_weights..][..block_weights];
            let start = &convolution.start[block * LANES..][..LANES];
            // SAFETY: `Dot` exists only where the processor has the instructions.
            let start = unsafe { start_of_dots::<MIXED>(weights, start) };
            for (pixel, count) in tiles(row.pixels, TILE) {
                // SAFETY: the same; and `check` found the whole row within its slices.
                with_constant!(count, M => unsafe {
                    dense_bytes_dot_tile::<M, MIXED>(reads, convolution, &start, row, block, pixel);
                });
            }
        }
    }

    fn dense_floats(&self, reads: &Reads<f32>, convolution: &DenseFloats, row: &mut Row) {
        Neon.dense_floats(reads, convolution, row);
    }

    fn depthwise_bytes(&self, reads: &Reads<u8>, convolution: &Depthwise<i8>, row: &mut Row) {
        convolution.check(reads, row, convolution.side * convolution.side.div_ceil(4) * 4);
        // SAFETY: `Dot` exists only where the processor has the instructions; `check` found the whole row within its slices.
        unsafe {
            match square(reads, convolution.side, row) {
                Some((3, 1)) => depthwise_bytes_dot_row::<3, 1, MIXED>(reads, convolution, row),
                Some((3, 2)) => depthwise_bytes_dot_row::<3, 2, MIXED>(reads, convolution, row),
                Some((5, 1)) => depthwise_bytes_dot_row::<5, 1, MIXED>(reads, convolution, row),
                Some((5, 2)) => depthwise_bytes_dot_row::<5, 2, MIXED>(reads, convolution, row),
                _ => Reference.depthwise_bytes(reads, convolution, row),
            }
        }
    }

    fn depthwise_floats(&self, reads: &Reads<f32>, convolution: &Depthwise<f32>, row: &mut Row) {
        Neon.depthwise_floats(reads, convolution, row);
    }
}

/// Adds four products to each sum: those of four weights and the four inputs in this lane.
///
/// # Safety
/// The processor has the dot product.
#[inline(always)]
unsafe fn dot_lane<const LANE: i32, const MIXED: bool>(
    mut sums: int32x4_t,
    weights: int8x16_t,
    inputs: uint8x16_t,
) -> int32x4_t {
    // SAFETY: the caller's promise. The intrinsics for these instructions are not stable.
    unsafe {
        if MIXED {
            asm!(
                ".arch_extension i8mm",
                "sudot {sums:v}.4s, {weights:v}.16b, {inputs:v}.4b[{lane}]",
                sums = inout(vreg) sums, weights = in(vreg) weights, inputs = in(vreg) inputs, lane = const LANE,
                options(pure, nomem, nostack, preserves_flags),
            );
        } else {
            asm!(
                ".arch_extension dotprod",
                "sdot {sums:v}.4s, {weights:v}.16b, {inputs:v}.4b[{lane}]",
                sums = inout(vreg) sums, weights = in(vreg) weights, inputs = in(vreg) inputs, lane = const LANE,
                options(pure, nomem, nostack, preserves_flags),
            );
        }
    }
    sums
}

/// Adds four products to each sum: those of four weights and four inputs of its own. Not `pure`, so that the compiler leaves them in the order
/// in which they are written: it would rather make all columns first, for which there are no registers.
///
/// # Safety
/// The processor has the dot product.
#[inline(always)]
unsafe fn dot<const MIXED: bool>(mut sums: int32x4_t, weights: int8x16_t, inputs: uint8x16_t) -> int32x4_t {
    // SAFETY: as in `dot_lane`.
    unsafe {
        if MIXED {
            asm!(
                ".arch_extension i8mm",
                "usdot {sums:v}.4s, {inputs:v}.16b, {weights:v}.16b",
                sums = inout(vreg) sums, weights = in(vreg) weights, inputs = in(vreg) inputs,
                options(nomem, nostack, preserves_flags),
            );
        } else {
            asm!(
                ".arch_extension dotprod",
                "sdot {sums:v}.4s, {inputs:v}.16b, {weights:v}.16b",
                sums = inout(vreg) sums, weights = in(vreg) weights, inputs = in(vreg) inputs,
                options(nomem, nostack, preserves_flags),
            );
        }
    }
    sums
}

/// Inputs as [`dot`] wants them: less 128 as signed bytes, or as they are.
#[inline(always)]
fn prepared<const MIXED: bool>(inputs: uint8x16_t) -> uint8x16_t {
    if MIXED {
        inputs
    } else {
        // SAFETY: every 64-bit Arm processor has the instructions.
        unsafe { veorq_u8(inputs, vdupq_n_u8(MINUS_128)) }
    }
}

/// What the sums of a block begin with: `start`, and what [`prepared`] takes away. It reads all weights of the block, once for a row.
///
/// # Safety
/// The processor has the dot product.
unsafe fn start_of_dots<const MIXED: bool>(weights: &[i8], start: &[i32]) -> [int32x4_t; PARTS] {
    // SAFETY: the caller's promise; loads are within chunks of the right length.
    unsafe {
        let mut sums = [vdupq_n_s32(0); PARTS];
        if !MIXED {
            for quad in weights.chunks_exact(4 * LANES) {
                for (part, sum) in sums.iter_mut().enumerate() {
                    *sum = dot::<false>(*sum, vld1q_s8(quad.as_ptr().add(part * 16)), vdupq_n_u8(1));
                }
            }
        }
        from_fn(|part| vmlaq_n_s32(vld1q_s32(start[part * 4..][..4].as_ptr()), sums[part], 128))
    }
}

/// # Safety
/// The processor has the dot product, and all that the tile reads and writes lies within the slices of its arguments.
unsafe fn dense_bytes_dot_tile<const M: usize, const MIXED: bool>(
    reads: &Reads<u8>,
    convolution: &DenseBytes,
    start: &[int32x4_t; PARTS],
    row: &mut Row,
    block: usize,
    pixel: usize,
) {
    let quads = convolution.quads;
    let first = reads.first + pixel * reads.step + convolution.grouping.first_input(block);
    // SAFETY: the caller's promise.
    unsafe {
        let mut sums = [*start; M];
        let mut weights = convolution
            .weights
            .as_ptr()
            .add(block * reads.taps.len() * quads * 4 * LANES);
        for tap in reads.taps {
            let mut inputs: [*const u8; M] = from_fn(|m| reads.map.as_ptr().add(first + tap + m * reads.step));
            for _ in 0..quads / 4 {
                let sixteen: [uint8x16_t; M] = from_fn(|m| prepared::<MIXED>(vld1q_u8(inputs[m])));
                add_quad::<0, M, MIXED>(&mut sums, &sixteen, weights);
                add_quad::<1, M, MIXED>(&mut sums, &sixteen, weights.add(4 * LANES));
                add_quad::<2, M, MIXED>(&mut sums, &sixteen, weights.add(8 * LANES));
                add_quad::<3, M, MIXED>(&mut sums, &sixteen, weights.add(12 * LANES));
                weights = weights.add(16 * LANES);
                for pointer in &mut inputs {
                    *pointer = pointer.add(16);
                }
            }
            for _ in 0..quads % 4 {
                let four: [uint8x16_t; M] = from_fn(|m| prepared::<MIXED>(four_bytes(inputs[m])));
                add_quad::<0, M, MIXED>(&mut sums, &four, weights);
                weights = weights.add(4 * LANES);
                for pointer in &mut inputs {
                    *pointer = pointer.add(4);
                }
            }
        }
        store_tile(&sums.map(as_floats), &convolution.epilogue, row, block, pixel);
    }
}

/// Adds the products of one quad of inputs, which are in one lane, to the sums of a tile.
///
/// # Safety
/// The processor has the dot product, and `weights` points to those of a quad.
#[inline(always)]
unsafe fn add_quad<const LANE: i32, const M: usize, const MIXED: bool>(
    sums: &mut [[int32x4_t; PARTS]; M],
    inputs: &[uint8x16_t; M],
    weights: *const i8,
) {
    for part in 0..PARTS {
        // SAFETY: the caller's promise.
        unsafe {
            let weights = vld1q_s8(weights.add(part * 16));
            for (sums, inputs) in sums.iter_mut().zip(inputs) {
                sums[part] = dot_lane::<LANE, MIXED>(sums[part], weights, *inputs);
            }
        }
    }
}

/// # Safety
/// The processor has the dot product; all that the row reads and writes lies within its slices, and its taps are a [`square`].
unsafe fn depthwise_bytes_dot_row<const SIDE: usize, const STRIDE: usize, const MIXED: bool>(
    reads: &Reads<u8>,
    convolution: &Depthwise<i8>,
    row: &mut Row,
) {
    let block_weights = SIDE * SIDE.div_ceil(4) * 4 * LANES;
    for block in 0..row.stride / LANES {
        let weights = &convolution.weights[block * block_weights..][..block_weights];
        let start = &convolution.start[block * LANES..][..LANES];
        // SAFETY: the caller's promise.
        unsafe {
            let start = start_of_dots::<MIXED>(weights, start);
            for (pixel, count) in runs(row) {
                let place = (block, pixel);
                match count {
                    RUN => depthwise_bytes_dot_run::<SIDE, STRIDE, RUN, MIXED>(reads, convolution, &start, row, place),
                    _ => depthwise_bytes_dot_run::<SIDE, STRIDE, 1, MIXED>(reads, convolution, &start, row, place),
                }
            }
        }
    }
}

/// Goes through the columns that a run of results reads, once each: four rows of a column are the four bytes of one lane.
///
/// # Safety
/// As [`depthwise_bytes_dot_row`].
unsafe fn depthwise_bytes_dot_run<const SIDE: usize, const STRIDE: usize, const M: usize, const MIXED: bool>(
    reads: &Reads<u8>,
    convolution: &Depthwise<i8>,
    start: &[int32x4_t; PARTS],
    row: &mut Row,
    (block, pixel): (usize, usize),
) {
    let quads = SIDE.div_ceil(4);
    // SAFETY: the caller's promise.
    unsafe {
        let mut sums = [*start; M];
        let map_rows = rows_of::<SIDE, _>(reads, reads.first + pixel * reads.step + block * LANES);
        let weights = convolution.weights.as_ptr().add(block * SIDE * quads * 4 * LANES);
        let pitch = row.stride;
        unrolled!(x below (M - 1) * STRIDE + SIDE => {
            // No instruction: keeps the compiler from saving the weights of the column before, for which there are no registers.
            compiler_fence(Ordering::SeqCst);
            for quad in 0..quads {
                // Where there is no row, the last one stands in: its weight is 0.
                let rows: [uint8x16_t; 4] = from_fn(|y| {
                    prepared::<MIXED>(vld1q_u8(map_rows[(4 * quad + y).min(SIDE - 1)].add(x * pitch)))
                });
                let column = interleave(rows);
                for (m, sums) in sums.iter_mut().enumerate() {
                    if x >= m * STRIDE && x - m * STRIDE < SIDE {
                        let weights = weights.add(((x - m * STRIDE) * quads + quad) * 4 * LANES);
                        let weights: [int8x16_t; PARTS] = from_fn(|part| vld1q_s8(weights.add(part * 16)));
                        *sums = from_fn(|part| dot::<MIXED>(sums[part], weights[part], column[part]));
                    }
                }
            }
        });
        store_tile(&sums.map(as_floats), &convolution.epilogue, row, block, pixel);
    }
}

/// Four rows of bytes, each channel's four side by side.
#[inline(always)]
fn interleave(rows: [uint8x16_t; 4]) -> [uint8x16_t; PARTS] {
    // SAFETY: every 64-bit Arm processor has the instructions.
    unsafe {
        let upper = [vzip1q_u8(rows[0], rows[1]), vzip2q_u8(rows[0], rows[1])].map(|pairs| vreinterpretq_u16_u8(pairs));
        let lower = [vzip1q_u8(rows[2], rows[3]), vzip2q_u8(rows[2], rows[3])].map(|pairs| vreinterpretq_u16_u8(pairs));
        [
            vreinterpretq_u8_u16(vzip1q_u16(upper[0], lower[0])),
            vreinterpretq_u8_u16(vzip2q_u16(upper[0], lower[0])),
            vreinterpretq_u8_u16(vzip1q_u16(upper[1], lower[1])),
            vreinterpretq_u8_u16(vzip2q_u16(upper[1], lower[1])),
        ]
    }
}

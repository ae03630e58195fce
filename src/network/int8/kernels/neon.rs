//! Kernels for 64-bit Arm: one family for every such processor, and two for those that have dot products of bytes.
//!
//! Only the newest processors multiply bytes without a sign by bytes with one. For the others each input is made signed: 128 is taken away
//! from it, which turns its highest bit, and 128 times the sum of the weights is added back, so that the sum of products stays exact.

#![allow(
    unsafe_code,
    reason = "vector instructions, and loads and stores whose bounds are checked once for a row"
)]

use std::arch::aarch64::*;
use std::arch::{asm, is_aarch64_feature_detected};
use std::array::from_fn;
use std::sync::atomic::{Ordering, compiler_fence};

use super::reference::Reference;
use super::{DenseBytes, DenseFloats, Depthwise, Epilogue, Kernels, LANES, Reads, Residual, Row, tiles};

/// Registers of four sums that make a block of channels.
const PARTS: usize = LANES / 4;
/// Results that are computed together: their sums and inputs fill 25 of the 32 registers. With one more, weights would hardly have any.
const TILE: usize = 5;
/// The same without dot products, where the sums of one result take twice as many registers.
const WIDENING_TILE: usize = 2;
/// Results of a depthwise convolution that share the columns that they read.
const RUN: usize = 4;
/// The most columns that a run reads.
const COLUMNS: usize = (RUN - 1) * 2 + 5;
/// The most taps of a depthwise convolution.
const TAPS: usize = 5 * 5;

/// The bits by which a byte `input` differs from the signed byte `input - 128`.
const MINUS_128: u8 = 128;
/// The bits by which a byte `input` differs from the signed byte `127 - input`.
const FROM_127: u8 = 127;

/// Proof that the processor has the dot product of signed bytes and, where `MIXED`, that of bytes without a sign and signed ones.
struct Dot<const MIXED: bool>(());

/// The kernels of any 64-bit Arm processor.
struct Neon;

/// The families that this processor can run, the fastest first.
pub(super) fn detect() -> impl Iterator<Item = &'static dyn Kernels> {
    let dot = is_aarch64_feature_detected!("dotprod");
    let mixed = dot && is_aarch64_feature_detected!("i8mm");
    let found: [Option<&'static dyn Kernels>; 3] = [
        mixed.then_some(&Dot::<true>(())),
        dot.then_some(&Dot::<false>(())),
        Some(&Neon),
    ];
    found.into_iter().flatten()
}

/// Calls a tile's function with the number of results as a constant, so that its sums are registers.
macro_rules! with_constant {
    ($count:expr, $M:ident => $call:expr) => {
        match $count {
            1 => {
                const $M: usize = 1;
                $call
            }
            2 => {
                const $M: usize = 2;
                $call
            }
            3 => {
                const $M: usize = 3;
                $call
            }
            4 => {
                const $M: usize = 4;
                $call
            }
            _ => {
                const $M: usize = TILE;
                $call
            }
        }
    };
}

/// Repeats a block of code for each number below a constant one. Where a compiler keeps a loop, the registers in an array would lie in memory.
macro_rules! unrolled {
    ($index:ident below $count:expr => $body:block) => {
        unrolled!($index in [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11] below $count => $body)
    };
    ($index:ident in [$($number:literal),*] below $count:expr => $body:block) => {
        const { assert!($count <= [$($number),*].len()) };
        $(if $number < $count {
            let $index: usize = $number;
            $body
        })*
    };
}

impl<const MIXED: bool> Kernels for Dot<MIXED> {
    fn name(&self) -> &'static str {
        if MIXED {
            "NEON with mixed dot product"
        } else {
            "NEON with dot product"
        }
    }

    fn dense_bytes(&self, reads: &Reads<u8>, convolution: &DenseBytes, row: &mut Row) {
        convolution.check(reads, row);
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

impl Kernels for Neon {
    fn name(&self) -> &'static str {
        "NEON"
    }

    fn dense_bytes(&self, reads: &Reads<u8>, convolution: &DenseBytes, row: &mut Row) {
        convolution.check(reads, row);
        let block_weights = reads.taps.len() * convolution.quads * 4 * LANES;
        for block in 0..row.stride / LANES {
            let weights = &convolution.weights[block * block_weights..][..block_weights];
            let start = &convolution.start[block * LANES..][..LANES];
            let start = start_of_pairs(weights, convolution.quads, start);
            for (pixel, count) in tiles(row.pixels, WIDENING_TILE) {
                // SAFETY: every 64-bit Arm processor has the instructions; `check` found the whole row within its slices.
                unsafe {
                    match count {
                        WIDENING_TILE => {
                            dense_bytes_tile::<WIDENING_TILE>(reads, convolution, &start, row, block, pixel);
                        }
                        _ => dense_bytes_tile::<1>(reads, convolution, &start, row, block, pixel),
                    }
                }
            }
        }
    }

    fn dense_floats(&self, reads: &Reads<f32>, convolution: &DenseFloats, row: &mut Row) {
        convolution.check(reads, row);
        for block in 0..row.stride / LANES {
            for (pixel, count) in tiles(row.pixels, TILE) {
                // SAFETY: as in `dense_bytes`.
                with_constant!(count, M => unsafe {
                    dense_floats_tile::<M>(reads, convolution, row, block, pixel);
                });
            }
        }
    }

    fn depthwise_bytes(&self, reads: &Reads<u8>, convolution: &Depthwise<i8>, row: &mut Row) {
        convolution.check(reads, row, convolution.side * convolution.side.div_ceil(4) * 4);
        // SAFETY: as in `dense_bytes`.
        unsafe {
            match square(reads, convolution.side, row) {
                Some((3, 1)) => depthwise_bytes_row::<3, 1>(reads, convolution, row),
                Some((3, 2)) => depthwise_bytes_row::<3, 2>(reads, convolution, row),
                Some((5, 1)) => depthwise_bytes_row::<5, 1>(reads, convolution, row),
                Some((5, 2)) => depthwise_bytes_row::<5, 2>(reads, convolution, row),
                _ => Reference.depthwise_bytes(reads, convolution, row),
            }
        }
    }

    fn depthwise_floats(&self, reads: &Reads<f32>, convolution: &Depthwise<f32>, row: &mut Row) {
        convolution.check(reads, row, reads.taps.len());
        // SAFETY: as in `dense_bytes`.
        unsafe {
            match square(reads, convolution.side, row) {
                Some((3, 1)) => depthwise_floats_row::<3, 1>(reads, convolution, row),
                Some((3, 2)) => depthwise_floats_row::<3, 2>(reads, convolution, row),
                Some((5, 1)) => depthwise_floats_row::<5, 1>(reads, convolution, row),
                Some((5, 2)) => depthwise_floats_row::<5, 2>(reads, convolution, row),
                _ => Reference.depthwise_floats(reads, convolution, row),
            }
        }
    }
}

/// The side and the stride, in pixels, of a depthwise convolution whose taps are neighbours, so that results can share what they read.
fn square<T>(reads: &Reads<T>, side: usize, row: &Row) -> Option<(usize, usize)> {
    let stride = reads.step.checked_div(row.stride)?;
    let row_of_taps = |taps: &[usize]| taps.iter().enumerate().all(|(x, tap)| *tap == taps[0] + x * row.stride);
    let neighbours = side > 0 && reads.taps.chunks_exact(side).all(row_of_taps);
    (neighbours && reads.step == stride * row.stride).then_some((side, stride))
}

/// Where the rows of a [`square`] of taps begin in the map, that of a result whose first tap begins there.
///
/// # Safety
/// The map has these places.
#[inline(always)]
unsafe fn rows_of<const SIDE: usize, T>(reads: &Reads<T>, first: usize) -> [*const T; SIDE] {
    // SAFETY: the caller's promise.
    from_fn(|y| unsafe { reads.map.as_ptr().add(first + reads.taps[y * SIDE]) })
}

/// Runs of [`RUN`] results, the last of which may begin within the one before. Where there are fewer, or where a row that is changed in place must not
/// have a result computed twice, what is left is computed one by one.
fn runs(row: &Row) -> impl Iterator<Item = (usize, usize)> + use<> {
    let pixels = row.pixels;
    let in_runs = match row.residual {
        Some(Residual::Own) => pixels / RUN * RUN,
        _ if pixels < RUN => 0,
        _ => pixels,
    };
    let runs = (0..in_runs)
        .step_by(RUN)
        .map(move |pixel| (pixel.min(pixels - RUN), RUN));
    runs.chain((in_runs..pixels).map(|pixel| (pixel, 1)))
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

/// Four bytes, in every lane.
///
/// # Safety
/// `bytes` points to four bytes.
#[inline(always)]
unsafe fn four_bytes(bytes: *const u8) -> uint8x16_t {
    // SAFETY: the caller's promise.
    unsafe { vreinterpretq_u8_u32(vdupq_n_u32(bytes.cast::<u32>().read_unaligned())) }
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

// Without dot products, a product of two signed bytes takes 16 bits, and the sum of two may take 17: twice -128 * -128. So of every two products
// the second has its input negated and is subtracted: `127 - input` instead of `input - 128`. Their difference lies within
// 128 * 128 + 127 * 128 = 32640 of 0. What is added back are 128 times the first weight and 127 times the second.

/// What the sums of a block begin with: `start`, and what is taken away in [`dense_bytes_tile`]. It reads all weights, once for a row.
fn start_of_pairs(weights: &[i8], quads: usize, start: &[i32]) -> [int32x4_t; PARTS] {
    // SAFETY: every 64-bit Arm processor has the instructions; loads are within chunks of the right length.
    unsafe {
        let mut sums = [[vdupq_n_s32(0); PARTS]; 2];
        for tap in weights.chunks_exact(quads.max(1) * 4 * LANES) {
            for pair in tap.chunks(8 * LANES) {
                for (quad, sums) in pair.chunks_exact(4 * LANES).zip(&mut sums) {
                    for (part, sum) in sums.iter_mut().enumerate() {
                        *sum = vpadalq_s16(*sum, vpaddlq_s8(vld1q_s8(quad.as_ptr().add(part * 16))));
                    }
                }
            }
        }
        from_fn(|part| {
            let start = vmlaq_n_s32(vld1q_s32(start[part * 4..][..4].as_ptr()), sums[0][part], 128);
            vmlaq_n_s32(start, sums[1][part], 127)
        })
    }
}

/// Each sum is two until the end: that of the first two inputs of every quad, and that of the others.
///
/// # Safety
/// All that the tile reads and writes lies within the slices of its arguments.
unsafe fn dense_bytes_tile<const M: usize>(
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
        let mut sums = [[vdupq_n_s32(0); 2 * PARTS]; M];
        let mut weights = convolution
            .weights
            .as_ptr()
            .add(block * reads.taps.len() * quads * 4 * LANES);
        for tap in reads.taps {
            let mut inputs: [*const u8; M] = from_fn(|m| reads.map.as_ptr().add(first + tap + m * reads.step));
            for _ in 0..quads / 2 {
                let signs = vext_u8::<4>(vdup_n_u8(MINUS_128), vdup_n_u8(FROM_127));
                let eight: [int32x2_t; M] = from_fn(|m| vreinterpret_s32_u8(veor_u8(vld1_u8(inputs[m]), signs)));
                let added: [int8x16_t; M] = from_fn(|m| vreinterpretq_s8_s32(vdupq_lane_s32::<0>(eight[m])));
                let taken: [int8x16_t; M] = from_fn(|m| vreinterpretq_s8_s32(vdupq_lane_s32::<1>(eight[m])));
                for part in 0..PARTS {
                    let of_added = vld1q_s8(weights.add(part * 16));
                    let of_taken = vld1q_s8(weights.add(4 * LANES + part * 16));
                    for m in 0..M {
                        let (low, high) = pair_of_products(added[m], of_added, taken[m], of_taken);
                        sums[m][2 * part] = vpadalq_s16(sums[m][2 * part], low);
                        sums[m][2 * part + 1] = vpadalq_s16(sums[m][2 * part + 1], high);
                    }
                }
                weights = weights.add(8 * LANES);
                for pointer in &mut inputs {
                    *pointer = pointer.add(8);
                }
            }
            if quads % 2 == 1 {
                for m in 0..M {
                    let four = vreinterpretq_s8_u8(veorq_u8(four_bytes(inputs[m]), vdupq_n_u8(MINUS_128)));
                    for part in 0..PARTS {
                        let weights = vld1q_s8(weights.add(part * 16));
                        let low = vmull_s8(vget_low_s8(four), vget_low_s8(weights));
                        let high = vmull_high_s8(four, weights);
                        sums[m][2 * part] = vpadalq_s16(sums[m][2 * part], low);
                        sums[m][2 * part + 1] = vpadalq_s16(sums[m][2 * part + 1], high);
                    }
                }
                weights = weights.add(4 * LANES);
            }
        }
        let whole = |sums: [int32x4_t; 2 * PARTS]| -> [int32x4_t; PARTS] {
            from_fn(|part| vaddq_s32(start[part], vpaddq_s32(sums[2 * part], sums[2 * part + 1])))
        };
        store_tile(
            &sums.map(|sums| as_floats(whole(sums))),
            &convolution.epilogue,
            row,
            block,
            pixel,
        );
    }
}

/// Sixteen sums of two products, the second of which is subtracted.
#[inline(always)]
fn pair_of_products(
    added: int8x16_t,
    of_added: int8x16_t,
    taken: int8x16_t,
    of_taken: int8x16_t,
) -> (int16x8_t, int16x8_t) {
    // SAFETY: every 64-bit Arm processor has the instructions.
    unsafe {
        let low = vmull_s8(vget_low_s8(added), vget_low_s8(of_added));
        let high = vmull_high_s8(added, of_added);
        (
            vmlsl_s8(low, vget_low_s8(taken), vget_low_s8(of_taken)),
            vmlsl_high_s8(high, taken, of_taken),
        )
    }
}

/// # Safety
/// All that the row reads and writes lies within its slices, and its taps are a [`square`].
unsafe fn depthwise_bytes_row<const SIDE: usize, const STRIDE: usize>(
    reads: &Reads<u8>,
    convolution: &Depthwise<i8>,
    row: &mut Row,
) {
    for block in 0..row.stride / LANES {
        // SAFETY: the caller's promise.
        unsafe {
            let weights = WeightsOfBlock::of::<SIDE>(convolution, block);
            for (pixel, count) in runs(row) {
                let place = (block, pixel);
                match count {
                    RUN => depthwise_bytes_run::<SIDE, STRIDE, RUN>(reads, &weights, &convolution.epilogue, row, place),
                    _ => depthwise_bytes_run::<SIDE, STRIDE, 1>(reads, &weights, &convolution.epilogue, row, place),
                }
            }
        }
    }
}

/// The weights of a block of a depthwise convolution, tap by tap, each half of the block by itself. Their inputs are those of a chessboard:
/// from every other one 128 is taken away, and the others are taken from 127.
struct WeightsOfBlock {
    taps: [[int8x8_t; TAPS]; 2],
    /// What the sums begin with where the first tap's input is less 128, and where it is taken from 127.
    start: [[[int32x4_t; 2]; 2]; 2],
}

impl WeightsOfBlock {
    /// # Safety
    /// The convolution has this block and this side.
    unsafe fn of<const SIDE: usize>(convolution: &Depthwise<i8>, block: usize) -> Self {
        let quads = SIDE.div_ceil(4);
        // SAFETY: the caller's promise.
        unsafe {
            let weights = convolution.weights.as_ptr().add(block * SIDE * quads * 4 * LANES);
            let mut taps = [[vdup_n_s8(0); TAPS]; 2];
            for x in 0..SIDE {
                for quad in 0..quads {
                    let four = vld4q_s8(weights.add((x * quads + quad) * 4 * LANES));
                    for (y, weights) in (4 * quad..SIDE).zip([four.0, four.1, four.2, four.3]) {
                        taps[0][y * SIDE + x] = vget_low_s8(weights);
                        taps[1][y * SIDE + x] = vget_high_s8(weights);
                    }
                }
            }
            let start = from_fn(|half| {
                // Sums of even taps and of odd ones; none of them can leave 16 bits.
                let mut sums = [vdupq_n_s16(0); 2];
                for (tap, weights) in taps[half][..SIDE * SIDE].iter().enumerate() {
                    sums[tap % 2] = vaddw_s8(sums[tap % 2], *weights);
                }
                let start = convolution.start.as_ptr().add(block * LANES + half * LANES / 2);
                [[128, 127], [127, 128]].map(|[of_even, of_odd]| {
                    let low = vmlal_n_s16(vld1q_s32(start), vget_low_s16(sums[0]), of_even);
                    let high = vmlal_high_n_s16(vld1q_s32(start.add(4)), sums[0], of_even);
                    [
                        vmlal_n_s16(low, vget_low_s16(sums[1]), of_odd),
                        vmlal_high_n_s16(high, sums[1], of_odd),
                    ]
                })
            });
            Self { taps, start }
        }
    }
}

/// Goes through the columns that a run of results reads, once each, and computes each result at its last column. Of eight channels at a time
/// all inputs and weights of three rows fit into registers.
///
/// # Safety
/// As [`depthwise_bytes_row`].
unsafe fn depthwise_bytes_run<const SIDE: usize, const STRIDE: usize, const M: usize>(
    reads: &Reads<u8>,
    weights: &WeightsOfBlock,
    epilogue: &Epilogue,
    row: &mut Row,
    (block, pixel): (usize, usize),
) {
    // SAFETY: the caller's promise.
    unsafe {
        let mut results = [[0.0; LANES]; M];
        for half in 0..2 {
            let channel = block * LANES + half * LANES / 2;
            let map_rows = rows_of::<SIDE, _>(reads, reads.first + pixel * reads.step + channel);
            let taps = &weights.taps[half];
            let mut columns = [[vdup_n_s8(0); SIDE]; COLUMNS];
            unrolled!(m below M => {
                unrolled!(of_result below SIDE => {
                    // Others were read by the result before.
                    if m == 0 || of_result >= SIDE - STRIDE {
                        let x = m * STRIDE + of_result;
                        columns[x] = from_fn(|y| {
                            let inputs = vld1_u8(map_rows[y].add(x * row.stride));
                            let mask = if (x + y).is_multiple_of(2) { MINUS_128 } else { FROM_127 };
                            vreinterpret_s8_u8(veor_u8(inputs, vdup_n_u8(mask)))
                        });
                    }
                });
                let input = |tap: usize| columns[m * STRIDE + tap % SIDE][tap / SIDE];
                // Whether the inputs of even taps are subtracted from 127, else those of odd ones: an odd side makes them a chessboard.
                let even_taken = m * STRIDE % 2 == 1;
                let [mut low, mut high] = weights.start[half][usize::from(even_taken)];
                unrolled!(pair below SIDE * SIDE / 2 => {
                    let (added, taken) = if even_taken { (2 * pair + 1, 2 * pair) } else { (2 * pair, 2 * pair + 1) };
                    let products = vmlsl_s8(vmull_s8(input(added), taps[added]), input(taken), taps[taken]);
                    low = vaddw_s16(low, vget_low_s16(products));
                    high = vaddw_high_s16(high, products);
                });
                let products = vmull_s8(input(SIDE * SIDE - 1), taps[SIDE * SIDE - 1]);
                let sums = if even_taken {
                    [vsubw_s16(low, vget_low_s16(products)), vsubw_high_s16(high, products)]
                } else {
                    [vaddw_s16(low, vget_low_s16(products)), vaddw_high_s16(high, products)]
                };
                let result = results[m][half * LANES / 2..].as_mut_ptr();
                vst1q_f32(result, vcvtq_f32_s32(sums[0]));
                vst1q_f32(result.add(4), vcvtq_f32_s32(sums[1]));
            });
        }
        store_tile(&results, epilogue, row, block, pixel);
    }
}

/// # Safety
/// All that the tile reads and writes lies within the slices of its arguments.
unsafe fn dense_floats_tile<const M: usize>(
    reads: &Reads<f32>,
    convolution: &DenseFloats,
    row: &mut Row,
    block: usize,
    pixel: usize,
) {
    let inputs_of_tap = convolution.inputs;
    let first = reads.first + pixel * reads.step + convolution.grouping.first_input(block);
    // SAFETY: the caller's promise.
    unsafe {
        let mut sums = [[vdupq_n_f32(0.0); PARTS]; M];
        let mut weights = convolution
            .weights
            .as_ptr()
            .add(block * reads.taps.len() * inputs_of_tap * LANES);
        for tap in reads.taps {
            let mut inputs: [*const f32; M] = from_fn(|m| reads.map.as_ptr().add(first + tap + m * reads.step));
            for _ in 0..inputs_of_tap / 4 {
                let four: [float32x4_t; M] = from_fn(|m| vld1q_f32(inputs[m]));
                add_input::<0, M>(&mut sums, &four, weights);
                add_input::<1, M>(&mut sums, &four, weights.add(LANES));
                add_input::<2, M>(&mut sums, &four, weights.add(2 * LANES));
                add_input::<3, M>(&mut sums, &four, weights.add(3 * LANES));
                weights = weights.add(4 * LANES);
                for pointer in &mut inputs {
                    *pointer = pointer.add(4);
                }
            }
            for _ in 0..inputs_of_tap % 4 {
                let one: [float32x4_t; M] = from_fn(|m| vld1q_dup_f32(inputs[m]));
                add_input::<0, M>(&mut sums, &one, weights);
                weights = weights.add(LANES);
                for pointer in &mut inputs {
                    *pointer = pointer.add(1);
                }
            }
        }
        store_tile(&sums.map(floats_of), &convolution.epilogue, row, block, pixel);
    }
}

/// Adds the products of one input channel, which is in one lane, to the sums of a tile.
///
/// # Safety
/// `weights` points to those of an input channel.
#[inline(always)]
unsafe fn add_input<const LANE: i32, const M: usize>(
    sums: &mut [[float32x4_t; PARTS]; M],
    inputs: &[float32x4_t; M],
    weights: *const f32,
) {
    for part in 0..PARTS {
        // SAFETY: the caller's promise.
        unsafe {
            let weights = vld1q_f32(weights.add(part * 4));
            for (sums, inputs) in sums.iter_mut().zip(inputs) {
                sums[part] = vfmaq_laneq_f32::<LANE>(sums[part], weights, *inputs);
            }
        }
    }
}

/// # Safety
/// As [`depthwise_bytes_row`].
unsafe fn depthwise_floats_row<const SIDE: usize, const STRIDE: usize>(
    reads: &Reads<f32>,
    convolution: &Depthwise<f32>,
    row: &mut Row,
) {
    for (pixel, count) in runs(row) {
        for block in 0..row.stride / LANES {
            let place = (block, pixel);
            // SAFETY: the caller's promise.
            unsafe {
                match count {
                    RUN => depthwise_floats_run::<SIDE, STRIDE, RUN>(reads, convolution, row, place),
                    _ => depthwise_floats_run::<SIDE, STRIDE, 1>(reads, convolution, row, place),
                }
            }
        }
    }
}

/// Goes through the columns of each row that a run of results reads, once each. Eight channels at a time leave room for the weights of a row.
///
/// # Safety
/// As [`depthwise_bytes_row`].
unsafe fn depthwise_floats_run<const SIDE: usize, const STRIDE: usize, const M: usize>(
    reads: &Reads<f32>,
    convolution: &Depthwise<f32>,
    row: &mut Row,
    (block, pixel): (usize, usize),
) {
    // SAFETY: the caller's promise.
    unsafe {
        let weights = convolution.weights.as_ptr().add(block * SIDE * SIDE * LANES);
        let mut results = [[0.0; LANES]; M];
        for half in [0, LANES / 2] {
            let mut sums = [[vdupq_n_f32(0.0); 2]; M];
            let map_rows = rows_of::<SIDE, _>(reads, reads.first + pixel * reads.step + block * LANES + half);
            for (y, map_row) in map_rows.into_iter().enumerate() {
                let weights: [[float32x4_t; 2]; SIDE] =
                    from_fn(|x| eight_floats(weights.add((y * SIDE + x) * LANES + half)));
                unrolled!(x below (M - 1) * STRIDE + SIDE => {
                    let inputs = eight_floats(map_row.add(x * row.stride));
                    unrolled!(m below M => {
                        if x >= m * STRIDE && x - m * STRIDE < SIDE {
                            let weights = weights[x - m * STRIDE];
                            sums[m] = from_fn(|part| vfmaq_f32(sums[m][part], inputs[part], weights[part]));
                        }
                    });
                });
            }
            for (result, sums) in results.iter_mut().zip(sums) {
                vst1q_f32(result[half..][..4].as_mut_ptr(), sums[0]);
                vst1q_f32(result[half + 4..][..4].as_mut_ptr(), sums[1]);
            }
        }
        store_tile(&results, &convolution.epilogue, row, block, pixel);
    }
}

/// # Safety
/// `floats` points to eight of them.
#[inline(always)]
unsafe fn eight_floats(floats: *const f32) -> [float32x4_t; 2] {
    // SAFETY: the caller's promise.
    unsafe { [vld1q_f32(floats), vld1q_f32(floats.add(4))] }
}

/// Stores a tile of one block of channels, from its sums.
///
/// A function of its own, and its arguments in memory: it goes through the results one by one, and an array that is read that way
/// would not be held in registers by the loops that make the sums.
///
/// # Safety
/// The row and the epilogue have these pixels and this block.
#[inline(never)]
unsafe fn store_tile(sums: &[[f32; LANES]], epilogue: &Epilogue, row: &mut Row, block: usize, pixel: usize) {
    let channel = block * LANES;
    // SAFETY: the caller's promise.
    unsafe {
        let multiplier = block_of_floats(epilogue.multiplier.as_ptr().add(channel));
        let addend = block_of_floats(epilogue.addend.as_ptr().add(channel));
        let (low, high) = (vdupq_n_f32(epilogue.low), vdupq_n_f32(epilogue.high));
        let quantize = epilogue.quantize.map(|q| (vdupq_n_f32(q.inverse), vdupq_n_f32(q.zero)));
        for (pixel, sums) in (pixel..).zip(sums) {
            let at = pixel * row.stride + channel;
            let sums = block_of_floats(sums.as_ptr());
            let mut values: [float32x4_t; PARTS] =
                from_fn(|part| vaddq_f32(vmulq_f32(sums[part], multiplier[part]), addend[part]));
            if let Some(added) = row.added(pixel, channel) {
                let added = block_of_floats(added);
                values = from_fn(|part| vaddq_f32(values[part], added[part]));
            }
            // Not the instructions for a maximum and a minimum, which order two zeros by their signs.
            let values = values.map(|value| {
                let value = vbslq_f32(vcgtq_f32(value, low), value, low);
                vbslq_f32(vcltq_f32(value, high), value, high)
            });
            if let Some(floats) = &mut row.floats {
                let floats = floats.as_mut_ptr().add(at);
                for (part, value) in values.iter().enumerate() {
                    vst1q_f32(floats.add(part * 4), *value);
                }
            }
            if let Some(bytes) = &mut row.bytes {
                let steps = match quantize {
                    Some((inverse, zero)) => values.map(|value| vaddq_f32(vmulq_f32(value, inverse), zero)),
                    None => values,
                };
                // Rounds to the nearest, ties to even; what is below 0 becomes 0, what is too great the greatest number there is.
                let steps = steps.map(|steps| vcvtnq_u32_f32(steps));
                let low = vqmovn_high_u32(vqmovn_u32(steps[0]), steps[1]);
                let high = vqmovn_high_u32(vqmovn_u32(steps[2]), steps[3]);
                vst1q_u8(bytes.as_mut_ptr().add(at), vqmovn_high_u16(vqmovn_u16(low), high));
            }
        }
    }
}

/// # Safety
/// `floats` points to those of a block.
#[inline(always)]
unsafe fn block_of_floats(floats: *const f32) -> [float32x4_t; PARTS] {
    // SAFETY: the caller's promise.
    unsafe { from_fn(|part| vld1q_f32(floats.add(part * 4))) }
}

/// Sums of bytes as floats.
#[inline(always)]
fn as_floats(sums: [int32x4_t; PARTS]) -> [f32; LANES] {
    // SAFETY: every 64-bit Arm processor has the instructions.
    floats_of(sums.map(|sums| unsafe { vcvtq_f32_s32(sums) }))
}

/// The floats in a block's registers.
#[inline(always)]
fn floats_of(sums: [float32x4_t; PARTS]) -> [f32; LANES] {
    let mut floats = [0.0; LANES];
    for (part, sums) in sums.into_iter().enumerate() {
        // SAFETY: every 64-bit Arm processor has the instructions, and the four floats are within the array.
        unsafe { vst1q_f32(floats[part * 4..][..4].as_mut_ptr(), sums) };
    }
    floats
}

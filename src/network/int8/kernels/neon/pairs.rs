//! Bytes on processors without dot products: products are summed in 16 bits, two by two.

#![allow(
    unsafe_code,
    reason = "vector instructions, and loads and stores whose bounds are checked once for a row"
)]

use std::arch::aarch64::*;
use std::array::from_fn;

use super::super::reference::Reference;
use super::super::{DenseBytes, DenseFloats, Depthwise, Epilogue, Kernels, LANES, Reads, Row, tiles};
use super::floats::{dense_floats_tile, depthwise_floats_row};
use super::{MINUS_128, PARTS, RUN, TILE, as_floats, four_bytes, rows_of, runs, square, store_tile};

/// Results that are computed together; the sums of one take twice as many registers as with dot products.
const WIDENING_TILE: usize = 2;
/// The most columns that a run reads.
const COLUMNS: usize = (RUN - 1) * 2 + 5;
/// The most taps of a depthwise convolution.
const TAPS: usize = 5 * 5;
/// The bits by which a byte `input` differs from the signed byte `127 - input`.
const FROM_127: u8 = 127;

/// The kernels of any 64-bit Arm processor.
#[derive(Debug)]
pub(super) struct Neon;

impl Kernels for Neon {
    fn name(&self) -> &'static str {
        "NEON"
    }

    fn dense_bytes(&self, reads: &Reads<u8>, convolution: &DenseBytes, row: &mut Row) {
        convolution.check(reads, row, 1);
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

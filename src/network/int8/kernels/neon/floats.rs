//! Floats, on every processor.

#![allow(
    unsafe_code,
    reason = "vector instructions, and loads and stores whose bounds are checked once for a row"
)]

use std::arch::aarch64::*;
use std::array::from_fn;

use super::super::{DenseFloats, Depthwise, LANES, Reads, Row};
use super::{PARTS, RUN, floats_of, rows_of, runs, store_tile};

/// # Safety
/// All that the tile reads and writes lies within the slices of its arguments.
pub(super) unsafe fn dense_floats_tile<const M: usize>(
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
/// All that the row reads and writes lies within its slices, and its taps are a [`square`](super::square).
pub(super) unsafe fn depthwise_floats_row<const SIDE: usize, const STRIDE: usize>(
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
/// All that the row reads and writes lies within its slices, and its taps are a [`square`](super::square).
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

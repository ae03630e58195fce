//! Dense convolutions in float16 for Arm processors that multiply it (Cortex-A76, A78AE: Raspberry Pi 5, Jetson Orin): eight products an instruction.
//!
//! Sums in float16 lose bits as they grow, so only those of [`RUN`] inputs are made in it, and floats of them.

#![allow(
    unsafe_code,
    reason = "vector instructions, and loads and stores whose bounds are checked once for a row"
)]

use std::arch::aarch64::*;
use std::arch::is_aarch64_feature_detected;
use std::array::from_fn;

use half::f16;

use super::super::pack::pack_dense;
use super::super::{DenseHalves, HalfKernels, LANES, Reads, Row, tiles};
use super::{PARTS, floats_of, store_tile};

/// Results that are computed together: their sums in float16 and in floats and their inputs fill 28 of the 32 registers.
const TILE: usize = 4;
/// Inputs of a tap whose products are added up in float16.
const RUN: usize = 32;
/// Registers of eight halves that make a block of channels.
const HALVES: usize = LANES / 8;

/// Proof that the processor has the instructions.
#[derive(Debug)]
pub(in super::super) struct Float16(());

impl Float16 {
    pub(in super::super) fn detect() -> Option<&'static dyn HalfKernels> {
        is_aarch64_feature_detected!("fp16").then_some(&Self(()) as &dyn HalfKernels)
    }
}

impl HalfKernels for Float16 {
    fn name(&self) -> &'static str {
        "float16"
    }

    fn narrow(&self, floats: &[f32], halves: &mut [u16]) {
        // SAFETY: `Float16` exists only where the processor has the instructions.
        unsafe { narrow(floats, halves) }
    }

    fn pack(&self, weights: &[f32], outputs: usize, taps: usize, inputs: usize) -> Vec<u16> {
        pack_dense(weights, [outputs, taps, inputs], 1, |weight| {
            f16::from_f32(weight).to_bits()
        })
    }

    fn dense(&self, reads: &Reads<u16>, convolution: &DenseHalves, row: &mut Row) {
        convolution.check(reads, row);
        for block in 0..row.stride / LANES {
            for (pixel, count) in tiles(row.pixels, TILE) {
                // SAFETY: `Float16` exists only where the processor has the instructions; `check` found the whole row within its slices.
                unsafe {
                    match count {
                        1 => dense_tile::<1>(reads, convolution, row, block, pixel),
                        2 => dense_tile::<2>(reads, convolution, row, block, pixel),
                        3 => dense_tile::<3>(reads, convolution, row, block, pixel),
                        _ => dense_tile::<TILE>(reads, convolution, row, block, pixel),
                    }
                }
            }
        }
    }
}

/// # Safety
/// The processor has the instructions.
#[target_feature(enable = "neon,fp16")]
unsafe fn narrow(floats: &[f32], halves: &mut [u16]) {
    let most = f16::MAX.to_f32();
    // SAFETY: chunks have the four values that are read and written.
    let four = |floats: &[f32; 4], halves: &mut [u16; 4]| unsafe {
        let floats = vminq_f32(
            vmaxq_f32(vld1q_f32(floats.as_ptr()), vdupq_n_f32(-most)),
            vdupq_n_f32(most),
        );
        vst1_u16(halves.as_mut_ptr(), vreinterpret_u16_f16(vcvt_f16_f32(floats)));
    };
    let (chunks, rest) = floats.as_chunks::<4>();
    let (halves_of, halves_rest) = halves.as_chunks_mut::<4>();
    for (floats, halves) in chunks.iter().zip(halves_of) {
        four(floats, halves);
    }
    let (mut floats, mut halves) = ([0.0; 4], [0; 4]);
    floats[..rest.len()].copy_from_slice(rest);
    four(&floats, &mut halves);
    halves_rest[..rest.len()].copy_from_slice(&halves[..rest.len()]);
}

/// # Safety
/// The processor has the instructions, and all that the tile reads and writes lies within the slices of its arguments.
#[target_feature(enable = "neon,fp16")]
unsafe fn dense_tile<const M: usize>(
    reads: &Reads<u16>,
    convolution: &DenseHalves,
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
            let mut inputs: [*const u16; M] = from_fn(|m| reads.map.as_ptr().add(first + tap + m * reads.step));
            let mut left = inputs_of_tap;
            while left > 0 {
                let run = left.min(RUN);
                let mut halves = [[vreinterpretq_f16_u16(vdupq_n_u16(0)); HALVES]; M];
                for _ in 0..run / 8 {
                    let eight: [float16x8_t; M] = from_fn(|m| vreinterpretq_f16_u16(vld1q_u16(inputs[m])));
                    add_input::<0, M>(&mut halves, &eight, weights);
                    add_input::<1, M>(&mut halves, &eight, weights.add(LANES));
                    add_input::<2, M>(&mut halves, &eight, weights.add(2 * LANES));
                    add_input::<3, M>(&mut halves, &eight, weights.add(3 * LANES));
                    add_input::<4, M>(&mut halves, &eight, weights.add(4 * LANES));
                    add_input::<5, M>(&mut halves, &eight, weights.add(5 * LANES));
                    add_input::<6, M>(&mut halves, &eight, weights.add(6 * LANES));
                    add_input::<7, M>(&mut halves, &eight, weights.add(7 * LANES));
                    weights = weights.add(8 * LANES);
                    inputs = inputs.map(|pointer| pointer.add(8));
                }
                for _ in 0..run % 8 {
                    let one: [float16x8_t; M] = from_fn(|m| vreinterpretq_f16_u16(vld1q_dup_u16(inputs[m])));
                    add_input::<0, M>(&mut halves, &one, weights);
                    weights = weights.add(LANES);
                    inputs = inputs.map(|pointer| pointer.add(1));
                }
                for (sums, halves) in sums.iter_mut().zip(halves) {
                    for (at, eight) in halves.into_iter().enumerate() {
                        sums[2 * at] = vaddq_f32(sums[2 * at], vcvt_f32_f16(vget_low_f16(eight)));
                        sums[2 * at + 1] = vaddq_f32(sums[2 * at + 1], vcvt_f32_f16(vget_high_f16(eight)));
                    }
                }
                left -= run;
            }
        }
        store_tile(&sums.map(floats_of), &convolution.epilogue, row, block, pixel);
    }
}

/// Adds the products of one input channel, which is in one lane, to the sums of a tile.
///
/// # Safety
/// The processor has the instructions, and `weights` points to those of an input channel.
#[inline]
#[target_feature(enable = "neon,fp16")]
unsafe fn add_input<const LANE: i32, const M: usize>(
    sums: &mut [[float16x8_t; HALVES]; M],
    inputs: &[float16x8_t; M],
    weights: *const u16,
) {
    for at in 0..HALVES {
        // SAFETY: the caller's promise.
        unsafe {
            let weights = vreinterpretq_f16_u16(vld1q_u16(weights.add(at * 8)));
            for (sums, inputs) in sums.iter_mut().zip(inputs) {
                sums[at] = vfmaq_laneq_f16::<LANE>(sums[at], weights, *inputs);
            }
        }
    }
}

//! Kernels for 64-bit Arm: one family for every such processor, and two for those that have dot products of bytes.
//!
//! Only the newest processors multiply bytes without a sign by bytes with one. For the others each input is made signed: 128 is taken away
//! from it, which turns its highest bit, and 128 times the sum of the weights is added back, so that the sum of products stays exact.
//!
//! * [`dot`]: bytes with dot products; [`pairs`]: bytes without; [`floats`]: floats, for all three families; [`halves`]: float16, for processors that multiply it. Here is what they share.

#![allow(
    unsafe_code,
    reason = "vector instructions, and loads and stores whose bounds are checked once for a row"
)]

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

mod dot;
mod floats;
mod halves;
mod pairs;

use std::arch::aarch64::*;
use std::arch::is_aarch64_feature_detected;
use std::array::from_fn;

use self::dot::Dot;
pub(super) use self::halves::Float16;
use self::pairs::Neon;
use super::{Epilogue, Kernels, LANES, Reads, Residual, Row};

/// Registers of four sums that make a block of channels.
const PARTS: usize = LANES / 4;
/// Results that are computed together: their sums and inputs fill 25 of the 32 registers. With one more, weights would hardly have any.
const TILE: usize = 5;
/// Results of a depthwise convolution that share the columns that they read.
const RUN: usize = 4;

/// The bits by which a byte `input` differs from the signed byte `input - 128`.
const MINUS_128: u8 = 128;

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

/// Stores a tile of one block of channels, from its sums.
///
/// A function of its own, and its arguments in memory: it goes through the results one by one, and an array that is read that way
/// would not be held in registers by the loops that make the sums.
///
/// # Safety
/// The row and the epilogue have these pixels and this block.
#[inline(never)]
unsafe fn store_tile(sums: &[[f32; LANES]], epilogue: &Epilogue, row: &mut Row, block: usize, pixel: usize) {
    let (channel, stride) = (block * LANES, row.stride);
    // SAFETY: the caller's promise.
    unsafe {
        let multiplier = block_of_floats(epilogue.multiplier.as_ptr().add(channel));
        let addend = block_of_floats(epilogue.addend.as_ptr().add(channel));
        if let Some(bytes) = row.only_bytes(epilogue) {
            // Rounding keeps the order of numbers, so a clamp after it, of sixteen bytes at once, gives what one before it would.
            let [low, high] = [epilogue.low, epilogue.high].map(|bound| vdupq_n_u8(bound.round_ties_even() as u8));
            let bytes = bytes.as_mut_ptr().add(pixel * stride + channel);
            for (pixel, sums) in sums.iter().enumerate() {
                let sums = block_of_floats(sums.as_ptr());
                let steps = from_fn(|part| vaddq_f32(vmulq_f32(sums[part], multiplier[part]), addend[part]));
                let clamped = vminq_u8(vmaxq_u8(rounded(steps), low), high);
                vst1q_u8(bytes.add(pixel * stride), clamped);
            }
            return;
        }
        let (low, high) = (vdupq_n_f32(epilogue.low), vdupq_n_f32(epilogue.high));
        let quantize = epilogue.quantize.map(|q| (vdupq_n_f32(q.inverse), vdupq_n_f32(q.zero)));
        for (pixel, sums) in (pixel..).zip(sums) {
            let at = pixel * stride + channel;
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
                vst1q_u8(bytes.as_mut_ptr().add(at), rounded(steps));
            }
        }
    }
}

/// The nearest bytes, ties to the even one; what is below 0 becomes 0, what is too great 255.
#[inline(always)]
fn rounded(steps: [float32x4_t; PARTS]) -> uint8x16_t {
    // SAFETY: every 64-bit Arm processor has the instructions.
    unsafe {
        let steps = steps.map(|steps| vcvtnq_u32_f32(steps));
        let low = vqmovn_high_u32(vqmovn_u32(steps[0]), steps[1]);
        let high = vqmovn_high_u32(vqmovn_u32(steps[2]), steps[3]);
        vqmovn_high_u16(vqmovn_u16(low), high)
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

/// Four bytes, in every lane.
///
/// # Safety
/// `bytes` points to four bytes.
#[inline(always)]
unsafe fn four_bytes(bytes: *const u8) -> uint8x16_t {
    // SAFETY: the caller's promise.
    unsafe { vreinterpretq_u8_u32(vdupq_n_u32(bytes.cast::<u32>().read_unaligned())) }
}

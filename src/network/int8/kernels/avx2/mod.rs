//! Kernels for x86-64 without AVX-512: eight sums in a register, two registers for a block of channels, sixteen in all.
//!
//! AVX2 has no exact product of unsigned and signed bytes, only `vpmaddwd`, which multiplies numbers of 16 bits and
//! adds the products two by two. So four bytes count as two pairs of such numbers: the first and the third byte
//! ("even"), and the second and the fourth ("odd"). Processors with AVX-VNNI multiply the bytes of a dense convolution
//! as they are, and have one instruction where a product of pairs is added to a sum; their floats are those of AVX2.

#![allow(
    unsafe_code,
    reason = "vector instructions, and loads and stores whose bounds are checked once for a row"
)]

mod dense;
mod depthwise;

use std::arch::x86_64::*;

use self::dense::{dense_bytes_tile, dense_floats_tile, dense_pairs_tile, keep_pairs};
use self::depthwise::{check_depthwise_bytes, depthwise_bytes_avx2, depthwise_bytes_vnni, depthwise_floats_run};
use super::{DenseBytes, DenseFloats, Depthwise, Epilogue, Kernels, LANES, Reads, Row, tiles};

/// Results that are computed together where one instruction multiplies and adds: their sums fill 12 of the 16
/// registers, which leaves some for the weights and an input.
const TILE: usize = 6;
/// The same for bytes in pairs: 10 registers of sums, since the pairs of the weights need four registers, and an input
/// and a product one each.
const PAIRS_TILE: usize = 5;
/// Results of a depthwise convolution of bytes that share the columns that they read.
const RUN: usize = 4;
/// Fours of inputs that are kept in pairs at a time, unless a single tile has more: 64 KiB, which the second level of
/// any cache holds.
const KEPT: usize = 8192;

/// Four inputs, each in 16 bits: the even ones and the odd ones.
type Pairs = [i32; 2];

/// Proof that the processor has AVX2 and FMA.
pub(super) struct Avx2(());

/// Proof that the processor has AVX-VNNI besides.
pub(super) struct AvxVnni(Avx2);

/// What the processor has of the two, the faster first.
pub(super) fn detect() -> impl Iterator<Item = &'static dyn Kernels> {
    let avx2 = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
    let vnni = avx2 && is_x86_feature_detected!("avxvnni");
    let vnni = vnni.then_some(&AvxVnni(Avx2(())) as &dyn Kernels);
    vnni.into_iter().chain(avx2.then_some(&Avx2(()) as &dyn Kernels))
}

/// Calls a tile's function with the number of results as a constant, so that its sums are registers.
macro_rules! with_constant {
    ($count:expr, $N:ident in [$($number:literal)*] => $call:expr) => {
        match $count {
            $($number => {
                const $N: usize = $number;
                $call
            })*
            _ => unreachable!("no tile has more results"),
        }
    };
}

impl Kernels for Avx2 {
    fn name(&self) -> &'static str {
        "AVX2"
    }

    /// Makes pairs of the inputs of some tiles, then goes through the blocks of channels that read them.
    fn dense_bytes(&self, reads: &Reads<u8>, convolution: &DenseBytes, row: &mut Row) {
        convolution.check(reads, row);
        let quads = reads.taps.len() * convolution.quads;
        let most = (KEPT / quads.max(1) / PAIRS_TILE).max(1) * PAIRS_TILE;
        let mut kept = vec![Pairs::default(); row.pixels.min(most) * quads];
        for (first, pixels) in tiles(row.pixels, most) {
            let mut kept_input = None;
            for block in 0..row.stride / LANES {
                let input = convolution.grouping.first_input(block);
                let renew = kept_input.replace(input) != Some(input);
                for (pixel, count) in tiles(pixels, PAIRS_TILE) {
                    let kept = &mut kept[pixel * quads..(pixel + count) * quads];
                    let pixel = first + pixel;
                    // SAFETY: `Avx2` exists only where the processor has the instructions; `check` found the whole row
                    // within its slices, and `kept` has all inputs of `count` results.
                    unsafe {
                        if renew {
                            keep_pairs(reads, convolution.quads, input, pixel, count, kept);
                        }
                        with_constant!(count, M in [1 2 3 4 5] => {
                            dense_pairs_tile::<M>(kept, convolution, row, block, pixel)
                        });
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
                with_constant!(count, M in [1 2 3 4 5 6] => unsafe {
                    dense_floats_tile::<M>(reads, convolution, row, block, pixel)
                });
            }
        }
    }

    fn depthwise_bytes(&self, reads: &Reads<u8>, convolution: &Depthwise<i8>, row: &mut Row) {
        check_depthwise_bytes(reads, convolution, row);
        // SAFETY: as in `dense_bytes`.
        unsafe { depthwise_bytes_avx2(reads, convolution, row) }
    }

    fn depthwise_floats(&self, reads: &Reads<f32>, convolution: &Depthwise<f32>, row: &mut Row) {
        convolution.check(reads, row, reads.taps.len());
        for (pixel, count) in tiles(row.pixels, TILE) {
            for block in 0..row.stride / LANES {
                // SAFETY: as in `dense_bytes`.
                with_constant!(count, M in [1 2 3 4 5 6] => unsafe {
                    depthwise_floats_run::<M>(reads, convolution, row, block, pixel)
                });
            }
        }
    }
}

impl Kernels for AvxVnni {
    fn name(&self) -> &'static str {
        "AVX-VNNI"
    }

    fn dense_bytes(&self, reads: &Reads<u8>, convolution: &DenseBytes, row: &mut Row) {
        convolution.check(reads, row);
        for block in 0..row.stride / LANES {
            for (pixel, count) in tiles(row.pixels, TILE) {
                // SAFETY: `AvxVnni` exists only where the processor has the instructions; `check` found the whole row
                // within its slices.
                with_constant!(count, M in [1 2 3 4 5 6] => unsafe {
                    dense_bytes_tile::<M>(reads, convolution, row, block, pixel)
                });
            }
        }
    }

    fn dense_floats(&self, reads: &Reads<f32>, convolution: &DenseFloats, row: &mut Row) {
        self.0.dense_floats(reads, convolution, row);
    }

    fn depthwise_bytes(&self, reads: &Reads<u8>, convolution: &Depthwise<i8>, row: &mut Row) {
        check_depthwise_bytes(reads, convolution, row);
        // SAFETY: as in `dense_bytes`.
        unsafe { depthwise_bytes_vnni(reads, convolution, row) }
    }

    fn depthwise_floats(&self, reads: &Reads<f32>, convolution: &Depthwise<f32>, row: &mut Row) {
        self.0.depthwise_floats(reads, convolution, row);
    }
}

/// # Safety
/// The processor has the instructions, and 64 bytes can be read.
#[inline]
#[target_feature(enable = "avx2,fma")]
unsafe fn load_two<T>(from: *const T) -> [__m256i; 2] {
    // SAFETY: the caller's promise.
    unsafe {
        [
            _mm256_loadu_si256(from.cast()),
            _mm256_loadu_si256(from.cast::<__m256i>().add(1)),
        ]
    }
}

/// # Safety
/// The processor has the instructions, and sixteen floats can be read.
#[inline]
#[target_feature(enable = "avx2,fma")]
unsafe fn load_two_floats(from: *const f32) -> [__m256; 2] {
    // SAFETY: the caller's promise.
    unsafe { [_mm256_loadu_ps(from), _mm256_loadu_ps(from.add(LANES / 2))] }
}

/// The first and the third of each four weights in 16 bits each.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn even_weights(fours: __m256i) -> __m256i {
    _mm256_srai_epi16::<8>(_mm256_slli_epi16::<8>(fours))
}

/// The second and the fourth of each four weights in 16 bits each.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn odd_weights(fours: __m256i) -> __m256i {
    _mm256_srai_epi16::<8>(fours)
}

/// Sums of bytes as floats.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn to_floats<const M: usize>(sums: [[__m256i; 2]; M]) -> [[__m256; 2]; M] {
    let mut floats = [[_mm256_setzero_ps(); 2]; M];
    for m in 0..M {
        for half in 0..2 {
            floats[m][half] = _mm256_cvtepi32_ps(sums[m][half]);
        }
    }
    floats
}

/// What follows the sums first: `sum * multiplier + addend`.
///
/// # Safety
/// The processor has the instructions, and the epilogue has this block.
#[inline]
#[target_feature(enable = "avx2,fma")]
unsafe fn scale<const M: usize>(sums: [[__m256; 2]; M], epilogue: &Epilogue, block: usize) -> [[__m256; 2]; M] {
    // SAFETY: the caller's promise.
    let (multiplier, addend) = unsafe {
        let multiplier = load_two_floats(epilogue.multiplier.as_ptr().add(block * LANES));
        (multiplier, load_two_floats(epilogue.addend.as_ptr().add(block * LANES)))
    };
    let mut values = sums;
    for m in 0..M {
        for half in 0..2 {
            values[m][half] = _mm256_add_ps(_mm256_mul_ps(sums[m][half], multiplier[half]), addend[half]);
        }
    }
    values
}

/// What follows then, for the results of one block of channels from `pixel` on.
///
/// It is not inlined, and gets values and not sums, because the compiler keeps an array in registers only if no loop
/// that it does not unroll, and no pointer, goes through it: otherwise it stores all sums of a tile with each product.
///
/// # Safety
/// The processor has the instructions, and the row has this block of as many pixels as there are values.
#[inline(never)]
#[target_feature(enable = "avx2,fma")]
unsafe fn finish(values: &[[__m256; 2]], epilogue: &Epilogue, row: &mut Row, block: usize, pixel: usize) {
    let channel = block * LANES;
    // SAFETY: the caller's promise.
    unsafe {
        let (low, high) = (_mm256_set1_ps(epilogue.low), _mm256_set1_ps(epilogue.high));
        let quantize = epilogue
            .quantize
            .map(|q| (_mm256_set1_ps(q.inverse), _mm256_set1_ps(q.zero)));
        for (pixel, &values) in (pixel..).zip(values) {
            let at = pixel * row.stride + channel;
            let mut values = values;
            if let Some(added) = row.added(pixel, channel) {
                let added = load_two_floats(added);
                for half in 0..2 {
                    values[half] = _mm256_add_ps(values[half], added[half]);
                }
            }
            for value in &mut values {
                *value = _mm256_min_ps(_mm256_max_ps(*value, low), high);
            }
            if let Some(floats) = &mut row.floats {
                let to = floats.as_mut_ptr().add(at);
                _mm256_storeu_ps(to, values[0]);
                _mm256_storeu_ps(to.add(LANES / 2), values[1]);
            }
            if let Some(bytes) = &mut row.bytes {
                if let Some((inverse, zero)) = quantize {
                    for value in &mut values {
                        *value = _mm256_add_ps(_mm256_mul_ps(*value, inverse), zero);
                    }
                }
                // Rounds to the nearest, ties to even: the processor's default mode, which Rust never changes. What is
                // less than 0, or no number, becomes a negative integer, and packing makes that 0; in this order of
                // arguments, `_mm256_min_ps` leaves it as it is.
                let steps = values.map(|value| _mm256_cvtps_epi32(_mm256_min_ps(_mm256_set1_ps(255.0), value)));
                // Packing goes by halves of a register: the permutation puts the channels back in order.
                let words = _mm256_permute4x64_epi64::<0b11_01_10_00>(_mm256_packs_epi32(steps[0], steps[1]));
                let packed = _mm_packus_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256::<1>(words));
                _mm_storeu_si128(bytes.as_mut_ptr().add(at).cast(), packed);
            }
        }
    }
}

//! Kernels for x86-64 without AVX-512: eight sums in a register, two registers for a block of channels, sixteen in all.
//!
//! AVX2 has no exact product of unsigned and signed bytes, only `vpmaddwd`, which multiplies numbers of 16 bits and
//! adds the products two by two. So four bytes count as two pairs of such numbers: the first and the third byte
//! ("even"), and the second and the fourth ("odd"); `pair_rows.rs` makes them. Processors with AVX-VNNI multiply the bytes of a dense convolution
//! as they are, and have one instruction where a product of pairs is added to a sum; their floats are those of AVX2.

#![allow(
    unsafe_code,
    reason = "vector instructions, and loads and stores whose bounds are checked once for a row"
)]

mod dense;
mod depthwise;
mod groups;
mod pair_rows;

use std::arch::x86_64::*;

use self::dense::{dense_bytes_tile, dense_floats_tile, dense_pairs_tile};
use self::depthwise::{check_depthwise_bytes, depthwise_bytes_avx2, depthwise_bytes_vnni, depthwise_floats_run};
use self::pair_rows::{PairRows, results_at_once, with_pairs};
use super::{DenseBytes, DenseFloats, Depthwise, Epilogue, Kernels, LANES, Reads, Row, pack, tiles};

/// Results that are computed together where one instruction multiplies and adds: their sums fill 12 of the 16
/// registers, which leaves some for the weights and an input.
const TILE: usize = 6;
/// Bytes that the weights of four inputs of a block take in pairs.
const QUAD: usize = 2 * 4 * LANES;
/// Results of a depthwise convolution of bytes that share the columns that they read.
const RUN: usize = 4;

/// Weights of each four inputs, `[lane][4]`, in 16 bits each: first the even ones, `[lane][2]`, then the odd ones.
fn in_pairs(fours: &[i8]) -> Vec<i8> {
    let quads = fours.chunks_exact(4 * LANES);
    let pairs = quads.flat_map(|quad| [0, 1].map(|odd| (quad, odd)));
    let weights = pairs.flat_map(|(quad, odd)| quad.chunks_exact(4).flat_map(move |four| [four[odd], four[odd + 2]]));
    weights
        .flat_map(|weight| i16::from(weight).to_le_bytes().map(|byte| byte as i8))
        .collect()
}

/// Proof that the processor has AVX2 and FMA.
#[derive(Debug)]
pub(super) struct Avx2(());

/// Proof that the processor has AVX-VNNI besides.
#[derive(Debug)]
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

    fn pack_dense_bytes(&self, weights: &[i8], outputs: usize, taps: usize, inputs: usize) -> Vec<i8> {
        in_pairs(&pack::pack_dense_bytes(weights, outputs, taps, inputs))
    }

    fn pack_depthwise_bytes(&self, weights: &[i8], channels: usize, side: usize) -> Vec<i8> {
        in_pairs(&pack::pack_depthwise_bytes(weights, channels, side))
    }

    /// Makes pairs of the inputs of some results, then goes through the blocks of channels that read them.
    fn dense_bytes(&self, reads: &Reads<u8>, convolution: &DenseBytes, row: &mut Row) {
        convolution.check(reads, row, 2);
        let blocks = row.stride / LANES;
        let depth = convolution.grouping.first_input(blocks - 1) + 4 * convolution.quads;
        for (first, pixels) in tiles(row.pixels, results_at_once(reads, depth)) {
            let work = |rows: &PairRows| {
                if let Some(group) = convolution.grouping.narrow(reads.taps.len()) {
                    // SAFETY: `Avx2` exists only where the processor has the instructions; `check` found the whole row within its slices, and
                    // `rows` has all inputs of these results; the same below.
                    return unsafe { groups::pairs(rows, convolution, row, first..first + pixels, group) };
                }
                for block in 0..blocks {
                    for (pixel, count) in tiles(pixels, TILE) {
                        with_constant!(count, M in [1 2 3 4 5 6] => unsafe {
                            dense_pairs_tile::<M>(rows, convolution, row, block, first + pixel)
                        });
                    }
                }
            };
            // SAFETY: as above.
            unsafe { with_pairs(reads, first..first + pixels, depth, work) };
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

    fn pack_depthwise_bytes(&self, weights: &[i8], channels: usize, side: usize) -> Vec<i8> {
        self.0.pack_depthwise_bytes(weights, channels, side)
    }

    fn dense_bytes(&self, reads: &Reads<u8>, convolution: &DenseBytes, row: &mut Row) {
        convolution.check(reads, row, 1);
        if let Some(group) = convolution.grouping.narrow(reads.taps.len()) {
            // SAFETY: `AvxVnni` exists only where the processor has the instructions; `check` found the whole row within its slices.
            return unsafe { groups::bytes(reads, convolution, row, group) };
        }
        for block in 0..row.stride / LANES {
            for (pixel, count) in tiles(row.pixels, TILE) {
                // SAFETY: as above.
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
        let stride = row.stride;
        if let Some(bytes) = row.only_bytes(epilogue) {
            return store_bytes(
                values,
                epilogue,
                bytes.as_mut_ptr().add(pixel * stride + channel),
                stride,
            );
        }
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

/// The bytes of [`Row::only_bytes`], two results at once. Rounding keeps the order of numbers, so a clamp of bytes after it gives what one before it would.
///
/// # Safety
/// The processor has the instructions, and there is room for a block of bytes at `to` and at each `stride` behind it.
#[inline]
#[target_feature(enable = "avx2,fma")]
unsafe fn store_bytes(values: &[[__m256; 2]], epilogue: &Epilogue, to: *mut u8, stride: usize) {
    let [low, high] = [epilogue.low, epilogue.high].map(|bound| _mm256_set1_epi8(bound.round_ties_even() as u8 as i8));
    // Packing goes by halves of a register: four bytes of the first result, eight channels on, of the second, and so on.
    let in_order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
    let words = |values: &[__m256; 2]| {
        // What is less than 0, or no number, becomes a negative integer, and packing makes that 0; in this order of arguments, `_mm256_min_ps`
        // leaves it as it is. Rounds to the nearest, ties to even: the processor's default mode, which Rust never changes.
        let steps = values.map(|value| _mm256_cvtps_epi32(_mm256_min_ps(_mm256_set1_ps(255.0), value)));
        _mm256_packs_epi32(steps[0], steps[1])
    };
    let (pairs, rest) = values.as_chunks::<2>();
    // SAFETY: the caller's promise.
    unsafe {
        for (pair, [first, second]) in pairs.iter().enumerate() {
            let bytes = _mm256_permutevar8x32_epi32(_mm256_packus_epi16(words(first), words(second)), in_order);
            let bytes = _mm256_min_epu8(_mm256_max_epu8(bytes, low), high);
            let to = to.add(2 * pair * stride);
            _mm_storeu_si128(to.cast(), _mm256_castsi256_si128(bytes));
            _mm_storeu_si128(to.add(stride).cast(), _mm256_extracti128_si256::<1>(bytes));
        }
        if let [last] = rest {
            let words = words(last);
            let bytes = _mm256_permutevar8x32_epi32(_mm256_packus_epi16(words, words), in_order);
            let bytes = _mm256_min_epu8(_mm256_max_epu8(bytes, low), high);
            _mm_storeu_si128(
                to.add((values.len() - 1) * stride).cast(),
                _mm256_castsi256_si128(bytes),
            );
        }
    }
}

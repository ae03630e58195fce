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

use std::arch::x86_64::*;

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

/// The addresses of a tile's results, three by three from one pointer, so that few registers hold them.
macro_rules! result {
    ($pointers:ident, $step:expr, $m:expr) => {
        $pointers[$m / 3].add($m % 3 * $step)
    };
}

/// Makes pairs of all inputs of a tile's `count` results, which lie in `kept` side by side for each four inputs.
///
/// # Safety
/// The processor has the instructions, `kept` has `count` times all inputs of a result, and they lie within the map.
#[target_feature(enable = "avx2,fma")]
unsafe fn keep_pairs(reads: &Reads<u8>, quads: usize, input: usize, pixel: usize, count: usize, kept: &mut [Pairs]) {
    let mask = 0x00FF_00FF;
    for m in 0..count {
        let first = reads.first + (pixel + m) * reads.step + input;
        let mut to = kept[m..].as_mut_ptr();
        for tap in reads.taps {
            // SAFETY: the caller's promise; `to` is one step behind the last input when that has been written.
            unsafe {
                let mut from = reads.map.as_ptr().add(first + tap);
                for _ in 0..quads / 4 {
                    let bytes = _mm_loadu_si128(from.cast());
                    let even = _mm_and_si128(bytes, _mm_set1_epi32(mask));
                    let odd = _mm_srli_epi16::<8>(bytes);
                    let two = _mm_castsi128_pd(_mm_unpacklo_epi32(even, odd));
                    _mm_storel_pd(to.cast(), two);
                    _mm_storeh_pd(to.wrapping_add(count).cast(), two);
                    let two = _mm_castsi128_pd(_mm_unpackhi_epi32(even, odd));
                    _mm_storel_pd(to.wrapping_add(2 * count).cast(), two);
                    _mm_storeh_pd(to.wrapping_add(3 * count).cast(), two);
                    from = from.add(16);
                    to = to.wrapping_add(4 * count);
                }
                for _ in 0..quads % 4 {
                    let four = from.cast::<i32>().read_unaligned();
                    *to = [four & mask, four >> 8 & mask];
                    from = from.add(4);
                    to = to.wrapping_add(count);
                }
            }
        }
    }
}

/// # Safety
/// The processor has the instructions, and all that the tile reads and writes lies within the slices of its arguments.
#[target_feature(enable = "avx2,fma")]
unsafe fn dense_pairs_tile<const M: usize>(
    kept: &[Pairs],
    convolution: &DenseBytes,
    row: &mut Row,
    block: usize,
    pixel: usize,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let mut sums = [load_two(convolution.start.as_ptr().add(block * LANES)); M];
        let mut weights = convolution.weights.as_ptr().add(block * (kept.len() / M) * 4 * LANES);
        for inputs in kept.as_chunks::<M>().0 {
            let columns = load_two(weights).map(|weights| [even_weights(weights), odd_weights(weights)]);
            for m in 0..M {
                // In this order the compiler keeps all sums in registers.
                for part in [1, 0] {
                    let pair = _mm256_set1_epi32(inputs[m][part]);
                    for half in 0..2 {
                        let products = _mm256_madd_epi16(pair, columns[half][part]);
                        sums[m][half] = _mm256_add_epi32(sums[m][half], products);
                    }
                }
            }
            weights = weights.add(4 * LANES);
        }
        let values = scale(to_floats(sums), &convolution.epilogue, block);
        finish(&values, &convolution.epilogue, row, block, pixel);
    }
}

/// # Safety
/// As [`dense_pairs_tile`].
#[target_feature(enable = "avx2,fma,avxvnni")]
unsafe fn dense_bytes_tile<const M: usize>(
    reads: &Reads<u8>,
    convolution: &DenseBytes,
    row: &mut Row,
    block: usize,
    pixel: usize,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let mut sums = [load_two(convolution.start.as_ptr().add(block * LANES)); M];
        let first = reads.first + pixel * reads.step + convolution.grouping.first_input(block);
        let block_weights = reads.taps.len() * convolution.quads * 4 * LANES;
        let mut weights = convolution.weights.as_ptr().add(block * block_weights);
        for tap in reads.taps {
            let base = reads.map.as_ptr().add(first + tap);
            let mut inputs: [*const u8; TILE.div_ceil(3)] =
                std::array::from_fn(|m| base.wrapping_add(3 * m * reads.step));
            for _ in 0..convolution.quads {
                let columns = load_two(weights);
                for m in 0..M {
                    let four = _mm256_set1_epi32(result!(inputs, reads.step, m).cast::<i32>().read_unaligned());
                    for half in 0..2 {
                        sums[m][half] = _mm256_dpbusd_avx_epi32(sums[m][half], four, columns[half]);
                    }
                }
                weights = weights.add(4 * LANES);
                for pointer in &mut inputs {
                    *pointer = pointer.wrapping_add(4);
                }
            }
        }
        let values = scale(to_floats(sums), &convolution.epilogue, block);
        finish(&values, &convolution.epilogue, row, block, pixel);
    }
}

/// # Safety
/// As [`dense_pairs_tile`].
#[target_feature(enable = "avx2,fma")]
unsafe fn dense_floats_tile<const M: usize>(
    reads: &Reads<f32>,
    convolution: &DenseFloats,
    row: &mut Row,
    block: usize,
    pixel: usize,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let mut sums = [[_mm256_setzero_ps(); 2]; M];
        let first = reads.first + pixel * reads.step + convolution.grouping.first_input(block);
        let block_weights = reads.taps.len() * convolution.inputs * LANES;
        let mut weights = convolution.weights.as_ptr().add(block * block_weights);
        for tap in reads.taps {
            let base = reads.map.as_ptr().add(first + tap);
            let mut inputs: [*const f32; TILE.div_ceil(3)] =
                std::array::from_fn(|m| base.wrapping_add(3 * m * reads.step));
            for _ in 0..convolution.inputs {
                let columns = load_two_floats(weights);
                for m in 0..M {
                    let input = _mm256_set1_ps(*result!(inputs, reads.step, m));
                    for half in 0..2 {
                        sums[m][half] = _mm256_fmadd_ps(input, columns[half], sums[m][half]);
                    }
                }
                weights = weights.add(LANES);
                for pointer in &mut inputs {
                    *pointer = pointer.wrapping_add(1);
                }
            }
        }
        let values = scale(sums, &convolution.epilogue, block);
        finish(&values, &convolution.epilogue, row, block, pixel);
    }
}

/// Stops before anything outside is read or written.
fn check_depthwise_bytes(reads: &Reads<u8>, convolution: &Depthwise<i8>, row: &Row) {
    convolution.check(reads, row, convolution.side * convolution.side.div_ceil(4) * 4);
}

/// # Safety
/// As [`dense_pairs_tile`], for the whole row.
#[target_feature(enable = "avx2,fma")]
unsafe fn depthwise_bytes_avx2(reads: &Reads<u8>, convolution: &Depthwise<i8>, row: &mut Row) {
    // SAFETY: the caller's promise.
    unsafe { depthwise_bytes_row::<false>(reads, convolution, row) }
}

/// # Safety
/// As [`dense_pairs_tile`], for the whole row.
#[target_feature(enable = "avx2,fma,avxvnni")]
unsafe fn depthwise_bytes_vnni(reads: &Reads<u8>, convolution: &Depthwise<i8>, row: &mut Row) {
    // SAFETY: the caller's promise.
    unsafe { depthwise_bytes_row::<true>(reads, convolution, row) }
}

/// Makes pairs of all weights, then goes through the row. It is inlined, and becomes AVX2 or AVX-VNNI in its caller.
///
/// # Safety
/// As [`dense_pairs_tile`], for the whole row.
#[inline(always)]
unsafe fn depthwise_bytes_row<const VNNI: bool>(reads: &Reads<u8>, convolution: &Depthwise<i8>, row: &mut Row) {
    let stride = reads.step / row.stride;
    // SAFETY: the caller's promise.
    unsafe {
        let mut pairs = Vec::with_capacity(convolution.weights.len() / (4 * LANES));
        for weights in convolution.weights.as_chunks::<{ 4 * LANES }>().0 {
            let [low, high] = load_two(weights.as_ptr());
            pairs.push([
                [even_weights(low), even_weights(high)],
                [odd_weights(low), odd_weights(high)],
            ]);
        }
        let pairs = pairs.as_slice();
        let whole = if stride <= 2 { row.pixels / RUN * RUN } else { 0 };
        for pixel in (0..whole).step_by(RUN) {
            for block in 0..row.stride / LANES {
                match (convolution.side, stride) {
                    (3, 1) => depthwise_bytes_run::<VNNI, 3, 1, RUN>(reads, convolution, pairs, row, block, pixel),
                    (3, 2) => depthwise_bytes_run::<VNNI, 3, 2, RUN>(reads, convolution, pairs, row, block, pixel),
                    (5, 1) => depthwise_bytes_run::<VNNI, 5, 1, RUN>(reads, convolution, pairs, row, block, pixel),
                    (5, 2) => depthwise_bytes_run::<VNNI, 5, 2, RUN>(reads, convolution, pairs, row, block, pixel),
                    _ => unreachable!("depthwise convolutions have 3 or 5 rows and columns"),
                }
            }
        }
        for pixel in whole..row.pixels {
            for block in 0..row.stride / LANES {
                match convolution.side {
                    3 => depthwise_bytes_run::<VNNI, 3, 1, 1>(reads, convolution, pairs, row, block, pixel),
                    5 => depthwise_bytes_run::<VNNI, 5, 1, 1>(reads, convolution, pairs, row, block, pixel),
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
    weights: &[[[__m256i; 2]; 2]],
    row: &mut Row,
    block: usize,
    pixel: usize,
) {
    let quads = SIDE.div_ceil(4);
    // SAFETY: the caller's promise.
    unsafe {
        let mut sums = [load_two(convolution.start.as_ptr().add(block * LANES)); M];
        let first = reads.map.as_ptr().add(reads.first + pixel * reads.step + block * LANES);
        let weights = weights.as_ptr().add(block * SIDE * quads);
        let mut rows: [*const u8; SIDE] = [first; SIDE];
        for (y, row) in rows.iter_mut().enumerate() {
            *row = first.add(*reads.taps.get_unchecked(y * SIDE));
        }
        for x in 0..(M - 1) * STRIDE + SIDE {
            for pair in 0..2 * quads {
                // The pair's rows are the even or the odd ones of its four.
                let y = pair / 2 * 4 + pair % 2;
                if y >= SIDE {
                    continue;
                }
                let column = if y + 2 < SIDE {
                    two_rows(rows[y], rows[y + 2])
                } else {
                    one_row(rows[y])
                };
                for (m, sum) in sums.iter_mut().enumerate() {
                    if x >= m * STRIDE && x - m * STRIDE < SIDE {
                        let weights = &(*weights.add((x - m * STRIDE) * quads + pair / 2))[pair % 2];
                        for half in 0..2 {
                            sum[half] = if VNNI {
                                _mm256_dpwssd_avx_epi32(sum[half], column[half], weights[half])
                            } else {
                                _mm256_add_epi32(sum[half], _mm256_madd_epi16(column[half], weights[half]))
                            };
                        }
                    }
                }
            }
            for pointer in &mut rows {
                *pointer = pointer.wrapping_add(row.stride);
            }
        }
        let values = scale(to_floats(sums), &convolution.epilogue, block);
        finish(&values, &convolution.epilogue, row, block, pixel);
    }
}

/// # Safety
/// As [`dense_pairs_tile`].
#[target_feature(enable = "avx2,fma")]
unsafe fn depthwise_floats_run<const M: usize>(
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

//! Kernels for x86-64 with AVX-512 and its dot product of bytes (VNNI): sixteen sums in a register, four products in each lane at once.

#![allow(
    unsafe_code,
    reason = "vector instructions, and loads and stores whose bounds are checked once for a row"
)]

/// The addresses of a tile's results, three by three from one pointer, so that few registers hold them.
macro_rules! result {
    ($pointers:ident, $step:expr, $m:expr) => {
        $pointers[$m / 3].add($m % 3 * $step)
    };
}

mod groups;
mod halves;

use std::arch::x86_64::*;

pub(super) use self::halves::Bfloat16;
use super::{DenseBytes, DenseFloats, Depthwise, Epilogue, Grouping, Kernels, LANES, Reads, Row, tiles};

/// Results that are computed together; with two blocks of channels they fill 24 of the 32 registers.
const TILE: usize = 12;
/// Results of a depthwise convolution that share the columns that they read.
const RUN: usize = 4;

/// Proof that the processor has the instructions.
#[derive(Debug)]
pub(super) struct Avx512(());

impl Avx512 {
    pub(super) fn detect() -> Option<&'static dyn Kernels> {
        let has = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("avx512vnni");
        has.then_some(&Self(()) as &dyn Kernels)
    }
}

impl Kernels for Avx512 {
    fn name(&self) -> &'static str {
        "AVX-512 VNNI"
    }

    fn dense_bytes(&self, reads: &Reads<u8>, convolution: &DenseBytes, row: &mut Row) {
        convolution.check(reads, row, 1);
        if let Some(group) = convolution.grouping.narrow(reads.taps.len()) {
            // SAFETY: `Avx512` exists only where the processor has the instructions; `check` found the whole row within its slices.
            return unsafe { groups::dense_bytes(reads, convolution, row, group) };
        }
        for (block, together) in pairs(row.stride / LANES, convolution.grouping) {
            for (pixel, count) in tiles(row.pixels, TILE) {
                // SAFETY: `Avx512` exists only where the processor has the instructions; `check` found the whole row within its slices.
                with_constant!(count, M => unsafe {
                    match together {
                        2 => dense_bytes_tile::<M, 2>(reads, convolution, row, block, pixel),
                        _ => dense_bytes_tile::<M, 1>(reads, convolution, row, block, pixel),
                    }
                });
            }
        }
    }

    fn dense_floats(&self, reads: &Reads<f32>, convolution: &DenseFloats, row: &mut Row) {
        convolution.check(reads, row);
        if let Some(group) = convolution.grouping.narrow(reads.taps.len()) {
            // SAFETY: as in `dense_bytes`.
            return unsafe { groups::dense_floats(reads, convolution, row, group) };
        }
        for (block, together) in pairs(row.stride / LANES, convolution.grouping) {
            for (pixel, count) in tiles(row.pixels, TILE) {
                // SAFETY: as in `dense_bytes`.
                with_constant!(count, M => unsafe {
                    match together {
                        2 => dense_floats_tile::<M, 2>(reads, convolution, row, block, pixel),
                        _ => dense_floats_tile::<M, 1>(reads, convolution, row, block, pixel),
                    }
                });
            }
        }
    }

    fn depthwise_bytes(&self, reads: &Reads<u8>, convolution: &Depthwise<i8>, row: &mut Row) {
        let quads = convolution.side.div_ceil(4);
        convolution.check(reads, row, convolution.side * quads * 4);
        let stride = reads.step / row.stride;
        for (pixel, count) in runs(row.pixels) {
            for block in 0..row.stride / LANES {
                // SAFETY: as in `dense_bytes`.
                unsafe {
                    match (convolution.side, stride, count) {
                        (3, 1, RUN) => depthwise_bytes_run::<3, 1, RUN>(reads, convolution, row, block, pixel),
                        (3, 2, RUN) => depthwise_bytes_run::<3, 2, RUN>(reads, convolution, row, block, pixel),
                        (5, 1, RUN) => depthwise_bytes_run::<5, 1, RUN>(reads, convolution, row, block, pixel),
                        (5, 2, RUN) => depthwise_bytes_run::<5, 2, RUN>(reads, convolution, row, block, pixel),
                        (3, ..) => depthwise_bytes_run::<3, 1, 1>(reads, convolution, row, block, pixel),
                        (5, ..) => depthwise_bytes_run::<5, 1, 1>(reads, convolution, row, block, pixel),
                        _ => unreachable!("depthwise convolutions have 3 or 5 rows and columns"),
                    }
                }
            }
        }
    }

    fn depthwise_floats(&self, reads: &Reads<f32>, convolution: &Depthwise<f32>, row: &mut Row) {
        convolution.check(reads, row, reads.taps.len());
        for (pixel, count) in tiles(row.pixels, TILE) {
            for block in 0..row.stride / LANES {
                // SAFETY: as in `dense_bytes`.
                with_constant!(count, M => unsafe { depthwise_floats_run::<M>(reads, convolution, row, block, pixel) });
            }
        }
    }
}

/// Blocks of channels that are computed together: two, where both read the same inputs.
fn pairs(blocks: usize, grouping: Grouping) -> impl Iterator<Item = (usize, usize)> {
    let most = if grouping == Grouping::Whole { 2 } else { 1 };
    (0..blocks)
        .step_by(most)
        .map(move |block| (block, most.min(blocks - block)))
}

/// Runs of [`RUN`] results, and what is left one by one.
fn runs(pixels: usize) -> impl Iterator<Item = (usize, usize)> {
    let whole = pixels / RUN * RUN;
    let in_runs = (0..whole).step_by(RUN).map(|pixel| (pixel, RUN));
    in_runs.chain((whole..pixels).map(|pixel| (pixel, 1)))
}

/// # Safety
/// The processor has the instructions, and all that the tile reads and writes lies within the slices of its arguments.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
unsafe fn dense_bytes_tile<const M: usize, const N: usize>(
    reads: &Reads<u8>,
    convolution: &DenseBytes,
    row: &mut Row,
    block: usize,
    pixel: usize,
) {
    let quads = convolution.quads;
    let block_weights = reads.taps.len() * quads * 4 * LANES;
    // SAFETY: the caller's promise.
    unsafe {
        let mut sums = [[_mm512_setzero_si512(); N]; M];
        unrolled!(N, n => {
            let start = _mm512_loadu_si512(convolution.start.as_ptr().add((block + n) * LANES).cast());
            unrolled!(M, m => {
                sums[m][n] = start;
            });
        });
        let first = reads.first + pixel * reads.step + convolution.grouping.first_input(block);
        let mut weights = convolution.weights.as_ptr().add(block * block_weights);
        for tap in reads.taps {
            let base = reads.map.as_ptr().add(first + tap);
            let mut inputs: [*const u8; TILE.div_ceil(3)] =
                std::array::from_fn(|m| base.wrapping_add(3 * m * reads.step));
            for _ in 0..quads {
                let columns: [__m512i; N] =
                    std::array::from_fn(|n| _mm512_loadu_si512(weights.add(n * block_weights).cast()));
                unrolled!(M, m => {
                    let four = _mm512_set1_epi32(result!(inputs, reads.step, m).cast::<i32>().read_unaligned());
                    unrolled!(N, n => {
                        sums[m][n] = _mm512_dpbusd_epi32(sums[m][n], four, columns[n]);
                    });
                });
                weights = weights.add(4 * LANES);
                for pointer in &mut inputs {
                    *pointer = pointer.wrapping_add(4);
                }
            }
        }
        let stride = row.stride;
        if let Some(bytes) = row.only_bytes(&convolution.epilogue) {
            let to = bytes.as_mut_ptr().add(pixel * stride + block * LANES);
            unrolled!(N, n => {
                let finish = Finish::of(&convolution.epilogue, block + n);
                unrolled!(M, m => {
                    let byte = finish.byte(_mm512_cvtepi32_ps(sums[m][n]));
                    _mm_storeu_si128(to.add(m * stride + n * LANES).cast(), byte);
                });
            });
            return;
        }
        unrolled!(N, n => {
            let finish = Finish::of(&convolution.epilogue, block + n);
            unrolled!(M, m => {
                finish.store(_mm512_cvtepi32_ps(sums[m][n]), row, pixel + m, block + n);
            });
        });
    }
}

/// # Safety
/// As [`dense_bytes_tile`].
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
unsafe fn dense_floats_tile<const M: usize, const N: usize>(
    reads: &Reads<f32>,
    convolution: &DenseFloats,
    row: &mut Row,
    block: usize,
    pixel: usize,
) {
    let inputs_of_tap = convolution.inputs;
    let block_weights = reads.taps.len() * inputs_of_tap * LANES;
    // SAFETY: the caller's promise.
    unsafe {
        let mut sums = [[_mm512_setzero_ps(); N]; M];
        let first = reads.first + pixel * reads.step + convolution.grouping.first_input(block);
        let mut weights = convolution.weights.as_ptr().add(block * block_weights);
        for tap in reads.taps {
            let base = reads.map.as_ptr().add(first + tap);
            let mut inputs: [*const f32; TILE.div_ceil(3)] =
                std::array::from_fn(|m| base.wrapping_add(3 * m * reads.step));
            for _ in 0..inputs_of_tap {
                let columns: [__m512; N] = std::array::from_fn(|n| _mm512_loadu_ps(weights.add(n * block_weights)));
                unrolled!(M, m => {
                    let input = _mm512_set1_ps(*result!(inputs, reads.step, m));
                    unrolled!(N, n => {
                        sums[m][n] = _mm512_fmadd_ps(input, columns[n], sums[m][n]);
                    });
                });
                weights = weights.add(LANES);
                for pointer in &mut inputs {
                    *pointer = pointer.wrapping_add(1);
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

/// Goes through the columns that a run of results reads, once each: four rows of a column are the four bytes of one lane.
///
/// # Safety
/// As [`dense_bytes_tile`].
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
unsafe fn depthwise_bytes_run<const SIDE: usize, const STRIDE: usize, const M: usize>(
    reads: &Reads<u8>,
    convolution: &Depthwise<i8>,
    row: &mut Row,
    block: usize,
    pixel: usize,
) {
    let quads = SIDE.div_ceil(4);
    // SAFETY: the caller's promise.
    unsafe {
        let start = _mm512_loadu_si512(convolution.start.as_ptr().add(block * LANES).cast());
        let mut sums = [start; M];
        let first = reads.map.as_ptr().add(reads.first + pixel * reads.step + block * LANES);
        let weights = convolution.weights.as_ptr().add(block * SIDE * quads * 4 * LANES);
        let four = |x: usize, y: usize| {
            _mm512_cvtepu8_epi32(_mm_loadu_si128(first.add(x * row.stride + reads.taps[y * SIDE]).cast()))
        };
        for x in 0..(M - 1) * STRIDE + SIDE {
            for quad in 0..quads {
                let rows = (SIDE - 4 * quad).min(4);
                let mut column = four(x, 4 * quad);
                if rows > 1 {
                    column = _mm512_or_si512(column, _mm512_slli_epi32::<8>(four(x, 4 * quad + 1)));
                }
                if rows > 2 {
                    column = _mm512_or_si512(column, _mm512_slli_epi32::<16>(four(x, 4 * quad + 2)));
                }
                if rows > 3 {
                    column = _mm512_or_si512(column, _mm512_slli_epi32::<24>(four(x, 4 * quad + 3)));
                }
                unrolled!(M, m => {
                    if x >= m * STRIDE && x - m * STRIDE < SIDE {
                        let tap = ((x - m * STRIDE) * quads + quad) * 4 * LANES;
                        sums[m] = _mm512_dpbusd_epi32(sums[m], column, _mm512_loadu_si512(weights.add(tap).cast()));
                    }
                });
            }
        }
        let finish = Finish::of(&convolution.epilogue, block);
        let stride = row.stride;
        if let Some(bytes) = row.only_bytes(&convolution.epilogue) {
            let to = bytes.as_mut_ptr().add(pixel * stride + block * LANES);
            for (m, sum) in sums.iter().enumerate() {
                _mm_storeu_si128(to.add(m * stride).cast(), finish.byte(_mm512_cvtepi32_ps(*sum)));
            }
            return;
        }
        for (m, sum) in sums.iter().enumerate() {
            finish.store(_mm512_cvtepi32_ps(*sum), row, pixel + m, block);
        }
    }
}

/// # Safety
/// As [`dense_bytes_tile`].
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
unsafe fn depthwise_floats_run<const M: usize>(
    reads: &Reads<f32>,
    convolution: &Depthwise<f32>,
    row: &mut Row,
    block: usize,
    pixel: usize,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let mut sums = [_mm512_setzero_ps(); M];
        let first = reads.map.as_ptr().add(reads.first + pixel * reads.step + block * LANES);
        let weights = convolution.weights.as_ptr().add(block * reads.taps.len() * LANES);
        for (tap, offset) in reads.taps.iter().enumerate() {
            let weight = _mm512_loadu_ps(weights.add(tap * LANES));
            unrolled!(M, m => {
                sums[m] = _mm512_fmadd_ps(_mm512_loadu_ps(first.add(offset + m * reads.step)), weight, sums[m]);
            });
        }
        let finish = Finish::of(&convolution.epilogue, block);
        unrolled!(M, m => {
            finish.store(sums[m], row, pixel + m, block);
        });
    }
}

/// An [`Epilogue`] for one block of channels.
pub(super) struct Finish {
    multiplier: __m512,
    addend: __m512,
    low: __m512,
    high: __m512,
    quantize: Option<(__m512, __m512)>,
}

impl Finish {
    /// # Safety
    /// The processor has the instructions, and the epilogue has this block.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
    pub(super) unsafe fn of(epilogue: &Epilogue, block: usize) -> Self {
        // SAFETY: the caller's promise.
        let (multiplier, addend) = unsafe {
            let at = block * LANES;
            (
                _mm512_loadu_ps(epilogue.multiplier.as_ptr().add(at)),
                _mm512_loadu_ps(epilogue.addend.as_ptr().add(at)),
            )
        };
        Self {
            multiplier,
            addend,
            low: _mm512_set1_ps(epilogue.low),
            high: _mm512_set1_ps(epilogue.high),
            quantize: epilogue
                .quantize
                .map(|q| (_mm512_set1_ps(q.inverse), _mm512_set1_ps(q.zero))),
        }
    }

    /// The byte of each sum of [`Row::only_bytes`], where the clamp's bounds are bytes.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
    fn byte(&self, sum: __m512) -> __m128i {
        let value = _mm512_add_ps(_mm512_mul_ps(sum, self.multiplier), self.addend);
        let value = _mm512_min_ps(_mm512_max_ps(value, self.low), self.high);
        // Rounds to the nearest, ties to even: the processor's default mode, which Rust never changes.
        _mm512_cvtepi32_epi8(_mm512_cvtps_epi32(value))
    }

    /// # Safety
    /// The processor has the instructions, and the row has this pixel and block.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
    pub(super) unsafe fn store(&self, sum: __m512, row: &mut Row, pixel: usize, block: usize) {
        let at = pixel * row.stride + block * LANES;
        let mut value = _mm512_add_ps(_mm512_mul_ps(sum, self.multiplier), self.addend);
        // SAFETY: the caller's promise.
        unsafe {
            if let Some(added) = row.added(pixel, block * LANES) {
                value = _mm512_add_ps(value, _mm512_loadu_ps(added));
            }
            let value = _mm512_min_ps(_mm512_max_ps(value, self.low), self.high);
            if let Some(floats) = &mut row.floats {
                _mm512_storeu_ps(floats.as_mut_ptr().add(at), value);
            }
            if let Some(bytes) = &mut row.bytes {
                let steps = match self.quantize {
                    Some((inverse, zero)) => _mm512_add_ps(_mm512_mul_ps(value, inverse), zero),
                    None => value,
                };
                let steps = _mm512_min_ps(_mm512_max_ps(steps, _mm512_setzero_ps()), _mm512_set1_ps(255.0));
                // Rounds to the nearest, ties to even: the processor's default mode, which Rust never changes.
                let bytes_of = _mm512_cvtepi32_epi8(_mm512_cvtps_epi32(steps));
                _mm_storeu_si128(bytes.as_mut_ptr().add(at).cast(), bytes_of);
            }
        }
    }
}

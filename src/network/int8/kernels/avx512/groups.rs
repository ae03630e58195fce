//! Grouped convolutions of narrow groups for x86-64 with AVX-512: each lane reads the inputs of its own group, where [`avx512`](super)
//! would multiply all inputs of the block by weights most of which are 0.

#![allow(
    unsafe_code,
    reason = "vector instructions, and loads and stores whose bounds are checked once for a row"
)]

use std::arch::x86_64::*;

use super::super::{DenseBytes, DenseFloats, LANES, NARROW_TAPS_MAX, Reads, Row, tiles};
use super::Finish;

/// Results that are computed together.
const TILE: usize = 8;

/// # Safety
/// The processor has the instructions, and `check` has found the row within its slices.
pub(super) unsafe fn dense_bytes(reads: &Reads<u8>, convolution: &DenseBytes, row: &mut Row, group: usize) {
    // SAFETY: the caller's promise.
    unsafe {
        match group {
            4 => bytes_row::<1>(reads, convolution, row),
            _ => bytes_row::<2>(reads, convolution, row),
        }
    }
}

/// # Safety
/// As [`dense_bytes`].
pub(super) unsafe fn dense_floats(reads: &Reads<f32>, convolution: &DenseFloats, row: &mut Row, group: usize) {
    // SAFETY: the caller's promise.
    unsafe {
        match group {
            4 => floats_row::<4>(reads, convolution, row),
            _ => floats_row::<8>(reads, convolution, row),
        }
    }
}

/// Each lane's place among the parts of its block's inputs, for part `part` of `parts` of its group; a group has as many lanes as channels.
#[target_feature(enable = "avx512f")]
fn places(part: usize, parts: usize, lanes: usize) -> __m512i {
    let places: [i32; LANES] = std::array::from_fn(|lane| (lane / lanes * parts + part) as i32);
    // SAFETY: sixteen numbers of 32 bits are 64 bytes.
    unsafe { _mm512_loadu_si512(places.as_ptr().cast()) }
}

/// Groups of `4 * QUADS` channels.
///
/// # Safety
/// As [`dense_bytes`].
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
unsafe fn bytes_row<const QUADS: usize>(reads: &Reads<u8>, convolution: &DenseBytes, row: &mut Row) {
    let taps = reads.taps.len();
    let places: [__m512i; QUADS] = std::array::from_fn(|quad| places(quad, QUADS, 4 * QUADS));
    // SAFETY: the caller's promise.
    unsafe {
        for block in 0..row.stride / LANES {
            // Where a lane's group has no weights there are zeros, so all groups' weights lie in one register.
            let mut weights = [[_mm512_setzero_si512(); QUADS]; NARROW_TAPS_MAX];
            let packed = convolution.weights.as_ptr().add(block * taps * 4 * 4 * LANES);
            for (tap, joined) in weights[..taps].iter_mut().enumerate() {
                for quad in 0..4 {
                    let part = _mm512_loadu_si512(packed.add((tap * 4 + quad) * 4 * LANES).cast());
                    joined[quad % QUADS] = _mm512_or_si512(joined[quad % QUADS], part);
                }
            }
            for (pixel, count) in tiles(row.pixels, TILE) {
                with_constant!(count, M => bytes_tile::<QUADS, M>(reads, convolution, row, block, pixel, &places, &weights));
            }
        }
    }
}

/// # Safety
/// As [`dense_bytes`].
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
unsafe fn bytes_tile<const QUADS: usize, const M: usize>(
    reads: &Reads<u8>,
    convolution: &DenseBytes,
    row: &mut Row,
    block: usize,
    pixel: usize,
    places: &[__m512i; QUADS],
    weights: &[[__m512i; QUADS]; NARROW_TAPS_MAX],
) {
    // SAFETY: the caller's promise.
    unsafe {
        let mut sums = [_mm512_loadu_si512(convolution.start.as_ptr().add(block * LANES).cast()); M];
        let first = reads.map.as_ptr().add(reads.first + pixel * reads.step + block * LANES);
        for (offset, weights) in reads.taps.iter().zip(weights) {
            unrolled!(M, m => {
                let inputs = _mm512_castsi128_si512(_mm_loadu_si128(first.add(offset + m * reads.step).cast()));
                for quad in 0..QUADS {
                    sums[m] = _mm512_dpbusd_epi32(sums[m], _mm512_permutexvar_epi32(places[quad], inputs), weights[quad]);
                }
            });
        }
        let finish = Finish::of(&convolution.epilogue, block);
        unrolled!(M, m => {
            finish.store(_mm512_cvtepi32_ps(sums[m]), row, pixel + m, block);
        });
    }
}

/// Groups of `GROUP` channels.
///
/// # Safety
/// As [`dense_bytes`].
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
unsafe fn floats_row<const GROUP: usize>(reads: &Reads<f32>, convolution: &DenseFloats, row: &mut Row) {
    let taps = reads.taps.len();
    let places: [__m512i; GROUP] = std::array::from_fn(|input| places(input, GROUP, GROUP));
    // SAFETY: the caller's promise.
    unsafe {
        for block in 0..row.stride / LANES {
            let mut weights = [[_mm512_setzero_ps(); GROUP]; NARROW_TAPS_MAX];
            let packed = convolution.weights.as_ptr().add(block * taps * LANES * LANES);
            for (tap, joined) in weights[..taps].iter_mut().enumerate() {
                for input in 0..LANES {
                    let part = _mm512_loadu_ps(packed.add((tap * LANES + input) * LANES));
                    let joined = &mut joined[input % GROUP];
                    *joined =
                        _mm512_castsi512_ps(_mm512_or_si512(_mm512_castps_si512(*joined), _mm512_castps_si512(part)));
                }
            }
            for (pixel, count) in tiles(row.pixels, TILE) {
                with_constant!(count, M => floats_tile::<GROUP, M>(reads, convolution, row, block, pixel, &places, &weights));
            }
        }
    }
}

/// # Safety
/// As [`dense_bytes`].
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
unsafe fn floats_tile<const GROUP: usize, const M: usize>(
    reads: &Reads<f32>,
    convolution: &DenseFloats,
    row: &mut Row,
    block: usize,
    pixel: usize,
    places: &[__m512i; GROUP],
    weights: &[[__m512; GROUP]; NARROW_TAPS_MAX],
) {
    // SAFETY: the caller's promise.
    unsafe {
        let mut sums = [_mm512_setzero_ps(); M];
        let first = reads.map.as_ptr().add(reads.first + pixel * reads.step + block * LANES);
        for (offset, weights) in reads.taps.iter().zip(weights) {
            unrolled!(M, m => {
                let inputs = _mm512_loadu_ps(first.add(offset + m * reads.step));
                for input in 0..GROUP {
                    sums[m] = _mm512_fmadd_ps(_mm512_permutexvar_ps(places[input], inputs), weights[input], sums[m]);
                }
            });
        }
        let finish = Finish::of(&convolution.epilogue, block);
        unrolled!(M, m => {
            finish.store(sums[m], row, pixel + m, block);
        });
    }
}

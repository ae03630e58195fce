//! Kernels for x86-64 with tiles (AMX) and AVX-512: a tile register holds sixteen rows of 64 bytes, and one instruction
//! multiplies two tiles of bytes and adds the products to a tile of sums, sixteen results by sixteen channels.
//!
//! Only dense convolutions of bytes are worth tiles; all else is the AVX-512 family's. Stable Rust has no functions for
//! these instructions, so they stand here as assembly. The compiler uses no tile register of its own accord, so what
//! lies in tiles stays there from one piece of assembly to the next, as the shapes of the tiles do.

#![allow(
    unsafe_code,
    reason = "tile and vector instructions, and loads and stores whose bounds are checked once for a row"
)]

use std::arch::asm;
use std::arch::x86_64::*;
use std::mem::MaybeUninit;
use std::sync::OnceLock;

use super::avx512::{Avx512, Finish};
use super::{DenseBytes, DenseFloats, Depthwise, Epilogue, Grouping, Kernels, LANES, Reads, Row};

/// Rows of a tile: results in a tile of inputs or of sums, groups of four inputs in a tile of weights.
const ROWS: usize = 16;
/// Bytes in each row of a tile of weights or of sums.
const ROW_BYTES: usize = 4 * LANES;
/// Results that are computed together: two tiles of inputs, each multiplied by two tiles of weights.
const TOGETHER: usize = 2 * ROWS;

/// Proof that the processor has the instructions and that the kernel lets this process use them.
#[derive(Debug)]
pub(super) struct Amx {
    /// The family that does what tiles do not.
    others: &'static dyn Kernels,
}

impl Amx {
    pub(super) fn detect() -> Option<&'static dyn Kernels> {
        static FOUND: OnceLock<Option<Amx>> = OnceLock::new();
        let found = FOUND.get_or_init(|| {
            let others = Avx512::detect()?;
            (processor_has_tiles() && kernel_permits_tiles()).then_some(Amx { others })
        });
        found.as_ref().map(|amx| amx as &dyn Kernels)
    }
}

/// Whether the processor has tiles of the size that this file counts on, with products of bytes, and the system keeps
/// them for each thread. Asked only where AVX-512 was found, so the processor has `xgetbv`.
fn processor_has_tiles() -> bool {
    /// Bits of `edx` of leaf 7: tiles, and their products of bytes.
    const FEATURES: u32 = 1 << 24 | 1 << 25;
    /// Bits of the states that the system keeps: the shape of the tiles, and the tiles.
    const STATES: u64 = 1 << 17 | 1 << 18;
    #[target_feature(enable = "xsave")]
    fn kept_states() -> u64 {
        // SAFETY: register 0 exists wherever the instruction does.
        unsafe { _xgetbv(0) }
    }
    if !is_x86_feature_detected!("xsave") || __cpuid(0).eax < 0x1d {
        return false;
    }
    // SAFETY: the processor has `xsave`, and the system uses it, or AVX-512 would not have been found.
    let kept = unsafe { kept_states() };
    // The first kind of tiles: bytes of a row and number of tiles in `ebx`, rows in `ecx`.
    let tiles = __cpuid_count(0x1d, 1);
    __cpuid_count(7, 0).edx & FEATURES == FEATURES
        && kept & STATES == STATES
        && tiles.ebx == 8 << 16 | ROW_BYTES as u32
        && tiles.ecx & 0xffff == ROWS as u32
}

/// Asks the kernel to keep tiles for all threads of this process. It does so only for processes that ask, since the
/// tiles of a thread are 8 KiB.
fn kernel_permits_tiles() -> bool {
    const REQUEST_PERMISSION: libc::c_int = 0x1023;
    const TILES: libc::c_ulong = 18;
    // SAFETY: the call takes two numbers and no pointers; where the kernel does not know it, it fails.
    unsafe { libc::syscall(libc::SYS_arch_prctl, REQUEST_PERMISSION, TILES) == 0 }
}

impl Kernels for Amx {
    fn name(&self) -> &'static str {
        "AMX"
    }

    fn dense_bytes(&self, reads: &Reads<u8>, convolution: &DenseBytes, row: &mut Row) {
        convolution.check(reads, row, 1);
        match quads_at_once(reads, convolution, row) {
            // SAFETY: `Amx` exists only where the processor has the instructions and the kernel permits them; `check`
            // found the whole row within its slices, and the number divides those of a tap.
            Some(quads) => unsafe { dense_bytes_by_tiles(reads, convolution, row, quads) },
            None => self.others.dense_bytes(reads, convolution, row),
        }
    }

    fn dense_floats(&self, reads: &Reads<f32>, convolution: &DenseFloats, row: &mut Row) {
        self.others.dense_floats(reads, convolution, row);
    }

    fn depthwise_bytes(&self, reads: &Reads<u8>, convolution: &Depthwise<i8>, row: &mut Row) {
        self.others.depthwise_bytes(reads, convolution, row);
    }

    fn depthwise_floats(&self, reads: &Reads<f32>, convolution: &Depthwise<f32>, row: &mut Row) {
        self.others.depthwise_floats(reads, convolution, row);
    }
}

/// How many groups of four inputs a tile holds, where tiles pay: the most that a tap has a whole number of times, so
/// that all tiles of a convolution have one shape and none reaches beyond a tap.
fn quads_at_once(reads: &Reads<u8>, convolution: &DenseBytes, row: &Row) -> Option<usize> {
    let divides = |quads: &usize| convolution.quads.is_multiple_of(*quads);
    let quads_at_once = (1..=ROWS).rev().find(divides)?;
    let quads = reads.taps.len() * convolution.quads;
    let possible = convolution.grouping == Grouping::Whole && row.pixels >= 2;
    let pays = tiles_pay(row.pixels, row.stride / LANES, quads, quads / quads_at_once);
    (possible && pays).then_some(quads_at_once)
}

/// Whether tiles are the faster way to so many results of so many blocks, each a sum of so many groups of four
/// products, which tiles add up in so many steps. The numbers are cycles, rounded from measurements on one Xeon: a row
/// costs 300 for the shapes of the tiles, and four tiles of sums cost 150 to begin and to store. What follows the
/// sums takes as long either way.
fn tiles_pay(pixels: usize, blocks: usize, quads: usize, steps: usize) -> bool {
    let by_vectors = pixels * blocks * quads * 2 / 3;
    let by_tiles = 300 + pixels.div_ceil(TOGETHER) * blocks.div_ceil(2) * (150 + 75 * steps);
    by_tiles < by_vectors
}

/// The shapes of the eight tiles, as the processor reads them.
#[repr(C, align(64))]
struct Shapes {
    kind: u8,
    first_row: u8,
    reserved: [u8; 14],
    row_bytes: [u16; 16],
    rows: [u8; 16],
}

impl Shapes {
    /// Tiles 0 to 3 are sums, 4 and 5 inputs of `results` results, 6 and 7 weights.
    fn new(results: usize, quads: usize) -> Self {
        let (sums, inputs, weights) = (ROW_BYTES as u16, 4 * quads as u16, ROW_BYTES as u16);
        let (results, quads) = (results as u8, quads as u8);
        let mut shapes = Self {
            kind: 1,
            first_row: 0,
            reserved: [0; 14],
            row_bytes: [0; 16],
            rows: [0; 16],
        };
        shapes.row_bytes[..8].copy_from_slice(&[sums, sums, sums, sums, inputs, inputs, weights, weights]);
        shapes.rows[..8].copy_from_slice(&[results, results, results, results, results, results, quads, quads]);
        shapes
    }
}

/// Sums of up to [`TOGETHER`] results: for each result those of one block of channels, then those of the other.
#[repr(C, align(64))]
struct Sums([TwoBlocks; TOGETHER]);

/// Sums of one result.
type TwoBlocks = [[i32; LANES]; 2];

/// Results of which the sums are complete.
struct Complete {
    /// How many there are.
    results: usize,
    /// The pixel of the first.
    pixel: usize,
    /// The two blocks of channels, which may be the same.
    blocks: [usize; 2],
    /// Their sums.
    sums: *const TwoBlocks,
}

/// Computes two blocks of channels of up to [`TOGETHER`] results at a time.
///
/// # Safety
/// The processor has the instructions and the kernel permits them, all that the row reads and writes lies within the
/// slices of the arguments, the row has two results or more, the convolution reads the same inputs for all blocks,
/// and `quads_at_once` divides the convolution's.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
unsafe fn dense_bytes_by_tiles(reads: &Reads<u8>, convolution: &DenseBytes, row: &mut Row, quads_at_once: usize) {
    let blocks = row.stride / LANES;
    let block_weights = reads.taps.len() * convolution.quads * ROW_BYTES;
    let steps_of_tap = convolution.quads / quads_at_once;
    // All tiles of inputs have the same number of rows. Those that have a result less of their own, which are the
    // first ones, compute the next one's first result besides.
    let tiles = 2 * row.pixels.div_ceil(TOGETHER);
    let rows = row.pixels.div_ceil(tiles);
    let (least, more) = (row.pixels / tiles, row.pixels % tiles);
    let own_results = |tile: usize| least + usize::from(tile + more >= tiles);

    let mut sums = MaybeUninit::<Sums>::uninit();
    let sums = sums.as_mut_ptr().cast::<TwoBlocks>();
    // SAFETY: the caller's promise. A tile of inputs has `rows` rows of `4 * quads_at_once` bytes, which are inputs of
    // one tap of that many results; a tile of weights has `quads_at_once` rows of `ROW_BYTES`, which are weights of
    // one tap of one block. The upper tiles of sums are written to `rows` rows, and the lower ones to as many, which
    // begin at most `rows` further and end at or behind the last result.
    unsafe {
        shape_tiles(&Shapes::new(rows, quads_at_once));
        for block in (0..blocks).step_by(2) {
            let pair = [block, (block + 1).min(blocks - 1)];
            let mut pixel = 0;
            for tile in (0..tiles).step_by(2) {
                let (upper, lower) = (own_results(tile), own_results(tile + 1));
                begin(pair.map(|block| convolution.start.as_ptr().add(block * LANES)));
                let first = reads.map.as_ptr().add(reads.first + pixel * reads.step);
                let mut weights = pair.map(|block| convolution.weights.as_ptr().add(block * block_weights));
                for tap in reads.taps {
                    let inputs = first.add(*tap);
                    let mut inputs = [inputs, inputs.add(upper * reads.step)];
                    for _ in 0..steps_of_tap {
                        multiply(inputs, reads.step, weights);
                        inputs = inputs.map(|pointer| pointer.wrapping_add(4 * quads_at_once));
                        weights = weights.map(|pointer| pointer.wrapping_add(quads_at_once * ROW_BYTES));
                    }
                }
                store(sums, sums.add(upper));
                let complete = Complete {
                    results: upper + lower,
                    pixel,
                    blocks: pair,
                    sums,
                };
                let stride = row.stride;
                match row.only_bytes(&convolution.epilogue) {
                    Some(bytes) => finish_bytes(&complete, &convolution.epilogue, bytes, stride),
                    None => finish(&complete, &convolution.epilogue, row),
                }
                pixel += upper + lower;
            }
        }
        release_tiles();
    }
}

/// Makes of sums whatever is wanted.
///
/// # Safety
/// The processor has the instructions, and the row has these results.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
unsafe fn finish(complete: &Complete, epilogue: &Epilogue, row: &mut Row) {
    let Complete {
        results,
        pixel,
        blocks,
        sums,
    } = *complete;
    let different = if blocks[0] == blocks[1] { 1 } else { 2 };
    for (n, block) in blocks.into_iter().enumerate().take(different) {
        // SAFETY: the caller's promise.
        unsafe {
            let finish = Finish::of(epilogue, block);
            for result in 0..results {
                let sum = _mm512_load_si512((*sums.add(result))[n].as_ptr().cast());
                finish.store(_mm512_cvtepi32_ps(sum), row, pixel + result, block);
            }
        }
    }
}

/// Makes bytes of sums, where these are all that is wanted, of two results at a time. Rounding keeps the order of
/// numbers, so the bounds of the clamp may be applied where it is cheapest: the upper one before rounding, since a
/// number too large for 32 bits would become the least of these, and the lower one to bytes, after numbers below 0
/// have become 0.
///
/// # Safety
/// The processor has the instructions, and the row with these bytes has these results, which are two or more.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
unsafe fn finish_bytes(complete: &Complete, epilogue: &Epilogue, bytes: &mut [u8], stride: usize) {
    let Complete {
        results,
        pixel,
        blocks,
        sums,
    } = *complete;
    let low = epilogue.low.min(epilogue.high).round_ties_even();
    let (low, high) = (_mm512_set1_epi8(low as u8 as i8), _mm512_set1_ps(epilogue.high));
    // After two packings, each within the quarters of a register, a quarter has four channels of the first result's one
    // block, four of its other block, and the same of the second result.
    let order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    // SAFETY: the caller's promise.
    unsafe {
        let multipliers = blocks.map(|block| epilogue.multiplier.as_ptr().add(block * LANES));
        let addends = blocks.map(|block| epilogue.addend.as_ptr().add(block * LANES));
        let steps = |result: usize, n: usize| {
            let sum = _mm512_cvtepi32_ps(_mm512_load_si512((*sums.add(result))[n].as_ptr().cast()));
            let value = _mm512_mul_ps(sum, _mm512_loadu_ps(multipliers[n]));
            let value = _mm512_add_ps(value, _mm512_loadu_ps(addends[n]));
            // A number that is none stays as it is, being the second operand, and becomes the least integer and then
            // the lower bound, as it has to.
            _mm512_cvtps_epi32(_mm512_min_ps(high, value))
        };
        let first = bytes.as_mut_ptr().add(pixel * stride + blocks[0] * LANES);
        for pair in 0..results.div_ceil(2) {
            // The last of an odd number of results is made together with the one before, once more.
            let result = (2 * pair).min(results - 2);
            let upper = _mm512_packs_epi32(steps(result, 0), steps(result, 1));
            let lower = _mm512_packs_epi32(steps(result + 1, 0), steps(result + 1, 1));
            let both = _mm512_max_epu8(_mm512_packus_epi16(upper, lower), low);
            let both = _mm512_permutexvar_epi32(order, both);
            let (upper, lower) = (_mm512_castsi512_si256(both), _mm512_extracti64x4_epi64::<1>(both));
            let to = first.add(result * stride);
            if blocks[0] == blocks[1] {
                _mm_storeu_si128(to.cast(), _mm256_castsi256_si128(upper));
                _mm_storeu_si128(to.add(stride).cast(), _mm256_castsi256_si128(lower));
            } else {
                _mm256_storeu_si256(to.cast(), upper);
                _mm256_storeu_si256(to.add(stride).cast(), lower);
            }
        }
    }
}

/// Gives the tiles their shapes; their contents become 0.
///
/// # Safety
/// The processor has the instructions and the kernel permits them.
#[inline(always)]
unsafe fn shape_tiles(shapes: &Shapes) {
    // SAFETY: the caller's promise.
    unsafe {
        asm!(
            "ldtilecfg [{shapes}]",
            shapes = in(reg) shapes,
            out("tmm0") _, out("tmm1") _, out("tmm2") _, out("tmm3") _,
            out("tmm4") _, out("tmm5") _, out("tmm6") _, out("tmm7") _,
            options(readonly, nostack, preserves_flags),
        );
    }
}

/// Empties the tiles, so that the kernel need not keep them when it changes threads.
///
/// # Safety
/// The processor has the instructions.
#[inline(always)]
unsafe fn release_tiles() {
    // SAFETY: the caller's promise.
    unsafe {
        asm!(
            "tilerelease",
            out("tmm0") _, out("tmm1") _, out("tmm2") _, out("tmm3") _,
            out("tmm4") _, out("tmm5") _, out("tmm6") _, out("tmm7") _,
            options(nomem, nostack, preserves_flags),
        );
    }
}

/// Sets each row of the tiles of sums to the same values, which begin two blocks of channels.
///
/// # Safety
/// The tiles have their shape, and each pointer has [`LANES`] values.
#[inline(always)]
unsafe fn begin(start: [*const i32; 2]) {
    // SAFETY: the caller's promise; no bytes lie between the beginnings of two rows, so they are all the same.
    unsafe {
        asm!(
            "tileloadd tmm0, [{first} + {between}]",
            "tileloadd tmm1, [{second} + {between}]",
            "tileloadd tmm2, [{first} + {between}]",
            "tileloadd tmm3, [{second} + {between}]",
            first = in(reg) start[0],
            second = in(reg) start[1],
            between = in(reg) 0usize,
            out("tmm0") _, out("tmm1") _, out("tmm2") _, out("tmm3") _,
            options(readonly, nostack, preserves_flags),
        );
    }
}

/// Multiplies two tiles of inputs by two tiles of weights and adds the products to the four tiles of sums.
///
/// # Safety
/// The tiles have their shape; from each of `inputs` on all rows of a tile can be read, `step` bytes apart, and from
/// each of `weights` on, one right after the other.
#[inline(always)]
unsafe fn multiply(inputs: [*const u8; 2], step: usize, weights: [*const i8; 2]) {
    // SAFETY: the caller's promise.
    unsafe {
        asm!(
            "tileloadd tmm4, [{upper} + {step}]",
            "tileloadd tmm6, [{left} + {line}]",
            "tileloadd tmm7, [{right} + {line}]",
            "tileloadd tmm5, [{lower} + {step}]",
            "tdpbusd tmm0, tmm4, tmm6",
            "tdpbusd tmm1, tmm4, tmm7",
            "tdpbusd tmm2, tmm5, tmm6",
            "tdpbusd tmm3, tmm5, tmm7",
            upper = in(reg) inputs[0],
            lower = in(reg) inputs[1],
            step = in(reg) step,
            left = in(reg) weights[0],
            right = in(reg) weights[1],
            line = in(reg) ROW_BYTES,
            out("tmm0") _, out("tmm1") _, out("tmm2") _, out("tmm3") _,
            out("tmm4") _, out("tmm5") _, out("tmm6") _, out("tmm7") _,
            options(readonly, nostack, preserves_flags),
        );
    }
}

/// Writes the tiles of sums, two by two side by side.
///
/// # Safety
/// The tiles have their shape, and from each pointer on all rows of two tiles can be written.
#[inline(always)]
unsafe fn store(upper: *mut TwoBlocks, lower: *mut TwoBlocks) {
    // SAFETY: the caller's promise.
    unsafe {
        asm!(
            "tilestored [{upper} + {step}], tmm0",
            "tilestored [{upper} + {step} + {right}], tmm1",
            "tilestored [{lower} + {step}], tmm2",
            "tilestored [{lower} + {step} + {right}], tmm3",
            upper = in(reg) upper,
            lower = in(reg) lower,
            step = in(reg) 2 * ROW_BYTES,
            right = const ROW_BYTES,
            options(nostack, preserves_flags),
        );
    }
}

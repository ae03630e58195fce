//! What one core could reach in floats, in half precision and in bytes: `cargo bench --profile dev --bench peaks`.
//!
//! Multiply-adds with everything in registers, so that nothing but the instructions themselves counts; no kernel gets more. All are measured in
//! turn, five times. Half precision is the rival of bytes: it needs no calibration, and where it is as fast there is no reason to quantize. On x86-64 it is
//! bfloat16 with sums of floats (AVX-512 BF16), on 64-bit Arm float16 with sums of float16 (FP16), each where the processor has it.

#![allow(missing_docs, reason = "a program")]
#![allow(unsafe_code, reason = "the instructions that are measured")]

use std::hint::black_box;
use std::time::Instant;

const ROUNDS: usize = 5;
const REPEATS: u64 = 4_000_000;
/// Sums that don't wait for each other: more than any core has instructions under way.
const SUMS: usize = 16;
/// The same where there are but sixteen registers, some of them for factors.
#[cfg(target_arch = "x86_64")]
const NARROW_SUMS: usize = 12;

/// A kind of multiply-add.
struct Kind {
    name: &'static str,
    /// Multiply-adds of one repeat.
    work: usize,
    /// One instruction for each sum, so many times.
    run: fn(u64),
}

fn main() {
    let kinds = kinds();
    let mut best = vec![0.0f64; kinds.len()];
    for _ in 0..ROUNDS {
        for (kind, best) in kinds.iter().zip(&mut best) {
            let begin = Instant::now();
            (kind.run)(black_box(REPEATS));
            let done = REPEATS as f64 * kind.work as f64;
            *best = best.max(done / begin.elapsed().as_secs_f64() / 1e9);
        }
    }
    if kinds.is_empty() {
        println!("none of the instructions that fishrig's kernels use");
    }
    for (kind, gmacs) in kinds.iter().zip(&best) {
        println!(
            "{:<40}{gmacs:>8.0} GMAC/s{:>8.2} times floats",
            kind.name,
            gmacs / best[0]
        );
    }
}

#[cfg(target_arch = "x86_64")]
fn kinds() -> Vec<Kind> {
    use std::arch::x86_64::*;

    #[target_feature(enable = "avx512f")]
    fn floats(repeats: u64) {
        let (a, b) = (_mm512_set1_ps(black_box(1.0)), _mm512_set1_ps(black_box(0.5)));
        let mut sums = [_mm512_setzero_ps(); SUMS];
        for _ in 0..repeats {
            // Not `map`: a closure that is not inlined has none of these instructions.
            for sum in &mut sums {
                *sum = _mm512_fmadd_ps(a, b, *sum);
            }
        }
        black_box(sums);
    }

    #[target_feature(enable = "avx512f,avx512bf16")]
    fn halves(repeats: u64) {
        let a = _mm512_cvtne2ps_pbh(_mm512_set1_ps(black_box(1.0)), _mm512_set1_ps(black_box(1.0)));
        let mut sums = [_mm512_setzero_ps(); SUMS];
        for _ in 0..repeats {
            for sum in &mut sums {
                *sum = _mm512_dpbf16_ps(*sum, a, a);
            }
        }
        black_box(sums);
    }

    #[target_feature(enable = "avx512f,avx512vnni")]
    fn bytes(repeats: u64) {
        let a = _mm512_set1_epi8(black_box(3));
        let mut sums = [_mm512_setzero_si512(); SUMS];
        for _ in 0..repeats {
            for sum in &mut sums {
                *sum = _mm512_dpbusd_epi32(*sum, a, a);
            }
        }
        black_box(sums);
    }

    #[target_feature(enable = "avx2,avxvnni")]
    fn narrow_bytes(repeats: u64) {
        let a = _mm256_set1_epi8(black_box(3));
        let mut sums = [_mm256_setzero_si256(); NARROW_SUMS];
        for _ in 0..repeats {
            for sum in &mut sums {
                *sum = _mm256_dpbusd_avx_epi32(*sum, a, a);
            }
        }
        black_box(sums);
    }

    /// The exact products of bytes that there are without VNNI: a product of pairs, and a sum.
    #[target_feature(enable = "avx2")]
    fn pairs(repeats: u64) {
        let a = _mm256_set1_epi16(black_box(3));
        let mut sums = [_mm256_setzero_si256(); NARROW_SUMS];
        for _ in 0..repeats {
            for sum in &mut sums {
                // One factor is the sum, so that no product is the same twice and is left out.
                *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(a, *sum));
            }
        }
        black_box(sums);
    }

    #[target_feature(enable = "avx2,fma")]
    fn narrow_floats(repeats: u64) {
        let (a, b) = (_mm256_set1_ps(black_box(1.0)), _mm256_set1_ps(black_box(0.5)));
        let mut sums = [_mm256_setzero_ps(); NARROW_SUMS];
        for _ in 0..repeats {
            for sum in &mut sums {
                *sum = _mm256_fmadd_ps(a, b, *sum);
            }
        }
        black_box(sums);
    }

    let mut kinds = Vec::new();
    let mut add = |name, work, run| kinds.push(Kind { name, work, run });
    if is_x86_feature_detected!("avx512f") {
        // SAFETY: the processor has the instructions; the same below.
        add("floats, AVX-512", 16 * SUMS, |n| unsafe { floats(n) });
        if is_x86_feature_detected!("avx512bf16") {
            add("half precision, AVX-512 BF16", 32 * SUMS, |n| unsafe { halves(n) });
        }
        if is_x86_feature_detected!("avx512vnni") {
            add("bytes, AVX-512 VNNI", 64 * SUMS, |n| unsafe { bytes(n) });
        }
    }
    if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
        add("floats, AVX2", 8 * NARROW_SUMS, |n| unsafe { narrow_floats(n) });
        if is_x86_feature_detected!("avxvnni") {
            add("bytes, AVX-VNNI", 32 * NARROW_SUMS, |n| unsafe { narrow_bytes(n) });
        }
        add("bytes, AVX2 in two steps", 16 * NARROW_SUMS, |n| unsafe { pairs(n) });
    }
    kinds
}

#[cfg(target_arch = "aarch64")]
fn kinds() -> Vec<Kind> {
    use std::arch::aarch64::*;
    use std::arch::{asm, is_aarch64_feature_detected};

    /// A function that repeats one instruction on [`SUMS`] registers, which the compiler neither knows nor leaves out.
    macro_rules! repeated {
        ($name:ident, $extension:literal, $instruction:literal) => {
            fn $name(repeats: u64) {
                // SAFETY: it is called where the processor has the instruction, which changes the register it is given.
                unsafe {
                    let a = vdupq_n_u8(black_box(3));
                    let mut sums = [vdupq_n_u8(0); SUMS];
                    for _ in 0..repeats {
                        for sum in &mut sums {
                            asm!(concat!(".arch_extension ", $extension), $instruction, sum = inout(vreg) *sum, a = in(vreg) a,
                                options(pure, nomem, nostack, preserves_flags));
                        }
                    }
                    black_box(sums);
                }
            }
        };
    }
    repeated!(floats, "simd", "fmla {sum:v}.4s, {a:v}.4s, {a:v}.4s");
    repeated!(halves, "fp16", "fmla {sum:v}.8h, {a:v}.8h, {a:v}.8h");
    repeated!(bytes, "dotprod", "sdot {sum:v}.4s, {a:v}.16b, {a:v}.16b");

    let mut kinds = vec![Kind {
        name: "floats, NEON",
        work: 4 * SUMS,
        run: floats,
    }];
    let mut add = |name, work, run| kinds.push(Kind { name, work, run });
    if is_aarch64_feature_detected!("fp16") {
        add("half precision, NEON FP16", 8 * SUMS, halves as fn(u64));
    }
    if is_aarch64_feature_detected!("dotprod") {
        add("bytes, NEON dot product", 16 * SUMS, bytes);
    }
    kinds
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn kinds() -> Vec<Kind> {
    Vec::new()
}

//! What each format of half precision computes, in plain Rust that is written to be read.
//!
//! No processor runs this: where there are no instructions for halves, floats are as fast.

use half::{bf16, f16};

use super::reference::finish;
use super::{DenseHalves, HalfKernels, LANES, Reads, Row, padded};

/// bfloat16 as AVX-512 BF16 multiplies it: of each pair of inputs first the second product is added, then the first, each with one rounding; a sum
/// or an input nearer to 0 than the least normal number is 0.
#[derive(Debug)]
pub(super) struct Bfloat16;

/// float16 as Arm's FP16 multiplies it: the products of at most [`RUN`](Self::RUN) inputs of a tap are added up in float16, one after the other with one rounding
/// each, and these sums in floats.
#[derive(Debug)]
pub(super) struct Float16;

impl HalfKernels for Bfloat16 {
    fn name(&self) -> &'static str {
        "bfloat16 in plain Rust"
    }

    fn narrow(&self, floats: &[f32], halves: &mut [u16]) {
        for (half, float) in halves.iter_mut().zip(floats) {
            *half = bf16::from_f32(flushed(*float)).to_bits();
        }
    }

    fn pack(&self, weights: &[f32], outputs: usize, taps: usize, inputs: usize) -> Vec<u16> {
        in_rows(weights, outputs, taps * inputs, |weight| {
            bf16::from_f32(weight).to_bits()
        })
    }

    fn dense(&self, reads: &Reads<u16>, convolution: &DenseHalves, row: &mut Row) {
        convolve(reads, convolution, row, |mut sum, inputs, weights| {
            let value = |half: u16| flushed(bf16::from_bits(half).to_f32());
            for (inputs, weights) in inputs.chunks_exact(2).zip(weights.chunks_exact(2)) {
                for at in [1, 0] {
                    sum = flushed(value(inputs[at]).mul_add(value(weights[at]), sum));
                }
            }
            sum
        });
    }
}

impl Float16 {
    /// Inputs of a tap whose products are added up in float16.
    pub(super) const RUN: usize = 32;
}

impl HalfKernels for Float16 {
    fn name(&self) -> &'static str {
        "float16 in plain Rust"
    }

    fn narrow(&self, floats: &[f32], halves: &mut [u16]) {
        let most = f16::MAX.to_f32();
        for (half, float) in halves.iter_mut().zip(floats) {
            *half = f16::from_f32(float.clamp(-most, most)).to_bits();
        }
    }

    fn pack(&self, weights: &[f32], outputs: usize, taps: usize, inputs: usize) -> Vec<u16> {
        in_rows(weights, outputs, taps * inputs, |weight| {
            f16::from_f32(weight).to_bits()
        })
    }

    fn dense(&self, reads: &Reads<u16>, convolution: &DenseHalves, row: &mut Row) {
        convolve(reads, convolution, row, |mut sum, inputs, weights| {
            for (inputs, weights) in inputs.chunks(Self::RUN).zip(weights.chunks(Self::RUN)) {
                let products = inputs.iter().zip(weights);
                let run = products.fold(f16::ZERO, |run, (input, weight)| {
                    multiply_add(f16::from_bits(*input), f16::from_bits(*weight), run)
                });
                sum += run.to_f32();
            }
            sum
        });
    }
}

/// Weights as `[output][tap][input]`, what is not there 0.
fn in_rows(weights: &[f32], outputs: usize, row: usize, half: impl Fn(f32) -> u16) -> Vec<u16> {
    let mut rows: Vec<u16> = weights.iter().copied().map(half).collect();
    rows.resize(padded(outputs) * row, 0);
    rows
}

/// One row; `add` adds the products of a tap's inputs and weights to a sum.
fn convolve(reads: &Reads<u16>, convolution: &DenseHalves, row: &mut Row, add: impl Fn(f32, &[u16], &[u16]) -> f32) {
    let DenseHalves {
        weights,
        inputs,
        grouping,
        epilogue,
    } = convolution;
    for pixel in 0..row.pixels {
        for channel in 0..row.stride {
            let weights = weights[channel * reads.taps.len() * inputs..].chunks_exact(*inputs);
            let sum = reads.taps.iter().zip(weights).fold(0.0, |sum, (offset, weights)| {
                let begin = reads.first + pixel * reads.step + grouping.first_input(channel / LANES) + offset;
                add(sum, &reads.map[begin..begin + inputs], weights)
            });
            finish(sum, epilogue, row, pixel, channel);
        }
    }
}

/// A number, or 0 where it is nearer to that than the least normal number.
fn flushed(value: f32) -> f32 {
    if value.is_subnormal() {
        return 0f32.copysign(value);
    }
    value
}

/// `a * b + c`, rounded once. In 53 bits the product is exact. The sum, with what it loses there, becomes the float of 24 bits next to it whose last bit is odd
/// unless it is exact; rounding that to 11 bits is as if the sum itself were rounded (Boldo and Melquiond, "Emulation of FMA and correctly rounded sums:
/// proved algorithms using rounding to odd", 2008).
fn multiply_add(a: f16, b: f16, c: f16) -> f16 {
    let (product, c) = (a.to_f64() * b.to_f64(), c.to_f64());
    let sum = product + c;
    // What the sum lost, exactly (Knuth's two-sum).
    let of_c = sum - product;
    let lost = (product - (sum - of_c)) + (c - of_c);
    let near = sum as f32;
    let beyond = (sum - f64::from(near)) + lost;
    if !beyond.is_finite() || beyond == 0.0 || near.to_bits() % 2 == 1 {
        return f16::from_f32(near);
    }
    let farther_from_zero = (beyond > 0.0) == (near > 0.0);
    f16::from_f32(f32::from_bits(if farther_from_zero {
        near.to_bits() + 1
    } else {
        near.to_bits() - 1
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_float16_product_and_sum_are_rounded_once() {
        let half = f16::from_f32;
        // 1 + 2^-10 squared is 1 + 2^-9 + 2^-20; with 2^-11 more it is above the middle of two halves by the last term alone.
        let (a, b) = (half(1.0 + 1.0 / 1024.0), half(1.0 + 2.0 / 1024.0));
        let to_the_middle = half(0.5 / 1024.0);
        assert_eq!(multiply_add(a, a, to_the_middle), half(1.0 + 3.0 / 1024.0));
        assert_eq!(multiply_add(half(1.0), b, to_the_middle), b);
        assert_eq!(multiply_add(half(300.0), half(300.0), half(0.0)), f16::INFINITY);
        assert!(multiply_add(f16::INFINITY, half(0.0), half(0.0)).is_nan());
        // The least number of all, and half of it: a tie, which goes to 0.
        assert_eq!(multiply_add(f16::from_bits(1), half(1.0), half(0.0)).to_bits(), 1);
        assert_eq!(multiply_add(f16::from_bits(1), half(0.5), half(0.0)).to_bits(), 0);
        assert_eq!(multiply_add(f16::from_bits(1), half(0.5), half(-0.0)).to_bits(), 0);
        assert_eq!(multiply_add(f16::from_bits(3), half(0.5), half(0.0)).to_bits(), 2);
    }
}

//! What every kernel computes, in plain Rust that is written to be read.

use super::{DenseBytes, DenseFloats, Depthwise, Epilogue, Kernels, LANES, Reads, Residual, Row};

/// The kernels of a processor about which nothing is known.
#[derive(Debug)]
pub(super) struct Reference;

impl Kernels for Reference {
    fn name(&self) -> &'static str {
        "plain Rust"
    }

    fn dense_bytes(&self, reads: &Reads<u8>, convolution: &DenseBytes, row: &mut Row) {
        let DenseBytes {
            weights,
            quads,
            grouping,
            start,
            epilogue,
        } = convolution;
        let block = reads.taps.len() * quads * 4 * LANES;
        for pixel in 0..row.pixels {
            for channel in 0..row.stride {
                let (weights, lane) = (&weights[channel / LANES * block..], channel % LANES);
                let first = reads.first + pixel * reads.step + grouping.first_input(channel / LANES);
                let mut sum = start[channel];
                for (tap, offset) in reads.taps.iter().enumerate() {
                    let inputs = &reads.map[first + offset..];
                    for input in 0..4 * quads {
                        let quad = (tap * quads + input / 4) * LANES + lane;
                        sum += i32::from(inputs[input]) * i32::from(weights[quad * 4 + input % 4]);
                    }
                }
                finish(sum as f32, epilogue, row, pixel, channel);
            }
        }
    }

    fn dense_floats(&self, reads: &Reads<f32>, convolution: &DenseFloats, row: &mut Row) {
        let DenseFloats {
            weights,
            inputs,
            grouping,
            epilogue,
        } = convolution;
        let block = reads.taps.len() * inputs * LANES;
        for pixel in 0..row.pixels {
            for channel in 0..row.stride {
                let (weights, lane) = (&weights[channel / LANES * block..], channel % LANES);
                let first = reads.first + pixel * reads.step + grouping.first_input(channel / LANES);
                let mut sum = 0f32;
                for (tap, offset) in reads.taps.iter().enumerate() {
                    let values = &reads.map[first + offset..];
                    for input in 0..*inputs {
                        sum = values[input].mul_add(weights[(tap * inputs + input) * LANES + lane], sum);
                    }
                }
                finish(sum, epilogue, row, pixel, channel);
            }
        }
    }

    fn depthwise_bytes(&self, reads: &Reads<u8>, convolution: &Depthwise<i8>, row: &mut Row) {
        let Depthwise {
            weights,
            side,
            start,
            epilogue,
        } = convolution;
        let quads = side.div_ceil(4);
        let block = side * quads * 4 * LANES;
        for pixel in 0..row.pixels {
            for channel in 0..row.stride {
                let (weights, lane) = (&weights[channel / LANES * block..], channel % LANES);
                let mut sum = start[channel];
                for (tap, offset) in reads.taps.iter().enumerate() {
                    let (y, x) = (tap / side, tap % side);
                    let weight = weights[((x * quads + y / 4) * LANES + lane) * 4 + y % 4];
                    let value = reads.map[reads.first + pixel * reads.step + offset + channel];
                    sum += i32::from(value) * i32::from(weight);
                }
                finish(sum as f32, epilogue, row, pixel, channel);
            }
        }
    }

    fn depthwise_floats(&self, reads: &Reads<f32>, convolution: &Depthwise<f32>, row: &mut Row) {
        let Depthwise { weights, epilogue, .. } = convolution;
        let block = reads.taps.len() * LANES;
        for pixel in 0..row.pixels {
            for channel in 0..row.stride {
                let (weights, lane) = (&weights[channel / LANES * block..], channel % LANES);
                let mut sum = 0f32;
                for (tap, offset) in reads.taps.iter().enumerate() {
                    let value = reads.map[reads.first + pixel * reads.step + offset + channel];
                    sum = value.mul_add(weights[tap * LANES + lane], sum);
                }
                finish(sum, epilogue, row, pixel, channel);
            }
        }
    }
}

/// From a sum to what is kept of it; the formula is [`Epilogue`]'s.
pub(super) fn finish(sum: f32, epilogue: &Epilogue, row: &mut Row, pixel: usize, channel: usize) {
    let at = pixel * row.stride + channel;
    let mut value = sum * epilogue.multiplier[channel] + epilogue.addend[channel];
    match (row.residual, row.floats.as_deref()) {
        (Some(Residual::Other { floats, shift }), _) => value += floats[(pixel >> shift) * row.stride + channel],
        (Some(Residual::Own), Some(floats)) => value += floats[at],
        _ => {}
    }
    // Written out, since `f32::max` leaves open which of two zeros it gives.
    let value = if value > epilogue.low { value } else { epilogue.low };
    let value = if value < epilogue.high { value } else { epilogue.high };
    if let Some(floats) = row.floats.as_deref_mut() {
        floats[at] = value;
    }
    if let Some(bytes) = row.bytes.as_deref_mut() {
        let steps = epilogue.quantize.map_or(value, |q| value * q.inverse + q.zero);
        bytes[at] = steps.clamp(0.0, 255.0).round_ties_even() as u8;
    }
}

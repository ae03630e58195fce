//! Weights in the order in which kernels read them: blocks of [`LANES`] result channels, in them tap by tap, and the block's channels side by side.

use super::{LANES, padded};

/// Dense weights of bytes, `weights[output][tap][input]`, as `[block][tap][quad of inputs][lane][4]`; what is not there is 0.
pub(super) fn pack_dense_bytes(weights: &[i8], outputs: usize, taps: usize, inputs: usize) -> Vec<i8> {
    pack_dense(weights, [outputs, taps, inputs], 4, |weight| weight)
}

/// Dense weights of floats, `weights[output][tap][input]`, as `[block][tap][input][lane]`; what is not there is 0.
pub(in super::super) fn pack_dense_floats(weights: &[f32], outputs: usize, taps: usize, inputs: usize) -> Vec<f32> {
    pack_dense(weights, [outputs, taps, inputs], 1, |weight| weight)
}

/// Dense weights, `weights[output][tap][input]`, as `[block][tap][some inputs][lane][those inputs]`, of which a lane multiplies `together` at once; what
/// is not there is 0.
pub(super) fn pack_dense<W: Copy, P: Copy + Default>(
    weights: &[W],
    [outputs, taps, inputs]: [usize; 3],
    together: usize,
    packed_as: impl Fn(W) -> P,
) -> Vec<P> {
    let parts = inputs.div_ceil(together);
    let mut packed = vec![P::default(); padded(outputs) * taps * parts * together];
    for output in 0..outputs {
        for tap in 0..taps {
            for input in 0..inputs {
                let part = ((output / LANES * taps + tap) * parts + input / together) * LANES + output % LANES;
                let weight = weights[(output * taps + tap) * inputs + input];
                packed[part * together + input % together] = packed_as(weight);
            }
        }
    }
    packed
}

/// Depthwise weights of bytes, `weights[channel][row][column]`, as `[block][column][quad of rows][lane][4]`; what is not there is 0.
pub(super) fn pack_depthwise_bytes(weights: &[i8], channels: usize, side: usize) -> Vec<i8> {
    let quads = side.div_ceil(4);
    let mut packed = vec![0; padded(channels) * side * quads * 4];
    for channel in 0..channels {
        for (y, x) in (0..side * side).map(|tap| (tap / side, tap % side)) {
            let quad = ((channel / LANES * side + x) * quads + y / 4) * LANES + channel % LANES;
            packed[quad * 4 + y % 4] = weights[(channel * side + y) * side + x];
        }
    }
    packed
}

/// Depthwise weights of floats, `weights[channel][tap]`, as `[block][tap][lane]`; what is not there is 0.
pub(in super::super) fn pack_depthwise_floats(weights: &[f32], channels: usize, side: usize) -> Vec<f32> {
    let taps = side * side;
    let mut packed = vec![0.0; padded(channels) * taps];
    for channel in 0..channels {
        for tap in 0..taps {
            packed[(channel / LANES * taps + tap) * LANES + channel % LANES] = weights[channel * taps + tap];
        }
    }
    packed
}

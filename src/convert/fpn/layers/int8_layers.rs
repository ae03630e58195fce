//! Whole layers of bytes, drawn: quantization, convolution, residual, clamp, quantization, with any zero points; against sums in whole numbers and doubles.

use proptest::prelude::*;

use super::drawn::numbers;
use crate::convert::onnx::{GraphBuilder, ModelProto, attribute, f32_tensor, i8_tensor, scalar_f32, scalar_u8};

/// A layer of bytes between two quantizations.
#[derive(Debug, Clone)]
struct Layer {
    seed: u64,
    height: usize,
    width: usize,
    inputs: usize,
    outputs: usize,
    groups: usize,
    side: usize,
    stride: usize,
    pad: usize,
    zeros: (u8, u8),
    ends: Ends,
    adds_input: bool,
}

#[derive(Debug, Clone, Copy)]
enum Ends {
    Plain,
    Relu,
    Clip(f32, f32),
}

fn layers() -> impl Strategy<Value = Layer> {
    let channels = prop_oneof![
        (1usize..40, 1usize..40).prop_map(|(inputs, outputs)| (inputs, outputs, 1)),
        // In groups of so many channels.
        (prop_oneof![Just(4usize), Just(8), Just(16), Just(32)], 1usize..3).prop_map(|(of_group, times)| (
            32 * times,
            32 * times,
            32 * times / of_group
        )),
        (1usize..40).prop_map(|channels| (channels, channels, channels)),
    ];
    let ends = prop_oneof![
        Just(Ends::Plain),
        Just(Ends::Relu),
        (-1f32..0.5, 0.6f32..3.0).prop_map(|(low, high)| Ends::Clip(low, high)),
    ];
    let shape = (
        1usize..14,
        1usize..14,
        prop_oneof![Just(1usize), Just(3), Just(5)],
        1usize..3,
    );
    (
        any::<u64>(),
        shape,
        channels,
        any::<(u8, u8)>(),
        ends,
        any::<bool>(),
        any::<bool>(),
    )
        .prop_filter_map(
            "a window as large as the map, and depthwise ones of 3 or 5",
            |(seed, (height, width, side, stride), (inputs, outputs, groups), zeros, ends, padded, adds)| {
                let pad = if padded { side / 2 } else { 0 };
                let fits = height + 2 * pad >= side && width + 2 * pad >= side;
                let depthwise = groups > 1 && groups == inputs;
                let same = inputs == outputs && stride == 1 && 2 * pad + 1 == side;
                (fits && !(depthwise && side == 1)).then_some(Layer {
                    seed,
                    height,
                    width,
                    inputs,
                    outputs,
                    groups,
                    side,
                    stride,
                    pad,
                    zeros,
                    ends,
                    adds_input: adds && same,
                })
            },
        )
}

const STEP_IN: f32 = 0.031_25;
const STEP_OUT: f32 = 0.047;

/// A layer's numbers.
struct Drawn {
    bytes: Vec<u8>,
    weights: Vec<i8>,
    scales: Vec<f32>,
    bias: Vec<f32>,
}

impl Layer {
    fn drawn(&self) -> Drawn {
        let mut next = numbers(self.seed);
        let products = self.inputs / self.groups * self.side * self.side;
        Drawn {
            bytes: (0..self.inputs * self.height * self.width)
                .map(|_| next() as u8)
                .collect(),
            weights: (0..self.outputs * products).map(|_| next() as i8).collect(),
            scales: (0..self.outputs).map(|_| (1 + next() % 64) as f32 / 40_000.0).collect(),
            bias: (0..self.outputs)
                .map(|_| (next() % 2001) as f32 / 1000.0 - 1.0)
                .collect(),
        }
    }

    fn made(&self) -> (usize, usize) {
        let made = |length: usize| (length + 2 * self.pad - self.side) / self.stride + 1;
        (made(self.height), made(self.width))
    }

    fn model(&self, drawn: &Drawn) -> ModelProto {
        let mut graph = GraphBuilder::new();
        let code = |graph: &mut GraphBuilder, name: &str, step: f32, zero: u8| {
            let step = graph.initializer(scalar_f32(&format!("{name}.step"), step));
            (step, graph.initializer(scalar_u8(&format!("{name}.zero"), zero)))
        };
        let (step_in, zero_in) = code(&mut graph, "in", STEP_IN, self.zeros.0);
        let (step_out, zero_out) = code(&mut graph, "out", STEP_OUT, self.zeros.1);
        let shape = [self.outputs, self.inputs / self.groups, self.side, self.side];
        let weights = graph.initializer(i8_tensor("weights", &shape, &drawn.weights));
        let scales = graph.initializer(f32_tensor("scales", &[self.outputs], &drawn.scales));
        let zeros = graph.initializer(i8_tensor("weights.zeros", &[self.outputs], &vec![0; self.outputs]));
        let bias = graph.initializer(f32_tensor("bias", &[self.outputs], &drawn.bias));
        let coded = graph.node("QuantizeLinear", "coded", &["x", &step_in, &zero_in], vec![]);
        let x = graph.node("DequantizeLinear", "decoded", &[&coded, &step_in, &zero_in], vec![]);
        let axis = vec![attribute::int("axis", 0)];
        let weights = graph.node("DequantizeLinear", "kernel", &[&weights, &scales, &zeros], axis);
        let pair = |value: usize| [value as i64; 2];
        let windows = vec![
            attribute::ints("kernel_shape", &pair(self.side)),
            attribute::ints("strides", &pair(self.stride)),
            attribute::ints("pads", &[self.pad as i64; 4]),
            attribute::int("group", self.groups as i64),
        ];
        let mut y = graph.node("Conv", "convolved", &[&x, &weights, &bias], windows);
        if self.adds_input {
            y = graph.node("Add", "added", &[&y, &x], vec![]);
        }
        y = match self.ends {
            Ends::Plain => y,
            Ends::Relu => graph.node("Relu", "clamped", &[&y], vec![]),
            Ends::Clip(low, high) => {
                let low = graph.initializer(scalar_f32("low", low));
                let high = graph.initializer(scalar_f32("high", high));
                graph.node("Clip", "clamped", &[&y, &low, &high], vec![])
            }
        };
        let coded = graph.node("QuantizeLinear", "coded again", &[&y, &step_out, &zero_out], vec![]);
        let output = graph.node("DequantizeLinear", "y", &[&coded, &step_out, &zero_out], vec![]);
        let (height, width) = self.made();
        let input = [1, self.inputs, self.height, self.width];
        graph.finish(("x", &input), (&output, &[1, self.outputs, height, width]))
    }

    /// Each result in steps of its bytes, before it is rounded.
    fn steps(&self, drawn: &Drawn) -> Vec<f64> {
        let (height, width) = self.made();
        let inputs_of = self.inputs / self.groups;
        let byte = |channel: usize, y: usize, x: usize| {
            let (Some(y), Some(x)) = (y.checked_sub(self.pad), x.checked_sub(self.pad)) else {
                return 0;
            };
            if y >= self.height || x >= self.width {
                return 0;
            }
            i64::from(drawn.bytes[(channel * self.height + y) * self.width + x]) - i64::from(self.zeros.0)
        };
        let mut steps = Vec::new();
        for output in 0..self.outputs {
            let first = output / (self.outputs / self.groups) * inputs_of;
            for (y, x) in (0..height).flat_map(|y| (0..width).map(move |x| (y, x))) {
                let mut sum = 0;
                for input in 0..inputs_of {
                    for (row, column) in (0..self.side).flat_map(|row| (0..self.side).map(move |c| (row, c))) {
                        let at = ((output * inputs_of + input) * self.side + row) * self.side + column;
                        let value = byte(first + input, y * self.stride + row, x * self.stride + column);
                        sum += value * i64::from(drawn.weights[at]);
                    }
                }
                let scale = f64::from(STEP_IN) * f64::from(drawn.scales[output]);
                let mut value = sum as f64 * scale + f64::from(drawn.bias[output]);
                if self.adds_input {
                    value += byte(output, y + self.pad, x + self.pad) as f64 * f64::from(STEP_IN);
                }
                let value = match self.ends {
                    Ends::Plain => value,
                    Ends::Relu => value.max(0.0),
                    Ends::Clip(low, high) => value.clamp(f64::from(low), f64::from(high)),
                };
                let step = value / f64::from(STEP_OUT) + f64::from(self.zeros.1);
                steps.push(step.clamp(0.0, 255.0));
            }
        }
        steps
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn a_layer_of_bytes_is_what_whole_numbers_say(layer in layers()) {
        let drawn = layer.drawn();
        let of = |byte: &u8| (f32::from(*byte) - f32::from(layer.zeros.0)) * STEP_IN;
        let input: Vec<f32> = drawn.bytes.iter().map(of).collect();
        let results = crate::network::int8::run_alone(&layer.model(&drawn), &input);
        let results = results.map_err(TestCaseError::fail)?;
        let exact = layer.steps(&drawn);
        for (who, values) in &results {
            prop_assert_eq!(values, &results[0].1, "{} is not {}", who, &results[0].0);
        }
        for (value, exact) in results[0].1.iter().zip(&exact) {
            let byte = f64::from(*value) / f64::from(STEP_OUT) + f64::from(layer.zeros.1);
            // A float's rounding may decide where a step is nearly halved.
            prop_assert!((byte - exact).abs() < 0.501, "{} for {}", byte, exact);
        }
    }
}

//! The quantized graph, with QuantizeLinear and DequantizeLinear around what is in eight bits.

use std::collections::{HashMap, HashSet};

use super::graph::{FloatGraph, Layers};
use super::histogram::Affine;
use crate::convert::onnx::{self, GraphProto, ModelProto, NodeProto, TensorProto, attribute};

/// The float graph with its convolutions in int8, but for those in `in_float`.
///
/// Weights become signed bytes with one scale for each output channel (symmetric, -127 to 127). An activation is quantized only where a
/// convolution reads it: what adds, scales, normalizes or resizes keeps reading floats, so that a residual path does not gather one rounding a
/// block. An activation without a code stays in float, its convolution's weights do not. Biases stay in float.
pub fn quantized(graph: &FloatGraph, codes: &HashMap<String, Affine>, in_float: &Layers) -> ModelProto {
    let source = graph.model.graph.as_ref().expect("a prepared model has a graph");
    let constants = graph.initializers();
    let in_int8: HashMap<usize, &str> = graph
        .convolutions
        .iter()
        .enumerate()
        .filter(|(index, _)| !in_float.contains(index))
        .map(|(_, c)| (c.node, c.weights.as_str()))
        .collect();
    let coded: HashSet<&str> = graph
        .convolutions
        .iter()
        .filter(|c| in_int8.contains_key(&c.node) && codes.contains_key(&c.activation))
        .map(|c| c.activation.as_str())
        .collect();

    let mut out = Output::default();
    for input in source.input.iter().filter(|i| coded.contains(i.name.as_str())) {
        out.code_activation(&input.name, codes[&input.name]);
    }
    for (index, node) in source.node.iter().enumerate() {
        let mut node = node.clone();
        if let Some(weights) = in_int8.get(&index) {
            if coded.contains(node.input[0].as_str()) {
                node.input[0] = dequantized(&node.input[0]);
            }
            out.code_weights(constants[*weights]);
            node.input[1] = dequantized(weights);
        }
        let made = node.output.clone();
        out.nodes.push(node);
        for name in made.iter().filter(|name| coded.contains(name.as_str())) {
            out.code_activation(name, codes[name]);
        }
    }
    let read: HashSet<&str> = out.nodes.iter().flat_map(|n| &n.input).map(String::as_str).collect();
    let kept = source.initializer.iter().filter(|t| read.contains(t.name.as_str()));
    let kept: Vec<TensorProto> = kept.cloned().collect();
    out.initializers.extend(kept);
    ModelProto {
        // Operator set 13, the first with a scale for each channel, came with version 7 of the file format.
        ir_version: graph.model.ir_version.max(7),
        opset_import: graph.model.opset_import.clone(),
        producer_name: "fishrig".to_owned(),
        producer_version: env!("CARGO_PKG_VERSION").to_owned(),
        graph: Some(GraphProto {
            node: out.nodes,
            initializer: out.initializers,
            name: source.name.clone(),
            input: source.input.clone(),
            output: source.output.clone(),
            ..GraphProto::default()
        }),
        ..ModelProto::default()
    }
}

fn dequantized(name: &str) -> String {
    format!("{name}.dequantized")
}

#[derive(Default)]
struct Output {
    nodes: Vec<NodeProto>,
    initializers: Vec<TensorProto>,
    weights: HashSet<String>,
}

impl Output {
    fn node(&mut self, operator: &str, inputs: [&str; 3], output: &str, axis: Option<i64>) {
        self.nodes.push(NodeProto {
            op_type: operator.to_owned(),
            name: output.to_owned(),
            input: inputs.map(str::to_owned).to_vec(),
            output: vec![output.to_owned()],
            attribute: axis.map(|axis| attribute::int("axis", axis)).into_iter().collect(),
            ..NodeProto::default()
        });
    }

    fn code_activation(&mut self, name: &str, code: Affine) {
        let (scale, zero_point) = (format!("{name}.scale"), format!("{name}.zero_point"));
        let quantized = format!("{name}.quantized");
        self.initializers.push(onnx::scalar_f32(&scale, code.scale));
        self.initializers.push(onnx::scalar_u8(&zero_point, code.zero_point));
        self.node("QuantizeLinear", [name, &scale, &zero_point], &quantized, None);
        self.node(
            "DequantizeLinear",
            [&quantized, &scale, &zero_point],
            &dequantized(name),
            None,
        );
    }

    /// Weights that several convolutions share are coded once.
    fn code_weights(&mut self, weights: &TensorProto) {
        let name = weights.name.as_str();
        if !self.weights.insert(name.to_owned()) {
            return;
        }
        let shape = onnx::shape_of(weights).expect("a convolution's weights were checked");
        let values = onnx::f32_values(weights).expect("a convolution's weights were checked");
        let (codes, scales) = signed_codes(&values, shape[0]);
        let (quantized, scale) = (format!("{name}.quantized"), format!("{name}.scale"));
        let zero_point = format!("{name}.zero_point");
        self.initializers.push(onnx::i8_tensor(&quantized, &shape, &codes));
        self.initializers.push(onnx::f32_tensor(&scale, &shape[..1], &scales));
        self.initializers
            .push(onnx::i8_tensor(&zero_point, &shape[..1], &vec![0; shape[0]]));
        self.node(
            "DequantizeLinear",
            [&quantized, &scale, &zero_point],
            &dequantized(name),
            Some(0),
        );
    }
}

/// The codes of weights, row-major with the output channel first, and each channel's scale: its largest magnitude / 127.
fn signed_codes(values: &[f32], channels: usize) -> (Vec<i8>, Vec<f32>) {
    let per_channel = values.len() / channels;
    let mut codes = Vec::with_capacity(values.len());
    let scale_of = |channel: &[f32]| {
        let largest = channel.iter().fold(0f32, |m, w| m.max(w.abs()));
        let scale = largest / 127.0;
        // A channel of zeros, or nearly: any scale does, and a tiny one would overflow in who divides by it.
        if scale < f32::MIN_POSITIVE { 1.0 } else { scale }
    };
    let scales = values.chunks_exact(per_channel).map(|channel| {
        let scale = scale_of(channel);
        codes.extend(
            channel
                .iter()
                .map(|w| (w / scale).round_ties_even().clamp(-127.0, 127.0) as i8),
        );
        scale
    });
    let scales = scales.collect();
    (codes, scales)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_weight_moves_by_half_a_step_of_its_channel_at_most(values in prop::collection::vec(-3f32..3.0, 24)) {
            let (codes, scales) = signed_codes(&values, 4);
            for (i, w) in values.iter().enumerate() {
                let back = f32::from(codes[i]) * scales[i / 6];
                prop_assert!((back - w).abs() <= scales[i / 6] * 0.5001);
            }
        }
    }

    #[test]
    fn a_channel_of_zeros_stays_zero() {
        let (codes, scales) = signed_codes(&[0.0, 0.0, 1.0, -2.0], 2);
        assert_eq!(codes, [0, 0, 64, -127]);
        assert_eq!(scales, [1.0, 2.0 / 127.0]);
    }
}

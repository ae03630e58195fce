//! Squeeze-and-excite, drawn: a pointwise convolution, factors from its means, a residual and a clamp, against tract's own operators.

use proptest::prelude::*;

use super::drawn::{Drawn, numbers};
use crate::convert::onnx::{GraphBuilder, ModelProto, attribute, scalar_f32, scalar_u8};

#[derive(Debug, Clone)]
struct Block {
    seed: u64,
    height: usize,
    width: usize,
    inputs: usize,
    outputs: usize,
    /// Whether the convolution reads bytes; otherwise it reads what two more convolutions make, which may run row by row.
    bytes: bool,
    /// Whether another convolution of the input is added, and a clamp follows.
    adds: bool,
}

fn blocks() -> impl Strategy<Value = Block> {
    let shape = (1usize..30, 1usize..30, 1usize..40, 1usize..40);
    (any::<u64>(), shape, any::<(bool, bool)>()).prop_map(|(seed, (height, width, inputs, outputs), (bytes, adds))| {
        Block {
            seed,
            height,
            width,
            inputs,
            outputs,
            bytes,
            adds,
        }
    })
}

impl Block {
    fn model(&self) -> ModelProto {
        let mut next = numbers(self.seed);
        let mut graph = GraphBuilder::new();
        let mut x = "x".to_owned();
        if self.bytes {
            let step = graph.initializer(scalar_f32("step", 0.031));
            let zero = graph.initializer(scalar_u8("zero", 9));
            let coded = graph.node("QuantizeLinear", "coded", &[&x, &step, &zero], vec![]);
            x = graph.node("DequantizeLinear", "decoded", &[&coded, &step, &zero], vec![]);
        }
        let mut convolution =
            |graph: &mut GraphBuilder, name: &str, input: &str, [outputs, inputs, side]: [usize; 3], bytes: bool| {
                let drawn = Drawn {
                    shape: [outputs, inputs, side, side],
                    scale: 1.0 / (127.0 * (inputs * side * side) as f32),
                    bias: [-1000, 1000],
                    window: vec![attribute::ints("pads", &[side as i64 / 2; 4])],
                    bytes,
                };
                drawn.node(graph, &mut next, name, input)
            };
        if !self.bytes {
            let before = convolution(&mut graph, "before", &x, [self.inputs, self.inputs, 1], false);
            x = convolution(&mut graph, "window", &before, [self.inputs, self.inputs, 3], false);
        }
        let map = convolution(&mut graph, "map", &x, [self.outputs, self.inputs, 1], self.bytes);
        let mean = graph.node("GlobalAveragePool", "mean", &[&map], vec![]);
        let squeezed = convolution(&mut graph, "squeezed", &mean, [4, self.outputs, 1], false);
        let squeezed = graph.node("Relu", "squeezed.relu", &[&squeezed], vec![]);
        let excited = convolution(&mut graph, "excited", &squeezed, [self.outputs, 4, 1], false);
        let factors = graph.node("Sigmoid", "factors", &[&excited], vec![]);
        let mut y = graph.node("Mul", "scaled", &[&map, &factors], vec![]);
        if self.adds {
            let other = convolution(&mut graph, "other", &x, [self.outputs, self.inputs, 1], self.bytes);
            y = graph.node("Add", "added", &[&y, &other], vec![]);
            y = graph.node("Relu", "clamped", &[&y], vec![]);
        }
        let input = [1, self.inputs, self.height, self.width];
        graph.finish(("x", &input), (&y, &[1, self.outputs, self.height, self.width]))
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn factors_from_the_mean_of_what_is_read_are_those_of_what_is_made(block in blocks()) {
        let model = block.model();
        let mut next = numbers(!block.seed);
        let count = block.inputs * block.height * block.width;
        let input: Vec<f32> = (0..count).map(|_| (next() % 8001) as f32 / 1000.0 - 0.3).collect();
        let results = crate::network::int8::run_alone(&model, &input).map_err(TestCaseError::fail)?;
        for (who, values) in &results {
            prop_assert_eq!(values, &results[0].1, "{} is not {}", who, &results[0].0);
        }
        let (_, plain) = crate::network::int8::run_in_tract(&model, &input, false);
        for (ours, theirs) in results[0].1.iter().zip(&plain) {
            prop_assert!((ours - theirs).abs() < 1e-4, "{} where tract has {}", ours, theirs);
        }
        let kinds = crate::network::int8::kinds_alone(&model).map_err(TestCaseError::fail)?;
        // Where there are many more pixels than channels, nothing is left to be multiplied afterwards.
        let joined = block.height * block.width >= 8 * block.inputs;
        prop_assert_eq!(kinds.contains(&"sum"), !joined, "{:?}", kinds);
    }
}

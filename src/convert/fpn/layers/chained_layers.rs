//! Convolutions after each other, drawn: what [`run_alone`](crate::network::int8::run_alone) computes row by row through rings of lines has the bits of whole maps.

use proptest::prelude::*;

use super::drawn::{Drawn, numbers};
use crate::convert::onnx::{GraphBuilder, ModelProto, attribute, scalar_f32, scalar_u8};

/// Convolutions, one reading the other; every map in between is clamped, and quantized if `bytes`.
#[derive(Debug, Clone)]
struct Sequence {
    seed: u64,
    height: usize,
    width: usize,
    channels: usize,
    bytes: bool,
    convolutions: Vec<Convolution>,
    /// Whether its input is added to what comes out, where that is as large.
    adds_input: bool,
}

#[derive(Debug, Clone)]
struct Convolution {
    outputs: usize,
    of_group: Groups,
    side: usize,
    stride: usize,
    padded: bool,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Groups {
    Whole,
    /// Of sixteen channels each, where there are as many.
    Sixteens,
    Depthwise,
}

fn sequences() -> impl Strategy<Value = Sequence> {
    let convolution = (
        // Even numbers from 32 on can be in half precision; multiples of sixteen can be in groups of as many.
        prop_oneof![
            3 => 1usize..40,
            1 => (16usize..36).prop_map(|pairs| 2 * pairs),
            2 => (2usize..5).prop_map(|groups| 16 * groups),
        ],
        prop_oneof![Just(Groups::Whole), Just(Groups::Sixteens), Just(Groups::Depthwise)],
        prop_oneof![Just(1usize), Just(3), Just(5)],
        1usize..3,
        prop::bool::weighted(0.8),
    );
    let convolution = convolution.prop_map(|(outputs, of_group, side, stride, padded)| Convolution {
        outputs,
        // A depthwise convolution has 3 or 5 rows and columns.
        of_group: if side == 1 { Groups::Whole } else { of_group },
        side,
        stride,
        padded,
    });
    (
        any::<u64>(),
        (1usize..40, 1usize..24, 1usize..40),
        any::<(bool, bool)>(),
        prop::collection::vec(convolution, 2..11),
    )
        .prop_map(
            |(seed, (height, width, channels), (bytes, adds_input), convolutions)| Sequence {
                seed,
                height,
                width,
                channels,
                bytes,
                convolutions,
                adds_input,
            },
        )
}

impl Sequence {
    /// The graph; `None` where a window is larger than what it reads.
    fn model(&self) -> Option<ModelProto> {
        let mut next = numbers(self.seed);
        let mut graph = GraphBuilder::new();
        let low = graph.initializer(scalar_f32("low", 0.0));
        let high = graph.initializer(scalar_f32("high", 6.0));
        let step = graph.initializer(scalar_f32("step", 6.0 / 255.0));
        let zero = graph.initializer(scalar_u8("zero", 3));
        let coded = |graph: &mut GraphBuilder, name: &str, value: &str| {
            let code = graph.node(
                "QuantizeLinear",
                &format!("{name}.coded"),
                &[value, &step, &zero],
                vec![],
            );
            graph.node(
                "DequantizeLinear",
                &format!("{name}.decoded"),
                &[&code, &step, &zero],
                vec![],
            )
        };
        let (mut channels, mut height, mut width) = (self.channels, self.height, self.width);
        let mut map = "x".to_owned();
        if self.bytes {
            map = coded(&mut graph, "in", &map);
        }
        let first = map.clone();
        for (index, convolution) in self.convolutions.iter().enumerate() {
            let Convolution { side, stride, .. } = *convolution;
            let pad = if convolution.padded { side / 2 } else { 0 };
            let (outputs, groups) = match convolution.of_group {
                Groups::Sixteens if channels.is_multiple_of(16) => (channels, channels / 16),
                Groups::Whole | Groups::Sixteens => (convolution.outputs, 1),
                Groups::Depthwise => (channels, channels),
            };
            let made = |length: usize| Some((length + 2 * pad).checked_sub(side)? / stride + 1);
            let shape = [outputs, channels / groups, side, side];
            let name = |part: &str| format!("{index}.{part}");
            let drawn = Drawn {
                shape,
                // Sums of so many drawn products stay within what a clamp lets through.
                scale: 4.0 / (127.0 * shape[1..].iter().product::<usize>() as f32).max(1.0),
                bias: [0, 3000],
                window: vec![
                    attribute::ints("strides", &[stride as i64; 2]),
                    attribute::ints("pads", &[pad as i64; 4]),
                    attribute::int("group", groups as i64),
                ],
                bytes: self.bytes,
            };
            let sum = drawn.node(&mut graph, &mut next, &name("convolved"), &map);
            map = graph.node("Clip", &name("clamped"), &[&sum, &low, &high], vec![]);
            (channels, height, width) = (outputs, made(height)?, made(width)?);
            if self.bytes {
                map = coded(&mut graph, &name("out"), &map);
            }
        }
        if self.adds_input && (channels, height, width) == (self.channels, self.height, self.width) {
            map = graph.node("Add", "added", &[&map, &first], vec![]);
        }
        let input = [1, self.channels, self.height, self.width];
        Some(graph.finish(("x", &input), (&map, &[1, channels, height, width])))
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn row_by_row_is_map_by_map(sequence in sequences()) {
        let Some(model) = sequence.model() else {
            return Ok(());
        };
        let mut next = numbers(!sequence.seed);
        let count = sequence.channels * sequence.height * sequence.width;
        let input: Vec<f32> = (0..count).map(|_| (next() % 6001) as f32 / 1000.0).collect();
        let results = crate::network::int8::run_alone(&model, &input).map_err(TestCaseError::fail)?;
        for (who, values) in &results {
            prop_assert_eq!(values, &results[0].1, "{} is not {}", who, &results[0].0);
        }
        if !sequence.bytes {
            let (_, plain) = crate::network::int8::run_in_tract(&model, &input, false);
            for (ours, theirs) in results[0].1.iter().zip(&plain) {
                prop_assert!((ours - theirs).abs() < 1e-4, "{} where tract has {}", ours, theirs);
            }
            let in_halves = crate::network::int8::run_alone_in_halves(&model, &input).map_err(TestCaseError::fail)?;
            for (who, values) in &in_halves {
                prop_assert_eq!(values, &in_halves[0].1, "{} is not {}", who, &in_halves[0].0);
            }
            // Each of up to ten convolutions rounds values of at most 6 to eight bits, and its weights.
            for (half, float) in in_halves.iter().flat_map(|(_, values)| values).zip(&results[0].1) {
                prop_assert!((half - float).abs() < 0.25, "{} in half precision where floats have {}", half, float);
            }
        }
    }
}

//! Feature pyramids, drawn: maps of several sizes that are clamped, enlarged and added, before and after convolutions, row by row in trees of rings, with
//! the bits of whole maps.

use proptest::prelude::*;

use super::drawn::{Drawn, numbers};
use crate::convert::onnx::{GraphBuilder, ModelProto, attribute, f32_tensor, scalar_f32, scalar_u8};

#[derive(Debug, Clone)]
struct Pyramid {
    seed: u64,
    /// Of the smallest level, before the branches make it larger.
    height: usize,
    width: usize,
    inputs: usize,
    channels: usize,
    /// Of the window of which the greatest is taken first, if any is.
    pooled: Option<usize>,
    branches: Vec<Branch>,
    /// Whether the last convolution reads bytes.
    bytes: bool,
    /// Rows and columns of the last convolution's window.
    side: usize,
}

/// How many times a map is halved, and how it is enlarged again.
#[derive(Debug, Clone)]
struct Branch {
    levels: Vec<Enlargement>,
    /// Whether a convolution, its residual the first branch, comes in between.
    convolved: bool,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Enlargement {
    Nearest,
    Corners,
    HalfPixel,
}

/// How many times the input is halved at most.
const LEVELS: usize = 2;

fn pyramids() -> impl Strategy<Value = Pyramid> {
    let way = prop_oneof![
        Just(Enlargement::Nearest),
        Just(Enlargement::Corners),
        Just(Enlargement::HalfPixel)
    ];
    let branch = (prop::collection::vec(way, 0..=LEVELS), any::<bool>());
    let branch = branch.prop_map(|(levels, convolved)| Branch { levels, convolved });
    // Even numbers from 32 on can be in half precision.
    let channels = prop_oneof![3 => 1usize..40, 1 => (16usize..36).prop_map(|pairs| 2 * pairs)];
    (
        any::<u64>(),
        (1usize..9, 1usize..9, 1usize..8, channels),
        prop::option::of(2usize..5),
        prop::collection::vec(branch, 1..5),
        any::<bool>(),
        prop_oneof![Just(1usize), Just(3)],
    )
        .prop_map(
            |(seed, (height, width, inputs, channels), pooled, branches, bytes, side)| Pyramid {
                seed,
                height,
                width,
                inputs,
                channels,
                pooled,
                branches,
                bytes,
                side,
            },
        )
}

impl Pyramid {
    /// Rows and columns of the input, and of the result.
    fn size(&self) -> [usize; 2] {
        [self.height << LEVELS, self.width << LEVELS]
    }

    fn model(&self) -> ModelProto {
        let mut next = numbers(self.seed);
        let mut graph = GraphBuilder::new();
        let mut convolution =
            |graph: &mut GraphBuilder, name: &str, input: &str, shape: [usize; 3], stride: usize, bytes: bool| {
                let [outputs, inputs, side] = shape;
                let pad = (side / 2) as i64;
                let below = pad - (stride as i64 - 1).min(pad);
                let drawn = Drawn {
                    shape: [outputs, inputs, side, side],
                    scale: 0.05 / (127.0 * (inputs * side * side) as f32).sqrt(),
                    bias: [-1000, 1000],
                    window: vec![
                        attribute::ints("strides", &[stride as i64; 2]),
                        attribute::ints("pads", &[pad, pad, below, below]),
                    ],
                    bytes,
                };
                drawn.node(graph, &mut next, name, input)
            };
        let enlarged = |graph: &mut GraphBuilder, name: &str, input: &str, way: Enlargement| {
            let mut attributes = vec![attribute::string(
                "mode",
                if way == Enlargement::Nearest {
                    "nearest"
                } else {
                    "linear"
                },
            )];
            let transformation = match way {
                Enlargement::Nearest => "asymmetric",
                Enlargement::Corners => "align_corners",
                Enlargement::HalfPixel => "half_pixel",
            };
            attributes.push(attribute::string("coordinate_transformation_mode", transformation));
            attributes.push(attribute::string("nearest_mode", "floor"));
            let scales = graph.initializer(f32_tensor(&format!("{name}.scales"), &[4], &[1.0, 1.0, 2.0, 2.0]));
            graph.node("Resize", name, &[input, "", &scales], attributes)
        };
        let mut base = "x".to_owned();
        if let Some(side) = self.pooled {
            let first = convolution(&mut graph, "stem", "x", [self.inputs, self.inputs, 3], 1, false);
            let (before, after) = ((side - 1) / 2, side / 2);
            let window = vec![
                attribute::ints("kernel_shape", &[side as i64; 2]),
                attribute::ints("strides", &[1, 1]),
                attribute::ints("pads", &[before, before, after, after].map(|pad| pad as i64)),
            ];
            base = graph.node("MaxPool", "pooled", &[&first], window);
        }
        let mut sum: Option<String> = None;
        for (index, branch) in self.branches.iter().enumerate() {
            let name = |part: &str, level: usize| format!("{index}.{part}.{level}");
            let mut map = base.clone();
            for level in 0..branch.levels.len() {
                map = convolution(
                    &mut graph,
                    &name("halved", level),
                    &map,
                    [self.inputs, self.inputs, 3],
                    2,
                    false,
                );
            }
            map = convolution(
                &mut graph,
                &name("lateral", 0),
                &map,
                [self.channels, self.inputs, 1],
                1,
                false,
            );
            for (level, way) in branch.levels.iter().enumerate() {
                map = graph.node("Relu", &name("clamped", level), &[&map], vec![]);
                map = enlarged(&mut graph, &name("enlarged", level), &map, *way);
            }
            if branch.convolved {
                map = convolution(
                    &mut graph,
                    &name("smoothed", 0),
                    &map,
                    [self.channels, self.channels, 3],
                    1,
                    false,
                );
            }
            sum = Some(match sum {
                None => map,
                Some(sum) => graph.node("Add", &name("sum", 0), &[&sum, &map], vec![]),
            });
        }
        let mut merged = graph.node("Relu", "merged", &[&sum.unwrap_or_default()], vec![]);
        if self.bytes {
            let step = graph.initializer(scalar_f32("step", 0.043));
            let zero = graph.initializer(scalar_u8("zero", 5));
            let coded = graph.node("QuantizeLinear", "coded", &[&merged, &step, &zero], vec![]);
            merged = graph.node("DequantizeLinear", "decoded", &[&coded, &step, &zero], vec![]);
        }
        let y = convolution(
            &mut graph,
            "head",
            &merged,
            [3, self.channels, self.side],
            1,
            self.bytes,
        );
        let [height, width] = self.size();
        graph.finish(("x", &[1, self.inputs, height, width]), (&y, &[1, 3, height, width]))
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn trees_of_rings_are_whole_maps(pyramid in pyramids()) {
        let model = pyramid.model();
        let mut next = numbers(!pyramid.seed);
        let [height, width] = pyramid.size();
        let input: Vec<f32> = (0..pyramid.inputs * height * width).map(|_| (next() % 4001) as f32 / 1000.0 - 2.0).collect();
        let results = crate::network::int8::run_alone(&model, &input).map_err(TestCaseError::fail)?;
        for (who, values) in &results {
            prop_assert_eq!(values, &results[0].1, "{} is not {}", who, &results[0].0);
        }
        if !pyramid.bytes {
            let (_, plain) = crate::network::int8::run_in_tract(&model, &input, false);
            for (ours, theirs) in results[0].1.iter().zip(&plain) {
                let near = 1e-4 * theirs.abs().max(1.0);
                prop_assert!((ours - theirs).abs() < near, "{} where tract has {}", ours, theirs);
            }
            let in_halves = crate::network::int8::run_alone_in_halves(&model, &input).map_err(TestCaseError::fail)?;
            for (who, values) in &in_halves {
                prop_assert_eq!(values, &in_halves[0].1, "{} is not {}", who, &in_halves[0].0);
            }
        }
    }
}

//! Every operator, built here and run by tract, against torch's results (`../shared/reference/op_cases.json`).

use std::path::Path;

use serde_json::Value;
use tract_onnx::prelude::*;

use super::*;

struct Case {
    name: String,
    input: Map,
    fields: Value,
}

impl Case {
    fn values(&self, key: &str) -> Vec<f32> {
        let list = self.fields[key].as_array().unwrap();
        list.iter().map(|v| v.as_f64().unwrap() as f32).collect()
    }

    fn kernel(&self, key: &str, output: usize, side: usize, stride: usize, groups: usize) -> Kernel {
        Kernel {
            output,
            side,
            stride,
            groups,
            weight: self.values(key),
            bias: None,
        }
    }
}

fn cases() -> Vec<Case> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/reference/op_cases.json");
    let Ok(text) = std::fs::read_to_string(file) else {
        eprintln!("SKIPPED: no ../shared/reference/op_cases.json beside the checkout");
        return Vec::new();
    };
    let all: Value = serde_json::from_str(&text).unwrap();
    let cases = all["ops"].as_array().unwrap().iter().map(|fields| {
        let shape = fields["input_shape"].as_array().unwrap();
        let side = |axis| {
            shape
                .get(axis)
                .map_or(1, |side: &Value| side.as_u64().unwrap() as usize)
        };
        // The sigmoid's case has rank 2; its values are one channel's.
        let (channels, height, width) = if shape.len() == 4 {
            (side(1), side(2), side(3))
        } else {
            (1, side(0), side(1))
        };
        Case {
            name: fields["op"].as_str().unwrap().to_owned(),
            input: Map {
                name: "x".to_owned(),
                channels,
                height,
                width,
            },
            fields: fields.clone(),
        }
    });
    cases.collect()
}

fn built(case: &Case, layers: &mut Layers) -> Map {
    let x = &layers.input();
    match case.name.as_str() {
        "maxpool 3x3 stride 2 pad 0 ceil_mode" => layers.max_pool("y", x),
        "groupnorm 32 groups eps 1e-5" => layers.group_norm("y", x, 32, &case.values("weight"), &case.values("bias")),
        "bilinear x2 align_corners" => layers.enlarge("y", x, Enlarge::Bilinear(2)).unwrap(),
        "bilinear x4 align_corners" => layers.enlarge("y", x, Enlarge::Bilinear(4)).unwrap(),
        "nearest x2" => layers.enlarge("y", x, Enlarge::NearestTwice).unwrap(),
        "conv 3x3 pad 1 groups 4 stride 1" => layers.conv("y", x, &case.kernel("weight", 8, 3, 1, 4)).unwrap(),
        "conv 3x3 pad 1 groups 4 stride 2" => layers.conv("y", x, &case.kernel("weight", 8, 3, 2, 4)).unwrap(),
        "conv 7x7 pad 3 stride 2" => layers.conv("y", x, &case.kernel("weight", 4, 7, 2, 1)).unwrap(),
        "squeeze and excite 16 -> 2 -> 16" => {
            let means = layers.global_average("means", x);
            let with_bias = |weight, bias, output| Kernel {
                bias: Some(case.values(bias)),
                ..case.kernel(weight, output, 1, 1, 1)
            };
            let hidden = layers
                .conv("fc1", &means, &with_bias("fc1_weight", "fc1_bias", 2))
                .unwrap();
            let hidden = layers.relu("relu", &hidden);
            let factors = layers
                .conv("fc2", &hidden, &with_bias("fc2_weight", "fc2_bias", 16))
                .unwrap();
            let factors = layers.sigmoid("sigmoid", &factors);
            layers.scale("y", x, &factors)
        }
        "sigmoid, and above one half" => layers.sigmoid("y", x),
        "batchnorm eval eps 1e-5" => {
            // Folded into a convolution that changes nothing.
            let weights = super::super::batch_norm::tests::IdentityThenNorm::new(
                case.input.channels,
                ["weight", "bias", "mean", "variance"].map(|key| case.values(key)),
            );
            let (weight, bias) = weights.folded();
            let kernel = Kernel {
                output: case.input.channels,
                side: 1,
                stride: 1,
                groups: 1,
                weight,
                bias: Some(bias),
            };
            layers.conv("y", x, &kernel).unwrap()
        }
        other => panic!("no test for the operator {other:?}"),
    }
}

fn run(model: &ModelProto, input: &Map, output: &Map, values: &[f32]) -> Vec<f32> {
    let plan = tract_onnx::onnx().model_for_proto_model(model).unwrap();
    let plan = plan.into_optimized().unwrap().into_runnable().unwrap();
    let shape = [1, input.channels, input.height, input.width];
    let input = Tensor::from_shape(&shape, values).unwrap();
    let result = plan.run(tvec!(input.into())).unwrap();
    assert_eq!(result[0].shape(), [1, output.channels, output.height, output.width]);
    result[0]
        .to_plain_array_view::<f32>()
        .unwrap()
        .iter()
        .copied()
        .collect()
}

fn difference(ours: &[f32], theirs: &[f32]) -> f32 {
    assert_eq!(ours.len(), theirs.len());
    ours.iter().zip(theirs).map(|(a, b)| (a - b).abs()).fold(0f32, f32::max)
}

/// Numbers that look drawn, around 0.
fn drawn(count: usize, seed: usize) -> Vec<f32> {
    let mixed = |at: usize| ((at + 1000 * seed).wrapping_mul(2_654_435_761) >> 7) % 2001;
    (0..count).map(|at| mixed(at) as f32 / 1000.0 - 1.0).collect()
}

/// Groups of two channels are left to tract, and a way leads around them: two islands, the second of which reads from the first and from tract.
#[test]
fn what_is_not_fused_stands_between_islands() {
    let map = |channels| Map {
        name: "x".to_owned(),
        channels,
        height: 12,
        width: 18,
    };
    let kernel = |output: usize, incoming: usize, side: usize, groups: usize, seed| Kernel {
        output,
        side,
        stride: 1,
        groups,
        weight: drawn(output * incoming / groups * side * side, seed),
        bias: Some(drawn(output, seed + 1)),
    };
    let mut layers = Layers::with_input(map(3)).unwrap();
    let x = layers.input();
    let first = layers.conv("first", &x, &kernel(16, 3, 3, 1, 1)).unwrap();
    let first = layers.relu("relu", &first);
    let between = layers.conv("between", &first, &kernel(16, 16, 3, 8, 3)).unwrap();
    let sum = layers.add("sum", &first, &between);
    let last = layers.conv("last", &sum, &kernel(5, 16, 1, 1, 5)).unwrap();
    let probabilities = layers.probabilities(&last);
    let model = layers.finish(&probabilities);
    let input = drawn(3 * 12 * 18, 9);
    let (fusion, fused) = crate::network::int8::run_in_tract(&model, &input, true);
    let (_, plain) = crate::network::int8::run_in_tract(&model, &input, false);
    assert_eq!(fusion.islands.len(), 2, "{fusion:?}");
    assert_eq!(fusion.left.len(), 1, "{fusion:?}");
    assert!(fusion.left[0].reason.contains("groups of 2"), "{fusion:?}");
    let furthest = difference(&fused, &plain);
    assert!(furthest < 1e-5, "{furthest}");
    assert!(plain.iter().any(|p| *p > 0.6) && plain.iter().any(|p| *p < 0.4));
}

#[test]
fn every_operator_gives_torch_s_values_in_tract_and_fused() {
    // Groups of one or two channels are left to tract.
    let mut left = Vec::new();
    for case in cases() {
        let mut layers = Layers::with_input(case.input.clone()).unwrap();
        let output = built(&case, &mut layers);
        let (input, model, values) = (layers.input(), layers.finish(&output), case.values("input"));
        let theirs = case.values("output");
        let size = (case.input.height, case.input.width);
        // Both subtract mean/σ, not the mean: where all values are the same, σ is √ε, and float32 leaves 3e-7 / √ε of the difference.
        let limit = if case.fields["note"].is_null() { 1e-5 } else { 2e-4 };
        let check = |who: &str, ours: &[f32]| {
            let difference = difference(ours, &theirs);
            eprintln!("{:40} {size:?}: {who} {difference:.1e}", case.name);
            assert!(difference < limit, "{} {who}: {difference}", case.name);
        };
        check("tract", &run(&model, &input, &output, &values));
        match crate::network::int8::run_alone(&model, &values) {
            Ok(results) => {
                for (who, ours) in &results {
                    check(who, ours);
                    assert!(
                        difference(ours, &results[0].1) == 0.0,
                        "{} {who}: not the bits of {}",
                        case.name,
                        results[0].0
                    );
                }
            }
            Err(reason) => left.push(format!("{}: {reason}", case.name)),
        }
    }
    left.dedup();
    eprintln!("left to tract: {left:#?}");
    assert!(
        left.iter().all(|left| left.contains("groups of 2 and 2 channels")),
        "{left:#?}"
    );
}

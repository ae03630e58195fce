//! The engine against tract, finite differences, the reference's loss, and Adam written out: on every device that this build and machine have.

use image::RgbImage;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::*;
use crate::convert::onnx::{GraphBuilder, ModelProto, attribute, f32_tensor, i64_tensor};
use crate::frame::Size;
use crate::network::{Bundle, Engine as RunBy, FeatureNetwork, Manifest, NetworkSettings, TraitNetwork, read_message};
use crate::train::processor::Processor;
use crate::train::settings::Freeze;

const SIDE: usize = 32;

fn one_thread() -> NetworkSettings {
    NetworkSettings {
        threads: 1,
        engine: RunBy::Plain,
    }
}

/// flex; with the feature `torch` libtorch on the processor too, and on a CUDA device where there is one.
fn devices() -> Vec<Device> {
    [Processor::Cpu, Processor::TorchCpu, Processor::Cuda]
        .into_iter()
        .filter_map(|processor| processor.device(1).ok())
        .collect()
}

/// A network with every operator that is trained, of two classes and 32×32 pixels; its weights are drawn.
fn every_operator() -> (ModelProto, Manifest) {
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let mut graph = GraphBuilder::new();
    let mut weights = |graph: &mut GraphBuilder, name: &str, shape: &[usize], spread: f32| {
        let values: Vec<f32> = (0..shape.iter().product())
            .map(|_| rng.random_range(-spread..spread))
            .collect();
        graph.initializer(f32_tensor(name, shape, &values))
    };
    let conv_of = |side: i64, stride: i64, pad: i64, groups: i64| {
        vec![
            attribute::ints("dilations", &[1, 1]),
            attribute::int("group", groups),
            attribute::ints("kernel_shape", &[side, side]),
            attribute::ints("pads", &[pad; 4]),
            attribute::ints("strides", &[stride, stride]),
        ]
    };
    let resize = |mode: &str, place: &str| {
        let mut attributes = vec![
            attribute::string("mode", mode),
            attribute::string("coordinate_transformation_mode", place),
        ];
        if mode == "nearest" {
            attributes.push(attribute::string("nearest_mode", "floor"));
        }
        attributes
    };
    for (name, factor) in [("twice", 2.0), ("fourfold", 4.0)] {
        graph.initializer(f32_tensor(name, &[4], &[1.0, 1.0, factor, factor]));
    }
    for (name, value) in [("zero", 0.0), ("six", 6.0)] {
        graph.initializer(f32_tensor(name, &[], &[value]));
    }

    weights(&mut graph, "encoder.stem.weight", &[8, 3, 3, 3], 0.5);
    weights(&mut graph, "encoder.stem.bias", &[8], 0.2);
    graph.node(
        "Conv",
        "stem",
        &["image", "encoder.stem.weight", "encoder.stem.bias"],
        conv_of(3, 2, 1, 1),
    );
    graph.node("Clip", "stem.clip", &["stem", "zero", "six"], vec![]);
    let pool = vec![
        attribute::int("ceil_mode", 1),
        attribute::ints("kernel_shape", &[3, 3]),
        attribute::ints("strides", &[2, 2]),
        attribute::ints("pads", &[0; 4]),
    ];
    graph.node("MaxPool", "pool", &["stem.clip"], pool);
    weights(&mut graph, "grouped.weight", &[8, 2, 3, 3], 0.5);
    graph.node("Conv", "grouped", &["pool", "grouped.weight"], conv_of(3, 1, 1, 4));
    graph.initializer(i64_tensor("to_groups", &[3], &[1, 2, 256]));
    graph.initializer(i64_tensor("to_map", &[4], &[1, 8, 8, 8]));
    graph.initializer(f32_tensor("ones", &[2], &[1.0; 2]));
    graph.initializer(f32_tensor("zeros", &[2], &[0.0; 2]));
    graph.node("Reshape", "norm.grouped", &["grouped", "to_groups"], vec![]);
    graph.node(
        "InstanceNormalization",
        "norm.done",
        &["norm.grouped", "ones", "zeros"],
        vec![attribute::float("epsilon", 1e-5)],
    );
    graph.node("Reshape", "norm.map", &["norm.done", "to_map"], vec![]);
    weights(&mut graph, "norm.weight", &[8, 1, 1], 1.0);
    weights(&mut graph, "norm.bias", &[8, 1, 1], 0.5);
    graph.node("Mul", "norm.scaled", &["norm.map", "norm.weight"], vec![]);
    graph.node("Add", "norm", &["norm.scaled", "norm.bias"], vec![]);
    graph.node("Relu", "relu", &["norm"], vec![]);
    graph.node("GlobalAveragePool", "mean", &["relu"], vec![]);
    weights(&mut graph, "squeeze.weight", &[8, 8, 1, 1], 0.5);
    weights(&mut graph, "squeeze.bias", &[8], 0.5);
    graph.node(
        "Conv",
        "squeeze",
        &["mean", "squeeze.weight", "squeeze.bias"],
        conv_of(1, 1, 0, 1),
    );
    graph.node("Sigmoid", "share", &["squeeze"], vec![]);
    graph.node("Mul", "excited", &["relu", "share"], vec![]);
    graph.node(
        "Resize",
        "up",
        &["excited", "", "twice"],
        resize("nearest", "asymmetric"),
    );
    weights(&mut graph, "lateral.weight", &[8, 8, 1, 1], 0.5);
    graph.node("Conv", "lateral", &["stem.clip", "lateral.weight"], conv_of(1, 1, 0, 1));
    graph.node("Add", "merged", &["up", "lateral"], vec![]);
    graph.node(
        "Resize",
        "kept_corners",
        &["merged", "", "twice"],
        resize("linear", "align_corners"),
    );
    weights(&mut graph, "down.weight", &[8, 1, 3, 3], 0.5);
    graph.node("Conv", "down", &["kept_corners", "down.weight"], conv_of(3, 4, 1, 8));
    weights(&mut graph, "head.weight", &[2, 8, 1, 1], 0.5);
    weights(&mut graph, "head.bias", &[2], 0.2);
    graph.node(
        "Conv",
        "head",
        &["down", "head.weight", "head.bias"],
        conv_of(1, 1, 0, 1),
    );
    graph.node(
        "Resize",
        "large",
        &["head", "", "fourfold"],
        resize("linear", "half_pixel"),
    );
    graph.node("Sigmoid", "probabilities", &["large"], vec![]);
    let model = graph.finish(("image", &[1, 3, SIDE, SIDE]), ("probabilities", &[1, 2, SIDE, SIDE]));

    let mut manifest = Bundle::builtin().manifest().clone();
    (manifest.input.width, manifest.input.height) = (SIDE as u32, SIDE as u32);
    manifest.output.classes = vec!["head".to_owned(), "trunk".to_owned()];
    manifest.output.untrained = vec![];
    (model, manifest)
}

fn picture(seed: u64, size: Size) -> RgbImage {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    RgbImage::from_fn(size.width, size.height, |x, y| {
        let smooth = ((x / 5 + y / 3) * 23 % 200) as u8;
        image::Rgb([smooth, rng.random_range(0..255), 255 - smooth])
    })
}

/// Pictures with random labels.
fn batch(layers: &Layers, model: &ModelProto, manifest: &Manifest, count: usize) -> Batch {
    let names: Vec<String> = layers.features.iter().map(|(name, _)| name.clone()).collect();
    let frozen = FeatureNetwork::load(model, manifest, "test", &one_thread(), &names).unwrap();
    let size = manifest.input.size();
    let classes = manifest.output.classes.len();
    let mut rng = ChaCha8Rng::seed_from_u64(11);
    let mut batch = Batch {
        count,
        features: vec![Vec::new(); names.len()],
        truth: (0..count * classes * size.pixels() as usize)
            .map(|_| f32::from(rng.random_bool(0.3)))
            .collect(),
        scored: vec![1.0; count * classes],
    };
    for seed in 0..count as u64 {
        let features = frozen.features(&picture(seed, size)).unwrap();
        for (all, one) in batch.features.iter_mut().zip(features) {
            all.extend(one);
        }
    }
    batch
}

fn probabilities(engine: &Engine, batch: &Batch) -> Vec<f32> {
    let weights: Vec<Tensor<1>> = engine.weights.iter().map(|w| w.values.clone().inner()).collect();
    host(
        engine
            .probabilities(&weights, &mut batch.clone(), &[], &engine.device)
            .flatten(0, 3),
    )
}

fn gradients(engine: &Engine, batch: &Batch) -> Vec<Vec<f32>> {
    let mut gradients = engine.loss(batch.clone(), &[]).backward();
    engine
        .weights
        .iter()
        .map(|w| host(w.values.grad_remove(&mut gradients).unwrap()))
        .collect()
}

fn largest_difference(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

#[test]
fn probabilities_are_tract_s() {
    let (model, manifest) = every_operator();
    for freeze in [Freeze::Nothing, Freeze::Prefix("encoder.".to_owned())] {
        let layers = Layers::of(&model, &freeze).unwrap();
        let batch = batch(&layers, &model, &manifest, 2);
        let tract = TraitNetwork::from_message(model.clone(), &manifest, "test", &one_thread()).unwrap();
        let theirs: Vec<f32> = (0..2)
            .flat_map(|seed| tract.probabilities(&picture(seed, manifest.input.size())).unwrap())
            .collect();
        for device in devices() {
            let engine = Engine::new(layers.clone(), device.clone()).unwrap();
            let difference = largest_difference(&probabilities(&engine, &batch), &theirs);
            assert!(difference < 2e-5, "{device:?}, {freeze}: {difference}");
        }
    }
}

#[test]
fn the_shipped_network_is_the_same_in_training() {
    let folder = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/models/lite0-float"));
    let bundle = Bundle::open(folder).unwrap();
    let (model, manifest) = (read_message(&bundle).unwrap(), bundle.manifest());
    let layers = Layers::of(&model, &Freeze::Prefix("encoder.".to_owned())).unwrap();
    assert_eq!(layers.features.len(), 4, "strides 4, 8, 16 and 32");
    let batch = batch(&layers, &model, manifest, 1);
    let tract = TraitNetwork::load(&bundle, &one_thread()).unwrap();
    let theirs = tract.probabilities(&picture(0, manifest.input.size())).unwrap();
    for device in devices() {
        let engine = Engine::new(layers.clone(), device.clone()).unwrap();
        let difference = largest_difference(&probabilities(&engine, &batch), &theirs);
        assert!(difference < 1e-4, "{device:?}: {difference}");
    }
}

#[test]
fn gradients_are_those_of_finite_differences() {
    let (model, manifest) = every_operator();
    let layers = Layers::of(&model, &Freeze::Nothing).unwrap();
    let batch = batch(&layers, &model, &manifest, 2);
    for device in devices() {
        let engine = Engine::new(layers.clone(), device.clone()).unwrap();
        let gradients = gradients(&engine, &batch);
        let largest = gradients.iter().flatten().fold(0f32, |m, g| m.max(g.abs()));
        let mut checked = 0;
        for (index, parameter) in layers.parameters.iter().enumerate() {
            for at in [0, parameter.values.len() / 2, parameter.values.len() - 1] {
                let step = 4e-3;
                let loss = |by: f32| {
                    let mut moved = layers.clone();
                    moved.parameters[index].values[at] += by;
                    let engine = Engine::new(moved, device.clone()).unwrap();
                    f64::from(engine.loss(batch.clone(), &[]).into_scalar::<f32>())
                };
                let slope = ((loss(step) - loss(-step)) / (2.0 * f64::from(step))) as f32;
                let gradient = gradients[index][at];
                // Losses have seven digits, and a step may cross a corner of a ReLU for some pixels.
                let allowed = 0.03 * gradient.abs() + 0.004 * largest;
                assert!(
                    (slope - gradient).abs() < allowed,
                    "{device:?}, {}[{at}]: {gradient}, by differences {slope}",
                    parameter.name
                );
                checked += 1;
            }
        }
        assert!(checked >= 30, "{checked}");
    }
}

#[test]
fn the_loss_is_the_reference_s() {
    let path = std::path::Path::new(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../shared/reference/metric_cases.json"
    ));
    let Ok(text) = std::fs::read_to_string(path) else {
        eprintln!(
            "SKIPPED: no ../shared/reference beside the checkout; this test compares with the reference's loss there"
        );
        return;
    };
    let cases: serde_json::Value = serde_json::from_str(&text).unwrap();
    let cases = cases["cases"].as_array().unwrap();
    let values = |case: &serde_json::Value, key: &str| -> Vec<f32> {
        fn numbers(value: &serde_json::Value, into: &mut Vec<f32>) {
            match value {
                serde_json::Value::Array(inner) => inner.iter().for_each(|v| numbers(v, into)),
                number => into.push(number.as_f64().unwrap() as f32),
            }
        }
        let mut all = Vec::new();
        numbers(&case[key], &mut all);
        all
    };
    for case in cases {
        let (prediction, truth) = (values(case, "prediction"), values(case, "truth"));
        let shape = [1, 1, 1, prediction.len()];
        let theirs = case["dice_loss"].as_f64().unwrap();
        for device in devices() {
            let overlap = Overlap::of(&map(&prediction, shape, &device), &map(&truth, shape, &device));
            let ours = f64::from(overlap.dice_loss().into_scalar::<f32>());
            assert!(
                (ours - theirs).abs() < 1e-6,
                "{device:?}, {}: {ours} {theirs}",
                case["name"]
            );
        }
    }
    assert!(cases.len() >= 10);
}

#[test]
fn a_step_is_adam_s() {
    let (model, manifest) = every_operator();
    let layers = Layers::of(&model, &Freeze::Nothing).unwrap();
    let batch = batch(&layers, &model, &manifest, 1);
    for device in devices() {
        let mut engine = Engine::new(layers.clone(), device.clone()).unwrap();
        // Kingma and Ba 2015, algorithm 1, in float64.
        let mut expected: Vec<Vec<f64>> = engine
            .values()
            .iter()
            .map(|v| v.iter().map(|x| f64::from(*x)).collect())
            .collect();
        let mut moments: Vec<Vec<(f64, f64)>> = expected.iter().map(|v| vec![(0.0, 0.0); v.len()]).collect();
        for step in 1..=4 {
            let gradients = gradients(&engine, &batch);
            engine.step(batch.clone(), 1e-3, &[]).unwrap();
            for (k, gradient) in gradients.iter().enumerate() {
                for (i, g) in gradient.iter().map(|g| f64::from(*g)).enumerate() {
                    let (m, v) = &mut moments[k][i];
                    *m = 0.9 * *m + 0.1 * g;
                    *v = 0.999 * *v + 0.001 * g * g;
                    let (m, v) = (*m / (1.0 - 0.9f64.powi(step)), *v / (1.0 - 0.999f64.powi(step)));
                    expected[k][i] -= 1e-3 * m / (v.sqrt() + 1e-8);
                }
            }
        }
        for (ours, expected) in engine.values().iter().flatten().zip(expected.iter().flatten()) {
            assert!(
                (f64::from(*ours) - expected).abs() < 2e-5,
                "{device:?}: {ours} {expected}"
            );
        }
        assert_eq!(engine.steps(), 4);
    }
}

#[test]
fn going_on_from_a_kept_state_changes_no_bit() {
    let (model, manifest) = every_operator();
    let layers = Layers::of(&model, &Freeze::Nothing).unwrap();
    let batch = batch(&layers, &model, &manifest, 2);
    let dropped: Vec<f32> = (0..16).map(|k| if k % 5 == 0 { 0.0 } else { 1.25 }).collect();
    for device in devices() {
        let mut whole = Engine::new(layers.clone(), device.clone()).unwrap();
        for _ in 0..3 {
            whole.step(batch.clone(), 1e-3, &dropped).unwrap();
        }
        let mut later = Engine::new(layers.clone(), device.clone()).unwrap();
        later.restore(&whole.kept(), whole.steps()).unwrap();
        for engine in [&mut whole, &mut later] {
            engine.step(batch.clone(), 1e-3, &dropped).unwrap();
        }
        assert_eq!(whole.kept(), later.kept(), "{device:?}");
        assert!(later.restore(&[], 0).is_err());
    }
}

#[test]
fn a_class_that_a_label_is_silent_about_teaches_nothing() {
    let (model, manifest) = every_operator();
    let layers = Layers::of(&model, &Freeze::Nothing).unwrap();
    let all = batch(&layers, &model, &manifest, 1);
    let half = Batch {
        scored: vec![1.0, 0.0],
        ..all.clone()
    };
    let head = layers.parameters.iter().position(|p| p.name == "head.bias").unwrap();
    for device in devices() {
        let engine = Engine::new(layers.clone(), device.clone()).unwrap();
        assert!(gradients(&engine, &all)[head].iter().all(|g| *g != 0.0), "{device:?}");
        let silent = gradients(&engine, &half);
        assert!(
            silent[head][0] != 0.0 && silent[head][1] == 0.0,
            "{device:?}: {:?}",
            silent[head]
        );
    }
}

#[test]
fn what_is_frozen_behind_learning_layers_stays() {
    let (model, manifest) = every_operator();
    let layers = Layers::of(&model, &Freeze::Prefix("head.".to_owned())).unwrap();
    assert_eq!(layers.features.len(), 1, "the picture: all before the head learns");
    let batch = batch(&layers, &model, &manifest, 1);
    for device in devices() {
        let mut engine = Engine::new(layers.clone(), device.clone()).unwrap();
        engine.step(batch.clone(), 1e-2, &[]).unwrap();
        for (parameter, values) in layers.parameters.iter().zip(engine.values()) {
            assert_eq!(
                parameter.values == values,
                parameter.name.starts_with("head."),
                "{device:?}, {}",
                parameter.name
            );
        }
    }
}

#[cfg(feature = "torch")]
#[test]
fn an_exception_of_libtorch_is_an_error() {
    let device = Processor::TorchCpu.device(1).unwrap();
    // 256 TiB: no machine has so much memory.
    let error = contained(|| host(Tensor::<1>::zeros([1usize << 46], &device))).unwrap_err();
    let TrainError::Engine(words) = &error else {
        panic!("{error}")
    };
    assert!(words.contains("allocate") && !words.contains("\\n"), "{words}");
}

//! Quantizing: what the int8 graph is made of, how its masks compare, what is refused.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use fishrig::convert::onnx::{self, DataType, GraphBuilder, ModelProto, NodeProto, attribute, f32_tensor};
use fishrig::convert::quantize::{Picture, QuantizeSettings, Quantized, RangeMethod, Step, quantize};
use fishrig::convert::{ConvertError, write_bundle};
use fishrig::network::{Bundle, Manifest, NetworkSettings, Quantization, TraitNetwork, read_message};
use image::RgbImage;

mod common;

fn settings() -> QuantizeSettings {
    QuantizeSettings {
        sensitivity: false,
        network: NetworkSettings::on_threads(1),
        ..QuantizeSettings::default()
    }
}

fn float_manifest() -> Manifest {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("models/starter-float");
    Bundle::open(&folder).unwrap().manifest().clone()
}

/// The tiny reference network (torch's own export), and crops that it can be calibrated with.
fn tiny(shared: &Path) -> (ModelProto, Manifest, Vec<Picture>) {
    let model = onnx::read(&shared.join("reference/tiny/torch_export.onnx")).unwrap();
    let mut manifest = float_manifest();
    manifest.name = "tiny".to_owned();
    (manifest.input.width, manifest.input.height) = (160, 64);
    manifest.input.mean = [0.485, 0.456, 0.406];
    manifest.input.std = [0.229, 0.224, 0.225];
    manifest.output.untrained.clear();
    let crop = |name: &str| image::open(shared.join("reference").join(name)).unwrap().into_rgb8();
    let pictures = ["crop_800x320.png", "crop2_800x320.png"];
    let pictures = pictures.map(|name| Picture::new(name, &crop(name), &manifest)).to_vec();
    (model, manifest, pictures)
}

fn quietly(
    model: ModelProto,
    manifest: &Manifest,
    pictures: &[Picture],
    settings: &QuantizeSettings,
) -> Result<Quantized, ConvertError> {
    quantize(model, manifest, pictures, settings, &mut |_| {})
}

#[test]
fn the_starter_s_int8_masks_are_its_float_masks_on_pictures_held_out() {
    let Some(shared) = common::shared(".") else { return };
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("models/starter-float");
    let bundle = Bundle::open(&folder).unwrap();
    let mut crops: Vec<PathBuf> = std::fs::read_dir(shared.join("data/crops"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    crops.sort();
    let pictures: Vec<Picture> = crops
        .iter()
        .step_by(2)
        .take(8)
        .map(|path| {
            let crop = image::open(path).unwrap().into_rgb8();
            Picture::new(path.file_name().unwrap().to_str().unwrap(), &crop, bundle.manifest())
        })
        .collect();
    let model = read_message(&bundle).unwrap();
    // What the sensitivity pass keeps in float on this network; measuring it here would take most of a minute.
    let kept = ["encoder._conv_stem.Conv", "encoder._blocks.0._depthwise_conv.Conv"].map(str::to_owned);
    let settings = QuantizeSettings {
        keep_float: kept.into(),
        ..settings()
    };
    let report = quietly(model, bundle.manifest(), &pictures, &settings).unwrap().report;
    eprintln!("IoU {:.4} on {:?}; {:?}", report.iou, report.pictures, report.traits);
    assert!(report.held_out && report.pictures.len() == 2);
    assert!(report.iou >= 0.985, "{}", report.iou);
    for score in report.traits.iter().filter(|t| t.float_pixels > 200) {
        assert!(score.iou >= 0.95, "{score:?}");
    }
    assert!(report.int8_bytes * 3 < report.float_bytes);
}

/// The node that makes a tensor.
fn maker<'a>(nodes: &'a [NodeProto], tensor: &str) -> &'a NodeProto {
    nodes
        .iter()
        .find(|n| n.output[0] == tensor)
        .unwrap_or_else(|| panic!("nobody makes {tensor}"))
}

#[test]
fn every_convolution_reads_int8_weights_a_channel_and_uint8_activations() {
    let Some(shared) = common::shared(".") else { return };
    let (model, manifest, pictures) = tiny(&shared);
    let float_convolutions = convolutions(&model);
    let int8 = quietly(model, &manifest, &pictures, &settings()).unwrap().model;
    assert_eq!(convolutions(&int8), float_convolutions);
    let graph = int8.graph.unwrap();
    let constants: HashMap<_, _> = graph.initializer.iter().map(|t| (t.name.as_str(), t)).collect();
    let mut single_positions = 0;
    for conv in graph.node.iter().filter(|n| n.op_type == "Conv") {
        let weights = maker(&graph.node, &conv.input[1]);
        assert_eq!(weights.op_type, "DequantizeLinear");
        assert_eq!(weights.attribute, [attribute::int("axis", 0)]);
        let [codes, scales, zero_points] = [0, 1, 2].map(|i| constants[weights.input[i].as_str()]);
        assert_eq!(codes.data_type, DataType::Int8 as i32);
        assert_eq!(scales.dims, codes.dims[..1]);
        assert!(zero_points.raw_data.iter().all(|z| *z == 0), "weights are symmetric");
        assert!(!codes.raw_data.contains(&(-128i8).cast_unsigned()));
        let Some(activation) = graph.node.iter().find(|n| n.output[0] == conv.input[0]) else {
            panic!("{} reads {} itself", conv.name, conv.input[0]);
        };
        // Squeeze-and-excite works on one position a channel and stays in float.
        if conv.name.contains("se_module") {
            single_positions += 1;
            assert_ne!(activation.op_type, "DequantizeLinear", "{}", conv.name);
            continue;
        }
        assert_eq!(activation.op_type, "DequantizeLinear", "{}", conv.name);
        assert_eq!(maker(&graph.node, &activation.input[0]).op_type, "QuantizeLinear");
        assert_eq!(
            constants[activation.input[2].as_str()].data_type,
            DataType::Uint8 as i32
        );
    }
    assert_eq!(single_positions, 10, "five blocks with two convolutions each");
    let read: BTreeSet<_> = graph.node.iter().flat_map(|n| &n.input).collect();
    assert!(
        graph.initializer.iter().all(|t| read.contains(&t.name)),
        "no constant is left over"
    );
}

fn convolutions(model: &ModelProto) -> Vec<String> {
    let nodes = model.graph.iter().flat_map(|g| &g.node);
    nodes.filter(|n| n.op_type == "Conv").map(|n| n.name.clone()).collect()
}

#[test]
fn sensitive_layers_stay_in_float_within_the_size_and_that_helps() {
    let Some(shared) = common::shared(".") else { return };
    let (model, manifest, pictures) = tiny(&shared);
    let all_int8 = quietly(model.clone(), &manifest, &pictures, &settings())
        .unwrap()
        .report;
    let limit = all_int8.int8_bytes + 40_000;
    let mut steps = Vec::new();
    let measured = QuantizeSettings {
        sensitivity: true,
        size_limit: Some(limit),
        ..settings()
    };
    let quantized = quantize(model, &manifest, &pictures, &measured, &mut |step| {
        if let Step::Begin(what, count) = step {
            steps.push((what, count));
        }
    })
    .unwrap();
    let report = quantized.report;
    eprintln!(
        "all int8 {:.4}, with {:?} in float {:.4}",
        all_int8.iou, report.float_layers, report.iou
    );
    assert!(!report.float_layers.is_empty());
    assert!(report.iou > all_int8.iou);
    assert!(report.int8_bytes <= limit && report.int8_bytes > all_int8.int8_bytes);
    assert_eq!(
        report.sensitivity.iter().filter(|l| l.kept_in_float).count(),
        report.float_layers.len()
    );
    assert_eq!(
        steps.iter().map(|s| s.0).collect::<Vec<_>>(),
        ["calibrating", "measuring layers", "comparing"]
    );
}

#[test]
fn a_block_or_a_layer_that_one_asks_for_stays_in_float() {
    let Some(shared) = common::shared(".") else { return };
    let (model, manifest, pictures) = tiny(&shared);
    let keep = |block: &str| QuantizeSettings {
        keep_float: BTreeSet::from([block.to_owned()]),
        ..settings()
    };
    let error = quietly(model.clone(), &manifest, &pictures, &keep("encoder.layer9")).unwrap_err();
    assert!(error.to_string().contains("encoder.layer4.layer4.0"), "{error}");
    let block = "encoder.layer4.layer4.0";
    let quantized = quietly(model.clone(), &manifest, &pictures, &keep(block)).unwrap();
    let in_float = quantized.report.float_layers;
    assert!(
        in_float.len() > 3
            && in_float
                .iter()
                .all(|name| name.starts_with("/encoder/layer4/layer4.0/"))
    );
    let layer = "/encoder/layer4/layer4.0/conv1/Conv";
    let single = quietly(model.clone(), &manifest, &pictures, &keep(layer)).unwrap();
    assert_eq!(single.report.float_layers, [layer]);
    let float = model.graph.unwrap();
    let conv = |graph: &onnx::GraphProto, name: &str| graph.node.iter().find(|n| n.name == name).unwrap().clone();
    for graph in [quantized.model.graph.unwrap(), single.model.graph.unwrap()] {
        assert_eq!(conv(&graph, layer), conv(&float, layer));
    }
}

#[test]
fn both_ways_to_choose_ranges_and_any_number_of_threads_give_whole_masks() {
    let Some(shared) = common::shared(".") else { return };
    let (model, manifest, pictures) = tiny(&shared);
    let with = |range, threads| {
        let network = NetworkSettings::on_threads(threads);
        let settings = QuantizeSettings {
            range,
            network,
            ..settings()
        };
        quietly(model.clone(), &manifest, &pictures, &settings).unwrap()
    };
    for range in [
        RangeMethod::Percentile(99.999),
        RangeMethod::Percentile(100.0),
        RangeMethod::MeanSquaredError,
    ] {
        let one = with(range, 1);
        eprintln!("{range}: {:.4}", one.report.iou);
        assert!(one.report.iou > 0.8, "{range}: {}", one.report.iou);
        assert!(with(range, 2).model == one.model, "{range}: threads change nothing");
    }
}

#[test]
fn too_little_and_too_large_are_refused() {
    let Some(shared) = common::shared(".") else { return };
    let (model, manifest, pictures) = tiny(&shared);
    let refused = |model: &ModelProto, pictures: &[Picture], settings: &QuantizeSettings| {
        quietly(model.clone(), &manifest, pictures, settings)
            .unwrap_err()
            .to_string()
    };
    assert!(refused(&model, &pictures[..1], &settings()).contains("1 picture(s)"));
    let small = QuantizeSettings {
        size_limit: Some(1000),
        ..settings()
    };
    assert!(refused(&model, &pictures, &small).contains("the limit is 1000"));
    let mut old = model.clone();
    old.opset_import[0].version = 11;
    assert!(refused(&old, &pictures, &settings()).contains("opset_version=17"));
    let int8 = quietly(model.clone(), &manifest, &pictures, &settings()).unwrap().model;
    assert!(refused(&int8, &pictures, &settings()).contains("quantized already"));
    let mut damaged = model;
    let weights = damaged.graph.as_mut().unwrap().initializer.iter_mut();
    let weights = weights.filter(|t| t.dims.len() == 4 && t.dims[1] > 3).last().unwrap();
    weights.raw_data.fill(0x7f);
    assert!(refused(&damaged, &pictures, &settings()).contains("not finite"));
    assert!(refused(&ModelProto::default(), &pictures, &settings()).contains("operator set 0"));
}

/// 1x3x32x32 → 3x3 convolution → batch norm → 1x1 convolution with a trait a channel → sigmoid.
fn network_with_a_batch_norm() -> ModelProto {
    let noise = |seed: u32, count: usize, scale: f32| -> Vec<f32> {
        let value = |i: usize| (i as u32 + 1).wrapping_mul(2_654_435_761).wrapping_add(seed * 97) >> 8;
        (0..count)
            .map(|i| (value(i) as f32 / (1u32 << 24) as f32 - 0.5) * scale)
            .collect()
    };
    let mut graph = GraphBuilder::new();
    for (name, shape, values) in [
        ("w1", vec![8, 3, 3, 3], noise(1, 216, 1.0)),
        ("gamma", vec![8], noise(2, 8, 2.0)),
        ("beta", vec![8], noise(3, 8, 1.0)),
        ("mean", vec![8], noise(4, 8, 1.0)),
        (
            "variance",
            vec![8],
            noise(5, 8, 0.8).iter().map(|v| v.abs() + 0.1).collect(),
        ),
        ("w2", vec![12, 8, 1, 1], noise(6, 96, 4.0)),
    ] {
        graph.initializer(f32_tensor(name, &shape, &values));
    }
    graph.node(
        "Conv",
        "conv",
        &["image", "w1"],
        vec![attribute::ints("pads", &[1, 1, 1, 1])],
    );
    let epsilon = vec![attribute::float("epsilon", 1e-3)];
    graph.node(
        "BatchNormalization",
        "norm",
        &["conv", "gamma", "beta", "mean", "variance"],
        epsilon,
    );
    graph.node("Conv", "head", &["norm", "w2"], vec![]);
    graph.node("Sigmoid", "probabilities", &["head"], vec![]);
    graph.finish(("image", &[1, 3, 32, 32]), ("probabilities", &[1, 12, 32, 32]))
}

#[test]
fn batch_norms_go_into_their_convolutions() {
    let mut manifest = float_manifest();
    (manifest.input.width, manifest.input.height) = (32, 32);
    let picture = RgbImage::from_fn(32, 32, |x, y| {
        image::Rgb([(x * 8) as u8, (y * 8) as u8, ((x ^ y) * 8) as u8])
    });
    let pictures: Vec<_> = ["a", "b"].map(|name| Picture::new(name, &picture, &manifest)).to_vec();
    let float = network_with_a_batch_norm();
    // Nothing in int8: what is left is the folding alone.
    let kept = QuantizeSettings {
        keep_float: BTreeSet::from(["conv".to_owned(), "head".to_owned()]),
        ..settings()
    };
    let folded = quietly(float.clone(), &manifest, &pictures, &kept).unwrap().model;
    let operators: Vec<_> = folded
        .graph
        .iter()
        .flat_map(|g| &g.node)
        .map(|n| n.op_type.as_str())
        .collect();
    assert_eq!(operators, ["Conv", "Conv", "Sigmoid"]);
    let probabilities = |model: &ModelProto| {
        let network =
            TraitNetwork::from_message(model.clone(), &manifest, "test", &NetworkSettings::on_threads(1)).unwrap();
        network.probabilities(&picture).unwrap()
    };
    let (before, after) = (probabilities(&float), probabilities(&folded));
    let furthest = before
        .iter()
        .zip(&after)
        .map(|(a, b)| (a - b).abs())
        .fold(0f32, f32::max);
    assert!(furthest < 1e-5, "{furthest}");
    assert!(
        before.iter().any(|p| *p > 0.7) && before.iter().any(|p| *p < 0.3),
        "the test's network says something"
    );
}

#[test]
fn the_command_writes_a_bundle_and_a_report() {
    let Some(shared) = common::shared(".") else { return };
    let folder = tempfile::tempdir().unwrap();
    let (model, manifest, _) = tiny(&shared);
    let float = folder.path().join("tiny-float");
    write_bundle(&float, model, manifest, false).unwrap();
    let command = |more: &[&str]| {
        let mut command = Command::cargo_bin("fishrig").unwrap();
        command
            .current_dir(folder.path())
            .args(["model", "quantize", "tiny-float", "--cropped", "--calibrate"]);
        command
            .arg(shared.join("reference/crop.jpg"))
            .arg(shared.join("reference/crop2.jpg"));
        command.args(more).assert()
    };
    let first = command(&["--json"]).success();
    let report: serde_json::Value = serde_json::from_slice(&first.get_output().stdout).unwrap();
    assert_eq!(report["int8_name"], "tiny-int8");
    assert_eq!(report["held_out"], false);
    let stderr = String::from_utf8_lossy(&first.get_output().stderr).into_owned();
    assert!(stderr.contains("only 2 pictures"), "{stderr}");
    let int8 = folder.path().join("tiny-int8");
    // Layers that hardly matter are counted in words and listed in the JSON.
    let words = std::fs::read_to_string(int8.join("report.txt")).unwrap();
    let measured = report["sensitivity"].as_array().unwrap();
    let kept = measured.iter().filter(|layer| layer["kept_in_float"] == true);
    assert_eq!(words.matches("kept in float").count(), kept.count(), "{words}");
    let told = words.matches(" weights ").count();
    assert!(
        told < measured.len() && words.contains(&format!("{} others", measured.len() - told)),
        "{words}"
    );
    for file in ["report.txt", "report.json", "report.png"] {
        assert!(int8.join(file).is_file(), "{file}");
    }
    let bundle = Bundle::open(&int8).unwrap();
    assert_eq!(bundle.manifest().quantization, Quantization::Int8Qdq);
    assert_eq!(bundle.network_bytes(), report["int8_bytes"].as_u64().unwrap());
    let there = command(&[]).code(2);
    assert!(String::from_utf8_lossy(&there.get_output().stderr).contains("--replace"));
    let third = shared.join("reference/crop_800x320.png");
    let more = [
        "--replace",
        "--no-sensitivity",
        "--range",
        "mse",
        "--pictures",
        "2",
        "--calibrate",
    ];
    let third = command(&[&more[..], &[third.to_str().unwrap()]].concat()).success();
    let stderr = String::from_utf8_lossy(&third.get_output().stderr).into_owned();
    assert!(stderr.contains("2 of the 3 pictures"), "{stderr}");
    let twice = Command::cargo_bin("fishrig")
        .unwrap()
        .current_dir(folder.path())
        .args([
            "model",
            "quantize",
            "tiny-int8",
            "-o",
            "again",
            "--calibrate",
            "tiny-int8",
        ])
        .assert()
        .code(2);
    let words = String::from_utf8_lossy(&twice.get_output().stderr).into_owned();
    assert!(
        words.contains("1 picture(s)") || words.contains("quantized already"),
        "{words}"
    );
}

//! ONNX networks of a person's own: exports with open sizes, and files that are damaged or meant to harm.

mod common;
#[path = "common/import.rs"]
mod support;

use std::path::{Path, PathBuf};

use common::npy_f16;
use fishrig::convert::import::{OutputKind, Statements};
use fishrig::convert::onnx::{
    AttributeProto, GraphBuilder, ModelProto, NodeProto, TensorProto, attribute, f32_tensor, i64_tensor, write,
};
use fishrig::convert::{ConvertError, ImportOptions, import, write_bundle};
use fishrig::network::graph::{self, GraphError};
use fishrig::network::{Bundle, NetworkSettings, TraitNetwork};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use support::{command, compare, load, picture};
use tempfile::TempDir;

fn exports() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/exports")
}

#[test]
fn exports_with_open_sizes_give_torch_s_probabilities() {
    let (shape, expected) = npy_f16(&exports().join("expected.npy"));
    assert_eq!(shape, [3, 32, 64]);
    let input = picture(&exports().join("noise_64x32.png"));
    let folder = tempfile::tempdir().unwrap();
    for opset in [11, 13, 17] {
        let file = exports().join(format!("open_{opset}.onnx"));
        let options = [
            "--classes",
            "head,eye,trunk",
            "--size",
            "64x32",
            "--output-kind",
            "logits",
        ];
        let bundle = support::import(&file, &folder.path().join(opset.to_string()), &options);
        let (difference, iou) = compare(&load(&bundle).probabilities(&input).unwrap(), &expected);
        eprintln!("operator set {opset}: within {difference:.2e}, IoU {iou:.5}");
        assert!(difference <= 1e-3 && iou >= 0.9999, "{opset}: {difference}, IoU {iou}");
    }
}

#[test]
fn what_an_open_export_leaves_open_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let file = exports().join("open_17.onnx");
    for (more, words) in [
        (
            &["--output-kind", "logits"][..],
            "height and width are open; add --size",
        ),
        (&["--size", "64x32"], "comes from Mul, and not from Sigmoid"),
        (
            &["--size", "64x32", "--output-kind", "logits"],
            "add --classes with 3 names",
        ),
        (
            &[
                "--size",
                "60x30",
                "--output-kind",
                "logits",
                "--classes",
                "head,eye,trunk",
            ],
            "60x30 is not a size from 32x32",
        ),
    ] {
        let run = command(&file, &folder.path().join("none"), more).assert().code(2);
        let error = String::from_utf8_lossy(&run.get_output().stderr).into_owned();
        assert!(error.contains(words), "{more:?}: {error}");
    }
}

/// A picture of 32×32, a convolution, a ReLU, a head, a Sigmoid.
fn small() -> GraphBuilder {
    let mut graph = GraphBuilder::new();
    let values: Vec<f32> = (0..108).map(|i| (i as f32 * 0.7).sin() * 0.3).collect();
    graph.initializer(f32_tensor("w", &[4, 3, 3, 3], &values));
    graph.initializer(f32_tensor("head_w", &[1, 4, 1, 1], &[0.5, -0.5, 0.25, 1.0]));
    graph.node("Conv", "conv", &["image", "w"], vec![attribute::ints("pads", &[1; 4])]);
    graph.node("Relu", "relu", &["conv"], vec![]);
    graph
}

fn finished(mut graph: GraphBuilder) -> ModelProto {
    graph.node("Conv", "head", &["relu", "head_w"], vec![]);
    graph.node("Sigmoid", "p", &["head"], vec![]);
    graph.finish(("image", &[1, 3, 32, 32]), ("p", &[1, 1, 32, 32]))
}

fn bytes(model: ModelProto) -> Vec<u8> {
    let mut bytes = Vec::new();
    write(model, &mut bytes).unwrap();
    bytes
}

fn options() -> ImportOptions {
    ImportOptions {
        statements: Statements {
            classes: Some(vec!["eye".to_owned()]),
            width: Some(32),
            height: Some(32),
            ..Statements::default()
        },
        ..ImportOptions::default()
    }
}

/// Imports `content`, and loads what comes of it.
fn imported(folder: &TempDir, content: &[u8]) -> Result<TraitNetwork, String> {
    let file = folder.path().join("net.onnx");
    std::fs::write(&file, content).unwrap();
    let target = folder.path().join("bundle");
    let options = ImportOptions {
        replace: true,
        ..options()
    };
    import(&file, &target, &options, &mut |_| {}).map_err(|e| e.to_string())?;
    let bundle = Bundle::open(&target).map_err(|e| e.to_string())?;
    TraitNetwork::load(&bundle, &NetworkSettings::on_threads(1)).map_err(|e| e.to_string())
}

/// Networks of 600 to 1,400 bytes with most kinds of operator, where the fuzzer begins too.
fn seeds() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds/onnx_import");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|f| f.unwrap().path()).collect();
    files.sort();
    files.into_iter().map(|f| std::fs::read(f).unwrap()).collect()
}

/// How many trials: 5,000, or as many as FISHRIG_TRIALS says.
fn trials() -> u64 {
    std::env::var("FISHRIG_TRIALS").map_or(5000, |n| n.parse().unwrap())
}

#[test]
fn every_kind_of_operator_is_imported_and_loads() {
    let folder = tempfile::tempdir().unwrap();
    let seeds = seeds();
    assert!(seeds.len() >= 8);
    for seed in seeds {
        if let Err(words) = imported(&folder, &seed) {
            panic!("{words}");
        }
    }
}

#[test]
fn five_thousand_damaged_files_are_refused_or_load() {
    let seeds = seeds();
    let folder = tempfile::tempdir().unwrap();
    let (mut loaded, mut refused, mut panics) = (0, 0, 0);
    for trial in 0..trials() {
        let mut random = ChaCha8Rng::seed_from_u64(trial);
        let mut content = seeds[trial as usize % seeds.len()].clone();
        if trial % 8 == 0 {
            content.truncate(random.random_range(0..content.len()));
        }
        for _ in 0..random.random_range(1..=3) {
            if !content.is_empty() {
                let place = random.random_range(0..content.len());
                content[place] ^= 1 << random.random_range(0..8);
            }
        }
        match imported(&folder, &content) {
            Ok(_) => loaded += 1,
            Err(words) => {
                assert!(!words.is_empty(), "trial {trial}");
                panics += u64::from(words.contains("stopped with a panic"));
                refused += 1;
            }
        }
    }
    eprintln!("{loaded} loaded, {refused} refused, {panics} of them by a panic of tract that was caught");
    // The checks before tract should leave it nothing to panic about; known is one kind in 20,000 trials, of huge weights that are quantized.
    assert!(panics <= trials() / 5000, "{panics} panics");
    // Both sides of the wall were met: a flipped weight is no damage that one could see.
    assert!(loaded > 300 && refused > 2000, "{loaded} loaded, {refused} refused");
}

type Change = fn(&mut ModelProto);

fn node(model: &mut ModelProto, index: usize) -> &mut NodeProto {
    &mut model.graph.as_mut().unwrap().node[index]
}

fn weight(model: &mut ModelProto, index: usize) -> &mut TensorProto {
    &mut model.graph.as_mut().unwrap().initializer[index]
}

fn set(node: &mut NodeProto, attribute: AttributeProto) {
    node.attribute.retain(|a| a.name != attribute.name);
    node.attribute.push(attribute);
}

/// A node before all others, whose result nobody uses.
fn insert(model: &mut ModelProto, operator: &str, inputs: &[&str], attributes: Vec<AttributeProto>) {
    let new = NodeProto {
        op_type: operator.to_owned(),
        name: "new".to_owned(),
        input: inputs.iter().map(|i| (*i).to_owned()).collect(),
        output: vec!["new".to_owned()],
        attribute: attributes,
        ..NodeProto::default()
    };
    model.graph.as_mut().unwrap().node.insert(0, new);
}

fn add_weight(model: &mut ModelProto, tensor: TensorProto) {
    model.graph.as_mut().unwrap().initializer.push(tensor);
}

const HOSTILE: &[(&str, Change)] = &[
    ("lie in another file", |m| {
        weight(m, 0).data_location = Some(1);
        weight(m, 0).raw_data.clear();
    }),
    ("lie in another file", |m| {
        weight(m, 0).external_data.push(Default::default())
    }),
    ("holds a graph", |m| {
        let mut nested = attribute::int("body", 1);
        nested.g = Some(Default::default());
        set(node(m, 1), nested);
    }),
    ("does not run this operator", |m| node(m, 1).op_type = "Loop".to_owned()),
    ("does not run this operator of evil", |m| {
        node(m, 1).domain = "evil".to_owned()
    }),
    ("nothing before it makes its input \"nowhere\"", |m| {
        node(m, 1).input[0] = "nowhere".to_owned()
    }),
    ("nothing before it makes its input \"p\"", |m| {
        node(m, 0).input[0] = "p".to_owned()
    }),
    ("no node makes the output", |m| {
        m.graph.as_mut().unwrap().output[0].name = "nowhere".to_owned()
    }),
    ("is empty or taken", |m| node(m, 1).output[0] = "conv".to_owned()),
    ("is empty or taken", |m| node(m, 1).output[0] = "w".to_owned()),
    ("names 2 results", |m| node(m, 1).output.push("more".to_owned())),
    ("names 0 results", |m| node(m, 1).output.clear()),
    ("it has 3 inputs, expected 1 to 1", |m| {
        node(m, 1).input.extend(["w".to_owned(), "w".to_owned()])
    }),
    ("its input 1 is missing", |m| node(m, 0).input[1].clear()),
    ("has not the 108 values", |m| weight(m, 0).raw_data.truncate(100)),
    ("has not the 108 values", |m| weight(m, 0).float_data = vec![0.0]),
    ("negative side", |m| weight(m, 0).dims[0] = -4),
    ("more than", |m| weight(m, 0).dims = vec![i64::MAX, i64::MAX]),
    ("values of type", |m| weight(m, 0).data_type = 10),
    ("another weight has it too", |m| weight(m, 1).name = "w".to_owned()),
    ("group = 0", |m| set(node(m, 0), attribute::int("group", 0))),
    ("do not fit", |m| set(node(m, 0), attribute::int("group", 3))),
    ("is not from", |m| set(node(m, 0), attribute::int("group", i64::MIN))),
    ("strides", |m| set(node(m, 0), attribute::ints("strides", &[0, 1]))),
    ("strides", |m| set(node(m, 0), attribute::ints("strides", &[1, 1, 1]))),
    ("dilations", |m| set(node(m, 0), attribute::ints("dilations", &[-1, 1]))),
    ("pads", |m| set(node(m, 0), attribute::ints("pads", &[-1; 4]))),
    ("larger than its input", |m| {
        set(node(m, 0), attribute::ints("dilations", &[64, 64]))
    }),
    ("kernel", |m| set(node(m, 0), attribute::ints("kernel_shape", &[5, 5]))),
    ("wrong kind", |m| set(node(m, 0), attribute::string("pads", "many"))),
    ("twice", |m| {
        let again = node(m, 0).attribute[0].clone();
        node(m, 0).attribute.push(again);
    }),
    ("more than 32 attributes", |m| {
        let many = (0..5_000).map(|i| attribute::int(&i.to_string(), 1));
        node(m, 1).attribute.extend(many);
    }),
    ("asks for the shape", |m| {
        add_weight(m, i64_tensor("huge", &[3], &[1 << 40, 1 << 40, 1 << 40]));
        insert(m, "ConstantOfShape", &["huge"], vec![]);
    }),
    ("more memory", |m| {
        add_weight(m, i64_tensor("huge", &[3], &[4096, 4096, 1]));
        insert(m, "ConstantOfShape", &["huge"], vec![]);
    }),
    ("more memory", |m| {
        add_weight(m, i64_tensor("huge", &[4], &[1, 3, 1 << 20, 1 << 20]));
        add_weight(m, f32_tensor("one", &[1, 1, 1, 1], &[0.0]));
        insert(m, "Expand", &["one", "huge"], vec![]);
    }),
    ("by more than 64", |m| {
        add_weight(m, f32_tensor("scales", &[4], &[1.0, 1.0, 1e9, 1e9]));
        insert(m, "Resize", &["image", "", "scales"], vec![]);
    }),
    ("by more than 64", |m| {
        add_weight(m, f32_tensor("scales", &[4], &[1.0, 1.0, f32::NAN, 2.0]));
        insert(m, "Resize", &["image", "", "scales"], vec![]);
    }),
    ("works on weights alone", |m| insert(m, "MatMul", &["w", "w"], vec![])),
    ("is not one of", |m| {
        add_weight(m, i64_tensor("index", &[1], &[99]));
        insert(m, "Gather", &["image", "index"], vec![]);
    }),
    ("does not fill its shape", |m| {
        add_weight(m, i64_tensor("shape", &[2], &[-1, 7]));
        insert(m, "Reshape", &["image", "shape"], vec![]);
    }),
    ("divides by zero", |m| {
        add_weight(m, i64_tensor("zero", &[1], &[0]));
        insert(m, "Div", &["zero", "zero"], vec![]);
    }),
    ("scale", |m| {
        add_weight(m, f32_tensor("scale", &[1], &[0.0]));
        insert(m, "QuantizeLinear", &["image", "scale"], vec![]);
    }),
    ("scale", |m| {
        add_weight(m, f32_tensor("none", &[0], &[]));
        insert(m, "QuantizeLinear", &["image", "none"], vec![]);
    }),
    ("training steps", |m| m.training_info.push(Default::default())),
    ("sparse weights", |m| {
        m.graph.as_mut().unwrap().sparse_initializer.push(Default::default())
    }),
    ("operator set 99", |m| m.opset_import[0].version = 99),
    ("operator set 0", |m| m.opset_import.clear()),
    ("it has 0 inputs", |m| m.graph.as_mut().unwrap().input.clear()),
    ("it has 2 inputs", |m| {
        let graph = m.graph.as_mut().unwrap();
        let mut more = graph.input[0].clone();
        more.name = "more".to_owned();
        graph.input.push(more);
    }),
    ("must have one output", |m| {
        let graph = m.graph.as_mut().unwrap();
        graph.output.push(graph.output[0].clone());
    }),
    ("it holds no graph", |m| m.graph = None),
];

#[test]
fn every_hostile_graph_is_refused_with_its_reason() {
    let folder = tempfile::tempdir().unwrap();
    for (index, (words, change)) in HOSTILE.iter().enumerate() {
        let mut model = finished(small());
        change(&mut model);
        // `write` makes an empty graph of none.
        let content = if model.graph.is_some() {
            bytes(model)
        } else {
            vec![0x08, 0x08]
        };
        match imported(&folder, &content) {
            Ok(_) => panic!("case {index} ({words}) was taken"),
            Err(error) => assert!(error.contains(words), "case {index} ({words}): {error}"),
        }
    }
}

#[test]
fn a_bundle_with_a_hostile_graph_is_refused_too() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("net.onnx");
    std::fs::write(&file, bytes(finished(small()))).unwrap();
    let good = import(&file, &folder.path().join("good"), &options(), &mut |_| {}).unwrap();
    for (index, (words, change)) in HOSTILE.iter().enumerate() {
        let mut model = finished(small());
        change(&mut model);
        if model.graph.is_none() {
            continue;
        }
        // Its sender has stated the right hash, of course.
        let target = folder.path().join(index.to_string());
        write_bundle(&target, model, good.manifest.clone(), false).unwrap();
        let bundle = Bundle::open(&target).unwrap();
        let error = match TraitNetwork::load(&bundle, &NetworkSettings::default()) {
            Ok(_) => panic!("case {index} ({words}) was loaded"),
            Err(error) => error.to_string(),
        };
        assert!(error.contains("can't be loaded"), "case {index} ({words}): {error}");
    }
}

#[test]
fn outputs_that_are_no_masks_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |graph: GraphBuilder, output: &str| {
        let content = bytes(graph.finish(("image", &[1, 3, 32, 32]), (output, &[1, 4, 32, 32])));
        imported(&folder, &content).err().unwrap()
    };
    let mut half = small();
    half.node(
        "MaxPool",
        "pool",
        &["relu"],
        vec![
            attribute::ints("kernel_shape", &[2, 2]),
            attribute::ints("strides", &[2, 2]),
        ],
    );
    half.node("Sigmoid", "p", &["pool"], vec![]);
    assert!(refused(half, "p").contains("has 16x16 pixels and its input 32x32"));
    let mut vector = small();
    vector.node("Flatten", "flat", &["relu"], vec![]);
    assert!(refused(vector, "flat").contains("masks are 1×classes×height×width"));
    assert!(refused(small(), "relu").contains("comes from Relu"));
    let mut picture = small();
    picture.node("Sigmoid", "p", &["w"], vec![]);
    assert!(refused(picture, "p").contains("does not depend on the picture"));
}

#[test]
fn a_sigmoid_is_added_to_logits_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("net.onnx");
    let run = |content: &[u8], output, target: &str| {
        std::fs::write(&file, content).unwrap();
        let mut options = options();
        options.statements.output = output;
        let done = import(&file, &folder.path().join(target), &options, &mut |_| {})?;
        Ok::<_, ConvertError>(Bundle::open(&done.folder).unwrap())
    };
    let mut logits = small();
    logits.node("Conv", "head", &["relu", "head_w"], vec![]);
    let logits = bytes(logits.finish(("image", &[1, 3, 32, 32]), ("head", &[1, 1, 32, 32])));
    let whole = bytes(finished(small()));
    let noise = image::RgbImage::from_fn(32, 32, |x, y| image::Rgb([x as u8 * 8, y as u8 * 8, (x * y) as u8]));
    let expected = load(&run(&whole, None, "whole").unwrap())
        .probabilities(&noise)
        .unwrap();
    let added = load(&run(&logits, Some(OutputKind::Logits), "added").unwrap());
    assert_eq!(added.probabilities(&noise).unwrap(), expected);
    let raw = load(&run(&logits, Some(OutputKind::Probabilities), "raw").unwrap());
    assert_ne!(raw.probabilities(&noise).unwrap(), expected);
    assert!(run(&whole, Some(OutputKind::Logits), "twice").is_err());
}

#[test]
fn the_summary_counts_what_a_network_is() {
    let summary = graph::check(&finished(small())).unwrap();
    assert_eq!((summary.nodes, summary.weights), (4, 112));
    assert_eq!(summary.macs, 32 * 32 * (108 + 4));
    assert_eq!(summary.output, ("p".to_owned(), vec![1, 1, 32, 32]));
    assert_eq!(summary.last_operator, "Sigmoid");
    assert!(matches!(graph::decode(b"no message"), Err(GraphError::NotOnnx(_))));
}

#[test]
fn the_page_for_users_lists_every_operator() {
    let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/import.md")).unwrap();
    let table = page.split("### Operators").nth(1).unwrap();
    let words: Vec<&str> = table.split(|c: char| !c.is_alphanumeric()).collect();
    for operator in graph::OPERATORS {
        assert!(words.contains(&operator), "{operator} is not in docs/import.md");
    }
}

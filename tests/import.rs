//! `fishrig model import` on the small checkpoints of every form (`../shared/reference/tiny`), the result run and compared with torch's.

mod common;
#[path = "common/import.rs"]
mod support;

use std::path::{Path, PathBuf};

use common::{npy_f16, shared};
use fishrig::network::{Bundle, Quantization};
use fishrig::traits::Trait;
use image::RgbImage;
use support::{CLASSES, command, compare, import, load, mask, picture};
use tempfile::TempDir;

struct Tiny {
    reference: PathBuf,
    folder: TempDir,
}

impl Tiny {
    fn new() -> Option<Self> {
        Some(Self {
            reference: shared("reference/tiny")?,
            folder: tempfile::tempdir().unwrap(),
        })
    }

    fn input(&self) -> RgbImage {
        picture(&self.reference.join("crop_160x64.png"))
    }

    fn import(&self, file: &str, more: &[&str]) -> Bundle {
        let folder = self.folder.path().join(file.replace('.', "_"));
        import(&self.reference.join(file), &folder, more)
    }
}

/// The words on stderr of an import that is refused, with exit code 2 and nothing written.
fn refused(file: &Path, folder: &Path, more: &[&str]) -> String {
    let run = command(file, folder, more).assert().code(2);
    assert!(!folder.exists(), "nothing is written");
    String::from_utf8(run.get_output().stderr.clone()).unwrap()
}

fn probabilities(bundle: &Bundle, input: &RgbImage) -> Vec<f32> {
    load(bundle).probabilities(input).unwrap()
}

const SIZE: [&str; 2] = ["--size", "160x64"];

#[test]
fn every_form_of_checkpoint_gives_torch_s_probabilities() {
    let Some(tiny) = Tiny::new() else { return };
    let (shape, expected) = npy_f16(&tiny.reference.join("expected_probabilities.npy"));
    assert_eq!(shape, [12, 64, 160]);
    for (file, limit, least) in [
        ("whole_module.pth", 1e-3, 0.9999),
        ("state_dict.pth", 1e-3, 0.9999),
        ("checkpoint_shared_strided.pth", 1e-3, 0.9999),
        ("state_dict_f16.pth", 0.012, 0.0),
        ("state_dict_bf16.pth", 0.08, 0.0),
    ] {
        let bundle = tiny.import(file, &SIZE);
        let (difference, iou) = compare(&probabilities(&bundle, &tiny.input()), &expected);
        eprintln!("{file}: within {difference:.2e}, IoU {iou:.5}");
        assert!(difference <= limit && iou >= least, "{file}: {difference}, IoU {iou}");
        let manifest = bundle.manifest();
        assert!(manifest.not_assessed().is_empty());
        assert!(
            manifest.origin.starts_with(&format!("{file} (SHA-256 ")),
            "{}",
            manifest.origin
        );
        assert_eq!(manifest.licence, "not stated");
    }
}

#[test]
fn the_three_float32_forms_give_the_same_network_file() {
    let Some(tiny) = Tiny::new() else { return };
    let hash = |file| tiny.import(file, &SIZE).manifest().sha256.clone();
    let hashes = ["whole_module.pth", "state_dict.pth", "checkpoint_shared_strided.pth"].map(hash);
    assert!(hashes[0] == hashes[1] && hashes[1] == hashes[2], "{hashes:?}");
}

#[test]
fn an_encoder_alone_gets_an_untrained_decoder_that_its_seed_decides() {
    let Some(tiny) = Tiny::new() else { return };
    let [first, older] = ["encoder_legacy.pth", "encoder_legacy_v1.pth"].map(|file| tiny.import(file, &SIZE));
    assert_eq!(first.manifest().output.untrained, first.manifest().output.classes);
    assert_eq!(first.manifest().not_assessed().len(), Trait::COUNT);
    // Same tensors in both files, same seed: the same network.
    assert_eq!(first.manifest().sha256, older.manifest().sha256);
    let folder = tiny.folder.path().join("other");
    let other = import(
        &tiny.reference.join("encoder_legacy.pth"),
        &folder,
        &["--size", "160x64", "--seed", "7", "--classes", "head,eye"],
    );
    assert_ne!(first.manifest().sha256, other.manifest().sha256);
    assert_eq!(other.manifest().output.untrained, ["head", "eye"]);
    let values = probabilities(&other, &tiny.input());
    assert_eq!(values.len(), 2 * 64 * 160);
    // Untrained, yet alive: neither constant nor saturated everywhere.
    let (least, most) = values.iter().fold((1f32, 0f32), |(a, b), v| (a.min(*v), b.max(*v)));
    assert!(least < 0.45 && most > 0.55, "{least} to {most}");
}

#[test]
fn a_torch_export_gives_torch_s_probabilities() {
    let Some(tiny) = Tiny::new() else { return };
    let (_, expected) = npy_f16(&tiny.reference.join("expected_probabilities.npy"));
    let bundle = tiny.import("torch_export.onnx", &["--classes", CLASSES]);
    let (difference, iou) = compare(&probabilities(&bundle, &tiny.input()), &expected);
    eprintln!("torch_export.onnx: within {difference:.2e}, IoU {iou:.5}");
    assert!(difference <= 1e-3 && iou >= 0.9999);
    assert_eq!(bundle.manifest().quantization, Quantization::None);
    // And the graph that we build from the checkpoint agrees with torch's own.
    let ours = probabilities(&tiny.import("whole_module.pth", &SIZE), &tiny.input());
    let (difference, iou) = compare(&ours, &probabilities(&bundle, &tiny.input()));
    assert!(difference <= 1e-4 && iou >= 0.9999, "{difference}, IoU {iou}");
}

#[test]
fn what_a_file_does_not_say_is_asked_for() {
    let Some(tiny) = Tiny::new() else { return };
    let folder = tiny.folder.path().join("none");
    let onnx = tiny.reference.join("torch_export.onnx");
    let whole = tiny.reference.join("whole_module.pth");
    for (file, more, words) in [
        (&onnx, &[][..], "--classes with 12 names"),
        (
            &onnx,
            &["--classes", "head,eye"],
            "2 classes are stated, and the network has 12",
        ),
        (
            &onnx,
            &["--classes", CLASSES, "--size", "320x64"],
            "is fixed at 1×3×64×160",
        ),
        (
            &onnx,
            &["--classes", CLASSES, "--output-kind", "logits"],
            "comes from Sigmoid already",
        ),
        (
            &onnx,
            &["--classes", CLASSES, "--mean", "0.5,0.5"],
            "--mean has 2 numbers",
        ),
        (&whole, &["--size", "100x64"], "multiples of 32"),
        (
            &whole,
            &["--size", "160x64", "--classes", "wing"],
            "1 classes are stated",
        ),
    ] {
        let error = refused(file, &folder, more);
        assert!(error.contains(words), "{more:?}: {error}");
    }
    let error = refused(&tiny.reference.join("crop_160x64.png"), &folder, &[]);
    assert!(error.contains("not a checkpoint"), "{error}");
}

#[test]
fn a_bundle_that_is_there_is_replaced_only_on_request() {
    let Some(tiny) = Tiny::new() else { return };
    let file = tiny.reference.join("state_dict.pth");
    let folder = tiny.folder.path().join("bundle");
    import(&file, &folder, &SIZE);
    let again = |more: &[&str]| command(&file, &folder, more).assert();
    let error = again(&SIZE).code(2).get_output().stderr.clone();
    assert!(String::from_utf8(error).unwrap().contains("--replace"));
    again(&["--size", "96x32", "--replace", "--name", "small"]).success();
    let bundle = Bundle::open(&folder).unwrap();
    assert_eq!(
        (bundle.manifest().input.width, bundle.manifest().name.as_str()),
        (96, "small")
    );
}

#[test]
fn a_sidecar_speaks_for_the_file_and_the_command_line_over_it() {
    let Some(tiny) = Tiny::new() else { return };
    let file = tiny.folder.path().join("net.onnx");
    std::fs::copy(tiny.reference.join("torch_export.onnx"), &file).unwrap();
    let classes: Vec<&str> = CLASSES.split(',').collect();
    let sidecar = format!("classes = {classes:?}\nlicence = \"CC0\"\nmean = [0.5, 0.5, 0.5]\nuntrained = [\"eye\"]\n");
    std::fs::write(tiny.folder.path().join("net.toml"), &sidecar).unwrap();
    let bundle = import(&file, &tiny.folder.path().join("first"), &["--licence", "MIT"]);
    let manifest = bundle.manifest();
    assert_eq!((manifest.licence.as_str(), manifest.input.mean), ("MIT", [0.5; 3]));
    assert_eq!(manifest.output.untrained, ["eye"]);
    std::fs::write(tiny.folder.path().join("net.toml"), sidecar + "colour = 1\n").unwrap();
    let error = refused(&file, &tiny.folder.path().join("second"), &[]);
    assert!(error.contains("net.toml") && error.contains("colour"), "{error}");
}

#[test]
fn networks_from_onnxruntime_s_quantizer_give_onnxruntime_s_masks() {
    let Some(tiny) = Tiny::new() else { return };
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/quantized");
    // QDQ, run by onnxruntime operator by operator: the same masks. In QOperator files onnxruntime's Resize cuts fractions off where QDQ rounds.
    for (name, least) in [("int8_qdq", 0.999), ("int8_qoperator", 0.96)] {
        let folder = tiny.folder.path().join(name);
        let bundle = import(&data.join(format!("{name}.onnx")), &folder, &["--classes", CLASSES]);
        assert_eq!(bundle.manifest().quantization, Quantization::Int8Qdq);
        let ours = load(&bundle).segment(&tiny.input()).unwrap().mask;
        let iou = ours.iou(&mask(&data.join(format!("{name}.png")))).unwrap();
        eprintln!("{name}: IoU {iou:.5} with onnxruntime");
        assert!(iou >= least, "{name}: {iou}");
    }
}

//! The shipped bundles against the answers that came with them, and bundles that must be refused.

use std::path::{Path, PathBuf};

use fishrig::network::{Bundle, Engine, Fusion, NetworkSettings, TraitNetwork, half_precision, kernel_families};
use fishrig::traits::{Trait, TraitMask, TraitSet, label_picture};
use image::RgbImage;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn check_input() -> RgbImage {
    image::open(root().join("tests/data/starter/check_input.png"))
        .unwrap()
        .into_rgb8()
}

/// A mask that ONNX Runtime made (the float network's came with it, `../shared/models/starter/README.md`; the int8 network's is of
/// `tests/data/starter/make_check_int8.py`), or the drawn truth.
fn check_mask(name: &str) -> TraitMask {
    label_picture::decode_bits(&std::fs::read(root().join("tests/data/starter").join(name)).unwrap()).unwrap()
}

fn open(name: &str) -> Bundle {
    Bundle::open(&root().join("models").join(name)).unwrap()
}

fn segment(bundle: &Bundle, threads: usize) -> TraitMask {
    let network = TraitNetwork::load(bundle, &NetworkSettings::on_threads(threads)).unwrap();
    network.segment(&check_input()).unwrap().mask
}

#[test]
fn both_bundles_give_the_answers_that_came_with_them() {
    let truth = check_mask("check_truth.png");
    for (name, answer, least) in [
        ("starter-float", "check_f32.png", 0.9995),
        ("starter-int8", "check_int8.png", 0.99),
    ] {
        let mask = segment(&open(name), 1);
        let iou = mask.iou(&check_mask(answer)).unwrap();
        eprintln!(
            "{name}: IoU {iou:.5} with ONNX Runtime's mask, {:.4} with the drawn truth",
            mask.iou(&truth).unwrap()
        );
        assert!(iou >= least, "{name}: IoU {iou}");
    }
}

#[test]
fn threads_do_not_change_the_result() {
    for name in ["starter-float", "starter-int8"] {
        let probabilities = |threads| {
            let network = TraitNetwork::load(&open(name), &NetworkSettings::on_threads(threads)).unwrap();
            network.probabilities(&check_input()).unwrap()
        };
        assert!(probabilities(1) == probabilities(3), "{name}");
    }
}

/// Masks and confidences do not depend on the processor.
#[test]
fn every_family_of_kernels_gives_the_same_bits() {
    let families = kernel_families();
    assert_eq!(families.last(), Some(&"plain Rust"));
    for name in ["starter-int8", "starter-float"] {
        let by = |family| {
            let engine = Engine::FusedBy(family);
            let network = TraitNetwork::load(&open(name), &NetworkSettings { threads: 2, engine }).unwrap();
            assert_eq!(network.fusion().kernels, Some(family));
            network.segment(&check_input()).unwrap()
        };
        let fastest = by(families[0]);
        for family in &families[1..] {
            assert!(by(family) == fastest, "{name}: {family}");
        }
    }
}

/// Half precision is nearly the float network, the same for every number of threads, and nothing but what was asked for.
#[test]
fn half_precision_gives_nearly_the_masks_of_floats() {
    let bundle = open("starter-float");
    let load = |threads, engine| TraitNetwork::load(&bundle, &NetworkSettings { threads, engine }).unwrap();
    let floats = load(1, Engine::Fused);
    assert_eq!((floats.half_precision(), floats.fusion().half_macs), (None, 0));
    let in_halves = load(1, Engine::FusedInHalves);
    assert_eq!(in_halves.half_precision(), half_precision());
    let Some(format) = half_precision() else {
        eprintln!("SKIPPED: this processor has no half precision");
        return;
    };
    let (halves, all) = (in_halves.fusion().half_macs, floats.fusion().float_macs);
    assert_eq!(halves + in_halves.fusion().float_macs, all);
    assert!(halves > all / 2, "{halves} of {all} multiply-adds");
    let mask = in_halves.segment(&check_input()).unwrap().mask;
    let iou = mask.iou(&floats.segment(&check_input()).unwrap().mask).unwrap();
    eprintln!("{format}: IoU {iou:.5} with floats");
    assert!(iou > 0.99 && iou < 1.0, "IoU {iou} with floats");
    assert!(load(3, Engine::FusedInHalves).segment(&check_input()).unwrap().mask == mask);
}

/// A whole fused network makes traits without probabilities of every pixel; they are those of the probabilities.
#[test]
fn traits_are_what_probabilities_say() {
    for (name, threads) in [("starter-float", 1), ("starter-int8", 2)] {
        let network = TraitNetwork::load(&open(name), &NetworkSettings::on_threads(threads)).unwrap();
        let probabilities = network.probabilities(&check_input()).unwrap();
        let traits = network.segment(&check_input()).unwrap();
        assert!(traits == network.segmentation(&probabilities), "{name}");
    }
}

/// Fused operators against tract's own, on drawn fish and on noise.
#[test]
fn fused_networks_give_the_masks_of_plain_ones() {
    let noise = RgbImage::from_fn(300, 90, |x, y| {
        let mixed = (x * 7919 + y * 104_729).wrapping_mul(2_654_435_761);
        image::Rgb([(mixed >> 8) as u8, (mixed >> 16) as u8, (mixed >> 24) as u8])
    });
    for name in ["starter-float", "starter-int8"] {
        let load = |engine| {
            let settings = NetworkSettings {
                engine,
                ..NetworkSettings::on_threads(2)
            };
            TraitNetwork::load(&open(name), &settings).unwrap()
        };
        let (fused, plain) = (load(Engine::Fused), load(Engine::Plain));
        let fusion = fused.fusion();
        assert!(
            fusion.left.is_empty() && fusion.islands.len() == 1,
            "{name}: {fusion:?}"
        );
        assert_eq!(*plain.fusion(), Fusion::default());
        let crops = [("fish", check_input()), ("noise", noise.clone())];
        // One crop is enough where each takes an emulated processor half a minute.
        for (what, crop) in crops.into_iter().take(if name == "starter-float" { 1 } else { 2 }) {
            let [ours, theirs] = [&fused, &plain].map(|network| network.probabilities(&crop).unwrap());
            let furthest = ours
                .iter()
                .zip(&theirs)
                .map(|(a, b)| (a - b).abs())
                .fold(0f32, f32::max);
            let iou = fused
                .segmentation(&ours)
                .mask
                .iou(&plain.segmentation(&theirs).mask)
                .unwrap();
            eprintln!("{name}, {what}: IoU {iou:.5}, greatest difference of a probability {furthest:.1e}");
            // The order of sums differs, and in int8 a value at the edge between two steps then falls on the other side, which moves others: the
            // same graph in float32 and in float64 agrees with itself to 0.9976 on this crop (torch 2.0.1; docs/int8.md).
            let least = match (name, what) {
                ("starter-float", _) => 0.9999,
                (_, "fish") => 0.995,
                // A few thousand scattered pixels, nearly all of them at an edge.
                _ => 0.98,
            };
            assert!(iou >= least, "{name}, {what}: IoU {iou}");
            assert!(name != "starter-float" || furthest < 1e-3, "{name}, {what}: {furthest}");
        }
    }
}

#[test]
fn the_built_in_bundle_is_the_int8_one() {
    let builtin = Bundle::builtin();
    assert_eq!(builtin.manifest(), open("lite0-int8").manifest());
    let rays = [Trait::CaudalFinRay, Trait::AltFinRay, Trait::AltFinSpine];
    assert_eq!(
        builtin.manifest().not_assessed(),
        rays.into_iter().collect::<TraitSet>()
    );
}

#[test]
fn confidence_is_given_for_the_traits_that_are_present() {
    let network = TraitNetwork::load(&Bundle::builtin(), &NetworkSettings::default()).unwrap();
    let found = network.segment(&check_input()).unwrap();
    for which in Trait::ALL {
        let confidence = found.confidence[which.channel()];
        assert_eq!(confidence.is_some(), found.mask.present().contains(which), "{which}");
        assert!(
            confidence.is_none_or(|c| c > 0.5 && c <= 1.0),
            "{which}: {confidence:?}"
        );
    }
}

/// A copy of the int8 bundle with its manifest changed.
fn changed(folder: &Path, from: &str, to: &str) -> Bundle {
    try_changed(folder, from, to).unwrap()
}

fn try_changed(folder: &Path, from: &str, to: &str) -> Result<Bundle, fishrig::network::BundleError> {
    let source = root().join("models/starter-int8");
    let manifest = std::fs::read_to_string(source.join("manifest.toml")).unwrap();
    assert!(manifest.contains(from), "{from:?} is in the manifest");
    std::fs::write(folder.join("manifest.toml"), manifest.replacen(from, to, 1)).unwrap();
    std::fs::copy(source.join("network.onnx"), folder.join("network.onnx")).unwrap();
    Bundle::open(folder)
}

#[test]
fn a_manifest_that_does_not_hold_is_refused_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    for (from, to, reason) in [
        ("format = 1", "format = 2", "format = 2"),
        ("\"trunk\"", "\"wing\"", "\"wing\" is no trait"),
        ("\"eye\"", "\"head\"", "names \"head\" twice"),
        ("untrained = [", "untrained = [\"tail\", ", "\"tail\""),
        ("threshold = 0.5", "threshold = 1.5", "threshold = 1.5"),
        ("width = 640", "width = 0", "0x256"),
        ("width = 640", "width = \"wide\"", "width"),
        ("std = [1.0", "std = [0.0", "std"),
        ("[output]", "[output]\ncolour = 1", "colour"),
        ("sha256 = \"1", "sha256 = \"2", "SHA-256"),
    ] {
        let error = try_changed(folder.path(), from, to).unwrap_err().to_string();
        assert!(error.contains(reason), "{from} -> {to}: {error}");
    }
}

#[test]
fn a_network_of_another_shape_is_refused_with_both_shapes() {
    let folder = tempfile::tempdir().unwrap();
    for (from, to, reason) in [
        (
            "width = 640",
            "width = 320",
            "input is 1×3×256×640, the manifest needs 1×3×256×320",
        ),
        (
            "\"dorsal_fin\", ",
            "",
            "output is 1×12×256×640, the manifest needs 1×11×256×640",
        ),
    ] {
        let bundle = changed(folder.path(), from, to);
        let error = match TraitNetwork::load(&bundle, &NetworkSettings::default()) {
            Ok(_) => panic!("{from} -> {to} was accepted"),
            Err(e) => e.to_string(),
        };
        assert!(error.contains(reason), "{from} -> {to}: {error}");
    }
}

#[test]
fn a_damaged_or_missing_network_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    changed(folder.path(), "format = 1", "format = 1");
    let file = folder.path().join("network.onnx");
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[1000] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    let error = Bundle::open(folder.path()).unwrap_err().to_string();
    assert!(
        error.contains("SHA-256") && error.contains("copy the bundle again"),
        "{error}"
    );
    std::fs::remove_file(&file).unwrap();
    let error = Bundle::open(folder.path()).unwrap_err().to_string();
    assert!(error.contains("network.onnx"), "{error}");
}

#[test]
fn a_network_that_is_replaced_after_opening_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let bundle = changed(folder.path(), "format = 1", "format = 1");
    let file = folder.path().join("network.onnx");
    let content = std::fs::read(&file).unwrap();
    assert!(*bundle.network().unwrap() == content && bundle.network_bytes() == content.len() as u64);
    let mut other = content.clone();
    other[100_000] ^= 1;
    let cases = [
        (other, "SHA-256"),
        (content[..content.len() - 1].to_vec(), "SHA-256"),
        (Vec::new(), "SHA-256"),
    ];
    for (content, reason) in cases {
        std::fs::write(&file, content).unwrap();
        let refused = TraitNetwork::load(&bundle, &NetworkSettings::default()).err().unwrap();
        assert!(refused.to_string().contains(reason), "{refused}");
        assert!(bundle.network().unwrap_err().to_string().contains(reason));
    }
    std::fs::remove_file(&file).unwrap();
    let refused = TraitNetwork::load(&bundle, &NetworkSettings::default()).err().unwrap();
    assert!(refused.to_string().contains("network.onnx"), "{refused}");
}

#[test]
fn the_built_in_bundle_gives_the_bytes_of_the_file() {
    let file = root().join("models/lite0-int8/network.onnx");
    assert!(*Bundle::builtin().network().unwrap() == std::fs::read(file).unwrap());
}

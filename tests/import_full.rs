//! Networks of full size, made by `make reference-full DIR=…`: imported, run, and compared with torch and onnxruntime. Takes a minute, and files
//! of half a gigabyte; it runs where `FISHRIG_FULL_REFERENCE` names the folder.

mod common;
#[path = "common/import.rs"]
mod support;

use std::path::PathBuf;

use common::{npy_f16, shared};
use support::{CLASSES, compare, import, load, mask, picture};

/// The folder of `make_reference.py full`, and that of the reference itself.
fn folders() -> Option<(PathBuf, PathBuf)> {
    let Some(full) = std::env::var_os("FISHRIG_FULL_REFERENCE") else {
        eprintln!("SKIPPED: FISHRIG_FULL_REFERENCE names no folder; see `make reference-full`");
        return None;
    };
    Some((PathBuf::from(full), shared("reference")?))
}

#[test]
fn the_full_network_gives_torch_s_probabilities_from_every_form() {
    let Some((full, reference)) = folders() else { return };
    let (shape, expected) = npy_f16(&full.join("expected_probabilities.npy"));
    assert_eq!(shape, [12, 320, 800]);
    let input = picture(&reference.join("crop_800x320.png"));
    let folder = tempfile::tempdir().unwrap();
    let mut hashes = Vec::new();
    let mut from_checkpoint = Vec::new();
    for file in [
        "whole_module.pth",
        "state_dict.pth",
        "state_dict_module_prefix.pth",
        "torch_export.onnx",
    ] {
        let more: &[&str] = if file.ends_with("onnx") {
            &["--classes", CLASSES]
        } else {
            &[]
        };
        let bundle = import(&full.join(file), &folder.path().join(file), more);
        hashes.push(bundle.manifest().sha256.clone());
        let ours = load(&bundle).probabilities(&input).unwrap();
        let (difference, iou) = compare(&ours, &expected);
        eprintln!("{file}: within {difference:.2e}, IoU {iou:.6}");
        assert!(difference <= 1e-3 && iou >= 0.9999, "{file}: {difference}, IoU {iou}");
        if from_checkpoint.is_empty() {
            from_checkpoint = ours;
        } else {
            let (difference, iou) = compare(&ours, &from_checkpoint);
            eprintln!("{file} and whole_module.pth: within {difference:.2e}, IoU {iou:.6}");
            assert!(difference <= 1e-4 && iou >= 0.9999, "{file}: {difference}, IoU {iou}");
        }
    }
    assert!(hashes[0] == hashes[1] && hashes[1] == hashes[2], "{hashes:?}");
}

#[test]
fn the_full_encoder_gets_a_decoder() {
    let Some((full, _)) = folders() else { return };
    let folder = tempfile::tempdir().unwrap();
    let bundle = import(&full.join("encoder_legacy.pth"), &folder.path().join("encoder"), &[]);
    assert_eq!(bundle.manifest().output.untrained.len(), 12);
    load(&bundle);
}

#[test]
fn full_int8_networks_give_onnxruntime_s_masks() {
    let Some((full, reference)) = folders() else { return };
    let input = picture(&reference.join("crop_800x320.png"));
    let folder = tempfile::tempdir().unwrap();
    for name in ["int8_qdq", "int8_qoperator"] {
        let bundle = import(
            &full.join(format!("{name}.onnx")),
            &folder.path().join(name),
            &["--classes", CLASSES],
        );
        let ours = load(&bundle).segment(&input).unwrap().mask;
        let iou = ours.iou(&mask(&full.join(format!("{name}.png")))).unwrap();
        eprintln!("{name}: IoU {iou:.4} with onnxruntime");
        // Its made weights amplify each rounding: onnxruntime with and without its own optimizations agrees with itself to 0.896.
        assert!(iou >= 0.88, "{name}: IoU {iou}");
    }
}

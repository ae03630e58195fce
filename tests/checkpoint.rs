//! PyTorch checkpoints of every form, against each other and against what torch says about them.

#![allow(clippy::unwrap_used, reason = "part of the tests")]

mod common;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use fishrig::convert::checkpoint::{Checkpoint, CheckpointForm, ElementType};
use half::{bf16, f16};
use serde_json::Value;
use tract_onnx::prelude::Framework;

fn tiny() -> Option<PathBuf> {
    common::shared("reference/tiny")
}

fn open(path: &Path) -> Checkpoint {
    Checkpoint::open(path).unwrap_or_else(|error| panic!("{error}"))
}

fn shapes(checkpoint: &Checkpoint) -> Vec<(String, Vec<usize>)> {
    let shapes = checkpoint.tensors().map(|(name, t)| (name.to_owned(), t.shape.clone()));
    shapes.collect()
}

/// Every tensor's values as bits, so that equal means equal.
fn bits(checkpoint: &Checkpoint) -> BTreeMap<String, Vec<u32>> {
    bits_with(checkpoint, |_, value| value)
}

fn bits_with(checkpoint: &Checkpoint, map: impl Fn(ElementType, f32) -> f32) -> BTreeMap<String, Vec<u32>> {
    let names = checkpoint
        .tensors()
        .map(|(name, tensor)| (name.to_owned(), tensor.element));
    names
        .map(|(name, element)| {
            let values = checkpoint.read_f32(&name).unwrap();
            (
                name,
                values.into_iter().map(|value| map(element, value).to_bits()).collect(),
            )
        })
        .collect()
}

/// Names and shapes in torch's order.
fn manifest(folder: &Path) -> Vec<(String, Vec<usize>)> {
    let text = std::fs::read_to_string(folder.join("manifest.json")).unwrap();
    let manifest: Value = serde_json::from_str(&text).unwrap();
    let tensors = manifest["network"]["tensors"].as_object().unwrap();
    let shape = |value: &Value| serde_json::from_value(value.clone()).unwrap();
    tensors
        .iter()
        .map(|(name, value)| (name.clone(), shape(value)))
        .collect()
}

#[test]
fn every_form_has_the_names_and_shapes_of_the_manifest_in_its_order() {
    let Some(folder) = tiny() else { return };
    let expected = manifest(&folder);
    assert_eq!(expected.len(), 171);
    for (file, form) in [
        ("whole_module.pth", CheckpointForm::ZipModule),
        ("state_dict.pth", CheckpointForm::ZipStateDict),
        ("state_dict_f16.pth", CheckpointForm::ZipStateDict),
        ("state_dict_bf16.pth", CheckpointForm::ZipStateDict),
        ("checkpoint_shared_strided.pth", CheckpointForm::ZipStateDict),
    ] {
        let checkpoint = open(&folder.join(file));
        assert_eq!(checkpoint.form(), form, "{file}");
        assert_eq!(shapes(&checkpoint), expected, "{file}");
    }
    // Classifier names: without `encoder.`, without counters, with the last layer of the classifier.
    let encoder = expected
        .iter()
        .filter_map(|(name, shape)| Some((name.strip_prefix("encoder.")?, shape)));
    let mut encoder: Vec<_> = encoder
        .filter(|(name, _)| !name.ends_with("num_batches_tracked"))
        .map(|(name, shape)| (name.to_owned(), shape.clone()))
        .collect();
    encoder.push(("last_linear.weight".to_owned(), vec![10, 128]));
    encoder.push(("last_linear.bias".to_owned(), vec![10]));
    for file in ["encoder_legacy.pth", "encoder_legacy_v1.pth"] {
        let checkpoint = open(&folder.join(file));
        assert_eq!(checkpoint.form(), CheckpointForm::LegacyStateDict, "{file}");
        assert_eq!(shapes(&checkpoint), encoder, "{file}");
    }
}

#[test]
fn every_form_has_the_same_values_to_the_bit() {
    let Some(folder) = tiny() else { return };
    let plain = open(&folder.join("state_dict.pth"));
    let expected = bits(&plain);
    for file in ["whole_module.pth", "checkpoint_shared_strided.pth"] {
        assert_eq!(bits(&open(&folder.join(file))), expected, "{file}");
    }
    for file in ["encoder_legacy.pth", "encoder_legacy_v1.pth"] {
        let legacy = bits(&open(&folder.join(file)));
        let mut compared = 0;
        for (name, values) in &legacy {
            if let Some(same) = expected.get(&format!("encoder.{name}")) {
                assert_eq!(values, same, "{file}: {name}");
                compared += 1;
            }
        }
        assert_eq!(compared, legacy.len() - 2, "{file}: all but last_linear");
    }
    let linear = |file| bits(&open(&folder.join(file))).remove("last_linear.weight").unwrap();
    assert_eq!(linear("encoder_legacy.pth"), linear("encoder_legacy_v1.pth"));
}

#[test]
fn half_precision_is_that_of_the_float_file_rounded() {
    let Some(folder) = tiny() else { return };
    let plain = open(&folder.join("state_dict.pth"));
    let round_16 = |element, value| {
        if element == ElementType::Float32 {
            f16::from_f32(value).to_f32()
        } else {
            value
        }
    };
    let round_b16 = |element, value| {
        if element == ElementType::Float32 {
            bf16::from_f32(value).to_f32()
        } else {
            value
        }
    };
    assert_eq!(
        bits(&open(&folder.join("state_dict_f16.pth"))),
        bits_with(&plain, round_16)
    );
    assert_eq!(
        bits(&open(&folder.join("state_dict_bf16.pth"))),
        bits_with(&plain, round_b16)
    );
}

#[test]
fn values_are_those_that_torch_exported_to_onnx() {
    let Some(folder) = tiny() else { return };
    let onnx = tract_onnx::onnx()
        .proto_model_for_path(folder.join("torch_export.onnx"))
        .unwrap();
    let checkpoint = open(&folder.join("whole_module.pth"));
    let mut compared = 0;
    for initializer in onnx.graph.unwrap().initializer {
        if checkpoint.tensor(&initializer.name).is_some() {
            let values = checkpoint.read_f32(&initializer.name).unwrap();
            let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
            assert_eq!(bytes, initializer.raw_data, "{}", initializer.name);
            compared += 1;
        }
    }
    // Squeeze-and-excitation of 5 blocks, 4 laterals, 7 convolutions of the segmentation blocks, the head: those that export leaves alone.
    assert_eq!(compared, 5 * 4 + 4 * 2 + 7 + 2);
}

#[test]
fn what_is_no_weight_is_named() {
    let Some(folder) = tiny() else { return };
    assert_eq!(
        open(&folder.join("checkpoint_shared_strided.pth")).ignored(),
        ["epoch", "iou_score"]
    );
    for file in ["whole_module.pth", "state_dict.pth", "encoder_legacy.pth"] {
        assert!(open(&folder.join(file)).ignored().is_empty(), "{file}");
    }
}

//! PyTorch checkpoints of every form, against each other and against what torch says about them.

#![allow(clippy::unwrap_used, reason = "part of the tests")]

mod checkpoint_support;
mod common;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use checkpoint_support::{archive, checkpoint, dictionary, members, pickle, small, tensor};
use fishrig::convert::checkpoint::{Checkpoint, CheckpointForm, ElementType};
use half::{bf16, f16};
use proptest::prelude::*;
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

#[test]
fn small_files_are_what_torch_says() {
    let text = std::fs::read_to_string(small("expected.json")).unwrap();
    let expected: BTreeMap<String, Value> = serde_json::from_str(&text).unwrap();
    let files = std::fs::read_dir(small(""))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let files = files.filter(|file| file.ends_with(".pth") && !file.starts_with("refused"));
    assert_eq!(files.count(), expected.len());
    for (file, about) in expected {
        let checkpoint = open(&small(&file));
        assert_eq!(
            format!("{:?}", checkpoint.form()),
            about["form"].as_str().unwrap(),
            "{file}"
        );
        assert_eq!(
            checkpoint.ignored(),
            serde_json::from_value::<Vec<String>>(about["ignored"].clone()).unwrap()
        );
        let tensors = about["tensors"].as_object().unwrap();
        let names: Vec<_> = checkpoint.tensors().map(|(name, _)| name).collect();
        assert_eq!(names, tensors.keys().collect::<Vec<_>>(), "{file}");
        for (name, about) in tensors {
            let tensor = checkpoint.tensor(name).unwrap();
            assert_eq!(
                tensor.element.to_string(),
                about["element"].as_str().unwrap(),
                "{file}: {name}"
            );
            let shape: Vec<usize> = serde_json::from_value(about["shape"].clone()).unwrap();
            assert_eq!(tensor.shape, shape, "{file}: {name}");
            assert_eq!(tensor.elements(), shape.iter().product::<usize>());
            let bits: Vec<i32> = serde_json::from_value(about["bits"].clone()).unwrap();
            let values = checkpoint.read_f32(name).unwrap();
            let found: Vec<i32> = values.iter().map(|value| value.to_bits() as i32).collect();
            assert_eq!(found, bits, "{file}: {name}");
        }
    }
}

#[test]
fn a_file_in_memory_is_the_same_as_on_disk() {
    let path = small("views.pth");
    let from_memory = Checkpoint::from_bytes(std::fs::read(&path).unwrap(), "views").unwrap();
    assert_eq!(bits(&from_memory), bits(&open(&path)));
}

fn refusal(bytes: Vec<u8>) -> String {
    match Checkpoint::from_bytes(bytes, "NAME") {
        Ok(checkpoint) => panic!("accepted: {checkpoint:?}"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn every_refusal_says_what_and_what_to_do() {
    let elements = members(&std::fs::read(small("elements.pth")).unwrap());
    let with = |name: &str, content: &[u8]| {
        let mut members = elements.clone();
        members.push((format!("elements/{name}"), content.to_vec()));
        archive(&members)
    };
    let mut legacy = std::fs::read(small("legacy_elements.pth")).unwrap();
    let little = legacy.windows(13).position(|w| w == b"little_endian").unwrap();
    let truth = little + legacy[little..].iter().position(|&byte| byte == 0x88).unwrap();
    legacy[truth] = 0x89;
    let file = |name: &str| std::fs::read(small(name)).unwrap();
    let cases = [
        ("sparse", file("refused_sparse.pth")),
        ("complex", file("refused_complex.pth")),
        ("quantized", file("refused_quantized.pth")),
        ("two networks", file("refused_two_networks.pth")),
        ("no tensors", file("refused_no_tensors.pth")),
        ("list", file("refused_list.pth")),
        ("plain pickle", file("refused_plain_pickle.pth")),
        ("big-endian archive", with("byteorder", b"big")),
        ("big-endian stream", legacy),
        ("TorchScript", with("constants.pkl", b"")),
        ("two pickles", with("more/data.pkl", b"")),
        (
            "other archive",
            archive(&vec![("word/document.xml".to_owned(), b"<a/>".to_vec())]),
        ),
        ("empty", Vec::new()),
        ("web page", b"\n<!DOCTYPE html><html>".to_vec()),
        (
            "LFS",
            b"version https://git-lfs.github.com/spec/v1\noid sha256:".to_vec(),
        ),
        ("safetensors", b"\x28\x01\0\0\0\0\0\0{\"weight\":{}}".to_vec()),
        ("ONNX", b"\x08\x08\x12\x07pytorch".to_vec()),
        ("text", b"epoch 1: loss 0.3".to_vec()),
    ];
    let words: String = cases
        .into_iter()
        .map(|(case, bytes)| format!("{case}: {}\n", refusal(bytes)))
        .collect();
    insta::assert_snapshot!(words);
}

#[test]
fn a_missing_file_and_a_missing_tensor_are_named() {
    let error = Checkpoint::open(Path::new("/no/such/file.pth"))
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with("checkpoint /no/such/file.pth: it can't be read"),
        "{error}"
    );
    let error = open(&small("elements.pth")).read_f32("weight").unwrap_err().to_string();
    assert!(error.ends_with("elements.pth: it has no tensor weight"), "{error}");
}

/// A view of a storage that holds 0, 1, 2, …
#[derive(Debug, Clone)]
struct Drawn {
    offset: i64,
    shape: Vec<i64>,
    strides: Vec<i64>,
}

fn drawn() -> impl Strategy<Value = Drawn> {
    let dimension = (0..5_i64, 0..12_i64);
    (0..20_i64, prop::collection::vec(dimension, 0..5)).prop_map(|(offset, dimensions)| {
        let (shape, strides) = dimensions.into_iter().unzip();
        Drawn { offset, shape, strides }
    })
}

/// Where every element lies, by the definition of strides.
fn places(view: &Drawn) -> Vec<i64> {
    view.shape
        .iter()
        .zip(&view.strides)
        .fold(vec![view.offset], |places, (&length, &stride)| {
            places
                .iter()
                .flat_map(|place| (0..length).map(move |index| place + index * stride))
                .collect()
        })
}

proptest! {
    #[test]
    fn a_view_is_what_strides_mean(view in drawn(), elements in 1..220_i64) {
        let storage: Vec<u8> = (0..elements).flat_map(|value| (value as f32).to_le_bytes()).collect();
        let tensor = tensor("0", elements, view.offset, &view.shape, &view.strides);
        let file = checkpoint(&pickle(&dictionary(&[("w", tensor)])), &[&storage]);
        let places = places(&view);
        let reach = places.iter().max().map_or(view.offset, |last| last + 1);
        match Checkpoint::from_bytes(file, "NAME") {
            Ok(checkpoint) => {
                prop_assert!(reach <= elements);
                let values: Vec<i64> = checkpoint.read_f32("w").unwrap().into_iter().map(|value| value as i64).collect();
                prop_assert_eq!(values, places);
            }
            Err(error) => prop_assert!(reach > elements, "{}", error),
        }
    }
}

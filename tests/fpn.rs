//! The published network's architecture read from names and shapes, and tensors that do not fit it.

mod common;

use std::collections::BTreeMap;

use common::shared;
use fishrig::convert::fpn::{self, Architecture, FpnError, Misfit, Scope, Untrained, Weights};
use fishrig::convert::onnx::{ModelProto, f32_values};
use fishrig::frame::Size;
use rand::seq::IteratorRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

const SIZE: Size = Size::new(160, 64);
const UNTRAINED: Untrained = Untrained { seed: 3, classes: 12 };

/// Tensors of which only names and shapes matter; every value is one half.
#[derive(Debug, Clone, Default)]
struct Table(BTreeMap<String, Vec<usize>>);

impl Weights for Table {
    fn shapes(&self) -> impl Iterator<Item = (&str, &[usize])> {
        self.0.iter().map(|(name, shape)| (name.as_str(), shape.as_slice()))
    }

    fn read(&self, name: &str) -> Result<Vec<f32>, String> {
        let shape = self.0.get(name).ok_or("is missing")?;
        Ok(vec![0.5; shape.iter().product()])
    }
}

/// The state dict of the small reference network, as torch lists it, and what its maker says about it.
fn tiny() -> Option<(Table, serde_json::Value)> {
    let text = std::fs::read_to_string(shared("reference/tiny")?.join("manifest.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_str(&text).unwrap();
    let network = manifest["network"].clone();
    let tensors = serde_json::from_value(network["tensors"].clone()).unwrap();
    Some((Table(tensors), network))
}

fn misfits(table: &Table) -> Vec<Misfit> {
    match Architecture::read(table, &UNTRAINED).unwrap_err() {
        FpnError::Misfits { misfits } => misfits,
        other => panic!("{other}"),
    }
}

#[test]
fn the_architecture_is_what_its_maker_says() {
    let Some((table, network)) = tiny() else { return };
    let architecture = Architecture::read(&table, &UNTRAINED).unwrap();
    assert_eq!(architecture.scope, Scope::Whole);
    let of = |key: &str| network[key].as_u64().unwrap() as usize;
    assert_eq!(architecture.stem, of("stem"));
    assert_eq!(architecture.pyramid, of("pyramid_channels"));
    assert_eq!(architecture.segmentation, of("segmentation_channels"));
    assert_eq!(architecture.classes, 12);
    assert_eq!(architecture.tensors, of("state_dict_tensors"));
    for (layer, blocks) in architecture.layers.iter().enumerate() {
        assert_eq!(blocks.len() as u64, network["blocks"][layer].as_u64().unwrap());
        for (number, block) in blocks.iter().enumerate() {
            assert_eq!(block.groups, of("groups"));
            assert_eq!(block.output as u64, 4 * network["planes"][layer].as_u64().unwrap());
            assert_eq!(block.stride, if layer > 0 && number == 0 { 2 } else { 1 });
            assert_eq!(block.downsample, number == 0);
        }
    }
    let built = fpn::build(&table, SIZE, &UNTRAINED).unwrap();
    assert_eq!(built.parameters, network["parameters"].as_u64().unwrap());
}

#[test]
fn every_tensor_that_does_not_fit_is_named_and_no_other() {
    let Some((whole, _)) = tiny() else { return };
    let counters = |name: &str| name.ends_with("num_batches_tracked");
    let mut random = ChaCha8Rng::seed_from_u64(1);
    for _ in 0..300 {
        let mut table = whole.clone();
        let chosen = table
            .0
            .keys()
            .filter(|n| !counters(n))
            .cloned()
            .choose_multiple(&mut random, 5);
        let mut expected = Vec::new();
        for (name, how) in chosen.into_iter().zip([0, 1, 1, 2, 2]) {
            let shape = table.0[&name].clone();
            match how {
                0 => {
                    table.0.remove(&name);
                    expected.push((name, "missing"));
                }
                1 => {
                    table.0.insert(format!("{name}_more"), shape);
                    expected.push((format!("{name}_more"), "unknown"));
                }
                _ => {
                    table.0.get_mut(&name).unwrap().push(random.random_range(1..9));
                    expected.push((name, "misshapen"));
                }
            }
        }
        let mut found: Vec<(String, &str)> = misfits(&table)
            .into_iter()
            .map(|misfit| match misfit {
                Misfit::Missing { name, .. } => (name, "missing"),
                Misfit::Surplus { name, .. } => (name, "unknown"),
                Misfit::Shape { name, .. } => (name, "misshapen"),
            })
            .collect();
        found.sort();
        expected.sort();
        assert_eq!(found, expected);
    }
}

#[test]
fn the_message_says_what_was_expected_and_stays_short() {
    let Some((whole, _)) = tiny() else { return };
    let mut table = whole.clone();
    table.0.remove("encoder.layer2.0.bn1.bias");
    table.0.insert("decoder.p5.weight".to_owned(), vec![8, 99, 1, 1]);
    table.0.insert("classifier.weight".to_owned(), vec![10, 128]);
    let error = Architecture::read(&table, &UNTRAINED).unwrap_err().to_string();
    for words in [
        "1 missing, 1 unknown, 1 misshapen",
        "missing: encoder.layer2.0.bn1.bias, 8",
        "misshapen: decoder.p5.weight is 8×99×1×1, expected 8×128×1×1",
        "unknown: classifier.weight, 10×128",
    ] {
        assert!(error.contains(words), "{words}: {error}");
    }
    table
        .0
        .retain(|name, _| !name.starts_with("decoder.seg_blocks") && !name.starts_with("encoder.layer4"));
    let error = Architecture::read(&table, &UNTRAINED).unwrap_err().to_string();
    assert_eq!(error.lines().count(), 22, "{error}");
    assert!(error.contains("  and ") && error.ends_with(" more"), "{error}");
}

#[test]
fn counters_may_be_missing_and_blocks_may_not() {
    let Some((whole, _)) = tiny() else { return };
    let mut table = whole.clone();
    table.0.retain(|name, _| !name.ends_with("num_batches_tracked"));
    assert!(Architecture::read(&table, &UNTRAINED).is_ok());
    // A block 3 without a block 2 before it: the one between is missed.
    let mut table = whole.clone();
    let later: Vec<_> = whole
        .0
        .iter()
        .filter(|(n, _)| n.starts_with("encoder.layer2.1."))
        .collect();
    table.0.extend(
        later
            .into_iter()
            .map(|(n, s)| (n.replace("layer2.1.", "layer2.3."), s.clone())),
    );
    let missing = misfits(&table);
    assert!(!missing.is_empty());
    for misfit in missing {
        assert!(
            matches!(&misfit, Misfit::Missing { name, .. } if name.starts_with("encoder.layer2.2.")),
            "{misfit}"
        );
    }
}

#[test]
fn relatives_and_monsters_are_refused_in_words() {
    let Some((whole, _)) = tiny() else { return };
    let with = |name: &str, shape: &[usize]| {
        let mut table = whole.clone();
        table.0.insert(name.to_owned(), shape.to_vec());
        Architecture::read(&table, &UNTRAINED).unwrap_err().to_string()
    };
    assert!(with("encoder.layer1.0.conv2.weight", &[8, 8, 3, 3]).contains("SE-ResNet and no SE-ResNeXt"));
    assert!(with("encoder.layer1.0.conv2.weight", &[8, 3, 3, 3]).contains("(a divisor of 8)"));
    assert!(with("encoder.layer1.0.conv1.weight", &[8, 1 << 40, 1, 1]).contains("a side is 1 to"));
    assert!(with("encoder.layer1.0.conv1.weight", &[0, 16, 1, 1]).contains("a side is 1 to"));
    assert!(with("more", &[16384, 16384, 16384, 16384]).contains("at most 268435456 values"));
    assert!(with("encoder.layer1.5000000.conv1.weight", &[8, 16, 1, 1]).contains("at most 64"));
    let unlike = Table([("fc.weight".to_owned(), vec![3, 3])].into());
    let error = Architecture::read(&unlike, &UNTRAINED).unwrap_err().to_string();
    assert!(error.contains("such as fc.weight"), "{error}");
    assert!(Architecture::read(&Table::default(), &UNTRAINED).is_err());
    for size in [Size::new(100, 64), Size::new(160, 0), Size::new(0, 0)] {
        assert!(matches!(
            fpn::build(&whole, size, &UNTRAINED),
            Err(FpnError::Size { .. })
        ));
    }
    let narrow = Table(whole.0.iter().map(|(n, s)| (n.clone(), narrowed(n, s))).collect());
    let error = Architecture::read(&narrow, &UNTRAINED).unwrap_err();
    assert_eq!(error, FpnError::GroupNorm { width: 24 });
}

/// The same network with segmentation branches 24 channels wide.
fn narrowed(name: &str, shape: &[usize]) -> Vec<usize> {
    let of_branches = name.starts_with("decoder.seg_blocks") || name == "segmentation_head.0.weight";
    let side = |s: &usize| if of_branches && *s == 32 { 24 } else { *s };
    shape.iter().map(side).collect()
}

/// The encoder alone, with a classifier's names.
fn encoder(whole: &Table) -> Table {
    let names = whole
        .0
        .iter()
        .filter_map(|(name, shape)| Some((name.strip_prefix("encoder.")?.to_owned(), shape.clone())));
    let mut table = Table(names.collect());
    table.0.insert("last_linear.weight".to_owned(), vec![10, 128]);
    table.0.insert("last_linear.bias".to_owned(), vec![10]);
    table
}

fn initializer(model: &ModelProto, name: &str) -> Vec<f32> {
    let graph = model.graph.as_ref().unwrap();
    f32_values(graph.initializer.iter().find(|t| t.name == name).unwrap()).unwrap()
}

#[test]
fn an_untrained_decoder_begins_as_the_library_begins() {
    let Some((whole, _)) = tiny() else { return };
    let table = encoder(&whole);
    let built = fpn::build(&table, SIZE, &UNTRAINED).unwrap();
    assert_eq!(built.architecture.scope, Scope::Encoder);
    // Uniform within ±bound: its standard deviation is bound / √3.
    for (name, bound) in [
        ("decoder.p5.weight", (6.0f64 / 128.0).sqrt()),
        (
            "decoder.seg_blocks.0.block.0.block.0.weight",
            (6.0f64 / (256.0 * 9.0)).sqrt(),
        ),
        ("segmentation_head.0.weight", (6.0f64 / (128.0 + 12.0)).sqrt()),
    ] {
        let values = initializer(&built.model, name);
        let most = values.iter().fold(0f32, |m, v| m.max(v.abs()));
        let count = values.len() as f64;
        let mean = values.iter().map(|v| f64::from(*v)).sum::<f64>() / count;
        let deviation = (values.iter().map(|v| (f64::from(*v) - mean).powi(2)).sum::<f64>() / count).sqrt();
        assert!(
            f64::from(most) <= bound + 1e-6 && f64::from(most) > 0.98 * bound,
            "{name}: {most} of {bound}"
        );
        assert!(mean.abs() < 4.0 * bound / count.sqrt(), "{name}: mean {mean}");
        assert!(
            (deviation * 3f64.sqrt() / bound - 1.0).abs() < 0.05,
            "{name}: deviation {deviation}"
        );
    }
    for (name, value) in [
        ("decoder.p4.skip_conv.bias", 0.0),
        ("segmentation_head.0.bias", 0.0),
        ("decoder.seg_blocks.1.block.1.block.1.weight", 1.0),
        ("decoder.seg_blocks.1.block.1.block.1.bias", 0.0),
    ] {
        assert!(initializer(&built.model, name).iter().all(|v| *v == value), "{name}");
    }
    let again = fpn::build(&table, SIZE, &UNTRAINED).unwrap();
    assert!(again.model == built.model, "the same seed gives the same network");
    let other = fpn::build(&table, SIZE, &Untrained { seed: 4, ..UNTRAINED }).unwrap();
    assert!(other.model != built.model);
}

#[test]
fn names_in_messages_about_an_encoder_are_those_of_the_file() {
    let Some((whole, _)) = tiny() else { return };
    let mut table = encoder(&whole);
    table.0.remove("layer3.0.conv2.weight");
    table.0.insert("extra".to_owned(), vec![1]);
    let names: Vec<String> = misfits(&table).iter().map(ToString::to_string).collect();
    assert_eq!(names[0], "missing: layer3.0.conv2.weight, 16×(a divisor of 16)×3×3");
    assert_eq!(names[1], "unknown: extra, 1");
}

//! The metadata of a picture, of which the scale is read. What is accepted gives Morphology-analysis' files as JSON that can be read again, with that scale.
#![no_main]

use fishrig::frame::Size;
use fishrig::measure::bgnn::{self, MetadataScale, Painted};
use fishrig::traits::{Trait, TraitMask, TraitSet};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|file: &[u8]| {
    let scale = match MetadataScale::from_file(file) {
        Ok(scale) => scale,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return;
        }
    };
    let mut mask = TraitMask::empty(Size::new(9, 5));
    for x in 1..8 {
        mask.set(x, 2, TraitSet::EMPTY.with(Trait::Trunk));
    }
    let morphology = bgnn::analyse(&Painted::from(&mask)).expect("a bar is a fish");
    let files = bgnn::files(&morphology, "bar", Some(&scale));
    let presence: Value = serde_json::from_slice(&files.presence).expect("JSON is written");
    assert_eq!(presence["ruler"]["unit"], scale.unit.as_str());
    let morphology: Value = serde_json::from_slice(&files.morphology).expect("JSON is written");
    match scale.scale {
        None => assert_eq!(morphology["scale"], "None"),
        Some(number) => {
            let (given, written) = (number.as_f64(), morphology["scale"].as_f64());
            let (Some(given), Some(written)) = (given, written) else {
                panic!("a number is written as a number");
            };
            assert!((given - written).abs() <= 0.0005 + 1e-12 * given.abs());
        }
    }
});

//! `manifest.toml` of a network bundle. What is accepted can be written and read again.
#![no_main]

use fishrig::network::Manifest;
use fishrig::traits::Trait;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|file: &[u8]| {
    let Ok(text) = std::str::from_utf8(file) else {
        return;
    };
    match Manifest::parse(text) {
        Ok(manifest) => {
            let classes = manifest.classes().expect("checked");
            assert!((1..=Trait::COUNT).contains(&classes.len()));
            assert!(manifest.input.size().pixels() > 0);
            let _ = manifest.not_assessed();
            let again = toml::to_string(&manifest).expect("a manifest can be written");
            assert_eq!(Manifest::parse(&again), Ok(manifest));
        }
        Err(reason) => assert!(!reason.is_empty()),
    }
});

//! An ONNX network of a person's own. What is imported as a bundle can be opened again, and passes the check that guards loading.
//!
//! tract itself is not run: without optimization it takes seconds for one network. `tests/onnx_import.rs` loads thousands of damaged ones.
#![no_main]

use fishrig::convert::import::{OutputKind, Statements};
use fishrig::convert::{ImportOptions, import};
use fishrig::network::{Bundle, graph};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|file: &[u8]| {
    // What a bundle of any origin goes through.
    if let Ok(model) = graph::decode(file) {
        let _ = graph::check(&model);
    }
    let folder = tempfile::tempdir().expect("the folder for temporary files is writable");
    let path = folder.path().join("net.onnx");
    std::fs::write(&path, file).expect("the disk is not full");
    let options = ImportOptions {
        statements: Statements {
            classes: Some(vec!["eye".to_owned()]),
            width: Some(32),
            height: Some(32),
            output: file.len().is_multiple_of(2).then_some(OutputKind::Probabilities),
            ..Statements::default()
        },
        ..ImportOptions::default()
    };
    match import(&path, &folder.path().join("bundle"), &options, &mut |_| {}) {
        Ok(imported) => {
            Bundle::open(&imported.folder).expect("what was written can be opened");
            let bytes = std::fs::read(imported.folder.join("network.onnx")).expect("it was written");
            let summary = graph::decode(&bytes).and_then(|model| graph::check(&model));
            let summary = summary.expect("what was imported passes the check of bundles");
            assert_eq!(summary.input.1, [1, 3, 32, 32]);
            assert_eq!(summary.output.1, [1, 1, 32, 32]);
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});

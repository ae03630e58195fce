//! An ONNX network of a person's own. What is imported as a bundle can be opened again, and is loaded or refused.
#![no_main]

use fishrig::convert::import::{OutputKind, Statements};
use fishrig::convert::{ImportOptions, import};
use fishrig::network::graph;
use fishrig::network::{Bundle, NetworkSettings, TraitNetwork};
use libfuzzer_sys::fuzz_target;

/// Multiply-adds of networks that are loaded too; loading takes longer with the network's size.
const MACS_MAX: u64 = 50_000_000;

fuzz_target!(|file: &[u8]| {
    // Whatever an importer would do before: a bundle of any origin is checked in this way.
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
            let bundle = Bundle::open(&imported.folder).expect("what was written can be opened");
            if imported.macs <= MACS_MAX {
                match TraitNetwork::load(&bundle, &NetworkSettings { threads: 1 }) {
                    Ok(_) => {}
                    Err(error) => assert!(!error.to_string().is_empty()),
                }
            }
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});

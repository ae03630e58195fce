//! How much memory an import takes. One test, because it measures the whole process. The full-size files are those of
//! `make reference-full DIR=…`, where `FISHRIG_FULL_REFERENCE` names the folder.

use std::alloc::System;
use std::path::{Path, PathBuf};

use cap::Cap;
use fishrig::convert::import::Statements;
use fishrig::convert::{ImportOptions, import};
use fishrig::traits::Trait;
use prost::encoding::{WireType, encode_key, encode_varint};

const MEGABYTE: usize = 1 << 20;

#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, usize::MAX);

/// Imports a file. An allocation that needs more than so many bytes in all ends the process.
fn import_within(file: &Path, folder: &Path, bytes: usize) -> Result<(), String> {
    let options = ImportOptions {
        statements: Statements {
            classes: Some(Trait::ALL.map(|t| t.bgnn_name().to_owned()).to_vec()),
            ..Statements::default()
        },
        ..ImportOptions::default()
    };
    eprintln!("{}", file.display());
    ALLOCATOR.set_limit(ALLOCATOR.allocated() + bytes).unwrap();
    let done = import(file, folder, &options, &mut |_| {})
        .map(drop)
        .map_err(|e| e.to_string());
    ALLOCATOR.set_limit(usize::MAX).unwrap();
    done
}

fn message(field: u32, inside: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode_key(field, WireType::LengthDelimited, &mut bytes);
    encode_varint(inside.len() as u64, &mut bytes);
    bytes.extend(inside);
    bytes
}

#[test]
fn imports_take_bounded_memory() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("net.onnx");
    // A graph (7) of empty nodes (1), or of a node with empty inputs (1), attributes (5) or outputs (2); as many as are decoded, and more.
    for count in [24_000, 199_000, 20_000_000] {
        for (case, graph) in [
            ("nodes", message(1, &[]).repeat(count)),
            ("weights", message(5, &[]).repeat(count)),
            ("sizes", message(13, &[]).repeat(count)),
            ("attributes", message(1, &message(5, &[]).repeat(count))),
            ("inputs", message(1, &message(1, &[]).repeat(count))),
        ] {
            let mut content = vec![0x08, 0x08];
            content.extend(message(7, &graph));
            std::fs::write(&file, &content).unwrap();
            // The file is read whole into a buffer that grows twofold; its parts take up to 200 bytes each, and lists of them grow likewise.
            let bytes = content.len() * 3 + 150 * MEGABYTE;
            drop((graph, content));
            let error = import_within(&file, &folder.path().join("none"), bytes).unwrap_err();
            assert!(!error.is_empty(), "{case}");
        }
    }
    let Some(full) = std::env::var_os("FISHRIG_FULL_REFERENCE").map(PathBuf::from) else {
        eprintln!("SKIPPED: FISHRIG_FULL_REFERENCE names no folder; see `make reference-full`");
        return;
    };
    for (name, megabytes) in [
        ("whole_module.pth", 150),
        ("state_dict.pth", 150),
        ("state_dict_module_prefix.pth", 150),
        ("encoder_legacy.pth", 150),
        ("torch_export.onnx", 280),
        ("int8_qdq.onnx", 80),
        ("int8_qoperator.onnx", 80),
    ] {
        import_within(&full.join(name), &folder.path().join(name), megabytes * MEGABYTE).unwrap();
    }
}

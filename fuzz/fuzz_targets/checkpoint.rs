//! A whole checkpoint. Whatever is accepted has unique names, and every tensor has as many values as its shape says, or a wrong checksum.
//!
//! A fuzzer guesses no CRC-32. So an input that begins with `P` and `=` is a pickle: the target puts the archive around it, with one storage
//! of 64 bytes under each of the keys 0 to 3.
#![no_main]

use std::collections::HashSet;
use std::io::Write;

use fishrig::convert::checkpoint::{Checkpoint, CheckpointFault};
use libfuzzer_sys::fuzz_target;
use rawzip::{CompressionMethod, ZipArchiveWriter};

fuzz_target!(|input: &[u8]| {
    let file = match input.strip_prefix(b"P=") {
        Some(pickle) => archive(pickle),
        None => input.to_vec(),
    };
    let bytes = file.len();
    let checkpoint = match Checkpoint::from_bytes(file, "input") {
        Ok(checkpoint) => checkpoint,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return;
        }
    };
    let names: HashSet<&str> = checkpoint.tensors().map(|(name, _)| name).collect();
    assert_eq!(names.len(), checkpoint.tensors().count());
    let mut elements = 0;
    for (name, tensor) in checkpoint.tensors() {
        assert_eq!(checkpoint.tensor(name), Some(tensor));
        elements += tensor.elements();
        match checkpoint.read_f32(name) {
            Ok(values) => assert_eq!(values.len(), tensor.elements()),
            Err(error) => assert!(matches!(error.fault, CheckpointFault::Checksum { .. }), "{error}"),
        }
    }
    assert!(elements <= 4 * bytes + (4 << 20));
});

fn archive(pickle: &[u8]) -> Vec<u8> {
    let mut file = Vec::new();
    let mut archive = ZipArchiveWriter::new(&mut file);
    let storages = (0..4_u8).map(|key| (format!("top/data/{key}"), vec![key; 64]));
    for (name, content) in std::iter::once(("top/data.pkl".to_owned(), pickle.to_vec())).chain(storages) {
        let entry = archive.new_file(name.as_str()).compression_method(CompressionMethod::STORE);
        let (mut entry, config) = entry.start().expect("the name is a name");
        let mut writer = config.wrap(&mut entry);
        writer.write_all(&content).expect("memory is not full");
        let (_, descriptor) = writer.finish().expect("memory is not full");
        entry.finish(descriptor).expect("memory is not full");
    }
    archive.finish().expect("memory is not full");
    file
}

//! What the tests of checkpoints need: archives taken apart and put together, pickles by hand.

#![allow(dead_code, reason = "each test file uses its part")]

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;

use fishrig::convert::checkpoint::{Checkpoint, CheckpointError, CheckpointFault};
use rawzip::{CompressionMethod, ZipArchive, ZipArchiveWriter};

/// The small checkpoints in the repository.
pub fn small(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/checkpoints")).join(name)
}

/// Names and contents of an archive's members, in its order.
pub type Members = Vec<(String, Vec<u8>)>;

pub fn members(file: &[u8]) -> Members {
    let archive = ZipArchive::from_slice(file).unwrap();
    let entries = archive.entries();
    let entries = entries.map(|entry| {
        let entry = entry.unwrap();
        let name = String::from_utf8(entry.file_path().as_ref().to_vec()).unwrap();
        let content = archive.get_entry(entry.wayfinder()).unwrap().data().to_vec();
        (name, content)
    });
    entries.collect()
}

/// An archive of these members, stored.
pub fn archive(members: &Members) -> Vec<u8> {
    archive_with(members, CompressionMethod::STORE)
}

pub fn archive_with(members: &Members, method: CompressionMethod) -> Vec<u8> {
    let mut file = Vec::new();
    let mut archive = ZipArchiveWriter::new(&mut file);
    for (name, content) in members {
        let (mut entry, config) = archive
            .new_file(name.as_str())
            .compression_method(method)
            .start()
            .unwrap();
        let mut writer = config.wrap(&mut entry);
        writer.write_all(content).unwrap();
        let (_, descriptor) = writer.finish().unwrap();
        entry.finish(descriptor).unwrap();
    }
    archive.finish().unwrap();
    file
}

/// An archive as torch writes it, around this pickle and these storages, which are named by their places.
pub fn checkpoint(pickle: &[u8], storages: &[&[u8]]) -> Vec<u8> {
    let mut members = vec![("top/data.pkl".to_owned(), pickle.to_vec())];
    for (key, storage) in storages.iter().enumerate() {
        members.push((format!("top/data/{key}"), storage.to_vec()));
    }
    archive(&members)
}

/// The same archive with another pickle.
pub fn with_pickle(members: &Members, pickle: &[u8]) -> Vec<u8> {
    let mut members = members.clone();
    let place = members
        .iter()
        .position(|(name, _)| name.ends_with("/data.pkl"))
        .unwrap();
    members[place].1 = pickle.to_vec();
    archive(&members)
}

pub fn text(text: &str) -> Vec<u8> {
    [b"X".as_slice(), &(text.len() as u32).to_le_bytes(), text.as_bytes()].concat()
}

pub fn integer(value: i64) -> Vec<u8> {
    [b"\x8a\x08".as_slice(), &value.to_le_bytes()].concat()
}

pub fn global(module: &str, name: &str) -> Vec<u8> {
    format!("c{module}\n{name}\n").into_bytes()
}

pub fn tuple(elements: &[Vec<u8>]) -> Vec<u8> {
    [b"(".as_slice(), &elements.concat(), b"t"].concat()
}

pub fn integers(values: &[i64]) -> Vec<u8> {
    tuple(&values.iter().map(|&value| integer(value)).collect::<Vec<_>>())
}

pub fn call(module: &str, name: &str, arguments: &[Vec<u8>]) -> Vec<u8> {
    [global(module, name), tuple(arguments), b"R".to_vec()].concat()
}

pub fn dictionary(entries: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let entries: Vec<u8> = entries
        .iter()
        .flat_map(|(key, value)| [text(key), value.clone()].concat())
        .collect();
    [b"}(".as_slice(), &entries, b"u"].concat()
}

pub fn pickle(value: &[u8]) -> Vec<u8> {
    [b"\x80\x02".as_slice(), value, b"."].concat()
}

pub fn storage(class: &str, key: &str, elements: i64) -> Vec<u8> {
    let id = [
        text("storage"),
        global("torch", class),
        text(key),
        text("cpu"),
        integer(elements),
    ];
    [tuple(&id), b"Q".to_vec()].concat()
}

/// A float32 tensor: elements of its storage, offset, shape, strides.
pub fn tensor(key: &str, elements: i64, offset: i64, shape: &[i64], strides: &[i64]) -> Vec<u8> {
    let arguments = [
        storage("FloatStorage", key, elements),
        integer(offset),
        integers(shape),
        integers(strides),
    ];
    call("torch._utils", "_rebuild_tensor", &arguments)
}

/// Opens, and reads every tensor, as bits.
pub fn read(bytes: Vec<u8>) -> Result<BTreeMap<String, Vec<u32>>, CheckpointError> {
    let checkpoint = Checkpoint::from_bytes(bytes, "NAME")?;
    let names: Vec<String> = checkpoint.tensors().map(|(name, _)| name.to_owned()).collect();
    let read = names.into_iter().map(|name| {
        let values = checkpoint.read_f32(&name)?;
        assert_eq!(values.len(), checkpoint.tensor(&name).unwrap().elements());
        Ok((name, values.into_iter().map(f32::to_bits).collect()))
    });
    read.collect()
}

pub fn fault(bytes: Vec<u8>) -> CheckpointFault {
    match read(bytes) {
        Ok(tensors) => panic!("accepted: {tensors:?}"),
        Err(error) => error.fault,
    }
}

//! The full-size files of `make_reference.py full DIRECTORY`, which are too large to keep:
//! `FISHRIG_FULL_REFERENCE=DIRECTORY cargo test --test checkpoint_full -- --nocapture`. One test, because it measures the whole process.

#![allow(clippy::unwrap_used, reason = "part of the tests")]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Instant;

use fishrig::checksum::sha256_hex;
use fishrig::convert::checkpoint::Checkpoint;

/// The most memory that this process has had so far, in MB.
fn peak() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).unwrap();
    line.trim().strip_suffix(" kB").unwrap().parse::<usize>().unwrap() / 1000
}

/// SHA-256 of every tensor's values.
fn sums(checkpoint: &Checkpoint) -> BTreeMap<String, String> {
    let names: Vec<String> = checkpoint.tensors().map(|(name, _)| name.to_owned()).collect();
    let sum = |name: &String| {
        let bytes: Vec<u8> = checkpoint
            .read_f32(name)
            .unwrap()
            .iter()
            .flat_map(|v| v.to_le_bytes())
            .collect();
        sha256_hex(&bytes)
    };
    names.iter().map(|name| (name.clone(), sum(name))).collect()
}

#[test]
fn full_size_files_agree_and_take_little_memory() {
    let Some(folder) = std::env::var_os("FISHRIG_FULL_REFERENCE").map(PathBuf::from) else {
        eprintln!("SKIPPED: FISHRIG_FULL_REFERENCE does not name the folder that make_reference.py full wrote");
        return;
    };
    let open = |file: &str| Checkpoint::open(&folder.join(file)).unwrap_or_else(|error| panic!("{error}"));

    let whole = open("whole_module.pth");
    let start = Instant::now();
    let elements: usize = whole
        .tensors()
        .map(|(name, _)| whole.read_f32(name).unwrap().len())
        .sum();
    eprintln!(
        "whole_module.pth read in {:.2} s, peak {} MB",
        start.elapsed().as_secs_f64(),
        peak()
    );
    // 28,120,316 parameters, 68,224 running values, 53 counters.
    assert_eq!((whole.tensors().count(), elements), (413, 28_120_316 + 68_224 + 53));
    assert!(peak() < 64, "{} MB", peak());

    let expected = sums(&whole);
    for file in ["state_dict.pth", "state_dict_module_prefix.pth"] {
        assert!(sums(&open(file)) == expected, "{file}");
    }
    let encoder = sums(&open("encoder_legacy.pth"));
    assert_eq!(encoder.len(), 331);
    for (name, sum) in encoder.iter().filter(|(name, _)| !name.starts_with("last_linear.")) {
        assert_eq!(sum, &expected[&format!("encoder.{name}")], "{name}");
    }
}

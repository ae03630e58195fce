//! How much memory the worst files take. One test, because it measures the whole process.

#![allow(clippy::unwrap_used, reason = "part of the tests")]

mod checkpoint_support;

use std::alloc::System;

use cap::Cap;
use checkpoint_support::{call, checkpoint, dictionary, pickle, tensor, text};
use fishrig::convert::checkpoint::Checkpoint;

const MEGABYTE: usize = 1 << 20;
/// The longest pickle that is read.
const PICKLE: usize = 8 * MEGABYTE;

#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, usize::MAX);

/// A pickle as long as allowed: a beginning, then one thing again and again, then an end.
fn filled(start: &[u8], again: &[u8], end: &[u8]) -> Vec<u8> {
    let times = (PICKLE - 2 - start.len() - end.len()) / again.len();
    [b"\x80\x02", start, &again.repeat(times), end].concat()
}

/// Opens and reads as far as it goes. An allocation that needs more than this many bytes beside the file ends the process.
fn read_within(case: &str, file: Vec<u8>, bytes: usize) {
    eprintln!("{case}");
    ALLOCATOR.set_limit(ALLOCATOR.allocated() + bytes).unwrap();
    if let Ok(checkpoint) = Checkpoint::from_bytes(file, "NAME") {
        for (name, _) in checkpoint.tensors() {
            let _ = checkpoint.read_f32(name);
        }
    }
    ALLOCATOR.set_limit(usize::MAX).unwrap();
}

#[test]
fn the_worst_pickles_take_bounded_memory() {
    let thousand = |opcode: &[u8]| [b"(".as_slice(), &opcode.repeat(1000)].concat();
    let object = b"cm\nn\nq\x00)q\x01".as_slice();
    let tensors: Vec<u8> = (0..30_000)
        .flat_map(|i| [text(&format!("{i:0500}")), b"h\x00".to_vec()].concat())
        .collect();
    let many = [
        tensor("0", 1, 0, &[1; 16], &[1; 16]),
        b"q\x000}(".to_vec(),
        tensors[..PICKLE - 2000].to_vec(),
    ]
    .concat();
    let empty = call("collections", "OrderedDict", &[]);
    let cases = [
        ("values", filled(b"", b"N", b".")),
        ("tuples", filled(b"", b"N\x85", b".")),
        ("lists of one", filled(b"N", b"]h\x00a", b".")),
        ("objects", filled(object, b"h\x00h\x01R0", b".")),
        ("objects with entries", filled(object, b"h\x00h\x01RNNs0", b".")),
        (
            "lists after a high stack",
            filled(&[b"(".as_slice(), &b"N".repeat(500_000), b"1"].concat(), b"(l0", b"."),
        ),
        ("remembered", filled(b"N", b"\x94", b".")),
        ("marks", filled(b"", b"(", b".")),
        (
            "long list",
            filled(b"]Nq\x000", &[&thousand(b"h\x00"), b"e".as_slice()].concat(), b"."),
        ),
        (
            "doubled",
            filled(b"]", &[b"(N", b"2".repeat(1000).as_slice(), b"e"].concat(), b"."),
        ),
        (
            "long dictionary",
            filled(b"Nq\x000}", &[&thousand(b"h\x00h\x00"), b"u".as_slice()].concat(), b"."),
        ),
        ("many tensors", many),
        (
            "empty dictionaries",
            filled(&[&empty, b"q\x00".as_slice()].concat(), b"h\x000", b"."),
        ),
    ];
    for (case, pickle) in cases {
        let file = checkpoint(&pickle, &[&[0; 4]]);
        drop(pickle);
        read_within(case, file, 96 * MEGABYTE);
    }
    let repeated = pickle(&dictionary(&[("w", tensor("0", 1, 0, &[4 << 20], &[0]))]));
    read_within(
        "one element four million times",
        checkpoint(&repeated, &[&[0; 4]]),
        24 * MEGABYTE,
    );
}

//! Checkpoints that mean harm: always an answer, never a panic, never much memory.

#![allow(clippy::unwrap_used, reason = "part of the tests")]

mod checkpoint_support;

use std::alloc::System;

use cap::Cap;
use checkpoint_support::{
    call, checkpoint, dictionary, fault, global, integer, integers, pickle, read, storage, tensor, text,
};
use fishrig::convert::checkpoint::CheckpointFault;

/// An allocation that brings the whole test process over 256 MiB fails, and the process with it.
#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, 256 << 20);

/// Asserts that a state dictionary of one tensor is refused with these words.
fn tensor_is_refused(tensor: &[u8], storages: &[&[u8]], words: &str) {
    let error = fault(checkpoint(&pickle(&dictionary(&[("w", tensor.to_vec())])), storages)).to_string();
    assert!(error.contains(words), "{error}");
}

#[test]
fn sizes_that_the_file_does_not_have_are_refused() {
    let huge = 1 << 45;
    tensor_is_refused(
        &tensor("0", huge, 0, &[huge], &[1]),
        &[&[0; 8]],
        "has 8 bytes in the file and should have 35184372088832",
    );
    tensor_is_refused(
        &tensor("0", i64::MAX, 0, &[2], &[1]),
        &[&[0; 8]],
        "should have 9223372036854775807 elements",
    );
    tensor_is_refused(&tensor("0", -2, 0, &[2], &[1]), &[&[0; 8]], "no number of elements");
    tensor_is_refused(
        &tensor("1", 2, 0, &[2], &[1]),
        &[&[0; 8]],
        "its storage 1 is not in the file",
    );
    tensor_is_refused(
        &tensor("../../0", 2, 0, &[2], &[1]),
        &[&[0; 8]],
        "its storage ../../0 is not in the file",
    );
    let storage = [[0_u8; 8].as_slice()];
    tensor_is_refused(
        &tensor("0", 2, 0, &[3], &[1]),
        &storage,
        "it reaches to element 3 of a storage of 2",
    );
    tensor_is_refused(&tensor("0", 2, 1, &[2], &[1]), &storage, "it reaches to element 3");
    tensor_is_refused(
        &tensor("0", 2, 0, &[2, 2], &[1, 1]),
        &storage,
        "it reaches to element 3",
    );
    tensor_is_refused(&tensor("0", 2, 3, &[], &[]), &storage, "it reaches to element 4");
    tensor_is_refused(&tensor("0", 2, 3, &[0], &[1]), &storage, "it reaches to element 3");
    tensor_is_refused(&tensor("0", 2, -1, &[2], &[1]), &storage, "its offset is no number");
    tensor_is_refused(
        &tensor("0", 2, 0, &[-2], &[1]),
        &storage,
        "a number of its shape can't be",
    );
    tensor_is_refused(
        &tensor("0", 2, 1, &[2], &[-1]),
        &storage,
        "a number of its strides can't be",
    );
    tensor_is_refused(
        &tensor("0", 2, 0, &[2, 1], &[1]),
        &storage,
        "it has 2 dimensions and 1 strides",
    );
    tensor_is_refused(&tensor("0", 2, 0, &[1; 17], &[1; 17]), &storage, "it has 17 dimensions");
    for shape in [[huge, huge], [1 << 32, 1 << 32], [1 << 62, 1 << 3]] {
        tensor_is_refused(
            &tensor("0", 2, 0, &shape, &[0, 0]),
            &storage,
            "more elements than can be counted",
        );
    }
    tensor_is_refused(
        &tensor("0", 2, 0, &[2; 3], &[i64::MAX; 3]),
        &storage,
        "more elements than can be counted",
    );
    tensor_is_refused(
        &tensor("0", 2, i64::MAX, &[2], &[i64::MAX]),
        &storage,
        "it reaches to element",
    );
    // A dimension without elements hides the others.
    let empty = checkpoint(
        &pickle(&dictionary(&[("w", tensor("0", 2, 0, &[0, huge, huge], &[1, 1, 1]))])),
        &storage,
    );
    assert_eq!(read(empty).unwrap()["w"], [0_u32; 0]);
}

#[test]
fn repeated_elements_are_bounded_over_all_tensors() {
    let storage = [[0_u8; 4].as_slice()];
    let repeated = |count: i64| tensor("0", 1, 0, &[count], &[0]);
    let fits = checkpoint(&pickle(&dictionary(&[("w", repeated(1 << 21))])), &storage);
    assert_eq!(read(fits).unwrap()["w"].len(), 1 << 21);
    tensor_is_refused(&repeated(1 << 23), &storage, "its tensors repeat the same elements");
    tensor_is_refused(&repeated(1 << 40), &storage, "its tensors repeat the same elements");
    let names: Vec<String> = (0..20).map(|i| format!("w{i}")).collect();
    let many: Vec<(&str, Vec<u8>)> = names.iter().map(|name| (name.as_str(), repeated(1 << 18))).collect();
    let error = fault(checkpoint(&pickle(&dictionary(&many)), &storage)).to_string();
    assert!(error.contains("its tensors repeat the same elements"), "{error}");
}

fn ordered(entries: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let entries: Vec<u8> = entries
        .iter()
        .flat_map(|(key, value)| [text(key), value.clone()].concat())
        .collect();
    [
        call("collections", "OrderedDict", &[]),
        b"(".to_vec(),
        entries,
        b"u".to_vec(),
    ]
    .concat()
}

fn module(parameters: &[(&str, Vec<u8>)], children: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let state = dictionary(&[("_parameters", ordered(parameters)), ("_modules", ordered(children))]);
    [global("net", "Net"), b")\x81".to_vec(), state, b"b".to_vec()].concat()
}

const VALUE: [u8; 4] = 1.5_f32.to_le_bytes();

fn one() -> Vec<u8> {
    tensor("0", 1, 0, &[], &[])
}

#[test]
fn calls_and_unknown_names_are_inert() {
    let trap = std::env::temp_dir().join(format!("fishrig-checkpoint-trap-{}", std::process::id()));
    let harm = call("os", "system", &[text(&format!("touch {}", trap.display()))]);
    let root = dictionary(&[("harm", harm.clone()), ("w", one())]);
    let read_root = read(checkpoint(&pickle(&root), &[&VALUE])).unwrap();
    assert_eq!(read_root["w"], [1.5_f32.to_bits()]);
    tensor_is_refused(&harm, &[&VALUE], "a dictionary of 1 entries without tensors");
    let error = fault(checkpoint(&pickle(&harm), &[])).to_string();
    assert!(error.contains("it holds an object of os.system"), "{error}");
    // In the place of a storage, of a shape, of a parameter, of a module.
    for arguments in [
        [harm.clone(), integer(0), integers(&[]), integers(&[])],
        [storage("FloatStorage", "0", 1), integer(0), harm.clone(), integers(&[])],
        [
            storage("FloatStorage", "0", 1),
            harm.clone(),
            integers(&[]),
            integers(&[]),
        ],
    ] {
        tensor_is_refused(
            &call("torch._utils", "_rebuild_tensor_v2", &arguments),
            &[&VALUE],
            "tensor w: its ",
        );
    }
    for root in [
        module(&[("w", harm.clone())], &[]),
        module(&[("w", one())], &[("child", harm.clone())]),
    ] {
        assert!(matches!(
            fault(checkpoint(&pickle(&root), &[&VALUE])),
            CheckpointFault::Module { .. }
        ));
    }
    assert!(!trap.exists());
}

#[test]
fn modules_in_modules_are_bounded() {
    let mut root = module(&[("w", one())], &[]);
    for _ in 0..60 {
        root = module(&[], &[("m", root)]);
    }
    let name = format!("{}w", "m.".repeat(60));
    assert_eq!(
        read(checkpoint(&pickle(&root), &[&VALUE])).unwrap()[&name],
        [1.5_f32.to_bits()]
    );
    for _ in 0..60 {
        root = module(&[], &[("m", root)]);
    }
    let error = fault(checkpoint(&pickle(&root), &[&VALUE])).to_string();
    assert!(error.contains("lies more than 64 modules deep"), "{error}");
}

/// A module that is its own child, twice.
fn own_child() -> Vec<u8> {
    let start = [global("net", "Net"), b")\x81q\x00".to_vec()].concat();
    let state = dictionary(&[
        ("_parameters", ordered(&[("w", one())])),
        (
            "_modules",
            ordered(&[("a", b"h\x00".to_vec()), ("b", b"h\x00".to_vec())]),
        ),
    ]);
    [start, state, b"b".to_vec()].concat()
}

/// Modules of two children each, both the same: 2 to the power of `levels` paths.
fn laughs(levels: usize, parameters: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut root = module(parameters, &[]);
    for _ in 0..levels {
        let child = [root, b"q\x07".to_vec()].concat();
        root = module(&[], &[("a", child), ("b", b"h\x07".to_vec())]);
    }
    root
}

#[test]
fn cycles_and_exponential_trees_end() {
    let w = [("w", one())];
    for root in [own_child(), laughs(40, &w), laughs(62, &w), laughs(62, &[])] {
        let fault = fault(checkpoint(&pickle(&root), &[&VALUE]));
        assert!(
            matches!(fault, CheckpointFault::Module { .. } | CheckpointFault::TooLarge { .. }),
            "{fault}"
        );
    }
    let names = read(checkpoint(&pickle(&laughs(3, &w)), &[&VALUE])).unwrap();
    assert_eq!(names.len(), 8);
    // Dictionaries within themselves.
    let own_value = [b"}q\x00".to_vec(), text("state_dict"), b"h\x00s".to_vec()].concat();
    assert!(matches!(
        fault(checkpoint(&pickle(&own_value), &[])),
        CheckpointFault::NoTensors { .. }
    ));
    // A parameter whose data are itself.
    let own_data = [global("torch._utils", "_rebuild_parameter"), b"]q\x00".to_vec()].concat();
    let own_data = [own_data, b"R".to_vec(), b"q\x01h\x00h\x01a0".to_vec()].concat();
    tensor_is_refused(&own_data, &[], "it is wrapped into itself");
    // A hundred thousand lists in each other.
    let deep = [vec![b']'; 100_000], vec![b'a'; 99_999]].concat();
    assert!(matches!(
        fault(checkpoint(&pickle(&deep), &[])),
        CheckpointFault::NoTensors { .. }
    ));
}

#[test]
fn names_are_unique_and_bounded() {
    let twice = dictionary(&[("w", one()), ("w", one())]);
    assert!(matches!(fault(checkpoint(&pickle(&twice), &[&VALUE])), CheckpointFault::Duplicate(name) if name == "w"));
    let prefixed = dictionary(&[("module.w", one()), ("module.module.v", one())]);
    let read_prefixed = read(checkpoint(&pickle(&prefixed), &[&VALUE])).unwrap();
    assert_eq!(read_prefixed.keys().collect::<Vec<_>>(), ["module.v", "w"]);
    let partly = dictionary(&[("module.w", one()), ("w", one())]);
    let read_partly = read(checkpoint(&pickle(&partly), &[&VALUE])).unwrap();
    assert_eq!(read_partly.keys().collect::<Vec<_>>(), ["module.w", "w"]);
    let named = |name: &str| fault(checkpoint(&pickle(&dictionary(&[(name, one())])), &[&VALUE]));
    assert!(matches!(named(&"n".repeat(513)), CheckpointFault::TooLarge { .. }));
    assert!(named("").to_string().contains("it has no name"));
    let control = fault(checkpoint(
        &pickle(&dictionary(&[(
            "\u{1b}[2J\n",
            b"ctorch._utils\n_rebuild_x\n)R".to_vec(),
        )])),
        &[],
    ));
    assert!(control.to_string().starts_with("tensor \\u{1b}[2J\\n: "), "{control}");
}

#[test]
fn weights_are_found_beside_what_has_a_usual_name_and_no_weights() {
    let inner = dictionary(&[("state_dict", dictionary(&[("w", one())])), ("step", integer(3))]);
    let configuration = dictionary(&[("name", text("FPN"))]);
    for root in [
        dictionary(&[("model", configuration), ("weights", dictionary(&[("w", one())]))]),
        dictionary(&[("model", inner), ("epoch", integer(4))]),
        dictionary(&[("state_dict", dictionary(&[("w", one())])), ("best", one())]),
    ] {
        assert_eq!(
            read(checkpoint(&pickle(&root), &[&VALUE])).unwrap()["w"],
            [1.5_f32.to_bits()]
        );
    }
    let without = module(&[], &[("relu", module(&[], &[]))]);
    let error = fault(checkpoint(&pickle(&without), &[])).to_string();
    assert!(error.contains("it holds a network without parameters"), "{error}");
}

#[test]
fn many_tensors_and_many_entries_are_bounded() {
    let entries: Vec<u8> = (0..40_000)
        .flat_map(|i| [text(&format!("w{i}")), b"h\x00".to_vec()].concat())
        .collect();
    let root = [one(), b"q\x000}(".to_vec(), entries, b"u".to_vec()].concat();
    let error = fault(checkpoint(&pickle(&root), &[&VALUE])).to_string();
    assert!(error.contains("too many tensors"), "{error}");
}

//! Checkpoints that are damaged or mean harm: always an answer, never a panic, never much memory.

#![allow(clippy::unwrap_used, reason = "part of the tests")]

mod checkpoint_support;
mod common;

use std::alloc::System;
use std::collections::BTreeMap;

use cap::Cap;
use checkpoint_support::{
    archive, archive_with, call, checkpoint, dictionary, global, integer, integers, members, pickle, small, storage,
    tensor, text, with_pickle,
};
use fishrig::convert::checkpoint::{Checkpoint, CheckpointError, CheckpointFault};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rawzip::{CompressionMethod, ZipArchive};

/// An allocation that brings the whole test process over 256 MiB fails, and the process with it.
#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, 256 << 20);

/// One file of each form, a few kilobytes each.
const FORMS: [&str; 5] = [
    "elements.pth",
    "views.pth",
    "tied_module.pth",
    "legacy_views.pth",
    "legacy_module.pth",
];

fn file(name: &str) -> Vec<u8> {
    std::fs::read(small(name)).unwrap()
}

/// Opens, and reads every tensor, as bits.
fn read(bytes: Vec<u8>) -> Result<BTreeMap<String, Vec<u32>>, CheckpointError> {
    let checkpoint = Checkpoint::from_bytes(bytes, "NAME")?;
    let names: Vec<String> = checkpoint.tensors().map(|(name, _)| name.to_owned()).collect();
    let read = names.into_iter().map(|name| {
        let values = checkpoint.read_f32(&name)?;
        assert_eq!(values.len(), checkpoint.tensor(&name).unwrap().elements());
        Ok((name, values.into_iter().map(f32::to_bits).collect()))
    });
    read.collect()
}

fn fault(bytes: Vec<u8>) -> CheckpointFault {
    match read(bytes) {
        Ok(tensors) => panic!("accepted: {tensors:?}"),
        Err(error) => error.fault,
    }
}

/// Asserts that a state dictionary of one tensor is refused with these words.
fn tensor_is_refused(tensor: &[u8], storages: &[&[u8]], words: &str) {
    let error = fault(checkpoint(&pickle(&dictionary(&[("w", tensor.to_vec())])), storages)).to_string();
    assert!(error.contains(words), "{error}");
}

#[test]
fn every_prefix_of_a_file_is_refused() {
    for name in FORMS {
        let whole = file(name);
        for length in 0..whole.len() {
            assert!(read(whole[..length].to_vec()).is_err(), "{name} cut to {length}");
        }
    }
}

#[test]
fn every_prefix_of_the_pickle_is_refused_in_a_sound_archive() {
    for name in FORMS.into_iter().filter(|name| !name.starts_with("legacy")) {
        let members = members(&file(name));
        let whole = &members.iter().find(|(name, _)| name.ends_with("data.pkl")).unwrap().1;
        for length in 0..whole.len() {
            let fault = fault(with_pickle(&members, &whole[..length]));
            assert!(
                matches!(&fault, CheckpointFault::Pickle(error) if error.ends_early),
                "{fault}"
            );
        }
    }
}

#[test]
fn larger_files_cut_at_every_member_are_refused() {
    let Some(folder) = common::shared("reference/tiny") else {
        return;
    };
    for name in ["whole_module.pth", "checkpoint_shared_strided.pth"] {
        let whole = std::fs::read(folder.join(name)).unwrap();
        let archive = ZipArchive::from_slice(&whole).unwrap();
        for entry in archive.entries() {
            let entry = entry.unwrap();
            let (start, end) = archive.get_entry(entry.wayfinder()).unwrap().compressed_data_range();
            for cut in [
                entry.local_header_offset(),
                start,
                end,
                entry.central_directory_offset(),
            ] {
                assert!(read(whole[..cut as usize].to_vec()).is_err(), "{name} cut to {cut}");
            }
        }
    }
}

#[test]
fn a_flipped_bit_of_an_archive_is_found_or_without_effect() {
    for (seed, name) in FORMS.into_iter().filter(|name| !name.starts_with("legacy")).enumerate() {
        let mut random = ChaCha8Rng::seed_from_u64(seed as u64);
        let whole = file(name);
        let expected = read(whole.clone()).unwrap();
        let mut refused = 0;
        for _ in 0..5000 {
            let mut damaged = whole.clone();
            let bit = random.random_range(0..damaged.len() * 8);
            damaged[bit / 8] ^= 1 << (bit % 8);
            match read(damaged) {
                Ok(found) => assert_eq!(found, expected, "{name}, bit {bit}"),
                Err(_) => refused += 1,
            }
        }
        // The rest is padding, dates, and local headers, of which the directory has the truth.
        assert!(refused > 1500, "{name}: {refused}");
    }
}

#[test]
fn flipped_bits_of_pickles_get_an_answer() {
    for (seed, name) in FORMS.into_iter().enumerate() {
        let mut random = ChaCha8Rng::seed_from_u64(seed as u64);
        let whole = file(name);
        let parts = (!name.starts_with("legacy")).then(|| members(&whole));
        let (mut accepted, mut refused) = (0, 0);
        for trial in 0..5000 {
            let flips = 1 + trial % 3;
            let mut flip = |bytes: &mut Vec<u8>| {
                for _ in 0..flips {
                    let bit = random.random_range(0..bytes.len() * 8);
                    bytes[bit / 8] ^= 1 << (bit % 8);
                }
            };
            let damaged = match &parts {
                Some(members) => {
                    let place = members.iter().position(|(name, _)| name.ends_with("data.pkl")).unwrap();
                    let mut pickle = members[place].1.clone();
                    flip(&mut pickle);
                    with_pickle(members, &pickle)
                }
                None => {
                    let mut damaged = whole.clone();
                    flip(&mut damaged);
                    damaged
                }
            };
            match read(damaged) {
                Ok(_) => accepted += 1,
                Err(error) => {
                    assert!(!error.to_string().is_empty());
                    refused += 1;
                }
            }
        }
        assert!(accepted > 100 && refused > 100, "{name}: {accepted} and {refused}");
    }
}

#[test]
fn a_flipped_bit_of_a_weight_is_found_when_it_is_read() {
    let pickled = pickle(&dictionary(&[
        ("a", tensor("0", 2, 0, &[2], &[1])),
        ("b", tensor("1", 2, 0, &[2], &[1])),
    ]));
    let mut bytes = checkpoint(&pickled, &[b"AAAABBBB", b"CCCCDDDD"]);
    let place = bytes.windows(8).position(|w| w == b"CCCCDDDD").unwrap();
    bytes[place] ^= 1;
    let checkpoint = Checkpoint::from_bytes(bytes, "NAME").unwrap();
    assert!(checkpoint.read_f32("a").is_ok());
    for _ in 0..2 {
        let error = checkpoint.read_f32("b").unwrap_err().to_string();
        assert!(
            error.starts_with("checkpoint NAME: data/1 is damaged: its bytes have the CRC-32 "),
            "{error}"
        );
    }
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

#[test]
fn legacy_storages_that_claim_too_much_are_refused() {
    let whole = file("legacy_module.pth");
    // Before each storage stands its number of elements; wherever that is, it is overwritten here.
    let mut refused = 0;
    for at in 0..whole.len() - 8 {
        let mut damaged = whole.clone();
        damaged[at..at + 8].copy_from_slice(&(1_i64 << 40).to_le_bytes());
        if let Err(error) = read(damaged) {
            refused += usize::from(error.to_string().contains("claims 1099511627776 elements"));
        }
        let mut damaged = whole.clone();
        damaged[at..at + 8].copy_from_slice(&(-1_i64).to_le_bytes());
        if let Err(error) = read(damaged) {
            refused += usize::from(error.to_string().contains("claims -1 elements"));
        }
    }
    assert_eq!(refused, 2 * 4, "two for each of four storages");
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
fn laughs(levels: usize) -> Vec<u8> {
    let mut root = module(&[("w", one())], &[]);
    for _ in 0..levels {
        let child = [root, b"q\x07".to_vec()].concat();
        root = module(&[], &[("a", child), ("b", b"h\x07".to_vec())]);
    }
    root
}

#[test]
fn cycles_and_exponential_trees_end() {
    for root in [own_child(), laughs(40), laughs(62)] {
        let fault = fault(checkpoint(&pickle(&root), &[&VALUE]));
        assert!(
            matches!(fault, CheckpointFault::Module { .. } | CheckpointFault::TooLarge { .. }),
            "{fault}"
        );
    }
    let names = read(checkpoint(&pickle(&laughs(3)), &[&VALUE])).unwrap();
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

#[test]
fn unusual_archives_are_refused() {
    let members = members(&file("elements.pth"));
    let compressed = fault(archive_with(&members, CompressionMethod::DEFLATE));
    assert!(matches!(compressed, CheckpointFault::Compressed { .. }), "{compressed}");

    let mut twice = members.clone();
    twice.push(twice[1].clone());
    let error = fault(archive(&twice)).to_string();
    assert!(error.contains("two members are named elements/data/0"), "{error}");

    let mut outside = members.clone();
    outside.push(("../../etc/passwd".to_owned(), b"x".to_vec()));
    assert_eq!(read(archive(&outside)).unwrap(), read(archive(&members)).unwrap());

    let large = vec![("top/data.pkl".to_owned(), vec![b'N'; 9 << 20])];
    assert!(matches!(fault(archive(&large)), CheckpointFault::TooLarge { .. }));
}

#[test]
fn members_that_overlap_are_refused() {
    // Both directory entries point at the first member, whose name the local header alone would tell.
    let pickled = pickle(&dictionary(&[
        ("a", tensor("0", 1, 0, &[], &[])),
        ("b", tensor("1", 1, 0, &[], &[])),
    ]));
    let mut bytes = checkpoint(&pickled, &[&VALUE, &VALUE]);
    assert_eq!(read(bytes.clone()).unwrap().len(), 2);
    let entries: Vec<(u64, u64)> = {
        let archive = ZipArchive::from_slice(&bytes).unwrap();
        let entries = archive.entries().map(|entry| entry.unwrap());
        entries
            .map(|entry| (entry.central_directory_offset(), entry.local_header_offset()))
            .collect()
    };
    let offset_at = entries[2].0 as usize + 42;
    bytes[offset_at..offset_at + 4].copy_from_slice(&(entries[1].1 as u32).to_le_bytes());
    let error = fault(bytes).to_string();
    assert!(
        error.contains("the members top/data/0 and top/data/1 overlap"),
        "{error}"
    );
}

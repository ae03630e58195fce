//! Damaged checkpoints: cut anywhere, with flipped bits, in archives that do not hold together. Always an answer, never a panic, and no value
//! from an archive that is not the right one.

#![allow(clippy::unwrap_used, reason = "part of the tests")]

mod checkpoint_support;
mod common;

use std::alloc::System;

use cap::Cap;
use checkpoint_support::{
    archive, archive_with, checkpoint, dictionary, fault, members, pickle, read, small, tensor, with_pickle,
};
use fishrig::convert::checkpoint::{Checkpoint, CheckpointFault};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rawzip::{CompressionMethod, ZipArchive};

/// An allocation that brings the whole test process over 64 MiB fails, and the process with it.
#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, 64 << 20);

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
    let mut bytes = checkpoint(&pickled, &[b"1234", b"5678"]);
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

//! Every kind of damage is found, and what does no harm is only named.

#![allow(clippy::unwrap_used, reason = "part of the tests")]

mod store_support;

use std::fs;
use std::path::{Path, PathBuf};

use fishrig::checksum::sha256_hex;
use fishrig::store::export::{Selection, bgnn, coco, csv};
use fishrig::store::{Archive, Checked, ForeignKind, Store};
use store_support::{draft, id, jpeg, moment, picture, settings};

/// A store with the record `a`, which has every kind of file.
fn store_of_one(root: &Path) -> PathBuf {
    let mut draft = draft("a", 1);
    draft.overlay_jpeg = Some(jpeg(&picture(fishrig::frame::Size::new(16, 8), 3)));
    draft.further_files = vec![("label.txt".to_owned(), b"INHS 742".to_vec())];
    let mut store = Store::open(settings(root)).unwrap();
    store.commit_at(&draft, moment(0)).unwrap().directory
}

fn verify(root: &Path) -> Checked {
    let archive = Archive::open(root).unwrap();
    archive.verify(&archive.find(&id("a")).unwrap())
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(directory).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn a_whole_record_has_no_problems() {
    let dir = tempfile::tempdir().unwrap();
    let directory = store_of_one(dir.path());
    let checked = verify(dir.path());
    assert_eq!((checked.problems.len(), checked.foreign.len()), (0, 0), "{checked:?}");
    let listed = files(&directory).into_iter().filter(|f| !f.ends_with("record.toml"));
    assert_eq!(
        checked.bytes,
        listed.map(|f| fs::metadata(f).unwrap().len()).sum::<u64>()
    );
}

#[test]
fn any_single_damage_is_found_and_names_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let directory = store_of_one(dir.path());
    let all = files(&directory);
    assert_eq!(all.len(), 11);
    for path in all {
        let name = path.file_name().unwrap().to_str().unwrap();
        let whole = fs::read(&path).unwrap();
        let expect_found = |damage: &str| {
            let problems = verify(dir.path()).problems;
            assert!(
                problems.len() == 1 && problems[0].starts_with(name),
                "{damage} of {name}: {problems:?}"
            );
        };
        let step = (whole.len() / 97).max(1);
        for at in (0..whole.len()).step_by(step).chain([whole.len() - 1]) {
            let mut flipped = whole.clone();
            flipped[at] ^= 1 << (at % 8);
            fs::write(&path, flipped).unwrap();
            expect_found("a flipped bit");
        }
        for length in [0, 1, whole.len() / 2, whole.len() - 1] {
            fs::write(&path, &whole[..length]).unwrap();
            expect_found("truncation");
        }
        fs::write(&path, [whole.as_slice(), b"\0"].concat()).unwrap();
        expect_found("a byte more");
        fs::remove_file(&path).unwrap();
        expect_found("removal");
        fs::create_dir(&path).unwrap();
        expect_found("a directory in its place");
        fs::remove_dir(&path).unwrap();
        fs::write(&path, &whole).unwrap();
    }
    assert!(verify(dir.path()).problems.is_empty());
}

/// Puts another content into a record together with the hash that belongs to it, as a bug in fishrig might.
fn replace_with_right_hash(directory: &Path, name: &str, content: &[u8]) {
    let old = fs::read(directory.join(name)).unwrap();
    fs::write(directory.join(name), content).unwrap();
    let toml = directory.join("record.toml");
    let text = fs::read_to_string(&toml).unwrap();
    let body = text[..text.rfind("# sha256").unwrap()]
        .replace(&sha256_hex(&old), &sha256_hex(content))
        .replace(
            &format!("name = \"{name}\"\nsize = {}\n", old.len()),
            &format!("name = \"{name}\"\nsize = {}\n", content.len()),
        );
    fs::write(
        &toml,
        format!("{body}# sha256 of the lines above: {}\n", sha256_hex(body.as_bytes())),
    )
    .unwrap();
}

#[test]
fn files_that_were_saved_wrong_are_found_although_their_hash_is_right() {
    let other_size = jpeg(&picture(fishrig::frame::Size::new(12, 12), 1));
    let other_traits = {
        let mut mask = fishrig::traits::TraitMask::empty(fishrig::frame::Size::new(20, 10));
        mask.set(0, 0, fishrig::traits::TraitSet::from_bits(1));
        fishrig::traits::label_picture::encode_bits(&mask).unwrap()
    };
    let large = jpeg(&picture(fishrig::frame::Size::new(80, 60), 1));
    let cases: [(&str, &[u8], &str); 6] = [
        ("a.jpg", &large, "80x60"),
        ("a.jpg", &other_size, "12x12"),
        ("a_cropped.jpg", b"\xff\xd8\xff\xe0 not a picture", "no picture"),
        ("a_metadata.json", b"{", "no JSON"),
        ("a_traits.png", &other_traits, "different traits"),
        ("a_overlay.jpg", b"", "no picture"),
    ];
    for (name, content, expected) in cases {
        let dir = tempfile::tempdir().unwrap();
        let directory = store_of_one(dir.path());
        replace_with_right_hash(&directory, name, content);
        let problems = verify(dir.path()).problems;
        assert!(
            problems.len() == 1 && problems[0].contains(expected),
            "{name}: {problems:?}"
        );
    }
}

#[test]
fn hostile_record_files_are_problems_and_no_panics() {
    let dir = tempfile::tempdir().unwrap();
    let directory = store_of_one(dir.path());
    let toml = directory.join("record.toml");
    let whole = fs::read_to_string(&toml).unwrap();
    let body = &whole[..whole.rfind("# sha256").unwrap()];
    let changes = [
        ("format = 1", "format = 2", "format 2"),
        ("id = \"a\"", "id = \"b\"", "not the record's own"),
        ("size = ", "size = 99999999", "lists a file of"),
        ("id = \"a\"", "id = \"../a\"", "holds one of"),
        ("left = 12", "left = 4000000000", "box outside"),
        ("right = 28", "right = 4000000000", "box outside"),
        (
            "name = \"a_traits.png\"",
            "name = \"a_/../../../x\"",
            "not the record's own",
        ),
        (
            "name = \"a_traits.png\"",
            "name = \"/etc/passwd\"",
            "not the record's own",
        ),
        ("file = \"a.jpg\"", "file = \"a.png\"", "does not list its frame"),
        ("head = \"left\"", "head = \"up\"", "no record"),
        ("eye = 4", "nose = 4", "no trait"),
    ];
    for (from, to, expected) in changes {
        let changed = body.replacen(from, to, 1);
        assert_ne!(changed, body, "{from}");
        let sealed = format!(
            "{changed}# sha256 of the lines above: {}\n",
            sha256_hex(changed.as_bytes())
        );
        fs::write(&toml, sealed).unwrap();
        let problems = verify(dir.path()).problems;
        assert!(
            problems.len() == 1 && problems[0].contains(expected),
            "{to}: {problems:?}"
        );
    }
    fs::write(&toml, &whole).unwrap();
    fs::rename(&directory, directory.with_file_name("b")).unwrap();
    let archive = Archive::open(dir.path()).unwrap();
    let renamed = archive.verify(&archive.find(&id("b")).unwrap());
    assert!(renamed.problems[0].contains("renamed"), "{renamed:?}");
    fs::rename(directory.with_file_name("b"), &directory).unwrap();
    fs::write(&toml, vec![b'#'; 2 << 20]).unwrap();
    assert!(verify(dir.path()).problems[0].contains("too long"));
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(400))]

    /// Numbers, words and lines of a `record.toml` exchanged, with the checksum that belongs to them.
    #[test]
    fn no_record_file_makes_a_reader_panic(
        line in 0usize..200,
        other in 0usize..200,
        value in "(0|1|-1|4294967295|18446744073709551615|9e99|nan|\"\"|\"a\"|\\[\\]|true|\\{\\})",
        swap in proptest::bool::ANY,
    ) {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("records");
        let toml = store_of_one(&root).join("record.toml");
        let whole = fs::read_to_string(&toml).unwrap();
        let mut lines: Vec<String> = whole.lines().map(str::to_owned).collect();
        lines.pop();
        let (line, other) = (line % lines.len(), other % lines.len());
        match lines[line].split_once(" = ") {
            Some((key, _)) if !swap => lines[line] = format!("{key} = {value}"),
            _ => lines.swap(line, other),
        }
        let body = lines.join("\n") + "\n";
        fs::write(&toml, format!("{body}# sha256 of the lines above: {}\n", sha256_hex(body.as_bytes()))).unwrap();

        let archive = Archive::open(&root).unwrap();
        verify(&root);
        assert_eq!(archive.list().unwrap().count(), 1);
        let all = Selection { voided: true };
        let none = &mut |_| ();
        bgnn::export(&archive, all, bgnn::Tree::Core, &dir.path().join("bgnn"), none).unwrap();
        coco::export(&archive, all, &dir.path().join("coco.json"), none).unwrap();
        csv::export(&archive, all, &dir.path().join("table.csv"), none).unwrap();
        let _ = archive.void(&id("a"), moment(1).wall);
    }
}

#[test]
fn foreign_things_are_named_and_do_no_harm() {
    let dir = tempfile::tempdir().unwrap();
    let directory = store_of_one(dir.path());
    fs::write(directory.join("Thumbs.db"), "").unwrap();
    fs::write(directory.join("record.toml.new"), "half").unwrap();
    fs::write(dir.path().join("notes.txt"), "").unwrap();
    fs::create_dir(dir.path().join("2026-13-01")).unwrap();
    fs::write(dir.path().join("2026-11-24/list.csv"), "").unwrap();
    fs::create_dir(dir.path().join("2026-11-24/.Trash")).unwrap();
    fs::create_dir(dir.path().join(".incoming/b")).unwrap();
    fs::create_dir(dir.path().join("lost+found")).unwrap();

    let checked = verify(dir.path());
    assert_eq!(checked.problems, [""; 0]);
    let mut kinds: Vec<_> = checked
        .foreign
        .iter()
        .map(|f| (f.path.file_name().unwrap().to_str().unwrap(), f.what))
        .collect();
    kinds.sort_by_key(|(name, _)| *name);
    assert_eq!(
        kinds,
        [
            ("Thumbs.db", ForeignKind::Stranger),
            ("record.toml.new", ForeignKind::UnfinishedVoiding)
        ]
    );
    let foreign = Archive::open(dir.path()).unwrap().foreign().unwrap();
    let names: Vec<_> = foreign
        .iter()
        .map(|f| f.path.strip_prefix(dir.path()).unwrap().to_str().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            ".incoming/b",
            "2026-11-24/.Trash",
            "2026-11-24/list.csv",
            "2026-13-01",
            "notes.txt"
        ]
    );
    assert_eq!(foreign[0].what, ForeignKind::Unfinished);
}

//! Exports to disks that are full, lose their power or lie; and what is said about a disk that may be taken out.

#![allow(clippy::unwrap_used, reason = "part of the tests")]

mod store_support;

use std::fs;
use std::io;
use std::path::Path;
use std::process::Command;

use fishrig::store::export::output::{Destination, Folder};
use fishrig::store::export::{ExportError, Exported, Selection, bgnn, csv, records};
use fishrig::store::{Archive, Store};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rustix::io::Errno;
use store_support::sim::{Fault, Model, SimDisk};
use store_support::{draft, id, measured_draft, moment, settings};

impl Destination for SimDisk {
    fn sync_file_system(&self, _: &Path) -> io::Result<()> {
        Ok(())
    }

    fn forget(&self, _: &Path) {}
}

const OUT: &str = "/disk/copy";

fn small_store(root: &Path) -> Archive {
    let mut store = Store::open(settings(root)).unwrap();
    store.commit_at(&measured_draft("a", 1), moment(0)).unwrap();
    store.commit_at(&draft("b", 2), moment(1)).unwrap();
    Archive::open(root).unwrap()
}

fn records_to(archive: &Archive, disk: &SimDisk) -> Result<Exported, ExportError> {
    records::export_into(archive, Folder::on(disk.clone(), Path::new(OUT))?, &mut |_| ())
}

fn bgnn_to(archive: &Archive, disk: &SimDisk) -> Result<Exported, ExportError> {
    let folder = Folder::on(disk.clone(), Path::new(OUT))?;
    bgnn::export_into(archive, Selection::default(), bgnn::Tree::Core, folder, &mut |_| ())
}

type Export = fn(&Archive, &SimDisk) -> Result<Exported, ExportError>;

#[test]
fn whatever_call_fails_the_same_command_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let archive = small_store(&dir.path().join("records"));
    for export in [records_to as Export, bgnn_to] {
        let whole = SimDisk::new(Model::new());
        let exported = export(&archive, &whole).unwrap();
        assert_eq!((exported.records, exported.failed.len()), (2, 0));
        let expected = whole.model().tree(OUT);
        let calls = whole.calls();
        assert!(calls > 40);
        let mut named_full = 0;
        for at in 0..calls {
            for errno in [Errno::NOSPC, Errno::IO] {
                let disk = SimDisk::new(Model::new());
                disk.set_fault(Some(Fault {
                    at,
                    forever: true,
                    errno,
                }));
                let failed = export(&archive, &disk);
                let error = failed.expect_err("a disk that fails is told");
                if let ExportError::Full { kept, .. } = &error {
                    named_full += 1;
                    assert!(
                        error.to_string().contains(&format!("{kept} files are there whole")),
                        "{error}"
                    );
                }
                disk.set_fault(None);
                let again = export(&archive, &disk).unwrap();
                assert_eq!((again.records, again.failed.len()), (2, 0), "call {at}");
                assert_eq!(disk.model().tree(OUT), expected, "call {at}");
            }
        }
        assert!(named_full > 20, "{named_full}");
    }
}

#[test]
fn what_was_said_to_be_copied_survives_the_plug() {
    let dir = tempfile::tempdir().unwrap();
    let archive = small_store(&dir.path().join("records"));
    let disk = SimDisk::new(Model::new());
    records_to(&archive, &disk).unwrap();
    let expected = disk.model().tree(OUT);
    assert_eq!(disk.model().only_durable().tree(OUT), expected);
    // And where it was pulled earlier, nothing half stands in the way.
    let mut random = ChaCha8Rng::seed_from_u64(11);
    let history = disk.take_history();
    assert!(history.len() > 20);
    for state in history {
        for cut in [state.only_durable(), state.random_cut(&mut random), state.everything()] {
            let disk = SimDisk::new(cut);
            let again = records_to(&archive, &disk).unwrap();
            assert_eq!((again.records, again.failed.len()), (2, 0));
            let mut found = disk.model().tree(OUT);
            found.retain(|path, _| !path.ends_with(".part"));
            assert_eq!(found, expected);
        }
    }
}

#[test]
fn a_disk_that_lies_is_found_out() {
    let dir = tempfile::tempdir().unwrap();
    let archive = small_store(&dir.path().join("records"));
    let out = dir.path().join("out");
    // Somebody changes a file between writing and reading back.
    let spoil = out.clone();
    let result = bgnn::export(&archive, Selection::default(), bgnn::Tree::Core, &out, &mut |step| {
        if matches!(step, fishrig::store::export::Progress::Comparing(_)) {
            let path = spoil.join("Cropped/b_cropped.jpg");
            let mut content = fs::read(&path).unwrap();
            content[30] ^= 4;
            fs::write(path, content).unwrap();
        }
    });
    match result {
        Err(ExportError::NotTheSame { path }) => assert!(path.ends_with("Cropped/b_cropped.jpg")),
        other => panic!("{other:?}"),
    }
}

/// What coreutils' own program says about a list of checksums.
fn sha256sum_agrees(folder: &Path, list: &str) -> usize {
    let checked = Command::new("sha256sum")
        .args(["--check", "--strict", list])
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(checked.status.success(), "{checked:?}");
    String::from_utf8(checked.stdout).unwrap().lines().count()
}

#[test]
fn checksums_are_what_sha256sum_reads() {
    let dir = tempfile::tempdir().unwrap();
    let archive = small_store(&dir.path().join("records"));
    let out = dir.path().join("out");
    let exported = bgnn::export(&archive, Selection::default(), bgnn::Tree::Core, &out, &mut |_| ()).unwrap();
    // The list itself was read back too.
    assert_eq!(sha256sum_agrees(&out, "SHA256SUMS") + 1, exported.copied.files);
    assert_eq!(exported.copied.files, 2 * (4 + 3) + 1);
    let table = dir.path().join("table.csv");
    csv::export(&archive, Selection::default(), &table, &mut |_| ()).unwrap();
    assert_eq!(sha256sum_agrees(dir.path(), "table.csv.sha256"), 1);

    // A further record: the list keeps those of the first export, even where they are not exported again.
    archive.void(&id("a"), moment(9).wall).unwrap();
    let again = bgnn::export(&archive, Selection::default(), bgnn::Tree::Core, &out, &mut |_| ()).unwrap();
    assert_eq!((again.records, again.copied.files), (1, 8));
    assert_eq!(sha256sum_agrees(&out, "SHA256SUMS"), 14);
}

#[test]
fn a_copy_of_the_records_is_a_store() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("records");
    let archive = small_store(&root);
    archive.void(&id("b"), moment(5).wall).unwrap();
    let out = dir.path().join("copy");
    let copied = records::export(&archive, &out, &mut |_| ()).unwrap();
    assert_eq!((copied.records, copied.voided), (2, 0));
    let copy = Archive::open(&out).unwrap();
    for place in copy.places().unwrap() {
        let checked = copy.verify(&place.unwrap());
        assert!(checked.problems.is_empty() && checked.foreign.is_empty(), "{checked:?}");
    }
    // Voided since: the copy learns it, and only that.
    archive.void(&id("a"), moment(6).wall).unwrap();
    let again = records::export(&archive, &out, &mut |_| ()).unwrap();
    assert_eq!((again.records, again.failed.len()), (2, 0));
    assert!(copy.read(&copy.find(&id("a")).unwrap()).unwrap().voided);
    // Another record of that name is not one that was voided.
    let other = dir.path().join("other");
    let mut store = Store::open(settings(&other)).unwrap();
    store.commit_at(&draft("a", 7), moment(0)).unwrap();
    let refused = records::export(&Archive::open(&other).unwrap(), &out, &mut |_| ()).unwrap();
    assert!(refused.failed[0].1.contains("another content"), "{refused:?}");
}

#[test]
fn a_disk_may_be_removed_only_when_all_is_on_it() {
    use std::os::unix::fs::MetadataExt;
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("records");
    let archive = small_store(&root);
    let device = |path: &Path| fs::metadata(path).map(|found| found.dev()).ok();
    let stick = Path::new("/dev/shm");
    if device(stick).is_none() || device(stick) == device(dir.path()) {
        eprintln!("SKIPPED: no second file system at /dev/shm to copy to");
        return;
    }
    let stick = tempfile::tempdir_in(stick).unwrap();
    let export = |to: &Path| {
        let mut command = assert_cmd::Command::cargo_bin("fishrig").unwrap();
        let output = command
            .args(["store", "export", "--layout", "records", "--root"])
            .arg(&root)
            .arg("--output")
            .arg(to)
            .output()
            .unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    let (code, said) = export(&stick.path().join("copy"));
    assert_eq!(code, Some(0));
    assert!(said.ends_with("\nsafe to remove: /dev/shm\n"), "{said}");
    // Beside the records it is no second copy.
    let (_, said) = export(&dir.path().join("copy"));
    assert!(
        said.contains("read back and found the same") && !said.contains("safe to remove"),
        "{said}"
    );
    // A record that is damaged is not on the stick, whatever was there before.
    let path = archive.find(&id("b")).unwrap().directory.join("b_traits.png");
    fs::write(&path, "spoilt").unwrap();
    let (code, said) = export(&stick.path().join("copy"));
    assert_eq!(code, Some(1));
    assert!(said.contains("NOT ALL is on /dev/shm: 1 record"), "{said}");
    assert!(!said.contains("safe to remove"), "{said}");
}

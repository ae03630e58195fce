//! Exports read by programs of others: pycocotools, python-dwca-reader, pynrrd, nibabel, SimpleITK, Pillow, snakemake, and the steps of Minnow_Segmented_Traits' scripts.
//!
//! The environment variable `FISHRIG_READERS` names a Python interpreter that has `tests/readers/requirements.txt`; without it the tests say `SKIPPED`.

#![allow(clippy::unwrap_used, reason = "part of the tests")]

mod store_support;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use fishrig::labels::{Overlaps, Shapes, Target};
use fishrig::store::export::{Selection, bgnn, coco, dwca, fish_air, labels, nrrd};
use fishrig::store::{Archive, Store};
use store_support::{draft, measured_draft, moment, settings};

fn interpreter() -> Option<PathBuf> {
    let named = std::env::var_os("FISHRIG_READERS").filter(|path| !path.is_empty());
    if named.is_none() {
        eprintln!(
            "SKIPPED: FISHRIG_READERS names no Python with tests/readers/requirements.txt; exports were not read by other programs"
        );
    }
    named.map(PathBuf::from)
}

fn run(command: &mut Command) -> Output {
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{command:?}\n{}\n{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

fn script(python: &Path, name: &str, args: &[&OsStr]) {
    let readers = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/readers");
    // No compiled files beside the scripts.
    let output = run(Command::new(python).arg("-B").arg(readers.join(name)).args(args));
    println!("{name}: {}", String::from_utf8_lossy(&output.stdout).trim());
}

/// Two records with measurements and an older one without.
fn three(root: &Path) -> (Archive, Vec<PathBuf>) {
    let mut store = Store::open(settings(root)).unwrap();
    store.commit_at(&measured_draft("first", 1), moment(0)).unwrap();
    store.commit_at(&measured_draft("second", 2), moment(1)).unwrap();
    store.commit_at(&draft("older", 3), moment(2)).unwrap();
    let archive = Archive::open(root).unwrap();
    let folders = archive
        .places()
        .unwrap()
        .map(|place| place.unwrap().directory)
        .collect();
    (archive, folders)
}

#[test]
fn pycocotools_reads_masks_and_keypoints() {
    let Some(python) = interpreter() else { return };
    let dir = tempfile::tempdir().unwrap();
    let (archive, folders) = three(&dir.path().join("records"));
    let file = dir.path().join("coco.json");
    coco::export(&archive, Selection::default(), &file, &mut |_| ()).unwrap();
    let args: Vec<&OsStr> = std::iter::once(&file).chain(&folders).map(|p| p.as_os_str()).collect();
    script(&python, "read_coco.py", &args);
}

#[test]
fn pynrrd_reads_segments() {
    let Some(python) = interpreter() else { return };
    let dir = tempfile::tempdir().unwrap();
    let (archive, folders) = three(&dir.path().join("records"));
    let out = dir.path().join("nrrd");
    nrrd::export(&archive, Selection::default(), &out, &mut |_| ()).unwrap();
    let args: Vec<&OsStr> = std::iter::once(&out).chain(&folders).map(|p| p.as_os_str()).collect();
    script(&python, "read_nrrd.py", &args);
}

#[test]
fn other_programs_read_labels() {
    let Some(python) = interpreter() else { return };
    let dir = tempfile::tempdir().unwrap();
    let (archive, folders) = three(&dir.path().join("records"));
    let out = dir.path().join("labels");
    let exact = Shapes::Polygons { tolerance: 0.0 };
    for (form, target, shapes) in [
        ("indexed", Target::Indexed, Shapes::Masks),
        ("grey", Target::Grey, Shapes::Masks),
        ("colours", Target::Colours, Shapes::Masks),
        ("seg-nrrd", Target::SegNrrd, Shapes::Masks),
        ("nrrd", Target::Nrrd, Shapes::Masks),
        ("nifti", Target::Nifti, Shapes::Masks),
        ("labelme", Target::LabelMe, exact),
        ("labelme-masks", Target::LabelMe, Shapes::Masks),
        ("coco", Target::Coco, Shapes::Masks),
        ("coco-polygons", Target::Coco, exact),
        ("cvat", Target::Cvat, Shapes::Masks),
    ] {
        let overlaps = if target.keeps_overlaps() {
            Overlaps::Keep
        } else {
            Overlaps::Top
        };
        let manner = labels::Manner {
            target,
            shapes,
            overlaps,
        };
        labels::export(&archive, Selection::default(), manner, &out.join(form), &mut |_| ()).unwrap();
    }
    let args: Vec<&OsStr> = std::iter::once(&out).chain(&folders).map(|p| p.as_os_str()).collect();
    script(&python, "read_labels.py", &args);
    // The tools themselves are a gigabyte (tests/readers/requirements-tools.txt).
    if let Some(tools) = std::env::var_os("FISHRIG_LABEL_TOOLS") {
        script(Path::new(&tools), "read_in_tools.py", &args);
    }
}

#[test]
fn dwca_reader_reads_occurrences_pictures_and_measurements() {
    let Some(python) = interpreter() else { return };
    let dir = tempfile::tempdir().unwrap();
    let (archive, folders) = three(&dir.path().join("records"));
    let file = dir.path().join("archive.zip");
    let media = "https://example.org/pictures/";
    dwca::export(&archive, Selection::default(), media, &file, &mut |_| ()).unwrap();
    let args: Vec<&OsStr> = std::iter::once(&file).chain(&folders).map(|p| p.as_os_str()).collect();
    script(&python, "read_dwca.py", &args);
}

#[test]
fn the_selection_of_minnow_segmented_traits_keeps_the_good_pictures() {
    let Some(python) = interpreter() else { return };
    let dir = tempfile::tempdir().unwrap();
    let (archive, _) = three(&dir.path().join("records"));
    let out = dir.path().join("fish-air");
    let media = "https://example.org/pictures";
    fish_air::export(&archive, Selection::default(), media, &out, &mut |_| ()).unwrap();
    script(
        &python,
        "read_fish_air.py",
        &[out.as_os_str(), "b358xf1".as_ref(), "b358xf2".as_ref()],
    );
}

#[test]
fn snakemake_finds_nothing_left_to_do() {
    let Some(python) = interpreter() else { return };
    let dir = tempfile::tempdir().unwrap();
    let (archive, _) = three(&dir.path().join("records"));
    for (tree, images, prefix) in [
        (bgnn::Tree::Core, ["first", "second"], ""),
        (bgnn::Tree::Minnows, ["b358xf1", "b358xf2"], "segmentation/"),
    ] {
        let out = dir.path().join(format!("{tree:?}"));
        bgnn::export(&archive, Selection::default(), tree, &out, &mut |_| ()).unwrap();
        let snakefile = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/readers/Snakefile");
        let dry_run = || {
            let output = run(Command::new(&python)
                .args(["-m", "snakemake", "--dry-run", "--cores", "1", "--snakefile"])
                .arg(&snakefile)
                .arg("--directory")
                .arg(&out)
                .arg("--config")
                .arg(format!("images={}", images.join(",")))
                .arg(format!("prefix={prefix}"))
                .env("XDG_CACHE_HOME", dir.path().join("cache"))
                .env("HOME", dir.path()));
            let said = [output.stdout, output.stderr].concat();
            String::from_utf8_lossy(&said).into_owned()
        };
        let said = dry_run();
        assert!(said.contains("Nothing to be done"), "{said}");
        // Its scripts join tables by the name within.
        let presence = out.join(format!("Morphology/Presence/{}_presence.json", images[0]));
        let presence: serde_json::Value = serde_json::from_slice(&std::fs::read(presence).unwrap()).unwrap();
        assert_eq!(presence["base_name"], images[0]);
        assert_eq!(presence["ruler"]["unit"], "cm");
        // A file that is missing would be made: the check can fail.
        let lost = out.join(format!("Morphology/Presence/{}_presence.json", images[1]));
        std::fs::remove_file(lost).unwrap();
        let said = dry_run();
        assert!(
            said.contains("create_morphological_analysis") && !said.contains("rule crop_image"),
            "{said}"
        );
    }
}

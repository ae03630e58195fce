//! An archive in parts: `fishrig segment --shard`, and the Snakemake workflow that runs them.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use serde_json::Value;

const FISHRIG: &str = env!("CARGO_BIN_EXE_fishrig");

/// Pictures in folders, with names that a shell would take apart, and one that is damaged.
fn archive() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    for name in ["a.png", "2019/a.png", "2019/it's one $HOME.png", "2020/{part}.png"] {
        let path = folder.path().join("photographs").join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::copy(data.join("starter/check_input.png"), path).unwrap();
    }
    let whole = std::fs::read(data.join("pictures/rgb.jpg")).unwrap();
    std::fs::write(folder.path().join("photographs/broken.jpg"), &whole[..whole.len() / 2]).unwrap();
    folder
}

fn lines(text: &[u8]) -> Vec<Value> {
    let text = std::str::from_utf8(text).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn parts_together_are_the_whole_and_share_nothing() {
    let folder = archive();
    let segment = |shard: &str| {
        let mut command = Command::new(FISHRIG);
        command
            .current_dir(&folder)
            .args(["segment", "photographs", "--cropped", "--json", "--shard", shard]);
        command.output().unwrap()
    };
    let mut seen = BTreeMap::new();
    let mut failed = 0;
    for part in ["3/3", "1/3", "2/3"] {
        let output = segment(part);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            said.contains(&format!("part {part}: ")) && said.contains(" of 5 pictures"),
            "{said}"
        );
        let lines = lines(&output.stdout);
        let errors = lines.iter().filter(|line| line["error"].is_string()).count();
        assert_eq!(output.status.code(), Some(i32::from(errors > 0)), "{said}");
        failed += errors;
        for line in lines {
            *seen.entry(line["picture"].as_str().unwrap().to_owned()).or_insert(0) += 1;
        }
    }
    assert_eq!((seen.len(), failed), (5, 1));
    assert!(seen.values().all(|times| *times == 1), "{seen:?}");
    // Each part finds its own results again, and a run without parts those of all.
    let again = Command::new(FISHRIG)
        .current_dir(&folder)
        .args(["segment", "photographs", "--cropped"])
        .output()
        .unwrap();
    assert!(
        String::from_utf8_lossy(&again.stderr).contains("0 segmented, 4 done before, 1 failed"),
        "{again:?}"
    );
    for wrong in ["0/0", "3/2", "0/2", "two"] {
        assert_eq!(segment(wrong).status.code(), Some(2), "{wrong}");
    }
}

/// The snakemake beside the Python of `FISHRIG_READERS`; `None`, said loudly, where there is none.
fn snakemake() -> Option<PathBuf> {
    let Some(python) = std::env::var_os("FISHRIG_READERS").filter(|path| !path.is_empty()) else {
        eprintln!(
            "SKIPPED: FISHRIG_READERS names no Python with the packages of tests/readers/requirements.txt; this test runs their snakemake"
        );
        return None;
    };
    let program = Path::new(&python).with_file_name("snakemake");
    if program.is_file() {
        return Some(program);
    }
    eprintln!(
        "SKIPPED: no snakemake beside the Python of FISHRIG_READERS (pip install -r tests/readers/requirements.txt)"
    );
    None
}

/// Runs the workflow with two local jobs.
fn workflow(snakemake: &Path, folder: &Path) -> String {
    let output = Command::new(snakemake)
        .current_dir(folder)
        // Its caches belong to this test alone.
        .env("XDG_CACHE_HOME", folder.join("cache"))
        .arg("--snakefile")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("workflow/Snakefile"))
        .args([
            "--cores",
            "2",
            "--config",
            "images=photographs",
            "output=archive",
            "parts=2",
            "cropped=true",
        ])
        .arg(format!("fishrig={FISHRIG}"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}");
    said
}

#[test]
fn the_workflow_goes_through_an_archive_and_resumes() {
    let Some(snakemake) = snakemake() else { return };
    let folder = archive();
    let at = |name: &str| folder.path().join("archive").join(name);
    workflow(&snakemake, folder.path());

    let mut table = csv::Reader::from_path(at("measurements.csv")).unwrap();
    let column = table
        .headers()
        .unwrap()
        .iter()
        .position(|name| name == "base_name")
        .unwrap();
    let mut names: Vec<String> = table.records().map(|row| row.unwrap()[column].to_owned()).collect();
    names.sort();
    assert_eq!(names.len(), 4, "{names:?}");
    // One picture failed, was named, and stopped nothing.
    let failed = lines(&std::fs::read(at("failed.jsonl")).unwrap());
    assert_eq!(failed.len(), 1, "{failed:?}");
    assert_eq!(failed[0]["picture"], "photographs/broken.jpg");
    for name in ["a", "2019/a", "2019/it's one $HOME", "2020/{part}"] {
        assert!(at(&format!("segmented/{name}_traits.png")).is_file(), "{name}");
    }

    // Nothing is left to do.
    assert!(workflow(&snakemake, folder.path()).contains("Nothing to be done"));

    // As after a job that was killed: the lists are gone, the results are there and are not made again.
    let made = |name: &str| -> SystemTime { std::fs::metadata(at(name)).unwrap().modified().unwrap() };
    let before = made("segmented/2019/a_traits.png");
    for name in ["measurements.csv", "failed.jsonl", "parts"] {
        let gone = std::fs::remove_dir_all(at(name)).or_else(|_| std::fs::remove_file(at(name)));
        gone.unwrap();
    }
    workflow(&snakemake, folder.path());
    assert_eq!(made("segmented/2019/a_traits.png"), before);
    let again = [1, 2].map(|part| std::fs::read(at(&format!("parts/segment-{part}-of-2.jsonl"))).unwrap());
    assert_eq!(lines(&again.concat()).len(), 5);
}

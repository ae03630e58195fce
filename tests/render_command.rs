//! `fishrig render`: the files that it leaves.

use std::path::Path;

use assert_cmd::Command;
use fishrig::traits::{TraitMask, TraitSet, label_picture, paint};

/// Exit code, and what was said on stderr.
fn render(folder: &Path, words: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::cargo_bin("fishrig").expect("the program was built");
    let output = command.args(["render", "-o"]).arg(folder).args(words).output();
    let output = output.expect("the program runs");
    (
        output.status.code(),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    )
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("the folder was made");
    let mut names: Vec<String> = entries
        .map(|e| e.expect("readable").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

fn mask_file(path: &Path) -> TraitMask {
    label_picture::decode_bits(&std::fs::read(path).expect("the mask was written")).expect("a mask")
}

#[test]
fn a_frame_comes_with_both_masks_and_its_truth() {
    let folder = tempfile::tempdir().unwrap();
    let words = ["-n", "2", "--seed", "5", "--size", "320x240", "--format", "png"];
    assert_eq!(render(folder.path(), &words).0, Some(0));
    let frame = ["frame_000005", "frame_000006"];
    let expected = frame.map(|f| {
        ["", "_segmented", "_traits"]
            .map(|s| format!("{f}{s}.png"))
            .into_iter()
            .chain([format!("{f}_truth.json")])
    });
    let mut expected: Vec<String> = expected.into_iter().flatten().collect();
    expected.sort();
    assert_eq!(names(folder.path()), expected);

    let mask = mask_file(&folder.path().join("frame_000005_traits.png"));
    let painted = image::open(folder.path().join("frame_000005_segmented.png"))
        .unwrap()
        .into_rgb8();
    assert_eq!(paint::bgnn(&mask), painted);
    let truth = std::fs::read(folder.path().join("frame_000005_truth.json")).unwrap();
    let truth: serde_json::Value = serde_json::from_slice(&truth).unwrap();
    let bounds = mask.bounding_box(TraitSet::ALL).unwrap();
    let expected = serde_json::json!([bounds.left, bounds.top, bounds.width(), bounds.height()]);
    assert_eq!(truth["fish"][0]["box"], expected);
    let ruler = &truth["ruler"];
    let tick = |which: &str, axis: usize| ruler[which][axis].as_f64().unwrap();
    let span = (tick("last_tick", 0) - tick("first_tick", 0)).hypot(tick("last_tick", 1) - tick("first_tick", 1));
    let millimetres = ruler["millimetres"].as_f64().unwrap();
    let scale = truth["pixels_per_centimetre"].as_f64().unwrap();
    assert!((span / millimetres * 10.0 / scale - 1.0).abs() < 1e-6);
}

#[test]
fn a_crop_has_the_size_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let words = ["--crops", "-n", "1", "--size", "200x90"];
    assert_eq!(render(folder.path(), &words).0, Some(0));
    assert_eq!(
        names(folder.path()),
        ["crop_000000.jpg", "crop_000000_segmented.png", "crop_000000_traits.png"]
    );
    assert_eq!(
        image::image_dimensions(folder.path().join("crop_000000.jpg")).unwrap(),
        (200, 90)
    );
    let mask = mask_file(&folder.path().join("crop_000000_traits.png"));
    assert_eq!((mask.size().width, mask.size().height), (200, 90));
}

#[test]
fn wrong_sizes_are_explained() {
    let folder = tempfile::tempdir().unwrap();
    for (size, explained) in [("800", "columns x rows"), ("20x20", "64 to 8192")] {
        let (code, said) = render(folder.path(), &["--size", size]);
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains(explained), "{said}");
    }
}

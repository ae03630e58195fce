//! `fishrig segment` as its user runs it.

use std::path::{Path, PathBuf};

use assert_cmd::Command;
use fishrig::frame::{PixelBox, Size};
use fishrig::render::{RigScene, demo_scenes};
use fishrig::traits::{TraitMask, label_picture};
use image::RgbImage;

fn fishrig() -> Command {
    Command::cargo_bin("fishrig").unwrap()
}

fn data(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(file)
}

/// A folder with the drawn crop in it.
fn folder_with_crop() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(data("starter/check_input.png"), folder.path().join("drawn.png")).unwrap();
    folder
}

fn json_lines(output: &std::process::Output) -> Vec<serde_json::Value> {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_crop_gives_the_mask_that_came_with_the_network() {
    let folder = folder_with_crop();
    fishrig()
        .current_dir(&folder)
        .args(["segment", "--cropped", "drawn.png", "--bundle"])
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("models/starter-int8"))
        .assert()
        .code(0);
    let out = folder.path().join("segmented");
    let bits = label_picture::decode_bits(&std::fs::read(out.join("drawn_traits.png")).unwrap()).unwrap();
    let expected = std::fs::read(data("starter/check_int8.png")).unwrap();
    assert!(bits.iou(&label_picture::decode_bits(&expected).unwrap()).unwrap() > 0.99);
    let painted = image::open(out.join("drawn_segmented.png")).unwrap().into_rgb8();
    assert!(
        painted == fishrig::traits::paint::bgnn(&bits),
        "both files tell the same"
    );
}

#[test]
fn a_second_run_does_nothing_again_until_the_picture_changes() {
    let folder = folder_with_crop();
    let run = |more: &[&str]| {
        let mut command = fishrig();
        command
            .current_dir(&folder)
            .args(["segment", "--cropped", "drawn.png"])
            .args(more);
        String::from_utf8(command.output().unwrap().stderr).unwrap()
    };
    assert!(run(&[]).contains("1 segmented"));
    assert!(run(&[]).contains("1 done before"));
    assert!(run(&["--again"]).contains("1 segmented"));
    std::fs::remove_file(folder.path().join("segmented/drawn_traits.png")).unwrap();
    assert!(run(&[]).contains("1 segmented"), "a missing result is made anew");
    let turned = image::open(folder.path().join("drawn.png")).unwrap().fliph();
    turned.save(folder.path().join("drawn.png")).unwrap();
    assert!(run(&[]).contains("1 segmented"), "another picture under the old name");
}

#[test]
fn bad_pictures_are_named_and_the_rest_goes_on() {
    let folder = folder_with_crop();
    let at = |name: &str| folder.path().join(name);
    std::fs::create_dir(at("empty_folder")).unwrap();
    std::fs::write(at("zero.jpg"), b"").unwrap();
    let jpeg = std::fs::read(data("pictures/rgb.jpg")).unwrap();
    std::fs::write(at("truncated.jpg"), &jpeg[..jpeg.len() / 2]).unwrap();
    std::os::unix::fs::symlink("gone.jpg", at("dangling.jpg")).unwrap();
    assert!(
        std::process::Command::new("mkfifo")
            .arg(at("pipe.jpg"))
            .status()
            .unwrap()
            .success()
    );
    RgbImage::new(1, 1).save(at("one.png")).unwrap();
    RgbImage::new(2000, 1000).save(at("large.png")).unwrap();
    let output = fishrig()
        .current_dir(&folder)
        .args(["segment", "--cropped", "--json", "--megapixels", "1.5"])
        .args([
            "empty_folder",
            "zero.jpg",
            "truncated.jpg",
            "missing.jpg",
            "one.png",
            "large.png",
            "drawn.png",
            "dangling.jpg",
            "pipe.jpg",
        ])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let lines = json_lines(&output);
    let reason = |name: &str| {
        let line = lines.iter().find(|l| l["picture"] == name).unwrap();
        line["error"].as_str().unwrap_or_default().to_owned()
    };
    assert!(reason("empty_folder").contains("no JPEG, PNG or TIFF"));
    assert!(reason("zero.jpg").contains("empty"));
    assert!(reason("truncated.jpg").contains("truncated"));
    assert!(reason("missing.jpg").contains("No such file"));
    assert!(reason("dangling.jpg").contains("No such file"));
    assert!(reason("pipe.jpg").contains("a pipe"));
    assert!(reason("one.png").contains("1x1"));
    assert!(reason("large.png").contains("limit of 1.5"));
    assert_eq!(reason("drawn.png"), "");
    assert!(at("segmented/drawn_segmented.png").is_file());
    for entry in std::fs::read_dir(at("segmented")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(
            name.starts_with("drawn_"),
            "nothing of the bad ones, no partial files: {name}"
        );
    }
}

#[test]
fn the_number_of_jobs_changes_nothing() {
    let folder = folder_with_crop();
    for copy in ["a.png", "b.png", "c.png"] {
        std::fs::copy(data("starter/check_input.png"), folder.path().join(copy)).unwrap();
    }
    let run = |jobs: &str| {
        let mut command = fishrig();
        command
            .current_dir(&folder)
            .args(["segment", "--cropped", ".", "--json", "-o", jobs, "--jobs", jobs]);
        json_lines(&command.output().unwrap())
    };
    let (one, three) = (run("1"), run("3"));
    assert_eq!(one.len(), 4);
    assert_eq!(one, three);
}

#[test]
fn bgnn_mode_writes_the_coloured_mask_in_the_crop_s_own_size() {
    let folder = folder_with_crop();
    let crop = image::open(folder.path().join("drawn.png")).unwrap();
    crop.resize_exact(731, 307, image::imageops::FilterType::Triangle)
        .save(folder.path().join("X_cropped.jpg"))
        .unwrap();
    fishrig()
        .current_dir(&folder)
        .args(["segment", "--bgnn", "X_cropped.jpg", "Segmented/X_segmented.png"])
        .assert()
        .code(0);
    let mask = image::open(folder.path().join("Segmented/X_segmented.png")).unwrap();
    assert_eq!(
        (mask.width(), mask.height(), mask.color()),
        (731, 307, image::ColorType::Rgb8)
    );
    let mask: TraitMask = label_picture::from_bgnn(&mask.into_rgb8()).expect("only colours of traits");
    assert!(mask.present().len() >= 8);
}

#[test]
fn an_input_is_never_written_onto() {
    let folder = folder_with_crop();
    let at = |name: &str| folder.path().join(name);
    let before = std::fs::read(at("drawn.png")).unwrap();
    std::os::unix::fs::symlink(at("drawn.png"), at("link.png")).unwrap();
    std::fs::hard_link(at("drawn.png"), at("hard.png")).unwrap();
    for output in ["drawn.png", "link.png", "hard.png", "./drawn.png"] {
        let assert = fishrig()
            .current_dir(&folder)
            .args(["segment", "--bgnn", "drawn.png", output])
            .assert()
            .code(2);
        let said = String::from_utf8(assert.get_output().stderr.clone()).unwrap();
        assert!(said.contains("never replace"), "{output}: {said}");
    }
    // A picture whose name is that of another's result.
    std::fs::rename(at("hard.png"), at("drawn_segmented.png")).unwrap();
    fishrig()
        .current_dir(&folder)
        .args(["segment", "--cropped", "-o", ".", "drawn.png", "drawn_segmented.png"])
        .assert()
        .code(1);
    assert_eq!(std::fs::read(at("drawn.png")).unwrap(), before);
    assert_eq!(std::fs::read(at("drawn_segmented.png")).unwrap(), before);
}

#[test]
fn a_bundle_that_does_not_hold_is_wrong_usage() {
    let folder = folder_with_crop();
    let assert = fishrig()
        .current_dir(&folder)
        .args(["segment", "--cropped", "drawn.png", "--bundle", "nowhere"])
        .assert()
        .code(2);
    let said = String::from_utf8(assert.get_output().stderr.clone()).unwrap();
    assert!(
        said.contains("nowhere/manifest.toml") && said.contains("manifest.toml and network.onnx"),
        "{said}"
    );
}

#[test]
fn whole_frames_are_located_and_cropped() {
    let folder = tempfile::tempdir().unwrap();
    let drawn = RigScene::new(demo_scenes().swap_remove(0)).unwrap().draw();
    drawn.picture.save(folder.path().join("frame.png")).unwrap();
    RgbImage::from_pixel(640, 480, image::Rgb([235, 236, 232]))
        .save(folder.path().join("nothing.png"))
        .unwrap();
    let output = fishrig()
        .current_dir(&folder)
        .args(["segment", "--json", "frame.png", "nothing.png"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "an empty frame is a normal answer");
    let lines = json_lines(&output);
    let found: PixelBox = serde_json::from_value(lines[0]["fish"].clone()).unwrap();
    assert!(
        found.iou(&drawn.fish[0].bounds) > 0.9,
        "{found} for {}",
        drawn.fish[0].bounds
    );
    assert!(lines[1]["fish"].is_null());
    let crop: PixelBox = serde_json::from_value(lines[0]["crop"].clone()).unwrap();
    for file in ["frame_cropped.jpg", "frame_segmented.png", "frame_traits.png"] {
        let picture = image::open(folder.path().join("segmented").join(file)).unwrap();
        assert_eq!(Size::new(picture.width(), picture.height()), crop.size(), "{file}");
    }
    assert!(!folder.path().join("segmented/nothing_traits.png").exists());
}

#[test]
fn a_name_that_is_no_unicode_is_no_obstacle() {
    use std::os::unix::ffi::OsStrExt;
    let folder = folder_with_crop();
    let name = |bytes| folder.path().join(std::ffi::OsStr::from_bytes(bytes));
    std::fs::rename(folder.path().join("drawn.png"), name(b"bad\xff.png")).unwrap();
    let output = fishrig()
        .current_dir(&folder)
        .args(["segment", "--cropped", "--json"])
        .arg(name(b"bad\xff.png"))
        .arg(name(b"missing\xff.png"))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let lines = json_lines(&output);
    assert_eq!(lines.len(), 2);
    assert!(lines.iter().any(|line| line["error"].is_string()));
}

#[test]
fn an_output_that_is_no_folder_and_an_impossible_limit_are_wrong_usage() {
    let folder = folder_with_crop();
    for words in [["-o", "drawn.png"], ["--megapixels", "nan"]] {
        fishrig()
            .current_dir(&folder)
            .args(["segment", "drawn.png"])
            .args(words)
            .assert()
            .code(2);
    }
}

/// A mask of half precision is another mask: the result says so, and neither counts as the other.
#[test]
fn half_precision_is_said_and_is_another_result() {
    let folder = folder_with_crop();
    let run = |options: &[&str]| {
        let bundle = concat!(env!("CARGO_MANIFEST_DIR"), "/models/starter-float");
        let mut command = fishrig();
        command.args(["segment", "--cropped", "--json", "--bundle", bundle, "--output"]);
        command.arg(folder.path().join("out")).arg(folder.path()).args(options);
        command.assert().success().get_output().clone()
    };
    let result = || -> serde_json::Value {
        let written = std::fs::read(folder.path().join("out/drawn_segment.json")).unwrap();
        serde_json::from_slice(&written).unwrap()
    };
    run(&[]);
    assert!(result()["network"].get("half_precision").is_none());
    let said = run(&["--half-precision"]);
    let said = String::from_utf8(said.stderr).unwrap();
    match fishrig::network::half_precision() {
        Some(format) => {
            assert_eq!(result()["network"]["half_precision"], format);
            run(&[]);
            assert!(
                result()["network"].get("half_precision").is_none(),
                "what was there counted as done"
            );
        }
        None => assert!(said.contains("--half-precision changes nothing"), "{said}"),
    }
}

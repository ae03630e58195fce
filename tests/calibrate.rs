//! `fishrig calibrate` as its user types it, on boards that are drawn here.

use std::path::Path;
use std::process::Output;

use assert_cmd::Command;
use image::{GrayImage, Luma, imageops};

/// Pixels of a square's side.
const SQUARE: u32 = 72;

/// A board of ten by seven squares, nine by six inner corners, its top left square's corner at `left`, `top` of a picture of 1200x900.
fn board(left: i64, top: i64) -> GrayImage {
    let squares = GrayImage::from_fn(10 * SQUARE, 7 * SQUARE, |x, y| {
        Luma([if (x / SQUARE + y / SQUARE).is_multiple_of(2) {
            30
        } else {
            235
        }])
    });
    let mut picture = GrayImage::from_pixel(1200, 900, Luma([235]));
    imageops::overlay(&mut picture, &squares, left, top);
    imageops::blur(&picture, 0.8)
}

fn calibrate(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::cargo_bin("fishrig").unwrap();
    command.current_dir(folder).arg("calibrate").args(arguments);
    command.output().unwrap()
}

fn words(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn a_board_tells_the_scale_and_a_configuration_takes_it() {
    let folder = tempfile::tempdir().unwrap();
    board(240, 200).save(folder.path().join("board.png")).unwrap();
    let options = ["board.png", "--checkerboard", "9x6", "--square-mm", "20", "--json"];
    let output = calibrate(folder.path(), &options);
    assert_eq!(output.status.code(), Some(0), "{}", words(&output.stderr));
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    // A square of 20 mm has 72 pixels.
    let scale = told["scale"]["pixels_per_cm"].as_f64().unwrap();
    assert!((scale - 36.0).abs() < 0.02, "{scale}");

    std::fs::write(
        folder.path().join("station.toml"),
        "[measure]\ncalibration = \"calibration.toml\"\n",
    )
    .unwrap();
    let mut check = Command::cargo_bin("fishrig").unwrap();
    check
        .current_dir(&folder)
        .args(["config", "check", "station.toml"])
        .assert()
        .code(0);
}

#[test]
fn what_tells_no_scale_is_named_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    board(240, 200).save(folder.path().join("board.png")).unwrap();
    board(700, 200).save(folder.path().join("cut.png")).unwrap();
    let board_options = ["--checkerboard", "9x6", "--square-mm", "20"];

    let some = calibrate(folder.path(), &[&["board.png", "cut.png"], &board_options[..]].concat());
    assert_eq!(some.status.code(), Some(1), "one of two: {}", words(&some.stderr));
    assert!(
        words(&some.stderr).contains("cut.png: tells no scale: "),
        "{}",
        words(&some.stderr)
    );

    let none = calibrate(
        folder.path(),
        &[&["cut.png", "-o", "none.toml"], &board_options[..]].concat(),
    );
    assert_eq!(none.status.code(), Some(2));
    assert!(!folder.path().join("none.toml").exists());

    let other = calibrate(
        folder.path(),
        &["board.png", "--checkerboard", "8x6", "--square-mm", "20"],
    );
    assert_eq!(other.status.code(), Some(2));
    assert!(
        words(&other.stderr).contains("inner corners and not 8x6"),
        "{}",
        words(&other.stderr)
    );

    let ruler = calibrate(folder.path(), &["board.png"]);
    assert_eq!(ruler.status.code(), Some(2), "no ruler lies there");
}

//! `fishrig eval` and `fishrig model compare` as their user runs them.

use std::path::{Path, PathBuf};
use std::process::Output;

use assert_cmd::Command;
use fishrig::frame::Size;
use fishrig::traits::{Trait, TraitMask, TraitSet, label_picture};
use serde_json::Value;

mod common;

fn fishrig() -> Command {
    Command::cargo_bin("fishrig").unwrap()
}

fn data(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data/starter")
        .join(file)
}

fn words(output: &Output) -> String {
    assert!(
        output.status.code() != Some(2),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn parsed(output: &Output) -> Value {
    serde_json::from_str(&words(output)).unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&output.stderr)))
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("no number: {value}"))
}

/// A folder with the drawn crop and the same mirrored, their exact labels, and the masks that ONNX Runtime made of them.
fn drawn() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    for name in ["pictures", "labels", "masks"] {
        std::fs::create_dir(at(name)).unwrap();
    }
    let picture = image::open(data("check_input.png")).unwrap();
    picture.save(at("pictures/left_cropped.png")).unwrap();
    picture.fliph().save(at("pictures/right_crop.png")).unwrap();
    let mask = |name: &str| label_picture::decode_bits(&std::fs::read(data(name)).unwrap()).unwrap();
    for (from, to) in [("check_truth.png", "labels"), ("check_int8.png", "masks")] {
        let mask = mask(from);
        std::fs::write(
            at(to).join("left_traits.png"),
            label_picture::encode_bits(&mask).unwrap(),
        )
        .unwrap();
        std::fs::write(
            at(to).join("right_mask.png"),
            label_picture::encode_bgnn(&mask.mirrored()).unwrap(),
        )
        .unwrap();
    }
    folder
}

fn eval(folder: &Path) -> Command {
    let mut command = fishrig();
    command.current_dir(folder).args(["eval", "--labels", "labels"]);
    command
}

#[test]
fn the_table_says_what_was_scored() {
    let folder = drawn();
    let output = eval(folder.path())
        .args(["--predictions", "masks", "--images", "pictures"])
        .output()
        .unwrap();
    insta::assert_snapshot!(words(&output));
}

#[test]
fn numbers_are_those_of_the_masks() {
    let folder = drawn();
    let output = eval(folder.path())
        .args(["--predictions", "masks", "--json"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0));
    let json = parsed(&output);
    let mask = |name: &str| label_picture::decode_bits(&std::fs::read(data(name)).unwrap()).unwrap();
    let expected = mask("check_int8.png").iou(&mask("check_truth.png")).unwrap();
    let left = json["pictures"]
        .as_array()
        .unwrap()
        .iter()
        .find(|p| p["name"] == "left")
        .unwrap();
    assert!((number(&left["iou"]) - expected).abs() < 1e-6);
    // Painting hides what lies below another trait, so the other picture's masks are not quite the same.
    assert!((number(&json["summary"]["iou"]["value"]) - expected).abs() < 0.01);
    assert_eq!(json["network"], Value::Null);
}

/// Masks in any form that labels may have, also in one file for all pictures: two labellers are compared so.
#[test]
fn masks_may_have_any_form_of_labels() {
    let folder = drawn();
    let forms = ["indexed", "seg-nrrd", "nifti", "labelme", "coco", "cvat"];
    for (form, to) in forms
        .into_iter()
        .zip(["indexed", "seg-nrrd", "nifti", "labelme", "coco.json", "cvat.xml"])
    {
        let convert = [
            "labels",
            "convert",
            "masks",
            "--images",
            "pictures",
            "--overlaps",
            "top",
            "--to",
            form,
            "-o",
            to,
        ];
        let converted = fishrig().current_dir(folder.path()).args(convert).output().unwrap();
        assert!(
            converted.status.success(),
            "{form}: {}",
            String::from_utf8_lossy(&converted.stderr)
        );
    }
    let iou_of = |masks: &str| {
        let output = eval(folder.path())
            .args(["--predictions", masks, "--overlaps", "top", "--json"])
            .output()
            .unwrap();
        let json = parsed(&output);
        assert_eq!(json["pictures"].as_array().unwrap().len(), 2, "{masks}");
        number(&json["summary"]["iou"]["value"])
    };
    let expected = iou_of("indexed");
    for exact in ["seg-nrrd", "nifti", "coco.json", "cvat.xml"] {
        assert_eq!(iou_of(exact), expected, "{exact}");
    }
    // Polygons may lie three quarters of a pixel from the outline.
    assert!((iou_of("labelme") - expected).abs() < 0.02);
}

/// A speck in the air, which costs the score until it is cleaned away.
#[test]
fn masks_are_scored_as_measuring_takes_them_where_that_is_wished() {
    let folder = drawn();
    let path = folder.path().join("masks/left_traits.png");
    let mut mask = label_picture::decode_bits(&std::fs::read(&path).unwrap()).unwrap();
    for (x, y) in (0..6).flat_map(|y| (0..6).map(move |x| (x, y))) {
        mask.set(x, y, TraitSet::EMPTY.with(Trait::AnalFin));
    }
    std::fs::write(&path, label_picture::encode_bits(&mask).unwrap()).unwrap();
    let run = |more: &[&str]| {
        let output = eval(folder.path())
            .args(["--predictions", "masks", "--json"])
            .args(more)
            .output()
            .unwrap();
        parsed(&output)
    };
    let (painted, cleaned) = (run(&[]), run(&["--clean-up"]));
    assert_eq!(
        (&painted["cleaned_up"], &cleaned["cleaned_up"]),
        (&false.into(), &true.into())
    );
    let iou = |json: &Value| number(&json["summary"]["iou"]["value"]);
    assert!(iou(&cleaned) > iou(&painted), "{} and {}", iou(&cleaned), iou(&painted));
}

#[test]
fn the_network_is_run_where_there_are_no_masks() {
    let folder = drawn();
    let run = |more: &[&str]| {
        let output = eval(folder.path())
            .args(["--images", "pictures", "--json"])
            .args(more)
            .output()
            .unwrap();
        parsed(&output)
    };
    let json = run(&[]);
    assert_eq!(json["network"]["name"], "lite0-int8");
    // A drawn fish, of a kind that the network was trained on.
    assert!(number(&json["summary"]["iou"]["value"]) > 0.9, "{}", json["summary"]);
    // The network never learnt rays.
    let scored: Vec<_> = json["summary"]["traits"]
        .as_array()
        .unwrap()
        .iter()
        .map(|t| t["trait"].clone())
        .collect();
    assert!(
        scored.contains(&"head".into()) && !scored.contains(&"caudal_fin_ray".into()),
        "{scored:?}"
    );
    // The crop has the network's size, so that both ways of comparing are one; threads and the order of work change nothing.
    let at_network = run(&["--at", "network", "--jobs", "1"]);
    assert_eq!(json["summary"]["traits"], at_network["summary"]["traits"]);
    assert_eq!(json["summary"]["iou"], at_network["summary"]["iou"]);
    assert_eq!(
        json["summary"]["dice_loss"],
        Value::Null,
        "it is one of probabilities, at the network's size"
    );
    // Near the loss of the masks, which is one minus their F-score, where probabilities are near 0 or 1: those of the starter, which are too sure.
    let sure = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/starter-int8");
    let sure = run(&["--at", "network", "--bundle", sure.to_str().unwrap()]);
    let (loss, iou) = (
        number(&sure["summary"]["dice_loss"]["value"]),
        number(&sure["summary"]["iou"]["value"]),
    );
    let of_masks = 1.0 - 2.0 * iou / (1.0 + iou);
    assert!((loss - of_masks).abs() < 0.02, "{loss}, of masks {of_masks}");
    let chosen = run(&["--traits", "head,caudal_fin_ray"]);
    assert_eq!(chosen["summary"]["traits"].as_array().unwrap().len(), 2);
    assert_eq!(
        run(&["--traits", "all"])["summary"]["traits"].as_array().unwrap().len(),
        12
    );
}

#[test]
fn list_and_sheet_are_written_worst_first() {
    let folder = drawn();
    let output = eval(folder.path())
        .args([
            "--predictions",
            "masks",
            "--list",
            "out/list.csv",
            "--sheet",
            "out/sheet.png",
            "--images",
            "pictures",
        ])
        .output()
        .unwrap();
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let list = std::fs::read_to_string(folder.path().join("out/list.csv")).unwrap();
    let ious: Vec<f64> = list
        .lines()
        .skip(1)
        .map(|row| row.split(',').nth(2).unwrap().parse().unwrap())
        .collect();
    assert!(ious.len() == 2 && ious[0] <= ious[1], "{list}");
    let sheet = image::open(folder.path().join("out/sheet.png")).unwrap();
    assert!(
        sheet.width() > 1500 && sheet.height() > 400,
        "{}x{}",
        sheet.width(),
        sheet.height()
    );
    // A sheet is an output like any other: it never replaces an input.
    let over_label = eval(folder.path())
        .args(["--predictions", "masks", "--sheet", "labels/left_traits.png"])
        .output()
        .unwrap();
    assert_eq!(over_label.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&over_label.stderr).contains("is an input"));
}

#[test]
fn what_has_no_partner_is_named() {
    let folder = drawn();
    let at = |name: &str| folder.path().join(name);
    std::fs::copy(at("labels/left_traits.png"), at("labels/lonely_labels.png")).unwrap();
    std::fs::copy(at("pictures/left_cropped.png"), at("pictures/unlabelled.png")).unwrap();
    std::fs::write(at("labels/broken_mask.png"), b"\x89PNG\r\n\x1a\n").unwrap();
    std::fs::copy(at("pictures/left_cropped.png"), at("pictures/broken.png")).unwrap();
    let output = eval(folder.path()).args(["--images", "pictures"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "some failed");
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(errors.contains("lonely_labels.png: no picture lonely"), "{errors}");
    assert!(errors.contains("broken_mask.png: mask picture"), "{errors}");
    assert!(
        words(&output).contains("without a label: pictures/unlabelled.png"),
        "{}",
        words(&output)
    );

    std::fs::copy(at("pictures/left_cropped.png"), at("pictures/left.png")).unwrap();
    let output = eval(folder.path()).args(["--images", "pictures"]).output().unwrap();
    assert_eq!(
        output.status.code(),
        Some(2),
        "two pictures of one name are no choice for a program"
    );
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        errors.contains("left.png and pictures/left_cropped.png are both the picture of left"),
        "{errors}"
    );
}

#[test]
fn usage_that_can_t_be_is_refused() {
    let folder = drawn();
    for (args, told) in [
        (&["eval"][..], "--labels"),
        (&["eval", "--labels", "pictures/none"], "pictures/none"),
        (
            &["eval", "--labels", "labels", "--traits", "tail"],
            "\"tail\" is no trait",
        ),
        (
            &[
                "eval",
                "--labels",
                "labels",
                "--predictions",
                "masks",
                "--at",
                "network",
            ],
            "needs a network",
        ),
        (
            &[
                "eval",
                "--labels",
                "labels",
                "--predictions",
                "masks",
                "--label-form",
                "ids",
            ],
            "is no class id",
        ),
        (
            &["eval", "--labels", "labels", "--images", "pictures", "--boundary", "2"],
            "0.0001 to 0.5",
        ),
    ] {
        let output = fishrig().current_dir(folder.path()).args(args).output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            output.status.code() == Some(2) && errors.contains(told),
            "{args:?}: {errors}"
        );
    }
}

#[test]
fn a_label_s_json_may_leave_its_picture_or_traits_out() {
    let folder = drawn();
    let at = |name: &str| folder.path().join(name);
    std::fs::write(
        at("labels/left.json"),
        r#"{"medium": "coloured engraving", "picture": "elsewhere/left.png"}"#,
    )
    .unwrap();
    std::fs::write(at("labels/right.json"), r#"{"not_labelled": ["eye"]}"#).unwrap();
    let run = |more: &[&str]| {
        words(
            &eval(folder.path())
                .args(["--predictions", "masks"])
                .args(more)
                .output()
                .unwrap(),
        )
    };
    let without = run(&[]);
    assert!(without.contains("1 picture of 1 specimen,"), "{without}");
    assert!(
        without.contains("left out: left: coloured engraving (--drawings takes it)"),
        "{without}"
    );
    assert!(
        without.contains("not scored, the labeller did not draw them: eye"),
        "{without}"
    );
    assert!(without.contains("one specimen: there are no intervals"), "{without}");
    let with = run(&["--drawings"]);
    assert!(
        with.contains("2 pictures")
            && with.contains("not scored in some pictures, the labeller did not draw them: eye"),
        "{with}"
    );
    let chosen = run(&["--traits", "eye"]);
    assert!(
        chosen.contains("though the network or the labeller said nothing about it: eye"),
        "{chosen}"
    );
}

/// Labels of boxes in whole frames, found by the JSON beside them; and what segment makes of the same frames, placed by its own JSON.
#[test]
fn labels_of_boxes_in_frames_are_scored_in_their_place() {
    let Some(shared) = common::shared("data") else { return };
    let folder = tempfile::tempdir().unwrap();
    let labels = folder.path().join("labels");
    let frames = folder.path().join("frames");
    std::fs::create_dir_all(&labels).unwrap();
    std::fs::create_dir_all(&frames).unwrap();
    for name in ["INHS_FISH_56885", "INHS_FISH_7780"] {
        for ending in [".json", "_labels.png"] {
            let file = format!("{name}{ending}");
            std::fs::copy(shared.join("labels").join(&file), labels.join(&file)).unwrap();
        }
        let frame = format!("{name}.jpg");
        std::fs::copy(shared.join("frames").join(&frame), frames.join(&frame)).unwrap();
    }
    let run = |more: &[&str]| parsed(&eval(folder.path()).arg("--json").args(more).output().unwrap());
    let iou = |json: &Value| {
        assert_eq!(json["summary"]["pictures"], 2, "{json}");
        number(&json["summary"]["iou"]["value"])
    };
    let on_boxes = run(&[]);
    // The network has seen these labels in training; its README says 0.92 for all of them.
    assert!(iou(&on_boxes) > 0.9, "{}", iou(&on_boxes));
    assert_eq!(on_boxes["summary"], run(&["--images", "frames"])["summary"]);
    let located = run(&["--locate"]);
    let segmented = fishrig()
        .current_dir(folder.path())
        .args(["segment", "frames", "-o", "made"])
        .output()
        .unwrap();
    assert_eq!(segmented.status.code(), Some(0));
    let made = run(&["--predictions", "made"]);
    eprintln!(
        "on boxes {:.4}, located {:.4}, made by segment {:.4}",
        iou(&on_boxes),
        iou(&located),
        iou(&made)
    );
    assert!(iou(&located) > 0.85, "{}", iou(&located));
    for (a, b) in located["pictures"]
        .as_array()
        .unwrap()
        .iter()
        .zip(made["pictures"].as_array().unwrap())
    {
        assert_eq!(a["iou"], b["iou"], "locating here is locating there");
    }
}

#[test]
fn a_frame_without_a_fish_counts_as_an_empty_mask() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    for name in ["pictures", "labels"] {
        std::fs::create_dir(at(name)).unwrap();
    }
    image::RgbImage::from_pixel(400, 300, image::Rgb([200; 3]))
        .save(at("pictures/bare.png"))
        .unwrap();
    let label = TraitMask::from_bits(Size::new(400, 300), vec![64; 120_000]).unwrap();
    std::fs::write(
        at("labels/bare_labels.png"),
        label_picture::encode_bgnn(&label).unwrap(),
    )
    .unwrap();
    let output = eval(folder.path())
        .args(["--images", "pictures", "--locate", "--json"])
        .output()
        .unwrap();
    let json = parsed(&output);
    assert_eq!(json["pictures"][0]["note"], "no fish found");
    assert!(number(&json["summary"]["iou"]["value"]) < 1e-9);
    assert_eq!(
        json["summary"]["iou"]["interval"],
        Value::Null,
        "one specimen has no interval"
    );
    let narrow = (0..120_000).map(|i| if i % 400 < 100 { 64 } else { 0 }).collect();
    let narrow = TraitMask::from_bits(Size::new(400, 300), narrow).unwrap();
    std::fs::write(
        at("labels/bare_labels.png"),
        label_picture::encode_bits(&narrow).unwrap(),
    )
    .unwrap();
    let output = eval(folder.path()).args(["--images", "pictures"]).output().unwrap();
    let told = words(&output);
    assert!(
        told.contains("bare: the fish fills only 25 % of the picture's width") && told.contains("--locate"),
        "{told}"
    );
}

/// `models/README.md`: int8 against float.
#[test]
fn the_shipped_bundles_agree_as_their_readme_says() {
    let Some(crops) = common::shared("data/crops") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
    let pictures = [
        "eol_fish_example.jpg",
        "sashimi_349357957.jpg",
        "sashimi_m346327811.jpg",
    ];
    let run = |more: &[&str]| {
        let mut command = fishrig();
        command
            .current_dir(folder.path())
            .args(["model", "compare"])
            .args([models.join("lite0-float"), models.join("lite0-int8")])
            .args(["--cropped", "--frames"])
            .args(pictures.map(|name| crops.join(name)))
            .args(more);
        command.output().unwrap()
    };
    let json = parsed(&run(&["--json", "--sheet", "sheet.png"]));
    let least = number(&json["pictures"][0]["iou"]);
    let mean = number(&json["summary"]["iou"]["value"]);
    eprintln!("int8 against float on three crops: mean {mean:.4}, least {least:.4}");
    assert!(mean > 0.985 && least > 0.98 && mean < 1.0, "mean {mean}, least {least}");
    assert_eq!(
        (json["a"]["bytes"].as_u64(), json["b"]["bytes"].as_u64()),
        (Some(12_959_671), Some(3_486_554))
    );
    assert!(number(&json["time_ratio"]) > 0.0 && json["runs"].as_u64() >= Some(6));
    assert!(image::open(folder.path().join("sheet.png")).unwrap().width() > 2000);
}

#[test]
fn a_frame_without_a_fish_is_no_comparison() {
    let folder = drawn();
    let bare = folder.path().join("pictures/bare.png");
    image::RgbImage::from_pixel(400, 300, image::Rgb([200; 3]))
        .save(&bare)
        .unwrap();
    let bundle = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/starter-int8");
    let output = fishrig()
        .args(["model", "compare"])
        .args([&bundle, &bundle])
        .arg("--frames")
        .args([&bare, &folder.path().join("pictures/left_cropped.png")])
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(errors.contains("bare.png: no fish found"), "{errors}");
    assert!(
        output.status.code() == Some(1) || errors.contains("left_cropped.png: no fish"),
        "{errors}"
    );
}

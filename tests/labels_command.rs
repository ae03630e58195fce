//! `fishrig labels`, `fishrig eval` and `fishrig store export --layout labels` as their user runs them.

#![allow(clippy::unwrap_used, reason = "part of the tests")]

mod store_support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use assert_cmd::Command;
use fishrig::frame::Size;
use fishrig::labels::{Document, Reading};
use fishrig::store::{Archive, Store};
use fishrig::traits::{Trait, TraitMask, label_picture};
use serde_json::Value;
use store_support::{draft, moment, picture, settings};

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data/labels")
        .join(name)
}

/// A folder with the pictures of the fixtures, their names and sizes, and one without a label.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("pictures")).unwrap();
    for (i, name) in ["one.png", "two.png", "unlabelled.png"].into_iter().enumerate() {
        let path = folder.path().join("pictures").join(name);
        picture(Size::new(40, 24), i as u32).save(path).unwrap();
    }
    for name in ["coco.json", "cvat.xml", "slicer.seg.nrrd"] {
        fs::copy(data(name), folder.path().join(name)).unwrap();
    }
    folder
}

fn fishrig(folder: &Path, words: &[&str]) -> Output {
    let mut command = Command::cargo_bin("fishrig").unwrap();
    command.current_dir(folder).args(words).output().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn truth(name: &str) -> TraitMask {
    let truths: Value = serde_json::from_slice(&fs::read(data("truth.json")).unwrap()).unwrap();
    let bits: Vec<u16> = serde_json::from_value(truths[name]["bits"].clone()).unwrap();
    TraitMask::from_bits(Size::new(40, 24), bits).unwrap()
}

fn label(path: PathBuf, within: Option<&str>) -> TraitMask {
    let document = Document::of(fs::read(path).unwrap()).unwrap();
    document.label(within, &Reading::default(), None).unwrap().mask
}

#[test]
fn labels_are_checked_picture_by_picture() {
    let folder = folder();
    let output = fishrig(folder.path(), &["labels", "check", "coco.json", "--images", "pictures"]);
    assert_eq!(
        output.status.code(),
        Some(1),
        "the picture of one label is missing: {}",
        err(&output)
    );
    assert!(
        out(&output).starts_with("one: 40x24, adipose fin 4, "),
        "{}",
        out(&output)
    );
    let said = err(&output);
    for words in [
        "coco.json: no picture three for this label in --images",
        "without a label: pictures/unlabelled.png",
        "2 labels read, 1 pictures without a label, 1 failed",
    ] {
        assert!(said.contains(words), "{said}");
    }
    // Nothing is asked of pictures where none are given; JSON has the same numbers.
    let output = fishrig(folder.path(), &["labels", "check", "coco.json", "--json"]);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    let lines: Vec<Value> = out(&output)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 3);
    assert_eq!(lines[0]["pixels"]["adipos_fin"], 4);
    // A class that is no trait refuses the picture, and no other.
    let output = fishrig(folder.path(), &["labels", "check", "cvat.xml"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        err(&output).contains("cvat.xml (three & more): no traits:"),
        "{}",
        err(&output)
    );
    assert!(err(&output).contains("2 labels read, 1 failed"));
    let output = fishrig(folder.path(), &["labels", "check", "cvat.xml", "--unknown", "skip"]);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    assert!(
        out(&output).contains("three & more: 40x24, no trait; left out, no traits:"),
        "{}",
        out(&output)
    );
}

#[test]
fn labels_go_through_every_format_and_back() {
    let folder = folder();
    let truth = truth("slicer.seg.nrrd");
    fs::create_dir(folder.path().join("slicer")).unwrap();
    fs::copy(
        data("slicer.seg.nrrd"),
        folder.path().join("slicer/one_labels.seg.nrrd"),
    )
    .unwrap();
    let mut from = "slicer".to_owned();
    for (to, output, file, within) in [
        ("coco", "a.json", "a.json", Some("one")),
        ("cvat", "b.xml", "b.xml", Some("one")),
        ("bits", "c", "c/one_traits.png", None),
        ("labelme", "pictures", "pictures/one.json", None),
        ("seg-nrrd", "e", "e/one_labels.seg.nrrd", None),
    ] {
        let words = [
            "labels",
            "convert",
            &from,
            "--images",
            "pictures/one.png",
            "--to",
            to,
            "-o",
            output,
            "--tolerance",
            "0",
        ];
        let converted = fishrig(folder.path(), &words);
        assert_eq!(converted.status.code(), Some(0), "{to}: {}", err(&converted));
        assert!(label(folder.path().join(file), within) == truth, "{to}");
        // What is there is not overwritten.
        let again = fishrig(folder.path(), &words);
        assert!(
            again.status.code() != Some(0) && err(&again).contains("--replace"),
            "{}",
            err(&again)
        );
        from = file.to_owned();
    }
    // LabelMe finds the picture from where the JSON is.
    let labelme: Value = serde_json::from_slice(&fs::read(folder.path().join("pictures/one.json")).unwrap()).unwrap();
    assert_eq!(labelme["imagePath"], "one.png");
    for to in ["indexed", "grey", "colours", "nrrd", "nifti"] {
        let words = ["labels", "convert", "e/one_labels.seg.nrrd", "--to", to, "-o", to];
        let refused = fishrig(folder.path(), &words);
        assert_eq!(refused.status.code(), Some(1));
        assert!(err(&refused).contains("--overlaps top"), "{}", err(&refused));
        let converted = fishrig(folder.path(), &[&words[..], &["--overlaps", "top"]].concat());
        assert_eq!(converted.status.code(), Some(0), "{}", err(&converted));
        let written = fs::read_dir(folder.path().join(to))
            .unwrap()
            .next()
            .unwrap()
            .unwrap()
            .path();
        assert!(label(written, None) == fishrig::labels::visible_only(&truth), "{to}");
    }
}

#[test]
fn wrong_sizes_and_missing_labels_are_as_the_user_says() {
    let folder = folder();
    picture(Size::new(80, 48), 1)
        .save(folder.path().join("pictures/one.png"))
        .unwrap();
    let convert = |more: &[&str], output: &str| {
        let words = [
            "labels",
            "convert",
            "coco.json",
            "--images",
            "pictures",
            "--to",
            "bits",
            "-o",
            output,
        ];
        fishrig(folder.path(), &[&words[..], more].concat())
    };
    let output = convert(&[], "a");
    assert!(
        err(&output).contains("the label is one of 40x24, and the picture is of 80x48"),
        "{}",
        err(&output)
    );
    assert!(
        err(&output).contains("1 labels written to a, 1 pictures without a label, 2 failed"),
        "{}",
        err(&output)
    );
    let output = convert(&["--wrong-size", "skip", "--without-label", "refuse"], "b");
    assert!(
        err(&output).contains("1 labels written to b, 1 left out, 2 failed"),
        "{}",
        err(&output)
    );
    let output = convert(&["--wrong-size", "stretch", "--without-label", "empty"], "c");
    assert!(
        err(&output).contains("3 labels written to c, 1 failed"),
        "{}",
        err(&output)
    );
    assert!(label(folder.path().join("c/one_traits.png"), None) == truth("coco.json one").resized(Size::new(80, 48)));
    let empty = label_picture::decode_bits(&fs::read(folder.path().join("c/unlabelled_traits.png")).unwrap()).unwrap();
    assert!(empty.present().is_empty() && empty.size() == Size::new(40, 24));
}

#[test]
fn a_label_of_a_part_becomes_one_of_the_whole_picture() {
    let folder = folder();
    let labels = folder.path().join("labels");
    fs::create_dir(&labels).unwrap();
    let part = truth("coco.json three");
    fs::write(
        labels.join("big_labels.png"),
        label_picture::encode_bits(&part).unwrap(),
    )
    .unwrap();
    fs::write(
        labels.join("big.json"),
        r#"{"picture": "big.png", "crop_box_xywh": [7, 5, 40, 24]}"#,
    )
    .unwrap();
    picture(Size::new(60, 50), 3)
        .save(folder.path().join("big.png"))
        .unwrap();
    let words = [
        "labels", "convert", "labels", "--images", "big.png", "--to", "coco", "-o", "out.json",
    ];
    let output = fishrig(folder.path(), &words);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    let whole = label(folder.path().join("out.json"), Some("big"));
    assert_eq!(whole.size(), Size::new(60, 50));
    assert_eq!(whole.get(7 + 9, 5 + 9), part.get(9, 9));
    assert_eq!(whole.pixel_counts(), part.pixel_counts());
}

#[test]
fn wrong_words_are_refused() {
    let folder = folder();
    for (words, told) in [
        (&["labels", "check", "none"][..], "none"),
        (&["labels", "check", "pictures/none.json"], "none.json"),
        (&["labels", "check", "coco.json", "--map", "tail"], "no ="),
        (&["labels", "check", "coco.json", "--map", "tail=fin"], "no trait"),
        (
            &["labels", "convert", "coco.json", "--to", "coco", "-o", "coco.json"],
            "--replace",
        ),
        (
            &[
                "labels",
                "convert",
                "coco.json",
                "--to",
                "labelme",
                "-o",
                "x",
                "--tolerance=-1",
            ],
            "0 to 10",
        ),
        (
            &["store", "export", "--root", ".", "--layout", "labels", "-o", "x"],
            "--form",
        ),
    ] {
        let output = fishrig(folder.path(), words);
        assert_eq!(output.status.code(), Some(2), "{words:?}: {}", err(&output));
        assert!(err(&output).contains(told), "{words:?}: {}", err(&output));
    }
}

#[test]
fn eval_takes_labels_of_every_kind() {
    let folder = folder();
    let masks = folder.path().join("masks");
    fs::create_dir(&masks).unwrap();
    for name in ["one", "two"] {
        let mask = truth(&format!("coco.json {name}"));
        fs::write(
            masks.join(format!("{name}_traits.png")),
            label_picture::encode_bits(&mask).unwrap(),
        )
        .unwrap();
    }
    fs::create_dir(folder.path().join("slicer")).unwrap();
    fs::copy(data("slicer.seg.nrrd"), folder.path().join("slicer/one-label.seg.nrrd")).unwrap();
    fs::write(
        folder.path().join("pairs.csv"),
        "name,picture,label\na,pictures/one.png,coco.json\none,,slicer/one-label.seg.nrrd\n",
    )
    .unwrap();
    let eval = |more: &[&str]| {
        let output = fishrig(
            folder.path(),
            &[&["eval", "--predictions", "masks", "--json"], more].concat(),
        );
        let json: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", err(&output)));
        (output.status.code(), json, err(&output))
    };
    let (code, json, said) = eval(&["--labels", "coco.json", "--images", "pictures"]);
    assert_eq!(code, Some(1));
    assert_eq!(
        (json["pictures"].as_array().unwrap().len(), &json["pictures"][0]["iou"]),
        (2, &Value::from(1.0))
    );
    assert!(said.contains("no mask of three"), "{said}");
    let (code, json, said) = eval(&["--labels", "slicer"]);
    assert_eq!(
        (code, &json["summary"]["iou"]["value"]),
        (Some(0), &Value::from(1.0)),
        "{said}"
    );
    let (_, json, said) = eval(&["--pairs", "pairs.csv"]);
    assert_eq!(json["pictures"].as_array().unwrap().len(), 1, "{said}");
    // A class that is no trait: the picture can't be scored, or is without it.
    let (_, json, said) = eval(&["--labels", "cvat.xml", "--unknown", "skip"]);
    assert_eq!(json["pictures"].as_array().unwrap().len(), 2, "{said}");
    picture(Size::new(20, 16), 1)
        .save(folder.path().join("pictures/two.png"))
        .unwrap();
    let (_, json, _) = eval(&["--labels", "coco.json", "--images", "pictures", "--wrong-size", "skip"]);
    assert_eq!(json["left_out"][0]["name"], "two");
}

#[test]
fn masks_of_records_are_handed_out_and_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("records");
    let mut store = Store::open(settings(&root)).unwrap();
    for (i, name) in ["first", "second"].into_iter().enumerate() {
        store.commit_at(&draft(name, i as u32), moment(i as i64)).unwrap();
    }
    let mut empty = draft("empty", 5);
    empty.fish = None;
    store.commit_at(&empty, moment(9)).unwrap();
    let archive = Archive::open(&root).unwrap();
    let truth = |name: &str| {
        let place = archive.find(&store_support::id(name)).unwrap();
        label_picture::decode_bits(&fs::read(place.directory.join(format!("{name}_traits.png"))).unwrap()).unwrap()
    };
    assert!(truth("first").present().contains(Trait::Eye));
    for (form, file, within) in [
        ("labelme", "first_cropped.json", None),
        ("seg-nrrd", "first_labels.seg.nrrd", None),
        ("bits", "first_traits.png", None),
        ("coco", "annotations.json", Some("first")),
        ("cvat", "annotations.xml", Some("first")),
    ] {
        let words = [
            "store",
            "export",
            "--layout",
            "labels",
            "--form",
            form,
            "-o",
            form,
            "--tolerance",
            "0",
        ];
        let output = fishrig(folder.path(), &words);
        assert_eq!(output.status.code(), Some(0), "{form}: {}", err(&output));
        assert!(out(&output).contains("2 records in"), "{}", out(&output));
        let written = folder.path().join(form);
        assert!(label(written.join(file), within) == truth("first"), "{form}");
        assert!(written.join("first_cropped.jpg").is_file() && written.join("SHA256SUMS").is_file());
        // The same again is the same; what was corrected is left alone.
        assert_eq!(fishrig(folder.path(), &words).status.code(), Some(0));
        fs::write(written.join(file), "mine").unwrap();
        let again = fishrig(folder.path(), &words);
        assert!(again.status.code() != Some(0), "{form}");
        assert_eq!(fs::read(written.join(file)).unwrap(), b"mine");
    }
    // Back into masks, by the folder alone.
    fs::remove_file(folder.path().join("labelme/first_cropped.json")).unwrap();
    let output = fishrig(
        folder.path(),
        &["labels", "convert", "labelme", "--to", "bits", "-o", "back"],
    );
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    assert!(err(&output).contains("1 labels written to back"), "{}", err(&output));
    assert!(label(folder.path().join("back/second_traits.png"), None) == truth("second"));
    let grey = ["store", "export", "--layout", "labels", "--form", "grey", "-o", "grey"];
    let output = fishrig(folder.path(), &grey);
    assert!(
        output.status.code() == Some(1) && out(&output).contains("several traits"),
        "{}",
        out(&output)
    );
    let output = fishrig(folder.path(), &[&grey[..], &["--overlaps", "top"]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", out(&output));
}

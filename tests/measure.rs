//! `fishrig measure` as its user runs it.

use std::path::{Path, PathBuf};

use assert_cmd::Command;
use fishrig::labels::{Collection, Shapes, Target, encoded};
use fishrig::traits::{Trait, TraitSet, label_picture};

fn fishrig() -> Command {
    Command::cargo_bin("fishrig").unwrap()
}

fn drawn(name: &str) -> PathBuf {
    let file = format!("tests/data/morphology/{name}_segmented.png");
    Path::new(env!("CARGO_MANIFEST_DIR")).join(file)
}

/// A folder with some of the drawn masks in it.
fn folder_of(names: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in names {
        let copy = folder.path().join(format!("{name}_segmented.png"));
        std::fs::copy(drawn(name), copy).unwrap();
    }
    folder
}

fn json_lines(output: &std::process::Output) -> Vec<serde_json::Value> {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_folder_of_masks_gives_the_original_s_files_and_a_table() {
    let folder = folder_of(&["level", "tilted", "eye_without_head"]);
    fishrig()
        .current_dir(&folder)
        .args([
            "measure",
            ".",
            "-o",
            "out",
            "--csv",
            "out/table.csv",
            "--landmark-pictures",
        ])
        .assert()
        .code(0);
    let out = folder.path().join("out");
    for name in ["level", "tilted"] {
        for part in ["presence", "landmark", "morphology"] {
            let file = format!("{name}_{part}.json");
            let theirs = std::fs::read(drawn(name).with_file_name(&file)).unwrap();
            assert_eq!(std::fs::read(out.join(&file)).unwrap(), theirs, "{file}");
        }
        let picture = image::open(out.join(format!("{name}_landmark.png"))).unwrap();
        assert_eq!((picture.width(), picture.height()), (200, 80));
    }
    assert!(!out.join("eye_without_head_presence.json").exists());
    let mut table = csv::Reader::from_path(out.join("table.csv")).unwrap();
    let header = table.headers().unwrap().clone();
    let rows: Vec<_> = table.records().map(Result::unwrap).collect();
    let cell = |row: usize, name: &str| rows[row][header.iter().position(|h| h == name).unwrap()].to_owned();
    assert_eq!(rows.len(), 3);
    assert_eq!(cell(0, "base_name"), "eye_without_head");
    assert!(cell(0, "morphology_analysis_crash").contains("no head") && cell(0, "SL_lm").is_empty());
    let morphology = std::fs::read(drawn("level").with_file_name("level_morphology.json")).unwrap();
    let morphology: serde_json::Value = serde_json::from_slice(&morphology).unwrap();
    for key in ["SL_bbox", "SL_lm", "EA_m", "FA_lm"] {
        assert_eq!(cell(1, key), morphology[key].to_string(), "{key}");
    }
    assert_eq!(cell(1, "scale"), "None");
    let length: f64 = cell(2, "standard_length_px").parse().unwrap();
    assert!((140.0..150.0).contains(&length), "{length}");
}

#[test]
fn a_second_run_does_nothing_again_until_mask_or_metadata_change() {
    let folder = folder_of(&["level"]);
    let at = |name: &str| folder.path().join(name);
    let run = |more: &[&str]| {
        let mut command = fishrig();
        command
            .current_dir(&folder)
            .args(["measure", ".", "-o", "out"])
            .args(more);
        String::from_utf8(command.output().unwrap().stderr).unwrap()
    };
    assert!(run(&[]).contains("1 measured"));
    assert!(run(&[]).contains("1 done before"));
    assert!(run(&["--again"]).contains("1 measured"));
    assert!(
        run(&["--landmark-pictures"]).contains("1 measured"),
        "a picture was missing"
    );
    assert!(run(&["--no-clean-up"]).contains("1 measured"), "cleaned up before");
    assert!(run(&["--no-clean-up"]).contains("1 done before"));
    std::fs::remove_file(at("out/level_landmark.json")).unwrap();
    assert!(run(&[]).contains("1 measured"), "a missing result is made anew");
    std::fs::write(at("level.json"), r#"{"ruler": {"scale": 50.1234567, "unit": "cm"}}"#).unwrap();
    assert!(run(&[]).contains("1 measured"), "metadata that was not there before");
    let morphology = std::fs::read_to_string(at("out/level_morphology.json")).unwrap();
    assert!(
        morphology.ends_with(r#""scale": 50.123, "unit": "cm"}"#),
        "{morphology}"
    );
    std::fs::copy(drawn("fish_in_pieces"), at("level_segmented.png")).unwrap();
    assert!(run(&[]).contains("1 measured"), "another mask under the old name");
    assert!(
        !at("out/level_morphology.json").exists(),
        "the other mask's numbers are gone"
    );
}

#[test]
fn a_fin_in_the_air_lengthens_the_fish_only_where_nothing_is_cleaned_up() {
    let folder = folder_of(&["level"]);
    let path = folder.path().join("level_segmented.png");
    let mut mask = label_picture::read(&std::fs::read(&path).unwrap(), None).unwrap().0;
    let tail = mask.bounding_box(TraitSet::EMPTY.with(Trait::CaudalFin)).unwrap();
    let right = mask.size().width - 1;
    assert!(tail.right + 4 < right, "there is room behind the tail");
    for y in tail.top..tail.bottom {
        (right - 2..=right).for_each(|x| mask.set(x, y, TraitSet::EMPTY.with(Trait::CaudalFin)));
    }
    std::fs::write(&path, label_picture::encode_bgnn(&mask).unwrap()).unwrap();
    let total_length = |more: &[&str]| {
        let mut command = fishrig();
        let command = command
            .current_dir(&folder)
            .args(["measure", ".", "-o", "out", "--json"]);
        let measured = &json_lines(&command.args(more).output().unwrap())[0];
        measured["measurements"]["values"]["total_length"]["picture"]["value"]
            .as_f64()
            .unwrap_or_else(|| panic!("no total length: {measured:#}"))
    };
    let (cleaned, painted) = (total_length(&[]), total_length(&["--no-clean-up"]));
    assert!(cleaned + 5.0 < painted, "{cleaned} and {painted} pixels");
}

#[test]
fn the_scale_gives_centimetres_only_where_it_holds_for_the_mask() {
    let folder = folder_of(&["level"]);
    let write = |bbox: &str| {
        let metadata = format!(r#"{{"fish": {{"bbox": {bbox}}}, "ruler": {{"scale": 50.0, "unit": "cm"}}}}"#);
        std::fs::create_dir_all(folder.path().join("Metadata")).unwrap();
        std::fs::write(folder.path().join("Metadata/level.json"), metadata).unwrap();
    };
    let run = || {
        let mut command = fishrig();
        command.current_dir(&folder);
        command.args(["measure", ".", "-o", "out", "--metadata", "Metadata", "--json"]);
        json_lines(&command.output().unwrap()).remove(0)
    };
    write("[100, 50, 291, 127]");
    let length = &run()["measurements"]["values"]["standard_length"];
    let (pixels, cm) = (&length["picture"]["value"], &length["specimen"]["value"]);
    assert!(
        (pixels.as_f64().unwrap() / cm.as_f64().unwrap() - 50.0).abs() < 1e-9,
        "{length}"
    );
    write("[100, 50, 3000, 1250]");
    let result = run();
    assert!(result["measurements"]["values"]["standard_length"]["specimen"].is_null());
    assert!(result["notes"][0].as_str().unwrap().contains("2900x1200"), "{result}");
    assert_eq!(
        result["morphology"]["scale"], 50.0,
        "the original's file has it all the same"
    );
}

#[test]
fn bad_masks_are_named_and_the_rest_goes_on() {
    let folder = folder_of(&["level", "no_eye", "pieces_and_holes", "empty", "one_pixel"]);
    let at = |name: &str| folder.path().join(name);
    std::fs::create_dir(at("no_masks")).unwrap();
    std::fs::write(at("zero_segmented.png"), b"").unwrap();
    let whole = std::fs::read(drawn("level")).unwrap();
    std::fs::write(at("truncated_segmented.png"), &whole[..whole.len() / 2]).unwrap();
    let mut huge = whole.clone();
    huge[16..24].copy_from_slice(&[0, 1, 0, 0, 0, 1, 0, 0]);
    let mut checksum = flate2::Crc::new();
    checksum.update(&huge[12..29]);
    huge[29..33].copy_from_slice(&checksum.sum().to_be_bytes());
    std::fs::write(at("huge_segmented.png"), huge).unwrap();
    std::fs::copy(drawn("tilted"), at("bad_metadata_segmented.png")).unwrap();
    std::fs::write(at("bad_metadata.json"), "{}").unwrap();
    image::RgbImage::from_pixel(1, 1, image::Rgb([0, 124, 124]))
        .save(at("tiny_segmented.png"))
        .unwrap();
    let output = fishrig()
        .current_dir(&folder)
        .args(["measure", ".", "no_masks", "gone_segmented.png", "-o", "out", "--json"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let lines = json_lines(&output);
    let find = |name: &str| {
        let named = |line: &&serde_json::Value| line["picture"].as_str().unwrap().contains(name);
        lines
            .iter()
            .find(named)
            .unwrap_or_else(|| panic!("{name} is not named"))
    };
    for (name, word) in [
        ("empty", "empty"),
        ("zero", "neither PNG nor TIFF"),
        ("truncated", "mask picture"),
        ("huge", "65536x65536"),
        ("bad_metadata", "ruler"),
        ("no_masks", "no mask"),
        ("gone", "No such file"),
    ] {
        let error = find(name)["error"].as_str().unwrap_or_default();
        assert!(error.contains(word), "{name}: {error}");
    }
    for (name, word) in [
        ("no_eye", "no eye"),
        ("pieces_and_holes", "[127, 0, 0] at column 170, row 60"),
    ] {
        let notes = find(name)["notes"].to_string();
        assert!(notes.contains(word), "{name}: {notes}");
    }
    for measured in ["level", "no_eye", "pieces_and_holes", "one_pixel", "tiny"] {
        assert!(find(measured)["error"].is_null(), "{measured}");
    }
}

#[test]
fn palettes_tiffs_and_trait_bits_tell_the_same() {
    let folder = folder_of(&[]);
    let at = |name: &str| folder.path().join(name);
    let picture = image::open(drawn("level")).unwrap().into_rgb8();
    let mask = label_picture::from_bgnn(&picture).unwrap();
    for kind in ["tiff", "bits", "bits16tiff"] {
        std::fs::create_dir(at(kind)).unwrap();
    }
    picture.save(at("tiff/level_segmented.tif")).unwrap();
    std::fs::write(at("bits/level_traits.png"), label_picture::encode_bits(&mask).unwrap()).unwrap();
    // Where both are there, the bits are taken.
    std::fs::write(at("bits/level_segmented.png"), b"").unwrap();
    let size = mask.size();
    image::ImageBuffer::<image::Luma<u16>, _>::from_raw(size.width, size.height, mask.bits().to_vec())
        .unwrap()
        .save(at("bits16tiff/level_traits.tiff"))
        .unwrap();
    let theirs = std::fs::read(drawn("level").with_file_name("level_morphology.json")).unwrap();
    for kind in ["tiff", "bits", "bits16tiff"] {
        fishrig().current_dir(at(kind)).args(["measure", "."]).assert().code(0);
        let ours = std::fs::read(at(kind).join("measured/level_morphology.json")).unwrap();
        assert_eq!(ours, theirs, "{kind}");
    }
}

#[test]
fn corrected_masks_are_measured_as_the_labelling_program_saved_them() {
    let picture = image::open(drawn("level")).unwrap().into_rgb8();
    let mask = label_picture::from_bgnn(&picture).unwrap();
    let theirs = std::fs::read(drawn("level").with_file_name("level_morphology.json")).unwrap();
    for target in Target::ALL {
        let folder = folder_of(&[]);
        let at = |name: &str| folder.path().join(name);
        let shapes = match target {
            Target::LabelMe => Shapes::Polygons { tolerance: 0.0 },
            _ => Shapes::Masks,
        };
        let file = match target {
            Target::LabelMe => "level_cropped.json".to_owned(),
            _ if target.form().holds_many() => target.ending().to_owned(),
            _ => format!("level{}", target.ending()),
        };
        let content = if target.form().holds_many() {
            let mut collection = Collection::new(target).unwrap();
            collection.add("level_cropped.jpg", &mask, shapes);
            collection.add("other.jpg", &mask, shapes);
            collection.finish()
        } else {
            encoded(target, &mask, "level_cropped.jpg", shapes).unwrap()
        };
        std::fs::write(at(&file), content).unwrap();
        // What lies beside masks is no mask, and gives the scale.
        std::fs::write(at("level.json"), r#"{"ruler": {"scale": 50.0, "unit": "cm"}}"#).unwrap();
        for paths in [".", &file] {
            let measured = fishrig()
                .current_dir(&folder)
                .args(["measure", paths, "--json"])
                .output()
                .unwrap();
            assert_eq!(measured.status.code(), Some(0), "{target:?}: {measured:?}");
            let lines = json_lines(&measured);
            assert_eq!(
                lines.len(),
                if target.form().holds_many() { 2 } else { 1 },
                "{target:?}"
            );
            let length = lines[0]["measurements"]["values"]["standard_length"]["specimen"]["value"].as_f64();
            assert!(
                length.is_some_and(|cm| (2.8..3.0).contains(&cm)),
                "{target:?}: {}",
                lines[0]
            );
            let ours = std::fs::read_to_string(at("measured/level_morphology.json")).unwrap();
            let scaled = String::from_utf8(theirs.clone()).unwrap();
            let scaled = scaled.replace(r#""scale": "None", "unit": "None""#, r#""scale": 50.0, "unit": "cm""#);
            assert_eq!(ours, scaled, "{target:?}");
        }
        let again = fishrig().current_dir(&folder).args(["measure", "."]).output().unwrap();
        let named = String::from_utf8_lossy(&again.stdout).contains("(other): done before");
        assert_eq!(named, target.form().holds_many(), "{target:?}");
        assert!(
            String::from_utf8_lossy(&again.stderr).contains("done before"),
            "{target:?}"
        );
    }
}

#[test]
fn what_a_labeller_says_beside_a_label_is_no_metadata() {
    let folder = folder_of(&[]);
    let at = |name: &str| folder.path().join(name);
    let picture = image::open(drawn("level")).unwrap().into_rgb8();
    let mask = label_picture::from_bgnn(&picture).unwrap();
    let label = encoded(Target::Indexed, &mask, "level.jpg", Shapes::Masks).unwrap();
    std::fs::write(at("level_labels.png"), label).unwrap();
    let says = r#"{"picture": "frames/level.jpg", "crop_box_xywh": [10, 20, 200, 80]}"#;
    std::fs::write(at("level.json"), says).unwrap();
    let run = |metadata: &[&str]| {
        let mut command = fishrig();
        let arguments = ["measure", ".", "--json", "--again"];
        let output = command.current_dir(&folder).args(arguments).args(metadata).output();
        json_lines(&output.unwrap()).remove(0)
    };
    assert!(run(&[])["metadata"].is_null());
    std::fs::create_dir(at("metadata")).unwrap();
    std::fs::write(at("metadata/level.json"), r#"{"ruler": {"scale": 50.0, "unit": "cm"}}"#).unwrap();
    let scaled = run(&["--metadata", "metadata"]);
    assert_eq!(scaled["metadata"]["file"], "metadata/level.json");
}

#[test]
fn classes_of_other_names_are_said_and_remembered() {
    let folder = folder_of(&[]);
    let picture = image::open(drawn("level")).unwrap().into_rgb8();
    let mask = label_picture::from_bgnn(&picture).unwrap();
    let exact = Shapes::Polygons { tolerance: 0.0 };
    let label = encoded(Target::LabelMe, &mask, "level.jpg", exact).unwrap();
    let label = String::from_utf8(label).unwrap().replace("\"caudal_fin\"", "\"tail\"");
    std::fs::write(folder.path().join("level.json"), label).unwrap();
    let run = |more: &[&str]| {
        let mut command = fishrig();
        let output = command
            .current_dir(&folder)
            .args(["measure", "."])
            .args(more)
            .output()
            .unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, words) = run(&[]);
    assert!(
        code == Some(1) && words.contains("tail") && words.contains("--map"),
        "{words}"
    );
    let map = ["--map", "tail=caudal_fin"];
    assert!(run(&map).1.contains("1 measured"));
    assert!(run(&map).1.contains("done before"));
    let (code, words) = run(&["--unknown", "skip"]);
    assert!(
        code == Some(0) && words.contains("1 measured"),
        "read another way: {words}"
    );
}

#[test]
fn wrong_usage_is_told_from_bad_masks() {
    let folder = folder_of(&["level"]);
    fishrig().current_dir(&folder).arg("measure").assert().code(2);
    let mut no_folder = fishrig();
    no_folder
        .current_dir(&folder)
        .args(["measure", ".", "--metadata", "gone"]);
    no_folder.assert().code(2);
}

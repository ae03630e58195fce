//! Label files that other programs wrote, and what must be refused.
//!
//! `tests/data/labels` was made by `make.py` there with SimpleITK (which is what 3D Slicer reads and writes with), nibabel, pynrrd, pycocotools,
//! LabelMe's own fill and Pillow; `truth.json` is what those programs say is in the files.

#![allow(clippy::unwrap_used, reason = "part of the tests")]

use std::io::Write;
use std::path::{Path, PathBuf};

use fishrig::frame::Size;
use fishrig::labels::{Document, Form, LabelsError, Library, Overlaps, Reading, Unknown, visible_only};
use fishrig::traits::{Trait, TraitMask, TraitSet};
use proptest::prelude::*;
use serde_json::Value;

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data/labels")
        .join(name)
}

fn file(name: &str) -> Vec<u8> {
    std::fs::read(data(name)).unwrap()
}

fn truths() -> serde_json::Map<String, Value> {
    match serde_json::from_slice(&file("truth.json")).unwrap() {
        Value::Object(truths) => truths,
        other => panic!("{other}"),
    }
}

fn mask_of(truth: &Value) -> TraitMask {
    let size: [u32; 2] = serde_json::from_value(truth["size"].clone()).unwrap();
    let bits: Vec<u16> = serde_json::from_value(truth["bits"].clone()).unwrap();
    TraitMask::from_bits(Size::new(size[0], size[1]), bits).unwrap()
}

fn read(content: &[u8], within: Option<&str>, reading: &Reading) -> Result<TraitMask, LabelsError> {
    let picture = Some(Size::new(40, 24));
    Ok(Document::of(content.to_vec())?.label(within, reading, picture)?.mask)
}

fn refusal(content: &[u8]) -> String {
    match Document::of(content.to_vec()).and_then(|document| document.label(None, &Reading::default(), None)) {
        Ok(label) => panic!("was read as {:?}", label.mask),
        Err(error) => error.to_string(),
    }
}

#[test]
fn every_file_of_other_programs_is_read_as_they_read_it() {
    let mut count = 0;
    for (name, truth) in truths().iter().filter(|(_, truth)| truth.get("bits").is_some()) {
        let (path, within) = name
            .split_once(' ')
            .map_or((name.as_str(), None), |(path, within)| (path, Some(within)));
        let reading = Reading::default();
        let found = read(&file(path), within, &reading).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert!(found == mask_of(truth), "{name}: {found:?}, not {:?}", mask_of(truth));
        count += 1;
    }
    assert_eq!(count, 30);
}

#[test]
fn as_stored_takes_the_order_of_the_file() {
    let reading = Reading {
        as_stored: true,
        ..Reading::default()
    };
    let truths = truths();
    let upright = mask_of(&truths["itk.nrrd"]);
    for name in ["nib_ras.nii.gz", "nib_lps.nii.gz", "itk.nrrd", "itk.nii.gz"] {
        assert!(read(&file(name), None, &reading).unwrap() == upright, "{name}");
    }
    assert!(read(&file("itk_mirrored.nrrd"), None, &reading).unwrap() == upright.mirrored());
    // By its affine a file of nibabel's identity is turned by half a turn.
    assert!(mask_of(&truths["nib_ras.nii.gz"]) != upright);
}

/// Whether all pixels of one lie in the other or beside a pixel of it.
fn lies_within_a_pixel(one: &[bool], other: &[bool], width: usize) -> bool {
    let height = one.len() / width;
    let near = |i: usize| {
        let (x, y) = (i % width, i / width);
        let rows = y.saturating_sub(1)..(y + 2).min(height);
        rows.flat_map(|y| (x.saturating_sub(1)..(x + 2).min(width)).map(move |x| y * width + x))
            .any(|j| other[j])
    };
    (0..one.len()).filter(|i| one[*i]).all(near)
}

#[test]
fn labelme_s_shapes_are_its_own_to_a_pixel_and_masks_exactly() {
    let truths = truths();
    let truth = &truths["labelme.json"];
    let mask = read(&file("labelme.json"), None, &Reading::default()).unwrap();
    let ours = |name: &str| -> Vec<bool> {
        let which = Trait::ALL
            .into_iter()
            .find(|t| t.label() == name || t.bgnn_name() == name)
            .unwrap();
        mask.bits()
            .iter()
            .map(|bits| bits & TraitSet::EMPTY.with(which).bits() != 0)
            .collect()
    };
    let theirs = |truth: &Value| -> Vec<bool> {
        let numbers: Vec<u8> = serde_json::from_value(truth.clone()).unwrap();
        numbers.into_iter().map(|n| n != 0).collect()
    };
    for (name, truth) in truth["by_labelme"].as_object().unwrap() {
        let (ours, theirs) = (ours(name), theirs(truth));
        assert!(ours.iter().any(|on| *on), "{name}");
        assert!(
            lies_within_a_pixel(&ours, &theirs, 40) && lies_within_a_pixel(&theirs, &ours, 40),
            "{name}"
        );
        let count = |mask: &[bool]| mask.iter().filter(|on| **on).count();
        assert!(
            count(&ours) <= count(&theirs),
            "{name}: LabelMe's have their outlines too"
        );
    }
    assert_eq!(ours("adipose fin"), theirs(&truth["adipose fin"]));
    assert_eq!(
        Document::of(file("labelme.json"))
            .unwrap()
            .pictures()
            .next()
            .unwrap()
            .stem,
        "one"
    );
}

#[test]
fn what_is_no_trait_is_named_and_refused_or_left_out() {
    let skip = Reading {
        unknown: Unknown::Skip,
        ..Reading::default()
    };
    let cvat = Document::of(file("cvat.xml")).unwrap();
    let told = cvat
        .label(Some("three & more"), &Reading::default(), None)
        .unwrap_err()
        .to_string();
    for word in [
        "polyline \"dorsal_fin\", which has no area (1)",
        "\"ruler\" (1)",
        "--map",
        "--unknown skip",
    ] {
        assert!(told.contains(word), "{told}");
    }
    let label = cvat.label(Some("three & more"), &skip, None).unwrap();
    assert!(
        label.mask.present().is_empty() && label.notes[0].contains("\"ruler\" (1)"),
        "{:?}",
        label.notes
    );

    let told = read(&file("slicer_unknown.seg.nrrd"), None, &Reading::default())
        .unwrap_err()
        .to_string();
    assert!(told.contains("segment \"Segment_1\" (4)"), "{told}");
    let mut named = Reading::default();
    named.classes.say("Segment_1=adipos_fin").unwrap();
    let truths = truths();
    assert!(read(&file("slicer_unknown.seg.nrrd"), None, &named).unwrap() == mask_of(&truths["slicer.seg.nrrd"]));
    let without = read(&file("slicer_unknown.seg.nrrd"), None, &skip).unwrap();
    assert_eq!(without.pixel_counts()[Trait::AdiposeFin.channel()], 0);

    // A label map of a numbering of its own.
    let mut own = Reading::default();
    for said in ["7=eye", "8=head", "12=-"] {
        own.classes.say(said).unwrap();
    }
    let (own, plain) = (
        read(&file("itk.nii.gz"), None, &own).unwrap(),
        mask_of(&truths["itk.nii.gz"]),
    );
    assert_eq!(
        own.pixel_counts()[Trait::Eye.channel()],
        plain.pixel_counts()[Trait::Head.channel()]
    );
    assert_eq!(own.pixel_counts()[Trait::Trunk.channel()], 0);
    let mut values = file("pynrrd_int8.nrrd");
    let last = values.len() - 1;
    values[last] = 99;
    assert!(refusal(&values).contains("class id 99 (1)"));
}

#[test]
fn of_overlapping_shapes_the_last_can_stay_on_top() {
    let top = Reading {
        overlaps: Overlaps::Top,
        ..Reading::default()
    };
    let mask = read(&file("cvat.xml"), Some("two"), &top).unwrap();
    assert!(mask.bits().iter().all(|bits| bits.count_ones() <= 1));
    // The eye has the highest z_order, the head comes before the trunk in it and behind it in the file.
    assert_eq!(mask.get(8, 9), TraitSet::EMPTY.with(Trait::Eye));
    let all = read(&file("cvat.xml"), Some("two"), &Reading::default()).unwrap();
    assert_eq!(all.get(8, 9), TraitSet::EMPTY.with(Trait::Eye).with(Trait::Head));
    let slicer = read(&file("slicer.seg.nrrd"), None, &top).unwrap();
    assert!(slicer == visible_only(&mask_of(&truths()["slicer.seg.nrrd"])));
}

#[test]
fn a_part_without_a_picture_s_size_is_refused_with_the_cure() {
    let told = refusal(&file("slicer_cut_bare.seg.nrrd"));
    assert!(
        told.contains("--images") && told.contains("of a picture from column 6, row 5"),
        "{told}"
    );
}

#[test]
fn pictures_of_a_file_are_listed_and_found_by_their_stems() {
    let coco = Document::of(file("coco.json")).unwrap();
    assert_eq!(coco.form(), Form::Coco);
    let listed: Vec<_> = coco.pictures().map(|p| (p.stem, p.shapes)).collect();
    assert_eq!(listed.len(), 4);
    assert_eq!((listed[0].0.as_str(), listed[3].1), ("one", 0));
    for (within, told) in [
        (Some("nine"), "no label of a picture nine"),
        (Some("empty"), "empty"),
        (None, "several"),
    ] {
        let error = coco.label(within, &Reading::default(), None).unwrap_err().to_string();
        assert!(error.contains(told), "{error}");
    }
    let library = Library::new(Reading::default());
    let path = data("coco.json");
    assert!(library.read(&path, Some("one"), None).unwrap() == library.read(&path, Some("two"), None).unwrap());
}

#[test]
fn files_that_claim_the_world_are_refused_before_anything_is_allocated() {
    let zeros = |count: usize| {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        (0..count).for_each(|_| gzip.write_all(&[0; 1 << 16]).unwrap());
        gzip.finish().unwrap()
    };
    let nrrd = |sizes: &str, data: &[u8]| {
        let head = format!("NRRD0004\ntype: uchar\ndimension: 3\nsizes: {sizes}\nencoding: gzip\n\n");
        [head.as_bytes(), data].concat()
    };
    // 64 MB of zeros in 64 kB, of which the header knows nothing; and headers that know of more than any file holds.
    assert!(refusal(&nrrd("40 24 1", &zeros(1024))).contains("more than its header says"));
    assert!(refusal(&nrrd("16000 16000 1", &zeros(1))).contains("can't hold them"));
    assert!(refusal(&nrrd("1000000000 1000000000 1", &zeros(1))).contains("256 million"));
    let mut nifti = zeros(1024);
    assert!(refusal(&nifti).contains("no header of NIfTI-1"));
    nifti.truncate(30);
    assert!(refusal(&nifti).contains("NIfTI"));
    let mut plain = file("itk.nii");
    plain[42..44].copy_from_slice(&30000i16.to_le_bytes());
    plain[44..46].copy_from_slice(&8000i16.to_le_bytes());
    assert!(refusal(&plain).contains("can't hold them"));
    for text in [
        r#"{"shapes": [], "imagePath": "x.jpg", "imageWidth": 1000000000, "imageHeight": 1000000000}"#,
        r#"{"images": [{"id": 1, "file_name": "x", "width": 1000000000, "height": 1}], "categories": [{"id": 1, "name": "eye"}],
            "annotations": [{"image_id": 1, "category_id": 1, "segmentation": [[0,0,5,0,5,5]]}]}"#,
        r#"<annotations><image id="0" name="x" width="99999999" height="99999999"><box label="eye" xtl="0" ytl="0" xbr="1" ybr="1"/></image></annotations>"#,
    ] {
        assert!(
            refusal(text.as_bytes()).contains("million"),
            "{}",
            refusal(text.as_bytes())
        );
    }
    let coco = |segmentation: &str| {
        format!(
            r#"{{"images": [{{"id": 1, "file_name": "x", "width": 4, "height": 3}}], "categories": [{{"id": 1, "name": "eye"}}],
                "annotations": [{{"image_id": 1, "category_id": 1, "segmentation": {segmentation}}}]}}"#
        )
    };
    for (segmentation, told) in [
        (
            r#"{"size": [3, 4], "counts": [0, 18446744073709551615, 1]}"#,
            "12 pixels",
        ),
        (r#"{"size": [3, 4], "counts": "PPYo1"}"#, "12 pixels"),
        (
            r#"{"size": [3, 4], "counts": "ooooooooooooooooooo"}"#,
            "none of the code",
        ),
        (r#"{"size": [4, 3], "counts": [12]}"#, "3x4"),
        ("[[0, 0, 1e30, 0, 5, 5]]", "far outside"),
        ("[[0, 0, 1, 0, 5]]", "5 numbers"),
    ] {
        let told_by_us = refusal(coco(segmentation).as_bytes());
        assert!(told_by_us.contains(told), "{segmentation}: {told_by_us}");
    }
    let endless = format!(
        r#"{{"shapes": [{}], "imagePath": "x.jpg", "imageWidth": 1000, "imageHeight": 1000}}"#,
        vec![r#"{"label": "eye", "points": [[0, 0], [1000, 1000]], "shape_type": "rectangle"}"#; 100].join(",")
    );
    assert!(refusal(endless.as_bytes()).contains("64 times over"));
}

#[test]
fn what_is_well_formed_and_not_read_says_what_to_do() {
    for (content, told) in [
        (&b"NRRD0004\ntype: uchar\ndimension: 3\nsizes: 4 3 1\nencoding: raw\ndata file: x.raw\n\n"[..], "one file"),
        (b"NRRD0004\ntype: uchar\ndimension: 3\nsizes: 4 3 2\nencoding: raw\n\n........................", "one slice"),
        (b"NRRD0004\ntype: uchar\ndimension: 2\nsizes: 4 3\nencoding: bzip2\n\n", "gzip or raw"),
        (b"NRRD0004\ntype: block\ndimension: 2\nsizes: 4 3\nencoding: raw\n\n", "whole numbers"),
        (b"NRRD0004\ntype: uchar\ndimension: 3\nsizes: 3 4 3\nkinds: RGB-color domain domain\nencoding: raw\n\n", "segments"),
        (b"NRRD0004\ntype: uchar\ndimension: 2\nsizes: 4 3 1\nencoding: raw\n\n", "dimension"),
        (b"NRRD0004\ntype: uchar\nno colon\n\n", "no colon"),
        (b"NRRD0004\n\n", "no field"),
        (b"<annotations><version>1.1</version><track id=\"0\"/></annotations>", "CVAT for images"),
        (b"<annotations><image id=\"0\" name=\"x\" width=\"4\" height=\"3\">", "ends before"),
        (b"<annotations><image id=\"0\" name=\"x\" width=\"4\"/></annotations>", "no height"),
        (br#"{"shapes": [], "imagePath": "x.jpg"}"#, "imageWidth"),
        (br#"{"shapes": [{"label": "eye", "points": [[1, 2]]}], "imagePath": "x", "imageWidth": 4, "imageHeight": 3}"#, "1 points"),
        (br#"{"picture": "x"}"#, "another kind"),
        (b"PK\x03\x04", "unpack"),
        (b"\xff\xd8\xff\xe0", "JPEG"),
    ] {
        let said = refusal(content);
        assert!(said.contains(told), "{told}: {said}");
    }
    for name in [
        "slicer.seg.nrrd",
        "itk.nii.gz",
        "itk.nii",
        "itk.nrrd",
        "cvat.xml",
        "coco.json",
        "labelme.json",
        "pynrrd_int8.nrrd",
    ] {
        let whole = file(name);
        let within = ["cvat.xml", "coco.json"].contains(&name).then_some("one");
        assert!(read(&whole, within, &Reading::default()).is_ok());
        let ends = (0..whole.len() - 3).step_by(7);
        for end in ends {
            assert!(
                read(&whole[..end], within, &Reading::default()).is_err(),
                "{name} cut after {end} bytes"
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn bytes_that_were_changed_are_read_or_refused(which in 0usize..9, at in any::<prop::sample::Index>(), to: u8, more in any::<prop::sample::Index>(), other: u8) {
        let names = ["slicer.seg.nrrd", "slicer_cut.seg.nrrd", "itk.nii.gz", "itk.nii", "pynrrd_int8.nrrd", "cvat.xml", "coco.json", "labelme.json", "nib_big.nii.gz"];
        let mut content = file(names[which]);
        let (at, more) = (at.index(content.len()), more.index(content.len()));
        content[at] = to;
        content[more] = other;
        if let Ok(document) = Document::of(content) {
            let stems: Vec<_> = document.pictures().map(|p| p.stem).collect();
            for within in stems.iter().map(|s| Some(s.as_str())).chain([None]) {
                if let Err(error) = document.label(within, &Reading::default(), None) {
                    prop_assert!(!error.to_string().is_empty());
                }
            }
        }
    }
}

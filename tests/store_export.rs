//! Records laid out for other programs.

#![allow(clippy::unwrap_used, reason = "part of the tests")]

mod store_support;

use std::fs;
use std::path::Path;

use fishrig::store::export::{ExportError, Progress, Selection, bgnn, coco, csv};
use fishrig::store::{Archive, Store};
use serde_json::Value;
use store_support::{draft, id, jpeg, moment, picture, settings};

/// A store with a plain record, a voided one, one of raw pixels, one that lies on its side, and one without a fish.
fn store_of_five(root: &Path) -> Archive {
    let size = fishrig::frame::Size::new(40, 24);
    let mut store = Store::open(settings(root)).unwrap();
    store.commit_at(&draft("plain", 1), moment(0)).unwrap();
    store.commit_at(&draft("void", 2), moment(1)).unwrap();
    let mut raw = draft("raw", 3);
    raw.frame = fishrig::frame::Frame::from_rgb(picture(size, 3));
    raw.frame.captured = moment(0);
    store.commit_at(&raw, moment(2)).unwrap();
    let mut turned = draft("turned", 4);
    turned.frame.bytes = with_orientation_6(&jpeg(&picture(size.turned(), 4))).into();
    let decoded = turned.frame.decode(&Default::default()).unwrap();
    assert_eq!(decoded.rgb.dimensions(), (40, 24));
    turned.orientation = decoded.orientation;
    store.commit_at(&turned, moment(3)).unwrap();
    let mut empty = draft("empty", 5);
    empty.fish = None;
    store.commit_at(&empty, moment(4)).unwrap();
    let archive = Archive::open(root).unwrap();
    archive.void(&id("void"), moment(5).wall).unwrap();
    archive
}

/// Puts an EXIF block into a JPEG that says: turn by a quarter, clockwise.
fn with_orientation_6(jpeg: &[u8]) -> Vec<u8> {
    let tiff = [
        b"MM\0*\0\0\0\x08".as_slice(),
        b"\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0",
    ]
    .concat();
    let length = (2 + 6 + tiff.len()) as u16;
    [
        &jpeg[..2],
        b"\xff\xe1",
        &length.to_be_bytes(),
        b"Exif\0\0",
        &tiff,
        &jpeg[2..],
    ]
    .concat()
}

#[test]
fn bgnn_folders_have_the_names_and_the_order_of_the_workflow() {
    let dir = tempfile::tempdir().unwrap();
    let archive = store_of_five(&dir.path().join("records"));
    let out = dir.path().join("bgnn");
    let mut steps = 0;
    let exported = bgnn::export(&archive, Selection::default(), bgnn::Tree::Core, &out, &mut |step| {
        steps += usize::from(step == Progress::Record)
    })
    .unwrap();
    assert_eq!((exported.records, exported.voided, steps), (3, 1, 5));
    assert_eq!((exported.skipped.len(), exported.failed.len()), (1, 0));
    assert_eq!(exported.skipped[0].0.id, id("empty"));
    for name in ["plain", "raw", "turned"] {
        let files = [
            format!("Images/{name}.jpg"),
            format!("Metadata/{name}.json"),
            format!("Cropped/{name}_cropped.jpg"),
            format!("Segmented/{name}_segmented.png"),
        ];
        let times: Vec<_> = files
            .iter()
            .map(|f| fs::metadata(out.join(f)).unwrap().modified().unwrap())
            .collect();
        assert!(times.is_sorted(), "{name}: {times:?}");
        let metadata: Value = serde_json::from_slice(&fs::read(out.join(&files[1])).unwrap()).unwrap();
        assert_eq!(metadata["base_name"], name);
        assert_eq!(metadata["ruler"]["scale"], "None");
        // Boxes are in the upright picture, and the workflow does not turn pictures.
        assert_eq!(
            image::open(out.join(&files[0])).unwrap().into_rgb8().dimensions(),
            (40, 24)
        );
    }
    let plain = archive.find(&id("plain")).unwrap().directory;
    assert_eq!(
        fs::read(out.join("Images/plain.jpg")).unwrap(),
        fs::read(plain.join("plain.jpg")).unwrap()
    );

    // Once more into the same folder, with the voided one, and one file changed by somebody.
    fs::write(out.join("Cropped/plain_cropped.jpg"), "mine").unwrap();
    let again = bgnn::export(
        &archive,
        Selection { voided: true },
        bgnn::Tree::Core,
        &out,
        &mut |_| (),
    )
    .unwrap();
    assert_eq!((again.records, again.failed.len()), (3, 1));
    assert!(again.failed[0].1.contains("plain_cropped.jpg"), "{again:?}");
    assert_eq!(fs::read(out.join("Cropped/plain_cropped.jpg")).unwrap(), b"mine");
    assert!(out.join("Images/void.jpg").exists());
}

#[test]
fn coco_has_each_trait_and_the_fish() {
    let dir = tempfile::tempdir().unwrap();
    let archive = store_of_five(&dir.path().join("records"));
    let path = dir.path().join("coco.json");
    let exported = coco::export(&archive, Selection::default(), &path, &mut |_| ()).unwrap();
    assert_eq!((exported.records, exported.failed.len()), (4, 0));
    let coco: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    assert_eq!(coco["categories"].as_array().unwrap().len(), 13);
    let images = coco["images"].as_array().unwrap();
    assert_eq!(images.len(), 4);
    for image in images {
        assert!(archive.root().join(image["file_name"].as_str().unwrap()).exists());
        assert_eq!(
            (image["width"].as_u64(), image["height"].as_u64()),
            (Some(40), Some(24))
        );
    }
    let plain = images.iter().find(|i| i["record"] == "plain").unwrap();
    let of_plain: Vec<_> = coco["annotations"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|a| a["image_id"] == plain["id"])
        .collect();
    let categories: Vec<_> = of_plain.iter().map(|a| a["category_id"].as_u64().unwrap()).collect();
    assert_eq!(categories, [13, 3, 7, 8, 12]);
    assert_eq!(of_plain[0]["bbox"], serde_json::json!([12, 8, 16, 6]));
    // The eye is 2 by 2 pixels at column 13, row 9 of 24 rows: 13 * 24 + 9 = 321 pixels before it, 22 between its columns.
    // As differences in base 32: 321, 2, 22 - none yet, then 2 - 2, and the rest 40 * 24 - 347 = 613 less 22.
    assert_eq!(of_plain[3]["bbox"], serde_json::json!([13, 9, 2, 2]));
    assert_eq!(of_plain[3]["area"], 4);
    let counts = of_plain[3]["segmentation"]["counts"].as_str().unwrap();
    assert_eq!(counts, "Q:2f00_b0");
}

#[test]
fn csv_survives_commas_quotes_and_lines() {
    let dir = tempfile::tempdir().unwrap();
    let archive = store_of_five(&dir.path().join("records"));
    let path = dir.path().join("records.csv");
    csv::export(&archive, Selection { voided: true }, &path, &mut |_| ()).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(text.matches("\r\n").count(), 6);
    let mut steady = text.replace("\r\n", "\n").replace(env!("CARGO_PKG_VERSION"), "…");
    for listed in archive.list().unwrap() {
        steady = steady.replace(&listed.unwrap().record.unwrap().frame.sha256, "…");
    }
    insta::assert_snapshot!(steady);
}

#[test]
fn nothing_is_overwritten_and_nothing_goes_into_the_store() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("records");
    let archive = store_of_five(&root);
    let taken = dir.path().join("taken.csv");
    fs::write(&taken, "mine").unwrap();
    let all = Selection::default();
    assert!(matches!(
        csv::export(&archive, all, &taken, &mut |_| ()),
        Err(ExportError::Exists { .. })
    ));
    assert!(matches!(
        coco::export(&archive, all, &taken, &mut |_| ()),
        Err(ExportError::Exists { .. })
    ));
    assert_eq!(fs::read(&taken).unwrap(), b"mine");

    std::os::unix::fs::symlink(&root, dir.path().join("link")).unwrap();
    for inside in [
        root.clone(),
        root.join("export"),
        dir.path().join("link/2026-11-24/export"),
        root.join("x/../y"),
    ] {
        let refused = bgnn::export(&archive, all, bgnn::Tree::Core, &inside, &mut |_| ());
        assert!(matches!(refused, Err(ExportError::InsideStore { .. })), "{inside:?}");
        let refused = csv::export(&archive, all, &inside, &mut |_| ());
        assert!(matches!(refused, Err(ExportError::InsideStore { .. })), "{inside:?}");
    }
    assert_eq!(fs::read_dir(&root).unwrap().count(), 2);
}

#[test]
fn damage_is_not_handed_on() {
    let dir = tempfile::tempdir().unwrap();
    let archive = store_of_five(&dir.path().join("records"));
    let plain = archive.find(&id("plain")).unwrap().directory;
    for part in ["_traits.png", "_segmented.png"] {
        let path = plain.join(format!("plain{part}"));
        let mut bytes = fs::read(&path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(&path, bytes).unwrap();
    }
    let failed = bgnn::export(
        &archive,
        Selection::default(),
        bgnn::Tree::Core,
        &dir.path().join("bgnn"),
        &mut |_| (),
    )
    .unwrap()
    .failed;
    assert!(
        failed.len() == 1 && failed[0].1.contains("plain_segmented.png is damaged"),
        "{failed:?}"
    );
    assert!(!dir.path().join("bgnn/Images/plain.jpg").exists());
    let coco = dir.path().join("coco.json");
    let exported = coco::export(&archive, Selection::default(), &coco, &mut |_| ()).unwrap();
    assert_eq!((exported.records, exported.failed.len()), (3, 1));
    assert!(!fs::read_to_string(coco).unwrap().contains("plain"));
}

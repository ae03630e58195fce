//! Morphology-analysis' three files: against its own output for twelve masks (`../shared/reference/morphology`), and against what the libraries that
//! it uses give for drawn masks (`tests/data/morphology`, written by `tests/readers/morphology_check.py`).

mod common;

use std::path::Path;

use common::shared;
use fishrig::frame::Size;
use fishrig::measure::bgnn::{self, Crash, MetadataScale, Painted};
use fishrig::traits::{Trait, TraitMask, TraitSet};
use proptest::prelude::*;

/// The three files of a mask, whose name ends in `_segmented.png`.
fn files_of(mask: &Path, base_name: &str) -> Result<bgnn::BgnnFiles, Crash> {
    let metadata = std::fs::read(mask.with_file_name(format!("{base_name}.json"))).ok();
    let metadata = metadata.map(|content| MetadataScale::from_file(&content).unwrap());
    let picture = image::open(mask).unwrap().into_rgb8();
    let morphology = bgnn::analyse(&Painted::from_picture(&picture))?;
    Ok(bgnn::files(&morphology, base_name, metadata.as_ref()))
}

/// Compares the files of all masks in a folder byte for byte; gives the names of those on which the original crashes, and why.
fn check_folder(folder: &Path) -> (usize, Vec<(String, Crash)>) {
    let mut compared = 0;
    let mut crashes = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let mask = entry.unwrap().path();
        let Some(base_name) = mask
            .file_name()
            .unwrap()
            .to_str()
            .unwrap()
            .strip_suffix("_segmented.png")
        else {
            continue;
        };
        let theirs = |part: &str| std::fs::read_to_string(mask.with_file_name(format!("{base_name}_{part}.json")));
        match files_of(&mask, base_name) {
            Err(crash) => {
                for part in ["presence", "landmark", "morphology"] {
                    assert!(
                        theirs(part).is_err(),
                        "{base_name}: {crash}, and there is a {part} file"
                    );
                }
                crashes.push((base_name.to_owned(), crash));
            }
            Ok(files) => {
                for (part, ours) in [
                    ("presence", &files.presence),
                    ("landmark", &files.landmark),
                    ("morphology", &files.morphology),
                ] {
                    let ours = std::str::from_utf8(ours).unwrap();
                    assert_eq!(ours, theirs(part).unwrap(), "{part} of {base_name}");
                }
                compared += 1;
            }
        }
    }
    crashes.sort_by(|a, b| a.0.cmp(&b.0));
    (compared, crashes)
}

#[test]
fn the_three_files_are_those_of_the_original_byte_for_byte() {
    let Some(folder) = shared("reference/morphology") else {
        return;
    };
    assert_eq!(check_folder(&folder), (12, Vec::new()));
}

#[test]
fn drawn_masks_give_what_the_original_s_libraries_give() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/morphology");
    let (compared, crashes) = check_folder(&folder);
    let crashes: Vec<_> = crashes.iter().map(|(name, crash)| (name.as_str(), *crash)).collect();
    assert_eq!(compared, 7);
    assert_eq!(
        crashes,
        [
            ("body_in_pieces", Crash::BodyInPieces),
            ("empty", Crash::Empty),
            ("eye_beside_head", Crash::EyeBesideHead),
            ("eye_without_head", Crash::EyeWithoutHead),
            ("fish_in_pieces", Crash::WholeFishInPieces),
            ("flat_caudal_fin", Crash::FlatCaudalFin),
            ("one_pixel", Crash::EyeWithoutHead),
        ]
    );
}

#[test]
fn a_mask_and_its_picture_are_one_to_it() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/morphology/tilted_segmented.png");
    let picture = image::open(path).unwrap().into_rgb8();
    let painted = Painted::from_picture(&picture);
    let mask = painted.mask();
    assert_eq!(bgnn::analyse(&Painted::from(&mask)), bgnn::analyse(&painted));
    assert!(painted.unknown_colours().is_none());
}

#[test]
fn metadata_that_the_original_can_t_read_is_refused_in_words() {
    for (content, word) in [
        ("", "no JSON"),
        ("{}", "no ruler"),
        (r#"{"ruler": {"unit": "cm"}}"#, "no ruler.scale"),
        (r#"{"ruler": {"scale": 12.5}}"#, "no ruler.unit"),
        (r#"{"ruler": {"scale": null, "unit": "cm"}}"#, "ruler.scale"),
        (r#"{"ruler": {"scale": "many", "unit": "cm"}}"#, "many"),
        (r#"{"ruler": {"scale": 12.5, "unit": 3}}"#, "ruler.unit"),
    ] {
        let error = MetadataScale::from_file(content.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(word), "{content}: {error}");
    }
    let none = MetadataScale::from_file(br#"{"ruler": {"scale": "None", "unit": "None"}}"#).unwrap();
    assert_eq!((none.pixels_per_cm(), none), (None, MetadataScale::none()));
}

fn a_bar() -> TraitMask {
    let mut mask = TraitMask::empty(Size::new(9, 5));
    for x in 1..8 {
        mask.set(x, 2, TraitSet::EMPTY.with(Trait::Trunk));
    }
    mask
}

proptest! {
    #[test]
    fn a_scale_is_written_to_three_decimals(scale in any::<f64>().prop_filter("JSON has no others", |s| s.is_finite()), unit in ".{0,6}") {
        let metadata = serde_json::json!({ "ruler": { "scale": scale, "unit": unit } }).to_string();
        let read = MetadataScale::from_file(metadata.as_bytes()).unwrap();
        let files = bgnn::files(&bgnn::analyse(&Painted::from(&a_bar())).unwrap(), &unit, Some(&read));
        let presence: serde_json::Value = serde_json::from_slice(&files.presence).unwrap();
        prop_assert!(files.presence.is_ascii());
        prop_assert_eq!(&presence["base_name"], unit.as_str());
        prop_assert_eq!(&presence["ruler"]["unit"], unit.as_str());
        let written = presence["ruler"]["scale"].as_f64().unwrap();
        prop_assert!((written - scale).abs() <= 0.0005 + 1e-12 * scale.abs());
    }

    #[test]
    fn whatever_is_no_metadata_is_refused(content in prop::collection::vec(any::<u8>(), 0..64)) {
        prop_assert!(MetadataScale::from_file(&content).is_err());
    }
}

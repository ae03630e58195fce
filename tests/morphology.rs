//! Morphology-analysis' three files, against its own output for twelve masks (`../shared/reference/morphology`).

mod common;

use std::path::Path;

use common::shared;
use fishrig::measure::bgnn::{self, MetadataScale, Painted};

/// The three files of a mask, whose name ends in `_segmented.png`.
fn files_of(mask: &Path) -> bgnn::BgnnFiles {
    let name = mask.file_name().unwrap().to_str().unwrap();
    let base_name = name.rsplit_once('_').unwrap().0;
    let metadata = std::fs::read(mask.with_file_name(format!("{base_name}.json"))).ok();
    let metadata = metadata.map(|content| MetadataScale::from_file(&content).unwrap());
    let picture = image::open(mask).unwrap().into_rgb8();
    let morphology = bgnn::analyse(&Painted::from_picture(&picture)).unwrap();
    bgnn::files(&morphology, base_name, metadata.as_ref())
}

fn check_folder(folder: &Path) -> usize {
    let mut masks = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let mask = entry.unwrap().path();
        let Some(base) = mask.to_str().unwrap().strip_suffix("_segmented.png") else {
            continue;
        };
        let files = files_of(&mask);
        for (part, ours) in [
            ("presence", &files.presence),
            ("landmark", &files.landmark),
            ("morphology", &files.morphology),
        ] {
            let theirs = std::fs::read_to_string(format!("{base}_{part}.json")).unwrap();
            let ours = std::str::from_utf8(ours).unwrap();
            assert_eq!(ours, theirs, "{part} of {}", mask.display());
        }
        masks += 1;
    }
    masks
}

#[test]
fn the_three_files_are_those_of_the_original_byte_for_byte() {
    let Some(folder) = shared("reference/morphology") else {
        return;
    };
    assert_eq!(check_folder(&folder), 12);
}

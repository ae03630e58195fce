//! The station's whole way on real photographs, against labels made by hand (`../shared/data/labels`).
//!
//! The built-in network has seen these pictures in training, so this measures the way to it and back, not what it knows of fish.

mod common;

use std::path::Path;

use common::shared;
use fishrig::analysis::{Analyser, Analysis, AnalysisSettings};
use fishrig::frame::{DecodeOptions, Frame, PixelBox, Size};
use fishrig::locate::HeadSide;
use fishrig::network::{Bundle, NetworkSettings, TraitNetwork};
use fishrig::traits::{Trait, TraitMask, TraitSet};
use image::RgbImage;

fn analyser() -> Analyser {
    let network = TraitNetwork::load(&Bundle::builtin(), &NetworkSettings::default()).unwrap();
    Analyser::new(network, AnalysisSettings::default())
}

fn decode(path: &Path) -> RgbImage {
    let frame = Frame::from_file_bytes(std::fs::read(path).unwrap(), None).unwrap();
    frame.decode(&DecodeOptions::default()).unwrap().rgb
}

/// A hand label: an index picture, 0 background, k for the trait of channel k - 1.
struct Label {
    picture: String,
    crop: PixelBox,
    side: HeadSide,
    mask: TraitMask,
}

fn labels(data: &Path) -> Vec<Label> {
    let mut files: Vec<_> = std::fs::read_dir(data.join("labels"))
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.extension().is_some_and(|e| e == "json"))
        .collect();
    files.sort();
    files.iter().map(|file| label(file)).collect()
}

fn label(file: &Path) -> Label {
    let facts: serde_json::Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let [x, y, w, h] = [0, 1, 2, 3].map(|i| facts["crop_box_xywh"][i].as_f64().unwrap() as u32);
    let stem = file.file_stem().unwrap().to_str().unwrap();
    let indices = image::open(file.with_file_name(format!("{stem}_labels.png")))
        .unwrap()
        .into_luma8();
    let size = Size::from(indices.dimensions());
    let bits = indices
        .pixels()
        .map(|p| if p[0] == 0 { 0 } else { 1 << (p[0] - 1) })
        .collect();
    Label {
        picture: facts["picture"].as_str().unwrap().to_owned(),
        crop: PixelBox::new(x, y, x + w, y + h),
        side: serde_json::from_value(facts["side"].clone()).unwrap(),
        mask: TraitMask::from_bits(size, bits).unwrap(),
    }
}

fn mirrored(side: HeadSide) -> HeadSide {
    match side {
        HeadSide::Left => HeadSide::Right,
        HeadSide::Right => HeadSide::Left,
        HeadSide::Unknown => HeadSide::Unknown,
    }
}

/// The mask of an analysis laid into the labelled crop.
fn in_crop(analysis: &Analysis, crop: PixelBox) -> TraitMask {
    let mut laid = TraitMask::empty(crop.size());
    let Some(specimen) = &analysis.specimen else {
        return laid;
    };
    let Some(shared) = specimen.crop_box.intersection(&crop) else {
        return laid;
    };
    for y in shared.top..shared.bottom {
        for x in shared.left..shared.right {
            let traits = specimen.mask.get(x - specimen.crop_box.left, y - specimen.crop_box.top);
            laid.set(x - crop.left, y - crop.top, traits);
        }
    }
    laid
}

#[test]
fn frames_and_crops_are_segmented_as_people_labelled_them() {
    let Some(data) = shared("data") else { return };
    let analyser = analyser();
    let mut sums = [(0.0, 0u32); 2];
    for label in labels(&data) {
        let picture = decode(&data.join(&label.picture));
        let is_frame = label.picture.starts_with("frames/");
        let analysis = match is_frame {
            true => analyser.whole_frame(&picture),
            false => analyser.crop(&picture),
        };
        let iou = in_crop(&analysis.unwrap(), label.crop).iou(&label.mask).unwrap();
        eprintln!("{iou:.3}  {}", label.picture);
        let sum = &mut sums[usize::from(is_frame)];
        *sum = (sum.0 + iou, sum.1 + 1);
    }
    let [crops, frames] = sums.map(|(sum, count)| sum / f64::from(count));
    eprintln!("mean IoU: crops {crops:.3}, whole frames {frames:.3}");
    assert!(crops > 0.88, "crops: {crops}");
    assert!(frames > 0.85, "whole frames: {frames}");
}

#[test]
fn the_head_is_found_on_its_side_also_in_mirrored_pictures() {
    let Some(data) = shared("data") else { return };
    let analyser = analyser();
    let mut wrong = Vec::new();
    let mut asked = 0;
    for label in labels(&data) {
        let picture = decode(&data.join(&label.picture));
        let crop = image::imageops::crop_imm(
            &picture,
            label.crop.left,
            label.crop.top,
            label.crop.width(),
            label.crop.height(),
        )
        .to_image();
        for (crop, side) in [
            (image::imageops::flip_horizontal(&crop), mirrored(label.side)),
            (crop, label.side),
        ] {
            asked += 1;
            let found = analyser.crop(&crop).unwrap().specimen.unwrap().head;
            if found != side {
                wrong.push(format!("{}: {found:?}", label.picture));
            }
        }
    }
    eprintln!("head side: {asked} asked, wrong {wrong:?}");
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[test]
fn what_the_network_never_learnt_is_not_assessed() {
    let Some(data) = shared("data") else { return };
    let picture = decode(&data.join("frames/INHS_FISH_7780.jpg"));
    let specimen = analyser().whole_frame(&picture).unwrap().specimen.unwrap();
    let rays: TraitSet = [Trait::CaudalFinRay, Trait::AltFinRay, Trait::AltFinSpine]
        .into_iter()
        .collect();
    assert_eq!(specimen.not_assessed, rays);
    assert!(specimen.present().intersection(rays).is_empty());
}

//! Masks written in every format of labels and read back.

#![allow(clippy::unwrap_used, reason = "part of the tests")]

use fishrig::frame::Size;
use fishrig::labels::{Collection, Document, Reading, Shapes, Target, encoded, visible_only};
use fishrig::traits::{Trait, TraitMask, TraitSet, label_picture};
use proptest::prelude::*;

mod common;

/// Blobs, thin lines, specks and holes, overlapping.
fn a_mask(seed: u64, size: Size, several: bool) -> TraitMask {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = |below: u32| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        ((state >> 33) % u64::from(below.max(1))) as u32
    };
    let mut mask = TraitMask::empty(size);
    for _ in 0..14 {
        let which = Trait::ALL[next(12) as usize];
        let (left, top) = (next(size.width), next(size.height));
        let (right, bottom) = (
            (left + 1 + next(16)).min(size.width),
            (top + 1 + next(9)).min(size.height),
        );
        let round = next(3);
        for y in top..bottom {
            for x in left..right {
                let edge = x == left || y == top || x + 1 == right || y + 1 == bottom;
                if (round == 0 && edge && (x + y) % 3 > 0) || (round == 1 && !edge && (x + y) % 5 == 0) {
                    continue;
                }
                let there = if several { mask.get(x, y) } else { TraitSet::EMPTY };
                mask.set(x, y, there.with(which));
            }
        }
    }
    mask
}

fn round_trip(target: Target, mask: &TraitMask, shapes: Shapes) -> TraitMask {
    let content = encoded(target, mask, "a/b_cropped.jpg", shapes).unwrap();
    let document = Document::of(content).unwrap();
    assert_eq!(document.form(), target.form());
    document
        .label(None, &Reading::default(), None)
        .unwrap_or_else(|e| panic!("{target:?}: {e}"))
        .mask
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn every_format_gives_the_mask_back_bit_for_bit(seed: u64, width in 1u32..60, height in 1u32..40) {
        let size = Size::new(width, height);
        for target in Target::ALL {
            let mask = a_mask(seed, size, target.keeps_overlaps());
            // A collection does not list pictures without a trait as labelled, and 16-bit grey of low numbers may be ids.
            if mask.present().is_empty() || (target == Target::Bits && mask.bits().iter().all(|b| *b <= 12)) {
                continue;
            }
            for shapes in [Shapes::Masks, Shapes::Polygons { tolerance: 0.0 }] {
                prop_assert!(round_trip(target, &mask, shapes) == mask, "{:?}, {:?}", target, shapes);
            }
        }
    }

    #[test]
    fn simplified_polygons_stay_close(seed: u64, tolerance in 0.25f64..2.0) {
        let mask = a_mask(seed, Size::new(60, 40), true);
        for target in [Target::LabelMe, Target::Coco, Target::Cvat] {
            let back = round_trip(target, &mask, Shapes::Polygons { tolerance });
            for which in mask.present().iter() {
                let bit = TraitSet::EMPTY.with(which).bits();
                let plane = |mask: &TraitMask| mask.bits().iter().map(|b| b & bit != 0).collect::<Vec<_>>();
                let (was, is) = (plane(&mask), plane(&back));
                let count = |mask: &[bool]| mask.iter().filter(|on| **on).count() as f64;
                prop_assert!((count(&is) - count(&was)).abs() <= 0.35 * count(&was) + 2.0, "{}: {} of {}", which, count(&is), count(&was));
            }
        }
    }
}

#[test]
fn several_traits_in_a_pixel_are_refused_by_formats_of_one() {
    let mut mask = TraitMask::empty(Size::new(5, 4));
    mask.set(3, 2, TraitSet::EMPTY.with(Trait::Head).with(Trait::Eye));
    mask.set(4, 2, TraitSet::EMPTY.with(Trait::Head).with(Trait::Trunk));
    for target in Target::ALL.into_iter().filter(|target| !target.keeps_overlaps()) {
        let told = encoded(target, &mask, "x.jpg", Shapes::Masks).unwrap_err().to_string();
        assert!(
            told.contains("2 pixels hold several traits, the first at column 3, row 2"),
            "{told}"
        );
        assert!(round_trip(target, &visible_only(&mask), Shapes::Masks) == visible_only(&mask));
    }
}

#[test]
fn many_pictures_go_into_one_file_and_come_back() {
    for target in [Target::Coco, Target::Cvat] {
        let masks: Vec<_> = (0..4)
            .map(|seed| a_mask(seed, Size::new(50, 30 + seed as u32), true))
            .collect();
        let mut collection = Collection::new(target).unwrap();
        for (i, mask) in masks.iter().enumerate() {
            collection.add(&format!("folder <{i}> & \"more\"/fish {i}.jpg"), mask, Shapes::Masks);
        }
        let document = Document::of(collection.finish()).unwrap();
        for (i, mask) in masks.iter().enumerate() {
            let label = document
                .label(Some(&format!("fish {i}")), &Reading::default(), None)
                .unwrap();
            assert!(label.mask == *mask, "{target:?} {i}");
        }
        let mut twice = Collection::new(target).unwrap();
        twice.add("a/x.jpg", &masks[0], Shapes::Masks);
        twice.add("b/x_cropped.jpg", &masks[1], Shapes::Masks);
        let told = Document::of(twice.finish()).unwrap_err().to_string();
        assert!(told.contains("a/x.jpg and b/x_cropped.jpg"), "{told}");
    }
    assert!(Collection::new(Target::Nifti).is_err());
}

/// What polygons cost on real fish: masks of the hand-made labels at the usual tolerance.
#[test]
fn polygons_of_real_masks_stay_close_and_have_few_corners() {
    let Some(labels) = common::shared("data/labels") else {
        return;
    };
    let shapes = Shapes::Polygons { tolerance: 0.75 };
    let (mut count, mut corners, mut worst) = (0, 0, 1f64);
    for entry in std::fs::read_dir(labels).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "png") {
            continue;
        }
        let (mask, _) = label_picture::read(&std::fs::read(&path).unwrap(), None).unwrap();
        for target in [Target::SegNrrd, Target::Nifti, Target::Indexed] {
            assert!(
                round_trip(target, &mask, Shapes::Masks) == mask,
                "{target:?} of {}",
                path.display()
            );
        }
        let back = round_trip(Target::LabelMe, &mask, shapes);
        for which in mask.present().iter() {
            let plane = |mask: &TraitMask| {
                let bit = TraitSet::EMPTY.with(which).bits();
                TraitMask::from_bits(mask.size(), mask.bits().iter().map(|b| b & bit).collect()).unwrap()
            };
            let iou = plane(&mask).iou(&plane(&back)).unwrap();
            assert!(iou > 0.9, "{which} of {}: {iou}", path.display());
            worst = worst.min(iou);
            corners += fishrig::labels::trace::polygons(&mask, which, 0.75)
                .iter()
                .map(Vec::len)
                .sum::<usize>();
        }
        assert!(back.iou(&mask).unwrap() > 0.985, "{}", path.display());
        count += 1;
    }
    assert_eq!(count, 30);
    println!(
        "{count} masks, {} corners each, worst IoU of a trait {worst:.4}",
        corners / count
    );
}

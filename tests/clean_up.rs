//! Cleaning a mask leaves what labellers drew and takes away what a fish has not.

use std::path::Path;

use fishrig::frame::Size;
use fishrig::locate::HeadSide;
use fishrig::measure::specimen::cleaned;
use fishrig::render::{RigScene, SceneSettings};
use fishrig::traits::{CleanUp, Trait, TraitMask, TraitSet, label_picture};

mod common;

/// Hand labels, whatever kind of fish: what is taken from them would be taken from right masks.
#[test]
fn hand_labels_keep_what_was_drawn() {
    let Some(folder) = common::shared("data/labels") else {
        return;
    };
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.to_string_lossy().ends_with("_labels.png") {
            let label = read(&path);
            let clean = cleaned(&label, HeadSide::Unknown, &CleanUp::default());
            let iou = label.iou(&clean).unwrap();
            assert!(iou > 0.99, "{}: {iou:.4}", path.display());
            seen += 1;
        }
    }
    assert!(seen >= 29, "{seen} labels");
}

fn read(path: &Path) -> TraitMask {
    label_picture::read(&std::fs::read(path).unwrap(), None).unwrap().0
}

/// A drawn specimen with a fin in the air, a second eye on the trunk, a hole in the trunk and specks: all of it goes, and nothing else.
#[test]
fn what_a_fish_has_not_goes_from_a_drawn_one() {
    for seed in 0..12 {
        let settings = SceneSettings {
            fish: 1,
            fish_share: 0.5,
            label: None,
            ruler: None,
            ruler_on_label: false,
            ..SceneSettings::random(Size::new(800, 500), seed)
        };
        let scene = RigScene::new(settings).unwrap().draw();
        let exact = scene.mask;
        let right = cleaned(&exact, HeadSide::Unknown, &CleanUp::default());
        assert!(exact.iou(&right).unwrap() > 0.995, "seed {seed}: the drawn mask itself");

        let mut wrong = exact.clone();
        let trunk = middle_of(&exact, Trait::Trunk);
        paint(&mut wrong, (trunk.0, trunk.1), 3, TraitSet::EMPTY);
        let corner = free_corner(&exact);
        paint(&mut wrong, corner, 6, TraitSet::EMPTY.with(Trait::PelvicFin));
        paint(
            &mut wrong,
            (corner.0 + 9, corner.1),
            1,
            TraitSet::EMPTY.with(Trait::Trunk),
        );
        paint(
            &mut wrong,
            (corner.0, corner.1 + 9),
            2,
            TraitSet::EMPTY.with(Trait::Eye),
        );
        assert_ne!(wrong, exact);
        assert_eq!(
            cleaned(&wrong, HeadSide::Unknown, &CleanUp::default()),
            right,
            "seed {seed}"
        );
    }
}

/// Rays of the caudal fin are measured with it, but are no fin in a mask that says they are rays.
#[test]
fn rays_stay_rays() {
    let size = Size::new(60, 20);
    let bits = (0..size.pixels() as u32).map(|i| {
        let (x, y) = (i % 60, i / 60);
        let which = match x {
            _ if !(4..16).contains(&y) => return 0,
            5..15 => Trait::Head,
            15..40 => Trait::Trunk,
            40..50 if y % 3 == 0 => Trait::CaudalFinRay,
            40..50 => Trait::CaudalFin,
            _ => return 0,
        };
        TraitSet::EMPTY.with(which).bits()
    });
    let mask = TraitMask::from_bits(size, bits.collect()).unwrap();
    assert_eq!(cleaned(&mask, HeadSide::Unknown, &CleanUp::default()), mask);
}

/// A pixel of the trait with nothing else within four pixels.
fn middle_of(mask: &TraitMask, which: Trait) -> (u32, u32) {
    let b = mask.bounding_box(TraitSet::EMPTY.with(which)).unwrap();
    let only = TraitSet::EMPTY.with(which);
    let places = (b.top + 4..b.bottom - 4).flat_map(|y| (b.left + 4..b.right - 4).map(move |x| (x, y)));
    let mut plain = places.filter(|(x, y)| (y - 4..=y + 4).all(|y| (x - 4..=x + 4).all(|x| mask.get(x, y) == only)));
    plain.next().unwrap()
}

/// A place near one of the picture's corners, at least 60 pixels from the fish.
fn free_corner(mask: &TraitMask) -> (u32, u32) {
    let Size { width, height } = mask.size();
    let free = |(x, y): &(u32, u32)| {
        let columns = x.saturating_sub(60)..(x + 60).min(width);
        let mut rows = y.saturating_sub(60)..(y + 60).min(height);
        rows.all(|y| columns.clone().all(|x| mask.get(x, y).is_empty()))
    };
    let corners = [(20, 20), (width - 40, 20), (20, height - 40), (width - 40, height - 40)];
    corners.into_iter().find(free).unwrap()
}

fn paint(mask: &mut TraitMask, middle: (u32, u32), reach: u32, traits: TraitSet) {
    for y in middle.1 - reach..=middle.1 + reach {
        for x in middle.0 - reach..=middle.0 + reach {
            mask.set(x, y, traits);
        }
    }
}

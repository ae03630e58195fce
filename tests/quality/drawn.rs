//! The checks on drawn frames, whose masks are exact: what the drawing was told to show must be found, and nothing else.

use fishrig::frame::{PixelBox, Size};
use fishrig::locate::{HeadSide, LocateSettings, locate};
use fishrig::measure::quality::{CheckName, Quality, QualitySettings, Seen, Verdict, assess};
use fishrig::measure::specimen::Subject;
use fishrig::render::{Heading, RigFrame, RigScene, SceneSettings};
use fishrig::traits::{TraitMask, TraitSet};

const SEEDS: std::ops::Range<u64> = 100..106;

/// Light, ground and focus are the drawing's own affair.
const ASKED: [CheckName; 8] = [
    CheckName::FishCount,
    CheckName::Cut,
    CheckName::PartsMissing,
    CheckName::LateralView,
    CheckName::HeadSide,
    CheckName::Curvature,
    CheckName::Tilt,
    CheckName::Label,
];

fn mask_of(drawn: &RigFrame, part: PixelBox) -> TraitMask {
    let rows = (part.top..part.bottom).flat_map(|y| &drawn.mask.row(y)[part.left as usize..part.right as usize]);
    TraitMask::from_bits(part.size(), rows.copied().collect()).unwrap()
}

/// Judges a drawn frame by what locating finds and the exact mask; `None` where the first fish was not the one that was found.
fn judged(settings: SceneSettings) -> Option<Quality> {
    let drawn = RigScene::new(settings).unwrap().draw();
    let scene = locate(&drawn.picture, &LocateSettings::default());
    let fish = scene.fish.as_ref()?;
    if fish.bounds.iou(&drawn.fish[0].bounds) < 0.6 {
        return None;
    }
    let crop_box = fish.crop(scene.picture);
    let mask = mask_of(&drawn, crop_box);
    let subject = Subject {
        mask: &mask,
        not_assessed: TraitSet::EMPTY,
        crop_box,
        resolution: crop_box.size(),
        head: match drawn.fish[0].heading {
            Heading::Left => HeadSide::Left,
            Heading::Right => HeadSide::Right,
        },
    };
    let seen = Seen {
        picture: &drawn.picture,
        scene: &scene,
        subject: Some(&subject),
        scale: None,
    };
    Some(assess(&seen, &QualitySettings::default()))
}

fn plain(seed: u64) -> SceneSettings {
    SceneSettings {
        heading: Heading::Left,
        tilt_degrees: 0.0,
        fish_share: 0.4,
        ..SceneSettings::random(Size::new(600, 400), seed)
    }
}

/// What a drawing is told besides.
type Change = fn(&mut SceneSettings);

/// In how many of the drawings the check is bad, of how many in which the fish was found; and what else was bad.
fn bad(check: CheckName, change: Change) -> (usize, usize, Vec<CheckName>) {
    let (mut is_bad, mut found, mut others) = (0, 0, Vec::new());
    for seed in SEEDS {
        let mut settings = plain(seed);
        change(&mut settings);
        let Some(quality) = judged(settings) else { continue };
        found += 1;
        is_bad += usize::from(quality.check(check).is_some_and(|c| c.verdict == Verdict::Bad));
        others.extend(
            quality
                .with(Verdict::Bad)
                .map(|c| c.name)
                .filter(|name| ASKED.contains(name) && *name != check),
        );
    }
    println!("{check}: bad in {is_bad} of {found}, besides {others:?}");
    (is_bad, found, others)
}

#[test]
fn drawn_frames_fail_what_they_were_drawn_to_fail() {
    let (_, found, faults) = bad(CheckName::Focus, |_| {});
    assert!(found >= 5, "{found} fish found");
    assert!(faults.len() <= 1, "a plain drawing: {faults:?}");
    let table: [(CheckName, Change); 5] = [
        (CheckName::Cut, |s| s.cut_by_edge = true),
        (CheckName::FishCount, |s| {
            s.fish = 3;
            s.fish_share = 0.3;
        }),
        (CheckName::HeadSide, |s| s.heading = Heading::Right),
        (CheckName::Tilt, |s| s.tilt_degrees = 30.0),
        (CheckName::Label, |s| s.label = None),
    ];
    for (check, change) in table {
        let (is_bad, found, _) = bad(check, change);
        assert!(
            found >= 6 && is_bad * 10 >= found * 8,
            "{check}: bad in {is_bad} of {found}"
        );
    }
}

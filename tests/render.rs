//! What drawn specimens and scenes promise, checked on the masks and, for the ruler, on the picture alone.

use std::sync::LazyLock;

use fishrig::frame::{PixelBox, Size};
use fishrig::render::{
    BodyForm, Ground, Heading, LabelStyle, Lighting, RenderError, RigFrame, RigScene, RulerStyle, SceneSettings,
    SpecimenPlan, demo_scenes,
};
use fishrig::traits::components::{Connectivity, label};
use fishrig::traits::{Trait, TraitMask, TraitSet};
use proptest::prelude::*;

fn settings(form: BodyForm, seed: u64, ground: Ground) -> SceneSettings {
    SceneSettings {
        size: Size::new(1000, 700),
        ground,
        form: Some(form),
        fish: 1,
        fish_share: 0.6,
        ..SceneSettings::random(Size::new(1000, 700), seed)
    }
}

/// A frame of each form, on each kind of ground in turn; drawn once for all tests.
fn frames() -> &'static [(RigScene, RigFrame)] {
    static FRAMES: LazyLock<Vec<(RigScene, RigFrame)>> = LazyLock::new(|| {
        let cases = BodyForm::ALL.into_iter().zip(Ground::ALL.into_iter().cycle());
        let draw = |(i, (form, ground))| {
            let scene = RigScene::new(settings(form, 100 + i as u64, ground)).expect("settings within their ranges");
            let frame = scene.draw();
            (scene, frame)
        };
        cases.enumerate().map(draw).collect()
    });
    &FRAMES
}

fn pieces(mask: &TraitMask, which: Trait) -> Vec<u64> {
    let found = label(mask.size(), Connectivity::Eight, |x, y| mask.get(x, y).contains(which));
    let mut areas: Vec<u64> = found.into_iter().map(|c| c.area).collect();
    areas.sort_unstable_by(|a, b| b.cmp(a));
    areas
}

#[test]
fn a_mask_holds_exactly_the_traits_of_its_plan() {
    for (scene, frame) in frames() {
        let plan = scene.specimens().next().unwrap();
        assert_eq!(frame.mask.present(), plan.traits(), "{:?}", plan.form);
    }
}

#[test]
fn no_trait_is_lost_in_a_usual_scene() {
    for seed in 0..16 {
        let bare = SceneSettings {
            fish_share: 0.7,
            label: None,
            ruler: None,
            ..SceneSettings::random(Size::new(700, 460), seed)
        };
        let scene = RigScene::new(bare).unwrap();
        let plan = scene.specimens().next().unwrap();
        assert_eq!(
            scene.draw().mask.present(),
            plan.traits(),
            "seed {seed}, a {}",
            plan.form.name()
        );
    }
}

#[test]
fn head_trunk_eye_and_fins_are_in_few_pieces() {
    for (scene, frame) in frames() {
        let plan = scene.specimens().next().unwrap();
        for which in [
            Trait::Head,
            Trait::Eye,
            Trait::Trunk,
            Trait::CaudalFin,
            Trait::PectoralFin,
            Trait::DorsalFin,
            Trait::AnalFin,
        ] {
            let areas = pieces(&frame.mask, which);
            let sheets = plan.fins.iter().filter(|fin| fin.which == which).count().max(1);
            let total: u64 = areas.iter().sum();
            let main: u64 = areas.iter().take(sheets).sum();
            assert!(
                main as f64 >= 0.97 * total as f64,
                "{which} of a {} lies in pieces of {areas:?} pixels",
                plan.form.name()
            );
        }
    }
}

#[test]
fn traits_exclude_each_other_except_rays_and_spines_in_their_fin() {
    let elements = [Trait::CaudalFinRay, Trait::AltFinRay, Trait::AltFinSpine];
    let elements: TraitSet = elements.into_iter().collect();
    for (_, frame) in frames() {
        for &bits in frame.mask.bits() {
            let traits = TraitSet::from_bits(bits);
            let (element, part) = (
                traits.intersection(elements),
                TraitSet::from_bits(bits & !elements.bits()),
            );
            assert!(
                part.len() <= 1 && element.len() <= 1,
                "{:?}",
                traits.iter().collect::<Vec<_>>()
            );
            if element.contains(Trait::CaudalFinRay) {
                assert!(part.contains(Trait::CaudalFin));
            } else if !element.is_empty() {
                let fins = [Trait::DorsalFin, Trait::AnalFin, Trait::PelvicFin, Trait::PectoralFin];
                assert!(
                    fins.into_iter().any(|fin| part.contains(fin)),
                    "a ray or spine outside a fin"
                );
            }
        }
    }
}

#[test]
fn the_eye_lies_in_the_heads_rows_and_columns_and_is_round() {
    for (_, frame) in frames() {
        let head = frame.mask.bounding_box(TraitSet::EMPTY.with(Trait::Head)).unwrap();
        let eye = frame.mask.bounding_box(TraitSet::EMPTY.with(Trait::Eye)).unwrap();
        assert_eq!(
            eye.intersection(&head),
            Some(eye),
            "the eye {eye} reaches out of the head {head}"
        );
        // Left, right, above and below the eye lies head: it is enclosed, not at the outline.
        let (cx, cy) = ((eye.left + eye.right) / 2, (eye.top + eye.bottom) / 2);
        for (x, y) in [
            (eye.left - 2, cy),
            (eye.right + 1, cy),
            (cx, eye.top - 2),
            (cx, eye.bottom + 1),
        ] {
            assert!(
                frame.mask.get(x, y).contains(Trait::Head),
                "no head beside the eye {eye} at {x}, {y}"
            );
        }
        let area = frame.mask.pixel_counts()[Trait::Eye.channel()] as f64;
        let disc = f64::from(eye.width()) * f64::from(eye.height()) * std::f64::consts::FRAC_PI_4;
        assert!(
            (area / disc - 1.0).abs() < 0.12,
            "eye of {area} pixels in a box of {eye}"
        );
    }
}

#[test]
fn the_head_points_where_it_should() {
    for heading in [Heading::Left, Heading::Right] {
        let scene = RigScene::new(SceneSettings {
            heading,
            ..settings(BodyForm::Trout, 8, Ground::Board)
        })
        .unwrap();
        let frame = scene.draw();
        let middle = |which: Trait| {
            let b = frame.mask.bounding_box(TraitSet::EMPTY.with(which)).unwrap();
            f64::from(b.left + b.right) / 2.0
        };
        assert_eq!(middle(Trait::Head) < middle(Trait::CaudalFin), heading == Heading::Left);
        assert_eq!(
            frame.fish[0].snout.x < frame.fish[0].tail_base.x,
            heading == Heading::Left
        );
    }
}

#[test]
fn boxes_are_tight() {
    for (_, frame) in frames() {
        assert_eq!(frame.mask.bounding_box(TraitSet::ALL), Some(frame.fish[0].bounds));
    }
}

#[test]
fn several_fish_lie_apart() {
    let scene = RigScene::new(SceneSettings {
        fish: 4,
        fish_share: 0.3,
        ..settings(BodyForm::Minnow, 5, Ground::LightTable)
    })
    .unwrap();
    let frame = scene.draw();
    assert!(frame.fish.len() >= 3, "only {} fish found room", frame.fish.len());
    for (i, a) in frame.fish.iter().enumerate() {
        assert!(
            a.bounds.area() <= frame.fish[0].bounds.area(),
            "the first is the largest"
        );
        for b in &frame.fish[i + 1..] {
            assert_eq!(a.bounds.intersection(&b.bounds), None);
        }
    }
}

#[test]
fn an_empty_scene_has_no_trait_and_no_crop() {
    let scene = RigScene::new(SceneSettings {
        fish: 0,
        ..settings(BodyForm::Minnow, 5, Ground::LightTable)
    })
    .unwrap();
    assert!(scene.draw().mask.present().is_empty());
    assert_eq!(
        scene.draw_crop(Size::new(640, 256)).unwrap_err(),
        RenderError::NoFish { seed: 5 }
    );
}

#[test]
fn the_same_seed_gives_the_same_bytes_on_any_number_of_threads() {
    let draw = || {
        RigScene::new(SceneSettings::random(Size::new(400, 300), 77))
            .unwrap()
            .draw()
    };
    let alone = draw();
    let threads: Vec<_> = (0..4).map(|_| std::thread::spawn(draw)).collect();
    for thread in threads {
        let other = thread.join().unwrap();
        assert_eq!(alone.picture, other.picture);
        assert_eq!(alone.mask, other.mask);
    }
    let next = RigScene::new(SceneSettings::random(Size::new(400, 300), 78))
        .unwrap()
        .draw();
    assert_ne!(alone.picture, next.picture);
}

/// Brightness of the picture at a place between pixels.
fn brightness(frame: &RigFrame, x: f64, y: f64) -> f64 {
    let (x, y) = (x - 0.5, y - 0.5);
    let (i, j) = (x.floor(), y.floor());
    let at = |i: f64, j: f64| {
        frame
            .picture
            .get_pixel(i as u32, j as u32)
            .0
            .iter()
            .map(|b| f64::from(*b))
            .sum::<f64>()
    };
    let (u, v) = (x - i, y - j);
    (at(i, j) * (1.0 - u) + at(i + 1.0, j) * u) * (1.0 - v)
        + (at(i, j + 1.0) * (1.0 - u) + at(i + 1.0, j + 1.0) * u) * v
}

/// The spacing of the ruler's ticks in pixels, measured on the picture: the period at which the brightness along the tick line correlates
/// best with a wave. Only the line's direction and place are taken from the drawing.
fn tick_spacing(frame: &RigFrame) -> f64 {
    let ruler = frame.ruler.as_ref().expect("a scene with a ruler");
    let (dx, dy) = (
        ruler.last_tick.x - ruler.first_tick.x,
        ruler.last_tick.y - ruler.first_tick.y,
    );
    let length = dx.hypot(dy);
    let steps = (length * 4.0) as usize;
    let line: Vec<f64> = (0..=steps)
        .map(|i| i as f64 / steps as f64)
        .map(|t| brightness(frame, ruler.first_tick.x + dx * t, ruler.first_tick.y + dy * t))
        .collect();
    let mean = line.iter().sum::<f64>() / line.len() as f64;
    let strength = |period: f64| {
        let (mut re, mut im) = (0.0, 0.0);
        for (i, v) in line.iter().enumerate() {
            let phase = std::f64::consts::TAU * (i as f64 / 4.0 * length * 4.0 / steps as f64) / period;
            re += (v - mean) * phase.cos();
            im += (v - mean) * phase.sin();
        }
        re.hypot(im)
    };
    let best_of = |candidates: &mut dyn Iterator<Item = f64>| {
        candidates
            .map(|p| (p, strength(p)))
            .max_by(|a, b| a.1.total_cmp(&b.1))
            .map(|(p, _)| p)
            .expect("at least one candidate")
    };
    let rough = best_of(&mut (0..400).map(|k| 2.5 * 1.004f64.powi(k)));
    best_of(&mut (-100..=100).map(|k| rough * (1.0 + 0.00005 * f64::from(k))))
}

#[test]
fn ruler_ticks_are_a_millimetre_apart_in_the_picture() {
    for (i, (ground, style)) in [
        (Ground::LightTable, RulerStyle::Tan),
        (Ground::Board, RulerStyle::Black),
        (Ground::Bench, RulerStyle::White),
    ]
    .into_iter()
    .enumerate()
    {
        for seed in 0..3 {
            let scene = SceneSettings {
                size: Size::new(1600, 1100),
                ruler: Some(style),
                label: None,
                fish_share: 0.45,
                ..settings(BodyForm::Minnow, 40 + 10 * i as u64 + seed, ground)
            };
            let frame = RigScene::new(scene).unwrap().draw();
            let expected = frame.pixels_per_centimetre / 10.0;
            let found = tick_spacing(&frame);
            assert!(
                (found / expected - 1.0).abs() < 0.004,
                "{style:?}: ticks every {found} pixels, {expected} expected"
            );
        }
    }
}

#[test]
fn the_standard_length_is_that_of_the_plan() {
    for (scene, frame) in frames() {
        let planned = scene.specimens().next().unwrap().standard_length_cm;
        let fish = &frame.fish[0];
        assert!(
            (fish.standard_length_cm / planned - 1.0).abs() < 0.05,
            "{} cm, {planned} cm planned",
            fish.standard_length_cm
        );
        let head = frame.mask.bounding_box(TraitSet::EMPTY.with(Trait::Head)).unwrap();
        let at_snout = fish.snout.x
            - f64::from(if fish.heading == Heading::Left {
                head.left
            } else {
                head.right
            });
        assert!(
            at_snout.abs() < 12.0,
            "the snout lies {at_snout} pixels from the head's end"
        );
    }
}

#[test]
fn label_and_ruler_boxes_are_where_the_picture_changes() {
    // The same scene without the card differs from the scene with it inside the card's box, and, but for shadow and blur, only there.
    let with = settings(BodyForm::Perch, 21, Ground::LightTable);
    let bare = RigScene::new(SceneSettings {
        label: None,
        ruler: None,
        fish: 0,
        ..with.clone()
    })
    .unwrap()
    .draw();
    let label = RigScene::new(SceneSettings {
        ruler: None,
        fish: 0,
        label: Some(LabelStyle::Plotted),
        ..with.clone()
    })
    .unwrap()
    .draw();
    let ruler = RigScene::new(SceneSettings {
        label: None,
        fish: 0,
        ruler: Some(RulerStyle::Tan),
        ..with
    })
    .unwrap()
    .draw();
    for (frame, card) in [(&label, label.label), (&ruler, ruler.ruler.as_ref().map(|r| r.bounds))] {
        let found = changed(&bare, frame);
        assert!(found.iou(&card.unwrap()) > 0.97, "changed {found}, said {card:?}");
    }
}

/// The box of the rows and columns in which more than a few pixels differ clearly.
fn changed(a: &RigFrame, b: &RigFrame) -> PixelBox {
    let (width, height) = a.picture.dimensions();
    let differs = |x: u32, y: u32| {
        a.picture
            .get_pixel(x, y)
            .0
            .iter()
            .zip(b.picture.get_pixel(x, y).0)
            .any(|(p, q)| p.abs_diff(q) > 14)
    };
    let columns: Vec<u32> = (0..width)
        .filter(|x| (0..height).filter(|y| differs(*x, *y)).count() > 20)
        .collect();
    let rows: Vec<u32> = (0..height)
        .filter(|y| (0..width).filter(|x| differs(*x, *y)).count() > 20)
        .collect();
    PixelBox::new(
        columns[0],
        rows[0],
        columns[columns.len() - 1] + 1,
        rows[rows.len() - 1] + 1,
    )
}

#[test]
fn the_demo_shows_what_it_promises() {
    let scenes = demo_scenes();
    let forms: std::collections::HashSet<_> = scenes.iter().map(|s| s.form).collect();
    assert!(scenes.len() >= 6 && forms.len() >= 5);
    assert!(scenes.iter().any(|s| s.heading == Heading::Right));
    assert!(scenes.iter().any(|s| s.ground == Ground::Tank));
    assert!(scenes.iter().any(|s| s.ruler_on_label));
    for settings in scenes {
        let on_label = settings.ruler_on_label;
        let frame = RigScene::new(settings).unwrap().draw();
        let fish = &frame.fish[0];
        let (label, ruler) = (frame.label.unwrap(), frame.ruler.unwrap().bounds);
        assert!(!fish.bounds.touches_edge(frame.mask.size()), "{:?} is cut", fish.form);
        assert_eq!(
            fish.bounds.intersection(&ruler),
            None,
            "the ruler lies at the {:?}",
            fish.form
        );
        assert_eq!(label.intersection(&ruler).is_some(), on_label);
    }
}

#[test]
fn a_crop_shows_the_fish_with_its_margin() {
    let scene = RigScene::new(settings(BodyForm::Carp, 3, Ground::LightTable)).unwrap();
    let frame = scene.draw();
    let size = Size::new(640, 256);
    let crop = scene.draw_crop(size).unwrap();
    let window = frame.fish[0].bounds.grown(0.025, frame.mask.size());
    let rows =
        (window.top..window.bottom).flat_map(|y| &frame.mask.row(y)[window.left as usize..window.right as usize]);
    let expected = TraitMask::from_bits(window.size(), rows.copied().collect())
        .unwrap()
        .resized(size);
    assert_eq!(crop.mask, expected);
    let tight = crop.mask.bounding_box(TraitSet::ALL).unwrap();
    assert!(
        (11..=20).contains(&tight.left) && (2..=9).contains(&tight.top),
        "{tight}"
    );
}

#[test]
fn settings_outside_their_range_are_refused() {
    let usual = SceneSettings::random(Size::new(640, 480), 1);
    let refused = |settings: SceneSettings| RigScene::new(settings).err().unwrap().to_string();
    assert!(
        refused(SceneSettings {
            size: Size::new(63, 480),
            ..usual.clone()
        })
        .contains("63x480")
    );
    assert!(
        refused(SceneSettings {
            size: Size::new(640, 100_000),
            ..usual.clone()
        })
        .contains("8192")
    );
    assert!(
        refused(SceneSettings {
            fish_share: f64::NAN,
            ..usual.clone()
        })
        .contains("fish share")
    );
    assert!(
        refused(SceneSettings {
            tilt_degrees: 90.0,
            ..usual.clone()
        })
        .contains("tilt")
    );
    assert!(refused(SceneSettings { fish: 7, ..usual }).contains("number of fish"));
}

#[test]
fn plans_follow_their_form() {
    for seed in 0..40 {
        for form in BodyForm::ALL {
            let plan = SpecimenPlan::of(form, seed, Lighting::FromAbove);
            let adipose = plan.traits().contains(Trait::AdiposeFin);
            assert_eq!(adipose, matches!(form, BodyForm::Catfish | BodyForm::Trout), "{form:?}");
            let spines = plan.traits().contains(Trait::AltFinSpine);
            assert_eq!(
                spines,
                matches!(
                    form,
                    BodyForm::Perch | BodyForm::Sunfish | BodyForm::Darter | BodyForm::Angelfish
                ),
                "{form:?}"
            );
            assert!(plan.body.depth < plan.body.tail_base && plan.body.head_length < plan.body.tail_base / 2.0);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]
    #[test]
    fn any_scene_of_any_size_is_drawn(
        width in 64u32..2000,
        height in 64u32..2000,
        seed: u64,
        fish in 0u32..4,
        fish_share in 0.03f64..0.9,
        tilt_degrees in -45.0f64..45.0,
        cut_by_edge: bool,
        ground in prop::sample::select(&Ground::ALL[..]),
    ) {
        let size = Size::new(width, height);
        let settings = SceneSettings { fish, fish_share, tilt_degrees, cut_by_edge, ground, ..SceneSettings::random(size, seed) };
        let scene = RigScene::new(settings).unwrap();
        let frame = scene.draw();
        prop_assert_eq!(frame.picture.dimensions(), (width, height));
        prop_assert_eq!(frame.mask.size(), size);
        prop_assert!(frame.fish.len() <= fish as usize);
        for found in &frame.fish {
            prop_assert!(found.bounds.right <= width && found.bounds.bottom <= height && found.bounds.area() > 0);
        }
        if let Ok(crop) = scene.draw_crop(Size::new(128, 64)) {
            prop_assert!(!crop.mask.present().is_empty());
        }
    }
}

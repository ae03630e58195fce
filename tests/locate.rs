//! Locating on real frames with known regions, and on drawn scenes for what the frames don't have.

#[allow(dead_code)]
mod locate_support;

use fishrig::frame::PixelBox;
use fishrig::locate::{HeadSide, LocateSettings, Scene, locate};
use image::{Rgb, RgbImage};
use locate_support::{Known, crops, frames};
use proptest::prelude::*;

fn scene(picture: &RgbImage) -> Scene {
    locate(picture, &LocateSettings::default())
}

fn iou(found: Option<PixelBox>, known: Option<PixelBox>) -> f64 {
    found.zip(known).map_or(0.0, |(f, k)| f.iou(&k))
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

#[test]
fn real_frames_at_full_size() {
    let Some(frames) = frames() else { return };
    let (mut fish, mut ruler, mut label) = (Vec::new(), Vec::new(), Vec::new());
    for known in &frames {
        let found = scene(&known.picture);
        let best = found.fish.as_ref().unwrap_or_else(|| panic!("{}: no fish", known.name));
        fish.push(iou(Some(best.bounds), known.fish));
        ruler.push(iou(found.ruler, known.ruler));
        label.push(iou(found.label, known.label));
        println!(
            "{}: fish {:.3}, ruler {:.3}, label {:.3}",
            known.name,
            fish[fish.len() - 1],
            ruler[ruler.len() - 1],
            label[label.len() - 1]
        );
        for paper in [known.ruler, known.label] {
            assert!(
                iou(Some(best.bounds), paper) < 0.1,
                "{}: the fish's box lies on a paper",
                known.name
            );
        }
        assert!(
            found.further_fish.is_empty(),
            "{}: {:?}",
            known.name,
            found.further_fish
        );
        assert!(!best.cut_by_edge, "{}", known.name);
        assert_eq!(best.head, HeadSide::Left, "{}", known.name);
    }
    println!(
        "means: fish {:.3}, ruler {:.3}, label {:.3}",
        mean(&fish),
        mean(&ruler),
        mean(&label)
    );
    assert!(mean(&fish) >= 0.95 && fish.iter().all(|i| *i > 0.9), "{fish:?}");
    assert!(mean(&ruler) >= 0.93 && ruler.iter().all(|i| *i > 0.8), "{ruler:?}");
    assert!(mean(&label) >= 0.93 && label.iter().all(|i| *i > 0.8), "{label:?}");
}

/// Share of the fish found with that overlap, and how many heads were told wrong or not at all.
fn judge(pictures: &[Known]) -> (Vec<f64>, usize, usize) {
    let (mut overlaps, mut wrong, mut unknown) = (Vec::new(), 0, 0);
    for known in pictures {
        let fish = scene(&known.picture).fish;
        let overlap = iou(fish.as_ref().map(|f| f.bounds), known.fish);
        let head = fish.map_or(HeadSide::Unknown, |f| f.head);
        println!("{}: {overlap:.3}, head {head:?}", known.name);
        overlaps.push(overlap);
        wrong += usize::from(head != HeadSide::Unknown && head != known.head);
        unknown += usize::from(head == HeadSide::Unknown);
    }
    (overlaps, wrong, unknown)
}

#[test]
fn a_picture_of_one_fish_on_any_plain_ground() {
    let Some(crops) = crops() else { return };
    let mirrored: Vec<Known> = crops.iter().map(Known::mirrored).collect();
    for pictures in [crops, mirrored] {
        let (overlaps, wrong, unknown) = judge(&pictures);
        println!(
            "mean {:.3}, wrong heads {wrong}, unknown {unknown} of {}",
            mean(&overlaps),
            overlaps.len()
        );
        assert!(
            mean(&overlaps) > 0.92 && overlaps.iter().all(|i| *i > 0.6),
            "{overlaps:?}"
        );
        assert!(wrong * 10 <= overlaps.len() && unknown * 5 <= overlaps.len());
    }
}

const GROUND: Rgb<u8> = Rgb([210, 212, 208]);

/// Level ground with a little grain and a gradient of light.
fn table(width: u32, height: u32, ground: Rgb<u8>) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        let grain = ((x * 7919) ^ (y * 104_729)) % 4;
        let shade = (x * 12 / width + y * 6 / height) as u8;
        Rgb(ground.0.map(|c| c.saturating_sub(shade).saturating_add(grain as u8)))
    })
}

/// A fish `length` long around a centre: an oval body with a forked tail, head left unless `right`, turned by `degrees`.
fn draw_fish(
    picture: &mut RgbImage,
    centre: (f32, f32),
    length: f32,
    right: bool,
    degrees: f32,
    colour: Rgb<u8>,
) -> PixelBox {
    let (sin, cos) = degrees.to_radians().sin_cos();
    let mut bounds: Option<PixelBox> = None;
    for (x, y, pixel) in picture.enumerate_pixels_mut() {
        let (dx, dy) = ((x as f32 - centre.0) / length, (y as f32 - centre.1) / length);
        let (u, v) = (dx * cos + dy * sin, dy * cos - dx * sin);
        let u = if right { -u } else { u };
        let body = ((u + 0.1) / 0.4).powi(2) + (v / 0.13).powi(2) < 1.0;
        let tail = (0.22..0.5).contains(&u) && v.abs() < 0.03 + (u - 0.22) * 0.35 && v.abs() > (u - 0.4) * 0.4;
        if body || tail {
            let stripe = if body && ((u * 40.0) as i32) % 5 == 0 { 12 } else { 0 };
            *pixel = Rgb(colour.0.map(|c| c.saturating_add(stripe)));
            let here = PixelBox::new(x, y, x + 1, y + 1);
            bounds = Some(bounds.map_or(here, |b| b.union(&here)));
        }
    }
    bounds.expect("the fish lies in the picture")
}

/// A sheet with lines of text, turned by `degrees` about its centre; gives the box around it.
fn draw_label(picture: &mut RgbImage, centre: (f32, f32), size: (f32, f32), degrees: f32, paper: Rgb<u8>) -> PixelBox {
    let (sin, cos) = degrees.to_radians().sin_cos();
    let mut bounds: Option<PixelBox> = None;
    for (x, y, pixel) in picture.enumerate_pixels_mut() {
        let (dx, dy) = (x as f32 - centre.0, y as f32 - centre.1);
        let (u, v) = (dx * cos + dy * sin + size.0 / 2.0, dy * cos - dx * sin + size.1 / 2.0);
        if u >= 0.0 && v >= 0.0 && u < size.0 && v < size.1 {
            let in_text = u > 20.0 && v > 20.0 && u < size.0 - 40.0 && v < size.1 - 20.0;
            let ink = in_text && (v as u32 % 24) < 12 && (u as u32 % 9) < 3 && !(u as u32 / 9).is_multiple_of(6);
            *pixel = if ink { Rgb([40, 40, 44]) } else { paper };
            let here = PixelBox::new(x, y, x + 1, y + 1);
            bounds = Some(bounds.map_or(here, |b| b.union(&here)));
        }
    }
    bounds.expect("the label lies in the picture")
}

/// A bar with ticks along one long side, level or upright.
fn draw_ruler(picture: &mut RgbImage, at: PixelBox, colour: Rgb<u8>) {
    let upright = at.height() > at.width();
    for y in at.top..at.bottom {
        for x in at.left..at.right {
            let (along, across) = if upright {
                (y - at.top, x - at.left)
            } else {
                (x - at.left, y - at.top)
            };
            let deep = if along / 8 % 10 == 0 { 26 } else { 14 };
            let tick = along % 8 < 2 && across < deep;
            picture.put_pixel(x, y, if tick { Rgb([30, 40, 120]) } else { colour });
        }
    }
}

const BROWN: Rgb<u8> = Rgb([92, 66, 38]);

#[test]
fn an_empty_table_has_nothing_on_it() {
    for ground in [GROUND, Rgb([20, 22, 24]), Rgb([60, 120, 110])] {
        let found = scene(&table(1200, 800, ground));
        assert_eq!((found.fish, found.label, found.ruler), (None, None, None), "{ground:?}");
        assert!(found.further_fish.is_empty());
    }
}

#[test]
fn papers_alone_are_no_fish() {
    let mut picture = table(1200, 800, GROUND);
    let label = draw_label(&mut picture, (850.0, 250.0), (420.0, 280.0), 0.0, Rgb([244, 244, 238]));
    let ruler = PixelBox::new(150, 560, 900, 690);
    draw_ruler(&mut picture, ruler, Rgb([170, 160, 150]));
    let found = scene(&picture);
    assert_eq!(found.fish, None);
    assert!(iou(found.label, Some(label)) > 0.9, "{:?}", found.label);
    assert!(iou(found.ruler, Some(ruler)) > 0.9, "{:?}", found.ruler);
}

#[test]
fn sides_tilts_and_grounds() {
    for (ground, colour) in [
        (GROUND, BROWN),
        (Rgb([18, 18, 20]), Rgb([150, 140, 120])),
        (Rgb([50, 110, 100]), Rgb([170, 120, 90])),
    ] {
        for right in [false, true] {
            for degrees in [0.0, 15.0, -30.0] {
                let mut picture = table(1200, 800, ground);
                let known = draw_fish(&mut picture, (500.0, 380.0), 480.0, right, degrees, colour);
                let fish = scene(&picture).fish.expect("a fish");
                assert!(fish.bounds.iou(&known) > 0.93, "{degrees}: {} for {known}", fish.bounds);
                assert!(
                    (fish.tilt_degrees - degrees).abs() < 4.0,
                    "{degrees}: {}",
                    fish.tilt_degrees
                );
                assert_eq!(fish.head, if right { HeadSide::Right } else { HeadSide::Left });
                assert!(!fish.cut_by_edge);
            }
        }
    }
}

#[test]
fn the_largest_whole_fish_is_taken_and_the_others_are_counted() {
    let mut picture = table(1600, 1000, GROUND);
    let small = draw_fish(&mut picture, (300.0, 180.0), 330.0, false, 0.0, BROWN);
    let large = draw_fish(&mut picture, (700.0, 500.0), 520.0, true, 8.0, BROWN);
    let cut = draw_fish(&mut picture, (1560.0, 820.0), 640.0, false, 0.0, BROWN);
    let found = scene(&picture);
    let fish = found.fish.expect("a fish");
    assert!(fish.bounds.iou(&large) > 0.93, "{}", fish.bounds);
    assert_eq!(found.further_fish.len(), 2, "{:?}", found.further_fish);
    for known in [small, cut] {
        assert!(
            found.further_fish.iter().any(|b| b.iou(&known) > 0.9),
            "{known} in {:?}",
            found.further_fish
        );
    }
}

#[test]
fn a_fish_that_the_edge_cuts_is_said_to_be() {
    let mut picture = table(1200, 800, GROUND);
    let known = draw_fish(&mut picture, (1120.0, 400.0), 500.0, false, 0.0, BROWN);
    let fish = scene(&picture).fish.expect("a fish");
    assert!(fish.cut_by_edge && fish.bounds.iou(&known) > 0.9);
    assert_eq!(
        fish.head,
        HeadSide::Unknown,
        "with its tail cut off it may point either way"
    );
}

#[test]
fn a_faint_fish_and_a_small_fish() {
    let mut picture = table(1200, 800, GROUND);
    let known = draw_fish(&mut picture, (500.0, 380.0), 480.0, false, 0.0, Rgb([182, 182, 176]));
    assert!(scene(&picture).fish.expect("a faint fish").bounds.iou(&known) > 0.9);
    let mut picture = table(1200, 800, GROUND);
    let known = draw_fish(&mut picture, (700.0, 300.0), 64.0, false, 0.0, BROWN);
    assert!(
        scene(&picture)
            .fish
            .expect("a fish of 5 % of the width")
            .bounds
            .iou(&known)
            > 0.75
    );
}

#[test]
fn a_label_under_the_fish_and_one_over_the_ruler() {
    let mut picture = table(1200, 800, GROUND);
    let label = draw_label(&mut picture, (900.0, 330.0), (440.0, 300.0), 3.0, Rgb([246, 246, 240]));
    let ruler = PixelBox::new(120, 560, 860, 680);
    draw_ruler(&mut picture, ruler, Rgb([165, 158, 150]));
    let fish = draw_fish(&mut picture, (480.0, 260.0), 520.0, true, 0.0, BROWN);
    assert!(fish.intersection(&label).is_some());
    let found = scene(&picture);
    assert!(found.fish.expect("a fish").bounds.iou(&fish) > 0.9);
    assert!(iou(found.label, Some(label)) > 0.8, "{:?} for {label}", found.label);
    assert!(iou(found.ruler, Some(ruler)) > 0.9, "{:?}", found.ruler);
}

#[test]
fn an_upright_ruler() {
    let mut picture = table(1200, 900, GROUND);
    let ruler = PixelBox::new(1000, 80, 1110, 800);
    draw_ruler(&mut picture, ruler, Rgb([165, 158, 150]));
    let fish = draw_fish(&mut picture, (480.0, 400.0), 520.0, false, 0.0, BROWN);
    let found = scene(&picture);
    assert!(iou(found.ruler, Some(ruler)) > 0.9, "{:?}", found.ruler);
    assert!(iou(found.fish.map(|f| f.bounds), Some(fish)) > 0.9);
}

#[test]
fn the_crop_is_grown_by_a_fortieth_and_stays_in_the_picture() {
    let mut picture = table(1200, 800, GROUND);
    draw_fish(&mut picture, (500.0, 380.0), 480.0, false, 0.0, BROWN);
    let found = scene(&picture);
    let fish = found.fish.expect("a fish");
    assert_eq!(fish.crop(found.picture), fish.bounds.grown(0.025, found.picture));
}

/// Pictures without sense: flat, noise, stripes, checks, and sides of any proportion.
fn senseless() -> impl Strategy<Value = RgbImage> {
    let sides = prop_oneof![
        (16u32..200, 16u32..200),
        (16u32..40, 200u32..3000),
        (200u32..3000, 16u32..40)
    ];
    (sides, 0u32..6, any::<u32>(), any::<[u8; 3]>(), any::<[u8; 3]>()).prop_map(
        |((width, height), kind, seed, a, b)| {
            let period = seed % 23 + 1;
            let mut state = seed | 1;
            RgbImage::from_fn(width, height, |x, y| {
                state ^= state << 13;
                state ^= state >> 17;
                state ^= state << 5;
                let first = match kind {
                    0 => true,
                    1 => state & 1 == 0,
                    2 => x / period % 2 == 0,
                    3 => y / period % 2 == 0,
                    4 => (x / period + y / period).is_multiple_of(2),
                    _ => (x * x + y * y) / (period * 97) % 2 == 0,
                };
                Rgb(if first { a } else { b })
            })
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_picture_gives_boxes_inside_it_and_the_same_twice(picture in senseless()) {
        let found = scene(&picture);
        prop_assert_eq!(&found, &scene(&picture));
        let fish = found.fish.iter().map(|f| f.bounds);
        for b in fish.chain(found.further_fish.iter().copied()).chain(found.label).chain(found.ruler) {
            prop_assert!(b.area() > 0 && b.right <= picture.width() && b.bottom <= picture.height(), "{}", b);
        }
    }
}

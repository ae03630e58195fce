//! Scales of real frames against hand-counted ones, of spoilt copies, and of drawn frames.

#![allow(clippy::unwrap_used)]

#[allow(dead_code)]
mod locate_support;

use std::path::Path;

use fishrig::frame::{PixelBox, Point, Size};
use fishrig::locate::{LocateSettings, locate};
use fishrig::measure::Measured;
use fishrig::measure::scale::{self, Known, NoScale, Scale, ScaleMethod, ScaleSettings};
use fishrig::render::{RigScene, RulerStyle, SceneSettings};
use image::imageops::{self, FilterType};
use image::{Rgb, RgbImage};
use locate_support::frames;
use proptest::prelude::*;

fn read(picture: &RgbImage, ruler: Option<PixelBox>) -> Result<Scale, NoScale> {
    scale::find(picture, ruler, &ScaleSettings::default())
}

/// A frame's hand-counted scale and the middle of the row that was counted.
struct Truth {
    pixels_per_cm: f64,
    place: Point,
}

fn truth(name: &str) -> Truth {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/frames/scales.json");
    let all: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let frame = &all["frames"][format!("{name}.jpg")];
    let at = |i: usize, k: usize| frame["points"][i][k].as_f64().unwrap();
    Truth {
        pixels_per_cm: frame["px_per_cm"].as_f64().unwrap(),
        place: Point {
            x: (at(0, 0) + at(1, 0)) / 2.0,
            y: (at(0, 1) + at(1, 1)) / 2.0,
        },
    }
}

#[test]
fn real_frames_within_a_hundredth() {
    let Some(frames) = frames() else { return };
    println!("frame, method, px/cm read, truth, difference, uncertainty, ticks, ms");
    for known in &frames {
        let truth = truth(&known.name);
        let located = locate(&known.picture, &LocateSettings::default()).ruler;
        for (by, ruler) in [("located", located), ("by hand", known.ruler)] {
            let start = std::time::Instant::now();
            let found = read(&known.picture, ruler).unwrap_or_else(|e| panic!("{}, {by}: {e}", known.name));
            let milliseconds = start.elapsed().as_secs_f64() * 1e3;
            let there = found.at(truth.place);
            let off = there.value / truth.pixels_per_cm - 1.0;
            let ticks: Vec<u32> = found.rows.iter().map(|r| r.ticks).collect();
            println!(
                "{}, {by}, {:?}, {:.2}, {:.2}, {:+.2} %, {:.2} %, {ticks:?}, {milliseconds:.0}",
                known.name,
                found.method,
                there.value,
                truth.pixels_per_cm,
                100.0 * off,
                100.0 * there.relative()
            );
            assert!(off.abs() < 0.01, "{}, {by}", known.name);
            assert!(
                off.abs() < 4.0 * there.relative(),
                "{}, {by}: the uncertainty",
                known.name
            );
            for row in &found.rows {
                let pixels = (row.last.x - row.first.x).hypot(row.last.y - row.first.y);
                assert!(
                    (pixels / row.centimetres / truth.pixels_per_cm - 1.0).abs() < 0.01,
                    "{row:?}"
                );
            }
        }
    }
}

#[test]
fn a_camera_at_a_slant_has_another_scale_at_the_fish() {
    let Some(frames) = frames() else { return };
    let known = frames.iter().find(|f| f.name == "cefish_004537").unwrap();
    let found = read(&known.picture, known.ruler).unwrap();
    let fish = known.fish.unwrap();
    let middle = Point {
        x: f64::from(fish.left + fish.right) / 2.0,
        y: f64::from(fish.top + fish.bottom) / 2.0,
    };
    let there = found.at(middle);
    println!("{:.1} ± {:.1} px/cm at the fish", there.value, there.uncertainty);
    // By the narrowing of the whole ruler it is 96, within 94 to 98.
    assert!((94.0..=98.0).contains(&there.value), "{}", there.value);
    assert!((there.value - 96.0).abs() < 2.0 * there.uncertainty);
}

/// A ruler cut out of its frame, and its true scale.
struct Cut {
    picture: RgbImage,
    ruler: PixelBox,
    pixels_per_cm: f64,
}

fn cut(known: &locate_support::Known) -> Cut {
    let ruler = known.ruler.unwrap();
    let around = ruler.grown(0.2, Size::from(known.picture.dimensions()));
    let picture =
        imageops::crop_imm(&known.picture, around.left, around.top, around.width(), around.height()).to_image();
    Cut {
        ruler: PixelBox::new(
            ruler.left - around.left,
            ruler.top - around.top,
            ruler.right - around.left,
            ruler.bottom - around.top,
        ),
        picture,
        pixels_per_cm: truth(&known.name).pixels_per_cm,
    }
}

fn resized(cut: &Cut, factor: f64) -> Cut {
    let by = |v: u32| (f64::from(v) * factor).round() as u32;
    let (w, h) = cut.picture.dimensions();
    let r = cut.ruler;
    Cut {
        picture: imageops::resize(&cut.picture, by(w), by(h), FilterType::Triangle),
        ruler: PixelBox::new(by(r.left), by(r.top), by(r.right), by(r.bottom)),
        pixels_per_cm: cut.pixels_per_cm * factor,
    }
}

/// The same cut with the picture changed by `change`, which keeps its size.
fn changed(cut: &Cut, change: impl Fn(&RgbImage) -> RgbImage) -> Cut {
    Cut {
        picture: change(&cut.picture),
        ruler: cut.ruler,
        pixels_per_cm: cut.pixels_per_cm,
    }
}

fn turned(cut: &Cut, quarters: u32) -> Cut {
    let mut now = changed(cut, RgbImage::clone);
    for _ in 0..quarters {
        let height = now.picture.height();
        let r = now.ruler;
        now.picture = imageops::rotate90(&now.picture);
        now.ruler = PixelBox::new(height - r.bottom, r.left, height - r.top, r.right);
    }
    now
}

fn compressed(picture: &RgbImage, quality: u8) -> RgbImage {
    let mut bytes = Vec::new();
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, quality)
        .encode_image(picture)
        .unwrap();
    image::load_from_memory(&bytes).unwrap().to_rgb8()
}

fn noisy(picture: &RgbImage) -> RgbImage {
    let mut state = 0x9e37_79b9u32;
    let mut noise = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        (state % 41) as i32 - 20
    };
    let mut copy = picture.clone();
    copy.pixels_mut()
        .for_each(|p| p.0 = p.0.map(|c| (i32::from(c) + noise()).clamp(0, 255) as u8));
    copy
}

/// No copy may be read wrongly; a few may not be read at all.
#[test]
fn spoilt_copies_are_read_rightly_or_not_at_all() {
    let Some(frames) = frames() else { return };
    let (mut read_rightly, mut all) = (0, 0);
    for known in &frames {
        let whole = cut(known);
        let whole = if whole.picture.width() > 2600 {
            resized(&whole, 0.5)
        } else {
            whole
        };
        let grown = |share: f64| Cut {
            ruler: whole.ruler.grown(share, Size::from(whole.picture.dimensions())),
            ..changed(&whole, RgbImage::clone)
        };
        let copies = [
            ("half", resized(&whole, 0.5)),
            ("0.7", resized(&whole, 0.7)),
            ("quarter turn", turned(&whole, 1)),
            ("upside down", turned(&whole, 2)),
            ("three quarters", turned(&whole, 3)),
            (
                "dark",
                changed(&whole, |p| {
                    RgbImage::from_fn(p.width(), p.height(), |x, y| Rgb(p.get_pixel(x, y).0.map(|c| c / 3)))
                }),
            ),
            (
                "negative",
                changed(&whole, |p| {
                    RgbImage::from_fn(p.width(), p.height(), |x, y| Rgb(p.get_pixel(x, y).0.map(|c| 255 - c)))
                }),
            ),
            (
                "blurred",
                changed(&whole, |p| imageops::blur(p, (0.015 * whole.pixels_per_cm) as f32)),
            ),
            ("noisy", changed(&whole, noisy)),
            ("jpeg 25", changed(&whole, |p| compressed(p, 25))),
            ("small box", grown(-0.02)),
            ("large box", grown(0.06)),
        ];
        for (name, copy) in copies {
            all += 1;
            match read(&copy.picture, Some(copy.ruler)) {
                Ok(found) => {
                    let off = found.pixels_per_cm.value / copy.pixels_per_cm - 1.0;
                    assert!(off.abs() < 0.01, "{} {name}: {:+.2} %", known.name, 100.0 * off);
                    read_rightly += 1;
                }
                Err(error) => println!("{} {name}: {error}", known.name),
            }
        }
    }
    println!("{read_rightly} of {all} read");
    assert!(read_rightly * 100 >= all * 93, "{read_rightly} of {all}");
}

#[test]
fn what_is_no_ruler_has_no_scale() {
    let Some(frames) = frames() else { return };
    for known in &frames {
        for (what, part) in [("label", known.label), ("fish", known.fish)] {
            let found = read(&known.picture, part);
            assert_eq!(found, Err(NoScale::NoTicks), "{} {what}", known.name);
        }
    }
}

#[test]
fn drawn_rulers_within_half_a_hundredth() {
    let mut unread = Vec::new();
    let mut all = 0;
    for style in [RulerStyle::Tan, RulerStyle::Black, RulerStyle::White] {
        for seed in 0..6 {
            let size = [Size::new(1200, 800), Size::new(2000, 1400)][seed as usize % 2];
            let settings = SceneSettings {
                ruler: Some(style),
                ruler_on_label: false,
                ..SceneSettings::random(size, seed)
            };
            let frame = RigScene::new(settings).unwrap().draw();
            let Some(ruler) = &frame.ruler else { continue };
            all += 1;
            match read(&frame.picture, Some(ruler.bounds)) {
                Ok(found) => {
                    let off = found.pixels_per_cm.value / frame.pixels_per_centimetre - 1.0;
                    println!("{style:?} {seed}: {:+.3} %", 100.0 * off);
                    assert!(off.abs() < 0.005, "{style:?} {seed}: {:+.2} %", 100.0 * off);
                }
                Err(error) => unread.push(format!(
                    "{style:?} {seed}, {:.1} px/cm: {error}",
                    frame.pixels_per_centimetre
                )),
            }
        }
    }
    println!("unread of {all}: {unread:?}");
    assert!(unread.len() * 10 <= all, "{unread:?}");
}

fn fixed(value: f64) -> ScaleSettings {
    ScaleSettings {
        known: Known::PixelsPerCm(Measured::new(value, 0.01 * value)),
    }
}

#[test]
fn without_a_ruler_the_settings_tell_the_scale() {
    let blank = RgbImage::from_pixel(300, 200, Rgb([210, 205, 190]));
    assert_eq!(read(&blank, None), Err(NoScale::NoRuler));
    assert_eq!(
        read(&blank, Some(PixelBox::new(20, 20, 280, 80))),
        Err(NoScale::NoTicks)
    );
    let told = scale::find(&blank, None, &fixed(87.5)).unwrap();
    assert_eq!((told.method, told.pixels_per_cm.value), (ScaleMethod::Configured, 87.5));
    assert!(!told.method.is_from_picture() && told.rows.is_empty());
}

#[test]
fn a_ruler_that_contradicts_the_settings_is_told() {
    let settings = SceneSettings {
        ruler: Some(RulerStyle::White),
        ..SceneSettings::random(Size::new(1200, 800), 3)
    };
    let frame = RigScene::new(settings).unwrap().draw();
    let ruler = frame.ruler.as_ref().map(|r| r.bounds);
    let truth = frame.pixels_per_centimetre;
    let agreed = scale::find(&frame.picture, ruler, &fixed(truth * 1.01)).unwrap();
    assert_eq!(agreed.notes, Vec::<String>::new());
    let contradicted = scale::find(&frame.picture, ruler, &fixed(truth * 1.1)).unwrap();
    assert!(contradicted.notes[0].contains("-9.1 %"), "{:?}", contradicted.notes);
    assert!(
        (contradicted.pixels_per_cm.value / truth - 1.0).abs() < 0.005,
        "the ruler is believed"
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    /// Stripes without longer ones among them, noise, and boxes of any shape: no scale, and no panic.
    #[test]
    fn what_has_no_longer_ticks_has_no_scale(
        width in 1u32..900, height in 1u32..300, period in 2u32..60, slant in 0u32..7, noise in any::<bool>(), left in 0u32..500, top in 0u32..200,
    ) {
        let picture = RgbImage::from_fn(width, height, |x, y| {
            let dark = if noise { x.wrapping_mul(7919) ^ y.wrapping_mul(104_729) } else { (x + y * slant / 7) / period };
            Rgb(if dark.is_multiple_of(2) { [30; 3] } else { [220; 3] })
        });
        let ruler = PixelBox::new(left, top, left + 400, top + 150);
        prop_assert_eq!(read(&picture, Some(ruler)), Err(NoScale::NoTicks));
        prop_assert_eq!(read(&picture, Some(PixelBox::whole(Size::new(width, height)))), Err(NoScale::NoTicks));
    }
}

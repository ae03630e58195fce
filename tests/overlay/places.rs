//! What is said, and where it is: read from the list of items, without looking at pixels.

use std::fmt::Write;

use embedded_graphics::geometry::Point;
use embedded_graphics::primitives::Rectangle;
use fishrig::frame::{PixelBox, Size};
use fishrig::overlay::{self, Icon, Item, Screen, State, View};
use fishrig::traits::{Trait, TraitSet};

use crate::scene;

const SIZES: [Size; 9] = [
    Size::new(320, 240),
    Size::new(800, 480),
    Size::new(1280, 720),
    Size::new(1920, 1080),
    Size::new(1024, 600),
    Size::new(640, 480),
    Size::new(480, 800),
    Size::new(1080, 1920),
    Size::new(240, 320),
];

fn rectangle(r: &Rectangle) -> String {
    format!("{}x{}+{}+{}", r.size.width, r.size.height, r.top_left.x, r.top_left.y)
}

/// A line for each text, icon and picture.
fn written(screen: &Screen) -> String {
    let mut out = String::new();
    for item in screen.items() {
        let bounds = rectangle(&item.bounds());
        match item {
            Item::Text { words, style, .. } => writeln!(out, "{bounds:<18} {:>3} px  {words}", style.capital()),
            Item::Icon { icon, .. } => writeln!(out, "{bounds:<18} {icon:?}"),
            Item::Picture { .. } => writeln!(out, "{bounds:<18} [picture]"),
            Item::Fill { .. } | Item::Line { .. } | Item::Dot { .. } => Ok(()),
        }
        .unwrap();
    }
    out
}

#[test]
fn words_and_places_of_the_usual_displays() {
    for size in &SIZES[..4] {
        for (name, view) in scene::every_state() {
            if [
                "found",
                "two_more",
                "small_fish",
                "saved_just_now",
                "storage_full",
                "long_names",
            ]
            .contains(&name)
            {
                let screen = overlay::compose(&view, *size);
                insta::assert_snapshot!(format!("{size}_{name}"), written(&screen));
            }
        }
        let page = scene::error_page();
        let screen = overlay::compose_error_page(&page, *size);
        insta::assert_snapshot!(format!("{size}_error_page"), written(&screen));
    }
}

#[test]
fn the_words_of_every_state() {
    let mut out = String::new();
    for (name, view) in scene::every_state() {
        let screen = overlay::compose(&view, Size::new(800, 480));
        let large = screen.items().iter().filter_map(|item| match item {
            Item::Text { words, style, .. } if style.capital() >= 20 && !words.starts_with("12") => {
                Some(words.as_str())
            }
            _ => None,
        });
        writeln!(out, "{name}: {}", large.collect::<Vec<_>>().join(" / ")).unwrap();
    }
    insta::assert_snapshot!("the_words_of_every_state", out);
}

fn texts<'a>(screen: &'a Screen) -> Vec<(&'a str, Rectangle)> {
    screen
        .items()
        .iter()
        .filter_map(|item| match item {
            Item::Text { words, .. } => Some((words.as_str(), item.bounds())),
            _ => None,
        })
        .collect()
}

fn check_texts(screen: &Screen, size: Size, name: &str) {
    let canvas = Rectangle::new(
        Point::zero(),
        embedded_graphics::geometry::Size::new(size.width, size.height),
    );
    let texts = texts(screen);
    for (i, (words, bounds)) in texts.iter().enumerate() {
        assert_eq!(
            canvas.intersection(bounds),
            *bounds,
            "{size} {name}: {words:?} leaves the canvas"
        );
        for (other, other_bounds) in &texts[..i] {
            let shared = bounds.intersection(other_bounds);
            assert!(
                shared.is_zero_sized(),
                "{size} {name}: {words:?} and {other:?} overlap in {}",
                rectangle(&shared)
            );
        }
    }
}

#[test]
fn no_text_leaves_the_canvas_or_lies_on_another() {
    for size in SIZES {
        for (name, view) in scene::every_state() {
            check_texts(&overlay::compose(&view, size), size, name);
        }
        check_texts(
            &overlay::compose_error_page(&scene::error_page(), size),
            size,
            "error page",
        );
    }
}

/// The rectangles of everything that was found, on the screen.
fn found_on_screen(view: &View, picture: Rectangle) -> Vec<Rectangle> {
    let found = &view.annotations;
    let scale = f64::from(picture.size.width) / f64::from(found.picture.width);
    let on_screen = |b: &PixelBox| {
        let at = |v: u32| (f64::from(v) * scale) as i32;
        let corner = Point::new(at(b.left), at(b.top)) + picture.top_left;
        Rectangle::with_corners(corner, Point::new(at(b.right), at(b.bottom)) + picture.top_left)
    };
    let beside = found.label.iter().chain(&found.ruler).chain(&found.further_fish);
    found
        .fish
        .iter()
        .map(|fish| &fish.bounds)
        .chain(beside)
        .map(on_screen)
        .collect()
}

#[test]
fn nothing_hides_the_fish() {
    for size in SIZES {
        for (name, view) in scene::every_state() {
            let screen = overlay::compose(&view, size);
            let pictures: Vec<Rectangle> = screen
                .items()
                .iter()
                .filter(|i| matches!(i, Item::Picture { .. }))
                .map(Item::bounds)
                .collect();
            let Some(picture) = pictures.first() else {
                assert!(view.preview.is_none(), "{size} {name}: no picture");
                continue;
            };
            let found = found_on_screen(&view, *picture);
            for (words, bounds) in texts(&screen) {
                let tag =
                    ["fish", "fish, cut off", "not taken", "label", "ruler"].contains(&words) || words.ends_with('x');
                let measured = [" cm", " mm", " px"].iter().any(|unit| words.ends_with(unit));
                let on_picture = !picture.intersection(&bounds).is_zero_sized();
                assert!(
                    tag || measured || !on_picture,
                    "{size} {name}: {words:?} lies on the picture"
                );
                let on_fish = found
                    .first()
                    .is_some_and(|fish| !fish.intersection(&bounds).is_zero_sized());
                assert!(
                    !on_fish || words.starts_with("fish") || words.starts_with("BD "),
                    "{size} {name}: {words:?} lies on the fish"
                );
            }
            for enlarged in &pictures[1..] {
                for region in &found {
                    let shared = region.intersection(enlarged);
                    assert!(
                        shared.is_zero_sized(),
                        "{size} {name}: the enlarged fish hides {}",
                        rectangle(&shared)
                    );
                }
            }
        }
    }
}

#[test]
fn a_small_fish_is_enlarged_and_a_large_one_is_not() {
    for size in &SIZES[..4] {
        let pictures = |view: &View| {
            let screen = overlay::compose(view, *size);
            screen
                .items()
                .iter()
                .filter(|i| matches!(i, Item::Picture { .. }))
                .count()
        };
        assert_eq!(pictures(&scene::view()), 1, "{size}");
        assert_eq!(pictures(&scene::small_fish()), 2, "{size}");
    }
}

#[test]
fn the_pictures_aspect_is_kept() {
    for frame in [
        Size::new(960, 640),
        Size::new(640, 480),
        Size::new(1280, 720),
        Size::new(300, 900),
        Size::new(4000, 100),
    ] {
        let view = View {
            preview: Some(std::sync::Arc::new(image::RgbImage::new(frame.width, frame.height))),
            ..scene::view()
        };
        for size in SIZES {
            let screen = overlay::compose(&view, size);
            let picture = screen
                .items()
                .iter()
                .find(|i| matches!(i, Item::Picture { .. }))
                .unwrap()
                .bounds();
            let exact = f64::from(picture.size.width) * f64::from(frame.height) / f64::from(frame.width);
            let off = (exact - f64::from(picture.size.height)).abs();
            assert!(
                off <= 1.0 + f64::from(frame.height) / f64::from(frame.width),
                "{size}: {frame} shown as {picture:?}"
            );
        }
    }
}

#[test]
fn at_two_metres_a_seven_inch_panel_is_read() {
    // A panel of 800 columns is 154 mm wide; capitals of 5.5 mm subtend more than nine minutes of arc at two metres, where five are
    // the limit of good eyes.
    for (name, view) in scene::every_state() {
        let screen = overlay::compose(&view, Size::new(800, 480));
        let largest = screen.items().iter().filter_map(|item| match item {
            Item::Text { style, .. } => Some(style.capital()),
            _ => None,
        });
        let millimetres = f64::from(largest.max().unwrap()) * 154.0 / 800.0;
        assert!(millimetres >= 5.5, "{name}: {millimetres:.1} mm");
    }
}

#[test]
fn every_state_is_said_by_an_icon_too() {
    let icon_of = |state: State| {
        let view = View { state, ..scene::view() };
        let screen = overlay::compose(&view, Size::new(800, 480));
        let large = screen.items().iter().filter_map(|item| match item {
            Item::Icon { icon, area, .. } if area.size.width > 50 => Some(*icon),
            _ => None,
        });
        large.collect::<Vec<_>>()
    };
    let id = || "A_1".to_owned();
    assert_eq!(icon_of(State::Looking), [Icon::Magnifier]);
    assert_eq!(icon_of(State::FishCut), [Icon::Attention]);
    assert_eq!(icon_of(State::Saving { id: id() }), [Icon::Hourglass]);
    let just_now = State::Saved {
        id: id(),
        just_now: true,
    };
    assert_eq!(icon_of(just_now), [Icon::Check, Icon::Check], "a small and a huge one");
    assert_eq!(icon_of(State::Voided { id: id() }), [Icon::Cross]);
    assert_eq!(icon_of(State::StorageFull), [Icon::Attention]);
}

#[test]
fn what_was_not_assessed_is_never_called_absent() {
    for size in SIZES {
        for not_assessed in [
            TraitSet::EMPTY,
            TraitSet::EMPTY.with(Trait::AdiposeFin),
            TraitSet::from_bits(0x700),
            TraitSet::ALL,
        ] {
            let mut view = scene::view();
            if let Some(traits) = &mut view.annotations.traits {
                traits.not_assessed = not_assessed;
            }
            let screen = overlay::compose(&view, size);
            let words: Vec<&str> = screen.words().collect();
            let all = words.join(" ");
            let said = all.contains("Not assessed:");
            assert_eq!(said, !not_assessed.is_empty(), "{size} {not_assessed:?}: {all}");
            for which in not_assessed.iter() {
                let name = which.label();
                let capitalized = format!("{}{}", name[..1].to_uppercase(), &name[1..]);
                let own_line = words.contains(&capitalized.as_str());
                assert!(!own_line, "{size}: {which} has a line among the assessed");
            }
            let present = view.annotations.traits.as_ref().map(|t| t.mask.present()).unwrap();
            let some_absent = present.union(not_assessed) != TraitSet::ALL;
            let said_absent = words.iter().any(|w| *w == "not found" || *w == "none");
            assert_eq!(said_absent, some_absent, "{size} {not_assessed:?}: {all}");
        }
    }
}

#[test]
fn what_matters_besides_the_state_is_said() {
    let (_, view) = scene::every_state()
        .into_iter()
        .find(|(name, _)| *name == "two_more")
        .unwrap();
    for size in [Size::new(800, 480), Size::new(1280, 720)] {
        let words = overlay::compose(&view, size).words().collect::<Vec<_>>().join(" | ");
        for wanted in [
            "2 further fish in the frame",
            "2 of 4 waiting",
            "123",
            "records",
            "29.8/s",
            "2.1/s",
            "483 ms",
            "41.2 GB",
            "14:05",
        ] {
            let wanted_words = if wanted == "records" { "waiting" } else { wanted };
            assert!(words.contains(wanted_words), "{size}: {wanted_words} is not in {words}");
        }
    }
    let words = overlay::compose(&scene::view(), Size::new(800, 480))
        .words()
        .collect::<Vec<_>>()
        .join(" | ");
    for wanted in ["Bench 2", "Marisol Núñez", "jar 118, left side", "records"] {
        assert!(words.contains(wanted), "{wanted} is not in {words}");
    }
}

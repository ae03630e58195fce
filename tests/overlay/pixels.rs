//! What is drawn, pixel by pixel.

use std::convert::Infallible;
use std::sync::Arc;

use embedded_graphics::Pixel;
use embedded_graphics::draw_target::DrawTarget;
use embedded_graphics::geometry::OriginDimensions;
use embedded_graphics::pixelcolor::Rgb888;
use embedded_graphics::primitives::Rectangle;
use fishrig::display::Canvas;
use fishrig::frame::{PixelBox, Size};
use fishrig::overlay::{self, Annotations, Item, State, TraitLayer, View};
use fishrig::traits::{Palette, Trait, TraitMask, TraitSet};
use image::{Rgb, RgbImage};

use crate::scene;

const PANEL: Size = Size::new(800, 480);

fn drawn(view: &View, size: Size) -> RgbImage {
    let mut canvas = Canvas::new(size);
    let Ok(()) = overlay::draw(view, &mut canvas);
    canvas.into_picture()
}

fn picture_area(view: &View, size: Size) -> Rectangle {
    let screen = overlay::compose(view, size);
    let picture = screen.items().iter().find(|i| matches!(i, Item::Picture { .. }));
    picture.unwrap().bounds()
}

/// Counts pixels of a colour.
fn count(picture: &RgbImage, colour: [u8; 3]) -> usize {
    picture.pixels().filter(|p| p.0 == colour).count()
}

/// A view of a grey frame of 400x400 with a mask over its middle.
fn grey_with(mask: TraitMask, palette: Palette) -> View {
    let frame = Size::new(400, 400);
    View {
        preview: Some(Arc::new(RgbImage::from_pixel(
            frame.width,
            frame.height,
            Rgb([100, 150, 200]),
        ))),
        annotations: Annotations {
            picture: frame,
            traits: Some(TraitLayer {
                mask: Arc::new(mask),
                crop: PixelBox::new(100, 100, 300, 300),
                confidence: [None; Trait::COUNT],
                not_assessed: TraitSet::EMPTY,
            }),
            ..Annotations::default()
        },
        palette,
        ..View::default()
    }
}

/// Head with an eye in it, in ten by ten pixels.
fn head_and_eye() -> TraitMask {
    let mut mask = TraitMask::empty(Size::new(10, 10));
    for y in 0..10 {
        for x in 0..10 {
            let eye = (3..7).contains(&x) && (3..7).contains(&y);
            let head = TraitSet::EMPTY.with(Trait::Head);
            mask.set(x, y, if eye { head.with(Trait::Eye) } else { head });
        }
    }
    mask
}

fn forty_percent(of: [u8; 3], over: [u8; 3]) -> [u8; 3] {
    std::array::from_fn(|i| (f64::from(of[i]) * 0.4 + f64::from(over[i]) * 0.6).round() as u8)
}

#[test]
fn traits_are_translucent_with_outlines_in_full_colour_and_the_eye_shows_in_the_head() {
    for palette in [Palette::Bgnn, Palette::ColourBlind] {
        let view = grey_with(head_and_eye(), palette);
        let (picture, area) = (drawn(&view, PANEL), picture_area(&view, PANEL));
        let at = |share_x: f64, share_y: f64| {
            let x = area.top_left.x as u32 + (share_x * f64::from(area.size.width)) as u32;
            let y = area.top_left.y as u32 + (share_y * f64::from(area.size.height)) as u32;
            picture.get_pixel(x, y).0
        };
        let ground = [100, 150, 200];
        let (head, eye) = (palette.colour(Trait::Head), palette.colour(Trait::Eye));
        assert_eq!(at(0.1, 0.1), ground, "beside the crop");
        assert_eq!(at(0.3, 0.5), forty_percent(head, ground), "in the head");
        assert_eq!(at(0.5, 0.5), forty_percent(eye, ground), "in the eye");

        // Along the middle row from the left: ground, head's outline, head, head's and eye's outline, eye, and back.
        let row = area.top_left.y as u32 + area.size.height / 2;
        let mut runs: Vec<([u8; 3], u32)> = Vec::new();
        for x in area.top_left.x as u32..area.top_left.x as u32 + area.size.width {
            let colour = picture.get_pixel(x, row).0;
            match runs.last_mut() {
                Some((last, length)) if *last == colour => *length += 1,
                _ => runs.push((colour, 1)),
            }
        }
        let colours: Vec<_> = runs.iter().map(|(c, _)| *c).collect();
        let (in_head, in_eye) = (forty_percent(head, ground), forty_percent(eye, ground));
        assert_eq!(
            colours,
            [
                ground, head, in_head, head, eye, in_eye, eye, head, in_head, head, ground
            ],
            "{palette:?}"
        );
        for i in [1, 3, 4, 6, 7, 9] {
            assert!(
                (1..=2).contains(&runs[i].1),
                "outlines are one or two pixels wide: {runs:?}"
            );
        }
    }
}

#[test]
fn a_trunk_over_everything_hides_nothing() {
    let mut mask = head_and_eye();
    for y in 0..10 {
        for x in 0..10 {
            let traits = mask.get(x, y).with(Trait::Trunk);
            mask.set(x, y, traits);
        }
    }
    let with_trunk = grey_with(mask, Palette::Bgnn);
    let area = picture_area(&with_trunk, PANEL);
    let (a, b) = (
        drawn(&with_trunk, PANEL),
        drawn(&grey_with(head_and_eye(), Palette::Bgnn), PANEL),
    );
    for y in area.rows() {
        for x in area.columns() {
            assert_eq!(a.get_pixel(x as u32, y as u32), b.get_pixel(x as u32, y as u32));
        }
    }
}

#[test]
fn the_mask_lies_where_the_crop_is() {
    // Without the outlines: each pixel of the picture whose surroundings in the crop are all head must be tinted, all others not.
    let mut mask = TraitMask::empty(Size::new(7, 3));
    for y in 0..3 {
        for x in 0..7 {
            if (x + y) % 2 == 0 {
                mask.set(x, y, TraitSet::EMPTY.with(Trait::DorsalFin));
            }
        }
    }
    let mut view = grey_with(mask.clone(), Palette::Bgnn);
    let crop = PixelBox::new(31, 57, 322, 391);
    view.annotations.traits.as_mut().unwrap().crop = crop;
    let (picture, area) = (drawn(&view, PANEL), picture_area(&view, PANEL));
    let scale = 400.0 / f64::from(area.size.width);
    let mut seen = [0; 2];
    for y in 0..area.size.height {
        for x in 0..area.size.width {
            let tinted = |dx: f64, dy: f64| {
                let u = ((f64::from(x) + 0.5 + dx) * scale - f64::from(crop.left)) / f64::from(crop.width()) * 7.0;
                let v = ((f64::from(y) + 0.5 + dy) * scale - f64::from(crop.top)) / f64::from(crop.height()) * 3.0;
                let inside = (0.0..7.0).contains(&u) && (0.0..3.0).contains(&v);
                inside && !mask.get(u as u32, v as u32).is_empty()
            };
            let here = tinted(0.0, 0.0);
            let near_a_border = [(2.0, 0.0), (-2.0, 0.0), (0.0, 2.0), (0.0, -2.0)]
                .iter()
                .any(|(dx, dy)| tinted(*dx, *dy) != here);
            if !near_a_border {
                let expected = if here {
                    forty_percent([254, 0, 0], [100, 150, 200])
                } else {
                    [100, 150, 200]
                };
                let pixel = picture
                    .get_pixel(area.top_left.x as u32 + x, area.top_left.y as u32 + y)
                    .0;
                assert_eq!(pixel, expected, "{x}, {y}");
                seen[usize::from(here)] += 1;
            }
        }
    }
    assert!(seen[0] > 10_000 && seen[1] > 10_000, "{seen:?}");
}

#[test]
fn the_enlarged_fish_has_its_traits_in_place() {
    let view = scene::small_fish();
    for preview in [scene::FRAME, Size::new(400, 267)] {
        let reduced = image::imageops::thumbnail(view.preview.as_deref().unwrap(), preview.width, preview.height);
        let view = View {
            preview: Some(Arc::new(reduced)),
            ..view.clone()
        };
        let screen = overlay::compose(&view, PANEL);
        let enlarged = screen
            .items()
            .iter()
            .filter(|i| matches!(i, Item::Picture { .. }))
            .nth(1);
        let area = enlarged.unwrap().bounds();
        let picture = drawn(&view, PANEL);
        // The eye's middle in shares of the fish, hence of the crop, which is a twentieth larger.
        let (u, v) = ((0.1 + 0.025) / 1.05, (0.43 + 0.025) / 1.05);
        let x = area.top_left.x + (u * f64::from(area.size.width)) as i32;
        let y = area.top_left.y + (v * f64::from(area.size.height)) as i32;
        let eye = Palette::Bgnn.colour(Trait::Eye);
        let greenish = |p: &Rgb<u8>| p[1] > p[0] + 20 && p[1] > p[2] + 20;
        assert!(
            greenish(picture.get_pixel(x as u32, y as u32)),
            "{:?}",
            picture.get_pixel(x as u32, y as u32)
        );
        let outlined = (x - 8..x + 8)
            .filter(|x| picture.get_pixel(*x as u32, y as u32).0 == eye)
            .count();
        assert!(outlined >= 2, "the eye's outline on both sides");
    }
}

#[test]
fn the_legend_has_the_colours_of_the_traits_present() {
    for size in [Size::new(320, 240), PANEL, Size::new(1280, 720), Size::new(1920, 1080)] {
        for palette in [Palette::Bgnn, Palette::ColourBlind] {
            let view = View {
                palette,
                ..scene::view()
            };
            let area = picture_area(&view, size);
            let mut picture = drawn(&view, size);
            for y in area.rows() {
                for x in area.columns() {
                    picture.put_pixel(x as u32, y as u32, Rgb([1, 2, 3]));
                }
            }
            let present = view.annotations.traits.as_ref().unwrap().mask.present();
            for which in Trait::ALL {
                let pixels = count(&picture, palette.colour(which));
                if present.contains(which) {
                    assert!(pixels >= 30, "{size} {palette:?} {which}: {pixels} pixels");
                } else {
                    assert!(
                        pixels < 30,
                        "{size} {palette:?} {which} is not there, yet {pixels} pixels have its colour"
                    );
                }
            }
        }
    }
}

#[test]
fn saved_turns_the_screen_green_and_a_failure_red() {
    let share = |state: State, is: fn(&Rgb<u8>) -> bool| {
        let picture = drawn(&View { state, ..scene::view() }, PANEL);
        picture.pixels().filter(|p| is(p)).count() as f64 / PANEL.pixels() as f64
    };
    let green = |p: &Rgb<u8>| p[1] > 100 && p[0] < 40 && p[2] < 90;
    let red = |p: &Rgb<u8>| p[0] > 150 && p[1] < 60 && p[2] < 60;
    let saved = |just_now| State::Saved {
        id: "INHS_FISH_000123".to_owned(),
        just_now,
    };
    assert!(share(saved(true), green) > 0.4);
    let calm = share(saved(false), green);
    assert!((0.1..0.3).contains(&calm), "the bar stays green: {calm}");
    assert!(share(State::StorageFull, red) > 0.5);
    assert!(share(State::Looking, green) < 0.01 && share(State::Looking, red) < 0.02);
}

/// Knows nothing but single pixels, as a panel's simplest driver does.
struct PixelByPixel {
    picture: RgbImage,
}

impl OriginDimensions for PixelByPixel {
    fn size(&self) -> embedded_graphics::geometry::Size {
        embedded_graphics::geometry::Size::new(self.picture.width(), self.picture.height())
    }
}

impl DrawTarget for PixelByPixel {
    type Color = Rgb888;
    type Error = Infallible;

    fn draw_iter<I: IntoIterator<Item = Pixel<Rgb888>>>(&mut self, pixels: I) -> Result<(), Infallible> {
        use embedded_graphics::pixelcolor::RgbColor;
        for Pixel(at, colour) in pixels {
            // Out of the picture is a panic here.
            self.picture.put_pixel(
                u32::try_from(at.x).unwrap(),
                u32::try_from(at.y).unwrap(),
                Rgb([colour.r(), colour.g(), colour.b()]),
            );
        }
        Ok(())
    }
}

#[test]
fn any_target_gets_the_same_pixels_and_none_outside() {
    for size in [Size::new(320, 240), PANEL, Size::new(64, 48), Size::new(90, 300)] {
        for (name, view) in scene::every_state() {
            let mut target = PixelByPixel {
                picture: RgbImage::new(size.width, size.height),
            };
            let Ok(()) = overlay::draw(&view, &mut target);
            assert!(target.picture == drawn(&view, size), "{size} {name}");
        }
    }
}

#[test]
fn what_is_drawn_does_not_depend_on_what_was_there_before() {
    for (name, view) in scene::every_state() {
        let mut canvas = Canvas::from(RgbImage::from_pixel(PANEL.width, PANEL.height, Rgb([255, 0, 255])));
        let Ok(()) = overlay::draw(&view, &mut canvas);
        assert!(canvas.into_picture() == drawn(&view, PANEL), "{name}");
    }
}

#[test]
fn an_annotated_picture_holds_the_picture_in_its_aspect_and_a_legend_below() {
    let annotated = |palette| overlay::annotated_picture(&scene::picture(), &scene::annotations(), palette, 480);
    let (bgnn, colour_blind) = (annotated(Palette::Bgnn), annotated(Palette::ColourBlind));
    assert_eq!(bgnn.width(), 480);
    assert!(bgnn.height() > 320, "960x640 at half its size, and the legend");
    let legend = image::imageops::crop_imm(&bgnn, 0, 320, 480, bgnn.height() - 320).to_image();
    let swatch = |which| count(&legend, Palette::Bgnn.colour(which));
    assert!(swatch(Trait::Head) > 20 && swatch(Trait::Eye) > 20 && swatch(Trait::AdiposeFin) == 0);
    assert_ne!(bgnn, colour_blind);

    let bare = Annotations {
        picture: scene::FRAME,
        ..Annotations::default()
    };
    let plain = overlay::annotated_picture(&scene::picture(), &bare, Palette::Bgnn, 960);
    assert!(
        plain == scene::picture(),
        "nothing found, nothing drawn, same size: the same picture"
    );
}

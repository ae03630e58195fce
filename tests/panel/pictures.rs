//! Every model in every turn: what the controller holds is what was drawn, in the bits that it has.

use fishrig::display::{
    Canvas, ColourOrder, Display, DisplayError, FitSettings, PanelModel, Rotation, SpiPanelDisplay, SpiPanelSettings,
};
use fishrig::frame::Size;
use image::{Rgb, RgbImage, imageops};

use crate::glass::{Glass, NoDelay};

/// Each pixel another, and other ones for another seed.
fn drawn(size: Size, seed: u32) -> Canvas {
    Canvas::from(RgbImage::from_fn(size.width, size.height, |x, y| {
        let n = (x + 997 * y + seed).wrapping_mul(2_654_435_761);
        Rgb([n as u8, (n >> 8) as u8, (n >> 16) as u8])
    }))
}

fn in_rgb565(pixel: Rgb<u8>) -> [u8; 3] {
    [pixel[0] & 0xF8, pixel[1] & 0xFC, pixel[2] & 0xF8]
}

/// Without the lowest bits, which three bytes a pixel fill otherwise than two.
fn cut(pixel: [u8; 3]) -> [u8; 3] {
    in_rgb565(Rgb(pixel))
}

/// The glass's part of the controller's memory.
pub fn on_glass(glass: &Glass, settings: &SpiPanelSettings) -> RgbImage {
    let controller = glass.controller();
    let size = settings.glass();
    RgbImage::from_fn(size.width, size.height, |x, y| {
        let (x, y) = (x + u32::from(settings.offset[0]), y + u32::from(settings.offset[1]));
        Rgb(cut(controller.memory[(y * controller.memory_size.width + x) as usize]))
    })
}

/// A canvas as it lies on a glass that is mounted so.
pub fn expected(canvas: &Canvas, rotation: Rotation, mirror: bool) -> RgbImage {
    let mut picture = canvas.picture().clone();
    for pixel in picture.pixels_mut() {
        pixel.0 = in_rgb565(*pixel);
    }
    let turned = match rotation {
        Rotation::None => picture,
        Rotation::Quarter => imageops::rotate90(&picture),
        Rotation::Half => imageops::rotate180(&picture),
        Rotation::ThreeQuarters => imageops::rotate270(&picture),
    };
    if mirror {
        imageops::flip_horizontal(&turned)
    } else {
        turned
    }
}

#[test]
fn every_model_shows_what_was_drawn_in_every_turn() {
    for model in PanelModel::ALL {
        for degrees in [0, 90, 180, 270] {
            for mirror in [false, true] {
                let memory = model.memory();
                let rotation = Rotation::from_degrees(degrees).unwrap();
                let settings = SpiPanelSettings {
                    model: *model,
                    // A glass that does not fill the memory, off its middle.
                    panel_size: Some(Size::new(memory.width - 12, memory.height - 31)),
                    offset: [5, 20],
                    mirror: Some(mirror),
                    fit: FitSettings { rotation, size: None },
                    ..SpiPanelSettings::default()
                };
                let glass = Glass::new(memory);
                let mut panel = SpiPanelDisplay::start(&settings, glass.wires(4096), NoDelay).unwrap();
                assert!(!glass.controller().backlight, "dark until there is a picture");
                assert_eq!(panel.size(), rotation.turned(settings.glass()));
                let first = drawn(panel.size(), 0);
                panel.show(&first).unwrap();
                let name = format!("{model} turned by {degrees}, mirrored {mirror}");
                assert!(
                    on_glass(&glass, &settings) == expected(&first, rotation, mirror),
                    "{name}"
                );
                {
                    let controller = glass.controller();
                    assert!(
                        controller.is_on && !controller.is_asleep && controller.backlight,
                        "{name}"
                    );
                    assert_eq!(controller.resets, 1, "{name}");
                    assert!(controller.longest_transfer <= 4096, "{name}");
                }

                // A change of a part of it, which is all that is sent.
                let mut second = first.clone();
                let before = glass.controller().bytes;
                for y in 40..70 {
                    second.row_mut(y).unwrap()[3 * 30..3 * 50].fill(if y % 2 == 0 { 255 } else { 0 });
                }
                panel.show(&second).unwrap();
                assert!(
                    on_glass(&glass, &settings) == expected(&second, rotation, mirror),
                    "{name}"
                );
                let sent = glass.controller().bytes - before;
                assert!(
                    (1..=20 * 30 * 3 + 100).contains(&sent),
                    "{name}: {sent} bytes for 20x30 pixels"
                );

                drop(panel);
                assert!(glass.controller().is_asleep && !glass.controller().backlight, "{name}");
            }
        }
    }
}

#[test]
fn colours_are_as_the_glass_needs_them() {
    let state = |settings: &SpiPanelSettings| {
        let glass = Glass::new(settings.model.memory());
        let _panel = SpiPanelDisplay::start(settings, glass.wires(64), NoDelay).unwrap();
        let controller = glass.controller();
        (controller.is_inverted, controller.is_bgr)
    };
    let of = |model| SpiPanelSettings {
        model,
        ..SpiPanelSettings::default()
    };
    assert_eq!(state(&of(PanelModel::Ili9341)), (false, true));
    assert_eq!(state(&of(PanelModel::St7789)), (true, false));
    let other = SpiPanelSettings {
        invert: Some(true),
        colour_order: Some(ColourOrder::Rgb),
        ..of(PanelModel::Ili9341)
    };
    assert_eq!(state(&other), (true, false));
}

#[test]
fn settings_that_no_panel_has_are_refused_in_words() {
    let refused = |settings: SpiPanelSettings| match settings.check() {
        Err(error @ DisplayError::Setting { .. }) => error.to_string(),
        other => panic!("{other:?}"),
    };
    let too_wide = SpiPanelSettings {
        panel_size: Some(Size::new(240, 320)),
        offset: [1, 0],
        ..SpiPanelSettings::default()
    };
    let words = refused(too_wide);
    assert!(
        words.contains("display.panel.size") && words.contains("240x320 at offset 1, 0"),
        "{words}"
    );
    let nothing_left = SpiPanelSettings {
        offset: [240, 0],
        ..SpiPanelSettings::default()
    };
    assert!(refused(nothing_left).contains("0x320"));
    let too_fast = SpiPanelSettings {
        speed_hz: 1_000_000_000,
        ..SpiPanelSettings::default()
    };
    assert!(refused(too_fast).contains("display.panel.speed_hz is 1000000000; allowed is"));
}

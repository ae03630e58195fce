//! A real window, where there is a desktop: `xvfb-run cargo test --features window --test display_window`.

#![cfg(feature = "window")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::env;

use fishrig::display::{Canvas, DisplayError, DisplaySettings, WindowSettings, open};
use fishrig::frame::Size;
use image::{Rgb, RgbImage};

#[test]
fn a_window_opens_shows_and_tells_what_happens() {
    let size = Size::new(800, 480);
    let settings = DisplaySettings::Window(WindowSettings {
        size,
        ..WindowSettings::default()
    });
    if env::var_os("DISPLAY").is_none() && env::var_os("WAYLAND_DISPLAY").is_none() {
        assert!(matches!(open(&settings), Err(DisplayError::Window { .. })));
        eprintln!("SKIPPED: no desktop to open a window on");
        return;
    }
    let mut display = open(&settings).unwrap();
    let canvas = Canvas::from(RgbImage::from_fn(size.width, size.height, |x, y| {
        Rgb([(x / 4) as u8, (y / 2) as u8, 90])
    }));
    for _ in 0..3 {
        display.show(&canvas).unwrap();
        assert!(display.events().is_empty(), "nobody touched it");
    }
    assert!(display.show(&Canvas::new(Size::new(1, 1))).is_err());
}

//! Displays write, keep and refuse what they should; every file is decoded again.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::num::NonZeroU32;
use std::path::Path;

use embedded_graphics::pixelcolor::{Rgb888, RgbColor, WebColors};
use embedded_graphics::prelude::*;
use embedded_graphics::primitives::{Circle, PrimitiveStyle};
use fishrig::display::{
    Canvas, DeviceChoice, Display, DisplayError, DisplayEvent, DisplaySettings, DrmSettings, FramebufferSettings, Kept,
    MemoryDisplay, PngDisplay, PngSettings, SpiPanelSettings, open,
};
use fishrig::frame::Size;

const SIZE: Size = Size::new(40, 30);

/// A canvas that differs for each `number`.
fn canvas(number: i32) -> Canvas {
    let mut canvas = Canvas::new(SIZE);
    canvas.clear(Rgb888::CSS_DARK_SLATE_BLUE).unwrap();
    Circle::new(Point::new(number, 2 * number), 12)
        .into_styled(PrimitiveStyle::with_fill(Rgb888::YELLOW))
        .draw(&mut canvas)
        .unwrap();
    canvas
}

fn settings(directory: &Path, kept: Kept) -> PngSettings {
    PngSettings {
        directory: directory.join("screen"),
        size: SIZE,
        kept,
    }
}

fn newest(count: u32) -> Kept {
    Kept::Newest(NonZeroU32::new(count).unwrap())
}

fn names(directory: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(directory)
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn a_png_file_holds_what_the_canvas_held() {
    let folder = tempfile::tempdir().unwrap();
    let settings = settings(folder.path(), newest(3));
    let mut display = PngDisplay::open(&settings).unwrap();
    for number in 1..=5 {
        display.show(&canvas(number)).unwrap();
    }
    assert_eq!(
        names(&settings.directory),
        ["screen_00000003.png", "screen_00000004.png", "screen_00000005.png"],
        "the newest three and no unfinished file"
    );
    for number in 3..=5 {
        let path = settings.directory.join(format!("screen_{number:08}.png"));
        let decoded = image::open(path).unwrap().into_rgb8();
        assert_eq!(&decoded, canvas(number).picture());
    }
}

#[test]
fn numbering_goes_on_after_a_restart_and_other_files_stay() {
    let folder = tempfile::tempdir().unwrap();
    let settings = settings(folder.path(), newest(2));
    PngDisplay::open(&settings).unwrap().show(&canvas(1)).unwrap();
    for foreign in ["screen_1.png", "screen_x.png", "notes.txt"] {
        fs::write(settings.directory.join(foreign), "mine").unwrap();
    }
    let mut display = PngDisplay::open(&settings).unwrap();
    display.show(&canvas(2)).unwrap();
    display.show(&canvas(3)).unwrap();
    assert_eq!(
        names(&settings.directory),
        [
            "notes.txt",
            "screen_00000002.png",
            "screen_00000003.png",
            "screen_1.png",
            "screen_x.png"
        ]
    );
}

#[test]
fn latest_only_is_one_file() {
    let folder = tempfile::tempdir().unwrap();
    let settings = settings(folder.path(), Kept::LatestOnly);
    let mut display = open(&DisplaySettings::Png(settings.clone())).unwrap();
    display.show(&canvas(1)).unwrap();
    display.show(&canvas(2)).unwrap();
    assert_eq!(names(&settings.directory), ["latest.png"]);
    let decoded = image::open(settings.directory.join("latest.png")).unwrap().into_rgb8();
    assert_eq!(&decoded, canvas(2).picture());
}

#[test]
fn a_directory_that_cannot_be_made_is_named_with_the_cure() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("screen"), "a file in the way").unwrap();
    let error = PngDisplay::open(&settings(folder.path(), newest(1)))
        .unwrap_err()
        .to_string();
    assert!(error.contains("screen") && error.contains("check that"), "{error}");
}

#[test]
fn a_display_recovers_when_its_directory_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let settings = settings(folder.path(), newest(2));
    let mut display = PngDisplay::open(&settings).unwrap();
    fs::remove_dir(&settings.directory).unwrap();
    assert!(matches!(display.show(&canvas(1)), Err(DisplayError::File { .. })));
    fs::create_dir(&settings.directory).unwrap();
    display.show(&canvas(2)).unwrap();
    assert_eq!(names(&settings.directory), ["screen_00000001.png"]);
}

#[test]
fn a_canvas_of_another_size_is_refused() {
    let mut display = MemoryDisplay::new(Size::new(10, 10), 1);
    let error = display.show(&canvas(1)).unwrap_err().to_string();
    assert!(error.contains("40x30") && error.contains("10x10"), "{error}");
    assert_eq!(display.count(), 0);
}

#[test]
fn memory_keeps_the_newest_and_passes_events_once() {
    let seen = MemoryDisplay::new(SIZE, 2);
    let mut display = seen.clone();
    for number in 1..=3 {
        display.show(&canvas(number)).unwrap();
    }
    assert_eq!(seen.shown(), [canvas(2), canvas(3)]);
    assert_eq!(seen.count(), 3);
    seen.push_event(DisplayEvent::Key(' '));
    seen.push_event(DisplayEvent::Closed);
    assert_eq!(display.events(), [DisplayEvent::Key(' '), DisplayEvent::Closed]);
    assert!(display.events().is_empty());
}

#[test]
fn impossible_sizes_are_refused_before_anything_is_allocated() {
    for size in [
        Size::new(0, 480),
        Size::new(800, 0),
        Size::new(8193, 1),
        Size::new(1, u32::MAX),
    ] {
        let error = open(&DisplaySettings::None { size }).err().unwrap().to_string();
        assert!(error.contains(&size.to_string()) && error.contains("8192"), "{error}");
    }
    assert!(open(&DisplaySettings::default()).is_ok());
}

#[test]
fn devices_that_are_not_there_may_come_and_files_that_are_none_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("device");
    let file = folder.path().join("file");
    fs::write(&file, "no device").unwrap();
    let all = |path: &Path| {
        let device = DeviceChoice::Path(path.to_owned());
        [
            DisplaySettings::Drm(DrmSettings {
                device: device.clone(),
                ..DrmSettings::default()
            }),
            DisplaySettings::Framebuffer(FramebufferSettings {
                device,
                ..FramebufferSettings::default()
            }),
            DisplaySettings::SpiPanel(SpiPanelSettings {
                spi: path.to_owned(),
                ..SpiPanelSettings::default()
            }),
        ]
    };
    for settings in all(&missing) {
        assert!(settings.may_come_later());
        let error = open(&settings).err().unwrap();
        let words = error.to_string();
        assert!(
            matches!(error, DisplayError::Absent { .. }) && error.passes(),
            "{words}"
        );
        assert!(
            words.contains(&format!("{} is not there; ", missing.display())),
            "{words}"
        );
    }
    for settings in all(&file) {
        let error = open(&settings).err().unwrap();
        let words = error.to_string();
        assert!(
            words.contains(&*file.to_string_lossy()) && words.contains("; "),
            "{words}"
        );
    }
}

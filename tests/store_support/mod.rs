//! Small records for the tests of the store.

#![allow(clippy::unwrap_used, reason = "part of the tests")]
#![allow(dead_code, reason = "each test program uses a part of it")]

pub mod sim;

use std::collections::BTreeMap;

use fishrig::frame::{CaptureTime, Frame, Orientation, PixelBox, Size};
use fishrig::identify::RecordId;
use fishrig::locate::HeadSide;
use fishrig::store::{FishDraft, NetworkIdentity, RecordDraft, StoreSettings};
use fishrig::traits::{Trait, TraitMask, TraitSet};
use image::{Rgb, RgbImage};
use jiff::Timestamp;
use jiff::tz::TimeZone;

pub fn id(text: &str) -> RecordId {
    RecordId::new(text).unwrap()
}

/// A moment `seconds` after noon of 24 November 2026, UTC.
pub fn moment(seconds: i64) -> CaptureTime {
    CaptureTime {
        wall: Timestamp::from_second(1_795_521_600 + seconds).unwrap(),
        monotonic_ns: 1_000_000_000 * (1_000_000 + seconds) as u64,
    }
}

pub fn settings(root: impl Into<std::path::PathBuf>) -> StoreSettings {
    StoreSettings {
        floor_bytes: 1000,
        time_zone: TimeZone::UTC,
        ..StoreSettings::at(root)
    }
}

/// A picture whose pixels depend on `seed`.
pub fn picture(size: Size, seed: u32) -> RgbImage {
    RgbImage::from_fn(size.width, size.height, |x, y| {
        let v = (x * 7 + y * 13 + seed * 31) as u8;
        Rgb([v, v.wrapping_mul(3), 255 - v])
    })
}

pub fn jpeg(picture: &RgbImage) -> Vec<u8> {
    let mut file = Vec::new();
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut file, 90)
        .encode_image(picture)
        .unwrap();
    file
}

/// A record of a 40×24 JPEG frame with a 20×10 crop; `seed` makes records differ.
pub fn draft(name: &str, seed: u32) -> RecordDraft {
    let size = Size::new(40, 24);
    let mut frame = Frame::from_file_bytes(jpeg(&picture(size, seed)), Some(name.to_owned())).unwrap();
    frame.captured = moment(0);
    let crop_box = PixelBox::new(10, 6, 30, 16);
    RecordDraft {
        id: id(name),
        identity: None,
        frame,
        picture: size,
        orientation: Orientation::UPRIGHT,
        fish: Some(fish(crop_box, seed)),
        label: Some(PixelBox::new(0, 18, 12, 24)),
        ruler: None,
        findings: None,
        station: "bench 3".to_owned(),
        collection: "INHS".to_owned(),
        operator: "T. \"Ida\" Müller, MSc".to_owned(),
        note: format!("seed {seed}\nsecond line"),
        trigger: "button".to_owned(),
        clock_synchronized: Some(true),
        settings_sha256: "0".repeat(64),
        timings_ms: BTreeMap::from([("locate".to_owned(), 3.25), ("network".to_owned(), 480.5)]),
        overlay_jpeg: None,
        further_files: Vec::new(),
    }
}

pub fn fish(crop_box: PixelBox, seed: u32) -> FishDraft {
    let mut mask = TraitMask::empty(crop_box.size());
    for y in 2..8 {
        for x in 2..18 {
            let mut traits = TraitSet::EMPTY.with(if x < 6 { Trait::Head } else { Trait::Trunk });
            if (3..5).contains(&x) && (3..5).contains(&y) {
                traits = traits.with(Trait::Eye);
            }
            if x > 14 && (x + y + seed).is_multiple_of(3) {
                traits = traits.with(Trait::CaudalFin);
            }
            mask.set(x, y, traits);
        }
    }
    let mut confidence = [None; Trait::COUNT];
    confidence[Trait::Head.channel()] = Some(0.93);
    FishDraft {
        bounds: PixelBox::new(12, 8, 28, 14),
        crop_box,
        head: HeadSide::Left,
        crop: picture(crop_box.size(), seed + 1),
        mask,
        confidence,
        not_assessed: TraitSet::EMPTY.with(Trait::AltFinSpine).with(Trait::AltFinRay),
        network: NetworkIdentity {
            name: "starter-int8".to_owned(),
            version: "1".to_owned(),
            sha256: "1".repeat(64),
        },
    }
}

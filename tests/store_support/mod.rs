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
            half_precision: None,
        },
    }
}

/// Made-up measurements as a file has them; `seed` makes records differ.
pub fn findings(seed: u32) -> fishrig::measure::Findings {
    let length = |px: f64, cm: f64| {
        serde_json::json!({
            "picture": {"value": px + f64::from(seed), "uncertainty": 0.71, "unit": "px"},
            "specimen": {"value": cm + f64::from(seed) / 3.0, "uncertainty": 0.0341, "unit": "cm"},
        })
    };
    let findings = serde_json::json!({
        "scale": {
            "pixels_per_cm": {"value": 23.456789012345, "uncertainty": 0.0567},
            "place_px": {"x": 20.0, "y": 20.0},
            "gradient_px_per_cm_per_px": [0.0, 0.0],
            "method": "metric-ticks",
        },
        "measurements": {
            "presence": {"head": {"pieces": 1, "largest_share": 1.0}},
            "landmarks": {
                "1": {"x": 2.0, "y": 5.0, "unit": "px"},
                "6": {"x": 14.5, "y": 4.5, "unit": "px"},
                "18": {"x": 3.5, "y": 3.5, "unit": "px"},
            },
            "values": {
                "standard_length": length(12.5, 8.0),
                "head_length": length(4.0, 1.0 / 7.0),
                "eye_area": {
                    "picture": {"value": 4.0, "uncertainty": 1.5, "unit": "px2"},
                    "specimen": {"value": 0.2, "uncertainty": 0.0961, "unit": "cm2"},
                },
                "body_angle": {"picture": {"value": -0.25, "uncertainty": 0.4, "unit": "deg"}},
            },
        },
        "quality": {"checks": [
            {"name": "fish_count", "value": 1.0, "unit": "count", "verdict": "good", "words": "one fish"},
            {"name": "head_side", "value": 9.0, "unit": "h", "verdict": "good", "words": "head left"},
            {"name": "lateral_view", "value": 0.0, "unit": "count", "verdict": "good", "words": "from the side"},
            {"name": "cut", "value": 0.0, "unit": "share", "verdict": "good", "words": "whole"},
            {"name": "parts_missing", "value": 0.0, "unit": "count", "verdict": "good", "words": "all parts"},
            {"name": "covered", "value": 0.0, "unit": "share", "verdict": "good", "words": "uncovered"},
            {"name": "curvature", "value": 0.01, "unit": "share", "verdict": "good", "words": "straight"},
            {"name": "parts_folded", "verdict": "good", "words": "spread"},
            {"name": "brightness", "value": 120.0, "unit": "level", "verdict": "good", "words": "bright enough"},
            {"name": "highlights", "value": 0.0, "unit": "share", "verdict": "good", "words": "none"},
            {"name": "colour_cast", "value": 1.0, "unit": "level", "verdict": "good", "words": "grey"},
            {"name": "background", "value": 3.0, "unit": "level", "verdict": "good", "words": "even"},
            {"name": "focus", "value": 1.5, "unit": "px", "verdict": "doubtful", "words": "a little soft"},
            {"name": "ruler", "value": 1.0, "unit": "count", "verdict": "good", "words": "a ruler"},
            {"name": "label", "value": 1.0, "unit": "count", "verdict": "good", "words": "a label"},
        ]},
    });
    serde_json::from_value(findings).unwrap()
}

/// [`draft`] with measurements, and what a pick list says about the specimen.
pub fn measured_draft(name: &str, seed: u32) -> RecordDraft {
    let mut measured = draft(name, seed);
    measured.collection = "INHS:Fish".to_owned();
    measured.ruler = Some(PixelBox::new(14, 18, 40, 24));
    measured.findings = Some(findings(seed));
    measured.identity = Some(
        serde_json::from_value(serde_json::json!({
            "source": "pick-list",
            "payload": name,
            "columns": {"scientificName": "Notropis volucellus", "family": "Cyprinidae", "ARKID": format!("b358xf{seed}")},
        }))
        .unwrap(),
    );
    measured
}

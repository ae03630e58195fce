//! A store of drawn specimens with made-up measurements, and a browser to look at the page about it.

#![allow(clippy::unwrap_used, reason = "part of the tests")]
#![allow(dead_code, reason = "each test program uses a part of it")]

pub mod browser;

use std::collections::BTreeMap;
use std::path::Path;

use fishrig::frame::{CaptureTime, Frame, Orientation, Point, Size};
use fishrig::identify::{IdSource, Identity, RecordId};
use fishrig::locate::HeadSide;
use fishrig::measure::quality::{Check, CheckName, Quality, Verdict};
use fishrig::measure::scale::{Scale, ScaleMethod};
use fishrig::measure::specimen::{Measurements, Reading};
use fishrig::measure::{Findings, Measured, Quantity};
use fishrig::overlay::{Annotations, FishBox, TraitLayer, annotated_picture};
use fishrig::render::{RigFrame, RigScene, SceneSettings};
use fishrig::store::{FishDraft, NetworkIdentity, RecordDraft, Store, StoreSettings};
use fishrig::traits::{Palette, Trait, TraitMask, TraitSet};
use image::RgbImage;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// The note and the operator that a page must show and never obey.
pub const HOSTILE_NOTE: &str =
    "<script>document.title='owned'</script>\"><img src=x onerror=\"document.title='owned'\">";
pub const HOSTILE_OPERATOR: &str = "O'Brien & <b>Söhne</b>";

const NEVER_LEARNT: TraitSet = TraitSet::EMPTY
    .with(Trait::CaudalFinRay)
    .with(Trait::AltFinRay)
    .with(Trait::AltFinSpine);

const SPECIES: [&str; 4] = ["Notropis atherinoides", "Esox americanus", "Lepomis macrochirus", ""];

/// Different drawings; further records show them again, since drawing takes the most time.
const DRAWINGS: u64 = 6;

/// A store with `count` drawn specimens over three days: most measured, one in eleven without a scale, one in seventeen with a bad check, the third hostile,
/// the fifth voided, the seventh without a fish, the ninth never measured.
pub fn drawn_store(root: &Path, count: u64) -> Store {
    let mut store = Store::open(StoreSettings {
        floor_bytes: 1000,
        time_zone: TimeZone::UTC,
        ..StoreSettings::at(root)
    })
    .unwrap();
    let drawings: Vec<RigFrame> = (0..DRAWINGS.min(count)).map(drawing).collect();
    for number in 1..=count {
        let draft = draft(number, &drawings[(number % drawings.len() as u64) as usize]);
        store.commit_at(&draft, moment(number, count)).unwrap();
    }
    if count >= 5 {
        store.archive().void(&id(5), moment(5, count).wall).unwrap();
    }
    store
}

pub fn id(number: u64) -> RecordId {
    RecordId::new(format!("INHS_FISH_{number:06}")).unwrap()
}

/// From nine o'clock on, for three days.
fn moment(number: u64, count: u64) -> CaptureTime {
    let a_day = count.div_ceil(3);
    let (day, of_day) = ((number - 1) / a_day, (number - 1) % a_day);
    let seconds = day * 86_400 + of_day * 7 * 3600 / a_day;
    CaptureTime {
        // 24 November 2026, 9:00 UTC.
        wall: Timestamp::from_second(1_795_510_800 + seconds as i64).unwrap(),
        monotonic_ns: 1_000_000_000 * (1000 + seconds),
    }
}

/// The standard length that a record has, in centimetres: any numbers that are not in the order of the ids.
pub fn standard_length(number: u64) -> f64 {
    4.0 + (number * 37 % 101) as f64 / 12.0
}

pub fn has_scale(number: u64) -> bool {
    !number.is_multiple_of(11)
}

pub fn is_measured(number: u64) -> bool {
    number != 7 && number != 9
}

pub fn verdict(number: u64) -> Verdict {
    match number {
        9 => Verdict::Unknown,
        _ if number.is_multiple_of(17) => Verdict::Bad,
        _ if number.is_multiple_of(6) => Verdict::Doubtful,
        _ => Verdict::Good,
    }
}

fn drawing(number: u64) -> RigFrame {
    let settings = SceneSettings::random(Size::new(600, 400), 300 + number);
    RigScene::new(settings).unwrap().draw()
}

fn draft(number: u64, drawn: &RigFrame) -> RecordDraft {
    let mut jpeg = Vec::new();
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut jpeg, 90)
        .encode_image(&drawn.picture)
        .unwrap();
    let mut frame = Frame::from_file_bytes(jpeg, None).unwrap();
    frame.captured = moment(number, 44);
    let fish = (number != 7).then(|| fish(drawn));
    let species = SPECIES[(number % 4) as usize];
    let mut identity = Identity::from_source(IdSource::PickList);
    if !species.is_empty() {
        identity.columns.insert("scientificName".to_owned(), species.to_owned());
    }
    RecordDraft {
        id: id(number),
        identity: Some(identity),
        frame,
        picture: Size::new(600, 400),
        orientation: Orientation::UPRIGHT,
        label: drawn.label,
        ruler: drawn.ruler.as_ref().map(|r| r.bounds),
        findings: (number != 9).then(|| findings(number)),
        station: "Copy stand 3".to_owned(),
        collection: "INHS Fish".to_owned(),
        operator: match number {
            3 => HOSTILE_OPERATOR,
            _ if number.is_multiple_of(3) => "M. Ito",
            _ => "T. Müller",
        }
        .to_owned(),
        note: match number {
            3 => HOSTILE_NOTE.to_owned(),
            _ if number.is_multiple_of(10) => "tail bent, photographed twice\njar 17".to_owned(),
            _ => String::new(),
        },
        trigger: "button".to_owned(),
        clock_synchronized: Some(true),
        settings_sha256: "0".repeat(64),
        timings_ms: BTreeMap::new(),
        // Some stations keep no overlays.
        overlay_jpeg: (number % 3 != 1).then(|| overlay(drawn, fish.as_ref())),
        fish,
        further_files: Vec::new(),
    }
}

fn fish(drawn: &RigFrame) -> FishDraft {
    let bounds = drawn.fish[0].bounds;
    let crop_box = bounds.grown(0.025, Size::from(drawn.picture.dimensions()));
    let mut mask = TraitMask::empty(crop_box.size());
    for y in 0..crop_box.height() {
        for x in 0..crop_box.width() {
            let traits = drawn.mask.get(x + crop_box.left, y + crop_box.top);
            mask.set(x, y, TraitSet::from_bits(traits.bits() & !NEVER_LEARNT.bits()));
        }
    }
    FishDraft {
        bounds,
        crop_box,
        head: HeadSide::Left,
        crop: fishrig::analysis::crop_of(&drawn.picture, crop_box),
        mask,
        confidence: [None; Trait::COUNT],
        not_assessed: NEVER_LEARNT,
        network: NetworkIdentity {
            name: "drawn".to_owned(),
            version: "1".to_owned(),
            sha256: "1".repeat(64),
            half_precision: None,
        },
    }
}

fn overlay(drawn: &RigFrame, fish: Option<&FishDraft>) -> Vec<u8> {
    let annotations = Annotations {
        picture: Size::from(drawn.picture.dimensions()),
        fish: fish.map(|f| FishBox {
            bounds: f.bounds,
            cut_by_edge: false,
        }),
        label: drawn.label,
        ruler: drawn.ruler.as_ref().map(|r| r.bounds),
        traits: fish.map(|f| TraitLayer {
            mask: f.mask.clone().into(),
            crop: f.crop_box,
            confidence: f.confidence,
            not_assessed: f.not_assessed,
        }),
        ..Annotations::default()
    };
    jpeg(&annotated_picture(&drawn.picture, &annotations, Palette::Bgnn, 600))
}

fn jpeg(picture: &RgbImage) -> Vec<u8> {
    let mut file = Vec::new();
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut file, 90)
        .encode_image(picture)
        .unwrap();
    file
}

fn findings(number: u64) -> Findings {
    let pixels_per_cm = 40.0;
    let scale = has_scale(number).then(|| Scale {
        pixels_per_cm: Measured::new(pixels_per_cm, 0.1),
        place: Point { x: 300.0, y: 380.0 },
        gradient: [0.0; 2],
        gradient_uncertainty: [0.0; 2],
        method: ScaleMethod::MetricTicks,
        rows: Vec::new(),
        distortion: None,
        notes: Vec::new(),
    });
    let shares = [
        (Quantity::StandardLength, 1.0),
        (Quantity::TotalLength, 1.19),
        (Quantity::BodyDepth, 0.26),
        (Quantity::HeadLength, 0.24),
        (Quantity::EyeDiameter, 0.061),
    ];
    let values = shares.map(|(quantity, share)| {
        let length = standard_length(number) * share;
        let reading = Reading {
            picture: Measured::new(length * pixels_per_cm, 1.5),
            specimen: scale.is_some().then(|| Measured::new(length, 0.03 + length * 0.004)),
        };
        (quantity, reading)
    });
    Findings {
        no_scale: if scale.is_some() { "" } else { "no ruler in the picture" }.to_owned(),
        scale,
        measurements: is_measured(number).then(|| Measurements {
            values: values.into_iter().collect(),
            ..Measurements::default()
        }),
        quality: Quality {
            checks: checks(number),
            ..Quality::default()
        },
    }
}

fn checks(number: u64) -> Vec<Check> {
    let check = |name: CheckName, value, limit, verdict, words: &str| Check {
        name,
        value: Some(value),
        unit: name.unit().to_owned(),
        caution: None,
        limit: Some(limit),
        verdict,
        words: words.to_owned(),
    };
    let (focus, blur, words) = match verdict(number) {
        Verdict::Bad => (Verdict::Bad, 6.5, "out of focus"),
        Verdict::Doubtful => (Verdict::Doubtful, 3.1, "a little soft"),
        other => (other, 1.2, "sharp"),
    };
    vec![
        check(CheckName::FishCount, 1.0, 1.0, Verdict::Good, "one fish"),
        check(CheckName::Tilt, 1.5, 15.0, Verdict::Good, "level"),
        check(CheckName::Focus, blur, 4.0, focus, words),
        Check {
            value: None,
            limit: None,
            ..check(CheckName::PartsFolded, 0.0, 0.0, Verdict::Unknown, "not told")
        },
    ]
}

/// Flips a bit in the middle of a file.
pub fn damage(path: &Path) {
    let mut bytes = std::fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(path, bytes).unwrap();
}

//! `<id>_metadata.json`: the keys of BGNN's metadata formatter (hdr-bgnn/drexel_metadata_formatter, `dm_formatter.py`).
//!
//! A value that is not known is the string `"None"`, as that program writes it. The grey means are of a contrast-enhanced picture there
//! that this program does not make, so they stay `"None"`; the later steps of the workflow read the ruler's scale and unit and the
//! fish's number and box only.
//!
//! The scale is the one that lengths are taken by, whatever told it: a station with a calibrated camera and no ruler has one too, and the later steps
//! leave out specimens without. The ruler's box says whether a ruler lay there, `<id>_measurements.json` which method it was.

use serde_json::{Value, json};

use super::draft::{FishDraft, RecordDraft};
use crate::frame::PixelBox;
use crate::identify::RecordId;
use crate::locate::HeadSide;
use crate::measure::bgnn::MetadataScale;
use crate::traits::components::{self, Connectivity};
use crate::traits::{Trait, TraitMask};

/// The file's content.
pub(super) fn of(draft: &RecordDraft, id: &RecordId) -> Vec<u8> {
    let fish = draft.fish.as_ref();
    let scale = scale_of(draft);
    let metadata = json!({
        "base_name": id.as_str(),
        "version": concat!("from fishrig ", env!("CARGO_PKG_VERSION")),
        "fish": {
            "fish_num": usize::from(fish.is_some()),
            "bbox": or_none(fish.map(|f| corners(f.bounds))),
            "pixel_analysis": fish.is_some(),
            "rescale": "None",
            "eye_bbox": "None",
            "eye_center": or_none(fish.and_then(eye_centre).map(|(x, y)| json!([x, y]))),
            "angle_degree": "None",
            "eye_direction": match fish.map(|f| f.head) {
                Some(HeadSide::Left) => "left",
                Some(HeadSide::Right) => "right",
                Some(HeadSide::Unknown) | None => "None",
            },
            "foreground_mean": "None",
            "background_mean": "None",
        },
        "ruler": {
            "bbox": or_none(draft.ruler.map(corners)),
            "scale": scale.scale.map_or_else(|| "None".into(), Value::from),
            "unit": scale.unit,
        },
    });
    format!("{metadata:#}\n").into_bytes()
}

/// The scale that the metadata gives, whatever told it: two decimals, as that program rounds it. Later steps of the workflow drop what has none.
pub(super) fn scale_of(draft: &RecordDraft) -> MetadataScale {
    let scale = draft.findings.as_ref().and_then(|findings| findings.scale.as_ref());
    scale.map_or_else(MetadataScale::none, |scale| {
        MetadataScale::per_cm((scale.pixels_per_cm.value * 100.0).round_ties_even() / 100.0)
    })
}

fn or_none(value: Option<Value>) -> Value {
    value.unwrap_or_else(|| "None".into())
}

fn corners(b: PixelBox) -> Value {
    json!([b.left, b.top, b.right, b.bottom])
}

/// Column and row of the eye's centre in the upright frame: the mean of the pixels of its largest piece, rounded half to even.
fn eye_centre(fish: &FishDraft) -> Option<(u32, u32)> {
    let (x, y) = centre_of_largest(&fish.mask, Trait::Eye)?;
    Some((
        fish.crop_box.left + x.round_ties_even() as u32,
        fish.crop_box.top + y.round_ties_even() as u32,
    ))
}

fn centre_of_largest(mask: &TraitMask, which: Trait) -> Option<(f64, f64)> {
    let pieces = components::label(mask.size(), Connectivity::Eight, |x, y| mask.get(x, y).contains(which));
    let largest = pieces.iter().max_by_key(|piece| piece.area)?;
    let (mut x, mut y) = (0.0, 0.0);
    for run in &largest.runs {
        let length = f64::from(run.end - run.start);
        x += length * f64::from(run.start + run.end - 1) / 2.0;
        y += length * f64::from(run.y);
    }
    Some((x / largest.area as f64, y / largest.area as f64))
}

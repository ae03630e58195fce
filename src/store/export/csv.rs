//! One table (RFC 4180, UTF-8) with a row for each record.
//!
//! A trait has two columns: `<trait>_pixels`, its pixels in the crop, 0 where it is absent and empty where the network never learnt it or
//! no fish was found; and `<trait>_confidence`, 0 to 1, empty where there is none. Boxes are left, top, right, bottom in pixels of the
//! upright frame, right and bottom exclusive.

use std::path::Path;

use super::{ExportError, Exported, Outcome, Selection, each_record, one_file};
use crate::delimited::write_row;
use crate::frame::PixelBox;
use crate::locate::HeadSide;
use crate::store::layout::Place;
use crate::store::record::Record;
use crate::store::{Archive, Storage};
use crate::traits::Trait;

/// Writes the table to a new file `path`. `progress` is called once for each record in the store.
///
/// # Errors
/// See [`ExportError`]; records that can't be read are in [`Exported::failed`].
pub fn export<S: Storage>(
    archive: &Archive<S>,
    selection: Selection,
    path: &Path,
    progress: &mut dyn FnMut(),
) -> Result<Exported, ExportError> {
    one_file(path, archive.root(), |out| {
        write_row(out, header()).map_err(ExportError::write(path))?;
        each_record(archive, selection, progress, |place, record| {
            write_row(out, row(place, record)).map_err(ExportError::write(path))?;
            Ok(Outcome::Done)
        })
    })
}

const BOXES: [&str; 4] = ["fish", "crop", "label", "ruler"];

fn header() -> Vec<String> {
    let mut names: Vec<String> = [
        "id",
        "specimen",
        "day",
        "captured_utc",
        "committed_utc",
        "clock_synchronized",
        "station",
        "collection",
        "operator",
        "note",
        "voided",
        "frame_file",
        "frame_sha256",
        "frame_width",
        "frame_height",
        "exif_orientation",
        "head",
        "network",
        "network_version",
        "fishrig_version",
    ]
    .map(str::to_owned)
    .to_vec();
    for what in BOXES {
        names.extend(["left", "top", "right", "bottom"].map(|edge| format!("{what}_{edge}")));
    }
    for which in Trait::ALL {
        names.extend(["pixels", "confidence"].map(|value| format!("{}_{value}", which.bgnn_name())));
    }
    names
}

fn row(place: &Place, record: &Record) -> Vec<String> {
    let fish = record.fish.as_ref();
    let head = match fish.map(|f| f.head) {
        Some(HeadSide::Left) => "left",
        Some(HeadSide::Right) => "right",
        Some(HeadSide::Unknown) => "unknown",
        None => "",
    };
    let mut values = vec![
        record.id.to_string(),
        record.specimen.to_string(),
        place.day.to_string(),
        record.times.captured_utc.to_string(),
        record.times.committed_utc.to_string(),
        text(record.times.clock_synchronized),
        record.station.clone(),
        record.collection.clone(),
        record.operator.clone(),
        record.note.clone(),
        record.voided.to_string(),
        record.frame.file.clone(),
        record.frame.sha256.clone(),
        record.frame.upright.width.to_string(),
        record.frame.upright.height.to_string(),
        record.frame.exif_orientation.to_string(),
        head.to_owned(),
        text(fish.map(|f| &f.network.name)),
        text(fish.map(|f| &f.network.version)),
        record.versions.fishrig.clone(),
    ];
    for b in [
        fish.map(|f| f.bounds),
        fish.map(|f| f.crop_box),
        record.label,
        record.ruler,
    ] {
        let edges = |b: PixelBox| [b.left, b.top, b.right, b.bottom].map(Some);
        values.extend(b.map_or([None; 4], edges).map(text));
    }
    for which in Trait::ALL {
        values.push(text(fish.and_then(|f| f.pixels[which.channel()])));
        values.push(text(fish.and_then(|f| f.confidence[which.channel()])));
    }
    values
}

fn text(value: Option<impl ToString>) -> String {
    value.map_or_else(String::new, |v| v.to_string())
}

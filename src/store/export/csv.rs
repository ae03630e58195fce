//! One table (RFC 4180, UTF-8) with a row for each record.
//!
//! Names of columns end with the unit of their numbers. A trait has two columns: `<trait>_pixels`, its pixels in the crop, 0 where it is absent
//! and empty where the network never learnt it or no fish was found; and `<trait>_confidence`, 0 to 1, empty where there is none. Boxes are left,
//! top, right, bottom in pixels of the upright frame, right and bottom exclusive. A measurement has its value on the specimen and in the picture,
//! each followed by its standard uncertainty; what was not measured is empty.

use std::path::Path;

use super::facts::{self, number, text};
use super::single_file::one_file;
use super::table::Table;
use super::{ExportError, Exported, Outcome, Progress, Selection, each_record};
use crate::frame::PixelBox;
use crate::locate::HeadSide;
use crate::measure::quality::Verdict;
use crate::measure::{Dimension, Findings, Measured, Quantity};
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
    progress: &mut dyn FnMut(Progress),
) -> Result<Exported, ExportError> {
    let (mut exported, copied) = one_file(path, archive.root(), progress, |out, progress| {
        let mut table = Table::of(out);
        table.row(header()).map_err(ExportError::write(path))?;
        let exported = each_record(archive, selection, progress, |place, record| {
            let findings = match facts::findings(archive, place, record) {
                Ok(findings) => findings,
                Err(problem) => return Ok(Outcome::Failed(problem)),
            };
            let row = row(place, record, findings.as_ref());
            table.row(row).map_err(ExportError::write(path))?;
            Ok(Outcome::Done)
        })?;
        table.finish().map_err(ExportError::write(path))?;
        Ok(exported)
    })?;
    exported.copied = copied;
    Ok(exported)
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
        "frame_width_px",
        "frame_height_px",
        "exif_orientation",
        "head",
        "network",
        "network_version",
        "fishrig_version",
        "scientific_name",
        "genus",
        "family",
        "ark",
    ]
    .map(str::to_owned)
    .to_vec();
    for what in BOXES {
        names.extend(["left", "top", "right", "bottom"].map(|edge| format!("{what}_{edge}_px")));
    }
    for which in Trait::ALL {
        names.extend(["pixels", "confidence"].map(|value| format!("{}_{value}", which.bgnn_name())));
    }
    names.extend(
        [
            "scale_px_per_cm",
            "scale_px_per_cm_uncertainty",
            "scale_method",
            "quality",
        ]
        .map(str::to_owned),
    );
    for quantity in Quantity::ALL {
        for unit in units(quantity) {
            names.push(format!("{}_{unit}", quantity.key()));
            names.push(format!("{}_{unit}_uncertainty", quantity.key()));
        }
    }
    names
}

/// The units in which a quantity is told: on the specimen and in the picture, which are one for angles.
fn units(quantity: Quantity) -> Vec<&'static str> {
    match quantity.dimension() {
        Dimension::Angle => vec![quantity.unit()],
        Dimension::Length | Dimension::Area => vec![quantity.unit(), quantity.picture_unit()],
    }
}

fn row(place: &Place, record: &Record, findings: Option<&Findings>) -> Vec<String> {
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
        facts::scientific_name(record),
        facts::genus(record),
        facts::family(record),
        text(facts::ark(record)),
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
    let scale = findings.and_then(|f| f.scale.as_ref());
    values.extend(both(scale.map(|s| s.pixels_per_cm)));
    values.push(text(scale.map(|s| facts::scale_method(s.method))));
    values.push(text(findings.map(|f| verdict(f.quality.worst()))));
    let readings: Vec<_> = facts::readings(findings).collect();
    for quantity in Quantity::ALL {
        let reading = readings
            .iter()
            .find(|(q, _)| *q == quantity)
            .map(|(_, reading)| reading);
        values.extend(both(reading.and_then(|r| match quantity.dimension() {
            Dimension::Angle => Some(r.picture),
            Dimension::Length | Dimension::Area => r.specimen,
        })));
        if quantity.dimension() != Dimension::Angle {
            values.extend(both(reading.map(|r| r.picture)));
        }
    }
    values
}

/// A value and its uncertainty.
fn both(measured: Option<Measured>) -> [String; 2] {
    measured.map_or_else(Default::default, |m| [number(m.value), number(m.uncertainty)])
}

/// As the measurements file has it.
fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Unknown => "unknown",
        Verdict::Good => "good",
        Verdict::Doubtful => "doubtful",
        Verdict::Bad => "bad",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verdicts_are_called_as_in_the_measurements_file() {
        use Verdict::*;
        for which in [Unknown, Good, Doubtful, Bad] {
            assert_eq!(serde_json::to_value(which).unwrap(), verdict(which));
        }
    }

    #[test]
    fn no_two_columns_have_one_name() {
        let names = header();
        let different: std::collections::HashSet<_> = names.iter().collect();
        assert_eq!(names.len(), different.len());
    }
}

//! One table (RFC 4180, UTF-8) with a row for each measurement: tidy data for R and pandas.
//!
//! `value` and `uncertainty` are on the specimen, in `unit`, and empty where the picture has no scale; `picture_value` and `picture_uncertainty`
//! are in the picture, in `picture_unit`. Uncertainties are standard uncertainties. `term` is the IRI of the property that is measured (PATO),
//! `bearer_term` of what has it (Uberon), `unit_term` of the unit (UO).

use std::path::Path;

use super::facts::{self, number, text};
use super::single_file::one_file;
use super::table::Table;
use super::{ExportError, Exported, Outcome, Progress, Selection, each_record};
use crate::measure::specimen::Reading;
use crate::measure::{Dimension, Findings, Quantity};
use crate::store::layout::Place;
use crate::store::record::Record;
use crate::store::{Archive, Storage};

const HEADER: [&str; 16] = [
    "id",
    "specimen",
    "day",
    "scientific_name",
    "quantity",
    "value",
    "uncertainty",
    "unit",
    "picture_value",
    "picture_uncertainty",
    "picture_unit",
    "scale_method",
    "method",
    "term",
    "bearer_term",
    "unit_term",
];

/// Writes the table to a new file `path`. `progress` is told each record in the store.
///
/// # Errors
/// See [`ExportError`]; records that can't be read are in [`Exported::failed`], those without measurements in [`Exported::skipped`].
pub fn export<S: Storage>(
    archive: &Archive<S>,
    selection: Selection,
    path: &Path,
    progress: &mut dyn FnMut(Progress),
) -> Result<Exported, ExportError> {
    let (mut exported, copied) = one_file(path, archive.root(), progress, |out, progress| {
        let mut table = Table::of(out);
        table.row(HEADER).map_err(ExportError::write(path))?;
        let exported = each_record(archive, selection, progress, |place, record| {
            let findings = match facts::findings(archive, place, record) {
                Ok(Some(findings)) => findings,
                Ok(None) => return Ok(Outcome::Skipped("nothing was measured".to_owned())),
                Err(problem) => return Ok(Outcome::Failed(problem)),
            };
            for row in rows(place, record, &findings) {
                table.row(row).map_err(ExportError::write(path))?;
            }
            Ok(Outcome::Done)
        })?;
        table.finish().map_err(ExportError::write(path))?;
        Ok(exported)
    })?;
    exported.copied = copied;
    Ok(exported)
}

fn rows(place: &Place, record: &Record, findings: &Findings) -> Vec<[String; HEADER.len()]> {
    let name = facts::scientific_name(record);
    let method = facts::method(record);
    let scale = text(findings.scale.as_ref().map(|s| facts::scale_method(s.method)));
    let row = |(quantity, reading): (Quantity, Reading)| {
        // An angle needs no scale.
        let value = match quantity.dimension() {
            Dimension::Angle => Some(reading.picture),
            Dimension::Length | Dimension::Area => reading.specimen,
        };
        [
            record.id.to_string(),
            record.specimen.to_string(),
            place.day.to_string(),
            name.clone(),
            quantity.key().to_owned(),
            text(value.map(|v| number(v.value))),
            text(value.map(|v| number(v.uncertainty))),
            quantity.unit().to_owned(),
            number(reading.picture.value),
            number(reading.picture.uncertainty),
            quantity.picture_unit().to_owned(),
            scale.clone(),
            method.clone(),
            quantity.property().iri.to_owned(),
            quantity.bearer().iri.to_owned(),
            quantity.unit_term().iri.to_owned(),
        ]
    };
    facts::readings(Some(findings)).map(row).collect()
}

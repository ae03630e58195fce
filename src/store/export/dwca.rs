//! A Darwin Core Archive: one zip of `meta.xml`, `eml.xml`, and three tables.
//!
//! * `occurrence.csv`, the core: a row for each specimen.
//! * `multimedia.csv`, the extension of Audubon Core: a row for each picture of it, with its SHA-256.
//! * `measurementorfact.csv`: a row for each measurement of each picture, value and accuracy rounded as on the display
//!   ([`Measured::rounded`](crate::measure::Measured::rounded)). A length without a scale is no fact about the specimen and is left out.
//!
//! Terms are those of Darwin Core (`http://rs.tdwg.org/dwc/terms/`), Audubon Core (`http://rs.tdwg.org/ac/terms/`) and what these use of others. The
//! tables are compressed as they grow, so memory holds them compressed.
//!
//! `eventDate` is the day on which the fish was caught, which a photograph does not tell: it is empty unless the pick list has it.

use std::collections::HashSet;
use std::io::{self, Write};
use std::path::Path;

use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use rawzip::{CompressionMethod, DataDescriptorOutput, ZipArchiveWriter};

use super::facts::{self, text};
use super::single_file::one_file;
use super::table::{Described, Table, meta_xml, one_line};
use super::{ExportError, Exported, Outcome, Progress, Selection, each_record};
use crate::measure::{Dimension, Findings, Measured};
use crate::store::layout::{Place, part};
use crate::store::record::Record;
use crate::store::{Archive, Storage};

mod eml;
mod terms;

use terms::{MEASUREMENT, MULTIMEDIA, OCCURRENCE};

const FILES: [Described<'static>; 3] = [
    Described {
        file: "occurrence.csv",
        row_type: "http://rs.tdwg.org/dwc/terms/Occurrence",
        columns: &OCCURRENCE,
    },
    Described {
        file: "multimedia.csv",
        row_type: "http://rs.tdwg.org/ac/terms/Multimedia",
        columns: &MULTIMEDIA,
    },
    Described {
        file: "measurementorfact.csv",
        row_type: "http://rs.tdwg.org/dwc/terms/MeasurementOrFact",
        columns: &MEASUREMENT,
    },
];

/// Writes the archive to a new file `path`. `media` is where the pictures will be found, a URL before `<day>/<id>/<file>`; may be empty.
///
/// # Errors
/// See [`ExportError`]; records that can't be read are in [`Exported::failed`].
pub fn export<S: Storage>(
    archive: &Archive<S>,
    selection: Selection,
    media: &str,
    path: &Path,
    progress: &mut dyn FnMut(Progress),
) -> Result<Exported, ExportError> {
    let (mut exported, copied) = one_file(path, archive.root(), progress, |out, progress| {
        let fail = || ExportError::write(path);
        let mut tables = FILES.map(|_| Table::with_short_lines(Member::default()));
        for (table, file) in tables.iter_mut().zip(&FILES) {
            table.row(file.header()).map_err(fail())?;
        }
        let mut specimens = HashSet::new();
        let mut about = eml::About::default();
        let exported = each_record(archive, selection, progress, |place, record| {
            let findings = match facts::findings(archive, place, record) {
                Ok(findings) => findings,
                Err(problem) => return Ok(Outcome::Failed(problem)),
            };
            about.add(record);
            let occurrence = occurrence_id(record);
            let [occurrences, multimedia, measurements] = &mut tables;
            if !specimens.contains(&occurrence) {
                occurrences.row(occurrence_row(record, &occurrence)).map_err(fail())?;
                specimens.insert(occurrence.clone());
            }
            for row in media_rows(place, record, &occurrence, media) {
                multimedia.row(row).map_err(fail())?;
            }
            for row in measurement_rows(record, findings.as_ref(), &occurrence) {
                measurements.row(row).map_err(fail())?;
            }
            Ok(Outcome::Done)
        })?;
        let mut members = vec![
            (
                "meta.xml",
                Member::with(&meta_xml(&FILES, "eml.xml").map_err(fail())?).map_err(fail())?,
            ),
            ("eml.xml", Member::with(&about.eml().map_err(fail())?).map_err(fail())?),
        ];
        for (table, file) in tables.into_iter().zip(&FILES) {
            members.push((file.file, table.finish().map_err(fail())?));
        }
        zip(members, out).map_err(fail())?;
        Ok(exported)
    })?;
    exported.copied = copied;
    Ok(exported)
}

/// The Darwin Core triplet as a URN where the collection has a code, else the specimen's id.
fn occurrence_id(record: &Record) -> String {
    match facts::codes(&record.collection) {
        ("", _) => record.specimen.to_string(),
        (institution, "") => format!("urn:catalog:{institution}:{}", record.specimen),
        (institution, collection) => format!("urn:catalog:{institution}:{collection}:{}", record.specimen),
    }
    .replace(' ', "-")
}

fn occurrence_row(record: &Record, occurrence: &str) -> [String; OCCURRENCE.len()] {
    let (institution, collection) = facts::codes(&record.collection);
    [
        occurrence.to_owned(),
        "PreservedSpecimen".to_owned(),
        "PhysicalObject".to_owned(),
        one_line(institution),
        one_line(collection),
        record.specimen.to_string(),
        one_line(&facts::scientific_name(record)),
        one_line(&facts::genus(record)),
        one_line(&facts::family(record)),
        text(facts::ark(record)),
        one_line(&facts::event_date(record)),
        record.times.committed_utc.to_string(),
        one_line(&record.note),
    ]
}

/// The frame, and the crop and the mask that were made from it.
fn media_rows(place: &Place, record: &Record, occurrence: &str, media: &str) -> Vec<[String; MULTIMEDIA.len()]> {
    let crop = format!("{}{}", record.id, part::CROPPED);
    let mask = format!("{}{}", record.id, part::SEGMENTED);
    let crop_size = record.fish.as_ref().map(|fish| fish.crop_box.size());
    let kinds = [
        (
            record.frame.file.as_str(),
            "photograph of specimen, label and ruler",
            Some(record.frame.upright),
        ),
        (crop.as_str(), "photograph, cut to the specimen", crop_size),
        (mask.as_str(), "mask of segmented traits", crop_size),
    ];
    let rows = kinds.into_iter().filter_map(|(name, title, size)| {
        let file = record.file(name)?;
        Some([
            occurrence.to_owned(),
            format!("{occurrence}/{name}"),
            "StillImage".to_owned(),
            title.to_owned(),
            facts::media_type(name).to_owned(),
            facts::media_url(place, record, name, media),
            text(size.map(|s| s.width)),
            text(size.map(|s| s.height)),
            record.times.captured_utc.to_string(),
            one_line(&record.operator),
            one_line(&record.station),
            "SHA-256".to_owned(),
            file.sha256.clone(),
        ])
    });
    rows.collect()
}

fn measurement_rows(
    record: &Record,
    findings: Option<&Findings>,
    occurrence: &str,
) -> Vec<[String; MEASUREMENT.len()]> {
    let scale = findings.and_then(|f| f.scale.as_ref());
    let how = match scale {
        Some(scale) => format!(
            "{}; scale by {}",
            facts::method(record),
            facts::scale_method(scale.method)
        ),
        None => facts::method(record),
    };
    let row = |key: &str, name: &str, terms: [&str; 2], value: Measured, unit: &str, about: &str| {
        let rounded = value.rounded();
        let [property, unit_term] = terms.map(str::to_owned);
        [
            occurrence.to_owned(),
            format!("{occurrence}/{}/{key}", record.id),
            name.to_lowercase(),
            property,
            rounded.value,
            rounded.uncertainty,
            unit.to_owned(),
            unit_term,
            one_line(&how),
            one_line(&record.operator),
            record.times.captured_utc.to_string(),
            format!(
                "{about}; accuracy is the standard uncertainty; measured on picture {}",
                record.id
            ),
        ]
    };
    let mut rows: Vec<_> = facts::readings(findings)
        .filter_map(|(quantity, reading)| {
            let value = match quantity.dimension() {
                Dimension::Angle => reading.picture,
                Dimension::Length | Dimension::Area => reading.specimen?,
            };
            let terms = [quantity.property().iri, quantity.unit_term().iri];
            let about = format!(
                "{} of {} ({})",
                quantity.property().label,
                quantity.bearer().label,
                quantity.bearer().iri
            );
            Some(row(
                quantity.key(),
                quantity.name(),
                terms,
                value,
                quantity.unit(),
                &about,
            ))
        })
        .collect();
    if let Some(scale) = scale {
        let about = "pixels of the picture a centimetre";
        rows.push(row(
            "scale",
            "image scale",
            [""; 2],
            scale.pixels_per_cm,
            "px/cm",
            about,
        ));
    }
    rows
}

/// A file of the archive, compressed while it is written.
struct Member {
    compressed: DeflateEncoder<Vec<u8>>,
    crc: Crc,
    size: u64,
}

impl Default for Member {
    fn default() -> Self {
        Self {
            compressed: DeflateEncoder::new(Vec::new(), Compression::default()),
            crc: Crc::new(),
            size: 0,
        }
    }
}

impl Member {
    fn with(content: &[u8]) -> io::Result<Self> {
        let mut member = Self::default();
        member.write_all(content)?;
        Ok(member)
    }
}

impl Write for Member {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.compressed.write(bytes)?;
        self.crc.update(&bytes[..written]);
        self.size += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.compressed.flush()
    }
}

fn zip(members: Vec<(&str, Member)>, out: &mut impl Write) -> io::Result<()> {
    let mut zip = ZipArchiveWriter::new(out);
    for (name, member) in members {
        let compressed = member.compressed.finish()?;
        let entry = zip.new_file(name).compression_method(CompressionMethod::DEFLATE);
        let (mut entry, _) = entry.start().map_err(io::Error::other)?;
        entry.write_all(&compressed)?;
        entry
            .finish(DataDescriptorOutput::new(member.crc.sum(), member.size))
            .map_err(io::Error::other)?;
    }
    zip.finish().map_err(io::Error::other)?;
    Ok(())
}

/// The day of a moment, UTC.
fn day(moment: Timestamp) -> String {
    TimeZone::UTC.to_datetime(moment).date().to_string()
}

//! What every layout says about a record, in one place, so that no two tell it differently.

use super::whole_file;
use crate::measure::scale::ScaleMethod;
use crate::measure::specimen::Reading;
use crate::measure::{Findings, Quantity};
use crate::store::layout::{Place, part};
use crate::store::measurements_file::MeasurementsFile;
use crate::store::record::Record;
use crate::store::{Archive, Storage};

/// What was measured on a record; `None` in records without measurements, such as older ones.
pub(super) fn findings<S: Storage>(
    archive: &Archive<S>,
    place: &Place,
    record: &Record,
) -> Result<Option<Findings>, String> {
    let name = format!("{}{}", record.id, part::MEASUREMENTS);
    if record.file(&name).is_none() {
        return Ok(None);
    }
    let content = whole_file(archive, place, record, &name)?;
    let file = MeasurementsFile::from_file(&content).map_err(|problem| format!("{name} {problem}"))?;
    if file.id != record.id {
        return Err(format!("{name} is of the record {}", file.id));
    }
    Ok(Some(file.findings))
}

/// What was measured on the specimen, in the order of tables.
pub(super) fn readings(findings: Option<&Findings>) -> impl Iterator<Item = (Quantity, Reading)> {
    let values = findings.and_then(|f| f.measurements.as_ref()).map(|m| &m.values);
    values
        .into_iter()
        .flatten()
        .map(|(quantity, reading)| (*quantity, *reading))
}

/// A number with all its digits: the shortest text that gives the same number back.
pub(super) fn number(value: f64) -> String {
    value.to_string()
}

/// A value that may be missing: empty then.
pub(super) fn text(value: Option<impl ToString>) -> String {
    value.map_or_else(String::new, |v| v.to_string())
}

/// The name of a scale's method, as the measurements file has it.
pub(super) fn scale_method(method: ScaleMethod) -> &'static str {
    match method {
        ScaleMethod::MetricTicks => "metric-ticks",
        ScaleMethod::InchTicks => "inch-ticks",
        ScaleMethod::MetricAndInchTicks => "metric-and-inch-ticks",
        ScaleMethod::ScaleBar => "scale-bar",
        ScaleMethod::Calibration => "calibration",
        ScaleMethod::Configured => "configured",
    }
}

/// How the values were measured, in words.
pub(super) fn method(record: &Record) -> String {
    let program = format!("fishrig {}", record.versions.fishrig);
    match &record.fish {
        Some(fish) => format!(
            "from the traits that network {} {} segmented, by {program}",
            fish.network.name, fish.network.version
        ),
        None => format!("by {program}"),
    }
}

/// Institution and collection code of a record's `collection`: `INHS:Fish` names both, `INHS` the institution alone.
pub(super) fn codes(collection: &str) -> (&str, &str) {
    let (institution, collection) = collection.split_once(':').unwrap_or((collection, ""));
    (institution.trim(), collection.trim())
}

/// A column of the pick list that named the specimen; empty where it has none. `names` are what it may be called, with capitals or without.
fn column(record: &Record, names: &[&str]) -> String {
    let identity = record.identity.as_ref();
    let found = names.iter().find_map(|name| identity.and_then(|i| i.column(name)));
    found.map(str::trim).unwrap_or_default().to_owned()
}

pub(super) fn scientific_name(record: &Record) -> String {
    column(record, &["scientificName", "scientific_name", "species"])
}

/// As the pick list has it, else the first word of the scientific name.
pub(super) fn genus(record: &Record) -> String {
    let genus = column(record, &["genus"]);
    match scientific_name(record).split_whitespace().next() {
        Some(first) if genus.is_empty() => first.to_owned(),
        _ => genus,
    }
}

pub(super) fn family(record: &Record) -> String {
    column(record, &["family"])
}

/// When the fish was caught, which no photograph tells.
pub(super) fn event_date(record: &Record) -> String {
    column(record, &["eventDate", "event_date"])
}

/// The ARK id by which Fish-AIR and Minnow_Segmented_Traits know a picture.
pub(super) fn ark(record: &Record) -> Option<String> {
    Some(column(record, &["ARKID", "ark_id", "ark"])).filter(|ark| !ark.is_empty())
}

/// [`ark`], or the record's id where it has none.
pub(super) fn ark_id(record: &Record) -> String {
    ark(record).unwrap_or_else(|| record.id.to_string())
}

/// Where a file of a record will be found: `media`, a URL, before its path below the store's root. Empty where `media` is.
pub(super) fn media_url(place: &Place, record: &Record, file: &str, media: &str) -> String {
    if media.is_empty() {
        return String::new();
    }
    format!("{}/{}/{}/{file}", media.trim_end_matches('/'), place.day, record.id)
}

/// The media type (RFC 6838) of a picture's file.
pub(super) fn media_type(file: &str) -> &'static str {
    match file.rsplit('.').next() {
        Some("jpg" | "jpeg" | "mjpg") => "image/jpeg",
        Some("png") => "image/png",
        Some("tif" | "tiff") => "image/tiff",
        _ => "application/octet-stream",
    }
}

/// The names of the eighteen landmarks, after the table of Minnow_Segmented_Traits (`Traits/Minnows_Landmarks_(1-18).csv`).
pub(super) const LANDMARKS: [&str; 18] = [
    "tip_of_snout",
    "nape",
    "dorsal_fin_front",
    "dorsal_fin_rear",
    "caudal_fin_upper",
    "end_of_vertebral_column",
    "caudal_fin_lower",
    "anal_fin_rear",
    "anal_fin_front",
    "pelvic_fin_front",
    "pectoral_fin_front",
    "operculum_rear",
    "operculum_bottom",
    "eye_front",
    "eye_rear",
    "eye_top",
    "eye_bottom",
    "eye_centre",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_are_called_as_in_the_measurements_file() {
        use ScaleMethod::*;
        for which in [
            MetricTicks,
            InchTicks,
            MetricAndInchTicks,
            ScaleBar,
            Calibration,
            Configured,
        ] {
            assert_eq!(serde_json::to_value(which).unwrap(), scale_method(which));
        }
    }

    #[test]
    fn a_collection_may_name_its_institution() {
        assert_eq!(codes("INHS:Fish"), ("INHS", "Fish"));
        assert_eq!(codes("INHS"), ("INHS", ""));
    }
}

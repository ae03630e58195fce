//! One record's numbers in every format: one typed value, told everywhere alike.

#![allow(clippy::unwrap_used, reason = "part of the tests")]

mod store_support;

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

use fishrig::measure::{Findings, Measured, Quantity};
use fishrig::store::export::{Selection, coco, csv, csv_long, dwca, fish_air};
use fishrig::store::measurements_file::MeasurementsFile;
use fishrig::store::{Archive, Store};
use serde_json::Value;
use store_support::{draft, findings, id, measured_draft, moment, settings};

/// Rows of a table by their headers.
fn table(content: &[u8]) -> Vec<BTreeMap<String, String>> {
    ::csv::Reader::from_reader(content)
        .deserialize()
        .collect::<Result<_, _>>()
        .unwrap()
}

/// The file `name` in a zip.
fn member(zip: &[u8], name: &str) -> Vec<u8> {
    let archive = rawzip::ZipArchive::from_slice(zip).unwrap();
    let mut entries = archive.entries();
    while let Some(entry) = entries.next_entry().unwrap() {
        if entry.file_path().as_ref() == name.as_bytes() {
            let entry = archive.get_entry(entry.wayfinder()).unwrap();
            let mut content = Vec::new();
            entry
                .verifying_reader(flate2::read::DeflateDecoder::new(entry.data()))
                .read_to_end(&mut content)
                .unwrap();
            return content;
        }
    }
    panic!("no {name}");
}

fn parsed(row: &BTreeMap<String, String>, value: &str, uncertainty: &str) -> Measured {
    Measured::new(row[value].parse().unwrap(), row[uncertainty].parse().unwrap())
}

struct Exports {
    typed: Findings,
    json: Value,
    record: BTreeMap<String, String>,
    long: Vec<BTreeMap<String, String>>,
    facts: Vec<BTreeMap<String, String>>,
    fish: Value,
}

/// A store with that record, exported in every format.
fn exports(dir: &Path, seed: u32) -> Exports {
    let root = dir.join("records");
    let mut store = Store::open(settings(&root)).unwrap();
    store.commit_at(&measured_draft("fish", seed), moment(0)).unwrap();
    let archive = Archive::open(&root).unwrap();
    let all = Selection::default();
    let none = &mut |_| ();
    let read = |name: &str| std::fs::read(dir.join(name)).unwrap();
    csv::export(&archive, all, &dir.join("a.csv"), none).unwrap();
    csv_long::export(&archive, all, &dir.join("b.csv"), none).unwrap();
    dwca::export(&archive, all, "", &dir.join("c.zip"), none).unwrap();
    coco::export(&archive, all, &dir.join("d.json"), none).unwrap();
    let own = archive
        .find(&id("fish"))
        .unwrap()
        .directory
        .join("fish_measurements.json");
    let coco: Value = serde_json::from_slice(&read("d.json")).unwrap();
    let own = std::fs::read(own).unwrap();
    Exports {
        typed: MeasurementsFile::from_file(&own).unwrap().findings,
        json: serde_json::from_slice(&own).unwrap(),
        record: table(&read("a.csv")).remove(0),
        long: table(&read("b.csv")),
        facts: table(&member(&read("c.zip"), "measurementorfact.csv")),
        fish: coco["annotations"][0]["measurements"].clone(),
    }
}

#[test]
fn every_format_has_the_same_numbers() {
    let dir = tempfile::tempdir().unwrap();
    let exports = exports(dir.path(), 5);
    let typed = exports.typed;
    let values = typed.measurements.unwrap().values;
    assert_eq!(values.len(), 4);
    assert_eq!((exports.long.len(), exports.facts.len()), (4, 5));
    for (quantity, reading) in values {
        let key = quantity.key();
        let (value, unit) = match reading.specimen {
            Some(specimen) => (specimen, quantity.unit()),
            None => (reading.picture, quantity.picture_unit()),
        };
        // What was measured, but for digits that nothing here has.
        let measured = &findings(5).measurements.unwrap().values[&quantity].picture;
        assert!((measured.value - reading.picture.value).abs() <= 1e-11 * measured.value.abs());
        // The measurements file, as anybody reads it.
        let json = &exports.json["measurements"]["values"][key];
        let json = if reading.specimen.is_some() {
            &json["specimen"]
        } else {
            &json["picture"]
        };
        assert_eq!(json["value"].as_f64(), Some(value.value), "{key}");
        assert_eq!(json["uncertainty"].as_f64(), Some(value.uncertainty), "{key}");
        assert_eq!(json["unit"], unit, "{key}");
        // Tables: the same to the last bit.
        assert_eq!(
            parsed(
                &exports.record,
                &format!("{key}_{unit}"),
                &format!("{key}_{unit}_uncertainty")
            ),
            value
        );
        let picture = quantity.picture_unit();
        assert_eq!(
            parsed(
                &exports.record,
                &format!("{key}_{picture}"),
                &format!("{key}_{picture}_uncertainty")
            ),
            reading.picture
        );
        let long = exports.long.iter().find(|row| row["quantity"] == key).unwrap();
        assert_eq!(parsed(long, "value", "uncertainty"), value);
        assert_eq!(parsed(long, "picture_value", "picture_uncertainty"), reading.picture);
        assert_eq!((long["unit"].as_str(), long["picture_unit"].as_str()), (unit, picture));
        let coco = &exports.fish[key];
        assert_eq!(coco["value"].as_f64(), Some(value.value));
        assert_eq!(coco["uncertainty"].as_f64(), Some(value.uncertainty));
        assert_eq!(coco["unit"], unit);
        // The archive: what the display says, to the letter.
        let name = quantity.name().to_lowercase();
        let fact = exports.facts.iter().find(|row| row["measurementType"] == name).unwrap();
        assert_eq!(fact["measurementUnit"], unit);
        assert_eq!(fact["measurementTypeID"], quantity.property().iri);
        let words = value.words("");
        assert_eq!(
            format!("{} ± {} ", fact["measurementValue"], fact["measurementAccuracy"]),
            words
        );
        let rounded: f64 = fact["measurementValue"].parse().unwrap();
        assert!((rounded - value.value).abs() <= 0.15 * value.uncertainty);
    }
    let scale = typed.scale.unwrap().pixels_per_cm;
    assert_eq!(
        parsed(&exports.record, "scale_px_per_cm", "scale_px_per_cm_uncertainty"),
        scale
    );
    let fact = exports
        .facts
        .iter()
        .find(|row| row["measurementUnit"] == "px/cm")
        .unwrap();
    assert_eq!(fact["measurementValue"], scale.rounded().value);
    assert_eq!(exports.record["quality"], "doubtful");
}

#[test]
fn a_record_without_measurements_has_empty_cells_and_no_facts() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("records");
    let mut store = Store::open(settings(&root)).unwrap();
    store.commit_at(&draft("old", 1), moment(0)).unwrap();
    let archive = Archive::open(&root).unwrap();
    let (all, none) = (Selection::default(), &mut |_| ());
    csv::export(&archive, all, &dir.path().join("a.csv"), none).unwrap();
    let row = table(&std::fs::read(dir.path().join("a.csv")).unwrap()).remove(0);
    for quantity in Quantity::ALL {
        assert_eq!(row[&format!("{}_{}", quantity.key(), quantity.unit())], "");
    }
    assert_eq!((row["scale_px_per_cm"].as_str(), row["quality"].as_str()), ("", ""));
    let long = csv_long::export(&archive, all, &dir.path().join("b.csv"), none).unwrap();
    assert_eq!((long.records, long.skipped.len()), (0, 1));
    let archived = dwca::export(&archive, all, "", &dir.path().join("c.zip"), none).unwrap();
    assert_eq!(archived.records, 1);
    let zip = std::fs::read(dir.path().join("c.zip")).unwrap();
    assert!(table(&member(&zip, "measurementorfact.csv")).is_empty());
    assert_eq!(table(&member(&zip, "occurrence.csv")).len(), 1);
    fish_air::export(&archive, all, "", &dir.path().join("fish-air"), none).unwrap();
    let quality = table(&std::fs::read(dir.path().join("fish-air/imageQualityMetadata.csv")).unwrap()).remove(0);
    let of = |name: &str| quality[name].as_str();
    assert_eq!(
        (of("specimenView"), of("containsScaleBar"), of("onFocus")),
        ("left", "False", "")
    );
}

#[test]
fn a_damaged_measurements_file_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("records");
    let mut store = Store::open(settings(&root)).unwrap();
    // A file that is whole and holds something else.
    let mut wrong = draft("wrong", 1);
    let content = MeasurementsFile::new(id("other"), findings(1)).to_file().unwrap();
    wrong.further_files = vec![("measurements.json".to_owned(), content)];
    store.commit_at(&wrong, moment(0)).unwrap();
    let mut newer = draft("newer", 2);
    newer.further_files = vec![(
        "measurements.json".to_owned(),
        b"{\"format\": 2, \"id\": \"newer\", \"quality\": {\"checks\": []}}".to_vec(),
    )];
    store.commit_at(&newer, moment(1)).unwrap();
    let archive = Archive::open(&root).unwrap();
    let out = dir.path().join("a.csv");
    let exported = csv::export(&archive, Selection::default(), &out, &mut |_| ()).unwrap();
    let said: Vec<_> = exported.failed.iter().map(|(_, reason)| reason.as_str()).collect();
    assert!(said[0].starts_with("newer_measurements.json has format 2"), "{said:?}");
    assert!(
        said[1].contains("wrong_measurements.json is of the record other"),
        "{said:?}"
    );
}

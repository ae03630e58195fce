//! The tables of Fish-AIR: `multimedia.csv`, `imageQualityMetadata.csv`, and `meta.xml`, which says what their columns are.
//!
//! Minnow_Segmented_Traits chooses pictures by them: `Scripts/init.R` finds columns by their terms in `meta.xml`, and
//! `Scripts/Minnow_Selection_Image_Quality_Metadata.R` keeps the rows whose values are the good ones. The headers are those of published tables
//! (`Files/Tulane/Fish/imageQualityMetadata.csv` there). What was not assessed is empty.

use std::path::Path;

use super::facts::{self, text};
use super::output::{Destination, Put};
use super::table::{Described, Table, meta_xml, one_line};
use super::{ExportError, Exported, Folder, Outcome, Progress, Selection, each_record};
use crate::locate::HeadSide;
use crate::measure::Findings;
use crate::store::layout::Place;
use crate::store::record::Record;
use crate::store::{Archive, Storage};

/// Header and term of each column of `multimedia.csv`.
const MULTIMEDIA: [(&str, &str); 11] = [
    ("arkID", "https://fishair.org/terms/ARKID"),
    ("accessURI", "http://rs.tdwg.org/ac/terms/accessURI"),
    ("createDate", "http://ns.adobe.com/xap/1.0/CreateDate"),
    ("modifyDate", "http://purl.org/dc/terms/modified"),
    ("fileNameAsDelivered", "https://fishair.org/terms/fileNameAsDelivered"),
    ("format", "http://purl.org/dc/terms/format"),
    ("batchName", "https://fishair.org/terms/batchName"),
    ("scientificName", "http://rs.tdwg.org/dwc/terms/scientificName"),
    ("genus", "http://rs.tdwg.org/dwc/terms/genus"),
    ("family", "http://rs.tdwg.org/dwc/terms/family"),
    (
        "ownerInstitutionCode",
        "http://rs.tdwg.org/dwc/terms/ownerInstitutionCode",
    ),
];

/// Header and term of each column of `imageQualityMetadata.csv`.
const QUALITY: [(&str, &str); 17] = [
    ("arkID", "https://fishair.org/terms/ARKID"),
    (
        "ownerInstitutionCode",
        "http://rs.tdwg.org/dwc/terms/ownerInstitutionCode",
    ),
    ("createDate", "http://ns.adobe.com/xap/1.0/CreateDate"),
    ("specimenQuantity", "https://fishair.org/terms/specimenQuantity"),
    ("containsScaleBar", "https://fishair.org/terms/containsScaleBar"),
    ("containsLabel", "https://fishair.org/terms/containsLabel"),
    ("partsOverlapping", "https://fishair.org/terms/partsOverlapping"),
    ("specimenView", "https://fishair.org/terms/specimenView"),
    ("specimenCurved", "https://fishair.org/terms/specimenCurved"),
    ("partsMissing", "https://fishair.org/terms/partsMissing"),
    ("allPartsVisible", "https://fishair.org/terms/allPartsVisible"),
    ("partsFolded", "https://fishair.org/terms/partsFolded"),
    ("brightness", "https://fishair.org/terms/brightness"),
    ("uniformBackground", "https://fishair.org/terms/uniformBackground"),
    ("onFocus", "https://fishair.org/terms/onFocus"),
    ("colorIssue", "https://fishair.org/terms/colorIssue"),
    (
        "resourceCreationTechnique",
        "https://fishair.org/terms/resourceCreationTechnique",
    ),
];

const FILES: [Described<'static>; 2] = [
    Described {
        file: "multimedia.csv",
        row_type: "http://rs.tdwg.org/ac/terms/Multimedia",
        columns: &MULTIMEDIA,
    },
    Described {
        file: "imageQualityMetadata.csv",
        row_type: "https://fishair.org/terms/ImageQualityMetadata",
        columns: &QUALITY,
    },
];

/// Writes the tables into `folder`. `media` is where the pictures will be found, a URL before `<day>/<id>/<file>`; may be empty.
///
/// # Errors
/// See [`ExportError`]; [`ExportError::Exists`] where the folder holds other tables. Records that can't be read are in [`Exported::failed`].
pub fn export<S: Storage>(
    archive: &Archive<S>,
    selection: Selection,
    media: &str,
    folder: &Path,
    progress: &mut dyn FnMut(Progress),
) -> Result<Exported, ExportError> {
    export_into(
        archive,
        selection,
        media,
        Folder::create(folder, archive.root())?,
        progress,
    )
}

fn export_into<S: Storage, D: Destination>(
    archive: &Archive<S>,
    selection: Selection,
    media: &str,
    mut folder: Folder<D>,
    progress: &mut dyn FnMut(Progress),
) -> Result<Exported, ExportError> {
    let path = folder.path().to_owned();
    let fail = || ExportError::write(&path);
    let mut tables = FILES.map(|_| Table::with_short_lines(Vec::new()));
    for (table, file) in tables.iter_mut().zip(&FILES) {
        table.row(file.header()).map_err(fail())?;
    }
    let mut exported = each_record(archive, selection, progress, |place, record| {
        let findings = match facts::findings(archive, place, record) {
            Ok(findings) => findings,
            Err(problem) => return Ok(Outcome::Failed(problem)),
        };
        let [multimedia, quality] = &mut tables;
        multimedia.row(multimedia_row(place, record, media)).map_err(fail())?;
        quality.row(quality_row(record, findings.as_ref())).map_err(fail())?;
        Ok(Outcome::Done)
    })?;
    let meta = meta_xml(&FILES, "").map_err(fail())?;
    let mut files = vec![("meta.xml", meta)];
    for (table, file) in tables.into_iter().zip(&FILES) {
        files.push((file.file, table.finish().map_err(fail())?));
    }
    for (name, content) in files {
        if folder.put(name, &content)? == Put::OtherContent {
            return Err(ExportError::Exists { path: path.join(name) });
        }
    }
    exported.copied = folder.finish(progress)?;
    Ok(exported)
}

fn multimedia_row(place: &Place, record: &Record, media: &str) -> [String; MULTIMEDIA.len()] {
    let identity = facts::identity(record);
    let captured = record.times.captured_utc.to_string();
    [
        facts::ark_id(record),
        facts::media_url(place, record, &record.frame.file, media),
        captured.clone(),
        captured,
        record.frame.file.clone(),
        facts::media_type(&record.frame.file).to_owned(),
        place.day.to_string(),
        one_line(&text(identity.scientific_name)),
        one_line(&text(identity.genus)),
        one_line(&text(identity.family)),
        facts::codes(&record.collection).0.to_owned(),
    ]
}

fn quality_row(record: &Record, findings: Option<&Findings>) -> [String; QUALITY.len()] {
    let told = Told::of(record, findings);
    [
        facts::ark_id(record),
        facts::codes(&record.collection).0.to_owned(),
        record.times.captured_utc.to_string(),
        usize::from(record.fish.is_some()).to_string(),
        truth(Some(record.ruler.is_some())),
        truth(Some(record.label.is_some())),
        told.parts_overlapping,
        told.specimen_view,
        told.specimen_curved,
        told.parts_missing,
        told.all_parts_visible,
        told.parts_folded,
        told.brightness,
        told.uniform_background,
        told.on_focus,
        told.color_issue,
        "Automatic".to_owned(),
    ]
}

/// As Python writes it, and the tables of Fish-AIR.
fn truth(value: Option<bool>) -> String {
    match value {
        Some(true) => "True",
        Some(false) => "False",
        None => "",
    }
    .to_owned()
}

/// What the quality checks found, in the words of the tables.
#[derive(Default)]
struct Told {
    specimen_view: String,
    specimen_curved: String,
    brightness: String,
    color_issue: String,
    parts_overlapping: String,
    on_focus: String,
    parts_missing: String,
    all_parts_visible: String,
    parts_folded: String,
    uniform_background: String,
}

impl Told {
    fn of(record: &Record, _findings: Option<&Findings>) -> Self {
        let view = match record.fish.as_ref().map(|fish| fish.head) {
            Some(HeadSide::Left) => "left",
            Some(HeadSide::Right) => "right",
            Some(HeadSide::Unknown) | None => "",
        };
        Self {
            specimen_view: view.to_owned(),
            ..Self::default()
        }
    }
}

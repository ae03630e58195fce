//! The tables of Fish-AIR: `multimedia.csv`, `imageQualityMetadata.csv`, and `meta.xml`, which says what their columns are.
//!
//! Minnow_Segmented_Traits chooses pictures by them: `Scripts/init.R` finds columns by their terms in `meta.xml`, and
//! `Scripts/Minnow_Selection_Image_Quality_Metadata.R` keeps the rows whose values are the good ones. The headers are those of published tables
//! (`Files/Tulane/Fish/imageQualityMetadata.csv` there). What was not assessed is empty.

use std::path::Path;

use super::facts;
use super::output::{Destination, Put};
use super::table::{Described, Table, meta_xml, one_line};
use super::{ExportError, Exported, Folder, Outcome, Progress, Selection, each_record};
use crate::locate::HeadSide;
use crate::measure::Findings;
use crate::measure::quality::{FishAirQuality, SpecimenView};
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

/// Header and term of each column of `imageQualityMetadata.csv`: three, those of [`FishAirQuality::TERMS`], one.
const QUALITY: [(&str, &str); 18] = [
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
    ("specimenAngle", "https://fishair.org/terms/specimenAngle"),
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
    let captured = record.times.captured_utc.to_string();
    [
        facts::ark_id(record),
        facts::media_url(place, record, &record.frame.file, media),
        captured.clone(),
        captured,
        record.frame.file.clone(),
        facts::media_type(&record.frame.file).to_owned(),
        place.day.to_string(),
        one_line(&facts::scientific_name(record)),
        one_line(&facts::genus(record)),
        one_line(&facts::family(record)),
        facts::codes(&record.collection).0.to_owned(),
    ]
}

fn quality_row(record: &Record, findings: Option<&Findings>) -> Vec<String> {
    let mut row = vec![
        facts::ark_id(record),
        facts::codes(&record.collection).0.to_owned(),
        record.times.captured_utc.to_string(),
    ];
    row.extend(quality(record, findings).values());
    row.push("Automatic".to_owned());
    row
}

/// What the checks found; of a record without checks what it says about itself.
fn quality(record: &Record, findings: Option<&Findings>) -> FishAirQuality {
    let checked = findings.map(|f| f.quality.fish_air()).unwrap_or_default();
    let view = match record.fish.as_ref().map(|fish| fish.head) {
        Some(HeadSide::Left) => Some(SpecimenView::Left),
        Some(HeadSide::Right) => Some(SpecimenView::Right),
        Some(HeadSide::Unknown) | None => None,
    };
    FishAirQuality {
        specimen_quantity: checked.specimen_quantity.or(Some(record.fish.is_some().into())),
        contains_scale_bar: checked.contains_scale_bar.or(Some(record.ruler.is_some())),
        contains_label: checked.contains_label.or(Some(record.label.is_some())),
        specimen_view: checked.specimen_view.or(view),
        ..checked
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_of_quality_are_in_the_order_of_its_values() {
        let names: Vec<_> = QUALITY.iter().map(|(name, _)| *name).collect();
        assert_eq!(names[3..17], FishAirQuality::TERMS);
    }
}

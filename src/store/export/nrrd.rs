//! Segmentations for 3D Slicer: `<id>_segmentation.seg.nrrd`, one slice, a segment for each trait that is present.
//!
//! The format is NRRD (teem, *Definition of NRRD File Format*, version 4) with the fields by which Slicer's segmentations module knows a
//! segmentation. A pixel may hold several traits, so traits that overlap lie in different layers, as few as there can be when they are filled in
//! channel order; nothing is painted over, and where no two traits overlap the file is a plain label map. A trait's label is its channel plus 1.
//!
//! Spacing is in millimetres, from the picture's scale at the middle of the crop, and the origin is that of the upright frame. Without a scale a
//! pixel counts as 1 mm, and `fishrig_scale:=none` says so.

use std::path::Path;

use super::facts;
use super::output::{Destination, Put};
use super::{ExportError, Exported, Folder, Outcome, Progress, Selection, each_record, mask_of};
use crate::frame::{PixelBox, Point};
use crate::labels::nrrd::{Segmentation, segmentation};
use crate::measure::Measured;
use crate::store::record::FishFacts;
use crate::store::{Archive, Storage};
use crate::traits::TraitMask;

/// Writes one file a record into `folder`, which may hold an earlier export.
///
/// # Errors
/// See [`ExportError`]; records that can't be read are in [`Exported::failed`], those without a fish in [`Exported::skipped`].
pub fn export<S: Storage>(
    archive: &Archive<S>,
    selection: Selection,
    folder: &Path,
    progress: &mut dyn FnMut(Progress),
) -> Result<Exported, ExportError> {
    export_into(archive, selection, Folder::create(folder, archive.root())?, progress)
}

fn export_into<S: Storage, D: Destination>(
    archive: &Archive<S>,
    selection: Selection,
    mut folder: Folder<D>,
    progress: &mut dyn FnMut(Progress),
) -> Result<Exported, ExportError> {
    let mut exported = each_record(archive, selection, progress, |place, record| {
        let Some(fish) = &record.fish else {
            return Ok(Outcome::Skipped("no fish was found".to_owned()));
        };
        let mask = mask_of(archive, place, record, fish);
        let (mask, findings) = match (mask, facts::findings(archive, place, record)) {
            (Ok(mask), Ok(findings)) => (mask, findings),
            (Err(problem), _) | (_, Err(problem)) => return Ok(Outcome::Failed(problem)),
        };
        let scale = findings
            .and_then(|f| f.scale)
            .map(|scale| scale.at(middle(fish.crop_box)));
        let name = format!("{}_segmentation.seg.nrrd", record.id);
        let content = match file(fish, &mask, scale) {
            Ok(content) => content,
            Err(problem) => return Ok(Outcome::Failed(problem)),
        };
        Ok(match folder.put(&name, &content)? {
            Put::Done => Outcome::Done,
            Put::OtherContent => Outcome::Failed(format!("{name} is there with another content")),
        })
    })?;
    exported.copied = folder.finish(progress)?;
    Ok(exported)
}

fn middle(b: PixelBox) -> Point {
    Point {
        x: f64::from(b.left + b.right) / 2.0,
        y: f64::from(b.top + b.bottom) / 2.0,
    }
}

fn file(fish: &FishFacts, mask: &TraitMask, scale: Option<Measured>) -> Result<Vec<u8>, String> {
    let mm = scale.map_or(1.0, |s| 10.0 / s.value);
    let said = match scale {
        Some(s) => format!("{} px/cm, uncertainty {} px/cm", s.value, s.uncertainty),
        None => "none".to_owned(),
    };
    let content = Segmentation {
        mask,
        spacing: mm,
        origin: (mm * f64::from(fish.crop_box.left), mm * f64::from(fish.crop_box.top)),
        fields: &[("fishrig_scale", said)],
    };
    segmentation(&content).map_err(|e| format!("can't be compressed: {e}"))
}

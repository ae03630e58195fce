//! Crops with their masks as labels of labelling programs, so that masks can be corrected there and come back.
//!
//! A folder with `<id>_cropped.jpg` and its label for each record: `<id>_labels.png`, `<id>_labels.seg.nrrd` and so on, `<id>_cropped.json` for LabelMe,
//! which looks for the name of the picture; one `annotations.json` or `annotations.xml` for COCO and CVAT. A pixel of the label is one of the crop.

use std::path::Path;

use super::output::{Destination, Put};
use super::{ExportError, Exported, Folder, Outcome, Progress, Selection, each_record, mask_of, whole_file};
use crate::labels::{Collection, Overlaps, Shapes, Target, encoded, visible_only};
use crate::store::layout::part;
use crate::store::{Archive, Storage};

/// What labels are written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Manner {
    /// The format.
    pub target: Target,
    /// How traits become shapes.
    pub shapes: Shapes,
    /// What pixels of several traits keep.
    pub overlaps: Overlaps,
}

/// Writes crops and labels into `folder`, which may hold an earlier export: labels that were changed there are left as they are.
///
/// # Errors
/// See [`ExportError`]; records that can't be exported are in [`Exported::failed`], those without a fish in [`Exported::skipped`].
pub fn export<S: Storage>(
    archive: &Archive<S>,
    selection: Selection,
    manner: Manner,
    folder: &Path,
    progress: &mut dyn FnMut(Progress),
) -> Result<Exported, ExportError> {
    export_into(
        archive,
        selection,
        manner,
        Folder::create(folder, archive.root())?,
        progress,
    )
}

fn export_into<S: Storage, D: Destination>(
    archive: &Archive<S>,
    selection: Selection,
    manner: Manner,
    mut folder: Folder<D>,
    progress: &mut dyn FnMut(Progress),
) -> Result<Exported, ExportError> {
    let mut collection = Collection::new(manner.target).ok();
    let mut exported = each_record(archive, selection, progress, |place, record| {
        let Some(fish) = &record.fish else {
            return Ok(Outcome::Skipped("no fish was found".to_owned()));
        };
        let picture = format!("{}{}", record.id, part::CROPPED);
        let crop = whole_file(archive, place, record, &picture);
        let (crop, mask) = match (crop, mask_of(archive, place, record, fish)) {
            (Ok(crop), Ok(mask)) => (crop, mask),
            (Err(problem), _) | (_, Err(problem)) => return Ok(Outcome::Failed(problem)),
        };
        let mask = match manner.overlaps {
            Overlaps::Keep => mask,
            Overlaps::Top => visible_only(&mask),
        };
        let mut files = vec![(picture.clone(), crop)];
        if collection.is_none() {
            match encoded(manner.target, &mask, &picture, manner.shapes) {
                Ok(label) => files.push((label_name(manner.target, record.id.as_str(), &picture), label)),
                Err(problem) => return Ok(Outcome::Failed(problem.to_string())),
            }
        }
        for (name, content) in files {
            if folder.put(&name, &content)? == Put::OtherContent {
                return Ok(Outcome::Failed(format!("{name} is there with another content")));
            }
        }
        if let Some(collection) = &mut collection {
            collection.add(&picture, &mask, manner.shapes);
        }
        Ok(Outcome::Done)
    })?;
    if let Some(collection) = collection {
        let name = manner.target.ending();
        if folder.put(name, &collection.finish())? == Put::OtherContent {
            return Err(ExportError::Exists {
                path: folder.path().join(name),
            });
        }
    }
    exported.copied = folder.finish(progress)?;
    Ok(exported)
}

fn label_name(target: Target, id: &str, picture: &str) -> String {
    let stem = match target {
        Target::LabelMe => picture.rsplit_once('.').map_or(picture, |(stem, _)| stem),
        _ => id,
    };
    format!("{stem}{}", target.ending())
}

//! The folders of BGNN's workflow (hdr-bgnn/BGNN_Core_Workflow): `Images/`, `Metadata/`, `Cropped/`, `Segmented/`, `Morphology/`.
//!
//! Its later steps then run unchanged: they find everything that they would have made themselves, each file no older than the one it
//! would have been made from. Files are copied, not linked: a step that changes a file in place must not reach into the record.
//!
//! `Images/<id>.jpg` is the frame byte for byte where it is an upright JPEG. A PNG, a TIFF or a JPEG that is to be turned becomes a JPEG of
//! quality 95, because the workflow wants that format and does not turn pictures, while the boxes in `Metadata/` are upright.
//!
//! `Morphology/` has what Morphology-analysis would write, under the names of the workflow's rule: `Presence/<id>_presence.json`,
//! `Landmark/<id>_landmark.json`, `Measure/<id>_measure.json`. A record on which that program would crash lacks them.
//!
//! Minnow_Segmented_Traits (hdr-bgnn/Minnow_Segmented_Traits, `workflow/Snakefile`) has the same files, the first four folders below
//! `segmentation/`, and calls a picture by its ARK id: [`Tree::Minnows`].

use std::borrow::Cow;
use std::path::Path;

use super::facts;
use super::output::{Destination, Put};
use super::{ExportError, Exported, Folder, Outcome, Progress, Selection, each_record, whole_file};
use crate::frame::{DecodeOptions, Frame, Limits};
use crate::identify::RecordId;
use crate::store::contents::jpeg;
use crate::store::layout::{Place, part};
use crate::store::record::Record;
use crate::store::verify::MOST_MEGAPIXELS;
use crate::store::{Archive, Storage};

/// Whose folders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tree {
    /// Those of BGNN_Core_Workflow: everything beside each other.
    #[default]
    Core,
    /// Those of Minnow_Segmented_Traits: up to the segmentation below `segmentation/`.
    Minnows,
}

impl Tree {
    const fn prefix(self) -> &'static str {
        match self {
            Self::Core => "",
            Self::Minnows => "segmentation/",
        }
    }
}

/// The files of Morphology-analysis: how a record's file ends, and what it is called in the workflow, before and after the id.
const MORPHOLOGY: [(&str, &str, &str); 3] = [
    (part::PRESENCE, "Morphology/Presence/", "_presence.json"),
    (part::LANDMARK, "Morphology/Landmark/", "_landmark.json"),
    (part::MORPHOLOGY, "Morphology/Measure/", "_measure.json"),
];

/// Writes the folders below `folder`, which may hold an earlier export: files that are there with the same content are kept, and a record
/// with a file that is there with another content is refused.
///
/// # Errors
/// See [`ExportError`]; records that can't be exported are in [`Exported::failed`], those without a fish in [`Exported::skipped`].
pub fn export<S: Storage>(
    archive: &Archive<S>,
    selection: Selection,
    tree: Tree,
    folder: &Path,
    progress: &mut dyn FnMut(Progress),
) -> Result<Exported, ExportError> {
    export_into(
        archive,
        selection,
        tree,
        Folder::create(folder, archive.root())?,
        progress,
    )
}

/// [`export`] to any storage.
///
/// # Errors
/// As [`export`].
pub fn export_into<S: Storage, D: Destination>(
    archive: &Archive<S>,
    selection: Selection,
    tree: Tree,
    mut folder: Folder<D>,
    progress: &mut dyn FnMut(Progress),
) -> Result<Exported, ExportError> {
    let mut exported = each_record(archive, selection, progress, |place, record| {
        if record.fish.is_none() {
            return Ok(Outcome::Skipped(
                "no fish was found, and the workflow needs one".to_owned(),
            ));
        }
        match files(archive, place, record, tree) {
            Err(problem) => Ok(Outcome::Failed(problem)),
            Ok(files) => {
                for (name, content) in files {
                    if folder.put(&name, &content)? == Put::OtherContent {
                        let path = folder.path().join(name);
                        return Ok(Outcome::Failed(format!(
                            "{} is there with another content",
                            path.display()
                        )));
                    }
                }
                Ok(Outcome::Done)
            }
        }
    })?;
    exported.copied = folder.finish(progress)?;
    Ok(exported)
}

/// The files of one record with their names below the folder, in the order of the workflow.
fn files<S: Storage>(
    archive: &Archive<S>,
    place: &Place,
    record: &Record,
    tree: Tree,
) -> Result<Vec<(String, Vec<u8>)>, String> {
    let id = &record.id;
    let name = name(record, tree)?;
    let own = |rest: &str| whole_file(archive, place, record, &format!("{id}{rest}"));
    let renamed = |content: Vec<u8>| {
        if name == *id {
            Ok(content)
        } else {
            with_base_name(&content, &name)
        }
    };
    let frame = whole_file(archive, place, record, &record.frame.file)?;
    let prefix = tree.prefix();
    let mut files = vec![
        (
            format!("{prefix}Images/{name}.jpg"),
            upright_jpeg(record, &frame)?.into_owned(),
        ),
        (format!("{prefix}Metadata/{name}.json"), renamed(own(part::METADATA)?)?),
        (format!("{prefix}Cropped/{name}{}", part::CROPPED), own(part::CROPPED)?),
        (
            format!("{prefix}Segmented/{name}{}", part::SEGMENTED),
            own(part::SEGMENTED)?,
        ),
    ];
    for (rest, before, after) in MORPHOLOGY {
        if record.file(&format!("{id}{rest}")).is_some() {
            files.push((format!("{before}{name}{after}"), renamed(own(rest)?)?));
        }
    }
    Ok(files)
}

/// What the workflow calls the picture: its ARK id in Minnow_Segmented_Traits, where it has one, because its tables are joined by that.
fn name(record: &Record, tree: Tree) -> Result<RecordId, String> {
    match (tree, facts::ark(record)) {
        (Tree::Minnows, Some(ark)) => {
            RecordId::new(&ark).map_err(|_| format!("its ARK id {ark:?} can't be the name of a file"))
        }
        _ => Ok(record.id.clone()),
    }
}

/// The same JSON with another `base_name`, where it has one.
fn with_base_name(content: &[u8], name: &RecordId) -> Result<Vec<u8>, String> {
    let mut json: serde_json::Value = serde_json::from_slice(content).map_err(|e| e.to_string())?;
    if let Some(base_name) = json.get_mut("base_name") {
        *base_name = name.as_str().into();
    }
    Ok(format!("{json:#}\n").into_bytes())
}

fn upright_jpeg<'a>(record: &Record, frame: &'a [u8]) -> Result<Cow<'a, [u8]>, String> {
    if record.frame.captured_as == "jpeg" && record.frame.exif_orientation == 1 {
        return Ok(Cow::Borrowed(frame));
    }
    let options = DecodeOptions {
        limits: Limits {
            megapixels: (record.frame.upright.pixels() as f64 / 1e6).min(MOST_MEGAPIXELS),
            min_side: 1,
        },
        apply_orientation: true,
    };
    let frame = Frame::from_file_bytes(frame.to_vec(), None).map_err(|e| e.to_string())?;
    let picture = frame.decode(&options).map_err(|e| e.to_string())?.rgb;
    jpeg(&picture).map(Cow::Owned).map_err(|e| e.to_string())
}

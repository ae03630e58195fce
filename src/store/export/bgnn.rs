//! The folders of BGNN's workflow (hdr-bgnn/BGNN_Core_Workflow): `Images/`, `Metadata/`, `Cropped/`, `Segmented/`.
//!
//! Its later steps then run unchanged: they find everything that they would have made themselves, each file no older than the one it
//! would have been made from. Files are copied, not linked: a step that changes a file in place must not reach into the record.
//!
//! `Images/<id>.jpg` is the frame byte for byte where it is an upright JPEG. A PNG, a TIFF or a JPEG that is to be turned becomes a JPEG of
//! quality 95, because the workflow wants that format and does not turn pictures, while the boxes in `Metadata/` are upright.

use std::borrow::Cow;
use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::Path;

use super::{ExportError, Exported, Outcome, Selection, check_outside, each_record, whole_file};
use crate::frame::{DecodeOptions, Frame, Limits};
use crate::store::contents::jpeg;
use crate::store::layout::{Place, part};
use crate::store::record::Record;
use crate::store::verify::MOST_MEGAPIXELS;
use crate::store::{Archive, Storage};

/// Writes the folders below `folder`, which may hold an earlier export: files that are there with the same content are kept, and a record
/// with a file that is there with another content is refused. `progress` is called once for each record in the store.
///
/// # Errors
/// See [`ExportError`]; records that can't be exported are in [`Exported::failed`], those without a fish in [`Exported::skipped`].
pub fn export<S: Storage>(
    archive: &Archive<S>,
    selection: Selection,
    folder: &Path,
    progress: &mut dyn FnMut(),
) -> Result<Exported, ExportError> {
    check_outside(folder, archive.root())?;
    for name in ["Images", "Metadata", "Cropped", "Segmented"] {
        let path = folder.join(name);
        fs::create_dir_all(&path).map_err(ExportError::write(&path))?;
        // A path with `..` may lead elsewhere once its parts are there.
        check_outside(&path, archive.root())?;
    }
    each_record(archive, selection, progress, |place, record| {
        if record.fish.is_none() {
            return Ok(Outcome::Skipped(
                "no fish was found, and the workflow needs one".to_owned(),
            ));
        }
        match files(archive, place, record) {
            Err(problem) => Ok(Outcome::Failed(problem)),
            Ok(files) => {
                for (name, content) in files {
                    let path = folder.join(name);
                    if !write_new(&path, &content).map_err(ExportError::write(&path))? {
                        return Ok(Outcome::Failed(format!(
                            "{} is there with another content",
                            path.display()
                        )));
                    }
                }
                Ok(Outcome::Done)
            }
        }
    })
}

/// The files of one record with their names below the folder, in the order of the workflow.
fn files<S: Storage>(archive: &Archive<S>, place: &Place, record: &Record) -> Result<Vec<(String, Vec<u8>)>, String> {
    let id = &record.id;
    let own = |rest: &str| whole_file(archive, place, record, &format!("{id}{rest}"));
    let frame = whole_file(archive, place, record, &record.frame.file)?;
    Ok(vec![
        (format!("Images/{id}.jpg"), upright_jpeg(record, &frame)?.into_owned()),
        (format!("Metadata/{id}.json"), own(part::METADATA)?),
        (format!("Cropped/{id}{}", part::CROPPED), own(part::CROPPED)?),
        (format!("Segmented/{id}{}", part::SEGMENTED), own(part::SEGMENTED)?),
    ])
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

/// Whether the file is there with this content now.
fn write_new(path: &Path, content: &[u8]) -> std::io::Result<bool> {
    match File::create_new(path) {
        Ok(mut file) => {
            let written = file.write_all(content);
            if written.is_err() {
                // Half a file would be taken for another content the next time.
                let _ = fs::remove_file(path);
            }
            written.map(|()| true)
        }
        Err(e) if e.kind() == ErrorKind::AlreadyExists => {
            let there = fs::metadata(path)?;
            Ok(there.len() == content.len() as u64 && fs::read(path)? == content)
        }
        Err(e) => Err(e),
    }
}

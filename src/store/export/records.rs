//! A copy of the records as they are: what it makes is itself a store, which `fishrig store list --root` and `verify --root` read.
//!
//! Every file of every record, voided ones too, in `<day>/<id>/`; `record.toml` last, so that a record that was cut off is none. Where a record was
//! voided since it was copied, the copy's `record.toml` is replaced; nothing else that is there ever is.

use std::path::Path;

use super::output::{Destination, Put};
use super::{ExportError, Exported, Folder, Outcome, Progress, Selection, each_record, whole_file};
use crate::store::layout::{Place, RECORD_FILE};
use crate::store::record::{MAX_BYTES, Record};
use crate::store::{Archive, Storage};

/// Copies the records into `folder`, which may hold an earlier copy.
///
/// # Errors
/// See [`ExportError`]; records that can't be copied are in [`Exported::failed`].
pub fn export<S: Storage>(
    archive: &Archive<S>,
    folder: &Path,
    progress: &mut dyn FnMut(Progress),
) -> Result<Exported, ExportError> {
    export_into(archive, Folder::create(folder, archive.root())?, progress)
}

/// [`export`] to any storage.
///
/// # Errors
/// As [`export`].
pub fn export_into<S: Storage, D: Destination>(
    archive: &Archive<S>,
    mut folder: Folder<D>,
    progress: &mut dyn FnMut(Progress),
) -> Result<Exported, ExportError> {
    let everything = Selection { voided: true };
    let mut exported = each_record(archive, everything, progress, |place, record| {
        let directory = format!("{}/{}", place.day, place.id);
        let taken = |name: &str| Outcome::Failed(format!("{directory}/{name} is there with another content"));
        for file in &record.files {
            let content = match whole_file(archive, place, record, &file.name) {
                Ok(content) => content,
                Err(problem) => return Ok(Outcome::Failed(problem)),
            };
            if folder.put(&format!("{directory}/{}", file.name), &content)? == Put::OtherContent {
                return Ok(taken(&file.name));
            }
        }
        let content = match own_description(archive, place) {
            Ok(content) => content,
            Err(problem) => return Ok(Outcome::Failed(problem)),
        };
        let name = format!("{directory}/{RECORD_FILE}");
        if folder.put(&name, &content)? == Put::Done {
            return Ok(Outcome::Done);
        }
        let there = folder.read(&name, MAX_BYTES)?.unwrap_or_default();
        if !voided_since(&there, record) {
            return Ok(taken(RECORD_FILE));
        }
        folder.replace(&name, &content)?;
        Ok(Outcome::Done)
    })?;
    exported.copied = folder.finish(progress)?;
    Ok(exported)
}

/// The bytes of `record.toml`.
fn own_description<S: Storage>(archive: &Archive<S>, place: &Place) -> Result<Vec<u8>, String> {
    archive
        .storage()
        .read(&place.record_file(), MAX_BYTES)
        .map_err(|e| format!("{RECORD_FILE} can't be read: {e}"))
}

/// Whether `there` is the same record before it was voided.
fn voided_since(there: &[u8], record: &Record) -> bool {
    let Ok(mut there) = Record::from_file(there) else {
        return false;
    };
    there.voided = record.voided;
    there.voided_utc = record.voided_utc;
    record.voided && there == *record
}

//! Labels by file and picture.

use std::collections::HashMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::{Document, Label, LabelsError, Reading};
use crate::frame::Size;

/// The most that a label file of pixels may weigh, in bytes.
const PIXELS_MAX: u64 = 512 << 20;

/// The most that a text may weigh; numbers take up to eight times as much when they are read.
const TEXT_MAX: u64 = 128 << 20;

/// Reads labels; a file with those of many pictures is opened once and kept.
#[derive(Debug, Default)]
pub struct Library {
    reading: Reading,
    kept: Mutex<HashMap<PathBuf, Arc<Document>>>,
}

impl Library {
    /// A library that reads so.
    pub fn new(reading: Reading) -> Self {
        Self {
            reading,
            kept: Mutex::default(),
        }
    }

    /// How it reads.
    pub fn reading(&self) -> &Reading {
        &self.reading
    }

    /// The label in `file` of the picture with the stem `within`, or of the only one. `picture` is the size of the picture, where it is known.
    ///
    /// # Errors
    /// What [`LabelsError`] says.
    pub fn read(&self, file: &Path, within: Option<&str>, picture: Option<Size>) -> Result<Label, LabelsError> {
        self.open(file)?.label(within, &self.reading, picture)
    }

    /// The opened file.
    ///
    /// # Errors
    /// As [`Document::of`], and [`LabelsError::Read`].
    pub fn open(&self, file: &Path) -> Result<Arc<Document>, LabelsError> {
        // Held while a file is opened: two threads would both read it.
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(document) = kept.get(file) {
            return Ok(Arc::clone(document));
        }
        let holds_many = |document: &Document| document.form().holds_many();
        // Files of one label are read side by side.
        if !may_hold_many(file) {
            drop(kept);
            return Ok(Arc::new(Document::of(content(file)?)?));
        }
        let document = Arc::new(Document::of(content(file)?)?);
        if holds_many(&document) {
            kept.insert(file.to_owned(), Arc::clone(&document));
        }
        Ok(document)
    }
}

fn may_hold_many(file: &Path) -> bool {
    super::Form::may_be_label(file) == Some(false)
}

/// The content of a label file.
///
/// # Errors
/// What the system says, and that a file is too large.
pub(crate) fn content(file: &Path) -> std::io::Result<Vec<u8>> {
    let opened = File::open(file)?;
    if !opened.metadata()?.is_file() {
        return Err(std::io::Error::other("is no file but a pipe, a device or a folder"));
    }
    let mut content = Vec::new();
    let most = if may_hold_many(file) { TEXT_MAX } else { PIXELS_MAX };
    opened.take(most + 1).read_to_end(&mut content)?;
    if content.len() as u64 > most {
        let reason = format!("weighs more than {} MB; is it a label file?", most >> 20);
        return Err(std::io::Error::other(reason));
    }
    Ok(content)
}

//! Replay of picture files.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{ReplaySettings, Source, SourceError, natural_order};
use crate::frame::{CaptureTime, Frame, FrameError};

/// A file longer than this is no picture of at most 120 megapixels: 16-bit RGBA needs 960 MB.
const MAX_FILE_BYTES: u64 = 1 << 30;
/// Pictures delivered a second unless the settings say otherwise.
const DEFAULT_RATE: f64 = 1.0;
/// What a directory's files must end in to count as pictures.
const EXTENSIONS: [&str; 5] = ["jpg", "jpeg", "png", "tif", "tiff"];

/// The JPEG, PNG and TIFF files of a directory or pattern, in natural name order.
///
/// Each round lists them anew, so pictures that were added meanwhile are played in the next round. A file that is no picture, or that can't be
/// read, is an error for that file alone.
pub struct PictureReplay {
    settings: ReplaySettings,
    files: Vec<PathBuf>,
    at: usize,
    current: Option<Repeated>,
    sequence: u64,
}

/// The picture that is being shown, and how often it is still to be delivered.
struct Repeated {
    frame: Frame,
    left: u32,
}

impl PictureReplay {
    /// Lists the pictures.
    ///
    /// # Errors
    /// [`SourceError::NoPictures`], [`SourceError::Pattern`] or [`SourceError::Unreadable`].
    pub fn open(settings: &ReplaySettings) -> Result<Self, SourceError> {
        Ok(Self {
            settings: settings.clone(),
            files: list(&settings.path)?,
            at: 0,
            current: None,
            sequence: 0,
        })
    }
}

impl Source for PictureReplay {
    fn describe(&self) -> String {
        let plural = if self.files.len() == 1 { "" } else { "s" };
        format!(
            "replay of {} picture{plural} in {}",
            self.files.len(),
            self.settings.path.display()
        )
    }

    fn pace(&self) -> Duration {
        self.settings.pace(DEFAULT_RATE)
    }

    fn next(&mut self) -> Result<Option<Frame>, SourceError> {
        if self.current.as_ref().is_none_or(|c| c.left == 0) {
            if self.at == self.files.len() {
                if !self.settings.looping {
                    return Ok(None);
                }
                self.files = list(&self.settings.path)?;
                self.at = 0;
            }
            let path = &self.files[self.at];
            self.at += 1;
            self.current = None;
            self.current = Some(Repeated {
                frame: read(path)?,
                left: self.settings.repeat,
            });
        }
        let Some(current) = &mut self.current else {
            return Ok(None);
        };
        current.left -= 1;
        let mut frame = current.frame.clone();
        frame.captured = CaptureTime::now();
        frame.sequence = self.sequence;
        self.sequence += 1;
        Ok(Some(frame))
    }
}

/// The first bytes of a file, by which its kind is told.
pub(super) fn first_bytes(path: &Path) -> Result<Vec<u8>, SourceError> {
    let unreadable = |reason| SourceError::Unreadable {
        path: path.to_owned(),
        reason,
    };
    let mut start = Vec::new();
    let file = File::open(path).map_err(unreadable)?;
    file.take(16).read_to_end(&mut start).map_err(unreadable)?;
    Ok(start)
}

fn read(path: &Path) -> Result<Frame, SourceError> {
    let refused = |reason| SourceError::Picture {
        name: path.display().to_string(),
        reason,
    };
    let failed = |e: std::io::Error| refused(FrameError::Unreadable(e));
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(failed)?;
    file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(refused(FrameError::Damaged("the file is longer than 1 GiB".into())));
    }
    let name = path.file_stem().map(|s| s.to_string_lossy().into_owned());
    Frame::from_file_bytes(bytes, name).map_err(refused)
}

/// The pictures of a directory (by extension, hidden files left out), or whatever files a pattern or a path names.
fn list(path: &Path) -> Result<Vec<PathBuf>, SourceError> {
    let mut files = match std::fs::metadata(path) {
        Ok(found) if found.is_dir() => list_directory(path)?,
        Ok(found) if found.is_file() => vec![path.to_owned()],
        Ok(_) => Vec::new(),
        Err(_) if is_pattern(path) => list_pattern(path)?,
        Err(reason) => {
            return Err(SourceError::Unreadable {
                path: path.to_owned(),
                reason,
            });
        }
    };
    if files.is_empty() {
        return Err(SourceError::NoPictures { path: path.to_owned() });
    }
    files.sort_by(|a, b| natural_order(&a.to_string_lossy(), &b.to_string_lossy()));
    Ok(files)
}

fn is_pattern(path: &Path) -> bool {
    path.to_string_lossy().contains(['*', '?', '['])
}

fn list_directory(directory: &Path) -> Result<Vec<PathBuf>, SourceError> {
    let unreadable = |reason| SourceError::Unreadable {
        path: directory.to_owned(),
        reason,
    };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(directory).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if has_picture_name(&path) && path.is_file() {
            files.push(path);
        }
    }
    Ok(files)
}

fn has_picture_name(path: &Path) -> bool {
    let hidden = path
        .file_name()
        .is_none_or(|name| name.to_string_lossy().starts_with('.'));
    let extension = path.extension().map(|e| e.to_string_lossy().to_lowercase());
    !hidden && extension.is_some_and(|e| EXTENSIONS.contains(&e.as_str()))
}

fn list_pattern(pattern: &Path) -> Result<Vec<PathBuf>, SourceError> {
    let text = pattern.to_string_lossy();
    let found = glob::glob(&text).map_err(|e| SourceError::Pattern {
        pattern: text.to_string(),
        reason: e.to_string(),
    })?;
    let mut files = Vec::new();
    for path in found {
        let path = path.map_err(|e| SourceError::Unreadable {
            path: e.path().to_owned(),
            reason: e.into(),
        })?;
        if path.is_file() {
            files.push(path);
        }
    }
    Ok(files)
}

//! Listing folders.

use std::path::{Path, PathBuf};

use super::PairError;

/// The files below `path` in name order, or `path` itself if it is a file. Hidden files and links to folders are passed over.
pub(super) fn below(path: &Path) -> Result<Vec<PathBuf>, PairError> {
    let mut found = Vec::new();
    let unreadable = |source| PairError::Read {
        path: path.to_owned(),
        source,
    };
    if !std::fs::metadata(path).map_err(unreadable)?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    add(path, &mut found)?;
    Ok(found)
}

fn add(folder: &Path, found: &mut Vec<PathBuf>) -> Result<(), PairError> {
    let unreadable = |source| PairError::Read {
        path: folder.to_owned(),
        source,
    };
    let entries = std::fs::read_dir(folder).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let mut entries = entries.map_err(unreadable)?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        if entry.file_type().map_err(unreadable)?.is_dir() {
            add(&entry.path(), found)?;
        } else {
            found.push(entry.path());
        }
    }
    Ok(())
}

/// Whether the file has one of these extensions, in letters of any case.
pub(super) fn has_extension(path: &Path, of: &[&str]) -> bool {
    let extension = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
    of.contains(&extension.as_str())
}

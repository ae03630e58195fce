//! From the paths on the command line to a list of pictures, each with a name of its own for its outputs.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail};

/// A picture to work on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Picture {
    /// Where it is.
    pub(super) path: PathBuf,
    /// Folder and stem of its outputs, relative to the output folder: the path below the folder that was named, without extension.
    pub(super) name: PathBuf,
}

/// Endings of files that fishrig itself writes beside pictures.
const OUTPUT_ENDINGS: [&str; 4] = ["_segmented.png", "_traits.png", "_overlay.jpg", "_cropped.jpg"];

/// A path that gave no picture, and why.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) path: PathBuf,
    pub(super) reason: anyhow::Error,
}

/// The pictures that `paths` name: files as they are, folders with all pictures below them, in name order.
///
/// Files of our own making are passed over in folders, except crops where crops are wanted. Refused are paths that do not exist, folders
/// without pictures, and pictures whose outputs would have the name of another's.
pub(super) fn collect(paths: &[PathBuf], cropped: bool) -> (Vec<Picture>, Vec<Refused>) {
    let mut found = Vec::new();
    let mut refused = Vec::new();
    for path in paths {
        match collect_path(path, cropped) {
            Ok(pictures) => found.extend(pictures),
            Err(reason) => refused.push(Refused {
                path: path.clone(),
                reason,
            }),
        }
    }
    let mut owners: HashMap<PathBuf, PathBuf> = HashMap::new();
    let mut pictures = Vec::new();
    for picture in found {
        match owners.get(&picture.name) {
            Some(owner) => refused.push(Refused {
                reason: anyhow!(
                    "its results would have the name of those of {}; segment it into another folder (-o)",
                    owner.display()
                ),
                path: picture.path,
            }),
            None => {
                owners.insert(picture.name.clone(), picture.path.clone());
                pictures.push(picture);
            }
        }
    }
    (pictures, refused)
}

fn collect_path(path: &Path, cropped: bool) -> anyhow::Result<Vec<Picture>> {
    if !std::fs::metadata(path)?.is_dir() {
        let stem = path.file_stem().context("names no file")?;
        return Ok(vec![Picture {
            path: path.to_owned(),
            name: output_name(Path::new(stem), cropped),
        }]);
    }
    let mut pictures = Vec::new();
    collect_folder(path, Path::new(""), cropped, &mut pictures)?;
    if pictures.is_empty() {
        bail!("no JPEG, PNG or TIFF picture in this folder");
    }
    Ok(pictures)
}

fn collect_folder(root: &Path, below: &Path, cropped: bool, pictures: &mut Vec<Picture>) -> anyhow::Result<()> {
    let folder = root.join(below);
    let listing = || format!("{}", folder.display());
    let mut entries: Vec<_> = std::fs::read_dir(&folder)
        .and_then(Iterator::collect::<Result<_, _>>)
        .with_context(listing)?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name();
        let below = below.join(&name);
        let text = name.to_string_lossy().to_lowercase();
        if text.starts_with('.') {
            continue;
        }
        // A link to a folder is not followed: it may lead back up.
        let kind = entry.file_type().with_context(listing)?;
        if kind.is_dir() {
            collect_folder(root, &below, cropped, pictures)?;
        } else if is_picture(&text) && !is_output(&text, cropped) {
            pictures.push(Picture {
                path: root.join(&below),
                name: output_name(&below.with_extension(""), cropped),
            });
        }
    }
    Ok(())
}

fn is_picture(name: &str) -> bool {
    [".jpg", ".jpeg", ".png", ".tif", ".tiff"]
        .iter()
        .any(|e| name.ends_with(e))
}

fn is_output(name: &str, cropped: bool) -> bool {
    OUTPUT_ENDINGS
        .iter()
        .any(|ending| name.ends_with(ending) && !(cropped && *ending == "_cropped.jpg"))
}

/// BGNN names the mask of `X_cropped.jpg` `X_segmented.png`.
fn output_name(stem: &Path, cropped: bool) -> PathBuf {
    match stem.to_str().and_then(|s| s.strip_suffix("_cropped")) {
        Some(base) if cropped => PathBuf::from(base),
        _ => stem.to_owned(),
    }
}

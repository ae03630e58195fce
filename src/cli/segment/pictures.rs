//! From the paths on the command line to a list of pictures, each with a name of its own for its outputs.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail};

use crate::cli::batch::Refused;
use crate::cli::say;
use crate::cli::scores::listed;

/// A picture to work on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cli) struct Picture {
    /// Where it is.
    pub(in crate::cli) path: PathBuf,
    /// Folder and stem of its outputs, relative to the output folder: the path below the folder that was named, without extension.
    pub(in crate::cli) name: PathBuf,
}

/// Endings of files that fishrig itself writes beside pictures.
const OUTPUT_ENDINGS: [&str; 4] = ["_segmented.png", "_traits.png", "_overlay.jpg", "_cropped.jpg"];

/// What the paths on the command line lead to.
#[derive(Debug, Default)]
struct Found {
    pictures: Vec<Picture>,
    refused: Vec<Refused>,
}

/// The pictures that `paths` name: files as they are, folders with all pictures below them, in name order.
///
/// Files of our own making are passed over in folders, except crops where crops are wanted. Refused are paths that do not exist, folders
/// that can't be read or hold no picture, and pictures whose outputs would have the name of another's.
pub(in crate::cli) fn collect(paths: &[PathBuf], cropped: bool) -> (Vec<Picture>, Vec<Refused>) {
    let mut found = Found::default();
    for path in paths {
        if let Err(reason) = found.add(path, cropped) {
            found.refuse(path.clone(), reason);
        }
    }
    found.keep_one_of_each_name();
    (found.pictures, found.refused)
}

/// The pictures that are no masks by their names, which often lie beside them; those left out are said.
pub(in crate::cli) fn without_masks(pictures: Vec<Picture>) -> Vec<Picture> {
    let says_mask = |picture: &Picture| picture.name.to_string_lossy().ends_with("mask");
    let (masks, pictures): (Vec<_>, Vec<_>) = pictures.into_iter().partition(says_mask);
    if !masks.is_empty() {
        let masks: Vec<_> = masks.iter().map(|p| p.path.display().to_string()).collect();
        say(&format!(
            "left out, since by their names they are masks: {}",
            listed(&masks)
        ));
    }
    pictures
}

impl Found {
    fn add(&mut self, path: &Path, cropped: bool) -> anyhow::Result<()> {
        if !std::fs::metadata(path)?.is_dir() {
            let stem = path.file_stem().context("names no file")?;
            self.pictures.push(Picture {
                path: path.to_owned(),
                name: output_name(Path::new(stem), cropped),
            });
            return Ok(());
        }
        let before = self.pictures.len() + self.refused.len();
        self.add_folder(path, Path::new(""), cropped)?;
        if self.pictures.len() + self.refused.len() == before {
            bail!("no JPEG, PNG or TIFF picture in this folder");
        }
        Ok(())
    }

    fn add_folder(&mut self, root: &Path, below: &Path, cropped: bool) -> anyhow::Result<()> {
        let mut entries: Vec<_> = std::fs::read_dir(root.join(below))?.collect::<Result<_, _>>()?;
        entries.sort_by_key(std::fs::DirEntry::file_name);
        for entry in entries {
            let below = below.join(entry.file_name());
            let name = entry.file_name().to_string_lossy().to_lowercase();
            if name.starts_with('.') {
                continue;
            }
            // A link to a folder is not followed: it may lead back up.
            if entry.file_type()?.is_dir() {
                if let Err(reason) = self.add_folder(root, &below, cropped) {
                    self.refuse(root.join(&below), reason);
                }
            } else if is_picture(&name) && !is_output(&name, cropped) {
                self.pictures.push(Picture {
                    path: root.join(&below),
                    name: output_name(&below.with_extension(""), cropped),
                });
            }
        }
        Ok(())
    }

    fn refuse(&mut self, path: PathBuf, reason: anyhow::Error) {
        self.refused.push(Refused { path, reason });
    }

    /// Two pictures whose outputs would have one name: the first stays.
    fn keep_one_of_each_name(&mut self) {
        let mut owners: HashMap<PathBuf, PathBuf> = HashMap::new();
        for picture in std::mem::take(&mut self.pictures) {
            match owners.get(&picture.name) {
                Some(owner) => {
                    let owner = owner.display();
                    let reason = anyhow!(
                        "its results would have the name of those of {owner}; segment it into another folder (-o)"
                    );
                    self.refuse(picture.path, reason);
                }
                None => {
                    owners.insert(picture.name.clone(), picture.path.clone());
                    self.pictures.push(picture);
                }
            }
        }
    }
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

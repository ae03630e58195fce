//! From the paths on the command line to a list of masks, each with its name and its metadata file.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, anyhow, bail};

use crate::checksum::sha256_hex;
use crate::cli::batch::{Refused, with_ending};
use crate::evaluate::pairs::{self, PairError, Sidecar};
use crate::labels::{Form, content};

/// A mask to measure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mask {
    /// Where it is.
    pub(super) path: PathBuf,
    /// Which of the masks in that file, where it may hold many.
    pub(super) shared: Option<Shared>,
    /// Folder and base name of its outputs, relative to the output folder.
    pub(super) name: PathBuf,
    /// Its metadata file, where there is one.
    pub(super) metadata: Option<PathBuf>,
}

/// One of the masks in a file of many.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shared {
    /// The stem of its picture.
    pub(super) stem: String,
    /// SHA-256 of the file, which is read once and not for each of its masks.
    pub(super) sha256: Arc<str>,
}

/// What follows the base name of a mask's file, the better one first: the bits tell more than the colours.
const KINDS: [&str; 2] = ["_traits", "_segmented"];

/// What follows the base name of a mask that was corrected by hand, as `store export` and `labels convert` call it.
pub(super) const CORRECTED: &str = "_labels";

const EXTENSIONS: [&str; 3] = ["png", "tif", "tiff"];

#[derive(Default)]
struct Found {
    masks: Vec<Mask>,
    refused: Vec<Refused>,
}

/// The masks that `paths` name: files as they are, folders with all masks below them, in name order.
///
/// Refused are paths that do not exist, folders that can't be read or hold no mask, and masks whose results would have the name of another's.
pub(super) fn collect(paths: &[PathBuf], metadata: Option<&Path>) -> (Vec<Mask>, Vec<Refused>) {
    let mut found = Found::default();
    for path in paths {
        if let Err(reason) = found.add(path) {
            found.refuse(path.clone(), reason);
        }
    }
    found.keep_one_of_each_name();
    for mask in &mut found.masks {
        mask.metadata = metadata_of(mask, metadata);
    }
    (found.masks, found.refused)
}

impl Found {
    fn add(&mut self, path: &Path) -> anyhow::Result<()> {
        if !std::fs::metadata(path)?.is_dir() {
            if Form::may_be_label(path).is_some() {
                return self.add_labels(path, Path::new(""));
            }
            let stem = path.file_stem().context("names no file")?;
            self.push(path.to_owned(), PathBuf::from(base_name(&stem.to_string_lossy())));
            return Ok(());
        }
        let before = self.masks.len() + self.refused.len();
        self.add_folder(path, Path::new(""))?;
        if self.masks.len() + self.refused.len() == before {
            bail!(
                "no mask in this folder; masks are called NAME_segmented.png, NAME_traits.png or NAME_labels.png, or are label files of other programs"
            );
        }
        Ok(())
    }

    fn add_folder(&mut self, root: &Path, below: &Path) -> anyhow::Result<()> {
        let mut entries: Vec<_> = std::fs::read_dir(root.join(below))?.collect::<Result<_, _>>()?;
        entries.sort_by_key(std::fs::DirEntry::file_name);
        // By base name: the kind and the file.
        let mut here: Vec<(String, usize, PathBuf)> = Vec::new();
        for entry in entries {
            let file = entry.file_name().to_string_lossy().into_owned();
            let below = below.join(entry.file_name());
            if file.starts_with('.') {
                continue;
            }
            // A link to a folder is not followed: it may lead back up.
            if entry.file_type()?.is_dir() {
                if let Err(reason) = self.add_folder(root, &below) {
                    self.refuse(root.join(&below), reason);
                }
            } else if let Some((base, kind)) = mask_name(&file) {
                match here.iter_mut().find(|(name, ..)| name == base) {
                    Some(known) if kind < known.1 => *known = (base.to_owned(), kind, below),
                    Some(known) if kind > known.1 => {}
                    _ => here.push((base.to_owned(), kind, below)),
                }
            } else if let Some(base) = base_before(CORRECTED, &file) {
                self.push(root.join(&below), below.with_file_name(base));
            } else if Form::may_be_label(&below).is_some() {
                let file = root.join(&below);
                match self.add_labels(&file, &below) {
                    // Metadata, results and other texts lie beside masks.
                    Err(error) if matches!(error.downcast_ref(), Some(PairError::NoLabels { .. })) => {}
                    Err(reason) => self.refuse(file, reason),
                    Ok(()) => {}
                }
            }
        }
        for (base, _, file) in here {
            self.push(root.join(&file), file.with_file_name(base));
        }
        Ok(())
    }

    /// The labels in a file of another program; results are named by their pictures, in the folder of `below`.
    fn add_labels(&mut self, file: &Path, below: &Path) -> anyhow::Result<()> {
        let places = pairs::labels_by_stem(file)?;
        let sha256: Option<Arc<str>> = match places.values().any(|place| place.within.is_some()) {
            true => Some(sha256_hex(&content(file)?).into()),
            false => None,
        };
        for (name, place) in places {
            let shared = place.within.zip(sha256.clone());
            self.masks.push(Mask {
                path: file.to_owned(),
                shared: shared.map(|(stem, sha256)| Shared { stem, sha256 }),
                name: below.with_file_name(name),
                metadata: None,
            });
        }
        Ok(())
    }

    fn push(&mut self, path: PathBuf, name: PathBuf) {
        self.masks.push(Mask {
            path,
            shared: None,
            name,
            metadata: None,
        });
    }

    fn refuse(&mut self, path: PathBuf, reason: anyhow::Error) {
        self.refused.push(Refused { path, reason });
    }

    /// Two masks whose results would have one name: the first stays.
    fn keep_one_of_each_name(&mut self) {
        let mut owners: HashMap<PathBuf, PathBuf> = HashMap::new();
        for mask in std::mem::take(&mut self.masks) {
            match owners.get(&mask.name) {
                Some(owner) => {
                    let owner = owner.display();
                    let reason = anyhow!(
                        "its results would have the name of those of {owner}; measure it into another folder (-o)"
                    );
                    self.refuse(mask.path, reason);
                }
                None => {
                    owners.insert(mask.name.clone(), mask.path.clone());
                    self.masks.push(mask);
                }
            }
        }
    }
}

/// Base name and kind of a file that is a mask by its name.
fn mask_name(file: &str) -> Option<(&str, usize)> {
    let mut kinds = KINDS.iter().enumerate();
    kinds.find_map(|(kind, ending)| Some((base_before(ending, file)?, kind)))
}

/// The base name of a picture file that is called `BASE` and `ending`.
fn base_before<'a>(ending: &str, file: &'a str) -> Option<&'a str> {
    let (stem, extension) = file.rsplit_once('.')?;
    let base = stem.strip_suffix(ending)?;
    (EXTENSIONS.contains(&extension.to_lowercase().as_str()) && !base.is_empty()).then_some(base)
}

/// What a file's name has before its last underscore, as Morphology-analysis cuts it; a name without one stays whole.
fn base_name(stem: &str) -> &str {
    match stem.rsplit_once('_') {
        Some((base, _)) if !base.is_empty() => base,
        _ => stem,
    }
}

/// `NAME.json` or `NAME_metadata.json` in the folder of the metadata, or beside the mask.
fn metadata_of(mask: &Mask, folder: Option<&Path>) -> Option<PathBuf> {
    let name = mask.name.file_name()?;
    let beside = folder.or(mask.path.parent())?.join(name);
    let below = folder.map(|folder| folder.join(&mask.name));
    let files = [Some(beside), below].into_iter().flatten();
    let mut files = files.flat_map(|name| [with_ending(&name, ".json"), with_ending(&name, "_metadata.json")]);
    // Labels of LabelMe, and what a labeller says about a label, may be called as metadata are.
    files.find(|file| *file != mask.path && file.is_file() && !is_of_labeller(file, mask))
}

/// Whether a file beside a mask tells which part of a picture was labelled.
fn is_of_labeller(file: &Path, mask: &Mask) -> bool {
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    let beside = file.parent() == mask.path.parent();
    beside && Sidecar::beside(&mask.path, &stem).is_ok_and(|sidecar| sidecar.area().is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_are_told_by_their_names() {
        assert_eq!(mask_name("a_b_segmented.PNG"), Some(("a_b", 1)));
        assert_eq!(mask_name("a_traits.tiff"), Some(("a", 0)));
        for other in [
            "_segmented.png",
            "a_segmented.jpg",
            "a_landmark.png",
            "a_segmented",
            "segmented.png",
        ] {
            assert_eq!(mask_name(other), None, "{other}");
        }
        assert_eq!(base_name("INHS_FISH_000742_segmented"), "INHS_FISH_000742");
        assert_eq!(base_name("fish"), "fish");
    }
}

//! From the paths on the command line to a list of masks, each with its name and its metadata file.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail};

use crate::cli::batch::{Refused, with_ending};

/// A mask to measure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mask {
    /// Where it is.
    pub(super) path: PathBuf,
    /// Folder and base name of its outputs, relative to the output folder.
    pub(super) name: PathBuf,
    /// Its metadata file, where there is one.
    pub(super) metadata: Option<PathBuf>,
}

/// What follows the base name of a mask's file, the better one first: the bits tell more than the colours.
const KINDS: [&str; 2] = ["_traits", "_segmented"];

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
            let stem = path.file_stem().context("names no file")?;
            self.push(path.to_owned(), PathBuf::from(base_name(&stem.to_string_lossy())));
            return Ok(());
        }
        let before = self.masks.len() + self.refused.len();
        self.add_folder(path, Path::new(""))?;
        if self.masks.len() + self.refused.len() == before {
            bail!("no mask in this folder; masks are called NAME_segmented.png or NAME_traits.png");
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
            }
        }
        for (base, _, file) in here {
            self.push(root.join(&file), file.with_file_name(base));
        }
        Ok(())
    }

    fn push(&mut self, path: PathBuf, name: PathBuf) {
        self.masks.push(Mask {
            path,
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
    let (stem, extension) = file.rsplit_once('.')?;
    if !EXTENSIONS.contains(&extension.to_lowercase().as_str()) {
        return None;
    }
    let kind = KINDS.iter().position(|kind| stem.ends_with(kind))?;
    let base = &stem[..stem.len() - KINDS[kind].len()];
    (!base.is_empty()).then_some((base, kind))
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
    let files = files.flat_map(|name| [with_ending(&name, ".json"), with_ending(&name, "_metadata.json")]);
    files.into_iter().find(|file| file.is_file())
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

//! Pairs by the names of their files.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::{Path, PathBuf};

use super::{Pair, PairError, Sidecar, files};

/// Endings that say what a file is, not whose.
const OF_PICTURES: [&str; 2] = ["_crop", "_cropped"];
const OF_MASKS: [&str; 4] = ["_mask", "_labels", "_segmented", "_traits"];

/// Files that fishrig writes beside pictures and that are no pictures of specimens.
const OVERLAY: &str = "_overlay";

/// The name of a file without extension and without any of the endings `_crop`, `_cropped`, `_mask`, `_labels`, `_segmented`, `_traits`.
pub fn stem(path: &Path) -> String {
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    let mut stem: &str = &name;
    while let Some(shorter) = OF_PICTURES.iter().chain(&OF_MASKS).find_map(|e| stem.strip_suffix(e)) {
        stem = shorter;
    }
    stem.to_owned()
}

/// What was found by names.
#[derive(Debug, Default)]
pub struct Paired {
    /// In the order of their names.
    pub pairs: Vec<Pair>,
    /// Pictures without a label.
    pub pictures_left: Vec<PathBuf>,
    /// Labels without a picture.
    pub labels_left: Vec<PathBuf>,
}

/// Pairs the labels with the pictures of the same [`stem`], in folders and those below them.
///
/// A label whose [`Sidecar`] names its picture finds it also relative to the folder above its own. The sidecar's box holds only for that
/// picture, not for a crop of the same stem. Of two masks of one stem the `_traits` one is taken, which keeps every bit. A folder may hold both
/// pictures and labels, told apart by their endings. With `pictures_wanted` a label without a picture goes to [`Paired::labels_left`], without it
/// to the pairs.
///
/// # Errors
/// [`PairError::Twice`] if two pictures, or two labels, have one stem; [`PairError::NoLabels`]; [`PairError::Read`]; [`PairError::Sidecar`].
pub fn by_stem(pictures: &[PathBuf], labels: &Path, pictures_wanted: bool) -> Result<Paired, PairError> {
    let mut by_name = pictures_by_stem(pictures)?;
    let labels = masks_by_stem(labels, "label")?;
    let mut paired = Paired::default();
    for (name, label) in labels {
        let sidecar = Sidecar::beside(&label, &name)?;
        let picture = by_name.remove(&name).or_else(|| named_picture(&sidecar, &label));
        if picture.is_none() && pictures_wanted {
            paired.labels_left.push(label);
            continue;
        }
        let box_holds = picture.as_deref().is_none_or(|picture| sidecar.is_of(picture));
        paired.pairs.push(Pair {
            specimen: name.clone(),
            name,
            area: sidecar.area().filter(|_| box_holds),
            picture,
            label,
            not_labelled: sidecar.not_labelled(),
            no_photograph: sidecar.no_photograph().map(str::to_owned),
        });
    }
    paired.pictures_left = by_name.into_values().collect();
    Ok(paired)
}

/// The masks in a folder (or the one file) by stem.
///
/// # Errors
/// As [`by_stem`].
pub fn masks_by_stem(folder: &Path, what: &'static str) -> Result<BTreeMap<String, PathBuf>, PairError> {
    let mut masks = BTreeMap::new();
    for file in files::below(folder)? {
        let says_mask = ends_with(&file, &OF_MASKS);
        let says_other = ends_with(&file, &OF_PICTURES) || ends_with(&file, &[OVERLAY]);
        let is_picture = files::has_extension(&file, &["jpg", "jpeg", "tif", "tiff"]);
        // A mask of another format is taken too, so that it is refused by name and not passed over.
        if (files::has_extension(&file, &["png"]) && !says_other) || (is_picture && says_mask) {
            insert(&mut masks, file, what)?;
        }
    }
    if masks.is_empty() {
        return Err(PairError::NoLabels {
            path: folder.to_owned(),
        });
    }
    Ok(masks)
}

fn pictures_by_stem(paths: &[PathBuf]) -> Result<BTreeMap<String, PathBuf>, PairError> {
    let mut pictures = BTreeMap::new();
    for path in paths {
        for file in files::below(path)? {
            let is_picture = files::has_extension(&file, &["jpg", "jpeg", "png", "tif", "tiff"]);
            if is_picture && !ends_with(&file, &OF_MASKS) && !ends_with(&file, &[OVERLAY]) {
                insert(&mut pictures, file, "picture")?;
            }
        }
    }
    Ok(pictures)
}

/// Two files of one stem are an error, unless one keeps all bits of the other.
fn insert(files: &mut BTreeMap<String, PathBuf>, file: PathBuf, what: &'static str) -> Result<(), PairError> {
    match files.entry(stem(&file)) {
        Entry::Vacant(entry) => {
            entry.insert(file);
        }
        Entry::Occupied(entry) if *entry.get() == file => {}
        Entry::Occupied(mut entry) => {
            let all_bits = |path: &Path| ends_with(path, &["_traits"]);
            let painted = |path: &Path| ends_with(path, &["_segmented"]);
            if painted(entry.get()) && all_bits(&file) {
                entry.insert(file);
            } else if !(all_bits(entry.get()) && painted(&file)) {
                return Err(PairError::Twice {
                    what,
                    stem: entry.key().clone(),
                    first: entry.get().clone(),
                    second: file,
                });
            }
        }
    }
    Ok(())
}

/// The picture that the sidecar names, where it is there.
fn named_picture(sidecar: &Sidecar, label: &Path) -> Option<PathBuf> {
    let named = sidecar.picture.as_deref()?;
    let folder = label.parent()?;
    // `labels` has the parent "", whose own parent is above it.
    let above = folder.canonicalize().ok()?.parent()?.to_owned();
    let places = [above.join(named), folder.join(named)];
    places.into_iter().find(|path| path.is_file())
}

fn ends_with(path: &Path, endings: &[&str]) -> bool {
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    endings.iter().any(|ending| name.ends_with(ending))
}

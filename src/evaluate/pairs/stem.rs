//! Pairs by the names of their files.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::{Path, PathBuf};

use super::{LabelPlace, Pair, PairError, Sidecar, files};
use crate::labels::{Document, Form, OF_MASKS, OF_PICTURES, content};

/// Files that fishrig writes beside pictures and that are no pictures of specimens.
const OVERLAY: &str = "_overlay";

/// What was found by names.
#[derive(Debug, Default)]
pub struct Paired {
    /// In the order of their names.
    pub pairs: Vec<Pair>,
    /// Pictures without a label.
    pub pictures_left: Vec<PathBuf>,
    /// Labels without a picture.
    pub labels_left: Vec<LabelPlace>,
}

/// Pairs the labels with the pictures of the same [`stem`](super::stem()), in folders and those below them.
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
    let labels = labels_by_stem(labels)?;
    let mut paired = Paired::default();
    for (name, label) in labels {
        let sidecar = Sidecar::beside(&label.file, &name)?;
        let picture = by_name.remove(&name).or_else(|| named_picture(&sidecar, &label.file));
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
            label: label.file,
            within: label.within,
            not_labelled: sidecar.not_labelled(),
            no_photograph: sidecar.no_photograph().map(str::to_owned),
        });
    }
    paired.pictures_left = by_name.into_values().collect();
    Ok(paired)
}

/// The labels in a folder (or the one file) by the stems of their pictures. Pictures without a shape, in files of many, have none.
///
/// # Errors
/// As [`by_stem`], and [`PairError::Label`].
pub fn labels_by_stem(folder: &Path) -> Result<BTreeMap<String, LabelPlace>, PairError> {
    let mut labels = BTreeMap::new();
    for file in files::below(folder)? {
        let found = match Form::may_be_label(&file) {
            Some(true) => vec![LabelPlace { file, within: None }],
            Some(false) => in_text(&file)?,
            None if is_mask(&file) => vec![LabelPlace { file, within: None }],
            None => Vec::new(),
        };
        for place in found {
            insert(&mut labels, place, "label")?;
        }
    }
    not_empty(labels, folder)
}

/// The labels in a JSON or XML file; none where it is one of another kind.
fn in_text(file: &Path) -> Result<Vec<LabelPlace>, PairError> {
    let content = content(file).map_err(|source| PairError::Read {
        path: file.to_owned(),
        source,
    })?;
    let place = |within| LabelPlace {
        file: file.to_owned(),
        within,
    };
    match Form::of_content(&content) {
        Ok(Some(form)) if form.holds_many() => {
            let document = Document::of(content).map_err(|source| PairError::Label {
                path: file.to_owned(),
                source,
            })?;
            let labelled = document.pictures().filter(|picture| picture.shapes > 0);
            Ok(labelled.map(|picture| place(Some(picture.stem))).collect())
        }
        Ok(Some(_)) => Ok(vec![place(None)]),
        Ok(None) | Err(_) => Ok(Vec::new()),
    }
}

/// Whether a file is a mask by its name. One of another format is taken too, so that it is refused by name and not passed over.
fn is_mask(file: &Path) -> bool {
    let says_mask = ends_with(file, &OF_MASKS);
    let says_other = ends_with(file, &OF_PICTURES) || ends_with(file, &[OVERLAY]);
    let is_picture = files::has_extension(file, &["jpg", "jpeg", "tif", "tiff"]);
    (files::has_extension(file, &["png"]) && !says_other) || (is_picture && says_mask)
}

fn not_empty<T>(found: BTreeMap<String, T>, folder: &Path) -> Result<BTreeMap<String, T>, PairError> {
    match found.is_empty() {
        false => Ok(found),
        true => Err(PairError::NoLabels {
            path: folder.to_owned(),
        }),
    }
}

fn pictures_by_stem(paths: &[PathBuf]) -> Result<BTreeMap<String, PathBuf>, PairError> {
    let mut pictures = BTreeMap::new();
    for path in paths {
        for file in files::below(path)? {
            let is_picture = files::has_extension(&file, &["jpg", "jpeg", "png", "tif", "tiff"]);
            if is_picture && !ends_with(&file, &OF_MASKS) && !ends_with(&file, &[OVERLAY]) {
                insert(&mut pictures, LabelPlace { file, within: None }, "picture")?;
            }
        }
    }
    Ok(pictures.into_iter().map(|(stem, place)| (stem, place.file)).collect())
}

/// Two files of one stem are an error, unless one keeps all bits of the other.
fn insert(places: &mut BTreeMap<String, LabelPlace>, place: LabelPlace, what: &'static str) -> Result<(), PairError> {
    match places.entry(place.stem()) {
        Entry::Vacant(entry) => {
            entry.insert(place);
        }
        Entry::Occupied(entry) if *entry.get() == place => {}
        Entry::Occupied(mut entry) => {
            let all_bits = |place: &LabelPlace| ends_with(&place.file, &["_traits"]);
            let painted = |place: &LabelPlace| ends_with(&place.file, &["_segmented"]);
            if painted(entry.get()) && all_bits(&place) {
                entry.insert(place);
            } else if !(all_bits(entry.get()) && painted(&place)) {
                return Err(PairError::Twice {
                    what,
                    stem: entry.key().clone(),
                    first: entry.get().file.clone(),
                    second: place.file,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::PixelBox;

    /// Empty files; those that end in `.json` hold what is given.
    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, content) in files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, content).unwrap();
        }
        folder
    }

    fn empty(names: &[&str]) -> tempfile::TempDir {
        folder(&names.iter().map(|n| (*n, "")).collect::<Vec<_>>())
    }

    fn names(paired: &Paired) -> Vec<&str> {
        paired.pairs.iter().map(|p| p.name.as_str()).collect()
    }

    #[test]
    fn pictures_and_labels_may_share_a_folder() {
        let all = empty(&[
            "one_crop.jpg",
            "one_mask.png",
            "two_cropped.png",
            "two_segmented.png",
            "two_overlay.jpg",
            "three.jpg",
            "below/four.tif",
            "below/four_labels.png",
            ".five_labels.png",
            "notes.txt",
        ]);
        let paired = by_stem(&[all.path().to_owned()], all.path(), true).unwrap();
        assert_eq!(names(&paired), ["four", "one", "two"]);
        assert!(paired.pictures_left[0].ends_with("three.jpg") && paired.pictures_left.len() == 1);
        assert!(paired.labels_left.is_empty(), "{:?}", paired.labels_left);
    }

    #[test]
    fn two_of_a_stem_are_an_error_unless_one_keeps_all_bits() {
        let made = empty(&["m/x_segmented.png", "m/x_traits.png", "p/x.jpg", "p/x_crop.jpg"]);
        let masks = labels_by_stem(&made.path().join("m")).unwrap();
        assert!(masks["x"].file.ends_with("x_traits.png"));
        let error = by_stem(&[made.path().join("p")], &made.path().join("m"), true).unwrap_err();
        assert!(error.to_string().contains("are both the picture of x"), "{error}");
        let labels = empty(&["x_labels.png", "x_mask.png"]);
        assert!(matches!(
            by_stem(&[], labels.path(), false),
            Err(PairError::Twice { what: "label", .. })
        ));
        let none = empty(&["x.jpg"]);
        assert!(matches!(
            by_stem(&[], none.path(), true),
            Err(PairError::NoLabels { .. })
        ));
    }

    const SIDECAR: &str = r#"{"picture": "frames/x.jpg", "crop_box_xywh": [10, 20, 300, 200], "side": "left",
        "not_labelled": ["caudal_fin_ray"], "medium": "coloured engraving", "polygons": {"eye": [[1, 2]]}}"#;

    #[test]
    fn the_json_beside_a_label_tells_picture_box_and_what_was_not_drawn() {
        let data = folder(&[
            ("labels/x_labels.png", ""),
            ("labels/x.json", SIDECAR),
            ("frames/x.jpg", ""),
            ("crops/x_crop.jpg", ""),
        ]);
        let labels = data.path().join("labels");
        let pair = |pictures: &[PathBuf]| by_stem(pictures, &labels, true).unwrap().pairs.remove(0);
        let named = pair(&[]);
        assert_eq!(named.area, Some(PixelBox::new(10, 20, 310, 220)));
        assert_eq!(
            named.not_labelled.iter().map(|t| t.bgnn_name()).collect::<Vec<_>>(),
            ["caudal_fin_ray"]
        );
        assert_eq!(named.no_photograph.as_deref(), Some("coloured engraving"));
        assert!(named.picture.unwrap().ends_with("frames/x.jpg"));
        assert_eq!(pair(&[data.path().join("frames")]).area, named.area);
        assert_eq!(
            pair(&[data.path().join("crops")]).area,
            None,
            "the box is one of the frame, not of its crop"
        );
    }

    #[test]
    fn a_json_that_can_t_be_is_refused_and_another_s_passed_over() {
        for (json, told) in [
            ("{", "EOF"),
            (r#"{"crop_box_xywh": [1, 2, 3]}"#, "length 3"),
            (r#"{"crop_box_xywh": [-1, 2, 3, 4]}"#, "-1"),
            (r#"{"not_labelled": ["tail"]}"#, "\"tail\" is no trait"),
        ] {
            let data = folder(&[("x_labels.png", ""), ("x.json", json)]);
            let error = by_stem(&[], data.path(), false).unwrap_err().to_string();
            assert!(error.contains("x.json") && error.contains(told), "{error}");
        }
        let other = folder(&[("x_labels.png", ""), ("x.json", r#"{"fish": {"bbox": [1]}}"#)]);
        assert_eq!(by_stem(&[], other.path(), false).unwrap().pairs[0].area, None);
    }
}

//! Whose label or picture a file is, by its name.

use std::path::Path;

/// Endings of pictures that say what a file is, not whose.
pub(crate) const OF_PICTURES: [&str; 2] = ["_crop", "_cropped"];

/// The same of masks and labels; 3D Slicer calls a label map `NAME-label` and a segmentation often `NAME_segmentation`.
pub(crate) const OF_MASKS: [&str; 7] = [
    "_mask",
    "_labels",
    "_segmented",
    "_traits",
    "_segmentation",
    "_label",
    "-label",
];

/// The name of a file without its extensions and without any of the endings `_crop`, `_cropped`, `_mask`, `_label`, `_labels`, `-label`,
/// `_segmented`, `_segmentation`, `_traits`.
pub fn stem(path: &Path) -> String {
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    // `.seg.nrrd` and `.nii.gz`.
    let mut stem: &str = name
        .strip_suffix(".seg")
        .or_else(|| name.strip_suffix(".nii"))
        .unwrap_or(&name);
    while let Some(shorter) = OF_PICTURES.iter().chain(&OF_MASKS).find_map(|e| stem.strip_suffix(e)) {
        stem = shorter;
    }
    stem.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endings_say_what_a_file_is_not_whose() {
        for (file, expected) in [
            ("a/INHS_FISH_1.jpg", "INHS_FISH_1"),
            ("INHS_FISH_1_cropped.jpg", "INHS_FISH_1"),
            ("INHS_FISH_1_crop.png", "INHS_FISH_1"),
            ("INHS_FISH_1_labels.png", "INHS_FISH_1"),
            ("INHS_FISH_1_cropped_labels.seg.nrrd", "INHS_FISH_1"),
            ("INHS_FISH_1-label.nii.gz", "INHS_FISH_1"),
            ("INHS_FISH_1_segmentation.seg.nrrd", "INHS_FISH_1"),
            ("x_crop_mask.png", "x"),
            ("x_segmented.png", "x"),
            ("x_traits.png", "x"),
            ("x_maskonly.png", "x_maskonly"),
            ("mask.png", "mask"),
        ] {
            assert_eq!(stem(Path::new(file)), expected);
        }
    }
}

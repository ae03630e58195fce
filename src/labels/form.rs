//! Which formats there are, and which a file has.

use std::fmt;
use std::path::Path;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::LabelsError;

/// A format of label files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Form {
    /// A PNG or TIFF picture: class ids, BGNN's colours or trait bits ([`LabelForm`](crate::traits::LabelForm)).
    Picture,
    /// NRRD: a segmentation of 3D Slicer (`.seg.nrrd`), or a label map whose numbers are class ids.
    Nrrd,
    /// NIfTI-1 (`.nii`, `.nii.gz`): a label map whose numbers are class ids.
    Nifti,
    /// LabelMe's JSON, one file a picture.
    LabelMe,
    /// COCO's JSON, one file for all pictures.
    Coco,
    /// CVAT's XML 1.1 for images, one file for all pictures.
    Cvat,
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Picture => "label picture",
            Self::Nrrd => "NRRD",
            Self::Nifti => "NIfTI",
            Self::LabelMe => "LabelMe",
            Self::Coco => "COCO",
            Self::Cvat => "CVAT",
        })
    }
}

/// Extensions that only label files have.
const OF_VOLUMES: [&str; 3] = [".nrrd", ".nii.gz", ".nii"];

/// Extensions of texts that may be labels.
const OF_TEXTS: [&str; 2] = [".json", ".xml"];

impl Form {
    /// Whether one file may hold the labels of several pictures.
    pub fn holds_many(self) -> bool {
        matches!(self, Self::Coco | Self::Cvat)
    }

    /// The format that a file has by its content; `None` for a JSON or XML file of another kind, which may lie beside labels.
    ///
    /// # Errors
    /// [`LabelsError::NoLabel`] for a file that is none by its first bytes.
    pub fn of_content(content: &[u8]) -> Result<Option<Self>, LabelsError> {
        let first = content.trim_ascii_start();
        let first = first.strip_prefix(b"\xef\xbb\xbf").unwrap_or(first).trim_ascii_start();
        Ok(match content {
            _ if content.starts_with(b"\x89PNG") => Some(Self::Picture),
            _ if content.starts_with(b"II*\0") || content.starts_with(b"MM\0*") => Some(Self::Picture),
            _ if content.starts_with(b"NRRD") => Some(Self::Nrrd),
            // Of the files that are read only NIfTI's are compressed as a whole.
            _ if content.starts_with(b"\x1f\x8b") => Some(Self::Nifti),
            _ if content
                .get(344..348)
                .is_some_and(|magic| magic == b"n+1\0" || magic == b"ni1\0") =>
            {
                Some(Self::Nifti)
            }
            _ if content.starts_with(&540i32.to_le_bytes()) || content.starts_with(&540i32.to_be_bytes()) => {
                Some(Self::Nifti)
            }
            _ if first.starts_with(b"{") => of_json(first),
            _ if first.starts_with(b"<") => has_root(first, b"<annotations").then_some(Self::Cvat),
            _ if content.starts_with(b"PK\x03\x04") => {
                return Err(no_label(
                    "a zip archive, as CVAT hands out: unpack it and take what is in it",
                ));
            }
            _ if content.starts_with(b"\xff\xd8\xff") => {
                return Err(no_label("a JPEG picture, whose compression smears borders"));
            }
            _ => return Err(no_label("a file of no known kind")),
        })
    }

    /// Whether a file is to be looked at, by its name: `Some(true)` for extensions that only label files have, `Some(false)` for those of which
    /// the content decides, `None` for others. Pictures are others: their names tell labels from photographs.
    pub fn may_be_label(path: &Path) -> Option<bool> {
        let name = path.file_name()?.to_string_lossy().to_lowercase();
        let ends = |of: &[&str]| of.iter().any(|extension| name.ends_with(extension));
        if ends(&OF_VOLUMES) {
            return Some(true);
        }
        ends(&OF_TEXTS).then_some(false)
    }
}

fn no_label(what: &str) -> LabelsError {
    LabelsError::NoLabel { what: what.to_owned() }
}

/// The keys by which labels are told from other JSON; their values are passed over.
#[derive(Deserialize)]
struct Keys {
    shapes: Option<IgnoredAny>,
    #[serde(rename = "imagePath")]
    image_path: Option<IgnoredAny>,
    #[serde(rename = "imageHeight")]
    image_height: Option<IgnoredAny>,
    images: Option<IgnoredAny>,
    annotations: Option<IgnoredAny>,
    categories: Option<IgnoredAny>,
}

fn of_json(text: &[u8]) -> Option<Form> {
    let Ok(keys) = serde_json::from_slice::<Keys>(text) else {
        // Told by what stands in it, so that a label that was cut off is not passed over.
        let holds = |key: &[u8]| text.windows(key.len()).any(|part| part == key);
        return match () {
            () if holds(b"\"imagePath\"") => Some(Form::LabelMe),
            () if holds(b"\"annotations\"") && holds(b"\"category_id\"") => Some(Form::Coco),
            () => None,
        };
    };
    match keys {
        Keys {
            shapes: Some(_),
            image_path,
            image_height,
            ..
        } if image_path.is_some() || image_height.is_some() => Some(Form::LabelMe),
        Keys {
            images: Some(_),
            annotations,
            categories,
            ..
        } if annotations.is_some() || categories.is_some() => Some(Form::Coco),
        _ => None,
    }
}

/// Whether the first element is called so, behind the declaration and comments.
fn has_root(text: &[u8], name: &[u8]) -> bool {
    let mut rest = text;
    loop {
        rest = rest.trim_ascii_start();
        let end: &[u8] = match rest {
            _ if rest.starts_with(b"<?") => b"?>",
            _ if rest.starts_with(b"<!--") => b"-->",
            _ => return rest.starts_with(name),
        };
        let Some(at) = rest.windows(end.len()).position(|part| part == end) else {
            return false;
        };
        rest = &rest[at + end.len()..];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_told_by_its_content() {
        for (content, form) in [
            ("NRRD0004\n", Some(Form::Nrrd)),
            (
                "\u{feff} {\"shapes\": [], \"imagePath\": \"x.jpg\"}",
                Some(Form::LabelMe),
            ),
            (
                "{\"images\": [], \"annotations\": [], \"categories\": []}",
                Some(Form::Coco),
            ),
            (
                "{\"shapes\": [{\"label\": \"eye\"}], \"imagePath\": \"x.j",
                Some(Form::LabelMe),
            ),
            ("{\"picture\": \"x.jpg\", \"polygons\": {}}", None),
            ("{\"images\": \"folder\"}", None),
            ("<?xml version=\"1.0\"?>\n<!-- <a> -->\n<annotations>", Some(Form::Cvat)),
            ("<annotation><filename>x</filename></annotation>", None),
            ("<?xml", None),
        ] {
            assert_eq!(Form::of_content(content.as_bytes()).unwrap(), form, "{content}");
        }
        for content in [&b"PK\x03\x04..."[..], b"\xff\xd8\xff\xe0", b"", b"hello"] {
            assert!(Form::of_content(content).is_err(), "{content:?}");
        }
        assert_eq!(Form::may_be_label(Path::new("a/X.NII.GZ")), Some(true));
        assert_eq!(Form::may_be_label(Path::new("a/x.seg.nrrd")), Some(true));
        assert_eq!(Form::may_be_label(Path::new("a/x.json")), Some(false));
        assert_eq!(Form::may_be_label(Path::new("a/x.png")), None);
    }
}

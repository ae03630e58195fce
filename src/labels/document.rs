//! An opened label file.

use std::collections::HashMap;
use std::path::Path;

use super::drawn::Drawn;
use super::{Form, Label, LabelsError, Overlaps, Reading, canvas, coco, cvat, labelme, nifti, nrrd, stem};
use crate::frame::Size;
use crate::traits::label_picture;

/// An opened label file, with the label of one picture or of many.
#[derive(Debug)]
pub struct Document {
    form: Form,
    content: Content,
}

#[derive(Debug)]
enum Content {
    /// A file of pixels.
    Pixels(Vec<u8>),
    /// Shapes, picture by picture; those that have any are found by their stems.
    Shapes {
        pictures: Vec<Drawn>,
        by_stem: HashMap<String, usize>,
    },
}

/// A picture that a file names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its path as the file has it.
    pub picture: String,
    /// Its [`stem`](super::stem()), by which it is found.
    pub stem: String,
    /// How many shapes are on it.
    pub shapes: usize,
}

impl Document {
    /// Opens a file by its content.
    ///
    /// # Errors
    /// [`LabelsError::NoLabel`] for another kind of file; [`LabelsError::Damaged`], [`LabelsError::NotRead`] and [`LabelsError::Twice`] for texts,
    /// which are read whole. Files of pixels are looked at when their label is read.
    pub fn of(content: Vec<u8>) -> Result<Self, LabelsError> {
        let form = Form::of_content(&content)?.ok_or_else(|| LabelsError::NoLabel {
            what: "a JSON or XML file of another kind".to_owned(),
        })?;
        let text = || content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&content);
        let pictures = match form {
            Form::Picture | Form::Nrrd | Form::Nifti => {
                return Ok(Self {
                    form,
                    content: Content::Pixels(content),
                });
            }
            Form::LabelMe => vec![labelme::read(text())?],
            Form::Coco => coco::read(text())?,
            Form::Cvat => cvat::read(text())?,
        };
        let mut by_stem: HashMap<String, usize> = HashMap::new();
        for (place, drawn) in pictures
            .iter()
            .enumerate()
            .filter(|(_, drawn)| !drawn.shapes.is_empty())
        {
            let stem = stem(Path::new(&drawn.picture));
            if let Some(first) = by_stem.insert(stem.clone(), place) {
                return Err(LabelsError::Twice {
                    form,
                    stem,
                    first: pictures[first].picture.clone(),
                    second: drawn.picture.clone(),
                });
            }
        }
        Ok(Self {
            form,
            content: Content::Shapes { pictures, by_stem },
        })
    }

    /// Its format.
    pub fn form(&self) -> Form {
        self.form
    }

    /// The pictures that the file names, in its order; none in a file of pixels.
    pub fn pictures(&self) -> impl Iterator<Item = Listed> {
        let pictures = match &self.content {
            Content::Pixels(_) => &[],
            Content::Shapes { pictures, .. } => pictures.as_slice(),
        };
        pictures.iter().map(|drawn| Listed {
            picture: drawn.picture.clone(),
            stem: stem(Path::new(&drawn.picture)),
            shapes: drawn.shapes.len(),
        })
    }

    /// The label of the picture with the stem `within`, or of the only one. `picture` is the size of the picture, where it is known.
    ///
    /// # Errors
    /// What [`LabelsError`] says; every refusal leaves other pictures of the file to be read.
    pub fn label(&self, within: Option<&str>, reading: &Reading, picture: Option<Size>) -> Result<Label, LabelsError> {
        let file = match &self.content {
            Content::Pixels(file) => file,
            Content::Shapes { pictures, by_stem } => {
                let place = match within {
                    Some(name) => by_stem.get(name).copied(),
                    // LabelMe's files may have no shape.
                    None => (pictures.len() == 1).then_some(0),
                };
                let drawn = place.and_then(|place| pictures.get(place));
                let drawn = drawn.ok_or_else(|| LabelsError::NoSuchPicture {
                    form: self.form,
                    name: within.unwrap_or("(none was named, and there are several)").to_owned(),
                })?;
                return drawn.painted(self.form, reading);
            }
        };
        match self.form {
            Form::Nrrd => nrrd::read(file, reading, picture),
            Form::Nifti => nifti::read(file, reading),
            _ => {
                let (mask, _) = label_picture::read(file, reading.picture_form)?;
                let mask = match reading.overlaps {
                    Overlaps::Keep => mask,
                    Overlaps::Top => canvas::visible_only(&mask),
                };
                Ok(Label {
                    mask,
                    notes: Vec::new(),
                })
            }
        }
    }
}

//! Labels of labelling programs: read into masks, and written so that a mask can be corrected in the user's tool and come back.
//!
//! * [`Form`]: which format a file has, told by its content; [`Document`]: an opened file, with one label or many; [`Library`]: reads labels by file
//!   and picture, and opens a file of many once.
//! * [`Reading`]: how a label is read: [`Classes`] (names and numbers), [`Unknown`], [`Overlaps`], axes.
//! * [`Target`]: what can be written; [`encoded`] for a file a picture, [`Collection`] for one file of many.
//! * [`rle`], [`trace`]: run-length codes, and outlines as polygons.
//!
//! Files come from outside: sizes are checked before anything is allocated, the work of drawing shapes is bounded, and nothing panics.

mod canvas;
mod classes;
mod coco;
mod cvat;
mod document;
mod drawn;
mod error;
mod fill;
mod form;
mod labelme;
mod library;
mod nifti;
pub(crate) mod nrrd;
pub mod rle;
mod stem;
mod target;
pub mod trace;
mod volume;

use crate::frame::Size;
use crate::traits::{LabelForm, TraitMask};

pub use canvas::{Overlaps, visible_only};
pub use classes::{Class, Classes, Unknown};
pub use document::{Document, Listed};
pub use error::LabelsError;
pub use form::Form;
pub use library::Library;
pub(crate) use library::content;
pub use stem::stem;
pub(crate) use stem::{OF_MASKS, OF_PICTURES};
pub use target::{Collection, Shapes, Target, encoded};

/// How labels are read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reading {
    /// What classes are called.
    pub classes: Classes,
    /// What to do about others.
    pub unknown: Unknown,
    /// What a pixel holds where shapes overlap.
    pub overlaps: Overlaps,
    /// Take voxels of `.nrrd` and `.nii.gz` in the order in which they lie in the file, whatever their axes say.
    pub as_stored: bool,
    /// What the pixels of a label picture stand for, where they don't tell by themselves.
    pub picture_form: Option<LabelForm>,
}

/// A label as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Its traits.
    pub mask: TraitMask,
    /// What was passed over, in words.
    pub notes: Vec<String>,
}

impl Label {
    /// The label for a picture, or a part of one, of the size `picture`.
    ///
    /// # Errors
    /// [`LabelsError::WrongSize`] if it has another size and is not to be stretched.
    pub fn fitted(mut self, picture: Size, stretch: bool) -> Result<Self, LabelsError> {
        let label = self.mask.size();
        if label == picture {
            return Ok(self);
        }
        if !stretch {
            return Err(LabelsError::WrongSize { label, picture });
        }
        self.mask = self.mask.resized(picture);
        self.notes.push(format!("stretched from {label} to {picture}"));
        Ok(self)
    }
}

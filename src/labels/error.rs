//! Why a label file can't be read or written.

use thiserror::Error;

use super::Form;
use crate::frame::Size;
use crate::traits::{LabelPictureError, Trait};

/// Why a label file can't be read or written: what, where, and the cure.
#[derive(Debug, Error)]
pub enum LabelsError {
    /// The file is of no kind that holds labels.
    #[error(
        "{what}; labels are PNG or TIFF pictures, .nrrd and .nii.gz label maps, LabelMe or COCO JSON, CVAT XML 1.1"
    )]
    NoLabel {
        /// What it seems to be.
        what: String,
    },
    /// The file does not hold what its format asks for.
    #[error("{form}: {reason}; save it again in the program that made it")]
    Damaged {
        /// Its format.
        form: Form,
        /// What is wrong, and where.
        reason: String,
    },
    /// The file may be right, and is of a kind that is not read.
    #[error("{form}: {what} is not read; {cure}")]
    NotRead {
        /// Its format.
        form: Form,
        /// What it has.
        what: String,
        /// What to do.
        cure: &'static str,
    },
    /// The file claims a size that no picture has.
    #[error("{form}: it claims {claimed}, and {most} is the most; is it the label of a picture, and whole?")]
    TooLarge {
        /// Its format.
        form: Form,
        /// What it claims.
        claimed: String,
        /// The bound.
        most: String,
    },
    /// Shapes that would take forever to draw.
    #[error("{form}: its shapes cover the picture more than {times} times over; is it the label of a picture?")]
    TooMuch {
        /// Its format.
        form: Form,
        /// The bound.
        times: u64,
    },
    /// Classes that are no traits, and shapes without an area.
    #[error(
        "no traits: {found}; say what a class is by --map NAME=TRAIT (NAME=- leaves it out), or leave all of these out by --unknown skip; traits are {}",
        Trait::ALL.map(Trait::bgnn_name).join(", ")
    )]
    Unknown {
        /// Each with the number of shapes or pixels.
        found: String,
    },
    /// Label and picture have different sizes.
    #[error(
        "the label is one of {label}, and the picture is of {picture}; --wrong-size stretch takes it, skip leaves it out"
    )]
    WrongSize {
        /// The label's size.
        label: Size,
        /// The picture's size.
        picture: Size,
    },
    /// A part of a picture, and nothing says how large the picture is.
    #[error(
        "{form}: it covers {part} of a picture from column {left}, row {top}, and tells no picture's size; name the pictures by --images"
    )]
    NoPicture {
        /// Its format.
        form: Form,
        /// The size of the part.
        part: Size,
        /// First column of the part.
        left: i64,
        /// First row of the part.
        top: i64,
    },
    /// Axes that are none of a picture.
    #[error("{form}: {reason}; --as-stored takes columns and rows as they lie in the file")]
    Axes {
        /// Its format.
        form: Form,
        /// What they are.
        reason: String,
    },
    /// Several traits in a pixel, and a format for one.
    #[error(
        "{form}: {pixels} pixels hold several traits, the first at column {x}, row {y}, and this format has one a pixel; \
         take another format, or --overlaps top, which keeps the one that shows"
    )]
    Overlap {
        /// The format that was asked for.
        form: Form,
        /// How many.
        pixels: u64,
        /// Column of the first.
        x: u32,
        /// Row of the first.
        y: u32,
    },
    /// The file has no label of that picture.
    #[error("{form}: it has no label of a picture {name}")]
    NoSuchPicture {
        /// Its format.
        form: Form,
        /// The picture's stem.
        name: String,
    },
    /// Two pictures of a file have one stem.
    #[error(
        "{form}: {first} and {second} are both called {stem}; give them different names, or put their labels into two files"
    )]
    Twice {
        /// Its format.
        form: Form,
        /// Their common stem.
        stem: String,
        /// One.
        first: String,
        /// The other.
        second: String,
    },
    /// A label that is a picture.
    #[error(transparent)]
    Picture(#[from] LabelPictureError),
    /// A file can't be read.
    #[error("{0}")]
    Read(#[from] std::io::Error),
}

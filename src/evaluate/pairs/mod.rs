//! Which label belongs to which picture, and to which part of it.
//!
//! * [`by_stem`]: pictures and labels of the same name, once endings like `_cropped` and `_labels` are off; a file may hold many labels, and names
//!   their pictures; a JSON file beside a label
//!   ([`Sidecar`]) may say of which part of which picture it is.
//! * [`from_table`]: a table with a row for each pair.

mod files;
mod sidecar;
mod stem;
mod table;

use std::path::PathBuf;

use thiserror::Error;

use crate::frame::PixelBox;
use crate::labels::LabelsError;
use crate::traits::TraitSet;

pub use crate::labels::stem;
pub use sidecar::Sidecar;
pub use stem::{Paired, by_stem, labels_by_stem};
pub use table::from_table;

/// A label and what it is a label of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// The stem, or the name in the table; no two pairs of a run have the same.
    pub name: String,
    /// Whose picture it is; pictures of one specimen are drawn together for intervals.
    pub specimen: String,
    /// The picture; `None` where none was found and masks made before are scored.
    pub picture: Option<PathBuf>,
    /// The part of the picture that the label covers; all of it where there is none.
    pub area: Option<PixelBox>,
    /// A file as [`labels`](crate::labels) takes it.
    pub label: PathBuf,
    /// The stem of the picture in that file, where it holds the labels of many.
    pub within: Option<String>,
    /// Traits that the labeller did not draw: about them the label says nothing.
    pub not_labelled: TraitSet,
    /// What the label says that the picture is, where that is no photograph, for example an engraving.
    pub no_photograph: Option<String>,
}

/// Where a label is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelPlace {
    /// The file.
    pub file: PathBuf,
    /// The stem of the picture in it, where it holds the labels of many.
    pub within: Option<String>,
}

impl LabelPlace {
    /// The stem of the picture.
    pub fn stem(&self) -> String {
        self.within.clone().unwrap_or_else(|| stem(&self.file))
    }
}

/// Why labels and pictures can't be paired.
#[derive(Debug, Error)]
pub enum PairError {
    /// A folder or file can't be read.
    #[error("{path}: {source}")]
    Read {
        /// The folder or file.
        path: PathBuf,
        /// The operating system's words.
        source: std::io::Error,
    },
    /// Two files for one name.
    #[error(
        "{first} and {second} are both the {what} of {stem}; leave one of them out, or give the pairs in a table (--pairs)"
    )]
    Twice {
        /// What they are.
        what: &'static str,
        /// Their common stem.
        stem: String,
        /// One.
        first: PathBuf,
        /// The other.
        second: PathBuf,
    },
    /// No label at all.
    #[error(
        "{path}: no labels in it; labels are PNG files, .nrrd and .nii.gz label maps, LabelMe or COCO JSON, and CVAT XML, with at least one shape"
    )]
    NoLabels {
        /// Where labels were looked for.
        path: PathBuf,
    },
    /// A file with the labels of many pictures can't be read.
    #[error("{path}: {source}")]
    Label {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: LabelsError,
    },
    /// The file beside a label is no JSON, or says something that can't be.
    #[error("{path}: {reason}")]
    Sidecar {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The table of pairs says something that can't be.
    #[error("{path}, line {line}: {reason}")]
    Table {
        /// The table.
        path: PathBuf,
        /// Line in it, from 1.
        line: usize,
        /// What is wrong, and what is allowed.
        reason: String,
    },
}

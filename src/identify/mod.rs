//! Which specimen it is: its id before the trigger, and the record's name after it.
//!
//! * [`RecordId`]: a name that is safe as a directory on every file system that records are copied to.
//! * [`IdPattern`], [`Identifier`]: how the station counts names itself, from a counter that is read from the records that are there, the date or the picture's file name.
//! * [`IdentifySettings`]: the other sources of ids, their order, and what a catalogue number looks like ([`AcceptPattern`]).
//! * [`read_codes`]: Data Matrix, QR and Code 128 in a picture (feature `barcodes`); [`PickList`]: the list of what is to be photographed.
//! * [`NextId`]: the id of the next specimen from all of these, and what speaks against it; pure, no clock, no file.
//! * [`Identity`]: what a record keeps of it.
//!
//! That a name is not given twice is the store's business: it alone knows every record. [`NextId`] is told which there are, to warn before the trigger.

mod accept;
#[cfg(feature = "barcodes")]
mod barcode;
#[cfg(not(feature = "barcodes"))]
#[path = "no_barcode.rs"]
mod barcode;
mod code;
mod doubt;
mod identifier;
mod identity;
mod next_id;
mod pattern;
mod pick_list;
mod record_id;
mod settings;
mod symbology;

use std::path::PathBuf;

use thiserror::Error;

pub use accept::AcceptPattern;
pub use barcode::read_codes;
pub use code::Code;
pub use doubt::{Doubt, RecordedWhen, Refused};
pub use identifier::{IdSettings, Identifier};
pub use identity::{IdSource, Identity, MAX_PAYLOAD};
pub use next_id::{Claim, Identified, NextId, NextIdStatus, Standing};
pub use pattern::IdPattern;
pub use pick_list::{PickList, Stamp};
pub use record_id::RecordId;
pub use settings::{IdentifySettings, PickListSettings, Unfit};
pub use symbology::Symbology;

/// Why a record can't be named.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum IdentifyError {
    /// Not a name that every file system takes.
    #[error("the id {id:?} {problem}; change it, or the pattern that made it (station.id)")]
    Unusable {
        /// The id as given.
        id: String,
        /// What is wrong, as the rest of a sentence.
        problem: &'static str,
    },
    /// A pattern that can't be read.
    #[error(
        "the id pattern {pattern:?} {problem}; it may hold {{counter}}, {{counter:06}}, {{name}} and {{date}}, \
         for example INHS_FISH_{{counter:06}}"
    )]
    Pattern {
        /// The pattern as given.
        pattern: String,
        /// What is wrong, as the rest of a sentence.
        problem: &'static str,
    },
    /// A form of catalogue numbers that can't be read.
    #[error(
        "the form {pattern:?} {problem}; it may hold {{digits}}, {{digits:7}}, {{letters}} and {{any}}, for example INHS-FISH-{{digits:7}}"
    )]
    Accept {
        /// The form as given.
        pattern: String,
        /// What is wrong, as the rest of a sentence.
        problem: &'static str,
    },
    /// A setting that is not allowed.
    #[error("identify.{key} is {value}; allowed is {allowed}")]
    Setting {
        /// Key in the section `[identify]`.
        key: &'static str,
        /// The value given.
        value: String,
        /// What is allowed, in words.
        allowed: &'static str,
    },
    /// A pick list that can't be used.
    #[error("the pick list {} {problem}", path.display())]
    PickList {
        /// Its file.
        path: PathBuf,
        /// What is wrong, as the rest of a sentence.
        problem: String,
    },
    /// `{name}` for a frame without a file.
    #[error(
        "the id pattern uses {{name}}, but this frame comes from a camera and has no file name; use {{counter}} instead"
    )]
    NoName,
}

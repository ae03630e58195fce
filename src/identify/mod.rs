//! What a record is called: after the frame is segmented and before it is committed.
//!
//! * [`RecordId`]: a name that is safe as a directory on every file system that records are copied to.
//! * [`IdPattern`]: how names are made, from a counter, the date or the picture's own file name.
//! * [`Identifier`]: a pattern with the state of its counter, which is read from the records that are there.
//!
//! That a name is not given twice is the store's business: it alone knows every record.

mod identifier;
mod identity;
mod pattern;
mod record_id;
mod symbology;

use thiserror::Error;

pub use identifier::{IdSettings, Identifier};
pub use identity::{IdSource, Identity, MAX_PAYLOAD};
pub use pattern::IdPattern;
pub use record_id::RecordId;
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
    /// `{name}` for a frame without a file.
    #[error(
        "the id pattern uses {{name}}, but this frame comes from a camera and has no file name; use {{counter}} instead"
    )]
    NoName,
}

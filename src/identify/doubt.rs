//! What speaks against an id, or for none, in words that the operator can act on.

use std::fmt;

use jiff::civil::Date;

use super::{IdSource, RecordId, Unfit};

/// When an id was recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordedWhen {
    /// On that day.
    On(Date),
    /// Since the station was started.
    ThisSession,
    /// By the last record.
    JustNow,
    /// It waits to be saved.
    Waiting,
}

impl fmt::Display for RecordedWhen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::On(day) => write!(f, "already recorded on {day}"),
            Self::ThisSession => f.write_str("already recorded in this session"),
            Self::JustNow => f.write_str("just recorded"),
            Self::Waiting => f.write_str("already taken, and waits to be saved"),
        }
    }
}

/// What speaks against an id, but can be overruled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Doubt {
    /// There is a record with this id.
    Recorded {
        /// The id.
        id: RecordId,
        /// Since when.
        when: RecordedWhen,
    },
    /// The label says something else.
    Mismatch {
        /// What the label says.
        label: RecordId,
        /// What was stated.
        stated: RecordId,
        /// By what.
        source: IdSource,
    },
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Recorded { id, when } => write!(f, "{id} is {when}"),
            Self::Mismatch { label, stated, source } => {
                let by = match source {
                    IdSource::Scanner => "scanned",
                    IdSource::Keyboard => "typed",
                    IdSource::PickList => "chosen in the list",
                    IdSource::Barcode | IdSource::Counter => "recorded before",
                };
                write!(f, "the label says {label}, but {stated} was {by}")
            }
        }
    }
}

/// Why there is no id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// Nothing gave one.
    Missing {
        /// There is a pick list, and all of it is recorded.
        list_done: bool,
    },
    /// What was read or stated is no catalogue number.
    Unfit {
        /// Its source.
        source: IdSource,
        /// Its beginning, fit to be shown.
        shown: String,
        /// Why not.
        unfit: Unfit,
    },
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { list_done: true } => {
                f.write_str("the pick list is done; scan or type (key i) another catalogue number")
            }
            Self::Missing { list_done: false } => f.write_str("no catalogue number; scan the label or type it (key i)"),
            Self::Unfit { shown, unfit, source } => {
                write!(f, "{shown:?} {unfit}; ")?;
                f.write_str(match source {
                    IdSource::Barcode => "lay another label, or type the number (key i)",
                    _ => "scan or type it anew, or clear it (key i, then ENTER)",
                })
            }
        }
    }
}

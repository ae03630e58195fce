//! A page about the records of a store: one HTML file for a browser, which asks nothing of any server.
//!
//! Comes after [`store`](crate::store): it reads records and their `<id>_measurements.json`, and writes outside of the store.
//!
//! Pictures and rows are written as they are read, so memory holds the places and lengths of all records, and one record at a time.
//! For that the records are read twice: `survey` gathers what the top of the page tells of all of them, then `page` writes.
//!
//! * `entry`: one record with its measurements; `survey`: all of them in numbers.
//! * `page`: the file from top to bottom; `lengths`, `quality`, `table`, `pictures`: its sections; `chart`: drawings of numbers.
//! * `thumbnail`: a record's small picture; `words`: numbers as people read them; `destination`: the file that is written.
//!
//! The style sheet and the script are ours and lie in the file. A Content-Security-Policy in it lets a browser run these two, by their hashes,
//! and load nothing. All text from records is escaped by maud.

mod chart;
mod destination;
mod entry;
mod lengths;
mod page;
mod pictures;
mod quality;
mod survey;
mod table;
mod thumbnail;
mod words;

use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::civil::Date;
use thiserror::Error;

use crate::store::export::ExportError;
use crate::store::{Archive, Place, Storage, StoreError};
use destination::Destination;
use survey::Survey;

/// What the page is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportSettings {
    /// Which days.
    pub period: Period,
    /// Also records that are voided.
    pub voided: bool,
    /// The most pictures in the file; each adds about 15 to 35 kB.
    pub thumbnails: usize,
    /// Take the place of a file that is there.
    pub replace: bool,
    /// When the page was made, as it says.
    pub made: Timestamp,
}

/// Days from one to another, both included; without an end it goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Period {
    since: Option<Date>,
    until: Option<Date>,
}

impl Period {
    /// From `since` to `until`, both included; `None` if they are the wrong way round.
    pub fn new(since: Option<Date>, until: Option<Date>) -> Option<Self> {
        let wrong = since.zip(until).is_some_and(|(since, until)| since > until);
        (!wrong).then_some(Self { since, until })
    }

    /// One day.
    pub fn day(day: Date) -> Self {
        Self {
            since: Some(day),
            until: Some(day),
        }
    }

    /// Whether a day is in it.
    pub fn holds(self, day: Date) -> bool {
        self.since.is_none_or(|since| since <= day) && self.until.is_none_or(|until| day <= until)
    }
}

/// What came of a report.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reported {
    /// Records in its table.
    pub records: usize,
    /// Records that were left out because they are voided.
    pub voided: usize,
    /// Pictures in it.
    pub pictures: usize,
    /// Records that can't be read, in whole or in part, with the reason. The page names them.
    pub damaged: Vec<(Place, String)>,
}

/// How far a report is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Steps that are done.
    pub done: usize,
    /// All steps, as far as they are known.
    pub all: usize,
}

/// Why a report was not made.
#[derive(Debug, Error)]
pub enum ReportError {
    /// The destination is taken.
    #[error("{path} exists; give another name, or say --replace to have it replaced")]
    Exists {
        /// The destination.
        path: PathBuf,
    },
    /// What would be replaced is no file.
    #[error("{path} is no file, and is not replaced; give another name")]
    NoFile {
        /// The destination.
        path: PathBuf,
    },
    /// Writing failed.
    #[error("can't write {path}: {source}; is there space on its disk, and may you write there?")]
    Write {
        /// Where.
        path: PathBuf,
        /// The system's words.
        source: io::Error,
    },
    /// The destination can't be used.
    #[error(transparent)]
    Destination(#[from] ExportError),
    /// The store can't be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Writes the page to `path`. `progress` is called after each step.
///
/// # Errors
/// See [`ReportError`]; records that can't be read are in [`Reported::damaged`] and in the page.
pub fn write<S: Storage>(
    archive: &Archive<S>,
    settings: &ReportSettings,
    path: &Path,
    progress: &mut dyn FnMut(Progress),
) -> Result<Reported, ReportError> {
    let mut destination = Destination::open(path, archive.root(), settings.replace)?;
    let survey = Survey::take(archive, settings, progress)?;
    let reported = page::write(archive, settings, survey, &mut destination, progress);
    let reported = reported.map_err(|source| ReportError::Write {
        path: path.to_owned(),
        source,
    })?;
    destination.finish()?;
    Ok(reported)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn a_period_holds_both_of_its_ends() {
        let (first, second, third) = (date(2026, 11, 23), date(2026, 11, 24), date(2026, 11, 25));
        let period = Period::new(Some(second), None).unwrap();
        assert_eq!([first, second, third].map(|d| period.holds(d)), [false, true, true]);
        let period = Period::new(None, Some(second)).unwrap();
        assert_eq!([first, second, third].map(|d| period.holds(d)), [true, true, false]);
        assert_eq!(Period::day(second), Period::new(Some(second), Some(second)).unwrap());
        assert_eq!(Period::new(Some(third), Some(first)), None);
    }
}

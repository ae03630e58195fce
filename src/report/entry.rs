//! One record with what was measured on it.

use crate::measure::Findings;
use crate::measure::quality::Verdict;
use crate::store::export::whole_file;
use crate::store::layout::part;
use crate::store::measurements_file::MeasurementsFile;
use crate::store::{Archive, Place, Record, Storage};
use jiff::civil::DateTime;

/// A record and its measurements.
pub(super) struct Entry {
    pub(super) record: Record,
    /// `None` where nothing was measured, or what was can't be read.
    pub(super) findings: Option<Findings>,
    /// Why the measurements can't be read.
    pub(super) problem: Option<String>,
}

impl Entry {
    /// Reads a record.
    ///
    /// # Errors
    /// Why it can't be read, as a sentence; measurements that can't be read leave a [`problem`](Self::problem).
    pub(super) fn read<S: Storage>(archive: &Archive<S>, place: &Place) -> Result<Self, String> {
        let record = archive.read(place).map_err(|e| e.to_string())?;
        let name = format!("{}{}", record.id, part::MEASUREMENTS);
        let findings = record.file(&name).map(|_| {
            let content = whole_file(archive, place, &record, &name)?;
            let file = MeasurementsFile::from_file(&content).map_err(|problem| format!("{name} {problem}"))?;
            Ok(file.findings)
        });
        let (findings, problem) = match findings {
            Some(Ok(findings)) => (Some(findings), None),
            Some(Err(problem)) => (None, Some(problem)),
            None => (None, None),
        };
        Ok(Self {
            record,
            findings,
            problem,
        })
    }

    /// The worst of the quality checks.
    pub(super) fn verdict(&self) -> Verdict {
        self.findings.as_ref().map_or(Verdict::Unknown, |f| f.quality.worst())
    }

    /// When it was saved, by the station's clock. Its folder's day is that of this moment.
    pub(super) fn saved(&self) -> DateTime {
        let offset = jiff::tz::Offset::from_seconds(self.record.times.utc_offset_s);
        offset
            .unwrap_or(jiff::tz::Offset::UTC)
            .to_datetime(self.record.times.committed_utc)
    }

    /// The scientific name, where the record tells one.
    pub(super) fn species(&self) -> Option<&str> {
        let identity = self.record.identity.as_ref()?;
        let name = identity.columns.get("scientificName")?.trim();
        (!name.is_empty()).then_some(name)
    }
}

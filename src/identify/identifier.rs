//! A pattern together with the state of its counter.

use jiff::civil::Date;

use super::{IdPattern, IdentifyError, RecordId};

/// How ids are made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdSettings {
    /// The pattern; default `{counter:06}`.
    pub pattern: IdPattern,
    /// Where the counter starts in an empty store; default 1. Set it when a store was emptied after its records were moved elsewhere:
    /// the counter knows only of the records that are there.
    pub first: u64,
}

impl Default for IdSettings {
    fn default() -> Self {
        Self {
            pattern: "{counter:06}".parse().expect("the default pattern is valid"),
            first: 1,
        }
    }
}

/// Proposes ids. The counter is one more than the highest in any record that is there, voided ones included; it never starts again on a
/// new day. Nothing is stored for it, so nothing can be lost.
#[derive(Debug, Clone)]
pub struct Identifier {
    pattern: IdPattern,
    next: u64,
}

impl Identifier {
    /// With the counter at its start; `Store::identifier` moves it behind the records that are there.
    pub fn new(settings: IdSettings) -> Self {
        Self {
            pattern: settings.pattern,
            next: settings.first,
        }
    }

    /// The id for the next record; the same until [`Self::taken`] is told that a record has it.
    ///
    /// # Errors
    /// As [`IdPattern::id`].
    pub fn propose(&self, name: Option<&str>, date: Date) -> Result<RecordId, IdentifyError> {
        self.pattern.id(self.next, name, date)
    }

    /// Tells that there is a record with this id.
    pub fn taken(&mut self, id: &RecordId) {
        if let Some(counter) = self.pattern.counter_of(id.as_str()) {
            self.next = self.next.max(counter.saturating_add(1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn the_counter_goes_on_where_the_records_end() {
        let settings = IdSettings {
            pattern: "F{counter:03}".parse().unwrap(),
            first: 5,
        };
        let day = date(2026, 11, 24);
        let mut identifier = Identifier::new(settings);
        assert_eq!(identifier.propose(None, day).unwrap().as_str(), "F005");
        for id in ["F007", "F009-2", "X100", "F002"] {
            identifier.taken(&RecordId::new(id).unwrap());
        }
        let next = identifier.propose(None, day).unwrap();
        assert_eq!(next.as_str(), "F010");
        identifier.taken(&next);
        assert_eq!(identifier.propose(None, day).unwrap().as_str(), "F011");
    }
}

//! All records of the page in numbers: what its top tells, gathered before anything is written.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use jiff::civil::Date;

use super::entry::Entry;
use super::words;
use super::{Progress, ReportError, ReportSettings};
use crate::identify::RecordId;
use crate::measure::Quantity;
use crate::measure::quality::{Check, CheckName, Verdict};
use crate::store::{Archive, Place, Storage};
use crate::traits::{Trait, TraitSet};

/// Records with a red check that are listed one by one; the others are counted.
pub(super) const MOST_FAILING: usize = 200;

/// Checks of one record that are listed; more than there are.
const MOST_CHECKS: usize = 64;

/// What is known of all records before the page is written.
#[derive(Default)]
pub(super) struct Survey {
    /// The records of the page, in the order in which they were saved.
    pub(super) listed: Vec<Listed>,
    /// Records that are left out because they are voided.
    pub(super) voided_left_out: usize,
    /// Records of the page that are voided.
    pub(super) voided: usize,
    /// Records without a fish.
    pub(super) without_fish: usize,
    /// Records with a measured standard length but no scale.
    pub(super) without_scale: usize,
    /// Records whose standard length is not known.
    pub(super) without_length: usize,
    /// Different specimens; several records may show one.
    pub(super) specimens: usize,
    pub(super) stations: BTreeSet<String>,
    pub(super) collections: BTreeSet<String>,
    pub(super) operators: BTreeSet<String>,
    /// Whether any record names a species.
    pub(super) species_named: bool,
    /// Standard lengths in centimetres.
    pub(super) lengths_by_species: BTreeMap<String, Vec<f64>>,
    /// The same by the day of the record.
    pub(super) lengths_by_day: BTreeMap<Date, Vec<f64>>,
    /// Records by day and hour.
    pub(super) saved: BTreeMap<(Date, i8), usize>,
    /// Quantities that were measured on any record.
    pub(super) quantities: BTreeSet<Quantity>,
    /// Traits that the network knew in any record.
    pub(super) assessed: TraitSet,
    /// What came of each check.
    pub(super) checks: BTreeMap<CheckName, CheckCounts>,
    /// Records with a red check, at most [`MOST_FAILING`].
    pub(super) failing: Vec<Failing>,
    /// Records that can't be read.
    pub(super) damaged: Vec<(Place, String)>,
}

/// A record of the page.
pub(super) struct Listed {
    pub(super) place: Place,
    pub(super) verdict: Verdict,
}

/// What came of one check in all records.
#[derive(Default)]
pub(super) struct CheckCounts([usize; 4]);

/// A record with a red check.
pub(super) struct Failing {
    /// Its number in the page, from 1.
    pub(super) number: usize,
    pub(super) id: RecordId,
    /// What is wrong, one entry a check.
    pub(super) words: Vec<String>,
}

impl CheckCounts {
    /// Records in which the check came to that.
    pub(super) fn of(&self, verdict: Verdict) -> usize {
        self.0[verdict as usize]
    }

    /// Records in which it was made.
    pub(super) fn total(&self) -> usize {
        self.0.iter().sum()
    }
}

impl Survey {
    /// Reads all records of the period.
    ///
    /// # Errors
    /// [`ReportError::Store`] where a folder can't be read; a record that can't be is in [`Self::damaged`].
    pub(super) fn take<S: Storage>(
        archive: &Archive<S>,
        settings: &ReportSettings,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Self, ReportError> {
        let mut survey = Self::default();
        let mut specimens = HashSet::new();
        let days = archive.days()?.into_iter().filter(|day| settings.period.holds(*day));
        let days: Vec<_> = days.collect();
        let mut all = 0;
        for day in &days {
            all += archive.places_of(*day)?.len();
        }
        let mut done = 0;
        for day in days {
            for place in archive.places_by_time(day)? {
                match Entry::read(archive, &place) {
                    Ok(entry) if entry.record.voided && !settings.voided => survey.voided_left_out += 1,
                    Ok(entry) => {
                        specimens.insert(entry.record.specimen.clone());
                        survey.add(place, &entry);
                    }
                    Err(problem) => survey.damaged.push((place, problem)),
                }
                done += 1;
                // Each record is read again for its row.
                progress(Progress { done, all: 2 * all });
            }
        }
        survey.specimens = specimens.len();
        Ok(survey)
    }

    fn add(&mut self, place: Place, entry: &Entry) {
        let record = &entry.record;
        let name = |text: &String| words::cut(text, 80);
        self.stations.insert(name(&record.station));
        self.collections.insert(name(&record.collection));
        self.operators.insert(name(&record.operator));
        self.voided += usize::from(record.voided);
        match &record.fish {
            Some(fish) => {
                let assessed = Trait::ALL.into_iter().filter(|t| !fish.not_assessed.contains(*t));
                self.assessed = self.assessed.union(assessed.collect());
            }
            None => self.without_fish += 1,
        }
        *self.saved.entry((place.day, entry.saved().hour())).or_default() += 1;
        self.add_length(place.day, entry);
        if let Some(problem) = &entry.problem {
            self.damaged.push((place.clone(), problem.clone()));
        }
        let checks = entry.findings.as_ref().map_or(&[][..], |f| &f.quality.checks);
        for check in checks {
            self.checks.entry(check.name).or_default().0[check.verdict as usize] += 1;
        }
        let verdict = entry.verdict();
        if verdict == Verdict::Bad && self.failing.len() < MOST_FAILING {
            let red = checks.iter().filter(|check| check.verdict == Verdict::Bad);
            self.failing.push(Failing {
                number: self.listed.len() + 1,
                id: record.id.clone(),
                words: red.take(MOST_CHECKS).map(check_words).collect(),
            });
        }
        self.listed.push(Listed { place, verdict });
    }

    fn add_length(&mut self, day: Date, entry: &Entry) {
        let measurements = entry.findings.as_ref().and_then(|f| f.measurements.as_ref());
        self.quantities
            .extend(measurements.iter().flat_map(|m| m.values.keys()));
        let Some(reading) = measurements.and_then(|m| m.values.get(&Quantity::StandardLength)) else {
            self.without_length += 1;
            return;
        };
        let Some(length) = reading.specimen.map(|m| m.value).filter(|value| value.is_finite()) else {
            self.without_scale += 1;
            return;
        };
        self.species_named |= entry.species().is_some();
        let species = entry.species().map_or_else(String::new, |name| words::cut(name, 80));
        self.lengths_by_species.entry(species).or_default().push(length);
        self.lengths_by_day.entry(day).or_default().push(length);
    }

    /// Records with that verdict.
    pub(super) fn records_with(&self, verdict: Verdict) -> usize {
        self.listed.iter().filter(|listed| listed.verdict == verdict).count()
    }

    /// Which of the records, by index, have a picture if at most `most` may have one: first those with a red check, then the others, of both the newest.
    pub(super) fn pictured(&self, most: usize) -> Vec<usize> {
        let mut indices: Vec<usize> = (0..self.listed.len()).collect();
        if indices.len() > most {
            indices.sort_by_key(|index| (self.listed[*index].verdict != Verdict::Bad, std::cmp::Reverse(*index)));
            indices.truncate(most);
            indices.sort_unstable();
        }
        indices
    }
}

/// A red check for the list, for example `focus: out of focus (1.2 px, limit 3 px)`.
fn check_words(check: &Check) -> String {
    let number = |value| words::check_value(value, &check.unit);
    let numbers = match (check.value, check.limit) {
        (Some(value), Some(limit)) => format!(" ({}, limit {})", number(value), number(limit)),
        (Some(value), None) => format!(" ({})", number(value)),
        (None, _) => String::new(),
    };
    words::cut(
        &format!("{}: {}{numbers}", words::check_name(check.name), check.words),
        300,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(verdicts: &[Verdict]) -> Survey {
        let listed = verdicts.iter().map(|verdict| Listed {
            place: Place {
                day: jiff::civil::date(2026, 11, 24),
                id: RecordId::new("a").unwrap(),
                directory: Default::default(),
            },
            verdict: *verdict,
        });
        Survey {
            listed: listed.collect(),
            ..Survey::default()
        }
    }

    #[test]
    fn red_ones_have_pictures_before_others_and_new_ones_before_old_ones() {
        use Verdict::{Bad, Good};
        let survey = listed(&[Bad, Good, Good, Bad, Good]);
        assert_eq!(survey.pictured(0), [0usize; 0]);
        assert_eq!(survey.pictured(1), [3]);
        assert_eq!(survey.pictured(3), [0, 3, 4]);
        assert_eq!(survey.pictured(9), [0, 1, 2, 3, 4]);
    }

    #[test]
    fn a_check_says_what_was_measured_and_what_was_allowed() {
        let mut check = Check {
            name: CheckName::Focus,
            value: Some(1.25),
            unit: "px".to_owned(),
            caution: Some(2.0),
            limit: Some(3.0),
            verdict: Verdict::Bad,
            words: "out of focus".to_owned(),
        };
        assert_eq!(check_words(&check), "focus: out of focus (1.25 px, limit 3 px)");
        (check.limit, check.unit) = (None, String::new());
        assert_eq!(check_words(&check), "focus: out of focus (1.25)");
        check.value = None;
        assert_eq!(check_words(&check), "focus: out of focus");
    }
}

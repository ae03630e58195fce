//! The table: a row for each record, written as it is read. The script sorts and filters by `data-` attributes.

use maud::{Markup, html};

use super::entry::Entry;
use super::quality::verdict_words;
use super::survey::Survey;
use super::words;
use crate::measure::quality::Verdict;
use crate::measure::{Dimension, Quantity};
use crate::traits::{Trait, TraitSet};

/// The longest note or name in a cell, in characters.
const LONGEST_TEXT: usize = 300;

/// Which columns the table has: those that any record fills.
pub(super) struct Columns {
    species: bool,
    voided: bool,
    quantities: Vec<Quantity>,
    traits: TraitSet,
}

impl Columns {
    /// The columns for these records.
    pub(super) fn of(survey: &Survey) -> Self {
        let measured = |q: &Quantity| q.dimension() == Dimension::Length && survey.quantities.contains(q);
        Self {
            species: survey.species_named,
            voided: survey.voided > 0,
            quantities: Quantity::ALL.into_iter().filter(measured).collect(),
            traits: survey.assessed,
        }
    }

    fn shown(&self) -> impl Iterator<Item = Trait> {
        Trait::ALL.into_iter().filter(|which| self.traits.contains(*which))
    }

    /// What stands above the table: what can be done with it and how it is read. The form is shown by the script, without which it can do nothing.
    pub(super) fn introduction(&self, records: usize) -> Markup {
        html! {
            form #filter .controls hidden {
                label { "Find " input #find type="search" placeholder="id, operator, note …" autocomplete="off"; }
                label { "Quality " select #verdict {
                    option value="" { "all" }
                    @for verdict in [Verdict::Good, Verdict::Doubtful, Verdict::Bad, Verdict::Unknown] {
                        option value=(words::class(verdict)) { (words::sign(verdict)) " " (words::verdict(verdict)) }
                    }
                } }
                @if self.voided {
                    label { input #valid type="checkbox"; " hide voided" }
                }
                button #reset type="reset" { "Show all" }
                output #shown aria-live="polite" { (words::count(records, "record")) }
            }
            p.note {
                @if !self.quantities.is_empty() {
                    "Lengths with their standard uncertainty; in pixels (px) of the picture where it has no scale. "
                }
                @if !self.traits.is_empty() { "Traits: ● found, ○ not found, – not assessed by the network. " }
                "Areas, angles and whatever else was measured are in " code { "fishrig store export --layout csv" } "."
            }
        }
    }

    /// The head of the table.
    pub(super) fn head(&self) -> Markup {
        html! {
            thead { tr {
                (column("id", "Id"))
                @if self.species { (column("species", "Species")) }
                (column("quality", "Quality"))
                @for quantity in &self.quantities {
                    th.number scope="col" data-key=(quantity.key()) { (quantity.name()) }
                }
                @for which in self.shown() {
                    th.trait scope="col" data-key=(which.bgnn_name()) { (which.label()) }
                }
                (column("saved", "Saved"))
                (column("operator", "Operator"))
                (column("note", "Note"))
                @if self.voided { (column("voided", "Voided")) }
            } }
        }
    }

    /// A record's row. `number` is its number in the page, from 1.
    pub(super) fn row(&self, number: usize, entry: &Entry, pictured: bool) -> Markup {
        let record = &entry.record;
        let saved = entry.saved();
        let verdict = entry.verdict();
        let read = entry.findings.as_ref().and_then(|f| f.measurements.as_ref());
        html! {
            tr #{ "row-" (number) } .voided[record.voided] data-number=(number) data-verdict=(words::class(verdict)) {
                th scope="row" {
                    @if pictured { a href={ "#picture-" (number) } { (record.id.as_str()) } } @else { (record.id.as_str()) }
                }
                @if self.species { td.species { i { (words::cut(entry.species().unwrap_or_default(), LONGEST_TEXT)) } } }
                td data-sort=(verdict as u8) { (verdict_words(verdict)) (wrong_checks(entry)) }
                @for quantity in &self.quantities {
                    @match read.and_then(|m| m.values.get(quantity)) {
                        Some(reading) => td.number.pixels[reading.specimen.is_none()] data-sort=[reading.specimen.map(|m| m.value)] {
                            (words::reading(*quantity, reading))
                        }
                        None => td.number {}
                    }
                }
                @for which in self.shown() {
                    (trait_cell(entry, which))
                }
                // Sorted by its number, which no clock disturbs.
                td.when data-sort=(number) { time datetime=(record.times.committed_utc) { (saved.strftime("%Y-%m-%d %H:%M:%S")) } }
                td { (words::cut(&record.operator, LONGEST_TEXT)) }
                td.text { (words::cut(&record.note, LONGEST_TEXT)) (in_spite(entry)) (problem(entry)) }
                @if self.voided { td { @if record.voided { "voided" } } }
            }
        }
    }

    /// The row of a record that could be read for the survey and can no longer.
    pub(super) fn lost_row(&self, number: usize, id: &str, problem: &str) -> Markup {
        html! {
            tr #{ "row-" (number) } data-number=(number) data-verdict="unknown" {
                th scope="row" { (id) }
                td.text colspan=(self.count() - 1) { "DAMAGED: " (problem) }
            }
        }
    }

    fn count(&self) -> usize {
        5 + usize::from(self.species) + usize::from(self.voided) + self.quantities.len() + self.traits.len()
    }
}

fn column(key: &str, name: &str) -> Markup {
    html! { th scope="col" data-key=(key) { (name) } }
}

/// The names of the checks that are not good, below the verdict.
fn wrong_checks(entry: &Entry) -> Markup {
    let verdict = entry.verdict();
    let quality = entry.findings.as_ref().map(|f| &f.quality);
    let wrong = quality.filter(|_| matches!(verdict, Verdict::Doubtful | Verdict::Bad));
    let wrong: Vec<String> = wrong
        .into_iter()
        .flat_map(|quality| quality.with(verdict))
        .map(|check| match check.words.is_empty() {
            true => words::check_name(check.name),
            false => check.words.clone(),
        })
        .collect();
    html! { @if !wrong.is_empty() { div.quiet { (words::cut(&wrong.join(", "), LONGEST_TEXT)) } } }
}

/// Which bad checks a person passed over when saving.
fn in_spite(entry: &Entry) -> Markup {
    let passed_over = entry
        .findings
        .as_ref()
        .map_or(&[][..], |f| &f.quality.saved_in_spite_of);
    let names: Vec<_> = passed_over.iter().map(|name| words::check_name(*name)).collect();
    html! { @if !names.is_empty() { div.quiet { "saved in spite of: " (names.join(", ")) } } }
}

fn problem(entry: &Entry) -> Markup {
    html! { @if let Some(problem) = &entry.problem { div.damage { "DAMAGED: " (problem) } } }
}

fn trait_cell(entry: &Entry, which: Trait) -> Markup {
    let (sign, rank) = match &entry.record.fish {
        None => ("", None),
        Some(fish) if fish.not_assessed.contains(which) => ("–", None),
        Some(fish) if fish.pixels[which.channel()].unwrap_or(0) > 0 => ("●", Some(1)),
        Some(_) => ("○", Some(0)),
    };
    html! { td.trait data-sort=[rank] { (sign) } }
}

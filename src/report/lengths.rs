//! The section of lengths and numbers: standard lengths by species and by day, and how many records there are by the hour or by the day.

use std::collections::BTreeMap;

use jiff::civil::Date;
use maud::{Markup, html};

use super::chart::{self, Bins};
use super::survey::Survey;
use super::words;
use crate::measure::Quantity;

/// Histograms of one kind; what is over is told in words.
const MOST_CHARTS: usize = 12;
/// Bars by day; over more days they are by month.
const MOST_DAYS: usize = 62;
/// Bars by month: the newest.
const MOST_MONTHS: usize = 60;

/// The whole section.
pub(super) fn section(survey: &Survey) -> Markup {
    let all = || survey.lengths_by_day.values().flatten().copied();
    let bins = Bins::over(all());
    let days = survey.lengths_by_day.len();
    html! {
        section #lengths aria-labelledby="lengths-title" {
            h2 #lengths-title { "Lengths and numbers" }
            @match bins {
                None => p.note { "No record here has a standard length in centimetres." (without(survey)) }
                Some(bins) => {
                    p.note { "Standard length: tip of the snout to the end of the vertebral column, in centimetres." (without(survey)) }
                    h3 { (if survey.species_named { "Standard length by species" } else { "Standard length of all specimens" }) }
                    (by_species(survey, bins))
                    @if days > 1 {
                        h3 { "Standard length by day" }
                        (by_day(survey, bins))
                    }
                }
            }
            @if !survey.saved.is_empty() {
                (numbers(survey))
            }
        }
    }
}

/// Records that no histogram holds.
fn without(survey: &Survey) -> Markup {
    html! {
        @if survey.without_scale > 0 {
            " " (words::count(survey.without_scale, "record")) " without a scale: only pixels are known, see the table."
        }
        @if survey.without_length > 0 {
            " " (words::count(survey.without_length, "record")) " without a standard length."
        }
    }
}

fn by_species(survey: &Survey, bins: Bins) -> Markup {
    let mut species: Vec<_> = survey.lengths_by_species.iter().collect();
    // The most numerous first; those of the same number stay in the order of the alphabet.
    species.sort_by_key(|(_, lengths)| std::cmp::Reverse(lengths.len()));
    let over = species.split_off(species.len().min(MOST_CHARTS));
    let title = |name: &str| match (name, survey.species_named) {
        ("", true) => html! { "no species named" },
        ("", false) => html! { "all" },
        (name, _) => html! { i { (name) } },
    };
    html! {
        div.charts {
            @for (name, lengths) in species {
                @let spoken = if name.is_empty() { "all specimens" } else { name };
                (histogram(title(name), spoken, lengths, bins))
            }
        }
        @if !over.is_empty() {
            p.note {
                "Species with fewer records have no drawing: "
                @for (index, (name, lengths)) in over.iter().take(100).enumerate() {
                    @if index > 0 { ", " }
                    (title(name)) " (" (lengths.len()) ")"
                }
                @if over.len() > 100 { " and " (over.len() - 100) " others" }
                "."
            }
        }
    }
}

fn by_day(survey: &Survey, bins: Bins) -> Markup {
    let over = survey.lengths_by_day.len().saturating_sub(MOST_CHARTS);
    html! {
        div.charts {
            @for (day, lengths) in survey.lengths_by_day.iter().skip(over) {
                (histogram(html! { (day) }, &day.to_string(), lengths, bins))
            }
        }
        @if over > 0 {
            p.note { "The newest " (MOST_CHARTS) " days; " (words::count(over, "earlier day")) " left out. " code { "--day" } " or " code { "--since" } " and " code { "--until" } " show others." }
        }
    }
}

fn histogram(title: Markup, spoken: &str, lengths: &[f64], bins: Bins) -> Markup {
    let (low, high) = lengths
        .iter()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), length| {
            (low.min(*length), high.max(*length))
        });
    let unit = Quantity::StandardLength.unit();
    let median = chart::median(lengths).unwrap_or(f64::NAN);
    let [low, median, high] = [low, median, high].map(|value| words::number(value, 1));
    let name = format!(
        "Histogram of standard lengths, {spoken}: {} from {low} to {high} {unit}, median {median} {unit}",
        lengths.len()
    );
    html! {
        figure.chart-box {
            figcaption {
                strong { (title) }
                span.quiet { (words::count(lengths.len(), "record")) "; median " (median) " " (unit) ", " (low) " to " (high) " " (unit) }
            }
            (chart::histogram(lengths, bins, &name, &format!("standard length, {unit}")))
        }
    }
}

/// By hour for one day, by day for some, by month for many.
fn numbers(survey: &Survey) -> Markup {
    let mut by_day: BTreeMap<Date, usize> = BTreeMap::new();
    for ((day, _), count) in &survey.saved {
        *by_day.entry(*day).or_default() += count;
    }
    let (unit, items) = if by_day.len() == 1 {
        ("hour", by_hour(survey))
    } else if by_day.len() <= MOST_DAYS {
        (
            "day",
            by_day.iter().map(|(day, count)| (day.to_string(), *count)).collect(),
        )
    } else {
        ("month", by_month(&by_day))
    };
    let name = format!("Records by {unit}");
    html! {
        h3 { (name) }
        div.charts {
            figure.chart-box { (chart::bars(&items, &name, &format!("{unit}, by the station's clock"))) }
        }
    }
}

/// All hours from the first to the last, also those without a record.
fn by_hour(survey: &Survey) -> Vec<(String, usize)> {
    let mut hours = [0; 24];
    for ((_, hour), count) in &survey.saved {
        hours[(*hour).clamp(0, 23) as usize] += count;
    }
    let first = hours.iter().position(|count| *count > 0).unwrap_or(0);
    let last = hours.iter().rposition(|count| *count > 0).unwrap_or(0);
    (first..=last).map(|hour| (format!("{hour}:00"), hours[hour])).collect()
}

fn by_month(by_day: &BTreeMap<Date, usize>) -> Vec<(String, usize)> {
    let mut months: BTreeMap<(i16, i8), usize> = BTreeMap::new();
    for (day, count) in by_day {
        *months.entry((day.year(), day.month())).or_default() += count;
    }
    let over = months.len().saturating_sub(MOST_MONTHS);
    let words = |((year, month), count): ((i16, i8), usize)| (format!("{year}-{month:02}"), count);
    months.into_iter().skip(over).map(words).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn hours_without_a_record_have_their_place() {
        let day = date(2026, 11, 24);
        let survey = Survey {
            saved: BTreeMap::from([((day, 9), 3), ((day, 11), 1)]),
            ..Survey::default()
        };
        let expected = [("9:00", 3), ("10:00", 0), ("11:00", 1)].map(|(hour, count)| (hour.to_owned(), count));
        assert_eq!(by_hour(&survey), expected);
    }

    #[test]
    fn days_add_up_to_months() {
        let days = BTreeMap::from([(date(2026, 11, 2), 3), (date(2026, 11, 30), 4), (date(2026, 12, 1), 1)]);
        let expected = [("2026-11", 7), ("2026-12", 1)].map(|(month, count)| (month.to_owned(), count));
        assert_eq!(by_month(&days), expected);
    }
}

//! The section of quality: what came of each check, and the records with a red one.

use maud::{Markup, html};

use super::survey::{CheckCounts, MOST_FAILING, Survey};
use super::words;
use crate::measure::quality::{CheckName, Verdict};

/// In the order of the bars, from left to right.
const VERDICTS: [Verdict; 4] = [Verdict::Good, Verdict::Doubtful, Verdict::Bad, Verdict::Unknown];

/// The whole section. `pictured` tells which records, by index, have a picture in the page.
pub(super) fn section(survey: &Survey, pictured: &[usize]) -> Markup {
    let told = |(_, counts): &(&CheckName, &CheckCounts)| counts.of(Verdict::Unknown) < counts.total();
    let (told, untold): (Vec<_>, Vec<_>) = survey.checks.iter().partition(told);
    let untold: Vec<String> = untold.into_iter().map(|(name, _)| words::check_name(*name)).collect();
    html! {
        section #quality aria-labelledby="quality-title" {
            h2 #quality-title { "Quality" }
            @if survey.checks.is_empty() {
                p.note { "No record here has quality checks." }
            } @else {
                div.scroll tabindex="0" role="region" aria-labelledby="quality-title" {
                    table.checks {
                        thead { tr {
                            th scope="col" { "Check" }
                            th scope="col" { "Share of the records" }
                            @for verdict in VERDICTS {
                                th.number scope="col" { (verdict_words(verdict)) }
                            }
                        } }
                        tbody { @for (name, counts) in told { (row(*name, counts)) } }
                    }
                }
            }
            @if !untold.is_empty() { p.note { "Could not be told of any record, or is not asked for: " (untold.join(", ")) "." } }
            (failing(survey, pictured))
        }
    }
}

/// A verdict with its sign.
pub(super) fn verdict_words(verdict: Verdict) -> Markup {
    html! {
        span.verdict.(words::class(verdict)) { span.sign aria-hidden="true" { (words::sign(verdict)) } " " (words::verdict(verdict)) }
    }
}

fn row(name: CheckName, check: &CheckCounts) -> Markup {
    html! {
        tr {
            th scope="row" { (words::check_name(name)) }
            td { (bar(check)) }
            @for verdict in VERDICTS {
                td.number { (check.of(verdict)) }
            }
        }
    }
}

/// A bar of all verdicts, 100 units long.
fn bar(check: &CheckCounts) -> Markup {
    let total = check.total().max(1) as f64;
    let mut from = 0.0;
    let parts = VERDICTS.map(|verdict| {
        let width = 100.0 * check.of(verdict) as f64 / total;
        let part = (verdict, from, width);
        from += width;
        part
    });
    // The numbers stand beside it, so that a reader of screens need not be told twice.
    html! {
        svg.share viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true" {
            @for (verdict, from, width) in parts.into_iter().filter(|(.., width)| *width > 0.0) {
                rect.(words::class(verdict)) x=(format!("{from:.2}")) y="0" width=(format!("{width:.2}")) height="8" {}
            }
        }
    }
}

fn failing(survey: &Survey, pictured: &[usize]) -> Markup {
    let bad = survey.records_with(Verdict::Bad);
    let link = |number: usize| match pictured.binary_search(&(number - 1)) {
        Ok(_) => format!("#picture-{number}"),
        Err(_) => format!("#row-{number}"),
    };
    html! {
        @if bad > 0 {
            h3 { "Records with a bad check (" (bad) ")" }
            ul.failing {
                @for record in &survey.failing {
                    li {
                        a href=(link(record.number)) { (record.id.as_str()) }
                        " " (record.words.join("; "))
                    }
                }
            }
            @if bad > MOST_FAILING {
                p.note { (bad - MOST_FAILING) " more are in the table: choose " q { "bad" } " there." }
            }
        } @else if !survey.checks.is_empty() {
            p.note { "No record has a bad check." }
        }
    }
}

//! The file from top to bottom. Sections about all records are made at once; rows and pictures are written one by one.

use std::io::{self, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::entry::Entry;
use super::survey::Survey;
use super::table::Columns;
use super::thumbnail::Thumbnail;
use super::{Progress, ReportSettings, Reported, lengths, pictures, quality, words};
use crate::checksum::sha256;
use crate::measure::quality::Verdict;
use crate::store::{Archive, Storage};

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("sort.js");

/// Damaged records that are named in the page; all are in what the command prints.
const MOST_DAMAGED: usize = 1000;

/// Writes the whole page.
///
/// # Errors
/// Those of `out`; what is wrong with records is in the page and in [`Reported::damaged`].
pub(super) fn write<S: Storage>(
    archive: &Archive<S>,
    settings: &ReportSettings,
    mut survey: Survey,
    out: &mut dyn Write,
    progress: &mut dyn FnMut(Progress),
) -> io::Result<Reported> {
    let pictured = survey.pictured(settings.thumbnails);
    let mut steps = Steps::new(&survey, pictured.len(), progress);
    let mut damaged = std::mem::take(&mut survey.damaged);

    write_markup(out, html! { (DOCTYPE) })?;
    out.write_all(b"<html lang=\"en\">\n")?;
    write_markup(out, head(&survey))?;
    out.write_all(b"<body>\n")?;
    write_markup(out, top(&survey, settings, damaged.len()))?;
    out.write_all(b"<main>\n")?;
    write_markup(out, lengths::section(&survey))?;
    write_markup(out, quality::section(&survey, &pictured))?;

    let columns = Columns::of(&survey);
    out.write_all(
        b"<section id=\"specimens\" aria-labelledby=\"specimens-title\">\n<h2 id=\"specimens-title\">Records</h2>\n",
    )?;
    if survey.listed.is_empty() {
        write_markup(out, html! { p.note { "There is no record to show." } })?;
    } else {
        write_markup(out, columns.introduction(survey.listed.len()))?;
        out.write_all(b"<div class=\"scroll tall\" tabindex=\"0\" role=\"region\" aria-labelledby=\"specimens-title\">\n<table id=\"records\">\n")?;
        write_markup(out, columns.head())?;
        out.write_all(b"<tbody>\n")?;
        for (index, listed) in survey.listed.iter().enumerate() {
            let row = match Entry::read(archive, &listed.place) {
                Ok(entry) => columns.row(index + 1, &entry, pictured.binary_search(&index).is_ok()),
                Err(problem) => {
                    let row = columns.lost_row(index + 1, listed.place.id.as_str(), &problem);
                    damaged.push((listed.place.clone(), problem));
                    row
                }
            };
            write_markup(out, row)?;
            steps.one_more();
        }
        out.write_all(b"</tbody>\n</table>\n</div>\n")?;
    }
    out.write_all(b"</section>\n<section id=\"pictures\" aria-labelledby=\"pictures-title\">\n<h2 id=\"pictures-title\">Pictures</h2>\n")?;
    write_markup(out, pictures::introduction(&survey, pictured.len()))?;
    out.write_all(b"<div class=\"gallery\" id=\"gallery\">\n")?;
    for index in &pictured {
        let place = &survey.listed[*index].place;
        // A record that can no longer be read has said so in its row.
        if let Ok(entry) = Entry::read(archive, place) {
            let thumbnail = Thumbnail::of(archive, place, &entry.record);
            if let Err(problem) = &thumbnail {
                damaged.push((place.clone(), problem.clone()));
            }
            write_markup(out, pictures::figure(index + 1, &entry, thumbnail))?;
        }
        steps.one_more();
    }
    out.write_all(b"</div>\n</section>\n")?;

    let reported = Reported {
        records: survey.listed.len(),
        voided: survey.voided_left_out,
        pictures: pictured.len(),
        damaged,
    };
    write_markup(out, damage(&reported))?;
    out.write_all(b"</main>\n")?;
    write_markup(out, foot(settings))?;
    out.write_all(b"</body>\n</html>\n")?;
    Ok(reported)
}

/// Counts what is done after the survey.
struct Steps<'a> {
    progress: &'a mut dyn FnMut(Progress),
    now: Progress,
}

impl<'a> Steps<'a> {
    fn new(survey: &Survey, pictures: usize, progress: &'a mut dyn FnMut(Progress)) -> Self {
        let surveyed = survey.listed.len() + survey.voided_left_out;
        let now = Progress {
            done: surveyed,
            all: surveyed + survey.listed.len() + pictures,
        };
        Self { progress, now }
    }

    fn one_more(&mut self) {
        self.now.done += 1;
        (self.progress)(self.now);
    }
}

fn write_markup(out: &mut dyn Write, markup: Markup) -> io::Result<()> {
    out.write_all(markup.into_string().as_bytes())?;
    out.write_all(b"\n")
}

fn head(survey: &Survey) -> Markup {
    html! {
        head {
            meta charset="utf-8";
            meta http-equiv="Content-Security-Policy" content=(policy());
            meta name="viewport" content="width=device-width, initial-scale=1";
            meta name="referrer" content="no-referrer";
            meta name="color-scheme" content="light dark";
            title { (title(survey)) ", " (period(survey)) }
            // An empty picture: a browser would else ask the page's server for one.
            link rel="icon" href="data:,";
            style { (PreEscaped(STYLE)) }
        }
    }
}

/// Only this page's own style sheet and script, known by their hashes, and pictures inside of the page.
fn policy() -> String {
    let hash = |text: &str| STANDARD.encode(sha256(text.as_bytes()));
    format!(
        "default-src 'none'; img-src data:; style-src 'sha256-{}'; script-src 'sha256-{}'; base-uri 'none'; form-action 'none'",
        hash(STYLE),
        hash(SCRIPT)
    )
}

fn title(survey: &Survey) -> String {
    match names(&survey.stations) {
        stations if stations.is_empty() => "Specimens".to_owned(),
        stations => format!("Specimens of {stations}"),
    }
}

/// At most five names.
fn names(names: &std::collections::BTreeSet<String>) -> String {
    let named: Vec<&str> = names.iter().map(String::as_str).filter(|n| !n.is_empty()).collect();
    match named.len() {
        0..=5 => named.join(", "),
        n => format!("{} and {} others", named[..5].join(", "), n - 5),
    }
}

fn period(survey: &Survey) -> String {
    let days = || survey.saved.keys().map(|(day, _)| day);
    match (days().next(), days().next_back()) {
        (Some(first), Some(last)) if first == last => first.to_string(),
        (Some(first), Some(last)) => format!("{first} to {last}"),
        _ => "no records".to_owned(),
    }
}

fn top(survey: &Survey, settings: &ReportSettings, damaged: usize) -> Markup {
    let (collections, operators) = (names(&survey.collections), names(&survey.operators));
    let tile = |number: usize, name: Markup, href: Option<&str>| {
        html! {
            li { a.tile href=[href] { span.value { (number) } " " span { (name) } } }
        }
    };
    let checked = |verdict| {
        tile(
            survey.records_with(verdict),
            quality::verdict_words(verdict),
            Some("#quality"),
        )
    };
    html! {
        header {
            h1 { (title(survey)) }
            dl.facts {
                @if !collections.is_empty() { div { dt { "Collection" } dd { (collections) } } }
                div { dt { "Period" } dd { (period(survey)) } }
                @if !operators.is_empty() { div { dt { "Operators" } dd { (operators) } } }
                @if survey.voided_left_out > 0 { div { dt { "Left out" } dd { (words::count(survey.voided_left_out, "voided record")) } } }
                div { dt { "Made" } dd { (settings.made.strftime("%Y-%m-%d %H:%M UTC")) } }
            }
            ul.tiles {
                (tile(survey.specimens, html! { (if survey.specimens == 1 { "specimen" } else { "specimens" }) }, Some("#specimens")))
                (tile(survey.listed.len(), html! { (if survey.listed.len() == 1 { "record" } else { "records" }) }, Some("#specimens")))
                @for verdict in [Verdict::Good, Verdict::Doubtful, Verdict::Bad, Verdict::Unknown] { (checked(verdict)) }
                @if survey.without_fish > 0 { (tile(survey.without_fish, html! { "without a fish" }, None)) }
                @if survey.voided > 0 { (tile(survey.voided, html! { "voided" }, None)) }
                @if damaged > 0 { (tile(damaged, html! { span.verdict.bad { span.sign aria-hidden="true" { "✕" } " damaged" } }, Some("#damage"))) }
            }
        }
        nav aria-label="Sections" {
            a href="#lengths" { "Lengths" }
            a href="#quality" { "Quality" }
            a href="#specimens" { "Records" }
            a href="#pictures" { "Pictures" }
            @if damaged > 0 { a href="#damage" { "Damaged" } }
        }
    }
}

fn damage(reported: &Reported) -> Markup {
    let damaged = &reported.damaged;
    html! {
        @if !damaged.is_empty() {
            section #damage aria-labelledby="damage-title" {
                h2 #damage-title { "Damaged (" (damaged.len()) ")" }
                p.note { code { "fishrig store verify" } " says more. What could be read of these records is in the table." }
                ul.failing {
                    @for (place, problem) in damaged.iter().take(MOST_DAMAGED) {
                        li { strong { (place.day) "/" (place.id.as_str()) } " " (problem) }
                    }
                }
                @if damaged.len() > MOST_DAMAGED { p.note { (damaged.len() - MOST_DAMAGED) " more." } }
            }
        }
    }
}

fn foot(settings: &ReportSettings) -> Markup {
    html! {
        footer {
            p { "Made by fishrig " (env!("CARGO_PKG_VERSION")) " on " (settings.made.strftime("%Y-%m-%d %H:%M:%S UTC")) ". Nothing in this page was loaded from elsewhere." }
        }
        script { (PreEscaped(SCRIPT)) }
    }
}

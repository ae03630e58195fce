//! The section of pictures: a figure for a record, written as it is made.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use maud::{Markup, html};

use super::entry::Entry;
use super::quality::verdict_words;
use super::survey::Survey;
use super::thumbnail::Thumbnail;
use super::words;
use crate::measure::Quantity;
use crate::traits::Trait;

/// What stands above the pictures: what they show, and what was left out.
pub(super) fn introduction(survey: &Survey, pictured: usize) -> Markup {
    let all = survey.listed.len();
    html! {
        @if pictured == 0 {
            p.note { "This page was made without pictures." }
        } @else {
            p.note {
                "The fish as the operator saw it, in the station's colours; where that picture was not kept, the crop in the colours of the masks. "
                "A picture leads to its row in the table."
            }
        }
        @if pictured > 0 && pictured < all {
            p.note.left-out {
                strong { (pictured) " of " (words::count(all, "record")) " have a picture here: " }
                "first those with a bad check, then the newest. " code { "--thumbnails " (all) } " has all of them, " code { "--day" } " those of one day."
            }
        }
    }
}

/// A record's figure.
pub(super) fn figure(number: usize, entry: &Entry, thumbnail: Result<Thumbnail, String>) -> Markup {
    let record = &entry.record;
    html! {
        figure #{ "picture-" (number) } .voided[record.voided] data-number=(number) {
            @match thumbnail {
                Ok(thumbnail) => a href={ "#row-" (number) } {
                    img alt=(alternative(entry, thumbnail.shows)) width=(thumbnail.size.width) height=(thumbnail.size.height)
                        decoding="async" src={ "data:image/jpeg;base64," (STANDARD.encode(&thumbnail.jpeg)) };
                }
                Err(problem) => p.damage { "DAMAGED: " (problem) }
            }
            figcaption {
                strong { (record.id.as_str()) }
                @if record.voided { span.badge { "voided" } }
                (verdict_words(entry.verdict()))
                @if let Some(reading) = standard_length(entry) { span { "SL " (reading) } }
            }
        }
    }
}

fn standard_length(entry: &Entry) -> Option<String> {
    let measurements = entry.findings.as_ref()?.measurements.as_ref()?;
    let reading = measurements.values.get(&Quantity::StandardLength)?;
    Some(words::reading(Quantity::StandardLength, reading))
}

/// The picture in words.
fn alternative(entry: &Entry, shows: &str) -> String {
    let id = &entry.record.id;
    let Some(fish) = &entry.record.fish else {
        return format!("{id}: {shows}; no fish was found");
    };
    let found = Trait::ALL
        .into_iter()
        .filter(|t| fish.pixels[t.channel()].unwrap_or(0) > 0);
    let names: Vec<_> = found.map(Trait::label).collect();
    match names.is_empty() {
        true => format!("{id}: {shows}; no traits found"),
        false => format!("{id}: {shows}; {}", names.join(", ")),
    }
}

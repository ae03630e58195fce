//! The line above the picture that says which specimen comes next: its id, as large as there is room for, and what speaks against it. Amber where it is
//! missing or no catalogue number, red where it is recorded already or the label says something else, green where it was just recorded.

use embedded_graphics::geometry::Point;
use embedded_graphics::primitives::Rectangle;

use super::font::Face;
use super::icon::Icon;
use super::layout::{self, Measures};
use super::screen::Screen;
use super::text::TextStyle;
use super::theme::Tone;
use crate::identify::{IdSource, NextIdStatus, Standing};

/// Between parts of the line.
const DOT: &str = "  \u{b7}  ";

/// Cuts the line off the top of the picture's area and fills it; nothing where the station counts by itself and there is nothing to say.
pub(super) fn compose(screen: &mut Screen, next: &NextIdStatus, picture: &mut Rectangle, measures: &Measures) {
    let (tone, icon) = match next.standing {
        Standing::Counted if next.words.is_empty() => return,
        Standing::Counted => (Tone::Calm, Icon::Attention),
        Standing::Ready if next.words.is_empty() => (Tone::Ready, Icon::Check),
        Standing::Saved => (Tone::Good, Icon::Check),
        Standing::Ready | Standing::Missing | Standing::Unfit => (Tone::Warning, Icon::Attention),
        Standing::Doubtful => (Tone::Error, Icon::Cross),
    };
    let large = TextStyle::new(Face::Bold, measures.detail * 13 / 10);
    let height = (large.capital() * 2).min(picture.size.height / 3);
    let line = layout::take_top(picture, height);
    let is_tiny = measures.panel == 0;
    layout::take_top(picture, if is_tiny { 0 } else { measures.margin / 2 });
    screen.fill(line, tone.ground());
    let mut row = line;
    let pad = large.capital() / 2;
    layout::take_left(&mut row, pad);
    layout::take_right(&mut row, pad);
    let side = large.capital() * 5 / 4;
    let square = layout::centred_square(layout::take_left(&mut row, side), side);
    screen.icon(icon, square, tone.text(), tone.ground());
    layout::take_left(&mut row, pad);
    let (shown, rest) = parts(next);
    // The smallest displays have room for one of both.
    let rest = if is_tiny && next.standing != Standing::Missing {
        Vec::new()
    } else {
        rest
    };
    let room = match rest.is_empty() {
        true => row.size.width,
        // What speaks against it must be read too.
        false if matches!(tone, Tone::Ready | Tone::Good) => row.size.width * 2 / 3,
        false => row.size.width * 11 / 20,
    };
    let id = fitted(large, &shown, room);
    let at = Point::new(row.top_left.x, id.middle_baseline(row));
    // Its end distinguishes it from its neighbours.
    let shown = id.shortened_in_the_middle(&shown, room);
    screen.text(&shown, at, row.size.width, id, tone.text(), tone.ground());
    layout::take_left(&mut row, id.width(&shown) + pad);
    explain(screen, &rest, row, measures, tone);
}

/// What is in large letters, and the parts of the rest.
fn parts(next: &NextIdStatus) -> (String, Vec<String>) {
    let mut rest = Vec::new();
    let large = match next.standing {
        Standing::Missing => "No number".to_owned(),
        Standing::Counted => "Own count".to_owned(),
        _ => next.id.clone(),
    };
    match next.standing {
        Standing::Missing => rest.push("scan or type it".to_owned()),
        _ if !next.words.is_empty() => rest.push(next.words.clone()),
        Standing::Saved => rest.push("recorded".to_owned()),
        _ => {
            if !next.species.is_empty() {
                rest.push(next.species.clone());
            }
            rest.extend(next.source.map(|source| source_words(source).to_owned()));
        }
    }
    // Where something is wrong that is all that is to be read.
    if next.words.is_empty() {
        rest.extend(next.list.map(|(done, all)| format!("{done} of {all}")));
    }
    (large, rest)
}

fn source_words(source: IdSource) -> &'static str {
    match source {
        IdSource::Barcode => "label",
        IdSource::Scanner => "scanned",
        IdSource::Keyboard => "typed",
        IdSource::PickList => "list",
        IdSource::Counter => "counted",
    }
}

/// The largest size down to three quarters in which the words have room.
fn fitted(style: TextStyle, words: &str, width: u32) -> TextStyle {
    let least = style.capital() * 3 / 4;
    let mut fitting = style;
    while fitting.width(words) > width {
        match fitting.smaller().filter(|smaller| smaller.capital() >= least) {
            Some(smaller) => fitting = smaller,
            None => break,
        }
    }
    fitting
}

/// The rest in smaller letters: the largest in which it fits into one line or two, else as much of it as fits.
fn explain(screen: &mut Screen, parts: &[String], mut row: Rectangle, measures: &Measures, tone: Tone) {
    let all = parts.join(DOT);
    let mut style = TextStyle::new(Face::Regular, measures.detail);
    let lines = loop {
        let lines = style.wrapped(&all, row.size.width, 3);
        if lines.len() <= most(style, row).min(2) {
            break lines;
        }
        match style
            .smaller()
            .filter(|smaller| smaller.capital() >= measures.small_text)
        {
            Some(smaller) => style = smaller,
            None => break style.wrapped(&all, row.size.width, most(style, row).clamp(1, 2)),
        }
    };
    let pitch = row.size.height / lines.len().max(1) as u32;
    for line in lines {
        let part = layout::take_top(&mut row, pitch);
        let at = Point::new(part.top_left.x, style.middle_baseline(part));
        screen.text(&line, at, part.size.width, style, tone.second_text(), tone.ground());
    }
}

/// How many lines have room.
fn most(style: TextStyle, row: Rectangle) -> usize {
    (row.size.height / style.line_height()) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_of_each_standing() {
        let next = |standing, words: &str| NextIdStatus {
            standing,
            id: "INHS 54082".into(),
            source: Some(IdSource::Barcode),
            words: words.into(),
            species: "Esox lucius".into(),
            list: Some((3, 120)),
        };
        let said = |standing, words: &str| {
            let (large, rest) = parts(&next(standing, words));
            format!("{large} | {}", rest.join(", "))
        };
        insta::assert_snapshot!([
            said(Standing::Ready, ""),
            said(Standing::Ready, "not in the pick list"),
            said(Standing::Missing, "no catalogue number; scan the label"),
            said(Standing::Unfit, "is not of the form INHS {digits:6}"),
            said(Standing::Doubtful, "already recorded on 2026-11-20"),
            said(Standing::Saved, ""),
            said(Standing::Counted, "the code on the label holds control characters"),
        ].join("\n"), @r"
        INHS 54082 | Esox lucius, label, 3 of 120
        INHS 54082 | not in the pick list
        No number | scan or type it
        INHS 54082 | is not of the form INHS {digits:6}
        INHS 54082 | already recorded on 2026-11-20
        INHS 54082 | recorded, 3 of 120
        Own count | the code on the label holds control characters
        ");
    }
}

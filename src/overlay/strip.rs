//! The strip on top: station, operator and note on the left; clock and, where the panel has no room for them, rates on the right. Amber
//! with what deserves attention where something does.

use embedded_graphics::geometry::Point;
use embedded_graphics::pixelcolor::Rgb888;
use embedded_graphics::primitives::Rectangle;

use super::font::Face;
use super::icon::Icon;
use super::layout::{self, Measures};
use super::panel;
use super::screen::Screen;
use super::station_screen::Surroundings;
use super::text::TextStyle;
use super::theme;
use super::view::View;
use super::words;

/// Between parts of a line.
const DOT: &str = "  \u{b7}  ";

pub(super) fn compose(screen: &mut Screen, view: &View, area: Rectangle, measures: &Measures, around: Surroundings) {
    if area.is_zero_sized() {
        return;
    }
    let notices = words::notices(view).join(DOT);
    let colours = if notices.is_empty() {
        Colours {
            on: around.panel,
            strong: theme::TEXT,
            quiet: around.quiet,
        }
    } else {
        Colours {
            on: theme::AMBER,
            strong: theme::DARK_TEXT,
            quiet: theme::DARK_TEXT,
        }
    };
    screen.fill(area, colours.on);
    let mut row = area;
    layout::take_left(&mut row, measures.margin);
    layout::take_right(&mut row, measures.margin);
    clock(screen, &view.clock, &mut row, measures, &colours);
    if notices.is_empty() {
        let people = people(view);
        if measures.rates_in_strip {
            let station = bold(measures).width(&view.station);
            let all = station + gap(measures) + regular(measures).width(&people);
            // Rates come before names and notes that are long; their own names don't.
            let rooms = [
                room_beside(all, row, measures),
                room_beside(station.min(row.size.width / 3), row, measures),
            ];
            rates(screen, view, &mut row, rooms, measures, &colours);
        }
        who(screen, &view.station, &people, row, measures, &colours);
    } else {
        if measures.rates_in_strip {
            let needed = measures.strip + measures.margin + bold(measures).width(&notices);
            let room = room_beside(needed, row, measures);
            rates(screen, view, &mut row, [room, room], measures, &colours);
        }
        attention(screen, &notices, row, measures, &colours);
    }
}

struct Colours {
    on: Rgb888,
    strong: Rgb888,
    quiet: Rgb888,
}

fn bold(measures: &Measures) -> TextStyle {
    TextStyle::new(Face::Bold, measures.strip_text)
}

fn regular(measures: &Measures) -> TextStyle {
    TextStyle::new(Face::Regular, measures.strip_text)
}

fn gap(measures: &Measures) -> u32 {
    2 * measures.margin
}

/// What is left of a row beside something of that width.
fn room_beside(width: u32, row: Rectangle, measures: &Measures) -> u32 {
    row.size.width.saturating_sub(width + gap(measures))
}

fn clock(screen: &mut Screen, clock: &str, row: &mut Rectangle, measures: &Measures, colours: &Colours) {
    let style = bold(measures);
    let width = style.width(clock).min(row.size.width / 3);
    let place = layout::take_right(row, width);
    let at = Point::new(place.top_left.x, style.middle_baseline(place));
    screen.text(clock, at, width, style, colours.strong, colours.on);
    layout::take_right(row, gap(measures));
}

/// The fullest line of rates that has room; `room` for the line with names and for those without.
fn rates(
    screen: &mut Screen,
    view: &View,
    row: &mut Rectangle,
    [named, bare]: [u32; 2],
    measures: &Measures,
    colours: &Colours,
) {
    let style = TextStyle::new(Face::Regular, measures.small_text);
    let lines = panel::rates_in_a_line(view).into_iter().zip([named, bare, bare]);
    let fits = |(line, room): &(String, u32)| style.width(line) <= *room;
    if let Some((line, _)) = lines.into_iter().find(fits) {
        let width = style.width(&line);
        let place = layout::take_right(row, width);
        let at = Point::new(place.top_left.x, style.middle_baseline(place));
        screen.text(&line, at, width, style, colours.quiet, colours.on);
        layout::take_right(row, gap(measures));
    }
}

/// Operator and note.
fn people(view: &View) -> String {
    let words: Vec<&str> = [&view.operator, &view.note]
        .into_iter()
        .flatten()
        .map(String::as_str)
        .filter(|words| !words.is_empty())
        .collect();
    words.join(DOT)
}

fn who(screen: &mut Screen, station: &str, people: &str, mut row: Rectangle, measures: &Measures, colours: &Colours) {
    let (strong, quiet) = (bold(measures), regular(measures));
    let baseline = strong.middle_baseline(row);
    let width = strong.width(station).min(row.size.width / 2);
    let at = Point::new(row.top_left.x, baseline);
    screen.text(station, at, width, strong, colours.strong, colours.on);
    if !station.is_empty() {
        layout::take_left(&mut row, width + gap(measures));
    }
    let at = Point::new(row.top_left.x, baseline);
    screen.text(people, at, row.size.width, quiet, colours.quiet, colours.on);
}

fn attention(screen: &mut Screen, notices: &str, mut row: Rectangle, measures: &Measures, colours: &Colours) {
    let style = bold(measures);
    let square = layout::centred_square(layout::take_left(&mut row, measures.strip), measures.strip * 3 / 4);
    screen.icon(Icon::Attention, square, colours.strong, colours.on);
    layout::take_left(&mut row, measures.margin);
    let at = Point::new(row.top_left.x, style.middle_baseline(row));
    screen.text(notices, at, row.size.width, style, colours.strong, colours.on);
}

//! The bar with the state: icon, a few large words, a sentence; the number of records on the right.

use embedded_graphics::geometry::Point;
use embedded_graphics::primitives::Rectangle;

use super::font::Face;
use super::layout::{self, Measures};
use super::screen::Screen;
use super::text::TextStyle;
use super::theme::Tone;
use super::view::View;
use super::words::{self, Detail, Message};

pub(super) fn compose(screen: &mut Screen, view: &View, message: &Message, area: Rectangle, measures: &Measures) {
    let on = message.tone.ground();
    screen.fill(area, on);
    let mut row = layout::inset(area, measures.margin.min(area.size.height / 8));
    let icon = layout::centred_square(layout::take_left(&mut row, measures.icon), measures.icon);
    screen.icon(message.icon, icon, message.tone.text(), on);
    layout::take_left(&mut row, measures.margin * 3 / 2);
    records(screen, view, &mut row, message.tone, measures);

    let width = row.size.width;
    let headline = TextStyle::new(Face::Bold, measures.headline).fitted(&message.headline, width, measures.detail);
    let gap = measures.detail * 9 / 10;
    let room = row.size.height.saturating_sub(headline.capital() + gap);
    let (detail, details) = details(message, width, room, measures);
    let below: u32 = if details.is_empty() {
        0
    } else {
        gap + detail.capital() + (details.len() as u32 - 1) * detail.line_height()
    };
    let top = row.top_left.y + (row.size.height.saturating_sub(headline.capital() + below)) as i32 / 2;
    let mut baseline = top + headline.capital() as i32;
    let at = Point::new(row.top_left.x, baseline);
    screen.text(&message.headline, at, width, headline, message.tone.text(), on);
    baseline += (gap + detail.capital()) as i32;
    for line in details {
        let at = Point::new(row.top_left.x, baseline);
        screen.text(&line, at, width, detail, message.tone.second_text(), on);
        baseline += detail.line_height() as i32;
    }
}

/// The words below the headline in one line, smaller where they must be, or else in as many as have room; none where none has.
fn details(message: &Message, width: u32, room: u32, measures: &Measures) -> (TextStyle, Vec<String>) {
    let words = message.detail.words();
    let smallest = measures.detail * 2 / 3;
    let style = TextStyle::new(Face::Regular, measures.detail).fitted(words, width, smallest);
    if room < style.capital() || words.is_empty() {
        return (style, Vec::new());
    }
    let lines = 1 + (room - style.capital()) / style.line_height();
    let lines = match message.detail {
        Detail::Id(id) if lines < 2 => vec![style.shortened_in_the_middle(id, width)],
        _ => style.wrapped(words, width, lines.min(2) as usize),
    };
    (style, lines)
}

/// The number of records, and how many frames wait, at the right end of the bar.
fn records(screen: &mut Screen, view: &View, row: &mut Rectangle, tone: Tone, measures: &Measures) {
    let number = words::count(view.records);
    let large = TextStyle::new(Face::Bold, measures.headline * 3 / 5);
    let small = TextStyle::new(Face::Regular, measures.strip_text);
    let below = match (view.waiting.frames, view.records) {
        (0, 1) => "record".to_owned(),
        (0, _) => "records".to_owned(),
        (waiting, _) => format!("{waiting} of {} waiting", view.waiting.limit),
    };
    let width = large.width(&number).max(small.width(&below));
    if measures.panel == 0 || width > row.size.width * 2 / 5 {
        return;
    }
    let area = layout::take_right(row, width);
    layout::take_right(row, 2 * measures.margin);
    let gap = small.capital();
    let height = large.capital() + gap + small.capital();
    let top = area.top_left.y + (area.size.height.saturating_sub(height)) as i32 / 2;
    let right = area.top_left.x + width as i32;
    let at = Point::new(right, top + large.capital() as i32);
    screen.text_to(&number, at, width, large, tone.text(), tone.ground());
    let at = Point::new(right, top + height as i32);
    screen.text_to(&below, at, width, small, tone.second_text(), tone.ground());
}

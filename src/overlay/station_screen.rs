//! The screen of a running station: strip, picture, panel, bar.

use embedded_graphics::geometry::Point;
use embedded_graphics::pixelcolor::Rgb888;
use embedded_graphics::primitives::Rectangle;

use super::font::Face;
use super::icon::Icon;
use super::layout::{self, Layout, Measures, SizeClass};
use super::panel;
use super::picture::PictureLayer;
use super::screen::Screen;
use super::tags;
use super::text::TextStyle;
use super::theme::{self, Tone};
use super::view::{State, View};
use super::words::{self, Message};
use crate::frame::Size;

/// The colours of the parts around the picture. All turn green for a moment when a record is saved.
#[derive(Clone, Copy)]
pub(super) struct Surroundings {
    pub ground: Rgb888,
    pub panel: Rgb888,
    pub quiet: Rgb888,
    pub flash: bool,
}

/// Everything that is to be seen of a view on a display of that size.
pub fn compose(view: &View, size: Size) -> Screen<'_> {
    let class = SizeClass::of(size);
    let measures = class.measures();
    let message = words::message(view);
    let parts = Layout::new(size, &measures, message.tone == Tone::Error);
    let around = surroundings(view);
    let whole = embedded_graphics::geometry::Size::new(size.width, size.height);
    let mut screen = Screen::new(whole);
    screen.fill(Rectangle::new(Point::zero(), whole), around.ground);
    strip(&mut screen, view, parts.strip, &measures, around, class);
    picture(&mut screen, view, parts.picture, &measures, around);
    panel::compose(&mut screen, view, parts.panel, &measures, around, class);
    bar(&mut screen, view, &message, parts.bar, &measures);
    screen
}

fn surroundings(view: &View) -> Surroundings {
    if matches!(view.state, State::Saved { just_now: true, .. }) {
        Surroundings {
            ground: theme::GREEN,
            panel: theme::GREEN_PANEL,
            quiet: Tone::Good.second_text(),
            flash: true,
        }
    } else {
        Surroundings {
            ground: theme::GROUND,
            panel: theme::PANEL,
            quiet: theme::QUIET,
            flash: false,
        }
    }
}

/// Station, operator and note on the left, clock on the right; amber with what deserves attention where something does.
fn strip(screen: &mut Screen, view: &View, area: Rectangle, measures: &Measures, around: Surroundings, class: SizeClass) {
    if area.is_zero_sized() {
        return;
    }
    let notices = words::notices(view);
    let (on, strong, quiet) = if notices.is_empty() {
        (around.panel, theme::TEXT, around.quiet)
    } else {
        (theme::AMBER, theme::DARK_TEXT, theme::DARK_TEXT)
    };
    screen.fill(area, on);
    let mut row = area;
    layout::take_left(&mut row, measures.margin);
    layout::take_right(&mut row, measures.margin);
    let bold = TextStyle::new(Face::Bold, measures.strip_text);
    let regular = TextStyle::new(Face::Regular, measures.strip_text);
    let baseline = middle_baseline(row, bold);

    let clock_width = bold.width(&view.clock).min(row.size.width / 3);
    let clock = layout::take_right(&mut row, clock_width);
    screen.text(&view.clock, Point::new(clock.top_left.x, baseline), clock_width, bold, strong, on);
    layout::take_right(&mut row, 2 * measures.margin);

    if class == SizeClass::Small && notices.is_empty() {
        let rates = panel::rates_in_a_line(view);
        let width = regular.width(&rates).min(row.size.width * 2 / 3);
        let place = layout::take_right(&mut row, width);
        screen.text(&rates, Point::new(place.top_left.x, baseline), width, regular, quiet, on);
        layout::take_right(&mut row, 2 * measures.margin);
    }
    if !notices.is_empty() {
        let icon = layout::centred_square(layout::take_left(&mut row, measures.strip), measures.strip * 3 / 4);
        screen.icon(Icon::Attention, icon, strong, on);
        layout::take_left(&mut row, measures.margin);
        let at = Point::new(row.top_left.x, baseline);
        screen.text(&notices.join("  \u{b7}  "), at, row.size.width, bold, strong, on);
        return;
    }
    let station_width = bold.width(&view.station).min(row.size.width / 2);
    let at = Point::new(row.top_left.x, baseline);
    screen.text(&view.station, at, station_width, bold, strong, on);
    if !view.station.is_empty() {
        layout::take_left(&mut row, station_width + 2 * measures.margin);
    }
    let person: Vec<&str> = [&view.operator, &view.note]
        .into_iter()
        .flatten()
        .map(String::as_str)
        .filter(|s| !s.is_empty())
        .collect();
    let at = Point::new(row.top_left.x, baseline);
    screen.text(&person.join("  \u{b7}  "), at, row.size.width, regular, quiet, on);
}

fn picture<'a>(screen: &mut Screen<'a>, view: &'a View, area: Rectangle, measures: &Measures, around: Surroundings) {
    if !around.flash {
        screen.fill(area, theme::BEHIND_PICTURE);
    }
    let Some(preview) = &view.preview else {
        let side = area.size.height / 3;
        screen.icon(Icon::Camera, layout::centred_square(area, side), theme::RULE, theme::BEHIND_PICTURE);
        return;
    };
    let place = layout::fitted(preview.dimensions().into(), area);
    let layer = PictureLayer {
        picture: preview,
        annotations: &view.annotations,
        palette: view.palette,
        line: measures.outline,
    };
    screen.picture(place, layer);
    tags::compose(screen, &view.annotations, place, measures);
}

/// The state: icon, a few large words, a sentence; the number of records on the right.
fn bar(screen: &mut Screen, view: &View, message: &Message, area: Rectangle, measures: &Measures) {
    let on = message.tone.ground();
    screen.fill(area, on);
    let mut row = layout::inset(area, measures.margin.min(area.size.height / 8));
    let wrong = message.tone == Tone::Error;
    let icon_column = layout::take_left(&mut row, measures.icon);
    let icon_area = if wrong {
        Rectangle::new(icon_column.top_left, icon_column.size)
    } else {
        icon_column
    };
    let icon = layout::centred_square(icon_area, measures.icon);
    screen.icon(message.icon, icon, message.tone.text(), on);
    layout::take_left(&mut row, measures.margin * 3 / 2);
    if !wrong {
        records(screen, view, &mut row, message.tone, measures);
    }
    let lines = bar_lines(message, row, measures, wrong);
    for (words, style, baseline, strong) in lines {
        let colour = if strong { message.tone.text() } else { message.tone.second_text() };
        let at = Point::new(row.top_left.x, baseline);
        screen.text(&words, at, row.size.width, style, colour, on);
    }
}

/// Headline and detail as lines centred in the height of `row`: words, style, baseline, whether it is the headline.
fn bar_lines(message: &Message, row: Rectangle, measures: &Measures, wrong: bool) -> Vec<(String, TextStyle, i32, bool)> {
    let width = row.size.width;
    let headline = TextStyle::new(Face::Bold, measures.headline).fitted(&message.headline, width, measures.detail);
    let one_line = row.size.height < headline.capital() + 2 * measures.detail;
    let mut lines: Vec<(String, TextStyle, bool)> = vec![(message.headline.to_string(), headline, true)];
    if !one_line && !message.detail.is_empty() {
        let detail = TextStyle::new(Face::Regular, measures.detail);
        if wrong {
            let room = row.size.height.saturating_sub(headline.line_height());
            let count = (room / detail.line_height()).max(1) as usize;
            lines.extend(detail.wrapped(&message.detail, width, count).into_iter().map(|l| (l, detail, false)));
        } else {
            let detail = detail.fitted(&message.detail, width, measures.detail * 3 / 4);
            lines.push((message.detail.to_string(), detail, false));
        }
    }
    // The gap between two lines is two thirds of the lower one's capitals.
    let gap = |style: TextStyle| style.capital() * 2 / 3;
    let height: u32 = lines.iter().skip(1).map(|(_, style, _)| style.capital() + gap(*style)).sum::<u32>() + headline.capital();
    let mut baseline = row.top_left.y + (row.size.height.saturating_sub(height)) as i32 / 2;
    let mut placed = Vec::new();
    for (i, (words, style, strong)) in lines.into_iter().enumerate() {
        baseline += (style.capital() + if i > 0 { gap(style) } else { 0 }) as i32;
        placed.push((words, style, baseline, strong));
    }
    placed
}

/// The number of records, and how many frames wait, at the right end of the bar.
fn records(screen: &mut Screen, view: &View, row: &mut Rectangle, tone: Tone, measures: &Measures) {
    let number = words::count(view.records);
    let large = TextStyle::new(Face::Bold, measures.headline * 2 / 3);
    let small = TextStyle::new(Face::Regular, measures.small_text * 5 / 4);
    let below = if view.waiting.frames > 0 {
        format!("{} of {} waiting", view.waiting.frames, view.waiting.limit)
    } else if view.records == 1 {
        "record".to_owned()
    } else {
        "records".to_owned()
    };
    let width = large.width(&number).max(small.width(&below));
    if measures.panel == 0 || width > row.size.width / 3 {
        return;
    }
    let area = layout::take_right(row, width);
    layout::take_right(row, 2 * measures.margin);
    let height = large.capital() + small.capital() * 5 / 3;
    let baseline = area.top_left.y + (area.size.height.saturating_sub(height)) as i32 / 2 + large.capital() as i32;
    let right = area.top_left.x + width as i32;
    screen.text_to(&number, Point::new(right, baseline), width, large, tone.text(), tone.ground());
    let baseline = baseline + (small.capital() * 5 / 3) as i32;
    screen.text_to(&below, Point::new(right, baseline), width, small, tone.second_text(), tone.ground());
}

/// The baseline that puts capitals in the middle of a row.
pub(super) fn middle_baseline(row: Rectangle, style: TextStyle) -> i32 {
    row.top_left.y + (row.size.height as i32 + style.capital() as i32) / 2
}

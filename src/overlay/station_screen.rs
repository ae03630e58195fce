//! The screen of a running station: strip, picture, panel, bar.

use embedded_graphics::geometry::Point;
use embedded_graphics::pixelcolor::Rgb888;
use embedded_graphics::primitives::Rectangle;

use super::font::Face;
use super::icon::Icon;
use super::layout::{self, Layout, Measures, SizeClass};
use super::loupe;
use super::panel;
use super::picture::PictureLayer;
use super::screen::Screen;
use super::tags;
use super::text::TextStyle;
use super::theme::{self, Tone};
use super::view::{State, View};
use super::words;
use super::{bar, failure};
use crate::frame::Size;

/// The colours of the parts around the picture. All turn green for a moment when a record is saved.
#[derive(Clone, Copy)]
pub(super) struct Surroundings {
    pub ground: Rgb888,
    pub panel: Rgb888,
    pub quiet: Rgb888,
}

impl Surroundings {
    const DARK: Self = Self {
        ground: theme::GROUND,
        panel: theme::PANEL,
        quiet: theme::QUIET,
    };

    fn of(tone: Tone) -> Self {
        Self {
            ground: tone.ground(),
            panel: tone.ground(),
            quiet: tone.second_text(),
        }
    }
}

/// Everything that is to be seen of a view on a display of that size.
pub fn compose(view: &View, size: Size) -> Screen<'_> {
    let measures = SizeClass::of(size).measures_for(size);
    let message = words::message(view);
    let picture_size = view.preview.as_ref().map(|p| Size::from(p.dimensions()));
    let whole = Rectangle::new(
        Point::zero(),
        embedded_graphics::geometry::Size::new(size.width, size.height),
    );
    let mut screen = Screen::new(whole.size);
    if message.tone == Tone::Error {
        let parts = Layout::wrong(size, &measures, picture_size);
        let around = Surroundings::of(Tone::Error);
        screen.fill(whole, around.ground);
        strip(&mut screen, view, parts.strip, &measures, Surroundings::DARK);
        picture(&mut screen, view, parts.picture, &measures);
        failure::compose(&mut screen, &message, parts.bar, &measures);
        return screen;
    }
    let parts = Layout::running(size, &measures, picture_size);
    let just_saved = matches!(view.state, State::Saved { just_now: true, .. });
    let around = if just_saved {
        Surroundings::of(Tone::Good)
    } else {
        Surroundings::DARK
    };
    screen.fill(whole, around.ground);
    strip(&mut screen, view, parts.strip, &measures, around);
    picture(&mut screen, view, parts.picture, &measures);
    if just_saved {
        let mark = layout::centred_square(parts.panel, parts.panel.size.width * 9 / 10);
        screen.icon(Icon::Check, mark, theme::TEXT, around.ground);
    } else {
        panel::compose(&mut screen, view, parts.panel, &measures, around);
    }
    bar::compose(&mut screen, view, &message, parts.bar, &measures);
    screen
}

/// Station, operator and note on the left, clock on the right, the rates before it where the panel has no room for them. Amber with what
/// deserves attention where something does.
fn strip(screen: &mut Screen, view: &View, area: Rectangle, measures: &Measures, around: Surroundings) {
    if area.is_zero_sized() {
        return;
    }
    let notices = words::notices(view).join("  \u{b7}  ");
    let (on, strong, quiet) = if notices.is_empty() {
        (around.panel, theme::TEXT, around.quiet)
    } else {
        (theme::AMBER, theme::DARK_TEXT, theme::DARK_TEXT)
    };
    screen.fill(area, on);
    let mut row = area;
    layout::take_left(&mut row, measures.margin);
    layout::take_right(&mut row, measures.margin);
    let gap = 2 * measures.margin;
    let bold = TextStyle::new(Face::Bold, measures.strip_text);
    let regular = TextStyle::new(Face::Regular, measures.strip_text);
    let baseline = bold.middle_baseline(row);

    let clock_width = bold.width(&view.clock).min(row.size.width / 3);
    let clock = layout::take_right(&mut row, clock_width);
    let at = Point::new(clock.top_left.x, baseline);
    screen.text(&view.clock, at, clock_width, bold, strong, on);
    layout::take_right(&mut row, gap);

    let person: Vec<&str> = [&view.operator, &view.note]
        .into_iter()
        .flatten()
        .map(String::as_str)
        .filter(|s| !s.is_empty())
        .collect();
    let person = person.join("  \u{b7}  ");
    if measures.rates_in_strip {
        let needed = if notices.is_empty() {
            bold.width(&view.station) + gap + regular.width(&person)
        } else {
            measures.strip + measures.margin + bold.width(&notices)
        };
        let small = TextStyle::new(Face::Regular, measures.small_text);
        let with_all = row.size.width.saturating_sub(needed + gap);
        // Notices come before rates, rates before long names and notes.
        let with_station = row
            .size
            .width
            .saturating_sub(bold.width(&view.station).min(row.size.width / 3) + gap);
        let room = if notices.is_empty() { with_station } else { with_all };
        let mut lines = panel::rates_in_a_line(view).into_iter().enumerate();
        let rates = lines.find(|(i, line)| small.width(line) <= if *i == 0 { with_all } else { room });
        if let Some((_, rates)) = rates {
            let width = small.width(&rates);
            let place = layout::take_right(&mut row, width);
            let at = Point::new(place.top_left.x, small.middle_baseline(place));
            screen.text(&rates, at, width, small, quiet, on);
            layout::take_right(&mut row, gap);
        }
    }
    if !notices.is_empty() {
        let icon = layout::centred_square(layout::take_left(&mut row, measures.strip), measures.strip * 3 / 4);
        screen.icon(Icon::Attention, icon, strong, on);
        layout::take_left(&mut row, measures.margin);
        let at = Point::new(row.top_left.x, baseline);
        screen.text(&notices, at, row.size.width, bold, strong, on);
        return;
    }
    let station_width = bold.width(&view.station).min(row.size.width / 2);
    let at = Point::new(row.top_left.x, baseline);
    screen.text(&view.station, at, station_width, bold, strong, on);
    if !view.station.is_empty() {
        layout::take_left(&mut row, station_width + gap);
    }
    let at = Point::new(row.top_left.x, baseline);
    screen.text(&person, at, row.size.width, regular, quiet, on);
}

fn picture<'a>(screen: &mut Screen<'a>, view: &'a View, area: Rectangle, measures: &Measures) {
    let Some(preview) = &view.preview else {
        screen.fill(area, theme::BEHIND_PICTURE);
        let side = area.size.height / 3;
        screen.icon(
            Icon::Camera,
            layout::centred_square(area, side),
            theme::RULE,
            theme::BEHIND_PICTURE,
        );
        return;
    };
    let place = layout::fitted(preview.dimensions().into(), area);
    let layer = PictureLayer {
        picture: preview,
        annotations: &view.annotations,
        palette: view.palette,
        line: measures.outline,
        part: None,
    };
    screen.picture(place, layer);
    let words = tags::compose(screen, &view.annotations, place, measures);
    loupe::compose(screen, layer, place, &words, measures);
}

//! What was found: the regions of the frame, the traits with the network's confidence, and how fast things go.

use embedded_graphics::geometry::Point;
use embedded_graphics::pixelcolor::Rgb888;
use embedded_graphics::primitives::Rectangle;

use super::font::Face;
use super::icon::Icon;
use super::layout::{self, Measures, SizeClass};
use super::screen::Screen;
use super::station_screen::{Surroundings, middle_baseline};
use super::text::TextStyle;
use super::theme;
use super::view::{TraitLayer, View};
use super::words;
use crate::traits::{Palette, Trait, TraitSet};

/// From head to tail, as people look at a fish.
const READING_ORDER: [Trait; Trait::COUNT] = [
    Trait::Head,
    Trait::Eye,
    Trait::Trunk,
    Trait::DorsalFin,
    Trait::AdiposeFin,
    Trait::PectoralFin,
    Trait::PelvicFin,
    Trait::AnalFin,
    Trait::CaudalFin,
    Trait::CaudalFinRay,
    Trait::AltFinRay,
    Trait::AltFinSpine,
];

pub(super) fn compose(
    screen: &mut Screen,
    view: &View,
    area: Rectangle,
    measures: &Measures,
    around: Surroundings,
    class: SizeClass,
) {
    if area.is_zero_sized() {
        return;
    }
    screen.fill(area, around.panel);
    let pad = if class == SizeClass::Small { measures.margin } else { measures.margin * 6 / 5 };
    let mut rest = layout::inset(area, pad);
    if class != SizeClass::Small {
        rates(screen, view, &mut rest, measures, around);
    }
    regions(screen, view, &mut rest, measures, around);
    match &view.annotations.traits {
        Some(traits) => legend(screen, traits, view.palette, rest, measures, around),
        None => nothing_yet(screen, rest, measures, around),
    }
}

/// Whether fish, label and ruler were found.
fn regions(screen: &mut Screen, view: &View, rest: &mut Rectangle, measures: &Measures, around: Surroundings) {
    let found = &view.annotations;
    let style = TextStyle::new(Face::Bold, (measures.legend_text * 4 / 5).max(measures.small_text));
    let mut row = layout::take_top(rest, style.capital() * 2);
    let third = row.size.width / 3;
    for (words, there) in [
        ("Fish", found.fish.is_some()),
        ("Label", found.label.is_some()),
        ("Ruler", found.ruler.is_some()),
    ] {
        let mut cell = layout::take_left(&mut row, third);
        let side = style.capital() * 5 / 4;
        let icon_area = layout::centred_square(layout::take_left(&mut cell, side), side);
        let (icon, mark, colour) = match (there, around.flash) {
            (true, false) => (Icon::Check, theme::GREEN_MARK, theme::TEXT),
            (true, true) => (Icon::Check, theme::TEXT, theme::TEXT),
            (false, _) => (Icon::Dash, around.quiet, around.quiet),
        };
        screen.icon(icon, icon_area, mark, around.panel);
        layout::take_left(&mut cell, style.capital() / 3);
        let at = Point::new(cell.top_left.x, middle_baseline(cell, style));
        screen.text(words, at, cell.size.width, style, colour, around.panel);
    }
    rule(screen, rest, measures, around);
}

/// A thin line across with room around it.
fn rule(screen: &mut Screen, rest: &mut Rectangle, measures: &Measures, around: Surroundings) {
    let gap = measures.margin / 2;
    layout::take_top(rest, gap);
    let line = layout::take_top(rest, measures.outline);
    screen.fill(line, if around.flash { theme::GREEN } else { theme::RULE });
    layout::take_top(rest, gap);
}

fn nothing_yet(screen: &mut Screen, area: Rectangle, measures: &Measures, around: Surroundings) {
    let style = TextStyle::new(Face::Regular, measures.legend_text);
    let lines = style.wrapped("The traits appear here when a fish is found", area.size.width, 4);
    let mut baseline = area.top_left.y + (style.line_height() + style.capital()) as i32;
    for line in lines {
        let at = Point::new(area.top_left.x, baseline);
        if baseline > area.top_left.y + area.size.height as i32 {
            break;
        }
        screen.text(&line, at, area.size.width, style, around.quiet, around.panel);
        baseline += style.line_height() as i32;
    }
}

/// Each assessed trait on a line of its own, always in the same place; below them those that the network never learnt.
fn legend(
    screen: &mut Screen,
    traits: &TraitLayer,
    palette: Palette,
    area: Rectangle,
    measures: &Measures,
    around: Surroundings,
) {
    let mut rest = area;
    not_assessed(screen, traits.not_assessed, &mut rest, measures, around);
    let present = traits.mask.present();
    let assessed: Vec<Trait> = READING_ORDER
        .into_iter()
        .filter(|t| !traits.not_assessed.contains(*t))
        .collect();
    let pitch = (rest.size.height / assessed.len().max(1) as u32).min(measures.legend_row);
    if pitch < 9 {
        return;
    }
    let style = TextStyle::new(Face::Regular, measures.legend_text.min(pitch * 3 / 5));
    for which in assessed {
        let row = layout::take_top(&mut rest, pitch);
        let line = LegendLine {
            which,
            colour: theme::of_rgb(palette.colour(which)),
            present: present.contains(which),
            confidence: traits.confidence[which.channel()],
        };
        line.compose(screen, row, style, around);
    }
}

struct LegendLine {
    which: Trait,
    colour: Rgb888,
    present: bool,
    confidence: Option<f32>,
}

impl LegendLine {
    fn compose(&self, screen: &mut Screen, mut row: Rectangle, style: TextStyle, around: Surroundings) {
        let side = style.capital() * 5 / 4;
        let swatch = layout::centred_square(layout::take_left(&mut row, side), side);
        layout::take_left(&mut row, style.capital() * 3 / 4);
        let baseline = middle_baseline(row, style);
        let (value, colour) = if self.present {
            screen.fill(swatch, theme::RULE);
            screen.fill(layout::inset(swatch, (side / 12).max(1)), self.colour);
            (self.confidence.map_or_else(String::new, words::percent), theme::TEXT)
        } else {
            screen.fill(swatch, if around.flash { theme::GREEN } else { theme::RULE });
            screen.fill(layout::inset(swatch, (side / 8).max(1)), around.panel);
            ("not found".to_owned(), around.quiet)
        };
        let right = row.top_left.x + row.size.width as i32;
        let value_width = style.width(&value);
        let name = capitalized(self.which.label());
        let room = row.size.width.saturating_sub(value_width + style.capital() / 2);
        if self.present || style.width(&name) <= room {
            screen.text_to(&value, Point::new(right, baseline), row.size.width, style, colour, around.panel);
            screen.text(&name, Point::new(row.top_left.x, baseline), room, style, colour, around.panel);
        } else {
            let none = "\u{2013}";
            screen.text_to(none, Point::new(right, baseline), row.size.width, style, colour, around.panel);
            let room = row.size.width.saturating_sub(style.capital());
            screen.text(&name, Point::new(row.top_left.x, baseline), room, style, colour, around.panel);
        }
    }
}

fn not_assessed(screen: &mut Screen, which: TraitSet, rest: &mut Rectangle, measures: &Measures, around: Surroundings) {
    if which.is_empty() {
        return;
    }
    let names: Vec<&str> = READING_ORDER.into_iter().filter(|t| which.contains(*t)).map(Trait::label).collect();
    let style = TextStyle::new(Face::Regular, measures.small_text * 11 / 10);
    let lines = style.wrapped(&format!("Not assessed: {}", names.join(", ")), rest.size.width, 3);
    let area = layout::take_bottom(rest, style.line_height() * lines.len() as u32);
    for (i, line) in lines.iter().enumerate() {
        let baseline = area.top_left.y + (i as u32 * style.line_height() + style.capital() * 5 / 4) as i32;
        let at = Point::new(area.top_left.x, baseline);
        screen.text(line, at, area.size.width, style, around.quiet, around.panel);
    }
}

/// Rates, latency and free storage as a table at the bottom of the panel.
fn rates(screen: &mut Screen, view: &View, rest: &mut Rectangle, measures: &Measures, around: Surroundings) {
    let style = TextStyle::new(Face::Regular, measures.small_text);
    let strong = TextStyle::new(Face::Bold, measures.small_text);
    let cells = rate_cells(view);
    let pitch = style.line_height() * 9 / 8;
    let mut table = layout::take_bottom(rest, pitch * 2);
    let gap = measures.margin;
    let column_width = (table.size.width.saturating_sub(gap)) / 2;
    for pair in cells.chunks(2) {
        let mut row = layout::take_top(&mut table, pitch);
        for (name, value) in pair {
            let cell = layout::take_left(&mut row, column_width);
            layout::take_left(&mut row, gap);
            let baseline = middle_baseline(cell, style);
            let right = cell.top_left.x + cell.size.width as i32;
            screen.text_to(value, Point::new(right, baseline), cell.size.width, strong, theme::TEXT, around.panel);
            let room = cell.size.width.saturating_sub(strong.width(value) + style.capital() / 2);
            screen.text(name, Point::new(cell.top_left.x, baseline), room, style, around.quiet, around.panel);
        }
    }
    let mut line = layout::take_bottom(rest, measures.margin + measures.outline);
    rule(screen, &mut line, measures, around);
}

fn rate_cells(view: &View) -> [(&'static str, String); 4] {
    [
        ("Camera", words::rate(view.rates.frames)),
        ("Network", words::rate(view.rates.network)),
        ("Latency", words::latency(view.rates.latency_ms)),
        ("Free", view.storage.map_or_else(|| "-".to_owned(), |s| words::bytes(s.bytes))),
    ]
}

/// The same where there is room for one line only.
pub(super) fn rates_in_a_line(view: &View) -> String {
    let [(_, frames), (_, network), (_, latency), (_, free)] = rate_cells(view);
    format!("{frames}  {network}  {latency}  {free}")
}

fn capitalized(name: &str) -> String {
    let mut characters = name.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

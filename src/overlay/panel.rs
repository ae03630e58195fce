//! What was found: the regions of the frame, the traits with the network's confidence, and how fast things go.

use embedded_graphics::geometry::Point;
use embedded_graphics::pixelcolor::Rgb888;
use embedded_graphics::primitives::Rectangle;

use super::font::Face;
use super::icon::Icon;
use super::layout::{self, Measures};
use super::screen::Screen;
use super::station_screen::Surroundings;
use super::text::TextStyle;
use super::theme;
use super::view::{TraitLayer, View};
use super::words;
use crate::traits::{Palette, Trait, TraitSet};

/// From head to tail, as people look at a fish.
pub(super) const READING_ORDER: [Trait; Trait::COUNT] = [
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

pub(super) fn compose(screen: &mut Screen, view: &View, area: Rectangle, measures: &Measures, around: Surroundings) {
    if area.is_zero_sized() {
        return;
    }
    screen.fill(area, around.panel);
    let mut rest = layout::inset(area, measures.margin);
    if !measures.rates_in_strip {
        rates(screen, view, &mut rest, measures, around);
    }
    regions(screen, view, &mut rest, measures, around);
    match &view.annotations.traits {
        Some(traits) => legend(screen, traits, view.palette, rest, measures, around),
        None if view.annotations.fish.is_some() => {
            nothing_yet(screen, "The traits follow in a moment", rest, measures, around);
        }
        None => nothing_yet(
            screen,
            "The traits appear here when a fish is found",
            rest,
            measures,
            around,
        ),
    }
}

/// Whether fish, label and ruler were found.
fn regions(screen: &mut Screen, view: &View, rest: &mut Rectangle, measures: &Measures, around: Surroundings) {
    let found = &view.annotations;
    let cells = [
        ("Fish", found.fish.is_some()),
        ("Label", found.label.is_some()),
        ("Ruler", found.ruler.is_some()),
    ];
    let bold = TextStyle::new(Face::Bold, (measures.legend_text * 9 / 10).max(measures.small_text));
    let icon = if bold.capital() < 10 {
        bold.capital()
    } else {
        bold.capital() * 5 / 4
    };
    let gap = bold.capital() / 3;
    let needed = |style: TextStyle| {
        cells
            .iter()
            .map(|(words, _)| icon + gap + style.width(words))
            .sum::<u32>()
    };
    let fits = needed(bold) + 2 * gap <= rest.size.width;
    let style = if fits {
        bold
    } else {
        TextStyle::new(Face::Regular, bold.capital())
    };
    let needed = needed(style);
    let mut row = layout::take_top(rest, style.capital() * 2);
    let between = row.size.width.saturating_sub(needed) / 2;
    for (words, there) in cells {
        let square = layout::centred_square(layout::take_left(&mut row, icon), icon);
        let (mark, mark_colour, colour) = if there {
            (Icon::Check, theme::GREEN_MARK, theme::TEXT)
        } else {
            (Icon::Dash, around.quiet, around.quiet)
        };
        screen.icon(mark, square, mark_colour, around.panel);
        layout::take_left(&mut row, gap);
        let at = Point::new(row.top_left.x, style.middle_baseline(row));
        screen.text(words, at, row.size.width, style, colour, around.panel);
        layout::take_left(&mut row, style.width(words) + between);
    }
    rule(screen, rest, measures);
}

/// A thin line across with room around it.
fn rule(screen: &mut Screen, rest: &mut Rectangle, measures: &Measures) {
    let gap = measures.margin / 2;
    layout::take_top(rest, gap);
    let line = layout::take_top(rest, measures.outline);
    screen.fill(line, theme::RULE);
    layout::take_top(rest, gap);
}

fn nothing_yet(screen: &mut Screen, words: &str, area: Rectangle, measures: &Measures, around: Surroundings) {
    let style = TextStyle::new(Face::Regular, measures.legend_text);
    let lines = style.wrapped(words, area.size.width, 4);
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
    let (columns, pitch) = columns_and_pitch(assessed.len() as u32, rest, measures);
    if pitch < LEAST_PITCH {
        return;
    }
    let gap = 2 * measures.margin;
    let width = (rest.size.width - (columns - 1) * gap.min(rest.size.width)) / columns;
    let longest = |style: TextStyle| {
        assessed
            .iter()
            .map(|t| style.width(&capitalized(t.label())))
            .max()
            .unwrap_or(0)
    };
    let needed = |style: TextStyle| longest(style) + style.width("100 %") + style.capital() * 9 / 4;
    let mut style = TextStyle::new(Face::Regular, measures.legend_text.min(pitch * 2 / 3));
    while needed(style) > width {
        match style.smaller() {
            Some(smaller) => style = smaller,
            None => break,
        }
    }
    let names = longest(style);
    for in_column in assessed.chunks(assessed.len().div_ceil(columns as usize).max(1)) {
        let mut column = layout::take_left(&mut rest, width);
        layout::take_left(&mut rest, gap);
        for which in in_column {
            let row = layout::take_top(&mut column, pitch);
            let line = LegendLine {
                which: *which,
                colour: theme::of_rgb(palette.colour(*which)),
                present: present.contains(*which),
                confidence: traits.confidence[which.channel()],
            };
            line.compose(screen, row, style, names, around);
        }
    }
}

/// Rows of pixels below which lines of text run into each other.
const LEAST_PITCH: u32 = 9;

/// One column of lines, or two where one would be too tight and there is width for them; and the distance of two lines.
fn columns_and_pitch(lines: u32, area: Rectangle, measures: &Measures) -> (u32, u32) {
    let pitch = |columns: u32| (area.size.height / lines.div_ceil(columns).max(1)).min(measures.legend_row);
    if pitch(1) < measures.legend_text * 3 / 2 && area.size.width >= 24 * measures.legend_text {
        (2, pitch(2))
    } else {
        (1, pitch(1))
    }
}

struct LegendLine {
    which: Trait,
    colour: Rgb888,
    present: bool,
    confidence: Option<f32>,
}

impl LegendLine {
    /// Swatch, name, a bar as long as the confidence, and its number; `names` is the width of the longest name.
    fn compose(&self, screen: &mut Screen, mut row: Rectangle, style: TextStyle, names: u32, around: Surroundings) {
        let side = style.capital() * 5 / 4;
        let swatch = layout::centred_square(layout::take_left(&mut row, side), side);
        screen.fill(swatch, theme::RULE);
        let inner = layout::inset(swatch, (side / 10).max(1));
        screen.fill(inner, if self.present { self.colour } else { around.panel });
        layout::take_left(&mut row, style.capital() / 2);

        let (name, baseline) = (capitalized(self.which.label()), style.middle_baseline(row));
        let colour = if self.present { theme::TEXT } else { around.quiet };
        let full = if self.present {
            self.confidence.map_or_else(String::new, words::percent)
        } else {
            "not found".to_owned()
        };
        let fits = |value: &str| names + style.capital() / 2 + style.width(value) <= row.size.width;
        let value = if self.present || fits(&full) {
            full
        } else {
            "none".to_owned()
        };
        let value_width = style.width(&value);
        let right = row.top_left.x + row.size.width as i32;
        screen.text_to(
            &value,
            Point::new(right, baseline),
            row.size.width,
            style,
            colour,
            around.panel,
        );
        let room = row.size.width.saturating_sub(value_width + style.capital() / 2);
        screen.text(
            &name,
            Point::new(row.top_left.x, baseline),
            room,
            style,
            colour,
            around.panel,
        );

        if let (true, Some(confidence)) = (self.present, self.confidence) {
            layout::take_left(&mut row, names + style.capital());
            layout::take_right(&mut row, style.width("100 %") + style.capital());
            if row.size.width >= 5 * style.capital() {
                self.bar(screen, row, confidence, style);
            }
        }
    }

    fn bar(&self, screen: &mut Screen, row: Rectangle, confidence: f32, style: TextStyle) {
        let height = (style.capital() / 3).max(2);
        let top = row.top_left.y + (row.size.height.saturating_sub(height)) as i32 / 2;
        let mut bar = Rectangle::new(
            Point::new(row.top_left.x, top),
            embedded_graphics::geometry::Size::new(row.size.width, height),
        );
        screen.fill(bar, theme::RULE);
        // A number that is none gives an empty bar.
        let full = (row.size.width as f32 * confidence.clamp(0.0, 1.0)).round() as u32;
        screen.fill(layout::take_left(&mut bar, full), theme::QUIET);
    }
}

fn not_assessed(screen: &mut Screen, which: TraitSet, rest: &mut Rectangle, measures: &Measures, around: Surroundings) {
    if which.is_empty() {
        return;
    }
    let names: Vec<&str> = READING_ORDER
        .into_iter()
        .filter(|t| which.contains(*t))
        .map(Trait::label)
        .collect();
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
        for (name, value, _) in pair {
            let value = value.as_deref().unwrap_or("\u{2013}");
            let cell = layout::take_left(&mut row, column_width);
            layout::take_left(&mut row, gap);
            let baseline = style.middle_baseline(cell);
            let right = cell.top_left.x + cell.size.width as i32;
            screen.text_to(
                value,
                Point::new(right, baseline),
                cell.size.width,
                strong,
                theme::TEXT,
                around.panel,
            );
            let room = cell
                .size
                .width
                .saturating_sub(strong.width(value) + style.capital() / 2);
            screen.text(
                name,
                Point::new(cell.top_left.x, baseline),
                room,
                style,
                around.quiet,
                around.panel,
            );
        }
    }
    let mut line = layout::take_bottom(rest, measures.margin + measures.outline);
    rule(screen, &mut line, measures);
}

/// Name, value, and what the value needs beside it where the name has no room.
fn rate_cells(view: &View) -> [(&'static str, Option<String>, &'static str); 4] {
    [
        ("Camera", view.rates.frames.map(words::rate), "camera"),
        ("Network", view.rates.network.map(words::rate), "network"),
        ("Latency", view.rates.latency_ms.map(words::latency), ""),
        ("Free", view.storage.map(|s| words::bytes(s.bytes)), "free"),
    ]
}

/// The same in a line: with names, without, and without the latency.
pub(super) fn rates_in_a_line(view: &View) -> [String; 3] {
    let [frames, network, latency, free] = rate_cells(view);
    let named = |(_, value, name): &(&str, Option<String>, &str)| {
        value.as_ref().map(|v| format!("{v} {name}").trim_end().to_owned())
    };
    let bare = |(_, value, _): &(&str, Option<String>, &str)| value.clone();
    let joined = |values: Vec<Option<String>>| values.into_iter().flatten().collect::<Vec<_>>().join("   ");
    [
        joined([&frames, &network, &latency, &free].map(named).into()),
        joined([&frames, &network, &latency, &free].map(bare).into()),
        joined([&frames, &network, &free].map(bare).into()),
    ]
}

fn capitalized(name: &str) -> String {
    let mut characters = name.chars();
    characters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

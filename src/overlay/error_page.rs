//! The page of a station that can't start: what is wrong in its configuration or network, and what to do.

use embedded_graphics::geometry::Point;
use embedded_graphics::primitives::Rectangle;

use super::font::Face;
use super::icon::Icon;
use super::layout::{self, Measures, SizeClass};
use super::screen::Screen;
use super::text::TextStyle;
use super::theme::{self, Tone};
use crate::frame::Size;

/// Why a station does not start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorPage {
    /// A few words, for example `The configuration has an error`.
    pub title: String,
    /// The reason as the program found it: file, line, key, what is allowed. Lines and spaces are kept.
    pub reason: String,
    /// Name of the last configuration that worked, where there was one.
    pub last_good: Option<String>,
    /// What to do, a sentence or two.
    pub cure: String,
}

/// Everything that is to be seen of the page on a display of that size.
pub fn compose(page: &ErrorPage, size: Size) -> Screen<'_> {
    let measures = SizeClass::of(size).measures_for(size);
    let whole = Rectangle::new(
        Point::zero(),
        embedded_graphics::geometry::Size::new(size.width, size.height),
    );
    let mut screen = Screen::new(whole.size);
    screen.fill(whole, theme::GROUND);
    let mut rest = whole;
    title(&mut screen, &page.title, &mut rest, &measures);
    let mut rest = layout::inset(rest, 2 * measures.margin);
    cure(&mut screen, page, &mut rest, &measures);
    reason(&mut screen, &page.reason, rest, &measures);
    screen
}

fn title(screen: &mut Screen, words: &str, rest: &mut Rectangle, measures: &Measures) {
    let on = Tone::Error.ground();
    let pad = 2 * measures.margin;
    let width = rest
        .size
        .width
        .saturating_sub(2 * pad + measures.icon * 2 / 3 + measures.margin);
    let style = TextStyle::new(Face::Bold, measures.headline * 4 / 5).fitted(words, width, measures.detail);
    let lines = style.wrapped(words, width, 2);
    let text_rows = lines.len() as u32 * style.line_height();
    let bar = layout::take_top(
        rest,
        (text_rows + pad)
            .max(measures.icon * 2 / 3 + pad)
            .min(rest.size.height / 2),
    );
    screen.fill(bar, on);
    let mut row = bar;
    layout::take_left(&mut row, pad);
    let icon = layout::centred_square(
        layout::take_left(&mut row, measures.icon * 2 / 3),
        measures.icon * 2 / 3,
    );
    screen.icon(Icon::Attention, icon, theme::TEXT, on);
    layout::take_left(&mut row, measures.margin);
    layout::take_top(&mut row, bar.size.height.saturating_sub(text_rows) / 2);
    for line in lines {
        let line_row = layout::take_top(&mut row, style.line_height());
        let at = Point::new(line_row.top_left.x, style.middle_baseline(line_row));
        screen.text(&line, at, width, style, theme::TEXT, on);
    }
}

/// What to do and the last good configuration, at the bottom.
fn cure(screen: &mut Screen, page: &ErrorPage, rest: &mut Rectangle, measures: &Measures) {
    let style = TextStyle::new(Face::Regular, measures.detail * 4 / 5);
    let strong = TextStyle::new(Face::Bold, measures.detail);
    let width = rest.size.width;
    let mut lines: Vec<(String, TextStyle)> = Vec::new();
    lines.extend(
        strong
            .wrapped(&page.cure, width, 3)
            .into_iter()
            .map(|line| (line, strong)),
    );
    if let Some(name) = &page.last_good {
        let words = format!("Last good configuration: {name}");
        lines.extend(style.wrapped(&words, width, 2).into_iter().map(|line| (line, style)));
    }
    // On a small display the reason comes first: it has half of the room at least.
    let rows_of = |lines: &[(String, TextStyle)]| lines.iter().map(|(_, style)| style.line_height()).sum::<u32>();
    while rows_of(&lines) > rest.size.height / 2 {
        lines.pop();
    }
    let rows = rows_of(&lines);
    let mut area = layout::take_bottom(rest, rows);
    layout::take_bottom(rest, measures.margin);
    for (line, style) in lines {
        let row = layout::take_top(&mut area, style.line_height());
        let at = Point::new(row.top_left.x, style.middle_baseline(row));
        let colour = if style == strong { theme::TEXT } else { theme::QUIET };
        screen.text(&line, at, width, style, colour, theme::GROUND);
    }
}

/// The reason, quoted in the largest size in which no line has to be cut; long ones are cut rather than made too small to read.
fn reason(screen: &mut Screen, text: &str, area: Rectangle, measures: &Measures) {
    if area.size.height < 2 * measures.margin {
        return;
    }
    screen.fill(area, theme::PANEL);
    let inner = layout::inset(area, measures.margin);
    let fits = |style: TextStyle| {
        let pieces = style.pieces(text, inner.size.width, usize::MAX - 1);
        pieces.len() == text.lines().count() && pieces.len() as u32 * style.line_height() <= inner.size.height
    };
    let smallest = measures.detail / 2;
    let mut style = TextStyle::new(Face::Mono, measures.detail);
    while !fits(style) && style.capital() > smallest {
        match style.smaller() {
            Some(smaller) => style = smaller,
            None => break,
        }
    }
    // Where room is short, lines that only point at others are left out.
    let words_only;
    let text = if fits(style) {
        text
    } else {
        let has_words = |line: &&str| line.contains(char::is_alphanumeric);
        words_only = text.lines().filter(has_words).collect::<Vec<_>>().join("\n");
        &words_only
    };
    let lines = style.pieces(
        text,
        inner.size.width,
        (inner.size.height / style.line_height()) as usize,
    );
    let mut rest = inner;
    for line in lines {
        let row = layout::take_top(&mut rest, style.line_height());
        let at = Point::new(row.top_left.x, style.middle_baseline(row));
        screen.text(&line, at, row.size.width, style, theme::TEXT, theme::PANEL);
    }
}

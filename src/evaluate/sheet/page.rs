//! One page of a sheet: where everything goes, and drawing it.

use embedded_graphics::geometry::{Point, Size as Extent};
use embedded_graphics::pixelcolor::Rgb888;
use embedded_graphics::primitives::Rectangle;
use image::{RgbImage, imageops};

use super::panel::LARGEST;
use super::{Row, Sheet};
use crate::display::Canvas;
use crate::frame::Size;
use crate::overlay::{Face, Screen, TextStyle};

const PAGE: Rgb888 = Rgb888::new(250, 250, 248);
const TEXT: Rgb888 = Rgb888::new(20, 22, 26);
const QUIET: Rgb888 = Rgb888::new(92, 98, 106);
const RULE: Rgb888 = Rgb888::new(206, 209, 212);

/// Columns of the captions.
const CAPTION: u32 = 300;
const MARGIN: u32 = 20;
const GAP: u32 = 10;
/// Most lines of small type in a caption.
const CAPTION_LINES: usize = 8;

const HEADING: u32 = 20;
const SCORE: u32 = 18;
const NAME: u32 = 12;
const SMALL: u32 = 11;

fn heading() -> TextStyle {
    TextStyle::new(Face::Bold, HEADING)
}

fn bold(capital: u32) -> TextStyle {
    TextStyle::new(Face::Bold, capital)
}

fn small() -> TextStyle {
    TextStyle::new(Face::Regular, SMALL)
}

fn width(sheet: &Sheet) -> u32 {
    let columns = sheet.columns.len().max(1) as u32;
    2 * MARGIN + CAPTION + columns * (LARGEST.width + GAP)
}

/// Rows of pixels above the pictures.
pub(super) fn head_rows(sheet: &Sheet) -> u32 {
    let key = Key::new(sheet);
    let notes = note_lines(sheet).len() as u32;
    MARGIN + 2 * HEADING + notes * small().line_height() + key.height() + GAP + 2 * NAME
}

/// Rows of pixels of a row of pictures, with the gap below it.
pub(super) fn row_height(row: &Row) -> u32 {
    let panels = row.panels.iter().map(RgbImage::height).max().unwrap_or(0);
    let lines = caption_lines(row).len() as u32;
    let caption = 2 * NAME + 2 * SCORE + lines * small().line_height();
    panels.max(caption) + 2 * GAP
}

fn note_lines(sheet: &Sheet) -> Vec<String> {
    let room = width(sheet) - 2 * MARGIN;
    sheet
        .notes
        .iter()
        .flat_map(|note| small().wrapped(note, room, 3))
        .collect()
}

fn caption_lines(row: &Row) -> Vec<String> {
    let wrapped = row
        .lines
        .iter()
        .flat_map(|line| small().wrapped(line, CAPTION - GAP, 3));
    wrapped.take(CAPTION_LINES).collect()
}

/// The page `number` of `count` with these rows.
pub(super) fn draw(sheet: &Sheet, rows: &[Row], number: usize, count: usize) -> RgbImage {
    let head = head_rows(sheet);
    let height = head + rows.iter().map(row_height).sum::<u32>() + MARGIN;
    let size = Size::new(width(sheet), height);
    let mut screen = Screen::new(Extent::new(size.width, size.height));
    let whole = Rectangle::new(Point::zero(), Extent::new(size.width, size.height));
    screen.fill(whole, PAGE);
    draw_head(sheet, &mut screen, (number, count));
    let mut top = head;
    let mut tops = Vec::new();
    for row in rows {
        screen.fill(rectangle(MARGIN, top, size.width - 2 * MARGIN, 1), RULE);
        draw_caption(row, &mut screen, top + GAP);
        tops.push(top + GAP);
        top += row_height(row);
    }
    let mut canvas = Canvas::new(size);
    let Ok(()) = screen.paint(&mut canvas);
    let mut page = canvas.into_picture();
    for (row, top) in rows.iter().zip(tops) {
        for (i, panel) in row.panels.iter().enumerate() {
            imageops::replace(&mut page, panel, i64::from(column_left(i)), i64::from(top));
        }
    }
    page
}

fn draw_head(sheet: &Sheet, screen: &mut Screen, (number, count): (usize, usize)) {
    let right = width(sheet) - MARGIN;
    let mut baseline = MARGIN + HEADING;
    let mut room = right - MARGIN;
    if count > 1 {
        let page = format!("page {number} of {count}");
        screen.text_to(&page, point(right, baseline), room, small(), QUIET, PAGE);
        room -= small().width(&page) + 2 * GAP;
    }
    screen.text(&sheet.heading, point(MARGIN, baseline), room, heading(), TEXT, PAGE);
    baseline += HEADING / 2;
    for line in note_lines(sheet) {
        baseline += small().line_height();
        screen.text(&line, point(MARGIN, baseline), right - MARGIN, small(), QUIET, PAGE);
    }
    let key = Key::new(sheet);
    key.draw(screen, baseline + GAP);
    let titles = head_rows(sheet) - NAME / 2 - 2;
    for (i, title) in sheet.columns.iter().enumerate() {
        screen.text(
            title,
            point(column_left(i), titles),
            LARGEST.width,
            bold(NAME),
            TEXT,
            PAGE,
        );
    }
}

fn draw_caption(row: &Row, screen: &mut Screen, top: u32) {
    let room = CAPTION - GAP;
    let mut baseline = top + NAME;
    let name = bold(NAME).shortened_in_the_middle(&row.name, room);
    screen.text(&name, point(MARGIN, baseline), room, bold(NAME), TEXT, PAGE);
    baseline += NAME / 2 + SCORE + GAP / 2;
    screen.text(&row.score, point(MARGIN, baseline), room, bold(SCORE), TEXT, PAGE);
    baseline += GAP / 2;
    for line in caption_lines(row) {
        baseline += small().line_height();
        screen.text(&line, point(MARGIN, baseline), room, small(), QUIET, PAGE);
    }
}

fn column_left(column: usize) -> u32 {
    MARGIN + CAPTION + column as u32 * (LARGEST.width + GAP)
}

fn point(x: u32, y: u32) -> Point {
    Point::new(x as i32, y as i32)
}

fn rectangle(left: u32, top: u32, width: u32, height: u32) -> Rectangle {
    Rectangle::new(point(left, top), Extent::new(width, height))
}

/// The colours and what they mean, in as many lines as they need.
struct Key<'a> {
    entries: Vec<KeyEntry<'a>>,
    lines: u32,
}

struct KeyEntry<'a> {
    colour: Rgb888,
    words: &'a str,
    left: u32,
    line: u32,
}

impl<'a> Key<'a> {
    const SWATCH: u32 = 16;
    const LINE: u32 = 26;

    fn new(sheet: &'a Sheet) -> Self {
        let right = width(sheet) - MARGIN;
        let (mut left, mut line) = (MARGIN, 0);
        let mut entries = Vec::new();
        for ([r, g, b], words) in &sheet.key {
            let needed = Self::SWATCH + GAP + small().width(words);
            if left + needed > right && left > MARGIN {
                (left, line) = (MARGIN, line + 1);
            }
            entries.push(KeyEntry {
                colour: Rgb888::new(*r, *g, *b),
                words,
                left,
                line,
            });
            left += needed + 2 * GAP;
        }
        let lines = if entries.is_empty() { 0 } else { line + 1 };
        Self { entries, lines }
    }

    fn height(&self) -> u32 {
        self.lines * Self::LINE
    }

    fn draw(&self, screen: &mut Screen, top: u32) {
        for entry in &self.entries {
            let top = top + entry.line * Self::LINE;
            screen.fill(rectangle(entry.left, top, Self::SWATCH, Self::SWATCH), QUIET);
            let inner = rectangle(entry.left + 1, top + 1, Self::SWATCH - 2, Self::SWATCH - 2);
            screen.fill(inner, entry.colour);
            let baseline = top + (Self::SWATCH + SMALL) / 2;
            let left = entry.left + Self::SWATCH + GAP;
            screen.text(entry.words, point(left, baseline), u32::MAX / 4, small(), TEXT, PAGE);
        }
    }
}

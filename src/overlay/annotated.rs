//! A picture with what was found in it and a legend below: for `<id>_overlay.jpg` and for `fishrig segment`.

use embedded_graphics::geometry::Point;
use embedded_graphics::primitives::Rectangle;
use image::RgbImage;

use super::font::Face;
use super::layout::{self, SizeClass};
use super::measure_layer;
use super::panel;
use super::picture::PictureLayer;
use super::screen::Screen;
use super::tags;
use super::text::TextStyle;
use super::theme;
use super::view::{Annotations, TraitLayer};
use super::words;
use crate::display::Canvas;
use crate::frame::Size;
use crate::traits::{Palette, Trait};

/// Longest side of an annotated picture.
const LONGEST: u32 = 16_384;

/// The picture, `width` columns wide (or less, so that no side is longer than 16384), with traits and rectangles on it and the legend in
/// a strip below it. An empty picture stays empty.
pub fn annotated_picture(picture: &RgbImage, annotations: &Annotations, palette: Palette, width: u32) -> RgbImage {
    let from = Size::from(picture.dimensions());
    let limits = embedded_graphics::geometry::Size::new(width.clamp(1, LONGEST), LONGEST);
    let place = layout::fitted(from, Rectangle::new(Point::zero(), limits));
    let place = Rectangle::new(Point::zero(), place.size);
    if place.is_zero_sized() {
        return RgbImage::new(0, 0);
    }
    let legend = annotations
        .traits
        .as_ref()
        .map(|traits| Legend::new(traits, palette, place.size.width));
    let rows = place.size.height + legend.as_ref().map_or(0, Legend::rows);

    let mut screen = Screen::new(embedded_graphics::geometry::Size::new(place.size.width, rows));
    // The measures of the display on which such a picture would fill the width.
    let class = SizeClass::of(Size::new(place.size.width, place.size.width * 3 / 4));
    let measures = class.measures_for(Size::new(1, 1));
    let layer = PictureLayer {
        picture,
        annotations,
        palette,
        line: measures.outline,
        part: None,
    };
    screen.picture(place, layer);
    let words = tags::compose(&mut screen, annotations, place, &measures);
    measure_layer::compose(&mut screen, annotations, place, &words, &measures);
    if let Some(legend) = &legend {
        let mut whole = Rectangle::new(
            Point::zero(),
            embedded_graphics::geometry::Size::new(place.size.width, rows),
        );
        legend.compose(&mut screen, layout::take_bottom(&mut whole, legend.rows()));
    }
    let mut canvas = Canvas::new(Size::new(place.size.width, rows));
    let Ok(()) = screen.paint(&mut canvas);
    canvas.into_picture()
}

/// Entries in rows, as many in a row as fit.
struct Legend {
    style: TextStyle,
    entries: Vec<Entry>,
    rows: u32,
}

struct Entry {
    swatch: Option<embedded_graphics::pixelcolor::Rgb888>,
    words: String,
    left: u32,
    row: u32,
}

impl Legend {
    fn new(traits: &TraitLayer, palette: Palette, width: u32) -> Self {
        let style = TextStyle::new(Face::Regular, (width / 85).clamp(8, 30));
        let mut entries = Vec::new();
        let present = traits.mask.present();
        for which in panel::READING_ORDER.into_iter().filter(|t| present.contains(*t)) {
            let confidence =
                traits.confidence[which.channel()].map_or_else(String::new, |c| format!(" {}", words::percent(c)));
            entries.push((
                Some(theme::of_rgb(palette.colour(which))),
                format!("{which}{confidence}"),
            ));
        }
        let named = |title: &str, names: Vec<&str>| {
            (!names.is_empty()).then(|| (None, format!("{title}: {}", names.join(", "))))
        };
        let absent = |t: &Trait| !present.contains(*t) && !traits.not_assessed.contains(*t);
        entries.extend(named("not found", labels(absent)));
        entries.extend(named("not assessed", labels(|t| traits.not_assessed.contains(*t))));
        Self::flowing(entries, style, width)
    }

    /// Places each entry after the one before it, or at the start of the next row.
    fn flowing(
        entries: Vec<(Option<embedded_graphics::pixelcolor::Rgb888>, String)>,
        style: TextStyle,
        width: u32,
    ) -> Self {
        let capital = style.capital();
        let (mut left, mut row) = (capital, 0);
        let mut placed = Vec::new();
        for (swatch, words) in entries {
            let needed = style.width(&words) + if swatch.is_some() { 2 * capital } else { 0 };
            if left > capital && left + needed + capital > width {
                (left, row) = (capital, row + 1);
            }
            placed.push(Entry {
                swatch,
                words,
                left,
                row,
            });
            left += needed + 2 * capital;
        }
        Self {
            style,
            entries: placed,
            rows: row + 1,
        }
    }

    fn pitch(&self) -> u32 {
        self.style.capital() * 2
    }

    /// Rows of pixels.
    fn rows(&self) -> u32 {
        self.rows * self.pitch() + self.style.capital()
    }

    fn compose(&self, screen: &mut Screen, area: Rectangle) {
        screen.fill(area, theme::GROUND);
        let (capital, pitch) = (self.style.capital(), self.pitch());
        for entry in &self.entries {
            let top = area.top_left.y + (capital / 2 + entry.row * pitch) as i32;
            let mut row = Rectangle::new(
                Point::new(area.top_left.x + entry.left as i32, top),
                embedded_graphics::geometry::Size::new(area.size.width.saturating_sub(entry.left + capital), pitch),
            );
            let colour = if let Some(colour) = entry.swatch {
                let side = capital * 5 / 4;
                let swatch = layout::centred_square(layout::take_left(&mut row, side), side);
                screen.fill(swatch, theme::QUIET);
                screen.fill(layout::inset(swatch, 1), colour);
                layout::take_left(&mut row, capital * 3 / 4);
                theme::TEXT
            } else {
                theme::QUIET
            };
            let at = Point::new(row.top_left.x, self.style.middle_baseline(row));
            screen.text(&entry.words, at, row.size.width, self.style, colour, theme::GROUND);
        }
    }
}

fn labels(of: impl Fn(&Trait) -> bool) -> Vec<&'static str> {
    panel::READING_ORDER.into_iter().filter(of).map(Trait::label).collect()
}

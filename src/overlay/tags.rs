//! Words at the rectangles in the picture.

use embedded_graphics::geometry::Point;
use embedded_graphics::primitives::Rectangle;

use super::font::Face;
use super::layout::Measures;
use super::picture::placed;
use super::screen::Screen;
use super::text::TextStyle;
use super::theme;
use super::view::Annotations;
use crate::frame::{PixelBox, Size};

/// Puts a word at each rectangle where there is room: above it, below it or inside it, never on the fish or on another word.
pub(super) fn compose(screen: &mut Screen, found: &Annotations, picture: Rectangle, measures: &Measures) {
    if measures.panel == 0 {
        return;
    }
    let shown = Size::new(picture.size.width, picture.size.height);
    let place = |bounds: &PixelBox| {
        let at = placed(bounds, found.picture, shown);
        Rectangle::new(at.top_left + picture.top_left, at.size)
    };
    // No word lies on the fish.
    let mut taken: Vec<Rectangle> = found.fish.iter().map(|fish| place(&fish.bounds)).collect();
    let mut tag = |bounds: &PixelBox, words: &str, attention: bool| {
        let at = place(bounds);
        let style = TextStyle::new(Face::Bold, measures.small_text);
        let Some(place) = free_place(at, chip_size(style, words), picture, measures.outline + 2, &taken) else {
            return;
        };
        taken.push(place);
        let (colour, on) = if attention {
            (theme::DARK_TEXT, theme::AMBER)
        } else {
            (theme::TEXT, theme::BLUE)
        };
        screen.fill(place, on);
        let pad = pad(style) as i32;
        let baseline = place.top_left.y + (place.size.height as i32 + style.capital() as i32) / 2;
        let at = Point::new(place.top_left.x + pad, baseline);
        screen.text(words, at, place.size.width, style, colour, on);
    };
    if let Some(fish) = &found.fish {
        if fish.cut_by_edge {
            tag(&fish.bounds, "fish, cut off", true);
        } else {
            tag(&fish.bounds, "fish", false);
        }
    }
    for fish in &found.further_fish {
        tag(fish, "not taken", true);
    }
    for (bounds, words) in [(&found.label, "label"), (&found.ruler, "ruler")] {
        if let Some(bounds) = bounds {
            tag(bounds, words, false);
        }
    }
}

/// Around the word.
fn pad(style: TextStyle) -> u32 {
    style.capital() * 2 / 5
}

fn chip_size(style: TextStyle, words: &str) -> embedded_graphics::geometry::Size {
    let pad = pad(style);
    embedded_graphics::geometry::Size::new(style.width(words) + 2 * pad, style.capital() + 2 * pad)
}

/// The first place at the rectangle that is inside the picture and free.
fn free_place(
    at: Rectangle,
    size: embedded_graphics::geometry::Size,
    picture: Rectangle,
    gap: u32,
    taken: &[Rectangle],
) -> Option<Rectangle> {
    let (width, height, gap) = (size.width as i32, size.height as i32, gap as i32);
    let (left, top) = (at.top_left.x - gap, at.top_left.y);
    let (right, bottom) = (left + at.size.width as i32 + 2 * gap, top + at.size.height as i32);
    // A word that would lie on the fish moves along its own rectangle.
    let along = (1..4).map(|quarter| (left + quarter * (right - left) / 4, top - gap - height));
    let candidates = [
        (left, top - gap - height),
        (right - width, top - gap - height),
        (left, bottom + gap),
        (right - width, bottom + gap),
        (left + 2 * gap, top + gap),
        (right - 2 * gap - width, bottom - gap - height),
    ];
    let (low_x, low_y) = (picture.top_left.x, picture.top_left.y);
    let high_x = low_x + picture.size.width as i32 - width;
    candidates
        .into_iter()
        .chain(along)
        .map(|(x, y)| Rectangle::new(Point::new(x.min(high_x).max(low_x), y), size))
        .find(|place| {
            place.top_left.y >= low_y
                && picture.intersection(place) == *place
                && taken.iter().all(|other| other.intersection(place).is_zero_sized())
        })
}

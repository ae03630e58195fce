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

/// Puts a word at each rectangle: above its top left corner, or below its bottom left one where there is no room.
pub(super) fn compose(screen: &mut Screen, found: &Annotations, picture: Rectangle, measures: &Measures) {
    let shown = Size::new(picture.size.width, picture.size.height);
    let mut taken: Vec<Rectangle> = Vec::new();
    let mut tag = |bounds: &PixelBox, words: &str, attention: bool| {
        let mut at = placed(bounds, found.picture, shown);
        at.top_left += picture.top_left;
        let style = TextStyle::new(Face::Bold, measures.small_text);
        let Some(place) = free_place(at, chip_size(style, words), picture, measures.outline + 2, &taken) else {
            return;
        };
        taken.push(place);
        let (colour, on) = if attention {
            (theme::DARK_TEXT, theme::AMBER)
        } else {
            (theme::TEXT, theme::GROUND)
        };
        screen.fill(place, on);
        let pad = style.capital() as i32 / 2;
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

fn chip_size(style: TextStyle, words: &str) -> embedded_graphics::geometry::Size {
    let pad = style.capital() / 2;
    embedded_graphics::geometry::Size::new(style.width(words) + 2 * pad, style.capital() + 2 * pad)
}

/// Above, below, or inside the rectangle, inside the picture and on no other tag.
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
    let candidates = [
        (left, top - gap - height),
        (right - width, top - gap - height),
        (left, bottom + gap),
        (right - width, bottom + gap),
        (left + 2 * gap, top + gap),
    ];
    let (low_x, low_y) = (picture.top_left.x, picture.top_left.y);
    let high_x = low_x + picture.size.width as i32 - width;
    candidates
        .into_iter()
        .map(|(x, y)| Rectangle::new(Point::new(x.min(high_x).max(low_x), y), size))
        .find(|place| {
            place.top_left.y >= low_y
                && picture.intersection(place) == *place
                && taken.iter().all(|other| other.intersection(place).is_zero_sized())
        })
}

//! Words at the rectangles in the picture.

use embedded_graphics::geometry::Point;
use embedded_graphics::primitives::Rectangle;

use super::boxes::placed;
use super::font::Face;
use super::layout::Measures;
use super::screen::Screen;
use super::text::TextStyle;
use super::theme;
use super::view::Annotations;
use crate::frame::{PixelBox, Size};

/// Puts a word at each rectangle where there is room: above it, below it or inside it, never on the fish or on another word. Gives
/// back where the words are.
pub(super) fn compose(
    screen: &mut Screen,
    found: &Annotations,
    picture: Rectangle,
    measures: &Measures,
) -> Vec<Rectangle> {
    if measures.panel == 0 {
        return Vec::new();
    }
    let style = TextStyle::new(Face::Bold, measures.small_text);
    let pad = style.capital() * 2 / 5;
    let tags = tags(found, picture);
    let fish: Vec<Rectangle> = tags.iter().filter(|tag| tag.of_fish).map(|tag| tag.at).collect();
    let mut words: Vec<Rectangle> = Vec::new();
    for (i, tag) in tags.iter().enumerate() {
        let size = embedded_graphics::geometry::Size::new(style.width(tag.words) + 2 * pad, style.capital() + 2 * pad);
        let others: Vec<Rectangle> = tags
            .iter()
            .enumerate()
            .filter(|(j, _)| *j != i)
            .map(|(_, tag)| tag.at)
            .collect();
        let free = |place: &Rectangle, of: &[Rectangle]| of.iter().all(|o| o.intersection(place).is_zero_sized());
        let places: Vec<Rectangle> = places(tag.at, size, picture, measures.outline + 2)
            .filter(|place| free(place, &words) && (tag.of_fish || free(place, &fish)))
            .collect();
        let clear = places.iter().find(|place| free(place, &others));
        let Some(place) = clear.or(places.first()).copied() else {
            continue;
        };
        words.push(place);
        let (colour, on) = if tag.attention {
            (theme::DARK_TEXT, theme::AMBER)
        } else {
            (theme::TEXT, theme::BLUE)
        };
        screen.fill(place, on);
        let at = Point::new(place.top_left.x + pad as i32, style.middle_baseline(place));
        screen.text(tag.words, at, place.size.width, style, colour, on);
    }
    words
}

struct Tag {
    at: Rectangle,
    words: &'static str,
    attention: bool,
    of_fish: bool,
}

fn tags(found: &Annotations, picture: Rectangle) -> Vec<Tag> {
    let shown = Size::new(picture.size.width, picture.size.height);
    let place = |bounds: &PixelBox| {
        let at = placed(bounds, found.picture, shown);
        Rectangle::new(at.top_left + picture.top_left, at.size)
    };
    let beside = |bounds: &PixelBox, words| Tag {
        at: place(bounds),
        words,
        attention: false,
        of_fish: false,
    };
    let fish = found.fish.iter().map(|fish| Tag {
        at: place(&fish.bounds),
        words: if fish.cut_by_edge { "fish, cut off" } else { "fish" },
        attention: fish.cut_by_edge,
        of_fish: true,
    });
    let further = found.further_fish.iter().map(|fish| Tag {
        at: place(fish),
        words: "not taken",
        attention: true,
        of_fish: false,
    });
    fish.chain(further)
        .chain(found.label.iter().map(|b| beside(b, "label")))
        .chain(found.ruler.iter().map(|b| beside(b, "ruler")))
        .collect()
}

/// The places of a word at a rectangle, best first, all inside the picture.
fn places(
    at: Rectangle,
    size: embedded_graphics::geometry::Size,
    picture: Rectangle,
    gap: u32,
) -> impl Iterator<Item = Rectangle> {
    let (width, height, gap) = (size.width as i32, size.height as i32, gap as i32);
    let (left, top) = (at.top_left.x - gap, at.top_left.y);
    let (right, bottom) = (left + at.size.width as i32 + 2 * gap, top + at.size.height as i32);
    let (above, below) = (top - gap - height, bottom + gap);
    let along = (1..4).map(move |quarter| (left + quarter * (right - left) / 4, above));
    let low_x = picture.top_left.x;
    let high_x = low_x + picture.size.width as i32 - width;
    [
        (left, above),
        (right - width, above),
        (left, below),
        (right - width, below),
        (left + 2 * gap, top + gap),
        (right - 2 * gap - width, bottom - gap - height),
    ]
    .into_iter()
    .chain(along)
    .map(move |(x, y)| Rectangle::new(Point::new(x.min(high_x).max(low_x), y), size))
    .filter(move |place| picture.intersection(place) == *place)
}

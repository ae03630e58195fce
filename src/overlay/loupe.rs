//! A small fish enlarged in a free corner of the picture, so that its traits can be judged from two metres.

use embedded_graphics::geometry::Point;
use embedded_graphics::primitives::Rectangle;

use super::boxes::placed;
use super::font::Face;
use super::layout::{self, Measures};
use super::picture::PictureLayer;
use super::screen::Screen;
use super::text::TextStyle;
use super::theme;
use crate::frame::{PixelBox, Size};

/// Widths that are tried, in hundredths of the picture's.
const WIDTHS: [u32; 3] = [50, 40, 30];
/// Greatest height in hundredths of the picture's.
const HEIGHT: u32 = 42;
/// Enlarging by less than this, in tenths, shows nothing new.
const LEAST_ENLARGED: u32 = 17;

/// Puts the enlarged crop into a corner of `picture` in which nothing lies, or nowhere; `words` are the tags' places.
pub(super) fn compose<'a>(
    screen: &mut Screen<'a>,
    whole: PictureLayer<'a>,
    picture: Rectangle,
    words: &[Rectangle],
    measures: &Measures,
) {
    let Some(traits) = &whole.annotations.traits else {
        return;
    };
    if measures.panel == 0 || traits.crop.area() == 0 {
        return;
    }
    let taken = taken(&whole, picture, words);
    let now = place(&whole, &traits.crop, picture);
    let free = WIDTHS.iter().find_map(|width| {
        let limits = embedded_graphics::geometry::Size::new(
            picture.size.width * width / 100,
            picture.size.height * HEIGHT / 100,
        );
        let mut size = layout::fitted(traits.crop.size(), Rectangle::new(Point::zero(), limits)).size;
        let enlarged = size.width * 10 >= now.size.width * LEAST_ENLARGED;
        size.height += caption_rows(measures);
        let corners = corners(picture, size, measures.margin.max(4));
        let is_free = |corner: &Rectangle| taken.iter().all(|t| t.intersection(corner).is_zero_sized());
        corners.into_iter().find(is_free).filter(|_| enlarged)
    });
    if let Some(mut area) = free {
        frame(screen, area, measures);
        let times = f64::from(area.size.width) / f64::from(now.size.width);
        let row = layout::take_top(&mut area, caption_rows(measures));
        caption(screen, row, &format!("fish {times:.0}x"), measures);
        let part = Some(traits.crop);
        screen.picture(area, PictureLayer { part, ..whole });
    }
}

fn place(whole: &PictureLayer, bounds: &PixelBox, picture: Rectangle) -> Rectangle {
    let shown = Size::new(picture.size.width, picture.size.height);
    let at = placed(bounds, whole.annotations.picture, shown);
    Rectangle::new(at.top_left + picture.top_left, at.size)
}

fn taken(whole: &PictureLayer, picture: Rectangle, words: &[Rectangle]) -> Vec<Rectangle> {
    let found = whole.annotations;
    let crop = found.traits.as_ref().map(|traits| &traits.crop);
    let regions = crop
        .into_iter()
        .chain(&found.label)
        .chain(&found.ruler)
        .chain(&found.further_fish)
        .chain(found.fish.as_ref().map(|fish| &fish.bounds));
    let regions = regions.map(|bounds| place(whole, bounds, picture));
    regions.chain(words.iter().copied()).collect()
}

fn corners(picture: Rectangle, size: embedded_graphics::geometry::Size, margin: u32) -> [Rectangle; 4] {
    let m = margin as i32;
    let (left, top) = (picture.top_left.x + m, picture.top_left.y + m);
    let right = picture.top_left.x + picture.size.width as i32 - size.width as i32 - m;
    let bottom = picture.top_left.y + picture.size.height as i32 - size.height as i32 - m;
    [(right, bottom), (left, bottom), (right, top), (left, top)].map(|(x, y)| Rectangle::new(Point::new(x, y), size))
}

fn frame(screen: &mut Screen, area: Rectangle, measures: &Measures) {
    let line = measures.outline + 1;
    let around = Rectangle::new(
        area.top_left - Point::new_equal(line as i32),
        area.size + embedded_graphics::geometry::Size::new_equal(2 * line),
    );
    screen.fill(around, theme::BLUE);
}

fn caption_style(measures: &Measures) -> TextStyle {
    TextStyle::new(Face::Bold, measures.small_text)
}

fn caption_rows(measures: &Measures) -> u32 {
    caption_style(measures).capital() * 9 / 5
}

fn caption(screen: &mut Screen, row: Rectangle, words: &str, measures: &Measures) {
    let style = caption_style(measures);
    screen.fill(row, theme::BLUE);
    let left = row.top_left.x + style.capital() as i32 / 2;
    let at = Point::new(left, style.middle_baseline(row));
    screen.text(words, at, row.size.width, style, theme::TEXT, theme::BLUE);
}

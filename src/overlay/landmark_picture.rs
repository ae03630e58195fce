//! A mask with its landmarks on it, numbered: the picture `X_landmark.png`.

use embedded_graphics::geometry::{Point, Size};
use embedded_graphics::pixelcolor::Rgb888;
use embedded_graphics::primitives::Rectangle;
use image::{Rgb, RgbImage};

use super::font::Face;
use super::screen::Screen;
use super::text::TextStyle;
use crate::display::Canvas;
use crate::measure::bgnn::Landmarks;
use crate::traits::{TraitMask, paint};

const DOT: Rgb<u8> = Rgb([220, 0, 0]);
const RIM: Rgb<u8> = Rgb([255, 255, 255]);

/// The turned mask in BGNN's colours with a dot at each landmark and its number beside it; pixel for pixel as large as the mask.
pub fn landmark_picture(level: &TraitMask, landmarks: &Landmarks) -> RgbImage {
    let size = level.size();
    let radius = (f64::from(size.width) / 260.0).round().clamp(4.0, 12.0) as i64;
    let mut picture = paint::bgnn(level);
    for (_, mark) in landmarks.iter() {
        dot(&mut picture, i64::from(mark.column), i64::from(mark.row), radius);
    }
    let style = TextStyle::new(Face::Bold, (radius as u32 * 2).clamp(8, 24));
    let whole = Rectangle::new(Point::zero(), Size::new(size.width, size.height));
    let mut taken: Vec<Rectangle> = landmarks
        .iter()
        .map(|(_, mark)| square(mark.column as i32, mark.row as i32, radius as i32))
        .collect();
    let mut numbers = Vec::new();
    for (number, mark) in landmarks.iter() {
        let words = number.to_string();
        let plate = Size::new(style.width(&words) + 4, style.capital() + 4);
        let places = places(mark.column as i32, mark.row as i32, radius as i32 + 1, plate);
        let inside = |place: &&Rectangle| whole.intersection(place) == **place;
        let free = |place: &&Rectangle| taken.iter().all(|t| t.intersection(place).is_zero_sized());
        let Some(place) = places.iter().filter(inside).find(free).or(places.iter().find(inside)) else {
            continue;
        };
        taken.push(*place);
        numbers.push((words, *place));
    }
    with_numbers(picture, &numbers, style)
}

/// Numbers on plates over the picture.
fn with_numbers(mut picture: RgbImage, numbers: &[(String, Rectangle)], style: TextStyle) -> RgbImage {
    for (words, place) in numbers {
        let mut screen = Screen::new(place.size);
        let plate = Rectangle::new(Point::zero(), place.size);
        let on = Rgb888::new(30, 30, 30);
        screen.fill(plate, on);
        let at = Point::new(2, style.middle_baseline(plate));
        screen.text(words, at, place.size.width, style, Rgb888::new(255, 255, 255), on);
        let mut canvas = Canvas::new(crate::frame::Size::new(place.size.width, place.size.height));
        let Ok(()) = screen.paint(&mut canvas);
        let (x, y) = (i64::from(place.top_left.x), i64::from(place.top_left.y));
        image::imageops::replace(&mut picture, canvas.picture(), x, y);
    }
    picture
}

/// Beside the dot, the nearest first.
fn places(x: i32, y: i32, reach: i32, plate: Size) -> Vec<Rectangle> {
    let (width, height) = (plate.width as i32, plate.height as i32);
    let mut places = Vec::new();
    for further in 0..3 {
        let reach = reach + further * (height + 1);
        let corners = [
            (x + reach, y - height / 2),
            (x - reach - width, y - height / 2),
            (x - width / 2, y - reach - height),
            (x - width / 2, y + reach),
            (x + reach, y - reach - height),
            (x - reach - width, y - reach - height),
            (x + reach, y + reach),
            (x - reach - width, y + reach),
        ];
        places.extend(corners.map(|(left, top)| Rectangle::new(Point::new(left, top), plate)));
    }
    places
}

fn square(x: i32, y: i32, radius: i32) -> Rectangle {
    let side = (2 * radius + 1) as u32;
    Rectangle::new(Point::new(x - radius, y - radius), Size::new(side, side))
}

/// A red disc in a white rim, its middle pixel the landmark's.
fn dot(picture: &mut RgbImage, x: i64, y: i64, radius: i64) {
    for dy in -radius..=radius {
        for dx in -radius..=radius {
            let far = dx * dx + dy * dy;
            if far > radius * radius {
                continue;
            }
            let place = (u32::try_from(x + dx), u32::try_from(y + dy));
            let (Ok(column), Ok(row)) = place else { continue };
            if let Some(pixel) = picture.get_pixel_mut_checked(column, row) {
                *pixel = if far > (radius - 1) * (radius - 1) { RIM } else { DOT };
            }
        }
    }
}

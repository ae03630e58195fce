//! The live picture with the traits and rectangles on it.

use image::{RgbImage, imageops};

use super::boxes;
use super::trait_layer::{self, Seen};
use super::view::Annotations;
use crate::display::Canvas;
use crate::frame::{PixelBox, Size, for_display};
use crate::traits::Palette;

/// A picture and what is to be drawn on it.
#[derive(Debug, Clone, Copy)]
pub struct PictureLayer<'a> {
    /// The picture.
    pub picture: &'a RgbImage,
    /// What was found in it.
    pub annotations: &'a Annotations,
    /// Colours of the traits.
    pub palette: Palette,
    /// Width of lines in pixels of the screen.
    pub line: u32,
    /// Only this part of it (in the pixels that the annotations count in), with traits and without rectangles; or else all of it.
    pub part: Option<PixelBox>,
}

impl PictureLayer<'_> {
    /// The picture in the size at which it is shown, annotated.
    pub fn render(&self, size: Size) -> RgbImage {
        match &self.part {
            Some(part) => self.render_part(part, size),
            None => self.render_whole(size),
        }
    }

    fn render_whole(&self, size: Size) -> RgbImage {
        let counted = self.annotations.picture;
        let seen = Seen {
            columns: 0.0..f64::from(counted.width),
            rows: 0.0..f64::from(counted.height),
        };
        let mut shown = for_display(self.picture, size);
        self.paint_traits(&mut shown, &seen);
        let mut canvas = Canvas::from(shown);
        boxes::draw(&mut canvas, self.annotations, self.line);
        canvas.into_picture()
    }

    fn render_part(&self, part: &PixelBox, size: Size) -> RgbImage {
        let (columns, seen_columns) = cut(
            part.left,
            part.right,
            self.annotations.picture.width,
            self.picture.width(),
        );
        let (rows, seen_rows) = cut(
            part.top,
            part.bottom,
            self.annotations.picture.height,
            self.picture.height(),
        );
        let width = columns.end - columns.start;
        let height = rows.end - rows.start;
        let cut = imageops::crop_imm(self.picture, columns.start, rows.start, width, height).to_image();
        let mut shown = for_display(&cut, size);
        let seen = Seen {
            columns: seen_columns,
            rows: seen_rows,
        };
        self.paint_traits(&mut shown, &seen);
        shown
    }

    fn paint_traits(&self, shown: &mut RgbImage, seen: &Seen) {
        if let Some(traits) = &self.annotations.traits {
            trait_layer::paint(shown, traits, seen, self.palette, self.line);
        }
    }
}

/// The pixels of a picture of `pixels` that cover `from..to` of `counted`, at least one, and what they cover exactly.
fn cut(from: u32, to: u32, counted: u32, pixels: u32) -> (std::ops::Range<u32>, std::ops::Range<f64>) {
    let scale = f64::from(counted.max(1)) / f64::from(pixels);
    let start = ((f64::from(from) / scale) as u32).min(pixels - 1);
    let end = ((f64::from(to) / scale).ceil() as u32).clamp(start + 1, pixels);
    (start..end, f64::from(start) * scale..f64::from(end) * scale)
}

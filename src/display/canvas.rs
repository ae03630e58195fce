//! The picture that a display shows.

use std::convert::Infallible;

use embedded_graphics::geometry::{Dimensions, OriginDimensions, Point};
use embedded_graphics::pixelcolor::{Rgb888, RgbColor};
use embedded_graphics::primitives::Rectangle;
use embedded_graphics::{Pixel, draw_target::DrawTarget};
use image::RgbImage;

use crate::frame::Size;

/// An RGB picture of any size to draw on with embedded-graphics.
///
/// Three bytes a pixel, red first, rows from the top without padding. What is drawn outside is cut away.
#[derive(Clone, PartialEq, Eq)]
pub struct Canvas {
    picture: RgbImage,
}

impl Canvas {
    /// A black canvas.
    pub fn new(size: Size) -> Self {
        Self {
            picture: RgbImage::new(size.width, size.height),
        }
    }

    /// Columns and rows.
    pub fn size(&self) -> Size {
        self.picture.dimensions().into()
    }

    /// What is drawn, as a picture.
    pub fn picture(&self) -> &RgbImage {
        &self.picture
    }

    /// What is drawn, as a picture of its own.
    pub fn into_picture(self) -> RgbImage {
        self.picture
    }

    /// The bytes of a row from the top; `None` below the last.
    pub fn row(&self, y: u32) -> Option<&[u8]> {
        let bytes = self.row_bytes();
        let start = bytes.checked_mul(y as usize)?;
        self.picture.as_raw().get(start..start + bytes)
    }

    /// The bytes of a row from the top, to write on; `None` below the last.
    pub fn row_mut(&mut self, y: u32) -> Option<&mut [u8]> {
        let bytes = self.row_bytes();
        let start = bytes.checked_mul(y as usize)?;
        self.picture.get_mut(start..start + bytes)
    }

    /// The bytes of all rows, to write on.
    pub(super) fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.picture
    }

    fn row_bytes(&self) -> usize {
        self.picture.width() as usize * 3
    }

    /// The bytes of columns `left..left + width` of row `y`, which lie inside.
    fn span_mut(&mut self, left: i32, y: i32, width: u32) -> &mut [u8] {
        let start = y as usize * self.row_bytes() + left as usize * 3;
        &mut self.picture.as_flat_samples_mut().samples[start..start + width as usize * 3]
    }
}

impl From<RgbImage> for Canvas {
    /// A canvas with that picture on it.
    fn from(picture: RgbImage) -> Self {
        Self { picture }
    }
}

impl std::fmt::Debug for Canvas {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Canvas({})", self.size())
    }
}

impl OriginDimensions for Canvas {
    fn size(&self) -> embedded_graphics::geometry::Size {
        embedded_graphics::geometry::Size::new(self.picture.width(), self.picture.height())
    }
}

impl DrawTarget for Canvas {
    type Color = Rgb888;
    type Error = Infallible;

    fn draw_iter<I>(&mut self, pixels: I) -> Result<(), Infallible>
    where
        I: IntoIterator<Item = Pixel<Rgb888>>,
    {
        for Pixel(Point { x, y }, colour) in pixels {
            if let (Ok(x), Ok(y)) = (u32::try_from(x), u32::try_from(y))
                && let Some(pixel) = self.picture.get_pixel_mut_checked(x, y)
            {
                pixel.0 = bytes(colour);
            }
        }
        Ok(())
    }

    fn fill_contiguous<I>(&mut self, area: &Rectangle, colours: I) -> Result<(), Infallible>
    where
        I: IntoIterator<Item = Rgb888>,
    {
        let inside = area.intersection(&self.bounding_box());
        let mut colours = colours.into_iter();
        if inside.is_zero_sized() {
            return Ok(());
        }
        let columns_before = (inside.top_left.x - area.top_left.x) as usize;
        let columns_after = (area.size.width - inside.size.width) as usize - columns_before;
        let rows_before = (inside.top_left.y - area.top_left.y) as usize;
        skip(&mut colours, rows_before * area.size.width as usize);
        for y in inside.rows() {
            skip(&mut colours, columns_before);
            for pixel in self
                .span_mut(inside.top_left.x, y, inside.size.width)
                .chunks_exact_mut(3)
            {
                let Some(colour) = colours.next() else {
                    return Ok(());
                };
                pixel.copy_from_slice(&bytes(colour));
            }
            skip(&mut colours, columns_after);
        }
        Ok(())
    }

    fn fill_solid(&mut self, area: &Rectangle, colour: Rgb888) -> Result<(), Infallible> {
        let inside = area.intersection(&self.bounding_box());
        if inside.is_zero_sized() {
            return Ok(());
        }
        let row = bytes(colour).repeat(inside.size.width as usize);
        for y in inside.rows() {
            self.span_mut(inside.top_left.x, y, inside.size.width)
                .copy_from_slice(&row);
        }
        Ok(())
    }
}

fn bytes(colour: Rgb888) -> [u8; 3] {
    [colour.r(), colour.g(), colour.b()]
}

fn skip(colours: &mut impl Iterator<Item = Rgb888>, count: usize) {
    if count > 0 {
        colours.nth(count - 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use embedded_graphics::Drawable;
    use embedded_graphics::mock_display::MockDisplay;
    use embedded_graphics::prelude::PointsIter;
    use embedded_graphics::primitives::{Circle, Primitive, PrimitiveStyle, Triangle};
    use proptest::prelude::*;

    fn drawn_on_canvas(area: Rectangle, colours: &[Rgb888], size: Size) -> Vec<u8> {
        let mut canvas = Canvas::new(size);
        canvas.fill_contiguous(&area, colours.iter().copied()).unwrap();
        canvas.into_picture().into_raw()
    }

    /// The same pixel by pixel, as the trait's provided method does it.
    fn drawn_pixel_by_pixel(area: Rectangle, colours: &[Rgb888], size: Size) -> Vec<u8> {
        let mut canvas = Canvas::new(size);
        let pixels = area.points().zip(colours).map(|(p, c)| Pixel(p, *c));
        canvas.draw_iter(pixels).unwrap();
        canvas.into_picture().into_raw()
    }

    proptest! {
        #[test]
        fn areas_are_cut_at_the_edges(
            x in -9i32..14, y in -9i32..14, width in 0u32..12, height in 0u32..12,
            canvas_width in 1u32..12, canvas_height in 1u32..12, missing in 0usize..9,
        ) {
            let area = Rectangle::new(Point::new(x, y), embedded_graphics::geometry::Size::new(width, height));
            let count = ((width * height) as usize).saturating_sub(missing);
            let colours: Vec<_> = (0..count).map(|i| Rgb888::new(i as u8, 7, (i / 3) as u8)).collect();
            let size = Size::new(canvas_width, canvas_height);
            prop_assert_eq!(drawn_on_canvas(area, &colours, size), drawn_pixel_by_pixel(area, &colours, size));

            let mut solid = Canvas::new(size);
            solid.fill_solid(&area, Rgb888::RED).unwrap();
            let all_red = vec![Rgb888::RED; (width * height) as usize];
            prop_assert_eq!(solid.into_picture().into_raw(), drawn_pixel_by_pixel(area, &all_red, size));
        }
    }

    #[test]
    fn shapes_look_as_on_the_crates_own_mock_display() {
        let mut canvas = Canvas::new(Size::new(64, 64));
        let mut mock = MockDisplay::<Rgb888>::new();
        mock.set_allow_overdraw(true);
        let circle = Circle::new(Point::new(3, 4), 40).into_styled(PrimitiveStyle::with_stroke(Rgb888::CYAN, 3));
        let triangle = Triangle::new(Point::new(50, 1), Point::new(20, 60), Point::new(63, 50))
            .into_styled(PrimitiveStyle::with_fill(Rgb888::YELLOW));
        circle.draw(&mut canvas).unwrap();
        circle.draw(&mut mock).unwrap();
        triangle.draw(&mut canvas).unwrap();
        triangle.draw(&mut mock).unwrap();
        for (x, y, pixel) in canvas.picture().enumerate_pixels() {
            let expected = mock.get_pixel(Point::new(x as i32, y as i32)).unwrap_or(Rgb888::BLACK);
            assert_eq!(pixel.0, bytes(expected), "{x}, {y}");
        }
    }

    #[test]
    fn rows_are_those_of_the_picture() {
        let mut canvas = Canvas::new(Size::new(3, 2));
        canvas.row_mut(1).unwrap()[3..6].copy_from_slice(&[1, 2, 3]);
        assert_eq!(canvas.picture().get_pixel(1, 1).0, [1, 2, 3]);
        assert_eq!(canvas.row(0), Some([0; 9].as_slice()));
        assert_eq!(canvas.row(2), None);
    }
}

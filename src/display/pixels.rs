//! From the canvas's three bytes a pixel to what a screen's memory holds.

use super::Canvas;

/// Where one colour lies in a pixel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ColourField {
    /// Bits below it.
    pub(super) offset: u32,
    /// Bits of it, 1 to 8.
    pub(super) length: u32,
}

impl ColourField {
    const fn new(offset: u32, length: u32) -> Self {
        Self { offset, length }
    }

    /// A colour's level from 0 to 255, its lowest bits cut off, in its place.
    fn placed(self, level: u8) -> u32 {
        u32::from(level) >> (8 - self.length) << self.offset
    }

    fn mask(self) -> u32 {
        (((1u64 << self.length) - 1) << self.offset) as u32
    }
}

/// How a pixel is stored: its bytes, least significant first, and the place of each colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PixelLayout {
    bytes: usize,
    red: ColourField,
    green: ColourField,
    blue: ColourField,
    /// Bits that are always set: opacity.
    set: u32,
}

impl PixelLayout {
    /// Four bytes: blue, green, red, unused.
    pub(super) const XRGB8888: Self = Self {
        bytes: 4,
        red: ColourField::new(16, 8),
        green: ColourField::new(8, 8),
        blue: ColourField::new(0, 8),
        set: 0,
    };
    /// Two bytes: five bits of red, six of green, five of blue.
    pub(super) const RGB565: Self = Self {
        bytes: 2,
        red: ColourField::new(11, 5),
        green: ColourField::new(5, 6),
        blue: ColourField::new(0, 5),
        set: 0,
    };

    /// A layout of 16, 24 or 32 bits; `None` where a field has not 1 to 8 bits, leaves the pixel or overlaps another.
    pub(super) fn new(bits: u32, [red, green, blue]: [ColourField; 3], opacity: Option<ColourField>) -> Option<Self> {
        let is_inside = |f: ColourField| {
            (1..=8).contains(&f.length) && f.offset.checked_add(f.length).is_some_and(|end| end <= bits)
        };
        let opacity_fits = opacity.is_none_or(is_inside);
        if !matches!(bits, 16 | 24 | 32) || ![red, green, blue].into_iter().all(is_inside) || !opacity_fits {
            return None;
        }
        let masks = [red.mask(), green.mask(), blue.mask()];
        if masks.iter().map(|m| m.count_ones()).sum::<u32>() != masks.iter().fold(0, |all, m| all | m).count_ones() {
            return None;
        }
        let colours = masks.iter().fold(0, |all, m| all | m);
        Some(Self {
            bytes: bits as usize / 8,
            red,
            green,
            blue,
            set: opacity.map_or(0, ColourField::mask) & !colours,
        })
    }

    /// Bytes a pixel, 2 to 4.
    pub(super) fn bytes(self) -> usize {
        self.bytes
    }

    /// Writes a canvas into a screen's memory, which begins with the first pixel and has `stride` bytes from a row to the next; what lies between the rows
    /// is left alone. Stops where the memory ends.
    pub(super) fn write_picture(self, canvas: &Canvas, memory: &mut [u8], stride: usize) {
        let row_bytes = canvas.size().width as usize * self.bytes;
        let rows = (0..).map_while(|y| canvas.row(y));
        for (line, rgb) in memory.chunks_mut(stride.max(1)).zip(rows) {
            // The last line may end with its last pixel.
            let end = row_bytes.min(line.len());
            self.write_row(rgb, &mut line[..end]);
        }
    }

    /// Writes a row of a canvas (three bytes a pixel, red first) into a row of the screen's memory; stops where either ends.
    fn write_row(self, rgb: &[u8], row: &mut [u8]) {
        match self {
            Self::XRGB8888 => {
                for (pixel, rgb) in row.chunks_exact_mut(4).zip(rgb.chunks_exact(3)) {
                    pixel.copy_from_slice(&[rgb[2], rgb[1], rgb[0], 0]);
                }
            }
            Self::RGB565 => {
                for (pixel, rgb) in row.chunks_exact_mut(2).zip(rgb.chunks_exact(3)) {
                    pixel.copy_from_slice(&rgb565([rgb[0], rgb[1], rgb[2]]).to_le_bytes());
                }
            }
            other => {
                for (pixel, rgb) in row.chunks_exact_mut(other.bytes).zip(rgb.chunks_exact(3)) {
                    let value =
                        other.red.placed(rgb[0]) | other.green.placed(rgb[1]) | other.blue.placed(rgb[2]) | other.set;
                    pixel.copy_from_slice(&value.to_le_bytes()[..other.bytes]);
                }
            }
        }
    }
}

/// Five bits of red, six of green, five of blue; the lowest bits of each are cut off.
pub(super) fn rgb565([red, green, blue]: [u8; 3]) -> u16 {
    u16::from(red >> 3) << 11 | u16::from(green >> 2) << 5 | u16::from(blue >> 3)
}

#[cfg(test)]
mod tests {
    use super::*;
    use embedded_graphics::pixelcolor::raw::{RawData, RawU16, RawU24};
    use embedded_graphics::pixelcolor::{Bgr565, Bgr888, Rgb555, Rgb565, Rgb888};
    use proptest::prelude::*;

    fn layout(bits: u32, red: (u32, u32), green: (u32, u32), blue: (u32, u32)) -> PixelLayout {
        let field = |(offset, length)| ColourField::new(offset, length);
        PixelLayout::new(bits, [field(red), field(green), field(blue)], None).unwrap()
    }

    fn written(layout: PixelLayout, rgb: &[u8]) -> Vec<u8> {
        let mut row = vec![0xAA; rgb.len() / 3 * layout.bytes() + 1];
        layout.write_row(rgb, &mut row);
        assert_eq!(row.pop(), Some(0xAA), "what follows the row is left alone");
        row
    }

    proptest! {
        #[test]
        fn pixels_are_those_of_embedded_graphics(rgb in prop::collection::vec(any::<[u8; 3]>(), 0..20)) {
            let bytes = rgb.concat();
            let raw = |convert: &dyn Fn([u8; 3]) -> u32, count: usize| -> Vec<u8> {
                rgb.iter().flat_map(|p| convert(*p).to_le_bytes()[..count].to_vec()).collect()
            };
            let five = |p: [u8; 3]| [p[0] >> 3, p[1] >> 3, p[2] >> 3];
            let rgb565 = |p: [u8; 3]| u32::from(RawU16::from(Rgb565::new(p[0] >> 3, p[1] >> 2, p[2] >> 3)).into_inner());
            let bgr565 = |p: [u8; 3]| u32::from(RawU16::from(Bgr565::new(p[0] >> 3, p[1] >> 2, p[2] >> 3)).into_inner());
            let rgb555 = |p: [u8; 3]| { let [r, g, b] = five(p); u32::from(RawU16::from(Rgb555::new(r, g, b)).into_inner()) };
            let rgb888 = |p: [u8; 3]| RawU24::from(Rgb888::new(p[0], p[1], p[2])).into_inner();
            let bgr888 = |p: [u8; 3]| RawU24::from(Bgr888::new(p[0], p[1], p[2])).into_inner();
            prop_assert_eq!(written(PixelLayout::RGB565, &bytes), raw(&rgb565, 2));
            prop_assert_eq!(written(layout(16, (0, 5), (5, 6), (11, 5)), &bytes), raw(&bgr565, 2));
            prop_assert_eq!(written(layout(16, (10, 5), (5, 5), (0, 5)), &bytes), raw(&rgb555, 2));
            prop_assert_eq!(written(layout(24, (16, 8), (8, 8), (0, 8)), &bytes), raw(&rgb888, 3));
            prop_assert_eq!(written(layout(24, (0, 8), (8, 8), (16, 8)), &bytes), raw(&bgr888, 3));
            prop_assert_eq!(written(PixelLayout::XRGB8888, &bytes), raw(&rgb888, 4));
            prop_assert_eq!(written(layout(32, (0, 8), (8, 8), (16, 8)), &bytes), raw(&bgr888, 4));
        }
    }

    proptest! {
        #[test]
        fn a_picture_lies_in_its_rows_and_nowhere_else(
            width in 1u32..9, height in 1u32..7, bits in prop::sample::select(vec![16u32, 24, 32]), padding in 0usize..7, missing in 0usize..40,
        ) {
            let field = |offset| ColourField::new(offset, 5);
            let layout = PixelLayout::new(bits, [field(0), field(11), field(6)], None).unwrap();
            let bytes = layout.bytes();
            let stride = width as usize * bytes + padding;
            let canvas = Canvas::from(image::RgbImage::from_fn(width, height, |x, y| image::Rgb([(31 * x) as u8, (57 * y) as u8, 255])));
            let mut memory = vec![0xAA; (stride * height as usize).saturating_sub(missing)];
            layout.write_picture(&canvas, &mut memory, stride);
            for (at, byte) in memory.iter().enumerate() {
                let (y, x) = (at / stride, at % stride / bytes);
                let is_whole = y * stride + (x + 1) * bytes <= memory.len();
                let expected = if x < width as usize && is_whole {
                    let [r, g, b] = canvas.picture().get_pixel(x as u32, y as u32).0.map(|level| u32::from(level) / 8);
                    (r | g << 11 | b << 6).to_le_bytes()[at % stride % bytes]
                } else {
                    0xAA
                };
                prop_assert_eq!(*byte, expected, "byte {} of {}", at, memory.len());
            }
        }
    }

    #[test]
    fn opacity_is_always_full() {
        let field = ColourField::new;
        let argb = PixelLayout::new(32, [field(16, 8), field(8, 8), field(0, 8)], Some(field(24, 8))).unwrap();
        assert_eq!(written(argb, &[1, 2, 3]), [3, 2, 1, 255]);
    }

    #[test]
    fn layouts_that_no_pixel_has_are_refused() {
        let field = ColourField::new;
        let usual = [field(11, 5), field(5, 6), field(0, 5)];
        assert_eq!(PixelLayout::new(16, usual, None), Some(PixelLayout::RGB565));
        for (bits, fields) in [
            (8, usual),
            (15, usual),
            (64, usual),
            (16, [field(12, 5), field(5, 6), field(0, 5)]),
            (16, [field(11, 0), field(5, 6), field(0, 5)]),
            (32, [field(16, 10), field(8, 8), field(0, 8)]),
            (16, [field(10, 5), field(5, 6), field(0, 5)]),
            (16, [field(u32::MAX, 5), field(5, 6), field(0, 5)]),
        ] {
            assert_eq!(PixelLayout::new(bits, fields, None), None, "{bits} {fields:?}");
        }
    }
}

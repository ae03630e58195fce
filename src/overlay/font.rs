//! The typefaces of the screen and their glyphs.
//!
//! A glyph is taken once from a bitmap font of 42 pixels capital height and then brought to any size by area averaging, which gives smooth
//! text where bitmap fonts have only steps. Below 10 pixels smoothing blurs, so there the hand-drawn 8 pixel bitmaps are used as they are.
//!
//! # Fonts and their terms
//!
//! All come from the crate u8g2-fonts, which is MIT or Apache-2.0 for itself and hands on each font under its own terms: wiki of
//! olikraus/u8g2, pages `fntgrpadobex11` and `fntgrpx11`; wiki of olikraus/ucglib, page `fontgroupfreeuniversal`; Inconsolata's own notice.
//!
//! | font | used for | terms |
//! |---|---|---|
//! | `u8g2_font_fur42_tf`, `u8g2_font_fub42_tf` (FreeUniversal) | text from 10 pixels on | SIL Open Font License. FreeUniversal (c) Stephen Wilson 2009. Original font Sil-Sophia copyright (c) SIL International, 1994-2008 |
//! | `u8g2_font_inr38_mf` (Inconsolata) | quoted lines of files | SIL Open Font License. Copyright 2006 Raph Levien |
//! | `u8g2_font_helvR08_tf`, `u8g2_font_helvB08_tf` (X11) | text below 10 pixels | Copyright 1984-1989, 1994 Adobe Systems Incorporated. Copyright 1988, 1994 Digital Equipment Corporation. Use, copying, modification, distribution and sale permitted without fee as long as copyright and permission notices are kept; "Adobe" is a trademark; the names are not to be used in advertising; no warranty |
//! | `u8g2_font_6x10_mf` (X11 misc) | quoted lines of files below 10 pixels | public domain |

use std::convert::Infallible;
use std::sync::OnceLock;

use embedded_graphics::Pixel;
use embedded_graphics::draw_target::DrawTarget;
use embedded_graphics::geometry::{OriginDimensions, Point, Size};
use embedded_graphics::pixelcolor::BinaryColor;
use embedded_graphics::prelude::PointsIter;
use embedded_graphics::primitives::Rectangle;
use u8g2_fonts::types::{FontColor, VerticalPosition};
use u8g2_fonts::{FontRenderer, fonts};

/// A typeface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Face {
    /// For what is read in passing.
    Regular,
    /// For what must be read.
    Bold,
    /// All characters equally wide: for lines quoted from files.
    Mono,
}

/// A capital height below which hand-drawn bitmaps are used.
pub(super) const SMALLEST_SMOOTH: u32 = 10;

/// The glyphs of one bitmap font.
pub(super) struct Glyphs {
    /// Height of a capital letter in pixels.
    pub capital: f32,
    /// By code point, up to the end of Latin-1.
    latin_1: Vec<Option<Glyph>>,
    missing: Glyph,
}

/// One glyph as a table of sums, from which the share of ink in any rectangle is read in four steps.
pub(super) struct Glyph {
    /// Pixels to the next glyph's origin.
    pub advance: f32,
    /// Columns from the origin to the glyph's box.
    pub left: i32,
    /// Rows from the baseline to the top of the glyph's box; negative above.
    pub top: i32,
    /// Columns of the box.
    pub width: u32,
    /// Rows of the box.
    pub height: u32,
    /// Number of ink pixels above and left of each corner of the pixel grid, `width + 1` a row.
    sums: Vec<u16>,
}

impl Glyphs {
    /// The glyphs of a face for text of that capital height.
    pub fn of(face: Face, capital: u32) -> &'static Self {
        static LARGE: [OnceLock<Glyphs>; 3] = [const { OnceLock::new() }; 3];
        static SMALL: [OnceLock<Glyphs>; 3] = [const { OnceLock::new() }; 3];
        let small = capital < SMALLEST_SMOOTH;
        let slot = if small { &SMALL } else { &LARGE };
        slot[face as usize].get_or_init(|| {
            Self::taken_from(&match (face, small) {
                (Face::Regular, false) => FontRenderer::new::<fonts::u8g2_font_fur42_tf>(),
                (Face::Bold, false) => FontRenderer::new::<fonts::u8g2_font_fub42_tf>(),
                (Face::Mono, false) => FontRenderer::new::<fonts::u8g2_font_inr38_mf>(),
                (Face::Regular, true) => FontRenderer::new::<fonts::u8g2_font_helvR08_tf>(),
                (Face::Bold, true) => FontRenderer::new::<fonts::u8g2_font_helvB08_tf>(),
                (Face::Mono, true) => FontRenderer::new::<fonts::u8g2_font_6x10_mf>(),
            })
        })
    }

    fn taken_from(font: &FontRenderer) -> Self {
        let latin_1: Vec<Option<Glyph>> = ('\0'..='\u{ff}')
            .map(|c| {
                if c.is_control() {
                    None
                } else {
                    Glyph::taken_from(font, c)
                }
            })
            .collect();
        let capital = latin_1[usize::from(b'H')].as_ref().map_or(1, |glyph| glyph.height);
        Self {
            capital: capital as f32,
            missing: Glyph::hollow_box(capital),
            latin_1,
        }
    }

    /// The glyph of a character; a hollow box for one that the font does not have.
    pub fn glyph(&self, character: char) -> &Glyph {
        let glyph = self.latin_1.get(character as usize).and_then(Option::as_ref);
        glyph.unwrap_or(&self.missing)
    }
}

impl Glyph {
    /// `None` if the font has no such character.
    fn taken_from(font: &FontRenderer, character: char) -> Option<Self> {
        let dimensions = font
            .get_rendered_dimensions(character, Point::zero(), VerticalPosition::Baseline)
            .ok()?;
        let bounds = dimensions.bounding_box.unwrap_or_default();
        let mut ink = Ink {
            size: bounds.size,
            on: vec![false; bounds.size.width as usize * bounds.size.height as usize],
        };
        font.render(
            character,
            Point::zero() - bounds.top_left,
            VerticalPosition::Baseline,
            FontColor::Transparent(BinaryColor::On),
            &mut ink,
        )
        .ok()?;
        // Monospaced fonts give the whole cell as each glyph's box.
        let inked = ink.inked();
        let ink = ink.cut(inked);
        Some(Self {
            advance: dimensions.advance.x as f32,
            left: bounds.top_left.x + inked.top_left.x,
            top: bounds.top_left.y + inked.top_left.y,
            width: inked.size.width,
            height: inked.size.height,
            sums: ink.sums(),
        })
    }

    fn hollow_box(capital: u32) -> Self {
        let size = Size::new((capital * 2 / 3).max(3), capital.max(3));
        let stroke = (capital / 10).max(1);
        let on = (0..size.height)
            .flat_map(|y| (0..size.width).map(move |x| (x, y)))
            .map(|(x, y)| x < stroke || y < stroke || x >= size.width - stroke || y >= size.height - stroke)
            .collect();
        Self {
            advance: (size.width + 2 * stroke) as f32,
            left: stroke as i32,
            top: -(size.height as i32),
            width: size.width,
            height: size.height,
            sums: Ink { size, on }.sums(),
        }
    }

    /// The ink in the rectangle between two points of the glyph's box, in pixels of the font; what lies outside is blank.
    pub fn ink_between(&self, (x0, y0): (f32, f32), (x1, y1): (f32, f32)) -> f32 {
        self.ink_before(x1, y1) - self.ink_before(x0, y1) - self.ink_before(x1, y0) + self.ink_before(x0, y0)
    }

    /// The ink above and left of a point.
    fn ink_before(&self, x: f32, y: f32) -> f32 {
        let x = x.clamp(0.0, self.width as f32);
        let y = y.clamp(0.0, self.height as f32);
        let (column, row) = (x as usize, y as usize);
        let (right, below) = (
            (column + 1).min(self.width as usize),
            (row + 1).min(self.height as usize),
        );
        let sum = |column: usize, row: usize| f32::from(self.sums[row * (self.width as usize + 1) + column]);
        let (along, down) = (x - column as f32, y - row as f32);
        let upper = sum(column, row) * (1.0 - along) + sum(right, row) * along;
        let lower = sum(column, below) * (1.0 - along) + sum(right, below) * along;
        upper * (1.0 - down) + lower * down
    }
}

/// Collects the pixels of one glyph.
struct Ink {
    size: Size,
    on: Vec<bool>,
}

impl Ink {
    /// The smallest rectangle around all ink.
    fn inked(&self) -> Rectangle {
        let width = self.size.width.max(1) as usize;
        let points = self.on.iter().enumerate().filter(|(_, on)| **on);
        let mut points = points.map(|(i, _)| Point::new((i % width) as i32, (i / width) as i32));
        let Some(first) = points.next() else {
            return Rectangle::zero();
        };
        let (low, high) = points.fold((first, first), |(low, high), p| {
            (low.component_min(p), high.component_max(p))
        });
        Rectangle::with_corners(low, high)
    }

    fn cut(&self, area: Rectangle) -> Self {
        let on = area
            .points()
            .map(|p| self.on[p.y as usize * self.size.width as usize + p.x as usize]);
        Self {
            size: area.size,
            on: on.collect(),
        }
    }

    fn sums(&self) -> Vec<u16> {
        let (width, height) = (self.size.width as usize, self.size.height as usize);
        let mut sums = vec![0u16; (width + 1) * (height + 1)];
        for y in 0..height {
            let mut in_row = 0;
            for x in 0..width {
                in_row += u16::from(self.on[y * width + x]);
                sums[(y + 1) * (width + 1) + x + 1] = sums[y * (width + 1) + x + 1] + in_row;
            }
        }
        sums
    }
}

impl OriginDimensions for Ink {
    fn size(&self) -> Size {
        self.size
    }
}

impl DrawTarget for Ink {
    type Color = BinaryColor;
    type Error = Infallible;

    fn draw_iter<I>(&mut self, pixels: I) -> Result<(), Infallible>
    where
        I: IntoIterator<Item = Pixel<BinaryColor>>,
    {
        for Pixel(Point { x, y }, colour) in pixels {
            let inside = (0..self.size.width as i32).contains(&x) && (0..self.size.height as i32).contains(&y);
            if inside && colour == BinaryColor::On {
                self.on[y as usize * self.size.width as usize + x as usize] = true;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_face_has_all_of_latin_1() {
        for face in [Face::Regular, Face::Bold, Face::Mono] {
            for capital in [8, 30] {
                let glyphs = Glyphs::of(face, capital);
                let lacking: String = ('!'..='~')
                    .chain('\u{a1}'..='\u{ff}')
                    .filter(|c| glyphs.latin_1[*c as usize].is_none())
                    .collect();
                assert_eq!(lacking.replace(['\u{ad}', '\u{b5}'], ""), "", "{face:?} {capital}");
            }
        }
    }

    #[test]
    fn the_sums_give_back_the_ink() {
        let glyph = Glyph::taken_from(&FontRenderer::new::<fonts::u8g2_font_helvR08_tf>(), 'L').unwrap();
        let rows: Vec<String> = (0..glyph.height)
            .map(|y| {
                (0..glyph.width)
                    .map(|x| (x as f32, y as f32))
                    .map(|(x, y)| {
                        if glyph.ink_between((x, y), (x + 1.0, y + 1.0)) > 0.5 {
                            '#'
                        } else {
                            '.'
                        }
                    })
                    .collect()
            })
            .collect();
        assert_eq!(rows, ["#...", "#...", "#...", "#...", "#...", "#...", "#...", "####"]);
        assert_eq!(glyph.ink_between((-3.0, -3.0), (50.0, 50.0)), 11.0);
        assert_eq!(glyph.ink_between((0.0, 7.0), (2.5, 7.5)), 1.25);
    }
}

//! Print on labels and rulers: bitmap fonts, enlarged and smoothed, with an ink's uneven edge.
//!
//! The fonts are Adobe's Helvetica and Courier of 1984 to 1994 in U8g2's encoding; their licence lets anybody use, copy, modify and distribute them.

use std::convert::Infallible;

use embedded_graphics::Pixel;
use embedded_graphics::draw_target::DrawTarget;
use embedded_graphics::geometry::{OriginDimensions, Point, Size};
use embedded_graphics::pixelcolor::BinaryColor;
use u8g2_fonts::types::{FontColor, VerticalPosition};
use u8g2_fonts::{FontRenderer, fonts};

use super::handwriting;
use crate::render::dice::generator;
use crate::render::light::smoothstep;
use crate::render::noise::Noise;

/// A typeface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Face {
    Sans,
    SansBold,
    Typewriter,
    /// Capitals F, D, C, digits and spaces only.
    Handwriting,
}

impl Face {
    /// The bitmap font; none for handwriting.
    fn renderer(self) -> Option<FontRenderer> {
        let renderer = match self {
            Self::Sans => FontRenderer::new::<fonts::u8g2_font_helvR24_tr>(),
            Self::SansBold => FontRenderer::new::<fonts::u8g2_font_helvB24_tr>(),
            Self::Typewriter => FontRenderer::new::<fonts::u8g2_font_courB24_tr>(),
            Self::Handwriting => return None,
        };
        Some(renderer.with_ignore_unknown_chars(true))
    }
}

/// Height of a capital letter in the bitmaps, in dots.
const CAPITAL: f64 = 24.0;
/// Dots above the baseline that a line's bitmap holds, and dots in all.
const ASCENT: i32 = 30;
const LINE: i32 = 42;

/// A line of text as dots, blurred a little so that enlarging gives no stairs.
struct Dots {
    width: usize,
    values: Vec<f32>,
}

struct DotTarget {
    width: i32,
    dots: Vec<bool>,
}

impl OriginDimensions for DotTarget {
    fn size(&self) -> Size {
        Size::new(self.width as u32, LINE as u32)
    }
}

impl DrawTarget for DotTarget {
    type Color = BinaryColor;
    type Error = Infallible;

    fn draw_iter<I: IntoIterator<Item = Pixel<BinaryColor>>>(&mut self, pixels: I) -> Result<(), Infallible> {
        for Pixel(at, colour) in pixels {
            if (0..self.width).contains(&at.x) && (0..LINE).contains(&at.y) {
                self.dots[(at.y * self.width + at.x) as usize] = colour.is_on();
            }
        }
        Ok(())
    }
}

impl Dots {
    fn of(text: &str, face: Face, seed: u32) -> Self {
        let Some(renderer) = face.renderer() else {
            let rng = &mut generator(u64::from(seed), 0);
            let (width, values) = handwriting::write(text, LINE as u32, ASCENT as f32, rng);
            return Self {
                width: width as usize,
                values,
            };
        };
        let advance = renderer
            .get_rendered_dimensions(text, Point::zero(), VerticalPosition::Baseline)
            .map_or(0, |d| d.advance.x);
        let width = advance.clamp(0, 4000) + 6;
        let mut target = DotTarget {
            width,
            dots: vec![false; (width * LINE) as usize],
        };
        // Only a missing glyph can fail, and those are left out.
        let _ = renderer.render(
            text,
            Point::new(3, ASCENT),
            VerticalPosition::Baseline,
            FontColor::Transparent(BinaryColor::On),
            &mut target,
        );
        let dot = |x: i32, y: i32| {
            let inside = (0..width).contains(&x) && (0..LINE).contains(&y);
            if inside && target.dots[(y * width + x) as usize] {
                1.0
            } else {
                0.0
            }
        };
        let values = (0..LINE)
            .flat_map(|y| (0..width).map(move |x| (x, y)))
            .map(|(x, y)| {
                let sides = dot(x - 1, y) + dot(x + 1, y) + dot(x, y - 1) + dot(x, y + 1);
                let corners = dot(x - 1, y - 1) + dot(x + 1, y - 1) + dot(x - 1, y + 1) + dot(x + 1, y + 1);
                dot(x, y) * 0.36 + sides * 0.11 + corners * 0.05
            })
            .collect();
        Self {
            width: width as usize,
            values,
        }
    }

    fn at(&self, x: f64, y: f64) -> f32 {
        let (fx, fy) = (x - 0.5, y - 0.5);
        let (i, j) = (fx.floor(), fy.floor());
        let (u, v) = ((fx - i) as f32, (fy - j) as f32);
        let value = |i: f64, j: f64| {
            if i < 0.0 || j < 0.0 || i >= self.width as f64 || j >= f64::from(LINE) {
                0.0
            } else {
                self.values[j as usize * self.width + i as usize]
            }
        };
        let top = value(i, j) * (1.0 - u) + value(i + 1.0, j) * u;
        let bottom = value(i, j + 1.0) * (1.0 - u) + value(i + 1.0, j + 1.0) * u;
        top * (1.0 - v) + bottom * v
    }
}

/// How a line is printed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Type {
    pub face: Face,
    /// Height of a capital letter in pixels.
    pub capital: f64,
    /// Shift to the right per pixel of height, for italics.
    pub slant: f64,
    /// Width as a multiple of the font's own.
    pub stretch: f64,
    /// Unevenness of the ink, 0 to 1.
    pub rough: f32,
}

/// A line of print: the dots and where its baseline begins.
pub(super) struct Line {
    dots: Dots,
    kind: Type,
    left: f64,
    baseline: f64,
    noise: Noise,
}

impl Line {
    /// `text` with its baseline from (`left`, `baseline`) on, in pixels of the card.
    pub fn new(text: &str, kind: Type, left: f64, baseline: f64, seed: u32) -> Self {
        Self {
            dots: Dots::of(text, kind.face, seed),
            kind,
            left,
            baseline,
            noise: Noise::new(seed),
        }
    }

    /// Length in pixels.
    pub fn length(&self) -> f64 {
        (self.dots.width as f64 - 6.0) * self.kind.capital / CAPITAL * self.kind.stretch
    }

    /// Moves the line so that its middle is at `middle`.
    pub fn centred(mut self, middle: f64) -> Self {
        self.left = middle - self.length() / 2.0;
        self
    }

    /// How much ink lies at a place of the card, 0 to 1.
    pub fn at(&self, x: f64, y: f64) -> f32 {
        let dot = self.kind.capital / CAPITAL;
        let row = (y - self.baseline) / dot + f64::from(ASCENT);
        if row < -1.0 || row > f64::from(LINE) + 1.0 {
            return 0.0;
        }
        let column = (x - self.left + (y - self.baseline) * self.kind.slant) / (dot * self.kind.stretch) + 3.0;
        if column < -1.0 || column > self.dots.width as f64 + 1.0 {
            return 0.0;
        }
        let uneven = self.noise.cloud(column as f32 * 0.35, row as f32 * 0.35, 2) * self.kind.rough;
        let edge = smoothstep(0.28, 0.62, self.dots.at(column, row) + 0.16 * uneven);
        edge * (1.0 - 0.3 * self.kind.rough * (0.5 + 0.5 * self.noise.at(column as f32 * 0.12, row as f32 * 0.2)))
    }
}

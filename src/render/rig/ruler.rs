//! Rulers with exact millimetre ticks.

use super::card::Card;
use super::ink::{Face, Line, Type};
use crate::render::dice::{Dice, Generator};
use crate::render::light::{Light, mix, of_srgb, scaled};
use crate::render::noise::Noise;
use crate::render::plan::Lighting;
use crate::render::specimen::Optics;

/// The look of a ruler.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RulerStyle {
    /// Tan plastic, blue print; inches above, centimetres below and upside down.
    Tan,
    /// A black bar with white ticks in a white frame.
    Black,
    /// White plastic with black print along its upper edge.
    White,
}

/// Centimetres per inch.
const INCH: f64 = 2.54;

/// A ruler.
pub(super) struct Ruler {
    style: RulerStyle,
    pixels_per_centimetre: f64,
    /// Whole centimetres between the first and the last tick.
    centimetres: u32,
    /// Blank at both ends, in centimetres.
    margin: f64,
    height: f64,
    lines: Vec<(Line, Light)>,
    wear: Noise,
    face: Optics,
    ink: Light,
    ink_passes: f32,
}

impl Ruler {
    /// A ruler that shows `centimetres` whole centimetres.
    pub fn new(
        style: RulerStyle,
        lighting: Lighting,
        pixels_per_centimetre: f64,
        centimetres: u32,
        rng: &mut Generator,
    ) -> Self {
        let below = lighting == Lighting::FromBelow;
        let shade = rng.between(-0.03, 0.03) as f32;
        let (face, ink, height) = match style {
            RulerStyle::Tan => (of_srgb([206, 202, 188]), of_srgb([28, 82, 160]), 3.0),
            RulerStyle::Black => (of_srgb([26, 26, 28]), of_srgb([240, 240, 240]), 1.9),
            RulerStyle::White => (of_srgb([222, 224, 224]), of_srgb([48, 48, 52]), 2.6),
        };
        let face = scaled(face, 1.0 + shade);
        // On a light table a plastic ruler takes most of its brightness from below.
        let share = if below && style != RulerStyle::Black { 0.14 } else { 0.0 };
        let mut ruler = Self {
            style,
            pixels_per_centimetre,
            centimetres,
            margin: if style == RulerStyle::Black { 0.55 } else { 0.22 },
            height,
            lines: Vec::new(),
            wear: Noise::new(rng.seed()),
            face: Optics {
                passed: scaled(face, share),
                sent: scaled(face, 1.0 - share),
            },
            ink,
            ink_passes: 0.12,
        };
        ruler.lines = ruler.print(rng);
        ruler
    }

    /// Where the tick line of the millimetre scale lies on the card: its height, and the places of the first and last tick, in pixels.
    pub fn scale_line(&self) -> (f64, f64, f64) {
        let scale = self.pixels_per_centimetre;
        let y = match self.style {
            RulerStyle::Tan => self.height - 0.12,
            RulerStyle::Black => 0.42,
            RulerStyle::White => 0.12,
        };
        (
            y * scale,
            self.margin * scale,
            (self.margin + f64::from(self.centimetres)) * scale,
        )
    }

    fn print(&self, rng: &mut Generator) -> Vec<(Line, Light)> {
        let scale = self.pixels_per_centimetre;
        let kind = |capital: f64| Type {
            face: Face::SansBold,
            capital: capital * scale,
            slant: 0.0,
            stretch: 1.0,
            rough: 0.5,
        };
        let mut lines = Vec::new();
        let mut write = |text: &str, x: f64, y: f64, capital: f64, rng: &mut Generator| {
            lines.push((
                Line::new(text, kind(capital), x * scale, y * scale, rng.seed()).centred(x * scale),
                self.ink,
            ));
        };
        let at = |cm: u32| self.margin + f64::from(cm);
        match self.style {
            RulerStyle::Tan => {
                // Its numbers count from the right, so that they read upwards when the ruler is turned round.
                for cm in 0..self.centimetres {
                    write(
                        &(15u32.saturating_sub(cm)).to_string(),
                        at(cm) + 0.14,
                        self.height - 0.62,
                        0.17,
                        rng,
                    );
                }
                for inch in 1..=((f64::from(self.centimetres)) / INCH) as u32 {
                    write(
                        &inch.to_string(),
                        self.margin + f64::from(inch) * INCH - 0.13,
                        0.72,
                        0.24,
                        rng,
                    );
                }
                write("Inches", self.margin + 0.36, 0.66, 0.16, rng);
            }
            RulerStyle::Black => {
                for cm in 0..=self.centimetres {
                    write(&cm.to_string(), at(cm), 1.24, 0.2, rng);
                }
                write("cm", self.margin, 1.62, 0.16, rng);
            }
            RulerStyle::White => {
                for cm in 0..=self.centimetres {
                    write(&cm.to_string(), at(cm), 1.0, 0.22, rng);
                }
                write("cm", self.margin + 0.5, 1.0, 0.13, rng);
            }
        }
        if self.style == RulerStyle::Tan {
            let middle = (self.margin + f64::from(self.centimetres) / 2.0) * scale;
            let orange = of_srgb([226, 138, 72]);
            let bold = Line::new("RULE No. 6", kind(0.4), 0.0, 1.62 * scale, rng.seed());
            let small = Line::new("150 mm   flexible, washable", kind(0.17), 0.0, 2.02 * scale, rng.seed());
            lines.extend([(bold.centred(middle), self.ink), (small.centred(middle), orange)]);
        }
        lines
    }

    /// Length of the tick at a millimetre, in centimetres.
    fn tick_length(&self, millimetre: u32) -> f64 {
        let (whole, half, single) = match self.style {
            RulerStyle::Tan => (0.66, 0.48, 0.34),
            RulerStyle::Black => (0.62, 0.45, 0.3),
            RulerStyle::White => (0.55, 0.42, 0.3),
        };
        match millimetre % 10 {
            0 => whole,
            5 => half,
            _ => single,
        }
    }

    /// Ink of the nearest tick of a row: `along` in ticks from the first, `depth` in centimetres from the edge where ticks begin.
    fn tick(&self, along: f64, count: f64, spacing: f64, depth: f64, length: impl Fn(u32) -> f64, width: f64) -> f32 {
        let nearest = along.round();
        if nearest < 0.0 || nearest > count || depth < 0.0 || depth > length(nearest as u32) {
            return 0.0;
        }
        if ((along - nearest).abs() * spacing) < width / 2.0 {
            1.0
        } else {
            0.0
        }
    }

    /// Print at a place given in centimetres.
    fn ink_at(&self, x: f64, y: f64) -> f32 {
        let from_start = x - self.margin;
        let millimetres = f64::from(self.centimetres) * 10.0;
        let length = |mm: u32| self.tick_length(mm);
        match self.style {
            RulerStyle::Tan => {
                let cm = self.tick(
                    from_start * 10.0,
                    millimetres,
                    0.1,
                    self.height - 0.06 - y,
                    length,
                    0.048,
                );
                let sixteenths = f64::from(self.centimetres) / INCH * 16.0;
                let inch_length = |n: u32| match n % 16 {
                    0 => 0.72,
                    8 => 0.6,
                    n if n % 4 == 0 => 0.5,
                    n if n % 2 == 0 => 0.42,
                    _ => 0.3,
                };
                cm.max(self.tick(
                    from_start / INCH * 16.0,
                    sixteenths.floor(),
                    INCH / 16.0,
                    y - 0.06,
                    inch_length,
                    0.048,
                ))
            }
            RulerStyle::White => self.tick(from_start * 10.0, millimetres, 0.1, y - 0.03, length, 0.026),
            RulerStyle::Black => {
                let scale = self.tick(from_start * 10.0, millimetres, 0.1, y - 0.2, length, 0.03);
                // The bar below the ticks is white in every second centimetre.
                let bar = (0.84..0.96).contains(&y)
                    && (0.0..f64::from(self.centimetres)).contains(&from_start)
                    && (from_start as u32).is_multiple_of(2);
                scale.max(if bar { 1.0 } else { 0.0 })
            }
        }
    }
}

impl Card for Ruler {
    fn extent(&self) -> (f64, f64) {
        let scale = self.pixels_per_centimetre;
        (
            (f64::from(self.centimetres) + 2.0 * self.margin) * scale,
            self.height * scale,
        )
    }

    fn at(&self, x: f64, y: f64) -> Optics {
        let scale = self.pixels_per_centimetre;
        let (cx, cy) = (x / scale, y / scale);
        let (u, v) = (cx as f32, cy as f32);
        let smear = self.wear.cloud(u * 1.1, v * 1.6, 4);
        let scratch = self.wear.cloud(u * 14.0, v * 14.0, 2);
        let mut face = self.face;
        let stain = 1.0 + 0.022 * smear - 0.10 * self.wear.specks(u * 6.0, v * 6.0, 0.12, 0.3);
        face.passed = scaled(face.passed, stain);
        face.sent = scaled(face.sent, stain);
        if self.style == RulerStyle::Black {
            let (width, height) = (f64::from(self.centimetres) + 2.0 * self.margin, self.height);
            let frame = cx < 0.09 || cy < 0.09 || cx > width - 0.09 || cy > height - 0.09;
            if frame {
                return Optics {
                    passed: [0.0; 3],
                    sent: scaled([0.88, 0.88, 0.87], stain),
                };
            }
        }
        let strongest = |best: (f32, Light), (line, colour): &(Line, Light)| {
            let ink = line.at(x, y);
            if ink > best.0 { (ink, *colour) } else { best }
        };
        let (printed, colour) = self.lines.iter().fold((0.0, self.ink), strongest);
        // Ticks are exact; wear only thins their colour.
        let ticks = self.ink_at(cx, cy) * (0.97 - 0.25 * (scratch - 0.55).clamp(0.0, 1.0));
        let worn = 1.0 - (1.4 * (scratch - 0.75)).clamp(0.0, 0.75);
        let ink = ticks.max(printed * worn);
        let colour = if ticks > printed { self.ink } else { colour };
        Optics {
            passed: scaled(face.passed, 1.0 - ink * (1.0 - self.ink_passes)),
            sent: mix(face.sent, colour, ink),
        }
    }
}

//! What the specimen lies on.

use crate::frame::Size;
use crate::render::dice::{Dice, Generator};
use crate::render::light::{Light, bell, mix, of_hsv, of_srgb, product, scaled, smoothstep};
use crate::render::noise::Noise;
use crate::render::plan::Lighting;

/// A kind of ground.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ground {
    /// A white light table under a tray of water or glass.
    LightTable,
    /// An even grey board.
    Board,
    /// A wet white bench.
    Bench,
    /// A photo tank with a coloured back wall.
    Tank,
}

impl Ground {
    /// All kinds.
    pub const ALL: [Self; 4] = [Self::LightTable, Self::Board, Self::Bench, Self::Tank];

    /// Where its light comes from.
    pub fn lighting(self) -> Lighting {
        if self == Self::LightTable {
            Lighting::FromBelow
        } else {
            Lighting::FromAbove
        }
    }
}

/// The light of a ground without anything on it.
pub(super) struct GroundLight {
    kind: Ground,
    width: f32,
    height: f32,
    base: Light,
    edge: Light,
    /// Brightest place, as shares of width and height.
    lamp: (f32, f32),
    /// How quickly it grows darker from there.
    fall: f32,
    noise: Noise,
    /// A border of tray or tank: its position as a share of the height (light table, bench) or width (tank); outside 0..1 if there is none.
    border: f32,
    wet: f32,
    /// A faint yellow stain: place and strength.
    stain: (f32, f32, f32),
}

impl GroundLight {
    pub fn new(kind: Ground, picture: Size, rng: &mut Generator) -> Self {
        let mut draw = |low: f64, high: f64| rng.between(low, high) as f32;
        let (width, height) = (picture.width as f32, picture.height as f32);
        let (base, edge, lamp, fall, border, wet) = match kind {
            Ground::LightTable => {
                let base = scaled([1.0, 1.0, 1.0], draw(0.95, 1.14));
                let dusk = draw(0.0, 1.0);
                let edge = mix(of_srgb([212, 219, 226]), of_srgb([176, 182, 173]), dusk);
                (
                    base,
                    edge,
                    (draw(0.25, 0.6), draw(0.5, 0.85)),
                    draw(0.5, 1.15),
                    if draw(0.0, 1.0) < 0.4 { draw(0.93, 0.985) } else { 2.0 },
                    0.0,
                )
            }
            Ground::Board => {
                let base = of_srgb([216, 213, 212]);
                (
                    scaled(base, draw(0.85, 1.08)),
                    scaled(of_srgb([172, 171, 173]), draw(0.9, 1.05)),
                    (draw(0.4, 0.7), draw(0.1, 0.5)),
                    draw(0.3, 0.7),
                    2.0,
                    0.0,
                )
            }
            Ground::Bench => {
                let base = of_srgb([206, 208, 213]);
                (
                    scaled(base, draw(0.8, 1.05)),
                    of_srgb([118, 121, 127]),
                    (draw(0.5, 0.8), draw(0.05, 0.4)),
                    draw(0.5, 1.0),
                    2.0,
                    draw(0.3, 1.0),
                )
            }
            Ground::Tank => {
                let hue = f64::from(draw(0.38, 0.56));
                let value = f64::from(draw(0.35, 0.72));
                let base = of_hsv(hue, f64::from(draw(0.12, 0.42)), value);
                (
                    base,
                    scaled(of_hsv(hue + 0.02, 0.4, value * 0.6), 1.0),
                    (draw(0.3, 0.7), draw(0.2, 0.6)),
                    draw(0.5, 1.1),
                    draw(-0.03, 0.035),
                    0.0,
                )
            }
        };
        let stain = (draw(0.2, 0.8), draw(0.3, 0.9), draw(-0.5, 1.0).max(0.0));
        Self {
            stain,
            kind,
            width,
            height,
            base,
            edge,
            lamp,
            fall,
            noise: Noise::new(rng.seed()),
            border,
            wet,
        }
    }

    /// The light at the middle of pixel (`x`, `y`).
    pub fn at(&self, x: u32, y: u32) -> Light {
        let (u, v) = ((x as f32 + 0.5) / self.width, (y as f32 + 0.5) / self.height);
        let cloud = self.noise.cloud(u * 3.0, v * 2.0, 3);
        let (dx, dy) = (u - self.lamp.0, (v - self.lamp.1) * 0.85);
        let away = ((dx * dx + dy * dy).sqrt() * 1.25 + 0.05 * cloud).max(0.0);
        let dim = smoothstep(0.12, 1.05, away) * self.fall;
        let mut light = mix(self.base, self.edge, dim.min(1.0));
        match self.kind {
            Ground::LightTable => {
                light = scaled(light, 1.0 + 0.006 * cloud);
                let (sx, sy) = (u - self.stain.0, v - self.stain.1);
                light = product(
                    light,
                    mix(
                        [1.0; 3],
                        [1.0, 0.99, 0.9],
                        self.stain.2 * bell((sx * sx * 2.2 + sy * sy).sqrt(), 0.0, 0.16),
                    ),
                );
                if self.border < 1.0 {
                    light = self.tray_edge(light, u, v);
                }
            }
            Ground::Board => light = scaled(light, 1.0 + 0.012 * cloud),
            Ground::Bench => {
                light = scaled(light, 1.0 + 0.03 * cloud);
                light = self.water_film(light, u, v);
            }
            Ground::Tank => {
                light = scaled(light, 1.0 + 0.06 * cloud);
                light = self.tank_wall(light, u, v);
            }
        }
        light
    }

    /// The glass edge of a tray along the lower border of the picture.
    fn tray_edge(&self, light: Light, u: f32, v: f32) -> Light {
        let sway = 0.003 * self.noise.cloud(u * 6.0, 3.0, 2) + 0.012 * (u - 0.5);
        let below = v - self.border - sway;
        let lines =
            0.28 * bell(below, 0.0, 0.0022) + 0.16 * bell(below, 0.016, 0.003) + 0.2 * bell(below, 0.032, 0.006);
        let tint = mix(
            [1.0, 1.0, 1.0],
            of_srgb([203, 226, 226]),
            smoothstep(0.0, 0.05, below) * 0.9,
        );
        scaled(
            product(light, tint),
            1.0 - lines * (0.7 + 0.4 * self.noise.at(u * 30.0, 1.0)).clamp(0.0, 1.3),
        )
    }

    /// Water on a bench mirrors the lamps in ragged patches.
    fn water_film(&self, light: Light, u: f32, v: f32) -> Light {
        let film = self.noise.cloud(u * 7.0 + 31.0, v * 6.0, 4);
        let side = smoothstep(0.24, 0.0, u) + smoothstep(0.9, 1.0, u) * 0.4;
        let wet = smoothstep(0.0, 0.9, film) * side * self.wet;
        let ripples = self.noise.cloud(u * 150.0, v * 110.0, 4);
        let dulled = scaled(light, 1.0 - 0.12 * wet);
        let glint = smoothstep(1.1, 2.3, ripples + 0.4 * film) * wet;
        mix(dulled, [0.98, 0.99, 1.0], (0.5 * glint).min(1.0))
    }

    /// A tank's side wall and the reflections in it.
    fn tank_wall(&self, light: Light, u: f32, v: f32) -> Light {
        let mut light = light;
        let inner = u - self.border;
        if self.border > 0.0 {
            let wall = smoothstep(0.004, -0.002, inner);
            light = mix(light, scaled(self.edge, 0.25), wall);
            light = mix(light, scaled(self.base, 1.5), 0.5 * bell(inner, 0.004, 0.0022));
        }
        let floor = smoothstep(0.90, 1.02, v + 0.02 * self.noise.at(u * 3.0, 0.0));
        scaled(light, 1.0 - 0.35 * floor)
    }
}

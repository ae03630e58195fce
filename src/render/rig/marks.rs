//! Drops, dust, fibres and stains on the ground.

use super::ground::Ground;
use crate::frame::{PixelBox, Size};
use crate::render::dice::{Dice, Generator};
use crate::render::light::{Light, bell, mix, of_srgb, smoothstep};
use crate::render::noise::Noise;

/// Something small on the ground; lengths in pixels.
enum Mark {
    /// The rim that a dried drop leaves.
    Drop {
        x: f32,
        y: f32,
        radius: f32,
        flat: f32,
        strength: f32,
        noise: Noise,
    },
    /// A crumb.
    Dust {
        x: f32,
        y: f32,
        radius: f32,
        colour: Light,
        strength: f32,
        noise: Noise,
    },
    /// A hair or thread: start, bend and end.
    Fibre {
        points: [(f32, f32); 3],
        width: f32,
        colour: Light,
        strength: f32,
    },
    /// An air bubble in water.
    Bubble { x: f32, y: f32, radius: f32 },
}

/// All marks on a ground.
pub(super) struct Marks {
    marks: Vec<Mark>,
}

impl Marks {
    pub fn new(ground: Ground, picture: Size, rng: &mut Generator) -> Self {
        let mut marks = Vec::new();
        let (width, height) = (f64::from(picture.width), f64::from(picture.height));
        let unit = width / 1200.0;
        let drops = match ground {
            Ground::LightTable if rng.chance(0.6) => rng.whole(25, 90),
            Ground::LightTable => rng.whole(0, 6),
            Ground::Bench => rng.whole(2, 14),
            Ground::Board | Ground::Tank => rng.whole(0, 2),
        };
        for _ in 0..drops {
            let radius = rng.between(3.0, 13.0) * unit * if rng.chance(0.06) { 3.0 } else { 1.0 };
            marks.push(Mark::Drop {
                x: (rng.between(0.0, 1.0) * width) as f32,
                y: (rng.between(0.0, 1.0) * height) as f32,
                radius: radius as f32,
                flat: rng.between(0.75, 1.3) as f32,
                strength: rng.between(0.06, 0.22) as f32,
                noise: Noise::new(rng.seed()),
            });
        }
        if ground == Ground::LightTable && rng.chance(0.5) {
            // The foot of a dish stood here.
            marks.push(Mark::Drop {
                x: (rng.between(0.2, 0.9) * width) as f32,
                y: (rng.between(0.2, 0.9) * height) as f32,
                radius: (rng.between(0.07, 0.13) * width) as f32,
                flat: 1.0,
                strength: 0.035,
                noise: Noise::new(rng.seed()),
            });
        }
        let dust = if ground == Ground::Board {
            rng.whole(3, 15)
        } else {
            rng.whole(15, 70)
        };
        for _ in 0..dust {
            let large = rng.chance(0.1);
            let colour = rng.pick(&[[70, 58, 44], [40, 38, 36], [120, 96, 60], [150, 132, 92]]);
            marks.push(Mark::Dust {
                x: (rng.between(0.0, 1.0) * width) as f32,
                y: (rng.between(0.0, 1.0) * height) as f32,
                radius: ((if large {
                    rng.between(1.8, 3.6)
                } else {
                    rng.between(0.5, 1.5)
                }) * unit)
                    .max(0.5) as f32,
                colour: of_srgb(colour),
                strength: rng.between(0.2, 0.85) as f32,
                noise: Noise::new(rng.seed()),
            });
        }
        for _ in 0..rng.whole(0, if ground == Ground::Tank { 2 } else { 5 }) {
            let (x, y) = (rng.between(0.0, 1.0) * width, rng.between(0.0, 1.0) * height);
            let mut step = || (rng.between(-22.0, 22.0) * unit, rng.between(-22.0, 22.0) * unit);
            let (bend, end) = (step(), step());
            marks.push(Mark::Fibre {
                points: [
                    (x as f32, y as f32),
                    ((x + bend.0) as f32, (y + bend.1) as f32),
                    ((x + end.0) as f32, (y + end.1) as f32),
                ],
                width: (0.55 * unit).max(0.5) as f32,
                colour: of_srgb([90, 84, 74]),
                strength: rng.between(0.1, 0.45) as f32,
            });
        }
        if ground == Ground::Tank {
            for _ in 0..rng.whole(5, 40) {
                marks.push(Mark::Bubble {
                    x: (rng.between(0.0, 1.0) * width) as f32,
                    y: (rng.between(0.0, 1.0) * height) as f32,
                    radius: (rng.between(0.8, 3.2) * unit).max(0.7) as f32,
                });
            }
        }
        Self { marks }
    }

    /// Draws all marks that reach into `window` on its light.
    pub fn draw(&self, window: PixelBox, light: &mut [Light]) {
        for mark in &self.marks {
            let (left, top, right, bottom) = mark.reach();
            let clip = |v: f32| v.clamp(0.0, 1e6) as u32;
            let around = PixelBox::new(clip(left), clip(top), clip(right.ceil()), clip(bottom.ceil()));
            let Some(part) = around.intersection(&window) else {
                continue;
            };
            for y in part.top..part.bottom {
                for x in part.left..part.right {
                    let index = (y - window.top) as usize * window.width() as usize + (x - window.left) as usize;
                    light[index] = mark.on(light[index], x as f32 + 0.5, y as f32 + 0.5);
                }
            }
        }
    }
}

impl Mark {
    fn reach(&self) -> (f32, f32, f32, f32) {
        let around = |x: f32, y: f32, r: f32| (x - r, y - r, x + r + 1.0, y + r + 1.0);
        match self {
            Self::Drop { x, y, radius, flat, .. } => around(*x, *y, radius * 1.7 * flat.max(1.0 / flat) + 3.0),
            Self::Dust { x, y, radius, .. } => around(*x, *y, radius * 2.0 + 1.0),
            Self::Bubble { x, y, radius } => around(*x, *y, radius + 2.0),
            Self::Fibre { points, width, .. } => {
                let low = |pick: fn(&(f32, f32)) -> f32| points.iter().map(pick).fold(f32::MAX, f32::min) - width - 1.0;
                let high =
                    |pick: fn(&(f32, f32)) -> f32| points.iter().map(pick).fold(f32::MIN, f32::max) + width + 1.0;
                (low(|p| p.0), low(|p| p.1), high(|p| p.0), high(|p| p.1))
            }
        }
    }

    fn on(&self, light: Light, px: f32, py: f32) -> Light {
        match self {
            Self::Drop {
                x,
                y,
                radius,
                flat,
                strength,
                noise,
            } => {
                let (dx, dy) = ((px - x) * flat, (py - y) / flat);
                let turn = dy.atan2(dx);
                let (c, s) = (turn.cos(), turn.sin());
                let shape = 1.0 + 0.16 * noise.cloud(c * 1.3 + 5.0, s * 1.3, 3);
                let away = dx.hypot(dy) / shape - radius;
                let rim = bell(away, 0.0, 0.9 + 0.03 * radius) * (0.65 + 0.5 * noise.at(c * 2.0, s * 2.0 + 9.0));
                let inner = bell(away, -1.8 - 0.05 * radius, 1.4 + 0.04 * radius);
                let inside = smoothstep(1.0, -2.0, away);
                let factor = 1.0 - strength * rim + 0.35 * strength * inner - 0.08 * strength * inside;
                light.map(|v| v * factor)
            }
            Self::Dust {
                x,
                y,
                radius,
                colour,
                strength,
                noise,
            } => {
                let (dx, dy) = (px - x, py - y);
                let turn = dy.atan2(dx);
                let shape = 1.0 + 0.35 * noise.cloud(turn.cos() * 1.2, turn.sin() * 1.2, 2);
                let cover = smoothstep(radius + 0.7, radius * 0.4 - 0.5, dx.hypot(dy) * shape);
                mix(light, *colour, cover * strength)
            }
            Self::Fibre {
                points,
                width,
                colour,
                strength,
            } => {
                let away = distance_to_bend(points, px, py);
                mix(light, *colour, strength * smoothstep(width + 0.6, width - 0.5, away))
            }
            Self::Bubble { x, y, radius } => {
                let (dx, dy) = ((px - x) / radius, (py - y) / radius);
                let away = dx.hypot(dy);
                let rim = bell(away, 0.85, 0.25);
                let glint = bell(dx + 0.35, 0.0, 0.3) * bell(dy + 0.35, 0.0, 0.3);
                light.map(|v| v * (1.0 - 0.25 * rim) + 0.5 * glint)
            }
        }
    }
}

fn distance_to_bend(points: &[(f32, f32); 3], px: f32, py: f32) -> f32 {
    (0..=12)
        .map(|i| {
            let t = i as f32 / 12.0;
            let [a, b, c] = [(1.0 - t) * (1.0 - t), 2.0 * t * (1.0 - t), t * t];
            let x = points[0].0 * a + points[1].0 * b + points[2].0 * c;
            let y = points[0].1 * a + points[1].1 * b + points[2].1 * c;
            (x, y)
        })
        .collect::<Vec<_>>()
        .windows(2)
        .map(|pair| {
            let ((ax, ay), (bx, by)) = (pair[0], pair[1]);
            let (dx, dy) = (bx - ax, by - ay);
            let squared = dx * dx + dy * dy;
            let t = if squared > 0.0 {
                (((px - ax) * dx + (py - ay) * dy) / squared).clamp(0.0, 1.0)
            } else {
                0.0
            };
            (px - ax - t * dx).hypot(py - ay - t * dy)
        })
        .fold(f32::MAX, f32::min)
}

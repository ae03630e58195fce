//! The outer edge of a fin: cut in between rays, ragged, sometimes torn.

use super::{FinPlan, FinTexture, Maker, STATIONS, Sheet, stations};
use crate::render::dice::Dice;
use crate::render::noise::Noise;
use crate::traits::Trait;

impl Maker<'_> {
    /// Roughens the margin and keeps the fin.
    pub(super) fn add(&mut self, mut sheet: Sheet) {
        lift_off(&mut sheet);
        let elements = sheet.texture.elements();
        let mut lengths = std::mem::take(&mut sheet.lengths);
        if sheet.which != Trait::CaudalFin
            && sheet.which != Trait::AdiposeFin
            && matches!(sheet.texture, FinTexture::Soft { .. })
        {
            // The first and last rays are short, which rounds the fin's corners.
            let roundness = self.rng.between(3.5, 8.0);
            for (s, length) in stations().zip(&mut lengths) {
                *length *= (0.62 + s.min(1.0 - s) * roundness).min(1.0);
            }
        }
        if elements > 1 {
            self.cut_between_rays(&mut lengths, sheet.texture, sheet.notch);
            if matches!(sheet.texture, FinTexture::Soft { .. }) && self.rng.chance(0.4) {
                self.tear(&mut lengths, elements);
            }
            let wobble = self.rng.between(0.01, 0.03);
            let seed = self.rng.seed();
            let noise = Noise::new(seed);
            for (i, length) in lengths.iter_mut().enumerate() {
                *length *= 1.0 + wobble * f64::from(noise.at(i as f32 * elements as f32 / STATIONS as f32, 0.5));
            }
        }
        self.fins.push(FinPlan {
            which: sheet.which,
            texture: sheet.texture,
            over_body: sheet.over_body,
            base: sheet.base,
            angles: sheet.angles,
            lengths: lengths.into_iter().map(|l| l.max(0.004)).collect(),
            curl: sheet.curl,
            seed: self.rng.seed(),
        });
    }

    /// The membrane between two rays ends short of their tips.
    fn cut_between_rays(&mut self, lengths: &mut [f64], texture: FinTexture, notch: f64) {
        let gaps = f64::from(texture.elements() - 1);
        let uneven: Vec<f64> = (0..texture.elements()).map(|_| self.rng.between(0.3, 1.9)).collect();
        let ragged: Vec<f64> = uneven.iter().map(|_| 1.0 + self.rng.around_zero(0.016)).collect();
        for (s, length) in stations().zip(lengths) {
            let place = s * gaps;
            let (gap, behind) = (place.floor() as usize, place.fract());
            let cut = if matches!(texture, FinTexture::Spiny { .. }) {
                // Behind a spine the membrane falls slowly and rises steeply to the next one's tip.
                if behind < 0.82 {
                    (behind / 0.82).powf(0.8)
                } else {
                    (1.0 - behind) / 0.18
                }
            } else {
                (1.0 - (2.0 * behind - 1.0).abs()).powf(1.2) * uneven[gap]
            };
            let nearest = (place.round() as usize).min(ragged.len() - 1);
            *length *= (1.0 - notch * cut) * ragged[nearest];
        }
    }

    /// Splits of the membrane, as old specimens have them.
    fn tear(&mut self, lengths: &mut [f64], elements: u32) {
        for _ in 0..self.rng.whole(1, 3) {
            let between = f64::from(self.rng.whole(1, elements - 1)) - 0.5;
            let middle = between / f64::from(elements - 1) * (STATIONS - 1) as f64;
            let (depth, half) = (self.rng.between(0.15, 0.5), self.rng.between(0.8, 2.2));
            for (i, length) in lengths.iter_mut().enumerate() {
                let away = (i as f64 - middle).abs() / half;
                *length *= 1.0 - depth * (1.0 - away).max(0.0);
            }
        }
    }
}

/// Turns a fin of the back or belly that would lie inside the body outwards, to a small angle from its base line.
fn lift_off(sheet: &mut Sheet) {
    let (first, last) = (sheet.base[0], sheet.base[STATIONS - 1]);
    let along = (last.y - first.y).atan2(last.x - first.x);
    for angle in &mut sheet.angles {
        match sheet.which {
            Trait::DorsalFin | Trait::AdiposeFin => *angle = angle.min(along - LEAST_RISE),
            Trait::AnalFin => *angle = angle.max(along + LEAST_RISE),
            _ => {}
        }
    }
}

/// Least angle between a fin's rays and its base line, in radians.
const LEAST_RISE: f64 = 0.17;

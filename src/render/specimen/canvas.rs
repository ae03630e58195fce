//! The samples of a specimen: what passes, what is sent back, and which traits are there.

use crate::frame::{PixelBox, Size};
use crate::render::light::{BLACK, Light, WHITE, mix, product, scaled};
use crate::traits::TraitSet;

/// Light through and from one place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Optics {
    /// Share of the light from below that passes.
    pub passed: Light,
    /// Light sent back from the lamps above.
    pub sent: Light,
}

impl Optics {
    pub const CLEAR: Self = Self {
        passed: WHITE,
        sent: BLACK,
    };

    /// This stuff at `share` 0, `other` at 1.
    pub fn faded(self, other: Self, share: f32) -> Self {
        Self {
            passed: mix(self.passed, other.passed, share),
            sent: mix(self.sent, other.sent, share),
        }
    }

    /// This stuff on top of `under`.
    pub fn over(self, under: Self) -> Self {
        let through = product(under.sent, self.passed);
        Self {
            passed: product(under.passed, self.passed),
            sent: std::array::from_fn(|c| through[c] + self.sent[c]),
        }
    }
}

/// A grid of samples over a window of the picture.
pub(crate) struct Canvas {
    /// The window in pixels.
    pub window: PixelBox,
    /// Samples a pixel has along each side.
    pub samples: u32,
    /// Columns and rows of samples.
    pub size: Size,
    pub optics: Vec<Optics>,
    pub traits: Vec<TraitSet>,
}

impl Canvas {
    pub fn clear(window: PixelBox, samples: u32) -> Self {
        let size = Size::new(window.width() * samples, window.height() * samples);
        let count = size.pixels() as usize;
        Self {
            window,
            samples,
            size,
            optics: vec![Optics::CLEAR; count],
            traits: vec![TraitSet::EMPTY; count],
        }
    }

    pub fn index(&self, x: u32, y: u32) -> usize {
        y as usize * self.size.width as usize + x as usize
    }

    /// Puts `stuff` in the place of all that was there: a body hides what is behind it.
    pub fn put(&mut self, index: usize, stuff: Optics, traits: TraitSet) {
        self.optics[index] = stuff;
        self.traits[index] = traits;
    }

    /// Lays `stuff` over a sample and, with `traits`, says what is there now.
    pub fn lay(&mut self, index: usize, stuff: Optics, traits: Option<TraitSet>) {
        self.optics[index] = stuff.over(self.optics[index]);
        if let Some(traits) = traits {
            self.traits[index] = traits;
        }
    }

    /// Brings the samples together to pixels.
    pub fn resolve(self) -> Layer {
        let samples = self.samples as usize;
        let pixels = self.window.size();
        let mut layer = Layer {
            window: self.window,
            optics: Vec::with_capacity(pixels.pixels() as usize),
            traits: Vec::with_capacity(pixels.pixels() as usize),
        };
        let weight = 1.0 / (samples * samples) as f32;
        let mut found = Vec::with_capacity(samples * samples);
        for y in 0..pixels.height as usize {
            for x in 0..pixels.width as usize {
                let mut sum = Optics {
                    passed: BLACK,
                    sent: BLACK,
                };
                found.clear();
                for row in y * samples..(y + 1) * samples {
                    let start = row * self.size.width as usize + x * samples;
                    for i in start..start + samples {
                        for c in 0..3 {
                            sum.passed[c] += self.optics[i].passed[c];
                            sum.sent[c] += self.optics[i].sent[c];
                        }
                        found.push(self.traits[i]);
                    }
                }
                layer.optics.push(Optics {
                    passed: scaled(sum.passed, weight),
                    sent: scaled(sum.sent, weight),
                });
                layer.traits.push(vote(&found));
            }
        }
        layer
    }
}

/// The traits of a pixel: the part (fin, head, eye, trunk or ground) that most samples show, the earliest in channel order at a tie; its rays
/// or spines if they cover a third of it.
fn vote(found: &[TraitSet]) -> TraitSet {
    if found.iter().all(|t| *t == found[0]) {
        return found[0];
    }
    let part = |t: &TraitSet| t.intersection(PARTS);
    let count = |p: TraitSet| found.iter().filter(|t| part(t) == p).count();
    let winner = found
        .iter()
        .map(part)
        .max_by_key(|p| (count(*p), std::cmp::Reverse(p.bits())))
        .unwrap_or_default();
    let elements: Vec<TraitSet> = found
        .iter()
        .filter(|t| part(t) == winner)
        .map(|t| t.intersection(ELEMENTS))
        .collect();
    let with = elements.iter().filter(|e| !e.is_empty()).count();
    match elements.iter().find(|e| !e.is_empty()) {
        Some(element) if with * 3 >= found.len() => winner.union(*element),
        _ => winner,
    }
}

/// Rays and spines; they lie within a fin.
const ELEMENTS: TraitSet = {
    use crate::traits::Trait::{AltFinRay, AltFinSpine, CaudalFinRay};
    TraitSet::EMPTY.with(CaudalFinRay).with(AltFinRay).with(AltFinSpine)
};
/// The traits that exclude each other.
const PARTS: TraitSet = TraitSet::from_bits(TraitSet::ALL.bits() & !ELEMENTS.bits());

/// A drawn specimen, one value a pixel of its window.
pub(crate) struct Layer {
    pub window: PixelBox,
    pub optics: Vec<Optics>,
    pub traits: Vec<TraitSet>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::traits::Trait;

    #[test]
    fn most_samples_win_and_rays_need_a_third() {
        let fin = TraitSet::EMPTY.with(Trait::AnalFin);
        let ray = fin.with(Trait::AltFinRay);
        let trunk = TraitSet::EMPTY.with(Trait::Trunk);
        assert_eq!(vote(&[fin, fin, trunk, TraitSet::EMPTY]), fin);
        assert_eq!(vote(&[ray, ray, fin, trunk]), ray);
        assert_eq!(vote(&[ray, fin, fin, trunk]), fin);
        assert_eq!(
            vote(&[trunk, trunk, fin, ray]),
            fin,
            "a tie goes to the earlier channel"
        );
        assert_eq!(vote(&[trunk, trunk, trunk, ray]), trunk, "no ray outside its fin");
    }

    #[test]
    fn two_clear_sheets_are_clear() {
        assert_eq!(Optics::CLEAR.over(Optics::CLEAR), Optics::CLEAR);
        let half = Optics {
            passed: [0.5; 3],
            sent: [0.1; 3],
        };
        assert_eq!(
            half.over(half),
            Optics {
                passed: [0.25; 3],
                sent: [0.15; 3]
            }
        );
    }
}

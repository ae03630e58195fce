//! Fins: each is a sheet spanned between a base line on the body and a line of tips.
//!
//! `dorsal` and `lower` say where each fin stands and what shape it has in each body form, `margin` roughens its outer edge.

mod dorsal;
mod lower;
mod margin;

use super::{BodyForm, BodyOutline};
use crate::render::curve::{Point, point};
use crate::render::dice::{Dice, Generator};
use crate::traits::Trait;

/// Stations along a fin's base at which its shape is given.
pub(crate) const STATIONS: usize = 192;

/// What stiffens a fin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FinTexture {
    /// Jointed rays that branch towards their tips.
    Soft {
        /// Number of rays.
        rays: u32,
    },
    /// Unbranched pointed spines.
    Spiny {
        /// Number of spines.
        spines: u32,
    },
    /// Flesh alone, as in an adipose fin.
    Fleshy,
}

impl FinTexture {
    /// Number of rays or spines.
    pub fn elements(self) -> u32 {
        match self {
            Self::Soft { rays } => rays,
            Self::Spiny { spines } => spines,
            Self::Fleshy => 0,
        }
    }

    /// The trait of this fin's rays or spines.
    pub fn element(self, fin: Trait) -> Option<Trait> {
        match self {
            Self::Soft { .. } if fin == Trait::CaudalFin => Some(Trait::CaudalFinRay),
            Self::Soft { .. } => Some(Trait::AltFinRay),
            Self::Spiny { .. } => Some(Trait::AltFinSpine),
            Self::Fleshy => None,
        }
    }
}

/// A fin.
#[derive(Debug, Clone, PartialEq)]
pub struct FinPlan {
    /// Which fin.
    pub which: Trait,
    /// What stiffens it.
    pub texture: FinTexture,
    /// Whether it lies on the body rather than behind its edge.
    pub over_body: bool,
    /// Points along its base, in body coordinates.
    pub base: Vec<Point>,
    /// Direction at each base point, radians: 0 backwards, a quarter turn downwards.
    pub angles: Vec<f64>,
    /// Length at each base point.
    pub lengths: Vec<f64>,
    /// Sideways swing of the rays as a share of their length.
    pub curl: f64,
    /// Seed of its small irregularities.
    pub seed: u32,
}

impl FinPlan {
    /// The point on the line from base point `station` at `out` (0 at the base, 1 at the tip).
    pub(crate) fn at(&self, station: usize, out: f64) -> Point {
        let (angle, length) = (self.angles[station], self.lengths[station]);
        let tip = point(angle.cos(), angle.sin()) * length;
        let swing = point(-angle.sin(), angle.cos()) * (self.curl * length * 2.0 * out * (1.0 - out));
        self.base[station] + tip * out + swing
    }
}

/// A fin before its margin is roughened.
struct Sheet {
    which: Trait,
    texture: FinTexture,
    over_body: bool,
    base: Vec<Point>,
    angles: Vec<f64>,
    lengths: Vec<f64>,
    curl: f64,
    /// How deep the margin is cut between two rays, as a share of the length.
    notch: f64,
}

fn stations() -> impl Iterator<Item = f64> {
    (0..STATIONS).map(|i| i as f64 / (STATIONS - 1) as f64)
}

fn ramp(from: f64, to: f64) -> Vec<f64> {
    stations().map(|s| from + (to - from) * s).collect()
}

/// Everything that the fins of one specimen share.
struct Maker<'a> {
    form: BodyForm,
    body: &'a BodyOutline,
    rng: &'a mut Generator,
    /// All fins lie against the body, as in badly fixed specimens.
    folded: bool,
    fins: Vec<FinPlan>,
}

/// The fins of a specimen of this form; those that lie behind the body come first.
pub(super) fn of(form: BodyForm, body: &BodyOutline, rng: &mut Generator) -> Vec<FinPlan> {
    let folded = rng.chance(0.08);
    let mut maker = Maker {
        form,
        body,
        rng,
        folded,
        fins: Vec::new(),
    };
    let dorsal_end = maker.dorsal();
    maker.adipose(dorsal_end);
    maker.anal();
    maker.caudal();
    maker.pelvic();
    maker.pectoral();
    let mut fins = maker.fins;
    fins.sort_by_key(|fin| fin.over_body);
    fins
}

impl Maker<'_> {
    fn degrees(&mut self, low: f64, high: f64, folded: (f64, f64)) -> f64 {
        let (low, high) = if self.folded { folded } else { (low, high) };
        self.rng.between(low, high).to_radians()
    }

    fn on_back(&self, from: f64, to: f64, inset: f64) -> Vec<Point> {
        ramp(from, to)
            .into_iter()
            .map(|x| point(x, self.body.top(x) + inset))
            .collect()
    }

    fn on_belly(&self, from: f64, to: f64, inset: f64) -> Vec<Point> {
        ramp(from, to)
            .into_iter()
            .map(|x| point(x, self.body.bottom(x) - inset))
            .collect()
    }
}

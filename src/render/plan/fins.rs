//! Fins: each is a sheet spanned between a base line on the body and a line of tips.

use std::f64::consts::PI;

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
    /// The point at `along` (station, whole or not) and `out` (0 at the base, 1 at the tip).
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

    fn dorsal(&mut self) -> f64 {
        let body = self.body;
        let (head, tail, depth) = (body.head_length, body.tail_base, body.depth);
        let reach = self.rng.between(0.13, 0.2) * (0.6 + depth);
        match self.form {
            BodyForm::Angelfish => {
                let (from, to) = (head + self.rng.between(0.02, 0.08), tail - self.rng.between(0.03, 0.07));
                let lean = self.degrees(-72.0, -48.0, (-30.0, -15.0));
                let (rise, growth, height) = (
                    self.rng.between(3.0, 6.0),
                    self.rng.between(0.1, 0.6),
                    reach * self.rng.between(0.55, 0.85),
                );
                let middle = from + (to - from) * self.rng.between(0.5, 0.6);
                let profile = |s: f64| {
                    height * (s * rise + 0.35).min(1.0) * (1.0 + growth * s) * ((1.0 - s) * 5.0 + 0.15).min(1.0)
                };
                let share = (middle - from) / (to - from);
                let turn = self.rng.between(0.25, 0.6);
                let spines = self.rng.whole(11, 14);
                self.add(Sheet {
                    which: Trait::DorsalFin,
                    texture: FinTexture::Spiny { spines },
                    over_body: false,
                    base: self.on_back(from, middle, 0.012),
                    angles: ramp(lean, lean + turn * share),
                    lengths: stations().map(|s| profile(s * share)).collect(),
                    curl: 0.02,
                    notch: 0.12,
                });
                let rays = self.rng.whole(14, 20);
                self.add(Sheet {
                    which: Trait::DorsalFin,
                    texture: FinTexture::Soft { rays },
                    over_body: false,
                    base: self.on_back(middle - 0.004, to, 0.012),
                    angles: ramp(lean + turn * share, lean + turn * 1.6),
                    lengths: stations().map(|s| profile(share + s * (1.0 - share))).collect(),
                    curl: 0.03,
                    notch: 0.02,
                });
                to
            }
            BodyForm::Perch | BodyForm::Sunfish | BodyForm::Darter => self.spiny_and_soft_dorsal(reach),
            form => {
                let from = match form {
                    BodyForm::Minnow => self.rng.between(0.4, 0.47),
                    BodyForm::Sucker => self.rng.between(0.36, 0.43),
                    BodyForm::Catfish => self.rng.between(0.28, 0.34),
                    BodyForm::Carp => self.rng.between(0.34, 0.4),
                    _ => self.rng.between(0.38, 0.44),
                };
                let from = from * tail / 0.8;
                let long = form == BodyForm::Carp;
                let span = if long {
                    self.rng.between(0.22, 0.3)
                } else {
                    self.rng.between(0.085, 0.13)
                };
                let lean = self.degrees(-62.0, -40.0, (-18.0, -8.0));
                let (fall, rise) = (
                    if long { 0.6 } else { self.rng.between(0.35, 0.7) },
                    self.rng.between(5.0, 12.0),
                );
                let height = reach * if long { 0.75 } else { self.rng.between(0.95, 1.25) };
                let (bow, turn, curl) = (
                    self.rng.between(0.7, 1.3),
                    self.rng.between(0.2, 0.55),
                    self.rng.between(-0.05, 0.04),
                );
                let rays = if long {
                    self.rng.whole(16, 21)
                } else {
                    self.rng.whole(8, 12)
                };
                self.add(Sheet {
                    which: Trait::DorsalFin,
                    texture: FinTexture::Soft { rays },
                    over_body: false,
                    base: self.on_back(from, (from + span).min(0.7), 0.012),
                    angles: ramp(lean, lean + turn),
                    lengths: stations()
                        .map(|s| height * (s * rise + 0.4).min(1.0) * (1.0 - fall * s.powf(bow)))
                        .collect(),
                    curl,
                    notch: 0.03,
                });
                from + span
            }
        }
    }

    fn spiny_and_soft_dorsal(&mut self, reach: f64) -> f64 {
        let head = self.body.head_length;
        let from = head + self.rng.between(0.015, 0.06);
        let middle = self.rng.between(0.58, 0.66) * self.body.tail_base;
        let to = self.rng.between(0.84, 0.9) * self.body.tail_base;
        let apart = match self.form {
            BodyForm::Sunfish => false,
            BodyForm::Perch => self.rng.chance(0.8),
            _ => self.rng.chance(0.6),
        };
        let lean = self.degrees(-58.0, -34.0, (-22.0, -12.0));
        let (height, rise, fall) = (
            reach * self.rng.between(0.66, 0.92),
            self.rng.between(3.0, 6.0),
            if apart { 0.6 } else { 0.25 },
        );
        let spines = self.rng.whole(9, 13);
        let notch = self.rng.between(0.1, 0.28);
        let close = |s: f64| {
            if apart {
                ((1.0 - s) * 5.0).clamp(0.03, 1.0).sqrt()
            } else {
                1.0
            }
        };
        self.add(Sheet {
            which: Trait::DorsalFin,
            texture: FinTexture::Spiny { spines },
            over_body: false,
            base: self.on_back(from, middle, 0.012),
            angles: ramp(lean - 0.05, lean + 0.2),
            lengths: stations()
                .map(|s| height * (s * rise + 0.3).min(1.0) * (1.0 - fall * s * s) * close(s))
                .collect(),
            curl: 0.015,
            notch,
        });
        let gap = if apart { self.rng.between(0.004, 0.02) } else { -0.008 };
        let tall = reach * self.rng.between(0.95, 1.25);
        let (fall, turn, rays) = (
            self.rng.between(0.35, 0.55),
            self.rng.between(0.3, 0.65),
            self.rng.whole(10, 14),
        );
        let start = if apart { 0.55 } else { 0.72 };
        self.add(Sheet {
            which: Trait::DorsalFin,
            texture: FinTexture::Soft { rays },
            over_body: false,
            base: self.on_back(middle + gap, to, 0.012),
            angles: ramp(lean + if apart { 0.0 } else { 0.2 }, lean + turn + 0.2),
            lengths: stations()
                .map(|s| tall * (s * 3.5 + start).min(1.0) * (1.0 - fall * s * s) * ((1.0 - s) * 4.0 + 0.5).min(1.0))
                .collect(),
            curl: 0.03,
            notch: 0.02,
        });
        to
    }

    fn adipose(&mut self, dorsal_end: f64) {
        if !matches!(self.form, BodyForm::Catfish | BodyForm::Trout) {
            return;
        }
        let tail = self.body.tail_base;
        let ridge = self.form == BodyForm::Catfish && self.rng.chance(0.6);
        let (from, span) = if ridge {
            let from = self.rng.between((dorsal_end + 0.08).min(0.6), 0.64);
            (from, tail - from - self.rng.between(0.01, 0.04))
        } else {
            (
                self.rng.between((dorsal_end + 0.1).max(0.62), tail - 0.1),
                self.rng.between(0.035, 0.055),
            )
        };
        let to = (from + span).min(tail - 0.008);
        let height = if ridge {
            self.rng.between(0.018, 0.03)
        } else {
            self.rng.between(0.028, 0.048)
        };
        let (from_angle, to_angle) = (self.rng.between(-50.0, -32.0), self.rng.between(-30.0, -14.0));
        self.add(Sheet {
            which: Trait::AdiposeFin,
            texture: FinTexture::Fleshy,
            over_body: false,
            base: self.on_back(from, to, 0.008),
            angles: ramp(from_angle.to_radians(), to_angle.to_radians()),
            lengths: stations()
                .map(|s| 0.006 + height * (PI * (s * 0.85 + 0.08)).sin().powf(0.8))
                .collect(),
            curl: 0.06,
            notch: 0.0,
        });
    }

    fn anal(&mut self) {
        let body = self.body;
        let (from, span) = match self.form {
            BodyForm::Angelfish => (self.rng.between(0.46, 0.53), self.rng.between(0.2, 0.27)),
            BodyForm::Catfish => (self.rng.between(0.52, 0.58), self.rng.between(0.14, 0.21)),
            BodyForm::Sunfish => (self.rng.between(0.5, 0.56), self.rng.between(0.13, 0.18)),
            BodyForm::Sucker => (self.rng.between(0.63, 0.67), self.rng.between(0.05, 0.07)),
            BodyForm::Trout => (self.rng.between(0.58, 0.63), self.rng.between(0.07, 0.1)),
            _ => (self.rng.between(0.55, 0.61), self.rng.between(0.08, 0.13)),
        };
        let from = from * body.tail_base / 0.8;
        let to = (from + span).min(body.tail_base - 0.04);
        let lean = self.degrees(42.0, 66.0, (8.0, 18.0));
        let height = self.rng.between(0.11, 0.17) * (0.65 + body.depth);
        let (rise, fall, bow, turn) = (
            self.rng.between(4.0, 9.0),
            self.rng.between(0.35, 0.65),
            self.rng.between(0.8, 1.4),
            self.rng.between(0.15, 0.5),
        );
        let rays = self.rng.whole(8, 13) + if span > 0.15 { 6 } else { 0 };
        let lengths = move |s: f64| height * (s * rise + 0.4).min(1.0) * (1.0 - fall * s.powf(bow));
        // Perches and their kin have two or three spines at the anal fin's front.
        let spiny_share = if matches!(
            self.form,
            BodyForm::Perch | BodyForm::Sunfish | BodyForm::Darter | BodyForm::Angelfish
        ) {
            0.2
        } else {
            0.0
        };
        let middle = from + (to - from) * spiny_share;
        if spiny_share > 0.0 {
            self.add(Sheet {
                which: Trait::AnalFin,
                texture: FinTexture::Spiny { spines: 3 },
                over_body: false,
                base: self.on_belly(from, middle, 0.012),
                angles: ramp(lean, lean - turn * spiny_share),
                lengths: stations().map(|s| lengths(s * spiny_share) * (0.5 + 0.4 * s)).collect(),
                curl: 0.0,
                notch: 0.3,
            });
        }
        self.add(Sheet {
            which: Trait::AnalFin,
            texture: FinTexture::Soft { rays },
            over_body: false,
            base: self.on_belly(middle - if spiny_share > 0.0 { 0.004 } else { 0.0 }, to, 0.012),
            angles: ramp(lean - turn * spiny_share, lean - turn),
            lengths: stations()
                .map(|s| lengths(spiny_share + s * (1.0 - spiny_share)))
                .collect(),
            curl: -0.03,
            notch: 0.03,
        });
    }

    fn caudal(&mut self) {
        let body = self.body;
        let length = (1.0 - body.tail_base) * self.rng.between(0.9, 1.15);
        // How much shorter the middle rays are than the outer ones; below 0 for a rounded tail.
        let fork = match self.form {
            BodyForm::Catfish => self.rng.pick(&[-0.22, -0.12, 0.02, 0.25]),
            BodyForm::Minnow | BodyForm::Carp | BodyForm::Sucker => self.rng.between(0.36, 0.56),
            BodyForm::Sunfish | BodyForm::Perch => self.rng.between(0.14, 0.32),
            BodyForm::Trout => self.rng.between(0.1, 0.3),
            BodyForm::Darter => self.rng.between(-0.06, 0.1),
            BodyForm::Angelfish => self.rng.between(-0.22, 0.1),
        };
        let power = self.rng.between(1.1, 1.6);
        let spread = if self.rng.chance(0.92) {
            self.rng.between(19.0, 33.0)
        } else {
            self.rng.between(8.0, 14.0)
        }
        .to_radians();
        let tilt = self.rng.around_zero(3.5).to_radians();
        let half = body.peduncle / 2.0 * 1.03;
        let rays = self.rng.whole(18, 24);
        let curl = self.rng.between(-0.02, 0.02);
        self.add(Sheet {
            which: Trait::CaudalFin,
            texture: FinTexture::Soft { rays },
            over_body: false,
            base: stations()
                .map(|s| {
                    let v = 2.0 * s - 1.0;
                    point(body.tail_base - 0.024 + 0.022 * (1.0 - v * v), v * half)
                })
                .collect(),
            angles: stations().map(|s| (2.0 * s - 1.0) * spread + tilt).collect(),
            // The outermost rays of a lobe are short, which rounds its corner.
            lengths: stations()
                .map(|s| {
                    let v = (2.0 * s - 1.0).abs();
                    let corner = 1.0 - 0.35 * ((v - 0.86).max(0.0) / 0.14).powi(2);
                    length * (1.0 - fork * (1.0 - v.powf(power))) * corner
                })
                .collect(),
            curl,
            notch: 0.025,
        });
    }

    fn pelvic(&mut self) {
        let body = self.body;
        let thoracic = matches!(
            self.form,
            BodyForm::Perch | BodyForm::Sunfish | BodyForm::Darter | BodyForm::Angelfish
        );
        let place = if thoracic {
            body.head_length + self.rng.between(0.04, 0.09)
        } else {
            self.rng.between(0.51, 0.6) * body.tail_base
        };
        let pair = self.rng.chance(0.5);
        let lean = self.degrees(22.0, 52.0, (4.0, 14.0));
        let height = self.rng.between(0.12, 0.175) * (0.72 + 0.6 * body.depth);
        for far in if pair { &[true, false][..] } else { &[false] } {
            let from = place + if *far { self.rng.between(0.01, 0.035) } else { 0.0 };
            let width = self.rng.between(0.024, 0.04);
            let lean = lean + self.rng.around_zero(0.08) + if *far { 0.12 } else { 0.0 };
            let (fall, turn) = (self.rng.between(0.2, 0.5), self.rng.between(0.25, 0.55));
            let rays = self.rng.whole(6, 9);
            let inset = if *far { 0.006 } else { self.rng.between(0.008, 0.018) };
            let over_body = !far && self.rng.chance(0.7);
            self.add(Sheet {
                which: Trait::PelvicFin,
                texture: FinTexture::Soft { rays },
                over_body,
                base: self.on_belly(from, from + width, inset),
                angles: ramp(lean, lean - turn),
                lengths: stations()
                    .map(|s| {
                        height
                            * (1.0 - fall * s)
                            * (s * 5.0 + 0.6).min(1.0)
                            * (0.6 + 0.4 * (PI * (s + 0.1).min(1.0)).sin())
                    })
                    .collect(),
                curl: -0.03,
                notch: 0.03,
            });
        }
    }

    fn pectoral(&mut self) {
        let body = self.body;
        let x = body.gill_cover.edge(0.45) + self.rng.between(0.004, 0.018);
        let (above, below) = (body.top(x), body.bottom(x));
        let low = if self.form == BodyForm::Catfish {
            (0.74, 0.84)
        } else {
            (0.6, 0.78)
        };
        let y = above + (below - above) * self.rng.between(low.0, low.1);
        let width = self.rng.between(0.028, 0.045) * (0.6 + body.depth);
        let slant = self.rng.between(-0.1, 0.6);
        let angle = self.rng.between(-32.0, 24.0).to_radians();
        let fan = self.rng.between(7.0, 20.0).to_radians();
        let length = self.rng.between(0.12, 0.17)
            * (0.8 + 0.4 * body.depth)
            * if matches!(self.form, BodyForm::Darter | BodyForm::Sunfish) {
                1.25
            } else {
                1.0
            };
        let (fall, peak) = (self.rng.between(0.1, 0.3), self.rng.between(0.2, 0.5));
        let rays = self.rng.whole(9, 14);
        let curl = self.rng.between(-0.06, 0.06);
        self.add(Sheet {
            which: Trait::PectoralFin,
            texture: FinTexture::Soft { rays },
            over_body: true,
            base: stations()
                .map(|s| point(x + s * width * slant.sin() * 0.5, y + (s - 0.5) * width * slant.cos()))
                .collect(),
            angles: stations().map(|s| angle + (2.0 * s - 1.0) * fan).collect(),
            lengths: stations()
                .map(|s| {
                    let round = 0.5 + 0.5 * (PI * (s * 0.92 + 0.06)).sin().max(0.0).powf(0.55);
                    length * (1.0 - fall * 2.0 * (s - peak).abs().powf(1.3)) * round
                })
                .collect(),
            curl,
            notch: 0.03,
        });
    }

    /// Roughens the margin and keeps the fin.
    fn add(&mut self, mut sheet: Sheet) {
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
            let noise = crate::render::noise::Noise::new(seed);
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

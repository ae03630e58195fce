//! The fins of the back.

use std::f64::consts::PI;

use super::{FinTexture, Maker, Sheet, ramp, stations};
use crate::render::dice::Dice;
use crate::render::plan::BodyForm;
use crate::traits::Trait;

impl Maker<'_> {
    /// The dorsal fin or fins; returns where they end.
    pub(super) fn dorsal(&mut self) -> f64 {
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

    /// The adipose fin, in the forms that have one.
    pub(super) fn adipose(&mut self, dorsal_end: f64) {
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
                .map(|s| 0.010 + height * (PI * (s * 0.85 + 0.08)).sin().powf(0.8))
                .collect(),
            curl: 0.06,
            notch: 0.0,
        });
    }
}

//! Anal, caudal, pelvic and pectoral fins.

use std::f64::consts::PI;

use super::{FinTexture, Maker, Sheet, ramp, stations};
use crate::render::curve::point;
use crate::render::dice::Dice;
use crate::render::plan::BodyForm;
use crate::traits::Trait;

impl Maker<'_> {
    pub(super) fn anal(&mut self) {
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

    pub(super) fn caudal(&mut self) {
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

    pub(super) fn pelvic(&mut self) {
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
            self.add(Sheet {
                which: Trait::PelvicFin,
                texture: FinTexture::Soft { rays },
                over_body: !far,
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

    pub(super) fn pectoral(&mut self) {
        let body = self.body;
        let x = body.gill_cover.edge(0.45) + self.rng.between(0.004, 0.018);
        let (above, below) = (body.top(x), body.bottom(x));
        let low = if self.form == BodyForm::Catfish {
            (0.74, 0.84)
        } else {
            (0.6, 0.78)
        };
        let y = above + (below - above) * self.rng.between(low.0, low.1);
        // In a shallow body the base takes at most a third of the depth.
        let width = (self.rng.between(0.028, 0.045) * (0.6 + body.depth)).min((below - above) * 0.3);
        let slant = self.rng.between(-0.1, 0.6);
        let aim = self.rng.between(-32.0, 24.0).to_radians();
        let fan = self.rng.between(7.0, 20.0).to_radians();
        let length = self.rng.between(0.12, 0.17)
            * (0.8 + 0.4 * body.depth)
            * if matches!(self.form, BodyForm::Darter | BodyForm::Sunfish) {
                1.25
            } else {
                1.0
            };
        let (fall, peak) = (self.rng.between(0.1, 0.3), self.rng.between(0.2, 0.5));
        // The lowest ray stays on the body, or the fin would cut off the breast from the rest of the trunk.
        let lowest = |angle: f64| y + width / 2.0 + length * 0.8 * (angle + fan).sin();
        let room = body.bottom(x + 0.8 * length).min(below) - 0.012;
        let angle = (0..20)
            .map(|k| aim - f64::from(k) * 0.06)
            .find(|angle| lowest(*angle) < room)
            .unwrap_or(aim - 1.2);
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
}

//! The body's outline and what is drawn on the head, after the control points of the starter network's drawing, with more of each form's own shape.

use super::BodyForm;
use crate::render::curve::{PROFILE_END, Point, Profile, point};
use crate::render::dice::{Dice, Generator};

/// Everything about a body's shape; lengths in body units, see the module's description.
#[derive(Debug, Clone, PartialEq)]
pub struct BodyOutline {
    /// Where the caudal fin begins.
    pub tail_base: f64,
    /// Snout to the rear edge of the gill cover, without the flap.
    pub head_length: f64,
    /// Greatest depth.
    pub depth: f64,
    /// Depth of the caudal peduncle.
    pub peduncle: f64,
    /// Height of the snout's tip (down is positive).
    pub snout: f64,
    /// The mouth.
    pub mouth: Mouth,
    /// The gill cover's rear edge.
    pub gill_cover: GillCover,
    /// The eye.
    pub eye: Eye,
    top: Profile,
    bottom: Profile,
    bend: [f64; 4],
}

/// A mouth: a cut from the snout backwards.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mouth {
    /// Length of the cut.
    pub length: f64,
    /// Fall of the cut per unit of length.
    pub slope: f64,
    /// How far it gapes at the snout.
    pub gape: f64,
    /// Thickness of the lips.
    pub lips: f64,
}

/// The gill cover's rear edge as a function of the relative height v (-1 at the back, 1 at the belly).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GillCover {
    edge: f64,
    bulge: f64,
    bulge_height: f64,
    bulge_width: f64,
    lean: f64,
    /// Distance of the preopercle's edge in front of the rear edge.
    pub preopercle: f64,
}

impl GillCover {
    /// Where the edge lies at relative height `v`.
    pub fn edge(&self, v: f64) -> f64 {
        self.edge + self.bulge * (-((v - self.bulge_height) / self.bulge_width).powi(2)).exp()
            - self.lean * (v - 0.2).clamp(0.0, 1.0).powf(1.5)
            - 0.01
    }
}

/// An eye: a disc.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Eye {
    /// Its middle.
    pub centre: Point,
    /// Its radius.
    pub radius: f64,
    /// Radius of the pupil as a share of the eye's.
    pub pupil: f64,
}

/// Ranges in which a form's proportions lie.
struct Proportions {
    head: (f64, f64),
    depth: (f64, f64),
    peduncle: (f64, f64),
    deepest: (f64, f64),
    nape: (f64, f64),
    throat: (f64, f64),
    /// Height of the snout's tip as a share of the depth.
    snout: (f64, f64),
    /// How the forehead rises from the snout: 1 in a straight line, less in a bow.
    forehead: (f64, f64),
    /// The same for the chin.
    chin: (f64, f64),
    /// How long the depth is kept behind the deepest place before it falls to the peduncle's.
    fullness: (f64, f64),
    mouth_length: (f64, f64),
    mouth_slope: (f64, f64),
    /// Eye's radius as a share of the head's length.
    eye: (f64, f64),
}

fn proportions(form: BodyForm) -> Proportions {
    let usual = Proportions {
        head: (0.18, 0.23),
        depth: (0.17, 0.25),
        peduncle: (0.36, 0.46),
        deepest: (0.32, 0.44),
        nape: (0.78, 0.92),
        throat: (0.75, 0.93),
        snout: (-0.02, 0.14),
        forehead: (0.56, 0.72),
        chin: (0.5, 0.66),
        fullness: (1.35, 1.9),
        mouth_length: (0.2, 0.34),
        mouth_slope: (0.1, 0.5),
        eye: (0.11, 0.155),
    };
    match form {
        BodyForm::Minnow => Proportions {
            eye: (0.13, 0.18),
            ..usual
        },
        BodyForm::Perch => Proportions {
            head: (0.23, 0.28),
            depth: (0.2, 0.29),
            peduncle: (0.32, 0.4),
            mouth_length: (0.3, 0.45),
            eye: (0.1, 0.13),
            ..usual
        },
        BodyForm::Sunfish => Proportions {
            head: (0.24, 0.285),
            depth: (0.33, 0.43),
            peduncle: (0.33, 0.39),
            deepest: (0.36, 0.45),
            nape: (0.82, 0.93),
            throat: (0.8, 0.93),
            snout: (0.08, 0.18),
            forehead: (0.64, 0.84),
            chin: (0.56, 0.74),
            fullness: (1.9, 2.6),
            mouth_length: (0.16, 0.28),
            mouth_slope: (0.4, 0.8),
            eye: (0.12, 0.16),
        },
        BodyForm::Sucker => Proportions {
            head: (0.17, 0.21),
            snout: (0.14, 0.3),
            forehead: (0.5, 0.64),
            chin: (0.4, 0.55),
            mouth_length: (0.1, 0.18),
            mouth_slope: (0.7, 1.2),
            eye: (0.085, 0.12),
            ..usual
        },
        BodyForm::Darter => Proportions {
            head: (0.2, 0.245),
            depth: (0.14, 0.19),
            peduncle: (0.4, 0.5),
            deepest: (0.28, 0.36),
            snout: (0.08, 0.22),
            forehead: (0.48, 0.62),
            chin: (0.42, 0.55),
            mouth_length: (0.18, 0.28),
            eye: (0.13, 0.165),
            ..usual
        },
        BodyForm::Catfish => Proportions {
            head: (0.2, 0.245),
            depth: (0.15, 0.21),
            peduncle: (0.46, 0.62),
            deepest: (0.26, 0.36),
            nape: (0.8, 0.95),
            throat: (0.82, 0.97),
            snout: (0.02, 0.2),
            forehead: (0.5, 0.62),
            chin: (0.34, 0.48),
            fullness: (1.3, 1.7),
            mouth_length: (0.16, 0.26),
            mouth_slope: (0.0, 0.3),
            eye: (0.05, 0.085),
        },
        BodyForm::Trout => Proportions {
            head: (0.18, 0.23),
            depth: (0.18, 0.24),
            mouth_length: (0.38, 0.55),
            mouth_slope: (0.05, 0.3),
            eye: (0.09, 0.125),
            ..usual
        },
        BodyForm::Angelfish => Proportions {
            head: (0.2, 0.26),
            depth: (0.34, 0.47),
            peduncle: (0.3, 0.4),
            deepest: (0.38, 0.46),
            snout: (0.04, 0.14),
            forehead: (0.78, 0.98),
            chin: (0.6, 0.8),
            fullness: (1.8, 2.5),
            mouth_length: (0.1, 0.18),
            eye: (0.12, 0.16),
            ..usual
        },
        BodyForm::Carp => Proportions {
            head: (0.2, 0.255),
            depth: (0.27, 0.38),
            peduncle: (0.34, 0.42),
            deepest: (0.34, 0.42),
            snout: (0.08, 0.18),
            forehead: (0.66, 0.85),
            chin: (0.5, 0.64),
            fullness: (1.5, 2.1),
            mouth_length: (0.12, 0.2),
            mouth_slope: (0.4, 0.9),
            eye: (0.085, 0.12),
            ..usual
        },
    }
}

impl BodyOutline {
    /// A body of this form.
    pub(super) fn of(form: BodyForm, rng: &mut Generator) -> Self {
        let p = proportions(form);
        let mut draw = |range: (f64, f64)| rng.between(range.0, range.1);
        let (head_length, depth) = (draw(p.head), draw(p.depth));
        let peduncle = (depth * draw(p.peduncle)).max(0.05);
        let (deepest, nape, throat) = (draw(p.deepest), draw(p.nape), draw(p.throat));
        let snout = depth * draw(p.snout);
        let (forehead, chin) = (draw(p.forehead), draw(p.chin));
        let jaws = draw((0.028, 0.042)) * (0.6 + 1.6 * depth);
        let mouth = Mouth {
            length: head_length * draw(p.mouth_length),
            slope: draw(p.mouth_slope),
            gape: if draw((0.0, 1.0)) < 0.25 {
                draw((0.006, 0.011))
            } else {
                0.0
            },
            lips: draw((0.006, 0.011)),
        };
        let eye_share = draw(p.eye);
        let tail_base = draw((0.775, 0.855));
        let back = depth * draw((0.46, 0.56));
        let shape = |above: bool, at_head: f64, rng: &mut Generator| {
            let (sign, reach) = if above { (-1.0, back) } else { (1.0, depth - back) };
            let start = deepest.max(head_length + 0.05);
            let end = tail_base - rng.between(0.05, 0.09);
            let narrow = peduncle / 2.0;
            let (rise, lip) = if above {
                (forehead, jaws * 0.5)
            } else {
                (chin, jaws * 0.5)
            };
            let at_edge = sign * reach * at_head;
            let tip = snout + sign * lip;
            let mut points = vec![point(0.0, snout), point(0.003, snout + sign * lip * 0.6)];
            points.extend(
                [0.07, 0.25, 0.5, 0.75f64].map(|q| point(head_length * q, tip + (at_edge - tip) * q.powf(rise))),
            );
            points.extend([point(head_length, at_edge), point(start, sign * reach)]);
            let fullness = rng.between(p.fullness.0, p.fullness.1);
            for q in [0.25, 0.5, 0.75f64] {
                let smooth = 0.5 - 0.5 * (std::f64::consts::PI * q).cos();
                let fall = 0.55 * q.powf(fullness) + 0.45 * smooth;
                points.push(point(
                    start + q * (end - start),
                    sign * (reach + (narrow - reach) * fall),
                ));
            }
            let flare = rng.between(1.02, 1.14);
            points.extend([
                point(end, sign * narrow),
                point(tail_base - 0.01, sign * narrow * flare),
                point(PROFILE_END, sign * narrow * flare),
            ]);
            Profile::through(&points)
        };
        let (top, bottom) = (shape(true, nape, rng), shape(false, throat, rng));
        let flap = if form == BodyForm::Sunfish { 0.012 } else { 0.0 };
        let bulge = rng.between(0.018, 0.045) + flap;
        let gill_cover = GillCover {
            edge: head_length - (bulge - 0.035f64).max(0.0),
            bulge,
            bulge_height: rng.between(-0.1, 0.2),
            bulge_width: rng.between(0.35, 0.6),
            lean: rng.between(0.1, 0.5) * head_length * 0.4,
            preopercle: head_length * rng.between(0.24, 0.34),
        };
        let eye = place_eye(form, head_length, eye_share, &top, &bottom, rng);
        let arch = if rng.chance(0.6) { rng.between(-0.15, 0.15) } else { 0.0 };
        let bend = [
            arch,
            rng.between(0.3, 0.5),
            rng.between(-0.012, 0.012),
            rng.between(2.0, 5.0),
        ];
        Self {
            tail_base,
            head_length,
            depth,
            peduncle,
            snout,
            mouth,
            gill_cover,
            eye,
            top,
            bottom,
            bend,
        }
    }

    /// The back's height at `x`, without the bend.
    pub fn top(&self, x: f64) -> f64 {
        self.top.at(x)
    }

    /// The belly's height at `x`, without the bend.
    pub fn bottom(&self, x: f64) -> f64 {
        self.bottom.at(x)
    }

    /// How far the bent axis of the body lies below the straight one at `x`.
    pub fn bend(&self, x: f64) -> f64 {
        let [arch, middle, wave, frequency] = self.bend;
        arch * (x - middle).powi(2) + wave * (frequency * x).sin()
    }

    /// Where the trunk ends, at relative height `v`.
    pub fn trunk_end(&self, v: f64) -> f64 {
        self.tail_base + 0.02 * (1.0 - v * v) - 0.005
    }
}

fn place_eye(form: BodyForm, head: f64, share: f64, top: &Profile, bottom: &Profile, rng: &mut Generator) -> Eye {
    let x = head
        * if form == BodyForm::Sucker {
            rng.between(0.42, 0.52)
        } else {
            rng.between(0.3, 0.42)
        };
    let (above, below) = (top.at(x), bottom.at(x));
    let radius = (head * share).min((below - above) * 0.24).min(x * 0.6);
    let y = (above + (below - above) * rng.between(0.3, 0.42)).max(above + radius * 1.18);
    Eye {
        centre: point(x, y),
        radius,
        pupil: rng.between(0.42, 0.62),
    }
}

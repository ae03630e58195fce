//! Colours and markings.
//!
//! A colour is an albedo in linear red, green and blue: what the skin sends back from white light. On a light table the same colour, taken
//! to the power of the tissue's thickness, is what passes through; preserved fish look the way they do because of it.

use super::BodyForm;
use crate::render::dice::{Dice, Generator};
use crate::render::light::{Light, mix, of_hsv, scaled};

/// Where the rig's light comes from, which decides how a specimen looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Lighting {
    /// A light table: fins and thin parts glow, the rest is dim.
    FromBelow,
    /// Lamps above an opaque ground.
    FromAbove,
}

/// Colours and markings of a specimen. Strengths run from 0 (absent) to 1.
#[derive(Debug, Clone, PartialEq)]
pub struct PigmentPlan {
    /// Albedo of the back.
    pub back: [f32; 3],
    /// Albedo of the flank.
    pub flank: [f32; 3],
    /// Albedo of the belly.
    pub belly: [f32; 3],
    /// Albedo of the head.
    pub head: [f32; 3],
    /// Albedo of the fins.
    pub fin: [f32; 3],
    /// Relative height where back turns into flank, and flank into belly.
    pub borders: [f32; 2],
    /// Optical thickness of the body's middle, in layers of its albedo.
    pub thickness: f32,
    /// Optical thickness of fin membranes.
    pub membrane: f32,
    /// Wet shine.
    pub gloss: f32,
    /// Scales, if the fish has any.
    pub scales: Option<Scales>,
    /// Dark band along the flank.
    pub band: Option<Band>,
    /// Thin dark line of pores along the flank.
    pub lateral_line: f32,
    /// Dark bars across the back and flank.
    pub bars: Option<Bars>,
    /// Lengthwise stripes.
    pub stripes: Option<Bars>,
    /// Dark spots.
    pub spots: Option<Spots>,
    /// Large dark patches across the back, as madtoms have them.
    pub saddles: f32,
    /// Dark flap at the gill cover.
    pub ear: f32,
    /// Dark spot before the caudal fin.
    pub tail_spot: f32,
    /// Irregular light and dark patches.
    pub mottling: f32,
    /// Single dark pigment cells.
    pub melanophores: f32,
    /// Wrinkled, damaged skin.
    pub wear: f32,
    /// Albedo of the iris.
    pub iris: [f32; 3],
    /// Albedo of the pupil: black, or milky in old specimens.
    pub pupil: [f32; 3],
    /// Seed of all its noise.
    pub seed: u32,
}

/// Scales.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scales {
    /// Spacing along the body, in body units.
    pub spacing: f32,
    /// Rows from back to belly.
    pub rows: f32,
    /// Darkness of their rear edges on the back.
    pub rim: f32,
    /// How much scales differ from each other.
    pub variety: f32,
    /// How far they bulge.
    pub relief: f32,
}

/// A band along the flank.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Band {
    /// Relative height, -1 at the back and 1 at the belly.
    pub height: f32,
    /// Width in relative heights.
    pub width: f32,
    /// Darkness.
    pub strength: f32,
}

/// Bars or stripes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bars {
    /// How many.
    pub count: f32,
    /// Darkness.
    pub strength: f32,
}

/// Spots.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spots {
    /// Cells of a grid that may hold a spot, per body unit.
    pub cells: f32,
    /// Share of the cells with a spot.
    pub share: f32,
    /// Darkness.
    pub strength: f32,
    /// Whether fins have them too.
    pub on_fins: bool,
}

/// The few colours from which a skin is made.
struct Skin {
    flank: Light,
    back: Light,
    belly: Light,
    fin: Light,
    thickness: f32,
}

fn preserved_skin(rng: &mut Generator) -> Skin {
    // Formalin and alcohol turn everything amber; what differs is how dark the fish was and how long it lay.
    let hue = rng.between(0.08, 0.109);
    let depth = rng.pick(&[0.0, 0.15, 0.3, 0.45, 0.6, 0.8, 1.0]);
    let value = 0.68 - 0.31 * depth + rng.between(-0.05, 0.06);
    let saturation = rng.between(0.66, 0.92) - 0.1 * depth;
    let flank = of_hsv(hue - 0.022 * depth, saturation, value);
    let back = mix(
        flank,
        of_hsv(hue - 0.005, saturation * 0.75, value * 0.42),
        rng.between(0.6, 1.0) as f32,
    );
    let belly = of_hsv(
        hue + rng.between(0.0, 0.01),
        saturation * rng.between(0.8, 1.0),
        (value * rng.between(1.08, 1.35)).min(0.92),
    );
    let fin = of_hsv(
        rng.between(0.115, 0.148),
        rng.between(0.5, 0.75),
        rng.between(0.82, 0.93),
    );
    Skin {
        flank,
        back,
        belly,
        fin,
        thickness: (0.62 + 1.55 * depth + rng.between(0.0, 0.4)) as f32,
    }
}

fn fresh_skin(form: BodyForm, rng: &mut Generator) -> Skin {
    let bright = form == BodyForm::Angelfish;
    let (hue, saturation, value) = match rng.whole(0, 5) {
        _ if bright => (
            rng.pick(&[0.02, 0.07, 0.09, 0.13, 0.6, 0.64]),
            rng.between(0.3, 0.65),
            rng.between(0.3, 0.7),
        ),
        0 | 1 => (rng.between(0.1, 0.16), rng.between(0.06, 0.2), rng.between(0.6, 0.78)),
        2 => (rng.between(0.11, 0.17), rng.between(0.25, 0.5), rng.between(0.42, 0.62)),
        3 => (rng.between(0.06, 0.1), rng.between(0.4, 0.65), rng.between(0.4, 0.6)),
        4 => (rng.between(0.05, 0.09), rng.between(0.15, 0.35), rng.between(0.6, 0.75)),
        _ => (rng.between(0.08, 0.2), rng.between(0.03, 0.1), rng.between(0.45, 0.68)),
    };
    let flank = of_hsv(hue, saturation, value);
    let back = of_hsv(
        hue + rng.between(-0.02, 0.03),
        (saturation * 1.2).min(1.0),
        value * rng.between(0.28, 0.55),
    );
    let belly = of_hsv(
        hue,
        saturation * rng.between(0.3, 0.8),
        (value * rng.between(1.2, 1.5)).min(0.93),
    );
    let fin = if bright && rng.chance(0.25) {
        of_hsv(
            rng.pick(&[0.02, 0.1, 0.14, 0.62]),
            rng.between(0.3, 0.65),
            rng.between(0.3, 0.8),
        )
    } else {
        of_hsv(
            hue + rng.between(-0.01, 0.02),
            saturation * rng.between(0.7, 1.1),
            (value * rng.between(0.95, 1.3)).min(0.92),
        )
    };
    Skin {
        flank,
        back,
        belly,
        fin,
        thickness: 3.0,
    }
}

impl PigmentPlan {
    /// Colours for this form and lighting.
    pub(super) fn of(form: BodyForm, lighting: Lighting, rng: &mut Generator) -> Self {
        let preserved = lighting == Lighting::FromBelow;
        let skin = if preserved {
            preserved_skin(rng)
        } else {
            fresh_skin(form, rng)
        };
        let strength = |rng: &mut Generator, low: f64, high: f64| rng.between(low, high) as f32;
        let scales = (form != BodyForm::Catfish).then(|| scales_of(form, rng));
        let band = match form {
            BodyForm::Minnow => rng.chance(0.75),
            BodyForm::Darter => rng.chance(0.3),
            BodyForm::Sucker => rng.chance(0.15),
            _ => false,
        }
        .then(|| Band {
            height: strength(rng, -0.12, 0.1),
            width: strength(rng, 0.08, 0.2),
            strength: strength(rng, 0.45, 0.9),
        });
        let bars = match form {
            BodyForm::Perch => rng.chance(0.7),
            BodyForm::Darter => rng.chance(0.65),
            BodyForm::Sunfish => rng.chance(0.3),
            BodyForm::Angelfish => rng.chance(0.35),
            _ => false,
        }
        .then(|| Bars {
            count: strength(rng, 6.0, 12.0),
            strength: strength(rng, 0.25, 0.6),
        });
        let stripes = (form == BodyForm::Angelfish && rng.chance(0.25)).then(|| Bars {
            count: strength(rng, 4.0, 8.0),
            strength: strength(rng, 0.25, 0.6),
        });
        let spots = match form {
            BodyForm::Trout => true,
            BodyForm::Sunfish | BodyForm::Perch => rng.chance(0.15),
            _ => false,
        }
        .then(|| Spots {
            cells: strength(rng, 22.0, 38.0),
            share: strength(rng, 0.2, 0.5),
            strength: strength(rng, 0.5, 0.85),
            on_fins: rng.chance(0.5),
        });
        let iris = if preserved {
            of_hsv(rng.between(0.07, 0.13), rng.between(0.2, 0.6), rng.between(0.35, 0.62))
        } else {
            of_hsv(rng.between(0.09, 0.15), rng.between(0.1, 0.6), rng.between(0.55, 0.85))
        };
        let milky = rng.chance(0.2);
        let pupil = if milky {
            of_hsv(rng.between(0.15, 0.58), rng.between(0.04, 0.14), rng.between(0.4, 0.62))
        } else {
            scaled([0.02, 0.018, 0.016], 1.0)
        };
        let head = mix(skin.flank, skin.back, strength(rng, 0.1, 0.5));
        Self {
            head,
            back: skin.back,
            flank: skin.flank,
            belly: skin.belly,
            fin: skin.fin,
            borders: [strength(rng, -0.6, -0.1), strength(rng, 0.3, 0.7)],
            thickness: skin.thickness,
            membrane: strength(rng, 0.55, 1.4),
            gloss: if preserved {
                strength(rng, 0.1, 0.35)
            } else {
                strength(rng, 0.35, 0.9)
            },
            scales,
            band,
            lateral_line: if rng.chance(0.6) { strength(rng, 0.15, 0.6) } else { 0.0 },
            bars,
            stripes,
            spots,
            saddles: if form == BodyForm::Catfish && rng.chance(0.55) {
                strength(rng, 0.4, 0.85)
            } else {
                0.0
            },
            ear: if form == BodyForm::Sunfish && rng.chance(0.9) {
                strength(rng, 0.7, 0.95)
            } else {
                0.0
            },
            tail_spot: if form == BodyForm::Minnow && rng.chance(0.5) {
                strength(rng, 0.4, 0.85)
            } else {
                0.0
            },
            mottling: if preserved {
                strength(rng, 0.08, 0.26)
            } else {
                strength(rng, 0.03, 0.14)
            } + if form == BodyForm::Catfish { 0.15 } else { 0.0 },
            melanophores: strength(rng, 0.15, 0.7),
            wear: if rng.chance(0.25) {
                strength(rng, 0.3, 0.8)
            } else {
                strength(rng, 0.0, 0.2)
            },
            iris,
            pupil,
            seed: rng.seed(),
        }
    }
}

fn scales_of(form: BodyForm, rng: &mut Generator) -> Scales {
    let (spacing, rows) = match form {
        BodyForm::Carp => (rng.between(0.021, 0.027), rng.between(13.0, 16.0)),
        BodyForm::Minnow => (rng.between(0.015, 0.02), rng.between(12.0, 16.0)),
        BodyForm::Sunfish | BodyForm::Sucker => (rng.between(0.014, 0.018), rng.between(19.0, 24.0)),
        BodyForm::Angelfish => (rng.between(0.013, 0.017), rng.between(22.0, 28.0)),
        BodyForm::Trout => (rng.between(0.006, 0.008), rng.between(34.0, 42.0)),
        _ => (rng.between(0.011, 0.014), rng.between(17.0, 22.0)),
    };
    Scales {
        spacing: spacing as f32,
        rows: rows as f32,
        rim: if rng.chance(0.7) {
            rng.between(0.25, 0.75)
        } else {
            rng.between(0.05, 0.2)
        } as f32,
        variety: rng.between(0.05, 0.3) as f32,
        relief: rng.between(0.3, 1.0) as f32,
    }
}

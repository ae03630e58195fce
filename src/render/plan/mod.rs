//! What a specimen is like: every number of its shape and colours, before anything is drawn.
//!
//! Body coordinates: x runs from the snout (0) backwards, y downwards, both in units in which snout to tail tip is about 1. The caudal fin
//! begins at `body.tail_base`, so the standard length is `body.tail_base` units.

mod fins;
mod outline;
mod pigment;

use crate::traits::{Trait, TraitSet};

use super::dice::{Dice, Generator};
pub use fins::{FinPlan, FinTexture};
pub use outline::{BodyOutline, Eye, GillCover, Mouth};
pub use pigment::{Band, Bars, Lighting, PigmentPlan, Scales, Spots};

/// A body plan of fishes that look alike from the side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BodyForm {
    /// Slender, one short dorsal fin, forked tail (Notropis, Phenacobius).
    Minnow,
    /// Two dorsal fins or a notched one, the first spiny (Perca, Sander).
    Perch,
    /// Deep, spiny and soft dorsal fin joined, ear flap (Lepomis).
    Sunfish,
    /// Long snout, mouth below, rounded belly line (Catostomus, Moxostoma).
    Sucker,
    /// Small, two dorsal fins, large pectoral fins (Etheostoma, Percina).
    Darter,
    /// Flat head, barbels, adipose fin, no scales (Noturus, Ameiurus).
    Catfish,
    /// Adipose fin, spots (Salmo, Oncorhynchus).
    Trout,
    /// Deep, long dorsal and anal fins, bright (Centropyge, Apolemichthys).
    Angelfish,
    /// Deep, large scales, long dorsal fin (Cyprinus, Carassius).
    Carp,
}

impl BodyForm {
    /// All forms.
    pub const ALL: [Self; 9] = [
        Self::Minnow,
        Self::Perch,
        Self::Sunfish,
        Self::Sucker,
        Self::Darter,
        Self::Catfish,
        Self::Trout,
        Self::Angelfish,
        Self::Carp,
    ];

    /// A lower-case name, for files and tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Minnow => "minnow",
            Self::Perch => "perch",
            Self::Sunfish => "sunfish",
            Self::Sucker => "sucker",
            Self::Darter => "darter",
            Self::Catfish => "catfish",
            Self::Trout => "trout",
            Self::Angelfish => "angelfish",
            Self::Carp => "carp",
        }
    }

    /// Standard lengths of preserved specimens of this form in centimetres, shortest and longest.
    pub fn standard_lengths(self) -> (f64, f64) {
        match self {
            Self::Minnow => (4.0, 7.5),
            Self::Darter => (3.5, 6.5),
            Self::Sunfish => (5.0, 10.0),
            Self::Angelfish => (5.0, 9.0),
            Self::Catfish => (4.5, 11.0),
            Self::Perch | Self::Carp => (7.0, 13.0),
            Self::Sucker | Self::Trout => (8.0, 14.0),
        }
    }
}

/// A specimen's shape and colours.
#[derive(Debug, Clone, PartialEq)]
pub struct SpecimenPlan {
    /// The body plan that it follows.
    pub form: BodyForm,
    /// Snout to the base of the caudal fin, in centimetres along the straight axis.
    pub standard_length_cm: f64,
    /// Outline, gill cover, mouth and eye.
    pub body: BodyOutline,
    /// Fins, those behind the body first.
    pub fins: Vec<FinPlan>,
    /// Colours and markings.
    pub pigment: PigmentPlan,
}

impl SpecimenPlan {
    /// A specimen of any form, as the seed has it.
    pub fn random(seed: u64, lighting: Lighting) -> Self {
        let form = super::dice::generator(seed, FORM_STREAM).pick(&BodyForm::ALL);
        Self::of(form, seed, lighting)
    }

    /// A specimen of this form; everything else as the seed has it. `lighting` says for which rig its colours are chosen: preserved and
    /// translucent on a light table, or fresher and lit from above.
    pub fn of(form: BodyForm, seed: u64, lighting: Lighting) -> Self {
        let rng: &mut Generator = &mut super::dice::generator(seed, PLAN_STREAM);
        let (shortest, longest) = form.standard_lengths();
        let standard_length_cm = rng.between(shortest, longest);
        let body = BodyOutline::of(form, rng);
        let fins = fins::of(form, &body, rng);
        let pigment = PigmentPlan::of(form, lighting, rng);
        Self {
            form,
            standard_length_cm,
            body,
            fins,
            pigment,
        }
    }

    /// The traits that the specimen has.
    pub fn traits(&self) -> TraitSet {
        let body = TraitSet::EMPTY.with(Trait::Head).with(Trait::Eye).with(Trait::Trunk);
        self.fins.iter().fold(body, |all, fin| {
            let ray = fin
                .texture
                .element(fin.which)
                .map_or(TraitSet::EMPTY, |t| TraitSet::EMPTY.with(t));
            all.with(fin.which).union(ray)
        })
    }
}

const FORM_STREAM: u64 = 1;
const PLAN_STREAM: u64 = 2;

//! The 18 landmarks of Minnow_Segmented_Traits (`minnow_landmark_definitions.csv`), each by the table's *Definition* in the body's frame.

use std::collections::BTreeMap;

use super::axis::{BodyAxis, Place};
use super::outline::{End, Outline, Spans, Towards};
use super::parts::Parts;
use super::region::Region;

/// The outlines of a specimen's parts in its frame.
pub(super) struct Outlines {
    pub head: Option<Outline>,
    pub eye: Option<Outline>,
    pub trunk: Option<Outline>,
    pub dorsal_fin: Option<Outline>,
    pub caudal_fin: Option<Outline>,
    pub anal_fin: Option<Outline>,
    pub pelvic_fin: Option<Outline>,
    pub pectoral_fin: Option<Outline>,
}

impl Outlines {
    pub fn of(parts: &Parts, axis: &BodyAxis) -> Self {
        let of = |part: &Option<Region>| part.as_ref().map(|p| Outline::of(p, axis));
        Self {
            head: of(&parts.head),
            eye: of(&parts.eye),
            trunk: of(&parts.trunk),
            dorsal_fin: of(&parts.dorsal_fin),
            caudal_fin: of(&parts.caudal_fin),
            anal_fin: of(&parts.anal_fin),
            pelvic_fin: of(&parts.pelvic_fin),
            pectoral_fin: of(&parts.pectoral_fin),
        }
    }
}

/// What the network can tell apart in the body's frame: the size of its pixel along and across the axis, never below a pixel of the mask.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Grain {
    pub along: f64,
    pub across: f64,
}

/// A landmark and how far spikes and rounded ends leave it open.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Landmark {
    pub place: Place,
    pub doubt: f64,
}

impl From<Place> for Landmark {
    fn from(place: Place) -> Self {
        Self { place, doubt: 0.0 }
    }
}

fn tip(end: End) -> Landmark {
    Landmark {
        place: end.tip,
        doubt: end.doubt(),
    }
}

fn blunt(end: End) -> Landmark {
    Landmark {
        place: end.blunt,
        doubt: end.doubt(),
    }
}

/// Tip of the snout, #1.
pub(super) fn snout(outlines: &Outlines, grain: Grain) -> Option<Landmark> {
    outlines
        .head
        .as_ref()?
        .end(Towards::Front, grain.across, |_| true)
        .map(tip)
}

/// End of the vertebral column, #6: the rear of the trunk, but not of a spike that it sends into the fin.
pub(super) fn vertebral_end(outlines: &Outlines, grain: Grain) -> Option<Landmark> {
    outlines
        .trunk
        .as_ref()?
        .end(Towards::Rear, grain.across, |_| true)
        .map(blunt)
}

/// All landmarks that the parts have, by number.
pub(super) fn all(outlines: &Outlines, grain: Grain) -> BTreeMap<u8, Landmark> {
    let mut found = BTreeMap::new();
    let mut put = |number: u8, landmark: Option<Landmark>| {
        if let Some(landmark) = landmark {
            found.insert(number, landmark);
        }
    };
    let front = |part: &Option<Outline>| part.as_ref()?.end(Towards::Front, grain.across, |_| true).map(tip);
    let spans = |part: &Option<Outline>| part.as_ref().map(|p| Spans::of(&[p], bin(grain)));
    let trunk = spans(&outlines.trunk);

    put(1, snout(outlines, grain));
    put(6, vertebral_end(outlines, grain));
    if let Some(head) = &outlines.head {
        let spans = Spans::of(&[head], bin(grain));
        put(12, head.end(Towards::Rear, grain.across, |_| true).map(blunt));
        put(
            2,
            meets_trunk(&spans, trunk.as_ref(), Towards::Back, grain)
                .or_else(|| head.end(Towards::Back, grain.along, |_| true).map(tip)),
        );
        put(
            13,
            meets_trunk(&spans, trunk.as_ref(), Towards::Belly, grain)
                .or_else(|| head.end(Towards::Belly, grain.along, |_| true).map(tip)),
        );
    }
    put(3, front(&outlines.dorsal_fin));
    put(
        4,
        rear_of_base(&outlines.dorsal_fin, trunk.as_ref(), Towards::Back, grain),
    );
    put(9, front(&outlines.anal_fin));
    put(
        8,
        rear_of_base(&outlines.anal_fin, trunk.as_ref(), Towards::Belly, grain),
    );
    put(10, front(&outlines.pelvic_fin));
    put(11, front(&outlines.pectoral_fin));
    if let Some(fin) = &outlines.caudal_fin {
        let middle = vertebral_end(outlines, grain).map_or_else(|| middle(fin), |end| end.place.t);
        put(5, fin.end(Towards::Front, grain.across, |p| p.t < middle).map(tip));
        put(7, fin.end(Towards::Front, grain.across, |p| p.t >= middle).map(tip));
    }
    if let Some(eye) = &outlines.eye {
        put(14, eye.end(Towards::Front, grain.across, |_| true).map(tip));
        put(15, eye.end(Towards::Rear, grain.across, |_| true).map(tip));
        put(16, eye.end(Towards::Back, grain.along, |_| true).map(tip));
        put(17, eye.end(Towards::Belly, grain.along, |_| true).map(tip));
    }
    found
}

/// Width of the bins in which profiles are taken: two pixels at least, so that a turned grid leaves none empty.
pub(super) fn bin(grain: Grain) -> f64 {
    grain.along.max(2.0)
}

fn middle(fin: &Outline) -> f64 {
    let (low, high) = fin
        .places
        .iter()
        .fold((f64::MAX, f64::MIN), |(l, h), p| (l.min(p.t), h.max(p.t)));
    (low + high) / 2.0
}

/// Where head and trunk meet at the back (#2) or the belly (#13): the rearmost place at which the body's edge is the head's.
fn meets_trunk(head: &Spans, trunk: Option<&Spans>, edge: Towards, grain: Grain) -> Option<Landmark> {
    let trunk = trunk?;
    let place = |(s, (back, belly)): (f64, (f64, f64))| {
        let beside = trunk.at(s);
        let (t, on_edge) = match edge {
            Towards::Back => (back, beside.is_none_or(|(other, _)| back <= other + grain.across)),
            _ => (belly, beside.is_none_or(|(_, other)| belly >= other - grain.across)),
        };
        on_edge.then_some(Landmark::from(Place { s, t }))
    };
    head.iter().rev().find_map(place)
}

/// The rear of a fin's base (#4, #8): the rearmost place at which the fin touches the trunk; where it touches nowhere, its end towards
/// the body.
fn rear_of_base(fin: &Option<Outline>, trunk: Option<&Spans>, edge: Towards, grain: Grain) -> Option<Landmark> {
    let fin = fin.as_ref()?;
    let gap = 2.0 * grain.across;
    let touching = |(s, (back, belly)): (f64, (f64, f64))| {
        let (trunk_back, trunk_belly) = trunk?.at(s)?;
        let (t, touches) = match edge {
            Towards::Back => (belly, belly >= trunk_back - gap),
            _ => (back, back <= trunk_belly + gap),
        };
        touches.then_some(Landmark::from(Place { s, t }))
    };
    let spans = Spans::of(&[fin], bin(grain));
    let inwards = match edge {
        Towards::Back => Towards::Belly,
        _ => Towards::Back,
    };
    let found = spans.iter().rev().find_map(touching);
    found.or_else(|| fin.end(inwards, grain.along, |_| true).map(tip))
}

//! Which pieces of the mask are the specimen's parts.
//!
//! A part may come in several pieces (a fin torn between rays, a trunk under a pin's shadow) and a mask may hold pieces that are no part of this
//! specimen. Pieces near the main one are joined to it, the others are left out and named. There is one head, one trunk and one eye, in the head;
//! fins belong to the body.

use super::Notes;
use super::region::{Region, overlap};
use crate::frame::{PixelBox, Size};
use crate::locate::HeadSide;
use crate::traits::components::{Component, Run};
use crate::traits::{CleanUp, Trait, TraitMask, TraitRuns, TraitSet};

/// A specimen's parts as far as the mask has them.
pub(super) struct Parts {
    /// With the eye in it.
    pub head: Option<Region>,
    pub eye: Option<Region>,
    pub trunk: Option<Region>,
    pub dorsal_fin: Option<Region>,
    pub adipose_fin: Option<Region>,
    /// With its rays.
    pub caudal_fin: Option<Region>,
    pub anal_fin: Option<Region>,
    pub pelvic_fin: Option<Region>,
    pub pectoral_fin: Option<Region>,
}

/// How far from the main piece another one may lie to be joined, in diagonals of the main piece's rectangle.
const HEAD_GAP: f64 = 0.15;
const TRUNK_GAP: f64 = 0.25;
const FIN_GAP: f64 = 1.0;
/// The soft dorsal fin of a perch lies far behind the spiny one.
const DORSAL_GAP: f64 = 2.0;
/// A head that is left out is worth a note from this share of the taken one's area on; a smaller one is a stray piece.
const SECOND_HEAD: f64 = 0.25;
const SECOND_EYE: f64 = 0.5;

impl Parts {
    pub fn of(runs: &TraitRuns, clean_up: &CleanUp, side: HeadSide, notes: &mut Notes) -> Self {
        let pieces = |of: &[Trait]| clean_up.pieces(runs.plane(of.iter().copied().collect()));
        let trunk = Region::of(joined(pieces(&[Trait::Trunk]), 0, TRUNK_GAP).0);
        let eyes = pieces(&[Trait::Eye]);
        let head = head(runs, clean_up, &eyes, side, trunk.as_ref(), notes);
        let eye = eye(eyes, head.as_ref(), notes);
        // Head and trunk as one, whatever the network took for which.
        let body = Region::of(joined(pieces(&[Trait::Head, Trait::Eye, Trait::Trunk]), 0, TRUNK_GAP).0);
        let body = body.as_ref().map_or(&[][..], |body| &body.runs);
        let fin = |of: &[Trait], gap: f64| {
            let attached = clean_up.attached(pieces(of), body);
            Region::of(joined(attached, 0, gap).0)
        };
        Self {
            head,
            eye,
            trunk,
            dorsal_fin: fin(&[Trait::DorsalFin], DORSAL_GAP),
            adipose_fin: fin(&[Trait::AdiposeFin], FIN_GAP),
            caudal_fin: fin(&[Trait::CaudalFin, Trait::CaudalFinRay], FIN_GAP),
            anal_fin: fin(&[Trait::AnalFin], FIN_GAP),
            pelvic_fin: fin(&[Trait::PelvicFin], FIN_GAP),
            pectoral_fin: fin(&[Trait::PectoralFin], FIN_GAP),
        }
    }

    /// The parts as a mask: the head without the eye in it.
    pub fn mask(&self, size: Size) -> TraitMask {
        let mut mask = TraitMask::empty(size);
        let parts = [
            (&self.head, Trait::Head),
            (&self.eye, Trait::Eye),
            (&self.trunk, Trait::Trunk),
            (&self.dorsal_fin, Trait::DorsalFin),
            (&self.adipose_fin, Trait::AdiposeFin),
            (&self.caudal_fin, Trait::CaudalFin),
            (&self.anal_fin, Trait::AnalFin),
            (&self.pelvic_fin, Trait::PelvicFin),
            (&self.pectoral_fin, Trait::PectoralFin),
        ];
        for (part, which) in parts {
            mask.paint(part.as_ref().map_or(&[], |part| &part.runs), which);
        }
        let eye = self.eye.as_ref().map_or(&[][..], |eye| &eye.runs);
        for run in eye {
            for x in run.start..run.end {
                let others = mask.get(x, run.y).bits() & !TraitSet::EMPTY.with(Trait::Head).bits();
                mask.set(x, run.y, TraitSet::from_bits(others));
            }
        }
        mask
    }

    /// Whether there is nothing at all.
    pub fn are_none(&self) -> bool {
        [
            &self.head,
            &self.eye,
            &self.trunk,
            &self.dorsal_fin,
            &self.adipose_fin,
            &self.caudal_fin,
            &self.anal_fin,
            &self.pelvic_fin,
            &self.pectoral_fin,
        ]
        .iter()
        .all(|part| part.is_none())
    }
}

/// The piece `main` with all that lies near it, and the rest.
fn joined(mut pieces: Vec<Component>, main: usize, gap: f64) -> (Vec<Component>, Vec<Component>) {
    if pieces.is_empty() {
        return (pieces, Vec::new());
    }
    let first = pieces.swap_remove(main);
    let limit = gap * diagonal(first.bounds);
    let mut around = first.bounds;
    let mut taken = vec![first];
    // Each piece that is joined may bring others within reach.
    while let Some(near) = pieces.iter().position(|p| distance(p.bounds, around) <= limit) {
        let piece = pieces.swap_remove(near);
        around = around.union(&piece.bounds);
        taken.push(piece);
    }
    (taken, pieces)
}

fn diagonal(b: PixelBox) -> f64 {
    f64::from(b.width()).hypot(f64::from(b.height()))
}

/// The shortest distance between two rectangles, 0 where they overlap.
fn distance(a: PixelBox, b: PixelBox) -> f64 {
    let gap = |a: (u32, u32), b: (u32, u32)| f64::from(b.0.saturating_sub(a.1).max(a.0.saturating_sub(b.1)));
    gap((a.left, a.right), (b.left, b.right)).hypot(gap((a.top, a.bottom), (b.top, b.bottom)))
}

/// The head with its eye. Of several the one with an eye counts three times its area, the one on the expected side one and a half times.
fn head(
    runs: &TraitRuns,
    clean_up: &CleanUp,
    eyes: &[Component],
    side: HeadSide,
    trunk: Option<&Region>,
    notes: &mut Notes,
) -> Option<Region> {
    let skin = runs.plane(TraitSet::EMPTY.with(Trait::Head));
    let mut pieces = clean_up.pieces(runs.plane(TraitSet::EMPTY.with(Trait::Head).with(Trait::Eye)));
    // An eye that lies by itself is no head.
    pieces.retain(|p| 4 * overlap(&p.runs, &skin) > p.area);
    let main = (0..pieces.len()).max_by(|a, b| {
        let weight = |i: usize| plausibility(&pieces[i], eyes, side, trunk);
        weight(*a).total_cmp(&weight(*b))
    })?;
    let (taken, others) = joined(pieces, main, HEAD_GAP);
    let taken = Region::of(taken)?;
    let others: Vec<f64> = others.iter().map(|p| p.area as f64 / taken.area).collect();
    if let Some(largest) = others
        .into_iter()
        .reduce(f64::max)
        .filter(|share| *share >= SECOND_HEAD)
    {
        notes.say(if largest <= 1.0 {
            "two heads: the larger one is measured"
        } else {
            "two heads: the one with the eye or on the expected side is measured, though it is smaller"
        });
    }
    Some(taken)
}

fn plausibility(piece: &Component, eyes: &[Component], side: HeadSide, trunk: Option<&Region>) -> f64 {
    let has_eye = eyes.iter().any(|eye| overlap(&piece.runs, &eye.runs) > 0);
    let middle = f64::from(piece.bounds.left + piece.bounds.right) / 2.0;
    let expected = trunk.is_some_and(|trunk| match side {
        HeadSide::Left => middle < trunk.centroid.x,
        HeadSide::Right => middle > trunk.centroid.x,
        HeadSide::Unknown => false,
    });
    piece.area as f64 * if has_eye { 3.0 } else { 1.0 } * if expected { 1.5 } else { 1.0 }
}

/// The largest eye, in the head if there is one.
fn eye(eyes: Vec<Component>, head: Option<&Region>, notes: &mut Notes) -> Option<Region> {
    let in_head = |eye: &Component| head.is_none_or(|head| touches(&eye.runs, head));
    let (inside, outside): (Vec<_>, Vec<_>) = eyes.into_iter().partition(in_head);
    if inside.is_empty() && !outside.is_empty() {
        notes.say("the eye lies outside the head and is not measured");
    }
    let mut inside = inside.into_iter();
    let first = inside.next()?;
    if inside
        .next()
        .is_some_and(|second| second.area as f64 >= SECOND_EYE * first.area as f64)
    {
        notes.say("two eyes: the larger one is measured");
    }
    Region::of(vec![first])
}

/// The head holds the eye's pixels, unless the eye was not part of the piece that was taken.
fn touches(eye: &[Run], head: &Region) -> bool {
    head.overlap(eye) > 0
}

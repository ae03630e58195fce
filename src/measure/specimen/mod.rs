//! This program's own measurements of a specimen, from its mask.
//!
//! Unlike [`bgnn`](super::bgnn), they hold for fish that face right, lie tilted, or whose fins come in several pieces.

mod axis;
mod caudal;
mod file_form;
mod landmarks;
mod lengths;
mod outline;
mod parts;
mod presence;
mod region;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use self::axis::BodyAxis;
use self::landmarks::{Grain, Outlines};
use self::lengths::Measuring;
use self::parts::Parts;
use super::scale::Scale;
use super::{Dimension, Measured, Quantity};
use crate::frame::{PixelBox, Point, Size};
use crate::locate::HeadSide;
use crate::traits::{CleanUp, Trait, TraitMask, TraitRuns, TraitSet};

/// Presence, landmarks and measurements of one specimen.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Measurements {
    /// By trait name: pieces and the largest one's share; no entry for a trait that the network never learnt.
    pub presence: BTreeMap<String, Presence>,
    /// By landmark number, 1 to 18: where it lies, in pixels of the crop; no entry where it is missing.
    #[serde(with = "file_form::landmarks")]
    pub landmarks: BTreeMap<u8, Point>,
    /// What could be measured.
    #[serde(with = "file_form::values")]
    pub values: BTreeMap<Quantity, Reading>,
    /// Between which points the lengths were measured, in pixels of the crop; no entry for areas and the angle.
    #[serde(default, with = "file_form::lines")]
    pub lines: BTreeMap<Quantity, [Point; 2]>,
    /// What a reader of the numbers should know, for example `two heads: the larger one is measured`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// How a trait occurs in a mask.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Presence {
    /// Number of pieces (8-connected).
    pub pieces: u32,
    /// Share of its pixels that the largest piece has, 0 to 1; 0 where it is absent.
    pub largest_share: f64,
}

/// One measured quantity; in files each value has its unit beside it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reading {
    /// In the picture: in pixels, square pixels or degrees.
    pub picture: Measured,
    /// On the specimen: in centimetres, square centimetres or degrees; absent without a scale.
    pub specimen: Option<Measured>,
}

/// What is to be measured: a mask and where it lies.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The traits, at the crop's size.
    pub mask: &'a TraitMask,
    /// The size in which the network saw the crop: its pixels are the finest that the mask can tell.
    pub resolution: Size,
    /// Traits that the network never learnt.
    pub not_assessed: TraitSet,
    /// Where the crop lies in the upright frame.
    pub crop_box: PixelBox,
    /// Where the head points, as far as that is known.
    pub head: HeadSide,
}

/// Settings of the measurements.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct SpecimenSettings {
    /// What of the mask doesn't count.
    pub clean_up: CleanUp,
}

impl SpecimenSettings {
    /// The usual settings, or those that take the mask as the network painted it.
    pub fn cleaning_up(wanted: bool) -> Self {
        let clean_up = if wanted { CleanUp::default() } else { CleanUp::NONE };
        Self { clean_up }
    }
}

/// Measures a specimen with the usual settings.
pub fn measure(subject: &Subject<'_>, scale: Option<&Scale>) -> Measurements {
    measure_with(subject, scale, &SpecimenSettings::default())
}

/// Measures a specimen. Whatever the mask holds, there is an answer: what can't be measured is left out, and what is odd is in the notes.
pub fn measure_with(subject: &Subject<'_>, scale: Option<&Scale>, settings: &SpecimenSettings) -> Measurements {
    let runs = TraitRuns::of(subject.mask);
    let clean_up = &settings.clean_up;
    let mut found = Measurements {
        presence: presence::of(&runs, subject.not_assessed),
        ..Measurements::default()
    };
    let mut notes = Notes::default();
    let parts = Parts::of(&clean_up.without_gaps(runs), clean_up, subject.head, &mut notes);
    if let Some(axis) = BodyAxis::principal(&parts, subject.head, &mut notes) {
        measure_in_frame(subject, scale, &parts, axis, &mut found);
    } else if parts.are_none() {
        notes.say("the mask is empty");
    } else {
        notes.say("neither head nor trunk: nothing is measured");
    }
    notes.missing(&parts);
    found.notes = notes.0;
    found
}

/// The mask as measuring takes it: one head, one trunk and one eye in the head, the fins that belong to them, no specks, holes or gaps. Rays and
/// spines, which come in many pieces and are not measured, stay as they are.
pub fn cleaned(mask: &TraitMask, head: HeadSide, clean_up: &CleanUp) -> TraitMask {
    let runs = clean_up.without_gaps(TraitRuns::of(mask));
    let mut cleaned = Parts::of(&runs, clean_up, head, &mut Notes::default()).mask(mask.size());
    for which in [Trait::CaudalFinRay, Trait::AltFinRay, Trait::AltFinSpine] {
        cleaned.paint(&runs.plane(TraitSet::EMPTY.with(which)), which);
    }
    // The caudal fin is measured with its rays; in a mask they are rays alone, if that is what they were.
    let caudal_fin = TraitSet::EMPTY.with(Trait::CaudalFin);
    for run in runs.plane(TraitSet::EMPTY.with(Trait::CaudalFinRay)) {
        for x in run.start..run.end {
            if !mask.get(x, run.y).contains(Trait::CaudalFin) {
                let others = cleaned.get(x, run.y).bits() & !caudal_fin.bits();
                cleaned.set(x, run.y, TraitSet::from_bits(others));
            }
        }
    }
    cleaned
}

/// Landmarks and lengths, first in the frame of the principal axis, then in that of the line from snout to tail, which is the axis that lengths
/// are defined by.
fn measure_in_frame(
    subject: &Subject<'_>,
    scale: Option<&Scale>,
    parts: &Parts,
    principal: BodyAxis,
    to: &mut Measurements,
) {
    let rough = Outlines::of(parts, &principal);
    let ends = |outlines: &Outlines, axis: BodyAxis| {
        let grain = grain(subject, &axis);
        let snout = landmarks::snout(outlines, grain)?;
        let end = landmarks::vertebral_end(outlines, grain)?;
        Some((axis.point(snout.place), axis.point(end.place)))
    };
    let axis = ends(&rough, principal).and_then(|(snout, end)| principal.through(snout, end));
    let axis_doubt = axis.map_or(0.0, |axis| axis.tilt() - principal.tilt());
    let axis = axis.unwrap_or(principal);
    let outlines = Outlines::of(parts, &axis);
    let grain = grain(subject, &axis);
    let landmarks = landmarks::all(&outlines, grain);
    let measuring = Measuring {
        axis,
        grain,
        parts,
        outlines: &outlines,
        landmarks: &landmarks,
        axis_doubt,
    };
    let on_picture = |place| rounded_point(axis.point(place));
    to.landmarks = landmarks
        .iter()
        .map(|(number, mark)| (*number, on_picture(mark.place)))
        .collect();
    if let Some(eye) = &parts.eye {
        to.landmarks.insert(18, rounded_point(eye.centroid));
    }
    for (quantity, found) in measuring.all() {
        let in_frame = |place| in_frame(subject, axis.point(place));
        let specimen = match (found.line, quantity.dimension()) {
            (_, Dimension::Angle) => Some(found.value),
            (Some([from, to]), _) => scale.map(|scale| {
                let length = scale.length(in_frame(from), in_frame(to));
                let boundary = length.value * found.value.relative();
                Measured::new(length.value, length.uncertainty.hypot(boundary))
            }),
            (None, Dimension::Length) => scale.map(|scale| found.value.over(scale.at(in_frame(found.middle)))),
            (None, Dimension::Area) => scale.map(|scale| found.value.over(scale.at(in_frame(found.middle)).squared())),
        };
        let reading = Reading {
            picture: rounded(found.value, PICTURE_DECIMALS),
            specimen: specimen.map(|value| match quantity.dimension() {
                Dimension::Angle => rounded(value, PICTURE_DECIMALS),
                Dimension::Length | Dimension::Area => rounded(value, SPECIMEN_DECIMALS),
            }),
        };
        to.values.insert(quantity, reading);
        if let Some(ends) = found.line {
            to.lines.insert(quantity, ends.map(on_picture));
        }
    }
}

/// Values are kept to a thousandth of a pixel, so that files are short and read back as they were written.
const PICTURE_DECIMALS: i32 = 3;
/// And to a tenth of a micrometre.
const SPECIMEN_DECIMALS: i32 = 5;

fn rounded(value: Measured, decimals: i32) -> Measured {
    Measured::new(
        to_decimals(value.value, decimals),
        to_decimals(value.uncertainty, decimals),
    )
}

fn rounded_point(p: Point) -> Point {
    axis::point(to_decimals(p.x, PICTURE_DECIMALS), to_decimals(p.y, PICTURE_DECIMALS))
}

fn to_decimals(value: f64, decimals: i32) -> f64 {
    let unit = 10f64.powi(decimals);
    // Adding 0 turns -0 into 0.
    (value * unit).round() / unit + 0.0
}

/// Where a point of the crop lies in the frame.
fn in_frame(subject: &Subject<'_>, in_crop: Point) -> Point {
    axis::point(
        in_crop.x + f64::from(subject.crop_box.left),
        in_crop.y + f64::from(subject.crop_box.top),
    )
}

/// The network's pixel along and across the body's axis, in pixels of the mask.
fn grain(subject: &Subject<'_>, axis: &BodyAxis) -> Grain {
    let mask = subject.mask.size();
    let pixel = |mask: u32, network: u32| (f64::from(mask) / f64::from(network.max(1))).max(1.0);
    let (along, across) = axis.reach(
        pixel(mask.width, subject.resolution.width),
        pixel(mask.height, subject.resolution.height),
    );
    Grain { along, across }
}

/// What a reader of the numbers should know.
#[derive(Default)]
struct Notes(Vec<String>);

impl Notes {
    fn say(&mut self, words: &str) {
        if self.0.iter().all(|note| note != words) {
            self.0.push(words.to_owned());
        }
    }

    /// Says which of the parts that most measurements need are missing.
    fn missing(&mut self, parts: &Parts) {
        if parts.are_none() {
            return;
        }
        let needed = [
            (&parts.head, "no head"),
            (&parts.eye, "no eye"),
            (&parts.trunk, "no trunk"),
            (&parts.caudal_fin, "no caudal fin"),
        ];
        for (part, words) in needed {
            if part.is_none() {
                self.say(words);
            }
        }
    }
}

#[cfg(test)]
mod tests;

//! Lengths, areas and the angle from landmarks and outlines, with their uncertainty.
//!
//! A boundary is known to about one pixel of the network. A length has two ends, which are taken as independent; an area has a boundary whose
//! error is alike along about a quarter of it, so it changes by half of boundary times error. Where two ways of measuring differ, half the difference
//! is added in quadrature.

use std::collections::BTreeMap;
use std::f64::consts::SQRT_2;

use super::axis::{BodyAxis, Place};
use super::caudal;
use super::landmarks::{Grain, Landmark, Outlines, bin};
use super::outline::{Spans, span_at};
use super::parts::Parts;
use super::region::Region;
use crate::measure::{Measured, Quantity};

/// A quantity in the picture and, for a length, its line in the body's frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct InPicture {
    pub value: Measured,
    pub line: Option<[Place; 2]>,
    /// Where it was measured, for the scale.
    pub middle: Place,
}

/// Everything that is measured in the body's frame.
pub(super) struct Measuring<'a> {
    pub axis: BodyAxis,
    pub grain: Grain,
    pub parts: &'a Parts,
    pub outlines: &'a Outlines,
    pub landmarks: &'a BTreeMap<u8, Landmark>,
    /// Degrees between the two ways of telling the body's axis.
    pub axis_doubt: f64,
}

impl Measuring<'_> {
    pub fn all(&self) -> BTreeMap<Quantity, InPicture> {
        use Quantity::{
            BodyAngle, BodyDepth, EyeArea, EyeDiameter, ForkLength, HeadArea, HeadDepth, HeadLength, PreorbitalLength,
            StandardLength, TotalLength,
        };
        let mut values = BTreeMap::new();
        let mut put = |quantity, value: Option<InPicture>| {
            if let Some(value) = value {
                values.insert(quantity, value);
            }
        };
        let standard_length = self.between(1, 6);
        put(StandardLength, standard_length);
        put(HeadLength, self.between(1, 12));
        put(PreorbitalLength, self.between(1, 14));
        put(EyeDiameter, self.eye_diameter());
        put(EyeArea, self.parts.eye.as_ref().map(|eye| self.area(eye)));
        put(HeadArea, self.parts.head.as_ref().map(|head| self.area(head)));
        put(BodyDepth, self.body_depth());
        put(HeadDepth, self.head_depth());
        if let Some((total, fork)) = self.to_caudal_fin() {
            put(TotalLength, Some(total));
            put(ForkLength, Some(fork));
        }
        put(BodyAngle, standard_length.map(|length| self.angle(length)));
        values
    }

    fn place(&self, landmark: u8) -> Option<Landmark> {
        self.landmarks.get(&landmark).copied()
    }

    /// The straight distance between two landmarks.
    fn between(&self, from: u8, to: u8) -> Option<InPicture> {
        let (from, to) = (self.place(from)?, self.place(to)?);
        let (along, across) = (to.place.s - from.place.s, to.place.t - from.place.t);
        let length = along.hypot(across);
        // Ends that share their pixel have no distance that a mask could tell.
        if length < 0.5 {
            return None;
        }
        // One network's pixel in the line's own direction.
        let boundary = (self.grain.along * along / length).hypot(self.grain.across * across / length);
        let doubt = from.doubt.hypot(to.doubt);
        Some(line(length, (boundary * SQRT_2).hypot(doubt), from.place, to.place))
    }

    /// The mean of the eye's extent along the axis and of the diameter that its pixels' variance has: an ellipse's diameter is four standard deviations.
    fn eye_diameter(&self) -> Option<InPicture> {
        let extent = self.place(15)?.place.s - self.place(14)?.place.s;
        let eye = self.parts.eye.as_ref()?;
        let by_variance = 4.0 * self.axis.variance(eye.moments).max(0.0).sqrt();
        let doubt = (extent - by_variance) / 2.0;
        let length = (extent + by_variance) / 2.0;
        let middle = self.axis.place(eye.centroid);
        let end = |side: f64| Place {
            s: middle.s + side * length / 2.0,
            ..middle
        };
        Some(line(
            length,
            (self.grain.along * SQRT_2).hypot(doubt),
            end(-1.0),
            end(1.0),
        ))
    }

    fn area(&self, part: &Region) -> InPicture {
        let boundary = part.outline.len() as f64;
        let grain = (self.grain.along * self.grain.across).sqrt();
        InPicture {
            value: Measured::new(part.area, 0.5 * boundary * grain),
            line: None,
            middle: self.axis.place(part.centroid),
        }
    }

    /// The greatest depth of head and trunk, square to the axis.
    fn body_depth(&self) -> Option<InPicture> {
        let body: Vec<_> = [&self.outlines.head, &self.outlines.trunk]
            .into_iter()
            .flatten()
            .collect();
        // A head or a trunk alone does not tell how deep the body is.
        self.outlines.trunk.as_ref()?;
        let (s, span) = Spans::of(&body, bin(self.grain)).deepest()?;
        Some(self.depth(s, span))
    }

    /// The depth of the head at the middle of the eye.
    fn head_depth(&self) -> Option<InPicture> {
        let eye = self.parts.eye.as_ref()?;
        let s = self.axis.place(eye.centroid).s;
        let span = span_at(self.outlines.head.as_ref()?, s)?;
        Some(self.depth(s, span))
    }

    fn depth(&self, s: f64, (back, belly): (f64, f64)) -> InPicture {
        let at = |t: f64| Place { s, t };
        line(belly - back, self.grain.across * SQRT_2, at(back), at(belly))
    }

    /// Total and fork length, along the axis as on a measuring board.
    fn to_caudal_fin(&self) -> Option<(InPicture, InPicture)> {
        let (snout, fin) = (self.place(1)?, self.outlines.caudal_fin.as_ref()?);
        let middle = self
            .place(6)
            .map_or_else(|| self.fin_middle(), |end| Some(end.place.t))?;
        let ends = caudal::ends(fin, middle, self.grain)?;
        let along = |to: Place, doubt: f64| {
            let uncertainty = (self.grain.along * SQRT_2).hypot(doubt).hypot(snout.doubt);
            // Drawn at the snout's height: the length is taken along the axis, not to the lobe.
            let end = Place { t: snout.place.t, ..to };
            (end.s > snout.place.s).then(|| line(end.s - snout.place.s, uncertainty, snout.place, end))
        };
        Some((along(ends.tip, ends.tip_doubt)?, along(ends.fork, ends.fork_doubt)?))
    }

    fn fin_middle(&self) -> Option<f64> {
        let fin = self.parts.caudal_fin.as_ref()?;
        Some(self.axis.place(fin.centroid).t)
    }

    fn angle(&self, standard_length: InPicture) -> InPicture {
        let boundary = (self.grain.across * SQRT_2 / standard_length.value.value).to_degrees();
        InPicture {
            value: Measured::new(self.axis.tilt(), boundary.hypot(self.axis_doubt / 2.0)),
            line: None,
            middle: standard_length.middle,
        }
    }
}

fn line(length: f64, uncertainty: f64, from: Place, to: Place) -> InPicture {
    InPicture {
        value: Measured::new(length, uncertainty),
        line: Some([from, to]),
        middle: Place {
            s: (from.s + to.s) / 2.0,
            t: (from.t + to.t) / 2.0,
        },
    }
}

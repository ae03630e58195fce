//! What is true of a drawn specimen: landmarks and lengths, from its plan alone, not from its pixels.
//!
//! The definitions are those of [`measure::specimen`](crate::measure::specimen): lengths to the caudal fin and depths are taken along and
//! square to the line from snout to the end of the vertebral column. The small roughness of a drawn outline is left out.

use std::collections::BTreeMap;

use crate::measure::Quantity;
use crate::render::curve::{Point, point};
use crate::render::plan::{BodyOutline, SpecimenPlan};
use crate::render::specimen::Placement;
use crate::traits::Trait;

/// What is true of a drawn specimen.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FishTruth {
    /// Landmarks by number, in pixels: 1, 2, 6, 12 to 18. Where fins begin and end depends on what the body hides of them.
    pub landmarks: BTreeMap<u8, Point>,
    /// Lengths in pixels.
    pub lengths: BTreeMap<Quantity, f64>,
}

/// Points along an outline.
const STEPS: u32 = 2000;

impl FishTruth {
    pub(super) fn of(plan: &SpecimenPlan, placement: &Placement) -> Self {
        let drawn = Drawn::new(plan, placement);
        let eye = plan.body.eye;
        let centre = drawn.place(eye.centre);
        let radius = eye.radius * placement.scale;
        let on_axis = |p: Point| drawn.off_axis(p);
        let eye_at = |s: f64, t: f64| on_axis(point(centre.x + s * radius, centre.y + t * radius));
        let operculum = drawn.operculum();
        let gill = |v: f64| {
            let x = plan.body.gill_cover.edge(v);
            drawn.to_picture(at_height(&plan.body, x, v))
        };
        let landmarks = BTreeMap::from([
            (1, drawn.snout),
            (2, gill(-1.0)),
            (6, drawn.end),
            (12, on_axis(operculum)),
            (13, gill(1.0)),
            (14, eye_at(-1.0, 0.0)),
            (15, eye_at(1.0, 0.0)),
            (16, eye_at(0.0, -1.0)),
            (17, eye_at(0.0, 1.0)),
            (18, on_axis(centre)),
        ]);
        let between = |a: u8, b: u8| (landmarks[&a] - landmarks[&b]).length();
        let mut lengths = BTreeMap::from([
            (Quantity::StandardLength, between(1, 6)),
            (Quantity::HeadLength, between(1, 12)),
            (Quantity::PreorbitalLength, between(1, 14)),
            (Quantity::EyeDiameter, 2.0 * radius),
            (Quantity::BodyDepth, drawn.body_depth()),
            (Quantity::HeadDepth, drawn.depth_at(centre.x)),
        ]);
        if let Some((total, fork)) = drawn.to_caudal_fin() {
            lengths.insert(Quantity::TotalLength, total);
            lengths.insert(Quantity::ForkLength, fork);
        }
        Self { landmarks, lengths }
    }
}

/// The point of relative height `v` at `x`.
fn at_height(body: &BodyOutline, x: f64, v: f64) -> Point {
    let (top, bottom) = (body.top(x), body.bottom(x));
    point(x, (top + bottom) / 2.0 + v * (bottom - top) / 2.0)
}

/// A specimen and the frame on its axis: x from the snout backwards, y towards the belly, in pixels.
struct Drawn<'a> {
    plan: &'a SpecimenPlan,
    placement: &'a Placement,
    snout: Point,
    end: Point,
    backwards: Point,
    ventral: Point,
    /// The back's and the belly's outline in that frame, by growing x.
    edges: [Vec<Point>; 2],
}

impl<'a> Drawn<'a> {
    fn new(plan: &'a SpecimenPlan, placement: &'a Placement) -> Self {
        let body = &plan.body;
        let picture = |p: Point| centred(placement.to_picture(body, p));
        let snout = picture(point(0.0, body.snout));
        let end = picture(at_height(body, body.trunk_end(0.0), 0.0));
        let backwards = (end - snout) * (1.0 / (end - snout).length());
        let side = if placement.mirrored { -1.0 } else { 1.0 };
        let mut drawn = Self {
            plan,
            placement,
            snout,
            end,
            backwards,
            ventral: point(-backwards.y, backwards.x) * side,
            edges: [Vec::new(), Vec::new()],
        };
        drawn.edges = [-1.0, 1.0].map(|v| {
            let end = body.trunk_end(v);
            let xs = (0..=STEPS).map(|i| end * f64::from(i) / f64::from(STEPS));
            xs.map(|x| drawn.place(at_height(body, x, v))).collect()
        });
        drawn
    }

    /// In the picture, from body coordinates.
    fn to_picture(&self, p: Point) -> Point {
        centred(self.placement.to_picture(&self.plan.body, p))
    }

    /// On the axis, from body coordinates.
    fn place(&self, p: Point) -> Point {
        let step = self.to_picture(p) - self.snout;
        let dot = |a: Point| step.x * a.x + step.y * a.y;
        point(dot(self.backwards), dot(self.ventral))
    }

    /// In the picture, from the axis.
    fn off_axis(&self, p: Point) -> Point {
        self.snout + self.backwards * p.x + self.ventral * p.y
    }

    /// The rearmost point of the gill cover.
    fn operculum(&self) -> Point {
        let edge = (0..=STEPS).map(|i| {
            let v = 2.0 * f64::from(i) / f64::from(STEPS) - 1.0;
            self.place(at_height(&self.plan.body, self.plan.body.gill_cover.edge(v), v))
        });
        edge.fold(point(f64::MIN, 0.0), |a, b| if b.x > a.x { b } else { a })
    }

    fn depth_at(&self, x: f64) -> f64 {
        let [back, belly] = &self.edges;
        height(belly, x) - height(back, x)
    }

    fn body_depth(&self) -> f64 {
        self.edges[0].iter().map(|p| self.depth_at(p.x)).fold(0.0, f64::max)
    }

    /// Snout to the rearmost point of the caudal fin and to its fork, along the axis.
    fn to_caudal_fin(&self) -> Option<(f64, f64)> {
        let fin = self.plan.fins.iter().find(|fin| fin.which == Trait::CaudalFin)?;
        let margin: Vec<Point> = (0..fin.base.len()).map(|i| self.place(fin.at(i, 1.0))).collect();
        let total = margin.iter().map(|p| p.x).fold(f64::MIN, f64::max);
        // The fork lies deepest between lobes, in the middle third of the margin: notches between torn rays lie beside it. Without lobes it is the margin's middle.
        let (low, high) = margin
            .iter()
            .fold((f64::MAX, f64::MIN), |(l, h), p| (l.min(p.y), h.max(p.y)));
        let third = (high - low) / 3.0;
        let lobe = |part: &[Point]| part.iter().map(|p| p.x).fold(f64::MIN, f64::max);
        let depth = |i: usize| lobe(&margin[..=i]).min(lobe(&margin[i..])) - margin[i].x;
        let deepest = (0..margin.len())
            .filter(|i| (low + third..=high - third).contains(&margin[*i].y))
            .max_by(|a, b| depth(*a).total_cmp(&depth(*b)))?;
        let end = self.place(at_height(&self.plan.body, self.plan.body.trunk_end(0.0), 0.0));
        let off_middle = |i: usize| (margin[i].y - end.y).abs();
        let middle = (0..margin.len()).min_by(|a, b| off_middle(*a).total_cmp(&off_middle(*b)))?;
        let fork = if depth(deepest) > 0.05 * (high - low) {
            deepest
        } else {
            middle
        };
        Some((total, margin[fork].x))
    }
}

/// From the pixel grid's corner, where drawing begins, to the middle of the first pixel, where points begin.
fn centred(p: Point) -> Point {
    p - point(0.5, 0.5)
}

/// The height of an outline at `x`.
fn height(outline: &[Point], x: f64) -> f64 {
    let after = outline.partition_point(|p| p.x < x).clamp(1, outline.len() - 1);
    let (a, b) = (outline[after - 1], outline[after]);
    let share = ((x - a.x) / (b.x - a.x)).clamp(0.0, 1.0);
    a.y + (b.y - a.y) * share
}

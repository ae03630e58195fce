//! The body's axis: the frame in which a specimen is measured, whichever way it lies.

use super::Notes;
use super::parts::Parts;
use super::region::Sums;
use crate::frame::Point;
use crate::locate::HeadSide;

/// A frame on the specimen: `s` runs from the head backwards along the body's axis, `t` from the back to the belly, both in pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct BodyAxis {
    origin: Point,
    /// Unit vector from the head backwards.
    backwards: Point,
    /// Unit vector from the back to the belly.
    ventral: Point,
}

/// A place in the frame of a [`BodyAxis`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Place {
    pub s: f64,
    pub t: f64,
}

/// Below this ratio of the standard deviations along the principal axes a body is too round for its axis to be told by its shape.
const ROUND: f64 = 1.25;
/// Beyond this angle between the principal axis and the line from head to trunk, the line is believed.
const ASTRAY_DEGREES: f64 = 35.0;

impl BodyAxis {
    /// The principal axis of head and trunk; `None` where there is neither.
    pub fn principal(parts: &Parts, side: HeadSide, notes: &mut Notes) -> Option<Self> {
        let body = [&parts.head, &parts.trunk].into_iter().flatten();
        let sums = body.map(|part| Sums::of(&part.runs)).reduce(|a, b| a.and(&b))?;
        let hint = rearward_hint(parts, side, notes);
        let (along, elongation) = principal_direction(sums.moments());
        let along = if dot(along, hint.direction) < 0.0 {
            times(along, -1.0)
        } else {
            along
        };
        let astray = dot(along, hint.direction).clamp(-1.0, 1.0).acos().to_degrees() > ASTRAY_DEGREES;
        let backwards = if elongation < ROUND || (hint.sure && astray) {
            notes.say("the body is too round or too incomplete for its shape to tell its axis: the line from head to tail is taken");
            hint.direction
        } else {
            along
        };
        Some(Self::new(sums.centroid(), backwards).upright(parts, notes))
    }

    /// The axis through two points, with the same side as the belly.
    pub fn through(self, front: Point, rear: Point) -> Option<Self> {
        let step = minus(rear, front);
        let backwards = unit(step)?;
        let axis = Self::new(front, backwards);
        let same = dot(axis.ventral, self.ventral) > 0.0;
        Some(if same { axis } else { axis.flipped() })
    }

    fn new(origin: Point, backwards: Point) -> Self {
        // Of both perpendiculars the one that points down the picture.
        let ventral = if backwards.x >= 0.0 {
            point(-backwards.y, backwards.x)
        } else {
            point(backwards.y, -backwards.x)
        };
        Self {
            origin,
            backwards,
            ventral,
        }
    }

    fn flipped(self) -> Self {
        Self {
            ventral: times(self.ventral, -1.0),
            ..self
        }
    }

    /// Turned over if the fins say that the back lies below.
    fn upright(self, parts: &Parts, notes: &mut Notes) -> Self {
        let height = |part: &Option<super::region::Region>| part.as_ref().map(|p| self.place(p.centroid).t);
        let below = [&parts.anal_fin, &parts.pelvic_fin].into_iter().filter_map(height);
        let lowest = below.reduce(f64::max);
        match (height(&parts.dorsal_fin), lowest) {
            (Some(dorsal), Some(ventral)) if dorsal > 0.0 && ventral < 0.0 => {
                notes.say("the belly lies above the back");
                self.flipped()
            }
            _ => self,
        }
    }

    /// Where a point of the picture lies in this frame.
    pub fn place(&self, p: Point) -> Place {
        let step = minus(p, self.origin);
        Place {
            s: dot(step, self.backwards),
            t: dot(step, self.ventral),
        }
    }

    /// The point of the picture at a place.
    pub fn point(&self, place: Place) -> Point {
        point(
            self.origin.x + place.s * self.backwards.x + place.t * self.ventral.x,
            self.origin.y + place.s * self.backwards.y + place.t * self.ventral.y,
        )
    }

    /// Tilt against the picture's rows in degrees, -90 to 90, positive where the tail lies lower than the head.
    pub fn tilt(&self) -> f64 {
        self.backwards.y.atan2(self.backwards.x.abs()).to_degrees()
    }

    /// Variance along the axis of a region with these moments.
    pub fn variance(&self, [xx, yy, xy]: [f64; 3]) -> f64 {
        let d = self.backwards;
        xx * d.x * d.x + yy * d.y * d.y + 2.0 * xy * d.x * d.y
    }

    /// How far a step of (`x`, `y`) pixels along columns and rows reaches along the axis, and square to it.
    pub fn reach(&self, x: f64, y: f64) -> (f64, f64) {
        let along = |d: Point| (d.x * x).hypot(d.y * y);
        (along(self.backwards), along(self.ventral))
    }
}

/// Which way the body runs, as far as something other than its shape tells.
struct Hint {
    direction: Point,
    sure: bool,
}

fn rearward_hint(parts: &Parts, side: HeadSide, notes: &mut Notes) -> Hint {
    let centre = |part: &Option<super::region::Region>| part.as_ref().map(|p| p.centroid);
    let (head, trunk) = (centre(&parts.head), centre(&parts.trunk));
    let (eye, caudal) = (centre(&parts.eye), centre(&parts.caudal_fin));
    let front_to_rear = [
        (head, trunk),
        (trunk, caudal),
        (head, caudal),
        (eye, trunk),
        (eye, head),
    ];
    for (front, rear) in front_to_rear {
        if let (Some(front), Some(rear)) = (front, rear)
            && let Some(direction) = unit(minus(rear, front))
        {
            return Hint { direction, sure: true };
        }
    }
    if side == HeadSide::Unknown {
        notes.say("nothing tells where the head is: it is taken to point left");
    }
    let direction = point(if side == HeadSide::Right { -1.0 } else { 1.0 }, 0.0);
    Hint { direction, sure: false }
}

/// The direction of the greatest variance, and the ratio of the standard deviations along and across it.
fn principal_direction([xx, yy, xy]: [f64; 3]) -> (Point, f64) {
    let angle = 0.5 * (2.0 * xy).atan2(xx - yy);
    let (middle, spread) = ((xx + yy) / 2.0, ((xx - yy) / 2.0).hypot(xy));
    let ratio = ((middle + spread) / (middle - spread).max(1e-9)).sqrt();
    (point(angle.cos(), angle.sin()), ratio)
}

pub(super) fn point(x: f64, y: f64) -> Point {
    Point { x, y }
}

fn minus(a: Point, b: Point) -> Point {
    point(a.x - b.x, a.y - b.y)
}

fn times(a: Point, k: f64) -> Point {
    point(a.x * k, a.y * k)
}

fn dot(a: Point, b: Point) -> f64 {
    a.x * b.x + a.y * b.y
}

fn unit(a: Point) -> Option<Point> {
    let length = a.x.hypot(a.y);
    (length > 1e-6).then(|| times(a, 1.0 / length))
}

//! Where a specimen lies in the picture.

use crate::render::curve::{Point, point};
use crate::render::plan::{BodyOutline, SpecimenPlan};

/// The way from body coordinates to pixels and back: bend, mirror, turn, scale, move.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Placement {
    /// Where the body's straight axis has x = 0.5, in pixels.
    pub middle: Point,
    /// Pixels per body unit.
    pub scale: f64,
    /// Turn in radians, clockwise on the screen.
    pub turn: f64,
    /// Whether the head points to the right.
    pub mirrored: bool,
}

impl Placement {
    /// The pixel position of a point in body coordinates.
    pub fn to_picture(self, body: &BodyOutline, p: Point) -> Point {
        let bent = point(p.x - 0.5, p.y + body.bend(p.x));
        let side = if self.mirrored { -bent.x } else { bent.x };
        let (sin, cos) = self.turn.sin_cos();
        self.middle + point(side * cos - bent.y * sin, side * sin + bent.y * cos) * self.scale
    }

    /// The body coordinates of a pixel position.
    pub fn to_body(self, body: &BodyOutline, p: Point) -> Point {
        let q = (p - self.middle) * (1.0 / self.scale);
        let (sin, cos) = self.turn.sin_cos();
        let (side, y) = (q.x * cos + q.y * sin, q.y * cos - q.x * sin);
        let x = if self.mirrored { -side } else { side } + 0.5;
        point(x, y - body.bend(x))
    }

    /// The same place with every pixel cut into `samples` by `samples`, and the picture's origin moved to pixel (`left`, `top`).
    pub(super) fn sampled(&self, left: u32, top: u32, samples: u32) -> Self {
        let factor = f64::from(samples);
        Self {
            middle: (self.middle - point(f64::from(left), f64::from(top))) * factor,
            scale: self.scale * factor,
            ..*self
        }
    }

    /// The corners of the smallest upright rectangle around body and fins.
    pub fn extent(&self, plan: &SpecimenPlan) -> (Point, Point) {
        let body = (0..=100).map(|i| f64::from(i) / 100.0 * (plan.body.tail_base + 0.02));
        let outline = body.flat_map(|x| [point(x, plan.body.top(x)), point(x, plan.body.bottom(x))]);
        let fins = plan
            .fins
            .iter()
            .flat_map(|fin| (0..fin.base.len()).flat_map(move |i| [fin.at(i, 0.0), fin.at(i, 0.5), fin.at(i, 1.0)]));
        let start = (point(f64::MAX, f64::MAX), point(f64::MIN, f64::MIN));
        outline
            .chain(fins)
            .map(|p| self.to_picture(&plan.body, p))
            .fold(start, |(low, high), p| {
                (
                    point(low.x.min(p.x), low.y.min(p.y)),
                    point(high.x.max(p.x), high.y.max(p.y)),
                )
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::plan::{BodyForm, Lighting};

    #[test]
    fn there_and_back_is_where_one_was() {
        let plan = SpecimenPlan::of(BodyForm::Trout, 3, Lighting::FromAbove);
        for mirrored in [false, true] {
            let placement = Placement {
                middle: point(300.0, 200.0),
                scale: 410.0,
                turn: 0.2,
                mirrored,
            };
            for p in [point(0.0, 0.0), point(0.7, -0.1), point(1.0, 0.2)] {
                let back = placement.to_body(&plan.body, placement.to_picture(&plan.body, p));
                assert!((back - p).length() < 1e-9, "{p:?} became {back:?}");
            }
        }
    }
}

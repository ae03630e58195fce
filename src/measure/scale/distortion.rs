//! What a lens bends, and how it is made straight.

use serde::{Deserialize, Serialize};

use crate::frame::Point;

/// Radial distortion of a lens, in the direction that measuring needs: from the place in the picture to where a lens without distortion would
/// have put it. A point at distance r from the centre, in units of `radius`, moves to r (1 + k1 r² + k2 r⁴).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Distortion {
    /// Centre of the distortion, in pixels of the upright frame.
    #[serde(rename = "centre_px")]
    pub centre: Point,
    /// Unit of the distance from the centre, in pixels: half of the frame's diagonal.
    #[serde(rename = "radius_px")]
    pub radius: f64,
    /// Coefficient of the square; positive for barrel distortion.
    pub k1: f64,
    /// Coefficient of the fourth power.
    pub k2: f64,
}

impl Distortion {
    /// Where a point of the picture would be without distortion.
    pub fn straighten(&self, point: Point) -> Point {
        let (dx, dy) = (point.x - self.centre.x, point.y - self.centre.y);
        let square = (dx * dx + dy * dy) / (self.radius * self.radius);
        let factor = 1.0 + square * (self.k1 + square * self.k2);
        Point {
            x: self.centre.x + dx * factor,
            y: self.centre.y + dy * factor,
        }
    }
    /// By how much lengths grow there when they are straightened: the root of the growth of areas.
    pub fn magnification(&self, point: Point) -> f64 {
        let (dx, dy) = (point.x - self.centre.x, point.y - self.centre.y);
        let square = (dx * dx + dy * dy) / (self.radius * self.radius);
        let across = 1.0 + square * (self.k1 + square * self.k2);
        let outwards = 1.0 + square * (3.0 * self.k1 + square * 5.0 * self.k2);
        (across * outwards).abs().sqrt()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_magnification_is_that_of_a_small_square(x in 0.0..4000.0f64, y in 0.0..3000.0f64, k1 in -0.2..0.2f64, k2 in -0.05..0.05f64) {
            let lens = Distortion { centre: Point { x: 1990.0, y: 1510.0 }, radius: 2500.0, k1, k2 };
            let at = |dx: f64, dy: f64| lens.straighten(Point { x: x + dx, y: y + dy });
            let (a, b, c, d) = (at(-0.5, 0.0), at(0.5, 0.0), at(0.0, -0.5), at(0.0, 0.5));
            let area = (b.x - a.x) * (d.y - c.y) - (b.y - a.y) * (d.x - c.x);
            let off = area.sqrt() - lens.magnification(Point { x, y });
            prop_assert!(off.abs() < 1e-5);
        }
    }
}

//! What a lens bends, and how it is made straight.

use serde::{Deserialize, Serialize};

use crate::frame::Point;

/// Radial distortion of a lens, in the direction that measuring needs: from the place in the picture to where a lens without distortion would
/// have put it. A point at distance r from the centre, in units of `radius`, moves to r (1 + k1 r² + k2 r⁴).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Distortion {
    /// Centre of the distortion, in pixels of the upright frame.
    pub centre: Point,
    /// Unit of the distance from the centre, in pixels: half of the frame's diagonal.
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
}

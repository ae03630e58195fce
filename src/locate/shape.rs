//! Outlines: convex hulls and the tightest tilted rectangle around them.

use crate::frame::{PixelBox, Size};
use crate::traits::components::Component;

/// A point or direction, in pixels of the small copy.
pub type Point = (f32, f32);

/// A rectangle at any tilt.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TiltedBox {
    /// One corner.
    pub origin: Point,
    /// Direction of the sides of length `length`; a unit vector. The other sides run along `(-along.1, along.0)`.
    pub along: Point,
    /// Length of the sides that run along `along`.
    pub length: f32,
    /// Length of the other sides.
    pub breadth: f32,
}

impl TiltedBox {
    /// An upright rectangle.
    pub fn upright(bounds: &PixelBox) -> Self {
        Self {
            origin: (bounds.left as f32, bounds.top as f32),
            along: (1.0, 0.0),
            length: bounds.width() as f32,
            breadth: bounds.height() as f32,
        }
    }

    /// The point `u` along the length and `v` along the breadth, from the origin.
    pub fn point(&self, u: f32, v: f32) -> Point {
        (
            self.origin.0 + u * self.along.0 - v * self.along.1,
            self.origin.1 + u * self.along.1 + v * self.along.0,
        )
    }

    /// Where a point lies along the length and the breadth.
    pub fn coordinates(&self, (x, y): Point) -> Point {
        let (dx, dy) = (x - self.origin.0, y - self.origin.1);
        (
            dx * self.along.0 + dy * self.along.1,
            dy * self.along.0 - dx * self.along.1,
        )
    }

    /// The part from `u` and `v` (inclusive ranges in pixels).
    pub fn part(&self, u: (f32, f32), v: (f32, f32)) -> Self {
        Self {
            origin: self.point(u.0, v.0),
            along: self.along,
            length: u.1 - u.0,
            breadth: v.1 - v.0,
        }
    }

    /// Square pixels.
    pub fn area(&self) -> f32 {
        self.length * self.breadth
    }

    /// The longer side over the shorter one.
    pub fn elongation(&self) -> f32 {
        self.length.max(self.breadth) / self.length.min(self.breadth).max(1.0)
    }

    /// The upright rectangle around it, cut at the edge of a picture of that size.
    pub fn bounds(&self, picture: Size) -> PixelBox {
        let corners = [
            (0.0, 0.0),
            (self.length, 0.0),
            (0.0, self.breadth),
            (self.length, self.breadth),
        ]
        .map(|(u, v)| self.point(u, v));
        let low = |pick: fn(Point) -> f32| corners.iter().map(|c| pick(*c)).fold(f32::MAX, f32::min);
        let high = |pick: fn(Point) -> f32| corners.iter().map(|c| pick(*c)).fold(f32::MIN, f32::max);
        let cut = |v: f32, limit: u32| v.round().clamp(0.0, limit as f32) as u32;
        PixelBox::new(
            cut(low(|c| c.0), picture.width),
            cut(low(|c| c.1), picture.height),
            cut(high(|c| c.0), picture.width),
            cut(high(|c| c.1), picture.height),
        )
    }
}

/// The convex hull of a piece's pixels (their corners, not their centres), counter-clockwise in a picture whose y runs down.
pub fn hull(piece: &Component) -> Vec<Point> {
    // Of the corners between two rows only the outermost can lie on the hull; and of those only what turns outwards along one of its sides.
    let (mut left, mut right): (Vec<Point>, Vec<Point>) = (Vec::new(), Vec::new());
    let add = |side: &mut Vec<Point>, point: Point, outermost: fn(f32, f32) -> f32| match side.last_mut() {
        Some(last) if last.1 == point.1 => last.0 = outermost(last.0, point.0),
        _ => side.push(point),
    };
    for row in piece.runs.chunk_by(|a, b| a.y == b.y) {
        // Runs of a row come from left to right.
        let (y, start, end) = (row[0].y, row[0].start as f32, row[row.len() - 1].end as f32);
        for y in [y as f32, (y + 1) as f32] {
            add(&mut left, (start, y), f32::min);
            add(&mut right, (end, y), f32::max);
        }
    }
    let mut points = half_hull(left.into_iter().rev());
    points.extend(half_hull(right.into_iter()));
    points.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    points.dedup();
    let mut hull: Vec<Point> = half_hull(points.iter().copied());
    hull.pop();
    hull.extend(half_hull(points.into_iter().rev()));
    hull.pop();
    hull
}

/// One side of Andrew's monotone chain.
fn half_hull(points: impl Iterator<Item = Point>) -> Vec<Point> {
    let mut chain: Vec<Point> = Vec::new();
    for p in points {
        while let [.., a, b] = chain[..] {
            if (b.0 - a.0) * (p.1 - a.1) - (b.1 - a.1) * (p.0 - a.0) > 0.0 {
                break;
            }
            chain.pop();
        }
        chain.push(p);
    }
    chain
}

/// Area inside a polygon.
pub fn polygon_area(polygon: &[Point]) -> f32 {
    let mut twice = 0.0;
    for (i, a) in polygon.iter().enumerate() {
        let b = polygon[(i + 1) % polygon.len()];
        twice += a.0 * b.1 - a.1 * b.0;
    }
    twice.abs() / 2.0
}

/// The rectangle of least area around a convex polygon: one of its sides lies on a side of the polygon.
pub fn tightest_box(hull: &[Point]) -> TiltedBox {
    let mut best: Option<TiltedBox> = None;
    for (i, a) in hull.iter().enumerate() {
        let b = hull[(i + 1) % hull.len()];
        let length = (b.0 - a.0).hypot(b.1 - a.1);
        if length < 1e-3 {
            continue;
        }
        let frame = TiltedBox {
            origin: *a,
            along: ((b.0 - a.0) / length, (b.1 - a.1) / length),
            length: 0.0,
            breadth: 0.0,
        };
        let (mut low, mut high) = ((f32::MAX, f32::MAX), (f32::MIN, f32::MIN));
        for p in hull {
            let (u, v) = frame.coordinates(*p);
            low = (low.0.min(u), low.1.min(v));
            high = (high.0.max(u), high.1.max(v));
        }
        let tight = frame.part((low.0, high.0), (low.1, high.1));
        if best.is_none_or(|b| tight.area() < b.area()) {
            best = Some(tight);
        }
    }
    best.unwrap_or(TiltedBox {
        origin: (0.0, 0.0),
        along: (1.0, 0.0),
        length: 0.0,
        breadth: 0.0,
    })
}

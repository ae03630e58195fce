//! Curves: a body's outline and other functions of one number, and points in the plane.

use std::ops::{Add, Mul, Sub};

pub use crate::frame::Point;

/// Short for a [`Point`].
pub(crate) const fn point(x: f64, y: f64) -> Point {
    Point { x, y }
}

impl Point {
    /// Distance from the origin.
    pub(crate) fn length(self) -> f64 {
        self.x.hypot(self.y)
    }
}

impl Add for Point {
    type Output = Self;
    fn add(self, o: Self) -> Self {
        point(self.x + o.x, self.y + o.y)
    }
}

impl Sub for Point {
    type Output = Self;
    fn sub(self, o: Self) -> Self {
        point(self.x - o.x, self.y - o.y)
    }
}

impl Mul<f64> for Point {
    type Output = Self;
    fn mul(self, k: f64) -> Self {
        point(self.x * k, self.y * k)
    }
}

const SAMPLES: usize = 1024;

/// The end of the range of a [`Profile`].
pub(crate) const PROFILE_END: f64 = 1.25;

/// A smooth function of x from 0 to 1.25, kept as samples that lie densest at 0, where a snout is round.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Profile {
    samples: Vec<f32>,
}

impl Profile {
    /// The curve through `points`, which have growing x from 0 on. It has no extremes of its own between points (Fritsch and Carlson's
    /// monotone cubic), and its bends are rounded off away from the snout.
    pub(crate) fn through(points: &[Point]) -> Self {
        let root: Vec<Point> = points.iter().map(|p| point(p.x.sqrt(), p.y)).collect();
        let end = PROFILE_END.sqrt();
        let fine: Vec<f64> = monotone_cubic(&root, (0..SAMPLES).map(|i| end * i as f64 / (SAMPLES - 1) as f64));
        let place = |i: usize| (end * i as f64 / (SAMPLES - 1) as f64).powi(2);
        let rounded = round_off(&fine, 30, |i| ((place(i) - 0.03) / 0.05).clamp(0.0, 1.0));
        let rounded = round_off(&rounded, 62, |i| ((place(i) - 0.06) / 0.14).clamp(0.0, 1.0));
        let samples = rounded.into_iter().map(|v| v as f32).collect();
        Self { samples }
    }

    /// The value at `x`, which is brought into the range first.
    pub fn at(&self, x: f64) -> f64 {
        let place = (x.clamp(0.0, PROFILE_END) / PROFILE_END).sqrt() * (SAMPLES - 1) as f64;
        let i = (place as usize).min(SAMPLES - 2);
        let (a, b) = (f64::from(self.samples[i]), f64::from(self.samples[i + 1]));
        a + (b - a) * (place - i as f64)
    }
}

/// Each value replaced, in a share `how_much(index)`, by the mean of its neighbourhood with bell-shaped weights.
fn round_off(values: &[f64], reach: i64, how_much: impl Fn(usize) -> f64) -> Vec<f64> {
    let last = values.len() as i64 - 1;
    let weight = |k: i64| 1.0 + (std::f64::consts::PI * k as f64 / (reach + 1) as f64).cos();
    let total: f64 = (-reach..=reach).map(weight).sum();
    (0..values.len())
        .map(|i| {
            let sum: f64 = (-reach..=reach)
                .map(|k| weight(k) * values[(i as i64 + k).clamp(0, last) as usize])
                .sum();
            let share = how_much(i);
            values[i] * (1.0 - share) + sum / total * share
        })
        .collect()
}

/// The monotone cubic through `points` at each of `places`, which grow.
fn monotone_cubic(points: &[Point], places: impl Iterator<Item = f64>) -> Vec<f64> {
    let n = points.len();
    let width: Vec<f64> = points.windows(2).map(|p| p[1].x - p[0].x).collect();
    let slope: Vec<f64> = points
        .windows(2)
        .zip(&width)
        .map(|(p, w)| (p[1].y - p[0].y) / w)
        .collect();
    let tangent: Vec<f64> = (0..n)
        .map(|i| match i {
            0 => slope[0],
            _ if i == n - 1 => slope[n - 2],
            _ if slope[i - 1] * slope[i] <= 0.0 => 0.0,
            _ => {
                let (before, after) = (2.0 * width[i] + width[i - 1], width[i] + 2.0 * width[i - 1]);
                (before + after) / (before / slope[i - 1] + after / slope[i])
            }
        })
        .collect();
    let mut i = 0;
    places
        .map(|x| {
            while i + 2 < n && x > points[i + 1].x {
                i += 1;
            }
            let t = ((x - points[i].x) / width[i]).clamp(0.0, 1.0);
            let (t2, t3) = (t * t, t * t * t);
            points[i].y * (2.0 * t3 - 3.0 * t2 + 1.0)
                + tangent[i] * width[i] * (t3 - 2.0 * t2 + t)
                + points[i + 1].y * (3.0 * t2 - 2.0 * t3)
                + tangent[i + 1] * width[i] * (t3 - t2)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_stays_between_its_points() {
        let points = [
            point(0.0, 0.0),
            point(0.1, 0.3),
            point(0.4, 0.5),
            point(0.8, 0.1),
            point(1.25, 0.1),
        ];
        let profile = Profile::through(&points);
        for k in 0..=100 {
            let v = profile.at(f64::from(k) / 80.0);
            assert!((-1e-6..=0.5 + 1e-6).contains(&v), "{v}");
        }
        assert!((profile.at(0.0)).abs() < 1e-6);
        assert!((profile.at(1.0) - 0.1).abs() < 1e-3);
    }
}

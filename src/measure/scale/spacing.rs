//! How far a row's ticks are apart, and how that changes along the row.

use super::fit::{self, Curve};
use crate::frame::Point;
use crate::measure::Measured;

/// The spacing of numbered places.
#[derive(Debug, Clone)]
pub(super) struct Spacing {
    /// Pixels from one number to the next, the mean of the row.
    pub value: Measured,
    /// By which share the spacing differs within the row from one that grows evenly (standard deviation).
    pub unevenness: f64,
    /// By which share the spacing grows with each pixel along `direction`.
    pub growth: Measured,
    /// The row's middle.
    pub middle: Point,
    /// Direction of the row, of length 1, towards greater numbers.
    pub direction: Point,
    /// How far the places scatter about the fitted row, in pixels.
    pub scatter: f64,
    /// For each place whether it fits in.
    pub kept: Vec<bool>,
}

impl Spacing {
    /// The spacing of places in the order of their numbers; `noise` is the least scatter in pixels that is believed.
    pub fn of(places: &[(i32, Point)], noise: f64) -> Option<Self> {
        let direction = direction(places)?;
        let along = |p: Point| p.x * direction.x + p.y * direction.y;
        let points: Vec<(f64, f64)> = places.iter().map(|(n, p)| (f64::from(*n), along(*p))).collect();
        // A lens and a bent ruler make more than a parabola of a long row.
        let degree = match points.len() {
            ..15 => 1,
            15..40 => 2,
            count => fit::DEGREE_MAX.min(count / 20),
        };
        let curve = fit::robust(&points, degree, noise)?;
        let kept: Vec<(f64, f64)> = points
            .iter()
            .zip(&curve.kept)
            .filter(|(_, k)| **k)
            .map(|(p, _)| *p)
            .collect();
        let (first, last) = (kept.first()?.0, kept.last()?.0);
        let value = (curve.at(last) - curve.at(first)) / (last - first);
        if !value.is_finite() || value <= 0.0 {
            return None;
        }
        // Spread of numbers about their middle, for places that lie evenly.
        let spread = (last - first) / 12f64.sqrt() * (kept.len() as f64).sqrt();
        let (growth, unevenness) = growth(&kept, &curve, value)?;
        let ends: Vec<Point> = places
            .iter()
            .zip(&curve.kept)
            .filter(|(_, k)| **k)
            .map(|(p, _)| p.1)
            .collect();
        let (a, b) = (ends.first()?, ends.last()?);
        Some(Self {
            value: Measured::new(value, curve.deviation / spread),
            unevenness,
            growth,
            middle: Point {
                x: (a.x + b.x) / 2.0,
                y: (a.y + b.y) / 2.0,
            },
            direction,
            scatter: curve.deviation,
            kept: curve.kept,
        })
    }
}

/// From the middle of the first third to that of the last: single ticks may be wrong.
fn direction(places: &[(i32, Point)]) -> Option<Point> {
    let third = (places.len() / 3).max(1);
    let middle = |part: &[(i32, Point)]| {
        let (mut x, mut y): (Vec<f64>, Vec<f64>) = part.iter().map(|(_, p)| (p.x, p.y)).unzip();
        (fit::median(&mut x), fit::median(&mut y))
    };
    let (a, b) = (middle(places.get(..third)?), middle(&places[places.len() - third..]));
    let (x, y) = (b.0 - a.0, b.1 - a.1);
    let length = x.hypot(y);
    (length > 0.0).then(|| Point {
        x: x / length,
        y: y / length,
    })
}

/// The even growth that comes nearest to a fitted row, and what is left beside it.
fn growth(kept: &[(f64, f64)], curve: &Curve, spacing: f64) -> Option<(Measured, f64)> {
    if kept.len() < 15 {
        return Some((Measured::new(0.0, 1e-3 / spacing), 0.0));
    }
    // Everything is kept here: what lies beside a parabola is the row's own bend.
    let parabola = fit::robust(kept, 2, 1e3 * spacing)?;
    let (square, uncertainty) = parabola.coefficient(2);
    let (first, last) = (kept.first()?.0, kept.last()?.0);
    let samples = 24;
    let differences = (0..samples).map(|i| {
        let number = first + (last - first) * (f64::from(i) + 0.5) / f64::from(samples);
        (curve.slope(number) - parabola.slope(number)).powi(2)
    });
    let unevenness = (differences.sum::<f64>() / f64::from(samples)).sqrt() / spacing;
    let unit = 2.0 / (spacing * spacing);
    Some((Measured::new(square * unit, uncertainty * unit), unevenness))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Ticks of a ruler seen by a tilted camera: place = t / (1 + tilt t) along a direction.
        #[test]
        fn a_row_in_perspective_has_its_mean_spacing_and_growth(
            step in 3.0..40.0f64, tilt in -2e-5..2e-5f64, angle in 0.0..std::f64::consts::TAU, count in 25i32..300,
            lost in proptest::collection::vec(0i32..300, 0..8),
        ) {
            let place = |n: i32| {
                let t = step * f64::from(n - count / 2);
                let along = t / (1.0 + tilt * t);
                (n, Point { x: 500.0 + along * angle.cos(), y: 300.0 + along * angle.sin() })
            };
            let places: Vec<_> = (0..count).filter(|n| !lost.contains(n)).map(place).collect();
            let spacing = Spacing::of(&places, 0.05).unwrap();
            let (a, b) = (places[0], places[places.len() - 1]);
            let mean = (b.1.x - a.1.x).hypot(b.1.y - a.1.y) / f64::from(b.0 - a.0);
            prop_assert!((spacing.value.value / mean - 1.0).abs() < 1e-3, "{} for {mean}", spacing.value.value);
            // d spacing / d place = -2 tilt in the middle.
            prop_assert!((spacing.growth.value + 2.0 * tilt).abs() < 0.25 * tilt.abs() + 1e-7 / step + 3.0 * spacing.growth.uncertainty);
        }
    }
}

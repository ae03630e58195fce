//! Polynomials of low degree through points of which some are wrong.

use nalgebra::{Matrix3, Vector3};

/// A line or parabola through points, by weighted least squares.
#[derive(Debug, Clone)]
pub(super) struct Curve {
    /// About `centre`: constant, slope, and coefficient of the square (0 for a line).
    pub coefficients: [f64; 3],
    /// Where the powers are taken from.
    pub centre: f64,
    /// Standard deviation of the points that were kept.
    pub deviation: f64,
    /// For each point whether it was kept.
    pub kept: Vec<bool>,
    /// Variances of the coefficients.
    pub variances: [f64; 3],
}

impl Curve {
    /// The curve's value.
    pub fn at(&self, x: f64) -> f64 {
        let d = x - self.centre;
        self.coefficients[0] + d * (self.coefficients[1] + d * self.coefficients[2])
    }

    /// The curve's slope.
    pub fn slope(&self, x: f64) -> f64 {
        self.coefficients[1] + 2.0 * (x - self.centre) * self.coefficients[2]
    }
}

/// Fits a line (`degree` 1) or parabola (2) and leaves out what lies more than four deviations beside it; `noise` is the least deviation that is
/// believed. `None` where too few points are left.
pub(super) fn robust(points: &[(f64, f64)], degree: usize, noise: f64) -> Option<Curve> {
    let terms = degree + 1;
    if points.len() < terms + 1 {
        return None;
    }
    let (low, high) = points
        .iter()
        .fold((f64::MAX, f64::MIN), |(low, high), p| (low.min(p.0), high.max(p.0)));
    let (centre, half) = ((low + high) / 2.0, ((high - low) / 2.0).max(1e-9));
    let scaled: Vec<(f64, f64)> = points.iter().map(|p| ((p.0 - centre) / half, p.1)).collect();
    let mut weights = vec![1.0; points.len()];
    let mut solution = solve(&scaled, &weights, terms)?;
    let mut deviation = noise;
    for round in 0..12 {
        let mut sizes: Vec<f64> = scaled.iter().map(|p| (p.1 - value(&solution.0, p.0)).abs()).collect();
        let residuals = sizes.clone();
        sizes.sort_by(f64::total_cmp);
        deviation = (1.4826 * sizes[sizes.len() / 2]).max(noise);
        // Wide at first, so that a bad start is not taken for the truth.
        let width = deviation * if round < 4 { 7.0 } else { 4.0 };
        for (weight, residual) in weights.iter_mut().zip(&residuals) {
            let share = residual / width;
            *weight = if share < 1.0 {
                (1.0 - share * share).powi(2)
            } else {
                0.0
            };
        }
        solution = solve(&scaled, &weights, terms)?;
    }
    let residuals: Vec<f64> = scaled.iter().map(|p| p.1 - value(&solution.0, p.0)).collect();
    let kept: Vec<bool> = residuals.iter().map(|r| r.abs() < 4.0 * deviation).collect();
    let count = kept.iter().filter(|k| **k).count();
    if count < terms + 1 {
        return None;
    }
    let sum: f64 = residuals
        .iter()
        .zip(&kept)
        .filter(|(_, k)| **k)
        .map(|(r, _)| r * r)
        .sum();
    let deviation = (sum / (count - terms) as f64).sqrt();
    let powers = [1.0, half, half * half];
    Some(Curve {
        coefficients: std::array::from_fn(|i| solution.0[i] / powers[i]),
        centre,
        deviation,
        kept,
        variances: std::array::from_fn(|i| solution.1[(i, i)] * deviation * deviation / (powers[i] * powers[i])),
    })
}

fn value(c: &Vector3<f64>, x: f64) -> f64 {
    c[0] + x * (c[1] + x * c[2])
}

/// Coefficients and the inverse of the normal matrix.
fn solve(points: &[(f64, f64)], weights: &[f64], terms: usize) -> Option<(Vector3<f64>, Matrix3<f64>)> {
    let (mut matrix, mut right) = (Matrix3::zeros(), Vector3::zeros());
    for ((x, y), weight) in points.iter().zip(weights) {
        let row = Vector3::new(1.0, *x, x * x);
        matrix += row * row.transpose() * *weight;
        right += row * (*y * *weight);
    }
    if terms < 3 {
        // The square's coefficient is held at nothing.
        for i in 0..3 {
            matrix[(2, i)] = 0.0;
            matrix[(i, 2)] = 0.0;
        }
        (matrix[(2, 2)], right[2]) = (1.0, 0.0);
    }
    let mut inverse = matrix.try_inverse()?;
    let solution = inverse * right;
    if terms < 3 {
        inverse[(2, 2)] = 0.0;
    }
    solution.iter().all(|v| v.is_finite()).then_some((solution, inverse))
}

/// The middle of values; 0 for none.
pub(super) fn median(values: &mut [f64]) -> f64 {
    if values.is_empty() {
        return 0.0;
    }
    let middle = values.len() / 2;
    *values.select_nth_unstable_by(middle, f64::total_cmp).1
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_fifth_of_wrong_points_changes_little(
            constant in -100.0..100.0f64, slope in 2.0..80.0f64, bend in -0.01..0.01f64,
            count in 20usize..300, wrong in proptest::collection::vec((0usize..300, -0.3..0.3f64), 0..60),
        ) {
            let truth = |x: f64| constant + slope * x + bend * slope * x * x / count as f64;
            let mut points: Vec<(f64, f64)> = (0..count).map(|i| (i as f64, truth(i as f64))).collect();
            for (i, points_off) in wrong.iter().take(count / 5) {
                let i = i % count;
                points[i].1 += points_off * slope;
            }
            let curve = robust(&points, 2, 0.01 * slope).unwrap();
            let middle = count as f64 / 2.0;
            prop_assert!((curve.at(middle) - truth(middle)).abs() < 0.02 * slope);
            let mean = (curve.at(count as f64 - 1.0) - curve.at(0.0)) / (count as f64 - 1.0);
            let true_mean = (truth(count as f64 - 1.0) - truth(0.0)) / (count as f64 - 1.0);
            prop_assert!((mean / true_mean - 1.0).abs() < 0.004, "{} for {}", mean, true_mean);
        }
    }

    #[test]
    fn too_few_points_give_no_curve() {
        assert!(robust(&[(0.0, 0.0), (1.0, 1.0)], 1, 0.1).is_none());
        assert!(robust(&[(1.0, 0.0), (1.0, 1.0), (1.0, 2.0)], 1, 0.1).is_none());
    }
}

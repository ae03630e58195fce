//! Polynomials of low degree through points of which some are wrong.

use nalgebra::{SMatrix, SVector};

/// The highest degree.
pub(super) const DEGREE_MAX: usize = 5;
/// Coefficients of a polynomial of that degree.
const TERMS: usize = DEGREE_MAX + 1;

type Coefficients = SVector<f64, TERMS>;
type Normal = SMatrix<f64, TERMS, TERMS>;

/// A polynomial through points, by weighted least squares.
#[derive(Debug, Clone)]
pub(super) struct Curve {
    /// Of (x - centre) / half.
    coefficients: Coefficients,
    /// Middle of the points' range.
    pub centre: f64,
    /// Half of that range.
    half: f64,
    /// Standard deviation of the points that were kept.
    pub deviation: f64,
    /// For each point whether it was kept.
    pub kept: Vec<bool>,
    inverse: Normal,
}

impl Curve {
    /// The curve's value.
    pub fn at(&self, x: f64) -> f64 {
        value(&self.coefficients, (x - self.centre) / self.half)
    }

    /// The curve's slope.
    pub fn slope(&self, x: f64) -> f64 {
        let x = (x - self.centre) / self.half;
        let terms = (1..TERMS).rev();
        terms.fold(0.0, |sum, i| sum * x + i as f64 * self.coefficients[i]) / self.half
    }

    /// Coefficient of that power of the distance from the centre, and its standard uncertainty.
    pub fn coefficient(&self, power: usize) -> (f64, f64) {
        let unit = self.half.powi(power as i32);
        let uncertainty = self.inverse[(power, power)].max(0.0).sqrt() * self.deviation;
        (self.coefficients[power] / unit, uncertainty / unit)
    }
}

/// Fits a polynomial and leaves out what lies more than four deviations beside it; `noise` is the least deviation that is believed. `None` where too
/// few points are left.
pub(super) fn robust(points: &[(f64, f64)], degree: usize, noise: f64) -> Option<Curve> {
    let terms = degree.min(DEGREE_MAX) + 1;
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
    let mut residuals: Vec<f64> = Vec::new();
    for round in 0..8 {
        residuals.clear();
        residuals.extend(scaled.iter().map(|p| (p.1 - value(&solution.0, p.0)).abs()));
        deviation = (1.4826 * median(&mut residuals.clone())).max(noise);
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
    residuals.clear();
    residuals.extend(scaled.iter().map(|p| p.1 - value(&solution.0, p.0)));
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
    Some(Curve {
        coefficients: solution.0,
        centre,
        half,
        deviation: (sum / (count - terms) as f64).sqrt(),
        kept,
        inverse: solution.1,
    })
}

fn value(c: &Coefficients, x: f64) -> f64 {
    c.iter().rev().fold(0.0, |sum, c| sum * x + c)
}

/// Coefficients and the inverse of the normal matrix.
fn solve(points: &[(f64, f64)], weights: &[f64], terms: usize) -> Option<(Coefficients, Normal)> {
    // Sums of powers are all that the normal matrix holds.
    let mut powers = [0.0; 2 * TERMS - 1];
    let mut right = Coefficients::zeros();
    for ((x, y), weight) in points.iter().zip(weights) {
        let mut power = *weight;
        for (i, sum) in powers[..2 * terms - 1].iter_mut().enumerate() {
            *sum += power;
            if i < terms {
                right[i] += power * y;
            }
            power *= x;
        }
    }
    if terms == 2 {
        return line(&powers, &right);
    }
    let mut matrix = Normal::identity();
    for i in 0..terms {
        for j in 0..terms {
            matrix[(i, j)] = powers[i + j];
        }
    }
    // The coefficients that are not asked for stay 0.
    let inverse = matrix.try_inverse()?;
    let solution = inverse * right;
    solution.iter().all(|v| v.is_finite()).then_some((solution, inverse))
}

/// The same for a straight line, of which each tick has several: elimination by hand.
fn line(powers: &[f64; 2 * TERMS - 1], right: &Coefficients) -> Option<(Coefficients, Normal)> {
    let [weights, first, second, ..] = *powers;
    let share = first / weights;
    let rest = second - first * share;
    let slope = [-share / rest, 1.0 / rest];
    let constant = [(1.0 - slope[0] * first) / weights, -slope[1] * first / weights];
    let mut inverse = Normal::identity();
    for i in 0..2 {
        (inverse[(0, i)], inverse[(1, i)]) = (constant[i], slope[i]);
    }
    let mut solution = Coefficients::zeros();
    solution[0] = constant[0] * right[0] + constant[1] * right[1];
    solution[1] = slope[0] * right[0] + slope[1] * right[1];
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

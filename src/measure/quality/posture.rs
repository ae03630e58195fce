//! How the body lies: its axis, its tilt, how far it bends.

use super::silhouette::{Silhouette, body};

/// Slices across the body in which its middle is looked for.
const SLICES: usize = 40;
/// Slices at both ends that are left out: snout and peduncle end in points whose middle is ill defined.
const ENDS: usize = 2;
/// Least number of slices that make a line.
const LEAST_SLICES: usize = 12;

/// How the body lies.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Posture {
    /// Tilt of the long axis against the rows in degrees, -90 to 90, positive where the right end lies lower.
    pub tilt_degrees: f64,
    /// Rise of the middle line's parabola between its ends, as a share of the body's length, not negative.
    pub sagitta: f64,
}

impl Posture {
    /// From the body's points; `None` where they make no elongated thing.
    pub fn of(silhouette: &Silhouette) -> Option<Self> {
        let points: Vec<(f64, f64)> = silhouette.points(body()).map(|(x, y)| (x as f64, y as f64)).collect();
        let (axis, centre) = principal_axis(&points)?;
        let along_and_across = |(x, y): (f64, f64)| {
            let (dx, dy) = (x - centre.0, y - centre.1);
            (dx * axis.0 + dy * axis.1, dy * axis.0 - dx * axis.1)
        };
        let middle = middle_line(points.iter().map(|p| along_and_across(*p)))?;
        Some(Self {
            tilt_degrees: axis.1.atan2(axis.0).to_degrees(),
            sagitta: sagitta(&middle),
        })
    }
}

/// Direction of the greatest spread, pointing to the right, and the centre.
fn principal_axis(points: &[(f64, f64)]) -> Option<((f64, f64), (f64, f64))> {
    let n = points.len() as f64;
    if n < LEAST_SLICES as f64 {
        return None;
    }
    let sum = points.iter().fold((0.0, 0.0), |s, p| (s.0 + p.0, s.1 + p.1));
    let centre = (sum.0 / n, sum.1 / n);
    let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
    for (x, y) in points {
        let (dx, dy) = (x - centre.0, y - centre.1);
        xx += dx * dx;
        xy += dx * dy;
        yy += dy * dy;
    }
    // Half the angle of the covariance's ellipse.
    let angle = 0.5 * (2.0 * xy).atan2(xx - yy);
    Some(((angle.cos(), angle.sin()), centre))
}

/// Along and across of the middles of the slices, both as shares of the body's length; along runs from 0 to 1.
fn middle_line(points: impl Iterator<Item = (f64, f64)> + Clone) -> Option<Vec<(f64, f64)>> {
    let (first, last) = points
        .clone()
        .fold((f64::MAX, f64::MIN), |(a, b), (along, _)| (a.min(along), b.max(along)));
    let length = last - first;
    if length <= 0.0 {
        return None;
    }
    let mut reaches: [Option<(f64, f64)>; SLICES] = [None; SLICES];
    for (along, across) in points {
        let slice = (((along - first) / length * SLICES as f64) as usize).min(SLICES - 1);
        let reach = reaches[slice].get_or_insert((across, across));
        *reach = (reach.0.min(across), reach.1.max(across));
    }
    let inner = reaches.iter().enumerate().take(SLICES - ENDS).skip(ENDS);
    let middle: Vec<(f64, f64)> = inner
        .filter_map(|(slice, reach)| {
            let (least, most) = (*reach)?;
            Some(((slice as f64 + 0.5) / SLICES as f64, (least + most) / 2.0 / length))
        })
        .collect();
    (middle.len() >= LEAST_SLICES).then_some(middle)
}

/// Rise of the parabola of least squares over a length of 1: a quarter of its second-order term.
fn sagitta(line: &[(f64, f64)]) -> f64 {
    // With along measured from its mean, and its square made orthogonal to it, each term is found by itself.
    let n = line.len() as f64;
    let mean = |f: &dyn Fn(f64) -> f64| line.iter().map(|(u, _)| f(*u)).sum::<f64>() / n;
    let centre = mean(&|u| u);
    let square = mean(&|u| (u - centre).powi(2));
    let skew = mean(&|u| (u - centre).powi(3)) / square;
    let bow = |u: f64| (u - centre).powi(2) - skew * (u - centre) - square;
    let (mut product, mut norm) = (0.0, 0.0);
    for (u, v) in line {
        product += bow(*u) * v;
        norm += bow(*u).powi(2);
    }
    (product / norm / 4.0).abs()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_rise_of_a_parabola_is_found_whatever_its_slope(
            rise in 0.0..0.3f64, slope in -0.5..0.5f64, start in -1.0..1.0f64, left_out in 0usize..10,
        ) {
            let line: Vec<(f64, f64)> = (left_out..30)
                .map(|i| i as f64 / 30.0)
                .map(|u| (u, start + slope * u + 4.0 * rise * u * (1.0 - u)))
                .collect();
            prop_assert!((sagitta(&line) - rise).abs() < 1e-9);
        }

        #[test]
        fn the_axis_of_a_tilted_bar_is_its_tilt(tilt in -80.0..80.0f64) {
            let (sin, cos) = tilt.to_radians().sin_cos();
            let bar: Vec<(f64, f64)> = (-50..50)
                .flat_map(|u| (-5..=5).map(move |v| (f64::from(u), f64::from(v))))
                .map(|(u, v)| (u * cos - v * sin, u * sin + v * cos))
                .collect();
            let (axis, _) = principal_axis(&bar).unwrap();
            prop_assert!((axis.1.atan2(axis.0).to_degrees() - tilt).abs() < 1e-6);
        }
    }
}

//! Lengths in centimetres between places of the frame.

use super::Scale;
use crate::frame::Point;
use crate::measure::Measured;

impl Scale {
    /// The length in centimetres of the straight line between two points, in pixels of the upright frame.
    ///
    /// Allows for the scale's gradient along the line and for the lens's distortion. The uncertainty is that of the scale alone; how well the
    /// two points are known is the caller's to add.
    pub fn length(&self, from: Point, to: Point) -> Measured {
        let (from, to) = (self.straightened(from), self.straightened(to));
        let pixels = (to.x - from.x).hypot(to.y - from.y);
        let (first, last) = (self.value_at(from), self.value_at(to));
        // The mean of 1 / scale along the line, where the scale changes evenly.
        let mean = if (first - last).abs() < 1e-6 * first {
            2.0 / (first + last)
        } else {
            (first / last).ln() / (first - last)
        };
        let middle = Point {
            x: (from.x + to.x) / 2.0,
            y: (from.y + to.y) / 2.0,
        };
        let [across, down] = self.gradient_uncertainty;
        let (dx, dy) = (middle.x - self.place.x, middle.y - self.place.y);
        let uncertainty = self.pixels_per_cm.uncertainty.hypot(across * dx).hypot(down * dy);
        let centimetres = pixels * mean;
        Measured::new(centimetres, centimetres * mean * uncertainty)
    }

    /// The length in centimetres of a line through several points; see [`Scale::length`].
    pub fn length_along(&self, points: &[Point]) -> Measured {
        let pieces = points.windows(2).map(|pair| self.length(pair[0], pair[1]));
        // The same scale measures every piece, so their uncertainties add up in full.
        pieces.fold(Measured::new(0.0, 0.0), |sum, piece| {
            Measured::new(sum.value + piece.value, sum.uncertainty + piece.uncertainty)
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::measure::scale::ScaleMethod;

    fn point(x: f64, y: f64) -> Point {
        Point { x, y }
    }

    #[test]
    fn an_even_scale_divides() {
        let scale = Scale::uniform(Measured::new(50.0, 0.5), point(0.0, 0.0), ScaleMethod::Configured);
        let length = scale.length(point(100.0, 100.0), point(400.0, 500.0));
        assert!((length.value - 10.0).abs() < 1e-12 && (length.uncertainty - 0.1).abs() < 1e-12);
    }

    proptest! {
        #[test]
        fn a_line_is_as_long_as_its_many_short_pieces(
            gradient in [-0.01..0.01f64, -0.01..0.01f64],
            from in [0.0..4000.0f64, 0.0..3000.0f64],
            to in [0.0..4000.0f64, 0.0..3000.0f64],
        ) {
            let mut scale = Scale::uniform(Measured::new(100.0, 0.5), point(2000.0, 1500.0), ScaleMethod::MetricTicks);
            scale.gradient = gradient;
            scale.gradient_uncertainty = [0.001, 0.002];
            let (from, to) = (point(from[0], from[1]), point(to[0], to[1]));
            let pieces = 2000;
            let sum: f64 = (0..pieces)
                .map(|i| {
                    let share = (f64::from(i) + 0.5) / f64::from(pieces);
                    let middle = point(from.x + (to.x - from.x) * share, from.y + (to.y - from.y) * share);
                    (to.x - from.x).hypot(to.y - from.y) / f64::from(pieces) / scale.at(middle).value
                })
                .sum();
            let length = scale.length(from, to);
            prop_assert!((length.value - sum).abs() < 1e-5 * sum.max(1e-6), "{} for {sum}", length.value);
            let back = scale.length(to, from);
            prop_assert!((length.value - back.value).abs() < 1e-9 * length.value.max(1.0));
        }
    }
}

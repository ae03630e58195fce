//! Scale and distortion from the corners of checkerboards.

use nalgebra::{DMatrix, DVector, Matrix3, Vector3};

use super::{Board, CalibratedScale, Residual};
use crate::frame::{Point, Size};
use crate::measure::Measured;
use crate::measure::scale::Distortion;

/// Why boards tell nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LensError {
    /// No board at all.
    #[error("no picture with a whole checkerboard")]
    NoBoard,
    /// The pictures are not of one size.
    #[error(
        "the pictures are {first} and {other}; a calibration holds for one size: take all of them at the size that the station uses"
    )]
    Sizes {
        /// Size of the first.
        first: Size,
        /// Another size.
        other: Size,
    },
    /// The fit did not come to an end.
    #[error("the corners don't fit any lens; is the board flat, and are its squares even?")]
    NoFit,
}

/// Scale, lens and what is left.
#[derive(Debug, Clone, PartialEq)]
pub struct LensFit {
    /// The scale on the first board.
    pub scale: CalibratedScale,
    /// The lens.
    pub distortion: Distortion,
    /// How well it fits.
    pub residual: Residual,
}

/// Parameters of the lens: centre x and y, k1, k2. Then eight of each board's homography.
const LENS: usize = 4;
const OF_BOARD: usize = 8;
/// What a lens's centre and coefficients usually are away from 0: a share of the radius, and plain numbers. A board that does not tell leaves them there.
const USUAL: [f64; LENS] = [0.03, 0.03, 0.3, 0.1];
/// Noise of a corner's place in pixels, against which those are weighed.
const CORNER_NOISE: f64 = 0.1;

/// Fits lens and boards; squares have sides of `square_cm`. The scale is that of the first board, which lies where specimens lie.
///
/// # Errors
/// [`LensError`]
pub fn from_boards(boards: &[Board], square_cm: f64) -> Result<LensFit, LensError> {
    let first = boards.first().ok_or(LensError::NoBoard)?;
    if let Some(other) = boards.iter().find(|b| b.picture != first.picture) {
        return Err(LensError::Sizes {
            first: first.picture,
            other: other.picture,
        });
    }
    let problem = Problem::new(boards);
    let start = problem.start().ok_or(LensError::NoFit)?;
    let straight = problem.solve(start.clone(), false).ok_or(LensError::NoFit)?;
    let bent = problem.solve(straight.clone(), true).ok_or(LensError::NoFit)?;
    let distortion = problem.distortion(&bent);
    let residual = Residual {
        straight_lens_px: problem.deviation(&straight),
        px: problem.deviation(&bent),
        points: problem.points() as u32,
    };
    Ok(LensFit {
        scale: scale(first, &problem.homography(&bent, 0), square_cm, residual.px).ok_or(LensError::NoFit)?,
        distortion,
        residual,
    })
}

struct Problem<'a> {
    boards: &'a [Board],
    centre: Point,
    radius: f64,
}

impl<'a> Problem<'a> {
    fn new(boards: &'a [Board]) -> Self {
        let size = boards[0].picture;
        let (width, height) = (f64::from(size.width), f64::from(size.height));
        Self {
            boards,
            centre: Point {
                x: (width - 1.0) / 2.0,
                y: (height - 1.0) / 2.0,
            },
            radius: width.hypot(height) / 2.0,
        }
    }

    fn points(&self) -> usize {
        self.boards.iter().map(|b| b.places.len()).sum()
    }

    /// No distortion, and each board seen without perspective.
    fn start(&self) -> Option<DVector<f64>> {
        let mut parameters = DVector::zeros(LENS + OF_BOARD * self.boards.len());
        for (i, board) in self.boards.iter().enumerate() {
            let (mut matrix, mut xs, mut ys) = (Matrix3::zeros(), Vector3::zeros(), Vector3::zeros());
            for (k, place) in board.places.iter().enumerate() {
                let (a, b) = on_board(board, k);
                let row = Vector3::new(a, b, 1.0);
                matrix += row * row.transpose();
                xs += row * (place.x - self.centre.x) / self.radius;
                ys += row * (place.y - self.centre.y) / self.radius;
            }
            let inverse = matrix.try_inverse()?;
            let (x, y) = (inverse * xs, inverse * ys);
            let values = [x[0], x[1], x[2], y[0], y[1], y[2], 0.0, 0.0];
            parameters
                .rows_mut(LENS + OF_BOARD * i, OF_BOARD)
                .copy_from_slice(&values);
        }
        Some(parameters)
    }

    fn distortion(&self, parameters: &DVector<f64>) -> Distortion {
        Distortion {
            centre: Point {
                x: self.centre.x + parameters[0] * self.radius,
                y: self.centre.y + parameters[1] * self.radius,
            },
            radius: self.radius,
            k1: parameters[2],
            k2: parameters[3],
        }
    }

    /// From squares of the board to straightened pixels.
    fn homography(&self, parameters: &DVector<f64>, board: usize) -> Matrix3<f64> {
        let p = &parameters.as_slice()[LENS + OF_BOARD * board..];
        let unit = Matrix3::new(p[0], p[1], p[2], p[3], p[4], p[5], p[6], p[7], 1.0);
        let pixels = Matrix3::new(
            self.radius,
            0.0,
            self.centre.x,
            0.0,
            self.radius,
            self.centre.y,
            0.0,
            0.0,
            1.0,
        );
        pixels * unit
    }

    /// For each corner how far the straightened place lies beside the board's, in pixels of the picture; then the usual values of the lens.
    fn residuals(&self, parameters: &DVector<f64>) -> DVector<f64> {
        let distortion = self.distortion(parameters);
        let mut out = Vec::with_capacity(2 * self.points() + LENS);
        for (i, board) in self.boards.iter().enumerate() {
            let homography = self.homography(parameters, i);
            for (k, place) in board.places.iter().enumerate() {
                let (a, b) = on_board(board, k);
                let expected = homography * Vector3::new(a, b, 1.0);
                let straight = distortion.straighten(*place);
                // A lens that makes everything smaller shall not look better for it.
                let magnified = distortion.magnification(*place).max(0.1);
                out.push((straight.x - expected[0] / expected[2]) / magnified);
                out.push((straight.y - expected[1] / expected[2]) / magnified);
            }
        }
        out.extend((0..LENS).map(|i| parameters[i] / USUAL[i] * CORNER_NOISE));
        DVector::from_vec(out)
    }

    fn deviation(&self, parameters: &DVector<f64>) -> f64 {
        let residuals = self.residuals(parameters);
        let count = 2 * self.points();
        let sum: f64 = residuals.iter().take(count).map(|r| r * r).sum();
        (sum / (count - OF_BOARD * self.boards.len()).max(1) as f64).sqrt()
    }

    /// Levenberg and Marquardt's method, with differences for derivatives; the lens stays as it is unless `bends`.
    fn solve(&self, mut parameters: DVector<f64>, bends: bool) -> Option<DVector<f64>> {
        let free: Vec<usize> = (if bends { 0 } else { LENS }..parameters.len()).collect();
        let mut residuals = self.residuals(&parameters);
        let mut damping = 1e-3;
        for _ in 0..60 {
            let jacobian = self.jacobian(&parameters, &residuals, &free);
            let normal = jacobian.transpose() * &jacobian;
            let right = -(jacobian.transpose() * &residuals);
            let before = residuals.norm_squared();
            let mut better = None;
            while better.is_none() && damping < 1e12 {
                let mut damped = normal.clone();
                for i in 0..free.len() {
                    damped[(i, i)] += damping * normal[(i, i)].max(1e-12);
                }
                let moved = damped.cholesky().map(|c| {
                    let step = c.solve(&right);
                    let mut moved = parameters.clone();
                    free.iter().zip(step.iter()).for_each(|(i, s)| moved[*i] += s);
                    moved
                });
                better = moved
                    .map(|m| (self.residuals(&m), m))
                    .filter(|(r, _)| r.norm_squared() < before);
                damping *= if better.is_some() { 0.2 } else { 8.0 };
            }
            let Some((next, moved)) = better else {
                break;
            };
            let done = before - next.norm_squared() < 1e-10 * before;
            (residuals, parameters) = (next, moved);
            damping = damping.max(1e-9);
            if done {
                break;
            }
        }
        parameters.iter().all(|p| p.is_finite()).then_some(parameters)
    }

    fn jacobian(&self, parameters: &DVector<f64>, residuals: &DVector<f64>, free: &[usize]) -> DMatrix<f64> {
        let mut jacobian = DMatrix::zeros(residuals.len(), free.len());
        for (column, parameter) in free.iter().enumerate() {
            let step = 1e-6 * parameters[*parameter].abs().max(1e-2);
            let mut moved = parameters.clone();
            moved[*parameter] += step;
            jacobian.set_column(column, &((self.residuals(&moved) - residuals) / step));
        }
        jacobian
    }
}

/// Place of the corner with that number, in squares.
fn on_board(board: &Board, number: usize) -> (f64, f64) {
    let columns = board.corners[0] as usize;
    ((number % columns) as f64, (number / columns) as f64)
}

/// The scale in the middle of a board.
fn scale(board: &Board, homography: &Matrix3<f64>, square_cm: f64, deviation: f64) -> Option<CalibratedScale> {
    let middle = [board.corners[0], board.corners[1]].map(|c| (f64::from(c) - 1.0) / 2.0);
    let place = |a: f64, b: f64| {
        let p = homography * Vector3::new(a, b, 1.0);
        (p[0] / p[2], p[1] / p[2])
    };
    // Pixels of a square's side: the root of the area that a small square has.
    let side = |a: f64, b: f64| {
        let d = 0.05;
        let (x, y, z, w) = (place(a - d, b), place(a + d, b), place(a, b - d), place(a, b + d));
        ((y.0 - x.0) * (w.1 - z.1) - (y.1 - x.1) * (w.0 - z.0)).abs().sqrt() / (2.0 * d)
    };
    let centre = place(middle[0], middle[1]);
    let value = side(middle[0], middle[1]) / square_cm;
    // The gradient by steps of one square to both sides.
    let (right, below) = (place(middle[0] + 1.0, middle[1]), place(middle[0], middle[1] + 1.0));
    let (left, above) = (place(middle[0] - 1.0, middle[1]), place(middle[0], middle[1] - 1.0));
    let along = (side(middle[0] + 1.0, middle[1]) - side(middle[0] - 1.0, middle[1])) / square_cm;
    let across = (side(middle[0], middle[1] + 1.0) - side(middle[0], middle[1] - 1.0)) / square_cm;
    let steps = nalgebra::Matrix2::new(right.0 - left.0, right.1 - left.1, below.0 - above.0, below.1 - above.1);
    let gradient = steps.try_inverse()? * nalgebra::Vector2::new(along, across);
    // Corners about evenly spread over the board: their noise over the board's half sides.
    let corners = board.places.len() as f64;
    let reach = f64::from(board.corners[0].min(board.corners[1])) * value * square_cm / 12f64.sqrt();
    let fit = deviation / (reach * corners.sqrt());
    let value = Measured::new(value, value * fit.hypot(PRINT));
    let spread = 2.0 * value.value * fit / reach;
    Some(CalibratedScale {
        pixels_per_cm: value.value,
        uncertainty: value.uncertainty,
        place: [centre.0, centre.1],
        gradient: [gradient[0], gradient[1]],
        gradient_uncertainty: [spread; 2],
    })
}

/// By which share printed squares are wrong.
const PRINT: f64 = 0.001;

#[cfg(test)]
mod tests {
    use nalgebra::Rotation3;

    use super::*;

    const FOCAL: f64 = 2600.0;
    const CENTRE: (f64, f64) = (1010.0, 742.0);

    /// Where a lens with D. C. Brown's distortion, in the direction from the scene to the picture, puts a place of the plane z = 1.
    fn brown(x: f64, y: f64) -> Point {
        let square = x * x + y * y;
        let factor = 1.0 - 0.18 * square + 0.05 * square * square;
        Point {
            x: CENTRE.0 + FOCAL * x * factor,
            y: CENTRE.1 + FOCAL * y * factor,
        }
    }

    /// A board of 9x6 corners with squares of 2 cm, turned and 43 cm away.
    fn board(turn: [f64; 3], x: f64, y: f64) -> Board {
        let rotation = Rotation3::from_euler_angles(turn[0], turn[1], turn[2]);
        let place = |i: usize| {
            let corner = Vector3::new((i % 9) as f64 * 2.0 - 8.0, (i / 9) as f64 * 2.0 - 5.0, 0.0);
            let seen = rotation * corner + Vector3::new(x, y, 43.0);
            brown(seen[0] / seen[2], seen[1] / seen[2])
        };
        Board {
            picture: Size::new(2000, 1500),
            corners: [9, 6],
            places: (0..54).map(place).collect(),
        }
    }

    #[test]
    fn a_lens_of_another_model_is_made_straight() {
        let boards = [
            board([0.0, 0.0, 0.02], 0.0, 0.0),
            board([0.3, 0.1, 0.1], -2.0, 1.0),
            board([-0.25, 0.25, -0.2], 3.0, -2.0),
            board([0.05, -0.35, 1.6], -4.0, 2.0),
        ];
        let fit = from_boards(&boards, 2.0).unwrap();
        assert!((fit.scale.pixels_per_cm / (FOCAL / 43.0) - 1.0).abs() < 1e-3, "{fit:?}");
        assert!(fit.residual.px < 0.1 && fit.residual.straight_lens_px > 0.4, "{fit:?}");
        for (x, y) in [(0.0, 0.0), (0.3, 0.2), (-0.35, 0.25), (0.36, -0.27), (-0.3, -0.1)] {
            let straight = fit.distortion.straighten(brown(x, y));
            let (dx, dy) = (straight.x - CENTRE.0 - FOCAL * x, straight.y - CENTRE.1 - FOCAL * y);
            assert!(dx.hypot(dy) < 1.5, "{x} {y}: {dx} {dy}");
        }
    }

    #[test]
    fn pictures_of_two_sizes_are_refused() {
        let mut other = board([0.0; 3], 0.0, 0.0);
        other.picture = Size::new(1000, 750);
        let error = from_boards(&[board([0.0; 3], 0.0, 0.0), other], 2.0).unwrap_err();
        assert!(error.to_string().contains("1000x750"), "{error}");
        assert_eq!(from_boards(&[], 2.0), Err(LensError::NoBoard));
    }
}

//! The fish's angle, and the mask turned by it: scikit-image's orientation and Pillow's rotation, digit by digit.

use super::painted::{Painted, class_of};
use super::pieces::{self, Pieces};
use super::python;
use crate::frame::{PixelBox, Size};
use crate::traits::components::{Component, Connectivity, Run, of_runs};

/// The fish's angle in degrees with two decimals, from the orientation of its largest piece; `None` where that has less than 60 %.
pub(super) fn angle(whole_fish: &[Run]) -> Option<f64> {
    let pieces = of_runs(whole_fish.to_vec(), Connectivity::Eight);
    let orientation = orientation(&pieces::clean(whole_fish, pieces)?);
    let sign = if orientation == 0.0 { 0.0 } else { orientation.signum() };
    let angle = sign * (90.0 - (orientation * 180.0 / std::f64::consts::PI).abs());
    // Adding 0 takes the sign off a zero.
    Some(python::numpy_round_2(angle) + 0.0)
}

/// Angle between the row axis and the major axis of the ellipse with the same second moments, in radians: `orientation` of scikit-image's regions.
fn orientation(piece: &Component) -> f64 {
    let moments = CentralMoments::of(piece);
    let total = moments.rows + moments.columns;
    // The diagonal of the inertia tensor as scikit-image computes it: the sum less the other.
    let a = (total - moments.rows) / moments.area;
    let c = (total - moments.columns) / moments.area;
    let b = -moments.mixed / moments.area;
    if a - c == 0.0 {
        let quarter = std::f64::consts::FRAC_PI_4;
        if b < 0.0 { quarter } else { -quarter }
    } else {
        0.5 * (-2.0 * b).atan2(c - a)
    }
}

/// Second moments about the mean.
struct CentralMoments {
    area: f64,
    /// Sum of squared distances from the mean row.
    rows: f64,
    columns: f64,
    mixed: f64,
}

impl CentralMoments {
    /// Sums are exact in integers, and rounded once; but where a piece lies exactly upright, or is as high as wide, as scikit-image's floats have them.
    fn of(piece: &Component) -> Self {
        let sums = Sums::of(piece);
        let exact = sums.central();
        let upright = exact.rows >= exact.columns && exact.mixed.abs() <= 1e-9 * exact.rows;
        if upright { sums.central_in_floats(piece) } else { exact }
    }
}

/// Sums over a piece's pixels; rows and columns count from the corner of its box, which keeps them small.
struct Sums {
    area: i128,
    row: i128,
    column: i128,
    rows: i128,
    columns: i128,
    mixed: i128,
}

impl Sums {
    fn of(piece: &Component) -> Self {
        let mut sums = Self {
            area: i128::from(piece.area),
            row: 0,
            column: 0,
            rows: 0,
            columns: 0,
            mixed: 0,
        };
        for run in &piece.runs {
            let row = i64::from(run.y - piece.bounds.top);
            let first = i64::from(run.start - piece.bounds.left);
            let end = i64::from(run.end - piece.bounds.left);
            let length = end - first;
            let columns = (first + end - 1) * length / 2;
            sums.row += i128::from(row * length);
            sums.column += i128::from(columns);
            sums.rows += i128::from(row * row) * i128::from(length);
            sums.columns += squares_below(end) - squares_below(first);
            sums.mixed += i128::from(row) * i128::from(columns);
        }
        sums
    }

    fn central(&self) -> CentralMoments {
        let central = |product: i128, a: i128, b: i128| (self.area * product - a * b) as f64 / self.area as f64;
        CentralMoments {
            area: self.area as f64,
            rows: central(self.rows, self.row, self.row),
            columns: central(self.columns, self.column, self.column),
            mixed: central(self.mixed, self.row, self.column),
        }
    }

    /// With the rounding of scikit-image 0.22 (`moments_central`), whose sums are matrix products: by columns first, then along the row of columns.
    ///
    /// In such a piece these roundings alone decide whether its angle is 0, 90 or -90 degrees.
    fn central_in_floats(&self, piece: &Component) -> CentralMoments {
        let (row, column) = (
            self.row as f64 / self.area as f64,
            self.column as f64 / self.area as f64,
        );
        // Of each column: number of pixels, sum of distances from the mean row, sum of their squares.
        let mut by_column = vec![[0.0f64; 3]; piece.bounds.width() as usize];
        for run in &piece.runs {
            let distance = f64::from(run.y - piece.bounds.top) - row;
            let (start, end) = (run.start - piece.bounds.left, run.end - piece.bounds.left);
            for sums in &mut by_column[start as usize..end as usize] {
                sums[0] += 1.0;
                sums[1] += distance;
                sums[2] += distance * distance;
            }
        }
        let mut moments = CentralMoments {
            area: self.area as f64,
            rows: 0.0,
            columns: 0.0,
            mixed: 0.0,
        };
        for (x, [pixels, distances, squares]) in (0u32..).zip(by_column) {
            let distance = f64::from(x) - column;
            moments.rows += squares;
            // Matrix products round a product and its sum once.
            moments.columns = pixels.mul_add(distance * distance, moments.columns);
            moments.mixed = distances.mul_add(distance, moments.mixed);
        }
        moments
    }
}

/// 0² + 1² + … + (n - 1)².
fn squares_below(n: i64) -> i128 {
    let n = i128::from(n);
    (n - 1) * n * (2 * n - 1) / 6
}

/// The runs of a mask turned anticlockwise by `degrees` about its middle, at the same size: `Image.rotate` of Pillow with its nearest filter.
pub(super) fn turned(painted: &Painted<'_>, degrees: f64) -> Pieces {
    let size = painted.size();
    let mut pieces = Pieces::default();
    let Some(around) = bounds(painted) else {
        return pieces;
    };
    let turn = Turn::new(size, degrees);
    if turn.fits_fixed_point(size) {
        let fixed = FixedTurn::from(&turn);
        for y in 0..size.height {
            fixed.row(painted, around, y, &mut pieces);
        }
    } else {
        turn.in_floats(painted, &mut pieces);
    }
    pieces
}

/// The smallest box around what is painted.
fn bounds(painted: &Painted<'_>) -> Option<PixelBox> {
    let width = painted.size().width.max(1) as usize;
    let mut around: Option<PixelBox> = None;
    for (y, row) in painted.bits().chunks_exact(width).enumerate() {
        let Some(first) = row.iter().position(|bits| *bits != 0) else {
            continue;
        };
        let last = row.iter().rposition(|bits| *bits != 0).unwrap_or(first);
        let span = PixelBox::new(first as u32, y as u32, last as u32 + 1, y as u32 + 1);
        around = Some(around.map_or(span, |b| b.union(&span)));
    }
    around
}

/// From a pixel's place in the turned picture to its place in the picture: x' = a x + b y + c, y' = d x + e y + f.
struct Turn {
    a: f64,
    b: f64,
    c: f64,
    d: f64,
    e: f64,
    f: f64,
}

impl Turn {
    fn new(size: Size, degrees: f64) -> Self {
        let angle = -degrees.rem_euclid(360.0).to_radians();
        let (a, b) = (python::round(angle.cos(), 15), python::round(angle.sin(), 15));
        let (d, e) = (python::round(-angle.sin(), 15), python::round(angle.cos(), 15));
        let (middle_x, middle_y) = (f64::from(size.width) / 2.0, f64::from(size.height) / 2.0);
        let c = a * -middle_x + b * -middle_y + 0.0 + middle_x;
        let f = d * -middle_x + e * -middle_y + 0.0 + middle_y;
        Self { a, b, c, d, e, f }
    }

    /// Whether the corners stay in the range of 16.16 bits; Pillow takes floats where they do not.
    fn fits_fixed_point(&self, size: Size) -> bool {
        let (w, h) = (f64::from(size.width), f64::from(size.height));
        let fits = |x: f64, y: f64| {
            (x * self.a + y * self.b + self.c).abs() < 32768.0 && (x * self.d + y * self.e + self.f).abs() < 32768.0
        };
        fits(0.0, 0.0) && fits(w, h) && fits(0.0, h) && fits(w, 0.0)
    }

    /// Adds up from pixel to pixel, since the rounding of those sums decides.
    fn in_floats(&self, painted: &Painted<'_>, pieces: &mut Pieces) {
        let size = painted.size();
        let (w, h) = (f64::from(size.width), f64::from(size.height));
        let mut row_x = self.c + self.b * 0.5 + self.a * 0.5;
        let mut row_y = self.f + self.e * 0.5 + self.d * 0.5;
        for y in 0..size.height {
            let (mut from_x, mut from_y) = (row_x, row_y);
            let mut open = (0, 0);
            for x in 0..size.width {
                let inside = from_x >= 0.0 && from_x < w && from_y >= 0.0 && from_y < h;
                let bits = match inside {
                    true => painted.bits()[from_y as usize * size.width as usize + from_x as usize],
                    false => 0,
                };
                if bits != open.1 {
                    pieces.push(y, open.0, x, class_of(open.1));
                    open = (x, bits);
                }
                from_x += self.a;
                from_y += self.d;
            }
            pieces.push(y, open.0, size.width, class_of(open.1));
            row_x += self.b;
            row_y += self.e;
        }
    }
}

/// A turn in fixed point of 16 bits after the point.
struct FixedTurn {
    a: i64,
    b: i64,
    c: i64,
    d: i64,
    e: i64,
    f: i64,
}

impl From<&Turn> for FixedTurn {
    fn from(turn: &Turn) -> Self {
        let fixed = |value: f64| (value * 65536.0 + 0.5).floor() as i64;
        Self {
            a: fixed(turn.a),
            b: fixed(turn.b),
            // Half a pixel on: the pixel's middle.
            c: fixed(turn.c + turn.a * 0.5 + turn.b * 0.5),
            d: fixed(turn.d),
            e: fixed(turn.e),
            f: fixed(turn.f + turn.d * 0.5 + turn.e * 0.5),
        }
    }
}

impl FixedTurn {
    /// The runs of row `y` of the turned picture. All that is painted lies in `around`.
    fn row(&self, painted: &Painted<'_>, around: PixelBox, y: u32, pieces: &mut Pieces) {
        let size = painted.size();
        let (mut from_x, mut from_y) = (self.c + self.b * i64::from(y), self.f + self.e * i64::from(y));
        let across = columns_within(from_x, self.a, around.left, around.right);
        let down = columns_within(from_y, self.d, around.top, around.bottom);
        let first = across.0.max(down.0).max(0);
        let end = across.1.min(down.1).min(i64::from(size.width));
        if first >= end {
            return;
        }
        from_x += first * self.a;
        from_y += first * self.d;
        let bits = painted.bits();
        let width = size.width as usize;
        let mut open = (first as u32, 0);
        for x in first as u32..end as u32 {
            let here = bits[(from_y >> 16) as usize * width + (from_x >> 16) as usize];
            if here != open.1 {
                pieces.push(y, open.0, x, class_of(open.1));
                open = (x, here);
            }
            from_x += self.a;
            from_y += self.d;
        }
        pieces.push(y, open.0, end as u32, class_of(open.1));
    }
}

/// The x, from the first to one past the last, for which `start + x * step` in 16.16 bits lies in `low..high`.
fn columns_within(start: i64, step: i64, low: u32, high: u32) -> (i64, i64) {
    let (low, high) = (i64::from(low) << 16, i64::from(high) << 16);
    let up = |distance: i64, step: i64| distance.div_euclid(step) + i64::from(distance.rem_euclid(step) != 0);
    match step {
        0 if (low..high).contains(&start) => (i64::MIN, i64::MAX),
        0 => (0, 0),
        step if step > 0 => (up(low - start, step), up(high - start, step)),
        // Falling: it is above `high - 1` before, and below `low` after.
        step => (up(start - high + 1, -step), up(start - low + 1, -step)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::traits::{Trait, TraitMask, TraitSet};

    /// Every pixel of the turned picture on its own, in the fixed point of Pillow's `affine_fixed`.
    fn pixel_by_pixel(mask: &TraitMask, degrees: f64) -> TraitMask {
        let size = mask.size();
        let turn = FixedTurn::from(&Turn::new(size, degrees));
        let mut out = TraitMask::empty(size);
        for y in 0..size.height {
            for x in 0..size.width {
                let (i, j) = (i64::from(x), i64::from(y));
                let from_x = (turn.c + turn.a * i + turn.b * j) >> 16;
                let from_y = (turn.f + turn.d * i + turn.e * j) >> 16;
                if (0..i64::from(size.width)).contains(&from_x) && (0..i64::from(size.height)).contains(&from_y) {
                    out.set(x, y, mask.get(from_x as u32, from_y as u32));
                }
            }
        }
        out
    }

    fn some_mask(width: u32, height: u32, pixels: &[u8]) -> TraitMask {
        let mut mask = TraitMask::empty(Size::new(width, height));
        for (i, pixel) in pixels.iter().enumerate() {
            let (x, y) = (i as u32 % width, i as u32 / width);
            if let Some(which) = Trait::from_channel(usize::from(*pixel)).filter(|_| y < height) {
                mask.set(x, y, TraitSet::EMPTY.with(which));
            }
        }
        mask
    }

    proptest! {
        #[test]
        fn a_row_at_a_time_is_as_a_pixel_at_a_time(
            width in 1u32..24,
            height in 1u32..24,
            pixels in prop::collection::vec(0u8..20, 0..400),
            hundredths in -9000i32..=9000,
        ) {
            let mask = some_mask(width, height, &pixels);
            let degrees = f64::from(hundredths) / 100.0;
            let ours = turned(&Painted::from(&mask), degrees).mask(mask.size());
            let expected = pixel_by_pixel(&mask, degrees);
            prop_assert_eq!(ours.bits(), expected.bits());
        }

        #[test]
        fn a_bar_lies_level_once_it_is_turned(length in 30u32..120, thickness in 3u32..9, hundredths in -8000i32..=8000) {
            let mut mask = TraitMask::empty(Size::new(200, 200));
            let (sine, cosine) = (f64::from(hundredths) / 100.0).to_radians().sin_cos();
            for y in 0..200 {
                for x in 0..200 {
                    let (dx, dy) = (f64::from(x) - 99.5, f64::from(y) - 99.5);
                    let (along, across) = (dx * cosine + dy * sine, dy * cosine - dx * sine);
                    if along.abs() * 2.0 < f64::from(length) && across.abs() * 2.0 < f64::from(thickness) {
                        mask.set(x, y, TraitSet::EMPTY.with(Trait::Trunk));
                    }
                }
            }
            let painted = Painted::from(&mask);
            let before = angle(&Pieces::of(&painted).whole_fish()).unwrap();
            // Steps of whole pixels: a short bar may lean by one of them at either end.
            let limit = (3.0 / f64::from(length)).atan().to_degrees().max(1.0);
            prop_assert!((before - f64::from(hundredths) / 100.0).abs() < limit, "{}", before);
            let after = angle(&turned(&painted, before).whole_fish()).unwrap();
            prop_assert!(after.abs() < limit, "{}", after);
        }
    }
}

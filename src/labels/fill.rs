//! Which pixels a drawn shape covers: those whose middle lies in it.
//!
//! Coordinates are those of labelling programs: 0, 0 is the top left *corner* of the picture, so that the middle of the first pixel is at 0.5, 0.5.

use super::LabelsError;
use super::canvas::Canvas;
use crate::traits::Trait;

/// A point of a labelling program, x and y.
pub(super) type Corner = [f64; 2];

/// No picture is that far; numbers beyond would lose the fractions.
const FARTHEST: f64 = 1e7;

/// Whether a coordinate can be one.
pub(super) fn is_place(value: f64) -> bool {
    value.abs() <= FARTHEST
}

/// An edge of a polygon on its way down: rows whose middle it crosses, and where.
struct Edge {
    rows: std::ops::Range<u32>,
    /// Column of the crossing with row 0's middle, and how it moves from row to row.
    start: Corner,
    slope: f64,
}

/// Paints the inside of a closed polygon, by the even-odd rule: a bridge there and back cuts a hole.
pub(super) fn polygon(canvas: &mut Canvas, points: &[Corner], which: Trait) -> Result<(), LabelsError> {
    let height = canvas.size().height;
    let mut edges = edges(points, height);
    edges.sort_by_key(|edge| edge.rows.start);
    let mut waiting = edges.into_iter().peekable();
    let mut active: Vec<Edge> = Vec::new();
    let mut crossings = Vec::new();
    let mut y = waiting.peek().map_or(height, |edge| edge.rows.start);
    while y < height {
        active.retain(|edge| edge.rows.end > y);
        while let Some(edge) = waiting.next_if(|edge| edge.rows.start <= y) {
            active.push(edge);
        }
        if active.is_empty() {
            match waiting.peek() {
                Some(edge) => y = edge.rows.start,
                None => break,
            }
            continue;
        }
        canvas.spend(active.len() as u64)?;
        crossings.clear();
        crossings.extend(
            active
                .iter()
                .map(|edge| edge.start[0] + (middle(y) - edge.start[1]) * edge.slope),
        );
        crossings.sort_by(f64::total_cmp);
        for pair in crossings.as_chunks::<2>().0 {
            canvas.paint_row(y, first_behind(pair[0]), first_behind(pair[1]), which)?;
        }
        y += 1;
    }
    Ok(())
}

fn edges(points: &[Corner], height: u32) -> Vec<Edge> {
    let next = points.iter().skip(1).chain(points.first());
    let edge = |(a, b): (&Corner, &Corner)| {
        let (upper, lower) = if a[1] <= b[1] { (a, b) } else { (b, a) };
        let rows = first_behind(upper[1]).min(height)..first_behind(lower[1]).min(height);
        (!rows.is_empty()).then(|| Edge {
            rows,
            start: *upper,
            slope: (lower[0] - upper[0]) / (lower[1] - upper[1]),
        })
    };
    points.iter().zip(next).filter_map(edge).collect()
}

fn middle(index: u32) -> f64 {
    f64::from(index) + 0.5
}

/// The first pixel whose middle lies at or behind a coordinate; 0 before the picture.
fn first_behind(coordinate: f64) -> u32 {
    // A cast of a float ends at the limits of the type.
    (coordinate - 0.5).ceil() as u32
}

/// Paints an ellipse with these half axes, turned by `degrees` clockwise.
pub(super) fn ellipse(
    canvas: &mut Canvas,
    centre: Corner,
    half_axes: Corner,
    degrees: f64,
    which: Trait,
) -> Result<(), LabelsError> {
    let [rx, ry] = half_axes;
    if rx <= 0.0 || ry <= 0.0 {
        return Ok(());
    }
    let (sine, cosine) = degrees.to_radians().sin_cos();
    // The equation of the turned ellipse: a dx² + b dx dy + c dy² = 1.
    let a = (cosine / rx).powi(2) + (sine / ry).powi(2);
    let b = 2.0 * sine * cosine * (1.0 / (rx * rx) - 1.0 / (ry * ry));
    let c = (sine / rx).powi(2) + (cosine / ry).powi(2);
    let reach = (a / (a * c - b * b / 4.0)).sqrt();
    let last = first_behind(centre[1] + reach)
        .saturating_add(1)
        .min(canvas.size().height);
    for y in first_behind(centre[1] - reach)..last {
        canvas.spend(1)?;
        let dy = middle(y) - centre[1];
        let root = (b * dy).powi(2) - 4.0 * a * (c * dy * dy - 1.0);
        if root < 0.0 {
            continue;
        }
        let (dx, half) = (-b * dy / (2.0 * a), root.sqrt() / (2.0 * a));
        let start = first_behind(centre[0] + dx - half);
        canvas.paint_row(y, start, first_behind(centre[0] + dx + half), which)?;
    }
    Ok(())
}

/// The corners of a rectangle that is turned by `degrees` clockwise around its middle.
pub(super) fn rectangle(a: Corner, b: Corner, degrees: f64) -> Vec<Corner> {
    let centre = [(a[0] + b[0]) / 2.0, (a[1] + b[1]) / 2.0];
    let (sine, cosine) = degrees.to_radians().sin_cos();
    let turned = |[x, y]: Corner| {
        if degrees == 0.0 {
            return [x, y];
        }
        let (dx, dy) = (x - centre[0], y - centre[1]);
        [centre[0] + dx * cosine - dy * sine, centre[1] + dx * sine + dy * cosine]
    };
    [a, [b[0], a[1]], b, [a[0], b[1]]].map(turned).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::Size;
    use crate::labels::{Form, Overlaps};
    use crate::traits::TraitMask;
    use proptest::prelude::*;

    const SIZE: Size = Size::new(20, 14);

    fn drawn(paint: impl FnOnce(&mut Canvas)) -> TraitMask {
        let mut canvas = Canvas::new(Form::LabelMe, SIZE, Overlaps::Keep);
        paint(&mut canvas);
        canvas.finish()
    }

    fn covers(mask: &TraitMask, inside: impl Fn(f64, f64) -> bool) -> Result<(), TestCaseError> {
        for y in 0..SIZE.height {
            for x in 0..SIZE.width {
                prop_assert_eq!(!mask.get(x, y).is_empty(), inside(middle(x), middle(y)), "{}, {}", x, y);
            }
        }
        Ok(())
    }

    /// The even-odd rule, edge by edge, for a middle that lies on none of them.
    fn in_polygon(points: &[Corner], x: f64, y: f64) -> bool {
        let edges = points.iter().zip(points.iter().cycle().skip(1));
        let crossed =
            edges.filter(|(a, b)| (a[1] > y) != (b[1] > y) && x < a[0] + (y - a[1]) / (b[1] - a[1]) * (b[0] - a[0]));
        crossed.count() % 2 == 1
    }

    proptest! {
        #[test]
        fn polygons_cover_the_middles_that_lie_in_them(
            points in prop::collection::vec((-90i32..300, -90i32..300), 3..12),
        ) {
            // No coordinate is a multiple of 0.5, and edges meet no middles but by chance.
            let points: Vec<Corner> = points.iter().map(|(x, y)| [f64::from(*x) / 10.0 + 0.0137, f64::from(*y) / 10.0 + 0.0259]).collect();
            let mask = drawn(|canvas| polygon(canvas, &points, Trait::Head).unwrap());
            covers(&mask, |x, y| in_polygon(&points, x, y))?;
        }

        #[test]
        fn ellipses_cover_the_middles_that_lie_in_them(
            centre in (-3.0..23.0, -3.0..17.0), axes in (0.1..15.0, 0.1..15.0), degrees in -400.0..400.0,
        ) {
            let ((cx, cy), (rx, ry)): ((f64, f64), (f64, f64)) = (centre, axes);
            let mask = drawn(|canvas| ellipse(canvas, [cx, cy], [rx, ry], degrees, Trait::Eye).unwrap());
            let (sine, cosine) = f64::to_radians(degrees).sin_cos();
            covers(&mask, |x, y| {
                let (dx, dy) = (x - cx, y - cy);
                ((dx * cosine + dy * sine) / rx).powi(2) + ((dy * cosine - dx * sine) / ry).powi(2) <= 1.0
            })?;
        }
    }

    #[test]
    fn corners_of_pixels_make_whole_pixels() {
        let mask = drawn(|canvas| polygon(canvas, &rectangle([2.0, 3.0], [5.0, 4.0], 0.0), Trait::Head).unwrap());
        assert_eq!(mask.pixel_counts()[Trait::Head.channel()], 3);
        assert!(!mask.get(2, 3).is_empty() && mask.get(5, 3).is_empty());
        // A quarter turn around the middle.
        let turned = rectangle([2.0, 3.0], [5.0, 4.0], 90.0);
        assert!(
            turned.iter().all(|[x, _]| (3.0 - 1e-9..=4.0 + 1e-9).contains(x)),
            "{turned:?}"
        );
        for far in [[1e7, -1e7], [-1e7, 1e7]] {
            let mask = drawn(|canvas| polygon(canvas, &[[0.0, 0.0], far, [1e7, 1e7]], Trait::Head).unwrap());
            assert!(mask.pixel_counts()[Trait::Head.channel()] > 0);
        }
        drawn(|canvas| polygon(canvas, &[], Trait::Head).unwrap());
        drawn(|canvas| polygon(canvas, &[[3.0, 3.0]], Trait::Head).unwrap());
        drawn(|canvas| ellipse(canvas, [1e7, 1e7], [1e7, 1e7], 1e7, Trait::Head).unwrap());
        drawn(|canvas| ellipse(canvas, [5.0, 5.0], [1e-300, 1e7], 30.0, Trait::Head).unwrap());
    }
}

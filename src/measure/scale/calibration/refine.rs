//! The place of a corner to a small part of a pixel.

use image::RgbImage;

use crate::frame::Point;

/// Moves a corner to where the edges around it meet: the point to which each brightness step is at right angles (the method of W. Förstner, 1987).
///
/// `reach` is half the side of the window, in pixels. `None` where there is no corner, or it lies farther away than the window.
pub(super) fn refine(picture: &RgbImage, start: Point, reach: f64) -> Option<Point> {
    let mut place = start;
    for _ in 0..12 {
        let moved = step(picture, place, reach)?;
        let by = (moved.x - place.x).hypot(moved.y - place.y);
        place = moved;
        if (place.x - start.x).hypot(place.y - start.y) > reach {
            return None;
        }
        if by < 1e-3 {
            break;
        }
    }
    Some(place)
}

fn step(picture: &RgbImage, place: Point, reach: f64) -> Option<Point> {
    let (width, height) = picture.dimensions();
    let half = reach.round().max(2.0) as i64;
    let (left, top) = (place.x.round() as i64, place.y.round() as i64);
    if left - half < 1 || top - half < 1 || left + half + 1 >= i64::from(width) || top + half + 1 >= i64::from(height) {
        return None;
    }
    let grey = |x: i64, y: i64| {
        let p = picture.get_pixel(x as u32, y as u32).0;
        f64::from(p[0]) + f64::from(p[1]) + f64::from(p[2])
    };
    let (mut xx, mut xy, mut yy, mut x_sum, mut y_sum) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for y in top - half..=top + half {
        for x in left - half..=left + half {
            let (dx, dy) = (x as f64 - place.x, y as f64 - place.y);
            let weight = (-(dx * dx + dy * dy) / (0.5 * reach * reach)).exp();
            let (gx, gy) = (grey(x + 1, y) - grey(x - 1, y), grey(x, y + 1) - grey(x, y - 1));
            let (a, b, c) = (gx * gx * weight, gx * gy * weight, gy * gy * weight);
            xx += a;
            xy += b;
            yy += c;
            x_sum += a * dx + b * dy;
            y_sum += b * dx + c * dy;
        }
    }
    let determinant = xx * yy - xy * xy;
    // Both directions must have edges.
    if determinant <= 1e-3 * (xx + yy).powi(2) {
        return None;
    }
    Some(Point {
        x: place.x + (yy * x_sum - xy * y_sum) / determinant,
        y: place.y + (xx * y_sum - xy * x_sum) / determinant,
    })
}

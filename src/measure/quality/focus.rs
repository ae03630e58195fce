//! How sharp a part of a picture is, as the width of its sharpest edges.
//!
//! Along lines across the part, each stretch over which brightness only rises or only falls is an edge; its width is its height over its steepest step. Of the
//! higher half of the edges, the width that a tenth of them stay below is taken: what is soft by nature does not count, and noise makes no high edges.
//! A blur of standard deviation s makes an ideal edge sqrt(2 pi) s = 2.5 s wide; a sharp photograph has 1 to 2 pixels, at whatever size.

use image::RgbImage;

use super::light::luma;
use crate::frame::PixelBox;

/// Lines that are looked at in each direction.
const LINES: u32 = 64;
/// Least height of an edge in levels: far above a camera's noise.
const LEAST_HEIGHT: i32 = 20;
/// Fewer edges tell nothing.
const LEAST_EDGES: usize = 20;

struct Edge {
    height: i32,
    width: f64,
}

/// Width of the sharpest edges in pixels, in the direction in which they are wider, which is that of a movement; `None` where there are too few edges.
pub(super) fn edge_width(picture: &RgbImage, part: PixelBox) -> Option<f64> {
    let rows = lines(part.top, part.bottom).flat_map(|y| edges((part.left..part.right).map(move |x| (x, y)), picture));
    let columns =
        lines(part.left, part.right).flat_map(|x| edges((part.top..part.bottom).map(move |y| (x, y)), picture));
    match (sharpest(rows.collect()), sharpest(columns.collect())) {
        (Some(a), Some(b)) => Some(a.max(b)),
        (a, b) => a.or(b),
    }
}

/// Evenly spread lines between two sides.
fn lines(first: u32, end: u32) -> impl Iterator<Item = u32> {
    let length = end - first;
    let count = LINES.min(length);
    (0..count).map(move |i| first + (u64::from(length) * (2 * u64::from(i) + 1) / (2 * u64::from(count.max(1)))) as u32)
}

fn edges(places: impl Iterator<Item = (u32, u32)>, picture: &RgbImage) -> Vec<Edge> {
    let mut edges = Vec::new();
    let (mut height, mut steepest) = (0i32, 0i32);
    let mut end = |height: i32, steepest: i32| {
        if height.abs() >= LEAST_HEIGHT {
            edges.push(Edge {
                height: height.abs(),
                width: f64::from(height.abs()) / f64::from(steepest),
            });
        }
    };
    let mut before: Option<i32> = None;
    for (x, y) in places {
        let level = i32::from(luma(picture.get_pixel(x, y).0));
        if let Some(before) = before.replace(level) {
            let step = level - before;
            if step.signum() != height.signum() {
                end(height, steepest);
                (height, steepest) = (0, 0);
            }
            height += step;
            steepest = steepest.max(step.abs());
        }
    }
    end(height, steepest);
    edges
}

fn sharpest(mut edges: Vec<Edge>) -> Option<f64> {
    if edges.len() < LEAST_EDGES {
        return None;
    }
    edges.sort_unstable_by_key(|edge| std::cmp::Reverse(edge.height));
    let mut widths: Vec<f64> = edges[..edges.len() / 2].iter().map(|edge| edge.width).collect();
    let tenth = widths.len() / 10;
    Some(*widths.select_nth_unstable_by(tenth, f64::total_cmp).1)
}

#[cfg(test)]
mod tests {
    use image::{Rgb, imageops};

    use super::*;
    use crate::frame::Size;

    /// Bars with steep flanks.
    fn bars(size: u32) -> RgbImage {
        RgbImage::from_fn(size, size, |x, y| {
            Rgb([if (x / 40 + y / 40) % 2 == 0 { 60 } else { 190 }; 3])
        })
    }

    #[test]
    fn a_gaussian_blur_makes_edges_as_wide_as_theory_says() {
        let sharp = bars(400);
        let whole = PixelBox::whole(Size::new(400, 400));
        assert_eq!(edge_width(&sharp, whole), Some(1.0));
        for sigma in [1.5f32, 3.0, 5.0] {
            let width = edge_width(&imageops::blur(&sharp, sigma), whole).unwrap();
            let theory = (2.0 * std::f64::consts::PI).sqrt() * f64::from(sigma);
            assert!((width / theory - 1.0).abs() < 0.1, "{width} for {theory}");
        }
    }

    #[test]
    fn a_movement_along_the_rows_counts_as_blur() {
        let sharp = bars(400);
        let moved = RgbImage::from_fn(390, 390, |x, y| {
            let mean = (0..10).map(|i| u32::from(sharp.get_pixel(x + i, y).0[0])).sum::<u32>() / 10;
            Rgb([mean as u8; 3])
        });
        let width = edge_width(&moved, PixelBox::new(0, 0, 390, 390)).unwrap();
        assert!((9.0..=11.0).contains(&width), "{width}");
    }

    #[test]
    fn a_plain_or_tiny_part_tells_nothing() {
        let plain = RgbImage::from_pixel(100, 100, Rgb([120; 3]));
        assert_eq!(edge_width(&plain, PixelBox::new(0, 0, 100, 100)), None);
        assert_eq!(edge_width(&plain, PixelBox::new(5, 5, 5, 9)), None);
    }
}

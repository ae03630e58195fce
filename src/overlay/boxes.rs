//! Rectangles around the fish and what lies beside it.

use embedded_graphics::draw_target::DrawTarget;
use embedded_graphics::geometry::{Dimensions, Point};
use embedded_graphics::pixelcolor::Rgb888;
use embedded_graphics::primitives::Rectangle;

use super::layout;
use super::theme;
use super::view::Annotations;
use crate::display::Canvas;
use crate::frame::{PixelBox, Size};

/// Draws the rectangles on a canvas that shows the whole picture; `line` is the width of the thinnest lines.
pub fn draw(canvas: &mut Canvas, found: &Annotations, line: u32) {
    let size = canvas.size();
    let place = |b: &PixelBox| placed(b, found.picture, size);
    for beside in [&found.label, &found.ruler].into_iter().flatten() {
        outline(canvas, place(beside), theme::BOX, line + 1, Stroke::Whole);
    }
    for fish in &found.further_fish {
        outline(canvas, place(fish), theme::BOX_ATTENTION, line + 1, Stroke::Dashed);
    }
    if let Some(fish) = &found.fish {
        let colour = if fish.cut_by_edge {
            theme::BOX_ATTENTION
        } else {
            theme::BOX
        };
        outline(canvas, place(&fish.bounds), colour, 2 * line + 1, Stroke::Corners);
    }
}

/// Where a rectangle of a picture lies in the shown copy of it.
pub fn placed(bounds: &PixelBox, picture: Size, shown: Size) -> Rectangle {
    let along = |v: u32, from: u32, to: u32| (f64::from(v) * f64::from(to) / f64::from(from.max(1))).round() as i32;
    let (left, right) = (
        along(bounds.left, picture.width, shown.width),
        along(bounds.right, picture.width, shown.width),
    );
    let (top, bottom) = (
        along(bounds.top, picture.height, shown.height),
        along(bounds.bottom, picture.height, shown.height),
    );
    Rectangle::new(
        Point::new(left, top),
        embedded_graphics::geometry::Size::new((right - left).max(1) as u32, (bottom - top).max(1) as u32),
    )
}

/// How a rectangle is drawn.
#[derive(Clone, Copy, PartialEq)]
enum Stroke {
    Whole,
    Dashed,
    Corners,
}

/// A rectangle's outline, moved inwards where it would leave the canvas.
fn outline(canvas: &mut Canvas, area: Rectangle, colour: Rgb888, width: u32, stroke: Stroke) {
    let area = layout::inset(canvas.bounding_box(), width).intersection(&area);
    for piece in pieces(area, width, stroke) {
        let Ok(()) = canvas.fill_solid(&piece, colour);
    }
}

/// The rectangles that make up an outline, outside `area`.
fn pieces(area: Rectangle, width: u32, stroke: Stroke) -> Vec<Rectangle> {
    let w = width as i32;
    let (left, top) = (area.top_left.x - w, area.top_left.y - w);
    let (across, down) = (area.size.width as i32 + 2 * w, area.size.height as i32 + 2 * w);
    let rectangle = |x: i32, y: i32, width: i32, height: i32| {
        Rectangle::new(
            Point::new(x, y),
            embedded_graphics::geometry::Size::new(width.max(0) as u32, height.max(0) as u32),
        )
    };
    let mut out = Vec::new();
    let spans = |length: i32| -> Vec<(i32, i32)> {
        match stroke {
            Stroke::Whole => vec![(0, length)],
            Stroke::Corners => {
                let corner = (length / 5).clamp(w, 12 * w);
                vec![(0, corner), (length - corner, length)]
            }
            Stroke::Dashed => {
                let dash = 6 * w;
                (0..length)
                    .step_by(2 * dash as usize)
                    .map(|s| (s, (s + dash).min(length)))
                    .collect()
            }
        }
    };
    for (start, end) in spans(across) {
        out.push(rectangle(left + start, top, end - start, w));
        out.push(rectangle(left + start, top + down - w, end - start, w));
    }
    for (start, end) in spans(down) {
        out.push(rectangle(left, top + start, w, end - start));
        out.push(rectangle(left + across - w, top + start, w, end - start));
    }
    out
}

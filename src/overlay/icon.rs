//! Icons, drawn as paths on a square of 24 units.

use embedded_graphics::geometry::Size;
use tiny_skia::{FillRule, LineCap, LineJoin, Mask, Path, PathBuilder, Stroke, Transform};

use super::text::Coverage;

/// A picture that says the same as the words beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Icon {
    /// Done.
    Check,
    /// Taken back.
    Cross,
    /// Not there.
    Dash,
    /// Look here: a triangle with an exclamation mark.
    Attention,
    /// Wait.
    Hourglass,
    /// Looking.
    Magnifier,
    /// A fish.
    Fish,
    /// A camera.
    Camera,
}

/// Side of the square that the paths are drawn on.
const UNITS: f32 = 24.0;
/// Largest side in pixels that is drawn; larger ones come from outside sizes only.
const LARGEST: u32 = 2048;

impl Icon {
    /// The ink of the icon in a square of `side` pixels.
    pub(super) fn coverage(self, side: u32) -> Coverage {
        let side = side.clamp(1, LARGEST);
        let mut ink = vec![0; side as usize * side as usize];
        if let Some(mut mask) = Mask::new(side, side) {
            let scale = side as f32 / UNITS;
            for shape in self.shapes() {
                mask.fill_path(&shape.path, shape.rule, true, Transform::from_scale(scale, scale));
                for (to, from) in ink.iter_mut().zip(mask.data()) {
                    *to = (*to).max(*from);
                }
                mask.clear();
            }
        }
        Coverage {
            size: Size::new(side, side),
            ink,
        }
    }

    fn shapes(self) -> Vec<Shape> {
        let shapes = match self {
            Self::Check => vec![line(&[(4.0, 12.5), (9.8, 18.3), (20.0, 6.2)], 3.6)],
            Self::Cross => vec![
                line(&[(5.5, 5.5), (18.5, 18.5)], 3.4),
                line(&[(18.5, 5.5), (5.5, 18.5)], 3.4),
            ],
            Self::Dash => vec![line(&[(6.5, 12.0), (17.5, 12.0)], 2.8)],
            Self::Attention => vec![
                closed_line(&[(12.0, 3.4), (21.8, 20.4), (2.2, 20.4)], 2.2),
                line(&[(12.0, 9.4), (12.0, 14.2)], 2.4),
                circle(12.0, 17.4, 1.4),
            ],
            Self::Hourglass => vec![
                line(&[(5.5, 3.5), (18.5, 3.5)], 2.2),
                line(&[(5.5, 20.5), (18.5, 20.5)], 2.2),
                closed_line(
                    &[
                        (7.4, 4.0),
                        (16.6, 4.0),
                        (16.6, 7.6),
                        (12.9, 12.0),
                        (16.6, 16.4),
                        (16.6, 20.0),
                        (7.4, 20.0),
                        (7.4, 16.4),
                        (11.1, 12.0),
                        (7.4, 7.6),
                    ],
                    1.7,
                ),
                polygon(&[(9.4, 18.9), (14.6, 18.9), (14.6, 17.2), (12.0, 14.2), (9.4, 17.2)]),
                polygon(&[(9.2, 7.6), (14.8, 7.6), (12.0, 11.0)]),
            ],
            Self::Magnifier => vec![ring(10.0, 10.0, 6.6, 2.4), line(&[(15.2, 15.2), (20.6, 20.6)], 3.2)],
            Self::Fish => vec![fish()],
            Self::Camera => vec![camera()],
        };
        shapes.into_iter().flatten().collect()
    }
}

/// A filled outline.
struct Shape {
    path: Path,
    rule: FillRule,
}

impl Shape {
    /// An outline whose inner outlines are holes.
    fn with_holes(path: Path) -> Self {
        Self {
            path,
            rule: FillRule::EvenOdd,
        }
    }
}

fn line(points: &[(f32, f32)], width: f32) -> Option<Shape> {
    stroked(points, false, width)
}

fn closed_line(points: &[(f32, f32)], width: f32) -> Option<Shape> {
    stroked(points, true, width)
}

fn stroked(points: &[(f32, f32)], closed: bool, width: f32) -> Option<Shape> {
    let mut builder = PathBuilder::new();
    add_polygon(&mut builder, points);
    if closed {
        builder.close();
    }
    let stroke = Stroke {
        width,
        line_cap: LineCap::Round,
        line_join: LineJoin::Round,
        ..Stroke::default()
    };
    // The resolution tells how finely round joins are divided; icons are enlarged up to some fifty times.
    Some(Shape {
        path: builder.finish()?.stroke(&stroke, 50.0)?,
        rule: FillRule::Winding,
    })
}

fn polygon(points: &[(f32, f32)]) -> Option<Shape> {
    let mut builder = PathBuilder::new();
    add_polygon(&mut builder, points);
    builder.close();
    builder.finish().map(Shape::with_holes)
}

fn add_polygon(builder: &mut PathBuilder, points: &[(f32, f32)]) {
    for (i, (x, y)) in points.iter().enumerate() {
        if i == 0 {
            builder.move_to(*x, *y);
        } else {
            builder.line_to(*x, *y);
        }
    }
}

fn circle(x: f32, y: f32, radius: f32) -> Option<Shape> {
    PathBuilder::from_circle(x, y, radius).map(Shape::with_holes)
}

fn ring(x: f32, y: f32, radius: f32, width: f32) -> Option<Shape> {
    let mut builder = PathBuilder::new();
    builder.push_circle(x, y, radius + width / 2.0);
    builder.push_circle(x, y, radius - width / 2.0);
    builder.finish().map(Shape::with_holes)
}

/// Head to the left, as specimens lie; the eye is a hole.
fn fish() -> Option<Shape> {
    let mut builder = PathBuilder::new();
    builder.move_to(0.8, 12.4);
    builder.cubic_to(3.2, 8.6, 6.6, 6.6, 10.2, 6.5);
    builder.cubic_to(13.4, 6.5, 16.0, 8.6, 18.0, 11.0);
    builder.line_to(23.0, 6.8);
    builder.cubic_to(22.0, 10.4, 22.0, 14.0, 23.0, 17.4);
    builder.line_to(18.0, 13.4);
    builder.cubic_to(16.0, 15.9, 13.4, 17.7, 10.2, 17.8);
    builder.cubic_to(6.6, 17.8, 3.2, 16.0, 0.8, 12.4);
    builder.close();
    builder.push_circle(5.9, 11.1, 1.25);
    builder.finish().map(Shape::with_holes)
}

fn camera() -> Option<Shape> {
    let mut builder = PathBuilder::new();
    add_polygon(
        &mut builder,
        &[
            (2.0, 7.0),
            (7.0, 7.0),
            (8.8, 4.4),
            (15.2, 4.4),
            (17.0, 7.0),
            (22.0, 7.0),
            (22.0, 19.6),
            (2.0, 19.6),
        ],
    );
    builder.close();
    builder.push_circle(12.0, 13.0, 4.7);
    builder.push_circle(12.0, 13.0, 2.6);
    builder.finish().map(Shape::with_holes)
}

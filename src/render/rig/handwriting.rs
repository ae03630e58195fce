//! Catalogue numbers written by hand: pen strokes for capitals F, D, C and the digits, no two letters alike.

use tiny_skia::{LineCap, LineJoin, Paint, PathBuilder, Pixmap, Stroke, Transform};

use crate::render::dice::{Dice, Generator};

/// A letter's strokes on a grid of 10 by 14, origin at the upper left, and its width with the gap behind it.
struct Letter {
    strokes: &'static [&'static [(f32, f32)]],
    advance: f32,
}

fn letter(c: char) -> Letter {
    let (strokes, advance): (&'static [&'static [(f32, f32)]], f32) = match c {
        'F' => (
            &[
                &[(8.0, 0.0), (1.5, 0.5), (1.0, 7.0), (0.5, 14.0)],
                &[(1.0, 7.0), (6.0, 6.5)],
            ],
            10.0,
        ),
        'D' => (
            &[
                &[(1.5, 0.5), (1.0, 13.5)],
                &[(0.0, 0.5), (6.0, 1.0), (8.5, 6.5), (6.0, 12.5), (0.5, 13.5)],
            ],
            11.5,
        ),
        'C' => (
            &[&[(8.0, 2.0), (5.0, 0.0), (1.0, 4.0), (0.5, 9.0), (3.5, 14.0), (8.0, 12.0)]],
            11.0,
        ),
        '0' => (
            &[&[
                (5.0, 0.2),
                (1.0, 4.0),
                (0.8, 10.0),
                (4.0, 14.0),
                (7.5, 9.5),
                (7.5, 3.5),
                (4.5, 0.0),
            ]],
            10.5,
        ),
        '1' => (&[&[(2.5, 2.0), (4.5, 0.0), (4.0, 14.0)]], 7.5),
        '2' => (
            &[&[(1.0, 3.0), (4.0, 0.0), (7.5, 3.0), (5.0, 8.5), (0.5, 13.5), (8.5, 13.0)]],
            10.5,
        ),
        '3' => (
            &[&[
                (1.0, 1.0),
                (6.5, 0.5),
                (7.0, 4.0),
                (3.5, 6.5),
                (8.0, 8.5),
                (6.5, 13.0),
                (0.5, 13.0),
            ]],
            10.0,
        ),
        '4' => (
            &[&[(3.0, 0.0), (0.5, 8.5), (8.5, 8.0)], &[(6.5, 1.5), (6.0, 14.0)]],
            10.5,
        ),
        '5' => (
            &[&[
                (8.0, 0.0),
                (2.0, 0.5),
                (1.5, 6.0),
                (6.5, 6.0),
                (7.5, 10.5),
                (4.5, 14.0),
                (0.5, 12.5),
            ]],
            10.5,
        ),
        '6' => (
            &[&[
                (6.5, 0.0),
                (2.0, 5.0),
                (0.8, 10.5),
                (4.0, 14.0),
                (7.5, 11.0),
                (5.5, 7.5),
                (1.2, 9.5),
            ]],
            10.0,
        ),
        '7' => (
            &[
                &[(0.5, 1.0), (8.0, 0.5), (4.0, 7.5), (2.5, 14.0)],
                &[(2.5, 7.0), (7.0, 6.5)],
            ],
            10.0,
        ),
        '8' => (
            &[&[
                (6.5, 2.0),
                (3.5, 0.0),
                (1.0, 3.0),
                (6.5, 8.5),
                (6.0, 13.0),
                (2.0, 13.5),
                (1.0, 10.0),
                (6.0, 5.0),
                (6.5, 2.0),
            ]],
            10.0,
        ),
        '9' => (
            &[&[
                (7.0, 4.0),
                (4.0, 0.5),
                (1.0, 3.5),
                (3.5, 7.0),
                (7.0, 4.0),
                (6.5, 9.0),
                (5.0, 14.0),
            ]],
            10.0,
        ),
        _ => (&[], 7.0),
    };
    Letter { strokes, advance }
}

/// Pixels of a grid unit.
const UNIT: f32 = 1.8;
/// Height of a capital on the grid.
const CAPITAL: f32 = 14.0;

/// Writes `text` on a strip of `height` dots with the baseline at `baseline`; returns the strip's width and the ink of each dot, 0 to 1.
pub(super) fn write(text: &str, height: u32, baseline: f32, rng: &mut Generator) -> (u32, Vec<f32>) {
    let length: f32 = text.chars().map(|c| letter(c).advance * UNIT).sum();
    let width = (length.clamp(1.0, 4000.0) + 16.0) as u32;
    let Some(mut strip) = Pixmap::new(width, height) else {
        return (width, vec![0.0; (width * height) as usize]);
    };
    let mut paint = Paint::default();
    paint.set_color_rgba8(255, 255, 255, 255);
    let mut at = 6.0;
    for c in text.chars() {
        let letter = letter(c);
        let mut shake = |spread: f64| rng.around_zero(spread) as f32;
        let (rise, lean, size) = (shake(0.9), 0.16 + shake(0.05), 1.0 + shake(0.05));
        for points in letter.strokes {
            let placed: Vec<(f32, f32)> = points
                .iter()
                .map(|(x, y)| {
                    let above = (CAPITAL - y) * UNIT * size;
                    (
                        at + x * UNIT * size + lean * above + shake(0.35),
                        baseline + rise - above + shake(0.35),
                    )
                })
                .collect();
            let pen = Stroke {
                width: 2.5 + shake(0.25),
                line_cap: LineCap::Round,
                line_join: LineJoin::Round,
                ..Stroke::default()
            };
            if let Some(path) = smooth(&placed) {
                strip.stroke_path(&path, &paint, &pen, Transform::identity(), None);
            }
        }
        at += letter.advance * UNIT + shake(0.6);
    }
    (
        width,
        strip.pixels().iter().map(|p| f32::from(p.alpha()) / 255.0).collect(),
    )
}

/// A curve that starts and ends at the first and last point and bends towards those between.
fn smooth(points: &[(f32, f32)]) -> Option<tiny_skia::Path> {
    let (first, last) = (points.first()?, points.last()?);
    let mut path = PathBuilder::new();
    path.move_to(first.0, first.1);
    for pair in points.windows(2).skip(1) {
        let (bend, next) = (pair[0], pair[1]);
        path.quad_to(bend.0, bend.1, (bend.0 + next.0) / 2.0, (bend.1 + next.1) / 2.0);
    }
    path.line_to(last.0, last.1);
    path.finish()
}

//! A fin's sheet as a mesh of small triangles, and its own coordinates at every sample that it covers.

use crate::frame::Size;
use crate::render::curve::Point;
use crate::render::plan::{BodyOutline, FinPlan};

use super::placement::Placement;

/// Steps from base to tip.
const STEPS: usize = 10;

/// A place on a fin.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct FinPlace {
    /// 0 at the first ray, 1 at the last.
    pub along: f32,
    /// 0 at the base, 1 at the tip.
    pub out: f32,
    /// Distance from the base in body units.
    pub reach: f32,
    /// Distance between two rays here, in body units.
    pub spacing: f32,
}

/// The places of a fin over a rectangle of samples.
pub(super) struct FinMap {
    pub left: u32,
    pub top: u32,
    pub size: Size,
    pub places: Vec<Option<FinPlace>>,
}

struct Vertex {
    at: Point,
    place: FinPlace,
}

/// Lays the fin's mesh over a grid of `grid` samples; `None` where none is covered.
pub(super) fn map(fin: &FinPlan, body: &BodyOutline, placement: &Placement, grid: Size) -> Option<FinMap> {
    let vertices = vertices(fin, body, placement);
    let low = |pick: fn(&Point) -> f64| vertices.iter().map(|v| pick(&v.at)).fold(f64::MAX, f64::min);
    let high = |pick: fn(&Point) -> f64| vertices.iter().map(|v| pick(&v.at)).fold(f64::MIN, f64::max);
    let clip = |v: f64, limit: u32| v.clamp(0.0, f64::from(limit)) as u32;
    let (left, top) = (
        clip(low(|p| p.x).floor(), grid.width),
        clip(low(|p| p.y).floor(), grid.height),
    );
    let (right, bottom) = (
        clip(high(|p| p.x).ceil() + 1.0, grid.width),
        clip(high(|p| p.y).ceil() + 1.0, grid.height),
    );
    if left >= right || top >= bottom {
        return None;
    }
    let size = Size::new(right - left, bottom - top);
    let mut map = FinMap {
        left,
        top,
        size,
        places: vec![None; size.pixels() as usize],
    };
    let row = STEPS + 1;
    for i in 0..vertices.len() / row - 1 {
        for k in 0..STEPS {
            let (a, b) = (&vertices[i * row + k], &vertices[i * row + k + 1]);
            let (c, d) = (&vertices[(i + 1) * row + k], &vertices[(i + 1) * row + k + 1]);
            map.fill(a, b, c);
            map.fill(b, d, c);
        }
    }
    Some(map)
}

fn vertices(fin: &FinPlan, body: &BodyOutline, placement: &Placement) -> Vec<Vertex> {
    let n = fin.base.len();
    let gaps = f64::from(fin.texture.elements().max(2) - 1);
    (0..n)
        .flat_map(|i| (0..=STEPS).map(move |k| (i, k as f64 / STEPS as f64)))
        .map(|(i, out)| {
            let (before, after) = (i.saturating_sub(1), (i + 1).min(n - 1));
            // Across the rays only: the margin's notches must not count as distance between rays.
            let (angle, at) = (fin.angles[i], fin.at(i, out));
            let sideways = |j: usize| {
                let at_same_length = fin.base[j]
                    + Point {
                        x: fin.angles[j].cos(),
                        y: fin.angles[j].sin(),
                    } * (fin.lengths[i] * out);
                -at_same_length.x * angle.sin() + at_same_length.y * angle.cos()
            };
            let spacing = (sideways(after) - sideways(before)).abs() * (n - 1) as f64 / (after - before) as f64 / gaps;
            Vertex {
                at: placement.to_picture(body, at),
                place: FinPlace {
                    along: i as f32 / (n - 1) as f32,
                    out: out as f32,
                    reach: (fin.lengths[i] * out) as f32,
                    spacing: spacing as f32,
                },
            }
        })
        .collect()
}

impl FinMap {
    /// Sets the places of all samples whose middle lies in the triangle or on its border.
    fn fill(&mut self, a: &Vertex, b: &Vertex, c: &Vertex) {
        let area = cross(a.at, b.at, c.at);
        if area.abs() < 1e-12 {
            return;
        }
        let (left, top) = (f64::from(self.left), f64::from(self.top));
        let low = |u: f64, v: f64, w: f64, origin: f64| (u.min(v).min(w) - 0.5 - origin).ceil().max(0.0) as u32;
        let high = |u: f64, v: f64, w: f64, origin: f64, limit: u32| {
            ((u.max(v).max(w) - 0.5 - origin).floor() + 1.0).clamp(0.0, f64::from(limit)) as u32
        };
        for y in low(a.at.y, b.at.y, c.at.y, top)..high(a.at.y, b.at.y, c.at.y, top, self.size.height) {
            for x in low(a.at.x, b.at.x, c.at.x, left)..high(a.at.x, b.at.x, c.at.x, left, self.size.width) {
                let p = Point {
                    x: f64::from(x) + 0.5 + left,
                    y: f64::from(y) + 0.5 + top,
                };
                let (u, v, w) = (
                    cross(p, b.at, c.at) / area,
                    cross(a.at, p, c.at) / area,
                    cross(a.at, b.at, p) / area,
                );
                if u < 0.0 || v < 0.0 || w < 0.0 {
                    continue;
                }
                let blend = |pick: fn(&FinPlace) -> f32| {
                    pick(&a.place) * u as f32 + pick(&b.place) * v as f32 + pick(&c.place) * w as f32
                };
                self.places[y as usize * self.size.width as usize + x as usize] = Some(FinPlace {
                    along: blend(|p| p.along),
                    out: blend(|p| p.out),
                    reach: blend(|p| p.reach),
                    spacing: blend(|p| p.spacing),
                });
            }
        }
    }
}

fn cross(a: Point, b: Point, c: Point) -> f64 {
    (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x)
}

//! A catfish's barbels. No trait covers them.

use super::canvas::{Canvas, Optics};
use super::placement::Placement;
use crate::render::curve::{Point, point};
use crate::render::dice::{Dice, generator};
use crate::render::light::{mix, scaled, smoothstep};
use crate::render::plan::{Lighting, SpecimenPlan};

const STREAM: u64 = 3;

/// Lays the barbels over the canvas; those of the far side first.
pub(super) fn draw(plan: &SpecimenPlan, lighting: Lighting, placement: &Placement, canvas: &mut Canvas) {
    let rng = &mut generator(u64::from(plan.pigment.seed), STREAM);
    let (head, depth, snout) = (plan.body.head_length, plan.body.depth, plan.body.snout);
    // Nasal, maxillary and chin barbels: start, direction and length.
    let mut barbels = vec![
        (
            point(0.1 * head, plan.body.top(0.1 * head) * 0.7),
            rng.between(-2.1, -1.2),
            0.3,
        ),
        (point(0.08 * head, snout + 0.05 * depth), rng.between(0.5, 1.6), 0.75),
        (
            point(0.22 * head, plan.body.bottom(0.22 * head) - 0.006),
            rng.between(0.4, 1.4),
            0.5,
        ),
    ];
    if rng.chance(0.7) {
        barbels.push((
            point(0.3 * head, plan.body.bottom(0.3 * head) - 0.006),
            rng.between(0.2, 1.2),
            0.4,
        ));
    }
    if rng.chance(0.5) {
        barbels.push((point(0.03 * head, snout - 0.02 * depth), rng.between(-2.8, -1.9), 0.35));
    }
    let colour = mix(plan.pigment.head, plan.pigment.belly, rng.between(0.2, 0.7) as f32);
    let sends = match lighting {
        Lighting::FromBelow => 0.25,
        Lighting::FromAbove => 0.7,
    };
    for (start, direction, length) in barbels {
        let length = length * head * rng.between(0.8, 1.2);
        let swing = rng.between(-0.45, 0.45);
        let way = |t: f64| {
            let along = point(direction.cos(), direction.sin()) * (t * length);
            start + along + point(-direction.sin(), direction.cos()) * (swing * t * t * length)
        };
        let thick = rng.between(0.004, 0.006);
        strand(&way, thick, plan, placement, canvas, |share| Optics {
            passed: scaled(colour, 0.55 + 0.2 * share),
            sent: scaled(colour, sends),
        });
    }
}

/// Covers the samples near the curve `way`, which runs from 0 to 1 and tapers.
fn strand(
    way: &dyn Fn(f64) -> Point,
    thick: f64,
    plan: &SpecimenPlan,
    placement: &Placement,
    canvas: &mut Canvas,
    stuff: impl Fn(f32) -> Optics,
) {
    const PIECES: usize = 24;
    let points: Vec<Point> = (0..=PIECES)
        .map(|i| placement.to_picture(&plan.body, way(i as f64 / PIECES as f64)))
        .collect();
    let widest = thick * placement.scale;
    let clip = |v: f64, limit: u32| v.clamp(0.0, f64::from(limit)) as u32;
    let span = |pick: fn(&Point) -> f64, limit: u32| {
        let low = points.iter().map(pick).fold(f64::MAX, f64::min) - widest;
        let high = points.iter().map(pick).fold(f64::MIN, f64::max) + widest + 1.0;
        clip(low, limit)..clip(high, limit)
    };
    for y in span(|p| p.y, canvas.size.height) {
        for x in span(|p| p.x, canvas.size.width) {
            let p = point(f64::from(x) + 0.5, f64::from(y) + 0.5);
            let (away, share) = nearest(&points, p);
            let half = widest * (0.62 - 0.42 * share);
            if away < half {
                let edge = smoothstep(half as f32, (half * 0.5) as f32, away as f32);
                let index = canvas.index(x, y);
                let full = stuff(share as f32);
                let thin = Optics {
                    passed: mix([1.0; 3], full.passed, 0.4 + 0.6 * edge),
                    sent: scaled(full.sent, 0.4 + 0.6 * edge),
                };
                canvas.lay(index, thin, None);
            }
        }
    }
}

/// Distance from `p` to the line through `points`, and how far along it the nearest place is, 0 to 1.
fn nearest(points: &[Point], p: Point) -> (f64, f64) {
    let mut best = (f64::MAX, 0.0);
    for (i, pair) in points.windows(2).enumerate() {
        let (step, from) = (pair[1] - pair[0], p - pair[0]);
        let squared = step.x * step.x + step.y * step.y;
        let t = if squared > 0.0 {
            ((from.x * step.x + from.y * step.y) / squared).clamp(0.0, 1.0)
        } else {
            0.0
        };
        let away = (from - step * t).length();
        if away < best.0 {
            best = (away, (i as f64 + t) / (points.len() - 1) as f64);
        }
    }
    best
}

//! A row of ticks: grown from a chain of marks, numbered, and measured.

use super::chain::Chain;
use super::fit::{self, Curve};
use super::grey::Turned;
use super::spacing::Spacing;
use super::strokes::Strokes;
use crate::frame::Point;
use crate::measure::Measured;

/// A row of numbered ticks.
#[derive(Debug, Clone)]
pub(super) struct Row {
    /// The ticks that were kept, in order.
    pub ticks: Vec<Tick>,
    /// How far they are apart, in frame pixels.
    pub spacing: Spacing,
    /// By which share the spacing grows with each frame pixel at right angles to its direction, clockwise; from the ticks' lean, which changes where they
    /// run together.
    pub growth_across: Option<Measured>,
    /// 1 where the ticks reach to the clockwise side of its direction from their base, -1 where to the other.
    pub towards: f64,
}

/// One tick.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tick {
    /// Its number in the row.
    pub number: i32,
    /// Its middle at the height where the row was measured, in the frame.
    pub at: Point,
    /// How far it reaches from the row's base, in spacings.
    pub length: f64,
}

/// Fewest ticks of a row.
const TICKS_MIN: usize = 6;
/// Fewest ticks whose lean tells of perspective.
const TICKS_FOR_LEAN: usize = 10;

/// Numbers the strokes of a row, beginning with those of a chain in a line and going on to both sides.
pub(super) fn grow(strokes: &Strokes, chain: &Chain, line: usize) -> Vec<(i32, u32)> {
    let here = &strokes.lines[line];
    let mut members: Vec<(i32, u32)> = chain.members.iter().map(|(k, i)| (*k, here[*i].1)).collect();
    for side in [1, -1] {
        extend(strokes, &mut members, side);
        members.reverse();
    }
    members
}

/// Goes on from the last member to one side; `side` is 1 where numbers grow.
fn extend(strokes: &Strokes, members: &mut Vec<(i32, u32)>, side: i32) {
    while let Some(next) = neighbour(strokes, members, side) {
        members.push(next);
    }
}

fn neighbour(strokes: &Strokes, members: &[(i32, u32)], side: i32) -> Option<(i32, u32)> {
    let stroke = |id: u32| &strokes.all[id as usize];
    let recent = &members[members.len().saturating_sub(9)..];
    let near = &recent[recent.len().saturating_sub(4)..];
    let mid = |values: &mut dyn Iterator<Item = usize>| fit::median(&mut values.map(|v| v as f64).collect::<Vec<_>>());
    let top = mid(&mut near.iter().map(|(_, id)| stroke(*id).first));
    let bottom = mid(&mut near.iter().map(|(_, id)| stroke(*id).last()));
    let (last_number, last_id) = *members.last()?;
    let last = stroke(last_id);
    let mut steps: Vec<f64> = recent
        .windows(2)
        .map(|pair| {
            let line = ((stroke(pair[0].1).first.max(stroke(pair[1].1).first)) as f64
                + stroke(pair[0].1).last().min(stroke(pair[1].1).last()) as f64)
                / 2.0;
            (stroke(pair[1].1).at(line) - stroke(pair[0].1).at(line)) / f64::from(pair[1].0 - pair[0].0)
        })
        .collect();
    let spacing = fit::median(&mut steps);
    let missing_max = if members.len() < 15 {
        3
    } else {
        (members.len() / 5).min(12) as i32
    };
    for step in 1..=missing_max {
        let number = last_number + side * step;
        for share in [0.5, 0.3, 0.7] {
            let line = top + share * (bottom - top);
            let expected = last.at(line) + f64::from(side * step) * spacing;
            let reach = (0.22 * spacing.abs()).max(0.6) as f32;
            let Some(id) = strokes.nearest(line.round().max(0.0) as usize, expected as f32, reach) else {
                continue;
            };
            let found = stroke(id);
            let shared = (found.last() as f64).min(bottom) - (found.first as f64).max(top);
            let alike = found.width < 2.5 * last.width.max(0.8) && found.width.max(0.8) > last.width / 2.5;
            if alike && shared >= 0.4 * (bottom - top) && members.last().is_some_and(|m| m.1 != id) {
                return Some((number, id));
            }
        }
    }
    None
}

impl Row {
    /// Measures a row; `None` where it is none: too few ticks, uneven, or most of them missing.
    pub fn measure(picture: &Turned, strokes: &Strokes, members: &[(i32, u32)]) -> Option<Self> {
        let stroke = |id: u32| &strokes.all[id as usize];
        if members.len() < TICKS_MIN {
            return None;
        }
        let (base, down) = base_line(strokes, members)?;
        let towards = if down { 1.0 } else { -1.0 };
        let reach: Vec<f64> = members
            .iter()
            .map(|(_, id)| {
                let s = stroke(*id);
                let u = s.at((s.first + s.last()) as f64 / 2.0);
                let end = if down { s.last() } else { s.first };
                (end as f64 - base.at(u)) * towards + 1.0
            })
            .collect();
        let short = fit::median(&mut reach.clone());
        // Places are read in the part that all ticks have.
        let (near, far) = (0.12 * short, 0.88 * short);
        let mut numbers = Vec::new();
        let mut places = Vec::new();
        let mut leans = Vec::new();
        for ((number, id), reach) in members.iter().zip(&reach) {
            let s = stroke(*id);
            let u = s.at((s.first + s.last()) as f64 / 2.0);
            let (from, to) = (base.at(u) + near * towards, base.at(u) + far * towards);
            let (from, to) = (from.min(to).max(s.first as f64), from.max(to).min(s.last() as f64));
            if to - from < 0.35 * (far - near) {
                continue;
            }
            let points: Vec<(f64, f64)> = (from.ceil() as usize..=to.floor() as usize)
                .map(|v| (v as f64, f64::from(s.places[v - s.first])))
                .collect();
            let level = base.at(u) + towards * short / 2.0;
            let (at, lean) = match fit::robust(&points, 1, 0.15) {
                Some(line) => (line.at(level), Some(line.slope(level))),
                None => (s.at(level), None),
            };
            numbers.push((*number, *reach));
            places.push(Point { x: at, y: level });
            leans.push(lean.filter(|_| points.len() >= 6));
        }
        let step = picture.step();
        let in_frame: Vec<(i32, Point)> = numbers
            .iter()
            .zip(&places)
            .map(|((number, _), p)| (*number, picture.to_frame(p.x, p.y)))
            .collect();
        let spacing = Spacing::of(&in_frame, 0.05 * step)?;
        let samples = spacing.value.value / step;
        let kept = spacing.kept.iter().filter(|k| **k).count();
        let span = numbers.last()?.0 - numbers.first()?.0 + 1;
        let whole = kept >= TICKS_MIN && kept as f64 > 0.6 * f64::from(span);
        if !whole || spacing.scatter > scatter_max(samples) * step || samples < 1.5 {
            return None;
        }
        let ticks = numbers
            .iter()
            .zip(&in_frame)
            .zip(&spacing.kept)
            .filter(|(_, kept)| **kept);
        let ticks = ticks.map(|(((number, reach), (_, at)), _)| Tick {
            number: *number,
            at: *at,
            length: reach / samples,
        });
        let growth_across = across(&places, &leans, &spacing.kept);
        Some(Self {
            ticks: ticks.collect(),
            growth_across: growth_across.map(|g| Measured::new(g.value / step, g.uncertainty / step)),
            towards,
            spacing,
        })
    }

    /// The same row with each place moved, as by a lens's distortion; the row itself where nothing can be measured then.
    pub fn moved(&self, to: impl Fn(Point) -> Point) -> Self {
        let places: Vec<(i32, Point)> = self.ticks.iter().map(|t| (t.number, to(t.at))).collect();
        match Spacing::of(&places, 0.05) {
            Some(spacing) => Self {
                spacing,
                ..self.clone()
            },
            None => self.clone(),
        }
    }

    /// Intervals between its first and last tick.
    pub fn intervals(&self) -> i32 {
        let numbers = self.ticks.first().zip(self.ticks.last());
        numbers.map_or(0, |(first, last)| (last.number - first.number).abs())
    }
}

/// The most by which ticks may scatter about even spacing, in samples. Wide ticks are no less exact than narrow ones.
fn scatter_max(spacing: f64) -> f64 {
    (0.07 * spacing).min(0.5 + 0.015 * spacing).max(0.3)
}

/// The line on which the ticks begin, as v over u, and whether they go down from it: that side on which their ends are in line.
fn base_line(strokes: &Strokes, members: &[(i32, u32)]) -> Option<(Curve, bool)> {
    let ends = |bottom: bool| -> Vec<(f64, f64)> {
        let end = |id: u32| {
            let s = &strokes.all[id as usize];
            let v = if bottom { s.last() } else { s.first };
            (s.at(v as f64), v as f64)
        };
        members.iter().map(|(_, id)| end(*id)).collect()
    };
    let degree = if members.len() >= 20 { 2 } else { 1 };
    let fitted = |bottom: bool| {
        let points = ends(bottom);
        let curve = fit::robust(&points, degree, 0.5)?;
        // The mean distance, in which a tick that is longer counts.
        let reach = 12.0;
        let sum: f64 = points.iter().map(|p| (p.1 - curve.at(p.0)).abs().min(reach)).sum();
        Some((curve, sum))
    };
    match (fitted(false)?, fitted(true)?) {
        ((top, a), (_, b)) if a <= b => Some((top, true)),
        (_, (bottom, _)) => Some((bottom, false)),
    }
}

/// How the ticks' lean changes along the row, which is by how much the spacing grows across it; in shares a sample.
fn across(places: &[Point], leans: &[Option<f64>], kept: &[bool]) -> Option<Measured> {
    let leans = places.iter().zip(leans).zip(kept).filter(|(_, kept)| **kept);
    let leans: Vec<(f64, f64)> = leans.filter_map(|((p, lean), _)| Some((p.x, (*lean)?))).collect();
    if leans.len() < TICKS_FOR_LEAN {
        return None;
    }
    let line = fit::robust(&leans, 1, 1e-3)?;
    let (growth, uncertainty) = line.coefficient(1);
    Some(Measured::new(growth, uncertainty))
}

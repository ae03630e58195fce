//! Faint straight edges around something that was found by what is on it: a label by its text, a ruler by its ticks.
//!
//! A step of one or two levels is lost in noise at any one pixel, but not as a mean along a line of a hundred.

use std::ops::Range;

use super::plane::Plane;
use super::reduced::Reduced;
use crate::frame::PixelBox;

/// Steepest tilt of an edge that is tried, in pixels of shift per pixel along it: 11 degrees.
const STEEPEST: f32 = 0.19;

/// Least difference between two tilts that are tried: 1 degree.
const TILT_STEP: f32 = 0.0175;

/// Least mean step or line, in levels, that is an edge.
const LEAST_EDGE: i32 = 2;

/// A step or line counts no more than this at any one place (sum of three channels), so that print and fish beside the paper don't drown
/// its faint edge.
const LOUDEST: i32 = 24;

/// Places along an edge that are looked at.
const PLACES: usize = 36;

/// How far from what was found each edge may be, in pixels of the small copy.
#[derive(Debug, Clone, Copy)]
pub struct Reach {
    /// To the left.
    pub left: u32,
    /// To the right.
    pub right: u32,
    /// Up.
    pub top: u32,
    /// Down.
    pub bottom: u32,
}

impl Reach {
    /// The same on all sides.
    pub fn all(reach: u32) -> Self {
        Self {
            left: reach,
            right: reach,
            top: reach,
            bottom: reach,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Side {
    Left,
    Right,
    Top,
    Bottom,
}

/// A straight line that crosses the middle of the box at `at` and leaves its direction by `tilt`.
#[derive(Debug, Clone, Copy)]
struct Line {
    at: f32,
    tilt: f32,
}

/// The box around the four-sided thing of which `core` is a part: on each side the straight line along which brightness steps most, else
/// the frame's edge where that is within reach, else the core's own side. Hidden pixels tell nothing.
pub fn around(picture: &Reduced, core: &PixelBox, reach: Reach, hidden: &Plane<bool>) -> PixelBox {
    let find = |core: &PixelBox, side| line(picture, core, reach, hidden, side);
    let (left, right) = (find(core, Side::Left), find(core, Side::Right));
    let wide = PixelBox::new(left.at as u32, core.top, right.at as u32, core.bottom);
    let (top, bottom) = (find(&wide, Side::Top), find(&wide, Side::Bottom));
    // Along the whole height the short sides show better than along the core.
    let high = PixelBox::new(core.left, top.at as u32, core.right, bottom.at as u32);
    let (left, right) = (find(&high, Side::Left), find(&high, Side::Right));
    let middle_x = (wide.left + wide.right) as f32 / 2.0;
    let middle_y = (high.top + high.bottom) as f32 / 2.0;
    let mut bounds = (f32::MAX, f32::MAX, f32::MIN, f32::MIN);
    for upright in [left, right] {
        for level in [top, bottom] {
            let y = level.at + level.tilt * (upright.at - middle_x);
            let x = upright.at + upright.tilt * (y - middle_y);
            bounds = (bounds.0.min(x), bounds.1.min(y), bounds.2.max(x), bounds.3.max(y));
        }
    }
    let size = picture.size();
    let cut = |v: f32, limit: u32| v.round().clamp(0.0, limit as f32) as u32;
    PixelBox::new(
        cut(bounds.0, size.width),
        cut(bounds.1, size.height),
        cut(bounds.2, size.width),
        cut(bounds.3, size.height),
    )
}

/// The tilts to try for an edge of that length: level first, then ever steeper to both sides, so far apart that the ends move by two pixels.
fn tilts(length: usize) -> impl Iterator<Item = f32> {
    let step = TILT_STEP.max(2.0 / length.max(1) as f32);
    let count = (STEEPEST / step) as i32;
    std::iter::once(0.0).chain((1..=count).flat_map(move |i| [i as f32 * step, -i as f32 * step]))
}

fn line(picture: &Reduced, core: &PixelBox, reach: Reach, hidden: &Plane<bool>, side: Side) -> Line {
    let size = picture.size();
    let outward: i64 = if matches!(side, Side::Left | Side::Top) { -1 } else { 1 };
    let (start, limit, span, reach) = match side {
        Side::Left => (core.left, size.width, core.top..core.bottom, reach.left),
        Side::Right => (core.right, size.width, core.top..core.bottom, reach.right),
        Side::Top => (core.top, size.height, core.left..core.right, reach.top),
        Side::Bottom => (core.bottom, size.height, core.left..core.right, reach.bottom),
    };
    let to_frame = if outward < 0 {
        i64::from(start)
    } else {
        i64::from(limit - start)
    };
    let middle = (span.start + span.end) as f32 / 2.0;
    let stride = (span.len() / PLACES).max(1);
    let mut best = (
        0,
        Line {
            at: start as f32,
            tilt: 0.0,
        },
    );
    let furthest = i64::from(reach).min(to_frame - 2).max(1) - 1;
    let (start, ends) = (
        i64::from(start),
        (i64::from(start) + outward, i64::from(start) + outward * furthest),
    );
    let candidates = ends.0.min(ends.1)..ends.0.max(ends.1) + 1;
    let places: Vec<u32> = span.clone().step_by(stride).collect();
    let across = match furthest {
        0 => Vec::new(),
        _ => {
            let shift = (STEEPEST * span.len() as f32) as i64 + 1;
            let within = candidates.start - shift..candidates.end + shift;
            let is_upright = matches!(side, Side::Left | Side::Right);
            places
                .iter()
                .map(|along| Across::of(picture, hidden, is_upright, *along, &within))
                .collect()
        }
    };
    let least_seen = (span.len() / stride).div_ceil(5) as i16;
    let mut sums = Across::nothing(furthest as usize);
    for tilt in tilts(span.len()) {
        sums.clear();
        for (along, across) in places.iter().zip(&across) {
            let shift = (tilt * (*along as f32 - middle)).round() as i64;
            sums.add(across, (candidates.start + shift - across.first) as usize);
        }
        for distance in 1..=furthest {
            let at = start + outward * distance;
            let strength = sums.strength((at - candidates.start) as usize, least_seen);
            if strength > best.0 * 11 / 10 {
                best = (
                    strength,
                    Line {
                        at: at as f32 + if outward > 0 { 1.0 } else { 0.0 },
                        tilt,
                    },
                );
            }
        }
    }
    if best.0 >= LEAST_EDGE * 300 {
        best.1
    } else if to_frame < i64::from(reach) {
        Line {
            at: if outward < 0 { 0.0 } else { limit as f32 },
            tilt: 0.0,
        }
    } else {
        Line {
            at: start as f32,
            tilt: 0.0,
        }
    }
}

/// What brightness does along a line across an edge, from a place on; or the sum of several such lines. An edge that is tilted otherwise, or lies elsewhere, is
/// the sum of the same lines, each moved along itself.
struct Across {
    /// Where the first of these lies.
    first: i64,
    /// By how much brightness steps there.
    steps: Vec<i16>,
    /// How much brighter it is than what lies to both sides.
    lines: Vec<i16>,
    /// Whether it is seen: 1 or 0.
    seen: Vec<i16>,
}

impl Across {
    fn nothing(count: usize) -> Self {
        Self {
            first: 0,
            steps: vec![0; count],
            lines: vec![0; count],
            seen: vec![0; count],
        }
    }

    /// Along a row of a picture, where the edge is upright, else along a column.
    fn of(picture: &Reduced, hidden: &Plane<bool>, is_upright: bool, along: u32, within: &Range<i64>) -> Self {
        let size = picture.size();
        let (limit, origin, step) = match is_upright {
            true => (size.width as usize, along as usize * size.width as usize, 1),
            false => (size.height as usize, along as usize, size.width as usize),
        };
        let inside = within.start.clamp(0, limit as i64) as usize..within.end.clamp(0, limit as i64) as usize;
        let sides = inside.start.saturating_sub(2)..(inside.end + 2).min(limit);
        let [red, green, blue] = picture.channels.each_ref().map(Plane::values);
        let brightness: Vec<i32> = sides
            .clone()
            .map(|at| origin + at * step)
            .map(|i| i32::from(red[i]) + i32::from(green[i]) + i32::from(blue[i]))
            .collect();
        let mut across = Self {
            first: within.start,
            ..Self::nothing((within.end - within.start) as usize)
        };
        for at in inside.start.max(2)..inside.end.min(limit.saturating_sub(2)) {
            if hidden.values()[origin + at * step] {
                continue;
            }
            let here = at - sides.start;
            let (before, here, after) = (brightness[here - 2], brightness[here], brightness[here + 2]);
            let i = (at as i64 - within.start) as usize;
            across.steps[i] = (after - before).clamp(-LOUDEST, LOUDEST) as i16;
            across.lines[i] = (2 * here - before - after).clamp(-LOUDEST, LOUDEST) as i16;
            across.seen[i] = 1;
        }
        across
    }

    fn clear(&mut self) {
        self.steps.fill(0);
        self.lines.fill(0);
        self.seen.fill(0);
    }

    /// Adds what another has from its value `from` on.
    fn add(&mut self, other: &Self, from: usize) {
        let add = |sums: &mut [i16], values: &[i16]| {
            for (sum, value) in sums.iter_mut().zip(&values[from..]) {
                // Less than a hundred places that count 24 each; a check would keep these sums from being made many at once.
                *sum = sum.wrapping_add(*value);
            }
        };
        add(&mut self.steps, &other.steps);
        add(&mut self.lines, &other.lines);
        add(&mut self.seen, &other.seen);
    }

    /// Mean step or mean contrast of the line itself, whichever is more, in hundredths of the channels' sum.
    fn strength(&self, i: usize, least_seen: i16) -> i32 {
        let count = self.seen[i];
        if count < least_seen || count < 4 {
            return 0;
        }
        i32::from(self.steps[i].abs().max(self.lines[i].abs())) * 100 / i32::from(count)
    }
}

//! Faint straight edges around something that was found by what is on it: a label by its text, a ruler by its ticks.
//!
//! A step of one or two levels is lost in noise at any one pixel, but not as a mean along a line of a hundred.

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

/// Sum of the three channels: the plane that edges are looked for in.
pub fn brightness(picture: &Reduced) -> Plane<i16> {
    let [red, green, blue] = &picture.channels;
    let two = red.with(green, |red, green| i16::from(red) + i16::from(green));
    two.with(blue, |two, blue| two.wrapping_add(i16::from(blue)))
}

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
pub fn around(brightness: &Plane<i16>, core: &PixelBox, reach: Reach, hidden: &Plane<bool>) -> PixelBox {
    let find = |core: &PixelBox, side| line(brightness, core, reach, hidden, side);
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
    let size = brightness.size();
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

fn line(brightness: &Plane<i16>, core: &PixelBox, reach: Reach, hidden: &Plane<bool>, side: Side) -> Line {
    let size = brightness.size();
    let across = matches!(side, Side::Left | Side::Right);
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
    // From one distance to the next, and from one place along the edge to the next, in the values of a plane.
    let (step, along_step) = if across {
        (1, size.width as i64)
    } else {
        (size.width as i64, 1)
    };
    for tilt in tilts(span.len()) {
        let places = span.clone().step_by(stride).map(|along| {
            let shift = (tilt * (along as f32 - middle)).round() as i64;
            Place {
                shift,
                value: i64::from(along) * along_step + shift * step,
            }
        });
        let across = Across {
            places: places.collect(),
            step,
            limit: i64::from(limit),
            least_seen: (span.len() / stride).div_ceil(5) as i32,
        };
        for distance in 1..i64::from(reach).min(to_frame - 2) {
            let at = i64::from(start) + outward * distance;
            let strength = across.strength(brightness, hidden, at);
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

/// What is looked at of an edge, wherever it lies.
struct Across {
    places: Vec<Place>,
    /// From a value of a plane to the next one across the edge.
    step: i64,
    /// Values across the plane.
    limit: i64,
    least_seen: i32,
}

/// A place along an edge.
struct Place {
    /// How far the edge has moved there by its tilt.
    shift: i64,
    /// The place's value in a plane if the edge lies at 0.
    value: i64,
}

impl Across {
    /// Mean step across a line or mean contrast of the line itself, whichever is more, in hundredths of the channels' sum.
    fn strength(&self, brightness: &Plane<i16>, hidden: &Plane<bool>, at: i64) -> i32 {
        let (brightness, hidden) = (brightness.values(), hidden.values());
        let (mut step, mut line, mut count) = (0, 0, 0);
        for place in &self.places {
            let shifted = at + place.shift;
            if shifted < 2 || shifted + 2 >= self.limit {
                continue;
            }
            let here = place.value + at * self.step;
            if hidden[here as usize] {
                continue;
            }
            let value = |at: i64| i32::from(brightness[at as usize]);
            let (before, here, after) = (value(here - 2 * self.step), value(here), value(here + 2 * self.step));
            step += (after - before).clamp(-LOUDEST, LOUDEST);
            line += (2 * here - before - after).clamp(-LOUDEST, LOUDEST);
            count += 1;
        }
        if count < self.least_seen || count < 4 {
            return 0;
        }
        step.abs().max(line.abs()) * 100 / count
    }
}

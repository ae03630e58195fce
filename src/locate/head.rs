//! Which way the head points.
//!
//! A fish is thick before its middle, thin at the root of its tail and flares again into a caudal fin, and its head is opaque where its tail
//! is a thin fin. Each of these is measured from both ends; the difference decides.

use super::plane::Plane;
use super::scene::HeadSide;
use crate::traits::components::Component;

/// Stations along the fish at which it is measured.
const STATIONS: usize = 48;

/// Least lead of one side over the other.
const LEAST_LEAD: f32 = 0.035;

/// A fish this steep has no left and right end.
const STEEPEST: f32 = 60.0;

/// Tilt of the long axis and the side of the head.
#[derive(Debug, Clone, Copy)]
pub struct Posture {
    /// -90 to 90 degrees against the picture's rows, positive where the right end lies lower.
    pub tilt_degrees: f32,
    /// The side.
    pub head: HeadSide,
}

impl Posture {
    /// Measures a fish; `distances` tell how opaque it is.
    pub fn of(fish: &Component, distances: &Plane<u8>) -> Self {
        let axis = Axis::of(fish);
        let tilt_degrees = axis.along.1.atan2(axis.along.0).to_degrees();
        let profile = Profile::along(&axis, fish, distances);
        let lead = profile.lead();
        let is_cut = fish.bounds.touches_edge(distances.size()) && profile.has_blunt_end();
        let head = if is_cut || tilt_degrees.abs() > STEEPEST || lead.abs() < LEAST_LEAD {
            HeadSide::Unknown
        } else if lead > 0.0 {
            HeadSide::Left
        } else {
            HeadSide::Right
        };
        Self { tilt_degrees, head }
    }
}

/// The long axis through the middle of a piece, its direction to the right.
struct Axis {
    centre: (f32, f32),
    along: (f32, f32),
}

impl Axis {
    fn of(piece: &Component) -> Self {
        let (mut sum, mut sx, mut sy) = (0.0f64, 0.0, 0.0);
        let each = |visit: &mut dyn FnMut(f64, f64)| {
            for run in &piece.runs {
                for x in run.start..run.end {
                    visit(f64::from(x) + 0.5, f64::from(run.y) + 0.5);
                }
            }
        };
        each(&mut |x, y| {
            sum += 1.0;
            sx += x;
            sy += y;
        });
        let centre = (sx / sum, sy / sum);
        let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
        each(&mut |x, y| {
            let (dx, dy) = (x - centre.0, y - centre.1);
            xx += dx * dx;
            xy += dx * dy;
            yy += dy * dy;
        });
        let angle = 0.5 * (2.0 * xy).atan2(xx - yy);
        Self {
            centre: (centre.0 as f32, centre.1 as f32),
            along: (angle.cos() as f32, angle.sin() as f32),
        }
    }
}

/// Thickness and opacity at stations from the left end to the right end.
struct Profile {
    thickness: [f32; STATIONS],
    opacity: [f32; STATIONS],
}

impl Profile {
    fn along(axis: &Axis, piece: &Component, distances: &Plane<u8>) -> Self {
        let place = |x: u32, y: u32| {
            let (dx, dy) = (x as f32 + 0.5 - axis.centre.0, y as f32 + 0.5 - axis.centre.1);
            dx * axis.along.0 + dy * axis.along.1
        };
        let (mut low, mut high) = (f32::MAX, f32::MIN);
        for run in &piece.runs {
            for x in [run.start, run.end - 1] {
                let u = place(x, run.y);
                (low, high) = (low.min(u), high.max(u));
            }
        }
        let scale = (STATIONS as f32 - 0.01) / (high - low).max(1.0);
        let (mut thickness, mut opacity) = ([0.0f32; STATIONS], [0.0f32; STATIONS]);
        for run in &piece.runs {
            for x in run.start..run.end {
                let station = ((place(x, run.y) - low) * scale) as usize;
                thickness[station.min(STATIONS - 1)] += 1.0;
                opacity[station.min(STATIONS - 1)] += f32::from(distances.at(x as usize, run.y as usize));
            }
        }
        for (o, t) in opacity.iter_mut().zip(&thickness) {
            *o /= t.max(1.0);
        }
        Self { thickness, opacity }
    }

    fn reversed(&self) -> Self {
        let mut reversed = Self {
            thickness: self.thickness,
            opacity: self.opacity,
        };
        reversed.thickness.reverse();
        reversed.opacity.reverse();
        reversed
    }

    fn thickest(&self) -> f32 {
        self.thickness.iter().copied().fold(1.0, f32::max)
    }

    /// How much more the left end is a head than the right one; about -1 to 1. The weights were set on the pictures in the shared data.
    fn lead(&self) -> f32 {
        let other = self.reversed();
        let difference = |feature: fn(&Self) -> f32| feature(self) - feature(&other);
        difference(Self::right_gap)
            + 2.0 * difference(Self::left_mass)
            + 0.4 * difference(Self::right_flare).clamp(-0.4, 0.4)
            + 0.1 * difference(Self::left_opacity).clamp(-0.5, 0.5)
    }

    /// How far left of the middle the mass lies, as a share of the length.
    fn left_mass(&self) -> f32 {
        let total: f32 = self.thickness.iter().sum::<f32>().max(1.0);
        let moment: f32 = self
            .thickness
            .iter()
            .enumerate()
            .map(|(s, t)| (s as f32 + 0.5) * t)
            .sum();
        0.5 - moment / total / STATIONS as f32
    }

    /// How much the right end flares behind its thinnest place, as a share of the greatest thickness.
    fn right_flare(&self) -> f32 {
        let root = STATIONS * 6 / 10..STATIONS * 94 / 100;
        let thin = root
            .min_by(|a, b| self.thickness[*a].total_cmp(&self.thickness[*b]))
            .unwrap_or(0);
        let flare = self.thickness[thin..].iter().copied().fold(0.0, f32::max);
        (flare - self.thickness[thin]) / self.thickest()
    }

    /// How far from the right end the thick body stops, as a share of the length; thick is a third, a half and two thirds of the greatest.
    fn right_gap(&self) -> f32 {
        let thickest = self.thickest();
        let peak = (0..STATIONS)
            .max_by(|a, b| self.thickness[*a].total_cmp(&self.thickness[*b]))
            .unwrap_or(0);
        let gap = |share: f32| {
            let body = self.thickness[peak..]
                .iter()
                .take_while(|t| **t >= share * thickest)
                .count();
            (STATIONS - peak - body) as f32 / STATIONS as f32
        };
        (gap(0.35) + gap(0.5) + gap(0.65)) / 3.0
    }

    /// How opaque the left end is beside the whole.
    fn left_opacity(&self) -> f32 {
        let mean = |o: &[f32]| o.iter().sum::<f32>() / o.len() as f32;
        mean(&self.opacity[..STATIONS / 8]) / mean(&self.opacity).max(1.0)
    }

    /// Whether the left or right end is as blunt as a cut through the body leaves it.
    fn has_blunt_end(&self) -> bool {
        let (first, last) = (self.thickness[1], self.thickness[STATIONS - 2]);
        first.max(last) > 0.4 * self.thickest()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::Size;
    use crate::traits::components::{Connectivity, label};

    /// Fills an outline (shares of the length, x to the right, y down) `length` pixels long; even-odd rule.
    fn filled(outline: &[(f32, f32)], length: f32, tilt_degrees: f32) -> Component {
        let (sin, cos) = tilt_degrees.to_radians().sin_cos();
        let side = (length * 1.2) as u32;
        let pieces = label(Size::new(side, side), Connectivity::Eight, |x, y| {
            let (dx, dy) = (x as f32 + 0.5 - side as f32 / 2.0, y as f32 + 0.5 - side as f32 / 2.0);
            let (px, py) = ((dx * cos + dy * sin) / length + 0.5, (dy * cos - dx * sin) / length);
            let mut inside = false;
            for (i, a) in outline.iter().enumerate() {
                let b = outline[(i + 1) % outline.len()];
                if (a.1 > py) != (b.1 > py) && px < a.0 + (py - a.1) / (b.1 - a.1) * (b.0 - a.0) {
                    inside = !inside;
                }
            }
            inside
        });
        pieces.into_iter().max_by_key(|p| p.area).unwrap()
    }

    /// A body with a thin tail root and a forked fin, head left.
    const FISH: [(f32, f32); 10] = [
        (0.0, 0.0),
        (0.12, -0.09),
        (0.35, -0.14),
        (0.8, -0.03),
        (1.0, -0.13),
        (0.95, 0.0),
        (1.0, 0.13),
        (0.8, 0.03),
        (0.35, 0.14),
        (0.12, 0.09),
    ];

    fn posture(outline: &[(f32, f32)], tilt_degrees: f32) -> Posture {
        let piece = filled(outline, 160.0, tilt_degrees);
        Posture::of(&piece, &Plane::filled(Size::new(192, 192), 100))
    }

    #[test]
    fn tilt_and_side_of_a_drawn_fish() {
        let mirrored = FISH.map(|(x, y)| (1.0 - x, y));
        for tilt in [-40.0, -5.0, 0.0, 12.0, 45.0] {
            let (left, right) = (posture(&FISH, tilt), posture(&mirrored, tilt));
            assert!((left.tilt_degrees - tilt).abs() < 3.0, "{tilt}: {left:?}");
            assert_eq!(left.head, HeadSide::Left, "{tilt}");
            assert_eq!(right.head, HeadSide::Right, "{tilt}");
        }
        assert_eq!(
            posture(&FISH, 80.0).head,
            HeadSide::Unknown,
            "an upright fish has no left and right end"
        );
    }

    #[test]
    fn an_oval_has_no_head() {
        let oval: Vec<(f32, f32)> = (0..40)
            .map(|i| (i as f32 / 40.0 * std::f32::consts::TAU).sin_cos())
            .map(|(sin, cos)| (0.5 + 0.5 * cos, 0.2 * sin))
            .collect();
        assert_eq!(posture(&oval, 0.0).head, HeadSide::Unknown);
    }

    /// Outlines of 218 North Sea species, eels and flatfish among them, which played no part in setting the weights.
    #[test]
    fn side_of_published_outlines() {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../shared/data/silhouettes/north_sea_fish_outlines.json"
        );
        let Ok(text) = std::fs::read_to_string(path) else {
            eprintln!("SKIPPED: no outlines in ../shared/data/silhouettes");
            return;
        };
        let all: serde_json::Value = serde_json::from_str(&text).unwrap();
        let (mut left, mut right, mut unknown) = (0, 0, 0);
        for fish in all["fishes"].as_array().unwrap() {
            let numbers: Vec<f32> = fish["outline"]
                .as_array()
                .unwrap()
                .iter()
                .map(|v| v.as_f64().unwrap() as f32)
                .collect();
            let points: Vec<(f32, f32)> = numbers.chunks_exact(2).map(|p| (p[0], p[1])).collect();
            let middle = points.iter().map(|p| p.1).sum::<f32>() / points.len() as f32;
            let outline: Vec<(f32, f32)> = points.iter().map(|p| (p.0, middle - p.1)).collect();
            match posture(&outline, 0.0).head {
                HeadSide::Left => left += 1,
                HeadSide::Right => right += 1,
                HeadSide::Unknown => unknown += 1,
            }
        }
        println!("head left {left}, right {right}, unknown {unknown}");
        assert!(
            left > 30 * right && left > 180,
            "left {left}, right {right}, unknown {unknown}"
        );
    }
}

//! Limits of the checks.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::Verdict;
use crate::traits::{Trait, TraitSet};

/// Up to where a value is good, and from where on it is bad; between them it is doubtful.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// The last good value.
    pub caution: f64,
    /// The last doubtful value.
    pub bad: f64,
}

impl Limits {
    /// Both limits.
    pub const fn new(caution: f64, bad: f64) -> Self {
        Self { caution, bad }
    }

    /// Where a value lies.
    pub(super) fn judge(self, value: f64) -> Verdict {
        if value > self.bad {
            Verdict::Bad
        } else if value > self.caution {
            Verdict::Doubtful
        } else {
            Verdict::Good
        }
    }
}

/// Limits on both sides.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Range {
    /// Below it a value is bad.
    pub bad_below: f64,
    /// Below it a value is doubtful.
    pub caution_below: f64,
    /// Above it a value is doubtful.
    pub caution_above: f64,
    /// Above it a value is bad.
    pub bad_above: f64,
}

/// Which way heads shall point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WantedHead {
    /// To the left.
    Left,
    /// To the right.
    Right,
    /// Wherever.
    Any,
}

/// What `auto` takes a picture of by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Admitted {
    /// Only what no check finds doubtful or bad.
    Good,
    /// All that no check finds bad.
    Doubtful,
    /// Everything.
    All,
}

/// Limits of the checks; `None` and `false` where a check is off: its value is still measured, and judged neither good nor bad.
#[derive(Debug, Clone, PartialEq)]
pub struct QualitySettings {
    /// One fish, no more.
    pub one_fish: bool,
    /// The fish must not touch the picture's edge.
    pub whole: bool,
    /// Parts that every specimen shows.
    pub parts: TraitSet,
    /// Seen from the side.
    pub lateral: bool,
    /// Which way heads point.
    pub head: WantedHead,
    /// Rise of the body's middle line between its ends, as a share of its length.
    pub curvature: Option<Limits>,
    /// Tilt in degrees, either way.
    pub tilt: Option<Limits>,
    /// Width of the fish's sharpest edges in pixels.
    pub focus: Option<Limits>,
    /// Middle between the fish's dark and bright ends, in levels of 255.
    pub brightness: Option<Range>,
    /// Share of the fish's pixels that are as bright as the camera can tell.
    pub highlights: Option<Limits>,
    /// Share of the fish's pixels that are black.
    pub shadows: Option<Limits>,
    /// Distance of the ground's colour from grey, in levels.
    pub colour_cast: Option<Limits>,
    /// Range of the ground's brightness, in levels.
    pub background: Option<Limits>,
    /// A ruler lies in the picture.
    pub ruler: bool,
    /// A label lies in the picture.
    pub label: bool,
    /// Share of the fish over which something lies.
    pub covered: Option<Limits>,
    /// What the trigger `auto` takes by itself.
    pub auto: Admitted,
}

impl Default for QualitySettings {
    fn default() -> Self {
        Self {
            one_fish: true,
            whole: true,
            parts: [
                Trait::Head,
                Trait::Eye,
                Trait::Trunk,
                Trait::DorsalFin,
                Trait::CaudalFin,
            ]
            .into_iter()
            .collect(),
            lateral: true,
            head: WantedHead::Left,
            curvature: Some(Limits::new(0.065, 0.085)),
            tilt: Some(Limits::new(12.0, 20.0)),
            focus: Some(Limits::new(2.6, 3.6)),
            brightness: Some(Range {
                bad_below: 65.0,
                caution_below: 75.0,
                caution_above: 155.0,
                bad_above: 165.0,
            }),
            highlights: Some(Limits::new(0.02, 0.04)),
            shadows: Some(Limits::new(0.08, 0.15)),
            colour_cast: Some(Limits::new(24.0, 36.0)),
            background: Some(Limits::new(70.0, 95.0)),
            ruler: true,
            label: true,
            covered: Some(Limits::new(0.03, 0.06)),
            auto: Admitted::Good,
        }
    }
}

/// A limit that can't hold.
#[derive(Debug, Clone, PartialEq, Error)]
#[error("quality.{key} is {value}; allowed is {allowed}")]
pub struct QualityError {
    /// The key.
    pub key: &'static str,
    /// What it is, as it was written.
    pub value: String,
    /// What it may be.
    pub allowed: String,
}

impl QualitySettings {
    /// # Errors
    /// The first limits that are outside their range or in the wrong order.
    pub fn check(&self) -> Result<(), QualityError> {
        let up_to = [
            ("curvature", self.curvature, 0.5),
            ("tilt", self.tilt, 90.0),
            ("focus", self.focus, 100.0),
            ("highlights", self.highlights, 1.0),
            ("shadows", self.shadows, 1.0),
            ("colour_cast", self.colour_cast, 255.0),
            ("background", self.background, 255.0),
            ("covered", self.covered, 1.0),
        ];
        for (key, limits, most) in up_to {
            if let Some(limits) = limits {
                ascending(key, &[limits.caution, limits.bad], most)?;
            }
        }
        if let Some(range) = self.brightness {
            let levels = [
                range.bad_below,
                range.caution_below,
                range.caution_above,
                range.bad_above,
            ];
            ascending("brightness", &levels, 255.0)?;
        }
        Ok(())
    }
}

fn ascending(key: &'static str, numbers: &[f64], most: f64) -> Result<(), QualityError> {
    // A NaN is in no range.
    let in_range = numbers.iter().all(|n| (0.0..=most).contains(n));
    if in_range && numbers.is_sorted() {
        return Ok(());
    }
    let count = match numbers.len() {
        2 => "two",
        _ => "four",
    };
    Err(QualityError {
        key,
        value: format!("{numbers:?}"),
        allowed: format!("false, or {count} numbers from 0 to {most}, the smaller first"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_out_of_order_or_range_are_named() {
        let default = QualitySettings::default();
        assert_eq!(default.check(), Ok(()));
        let focus = |caution, bad| QualitySettings {
            focus: Some(Limits::new(caution, bad)),
            ..QualitySettings::default()
        };
        assert_eq!(
            focus(4.0, 2.0).check().unwrap_err().to_string(),
            "quality.focus is [4.0, 2.0]; allowed is false, or two numbers from 0 to 100, the smaller first"
        );
        assert!(focus(f64::NAN, 2.0).check().is_err());
        assert!(focus(1.0, 1e9).check().is_err());
    }

    #[test]
    fn what_equals_a_limit_keeps_it() {
        let limits = Limits::new(2.0, 4.0);
        let verdicts = [2.0, 2.1, 4.0, 4.1].map(|value| limits.judge(value));
        assert_eq!(
            verdicts,
            [Verdict::Good, Verdict::Doubtful, Verdict::Doubtful, Verdict::Bad]
        );
    }
}

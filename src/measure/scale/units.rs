//! What a row's ticks are: which are longer tells millimetres from parts of an inch.

use std::cmp::Ordering;

use super::row::Row;

/// Centimetres in an inch.
const INCH: f64 = 2.54;

/// How a ruler is divided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Division {
    /// Millimetres, with longer ticks at 5 and 10.
    Millimetre,
    /// Half millimetres.
    HalfMillimetre,
    /// Eighths of an inch.
    EighthInch,
    /// Sixteenths of an inch.
    SixteenthInch,
    /// Thirty-seconds of an inch.
    ThirtySecondInch,
}

/// How well a division explains the lengths of a row's ticks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Match {
    /// The division.
    pub division: Division,
    /// Share of the lengths' variance that it explains, corrected for its number of classes; at most 1.
    pub explained: f64,
    /// Whether each class is clearly shorter than the one before; where not, only another row can confirm it.
    pub clear: bool,
}

impl Division {
    const ALL: [Self; 5] = [
        Self::Millimetre,
        Self::HalfMillimetre,
        Self::EighthInch,
        Self::SixteenthInch,
        Self::ThirtySecondInch,
    ];

    /// Centimetres from tick to tick.
    pub fn centimetres(self) -> f64 {
        match self {
            Self::Millimetre => 0.1,
            Self::HalfMillimetre => 0.05,
            Self::EighthInch => INCH / 8.0,
            Self::SixteenthInch => INCH / 16.0,
            Self::ThirtySecondInch => INCH / 32.0,
        }
    }

    /// Whether it divides the inch.
    pub fn is_inch(self) -> bool {
        !matches!(self, Self::Millimetre | Self::HalfMillimetre)
    }

    /// Ticks after which the lengths come again.
    fn period(self) -> usize {
        match self {
            Self::Millimetre => 10,
            Self::HalfMillimetre => 20,
            Self::EighthInch => 8,
            Self::SixteenthInch => 16,
            Self::ThirtySecondInch => 32,
        }
    }

    /// The class of a tick by its number from a long one: class 0 is the longest, each following one is shorter.
    fn class(self, number: usize) -> usize {
        match self {
            Self::Millimetre => match number {
                0 => 0,
                5 => 1,
                _ => 2,
            },
            Self::HalfMillimetre => match number {
                0 => 0,
                10 => 1,
                n if n % 2 == 0 => 2,
                _ => 3,
            },
            // Halves, quarters and so on down to single ticks.
            _ => match number {
                0 => 0,
                n => (self.period().trailing_zeros() - n.trailing_zeros()) as usize,
            },
        }
    }

    fn classes(self) -> usize {
        match self {
            Self::Millimetre => 3,
            Self::HalfMillimetre => 4,
            _ => self.period().trailing_zeros() as usize + 1,
        }
    }
}

/// The divisions that explain a row's lengths, the best first.
pub(super) fn matches(row: &Row) -> Vec<Match> {
    let mut lengths: Vec<f64> = row.ticks.iter().map(|t| t.length).collect();
    // Numbers and lettering that touch a tick make it no longer than three of the usual ones.
    let mut sorted = lengths.clone();
    sorted.sort_by(f64::total_cmp);
    let Some(usual) = sorted.get(sorted.len() * 3 / 4) else {
        return Vec::new();
    };
    let limit = 3.0 * usual;
    lengths.iter_mut().for_each(|l| *l = l.min(limit));
    let numbers: Vec<i32> = row.ticks.iter().map(|t| t.number).collect();
    let mut found: Vec<Match> = Division::ALL
        .into_iter()
        .filter_map(|division| {
            let phases = (0..division.period()).filter_map(|phase| explained(division, phase, &numbers, &lengths));
            phases.max_by(|a, b| {
                (a.clear, a.explained)
                    .partial_cmp(&(b.clear, b.explained))
                    .unwrap_or(Ordering::Equal)
            })
        })
        .collect();
    found.sort_by(|a, b| b.explained.total_cmp(&a.explained));
    found
}

/// The share of the variance that the classes explain if the tick `phase` is a longest one; `None` where they are not
/// each shorter than the one before, or nearly so.
fn explained(division: Division, phase: usize, numbers: &[i32], lengths: &[f64]) -> Option<Match> {
    let classes = division.classes();
    let (mut sums, mut counts) = ([0.0; 6], [0u32; 6]);
    let class_of = |number: i32| division.class((number - phase as i32).rem_euclid(division.period() as i32) as usize);
    for (number, length) in numbers.iter().zip(lengths) {
        let class = class_of(*number);
        sums[class] += length;
        counts[class] += 1;
    }
    if counts[..classes].contains(&0) || counts[0] < 2 {
        return None;
    }
    let means: [f64; 6] = std::array::from_fn(|c| sums[c] / f64::from(counts[c].max(1)));
    let range = means[0] - means[classes - 1];
    let falling = |by: f64| means[..classes].windows(2).all(|pair| pair[0] > pair[1] + by * range);
    if !falling(-0.2) || range < 0.1 * means[0] {
        return None;
    }
    let count = lengths.len() as f64;
    let mean = lengths.iter().sum::<f64>() / count;
    let total: f64 = lengths.iter().map(|l| (l - mean).powi(2)).sum();
    let left: f64 = numbers
        .iter()
        .zip(lengths)
        .map(|(n, l)| (l - means[class_of(*n)]).powi(2))
        .sum();
    let freedom = (count - 1.0) / (count - classes as f64).max(1.0);
    Some(Match {
        division,
        explained: 1.0 - left / total.max(1e-12) * freedom,
        clear: falling(0.04),
    })
}

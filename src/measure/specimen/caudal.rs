//! The caudal fin's rear margin: its rearmost point and its fork.

use super::axis::Place;
use super::landmarks::Grain;
use super::outline::{HALF, Outline};

/// Where a caudal fin ends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct CaudalEnds {
    /// The rearmost point.
    pub tip: Place,
    /// How far spikes leave it open.
    pub tip_doubt: f64,
    /// The middle of the margin: the fork where there is one.
    pub fork: Place,
    /// How far the margin's roughness leaves it open.
    pub fork_doubt: f64,
}

/// The rear ends of a caudal fin whose middle lies at height `middle`.
pub(super) fn ends(fin: &Outline, middle: f64, grain: Grain) -> Option<CaudalEnds> {
    let margin = Margin::of(fin, grain)?;
    let upper = margin.rearmost(|t| t < middle);
    let lower = margin.rearmost(|t| t >= middle);
    let tip = [upper, lower]
        .into_iter()
        .flatten()
        .max_by(|a, b| a.s.total_cmp(&b.s))?;
    // Between the lobes' tips; a fin of one lobe, or one whose half is missing, has its fork at its middle.
    let (from, to) = match (upper, lower) {
        (Some(upper), Some(lower)) => (upper.t, lower.t),
        _ => (tip.t, tip.t),
    };
    let fork = margin.foremost(from, to).unwrap_or(tip);
    Some(CaudalEnds {
        tip,
        tip_doubt: margin.step_at(tip),
        fork,
        fork_doubt: margin.step_at(fork),
    })
}

/// The rearmost place in each bin of height.
struct Margin {
    start: f64,
    width: f64,
    rear: Vec<Option<f64>>,
}

impl Margin {
    fn of(fin: &Outline, grain: Grain) -> Option<Self> {
        let width = grain.across.max(2.0);
        let (low, high) = fin
            .places
            .iter()
            .fold((f64::MAX, f64::MIN), |(l, h), p| (l.min(p.t), h.max(p.t)));
        if low > high {
            return None;
        }
        let mut rear = vec![None; ((high - low) / width) as usize + 1];
        for p in &fin.places {
            let bin: &mut Option<f64> = &mut rear[((p.t - low) / width) as usize];
            *bin = Some(bin.map_or(p.s, |s| s.max(p.s)));
        }
        Some(Self {
            start: low,
            width,
            rear,
        })
    }

    fn places(&self) -> impl Iterator<Item = Place> {
        let place = |(i, s): (usize, &Option<f64>)| {
            Some(Place {
                s: (*s)? + HALF,
                t: self.start + (i as f64 + 0.5) * self.width,
            })
        };
        self.rear.iter().enumerate().filter_map(place)
    }

    fn rearmost(&self, of: impl Fn(f64) -> bool) -> Option<Place> {
        self.places().filter(|p| of(p.t)).max_by(|a, b| a.s.total_cmp(&b.s))
    }

    fn foremost(&self, from: f64, to: f64) -> Option<Place> {
        self.places()
            .filter(|p| (from..=to).contains(&p.t))
            .min_by(|a, b| a.s.total_cmp(&b.s))
    }

    /// How much the margin changes from a bin to the next ones, halved.
    fn step_at(&self, place: Place) -> f64 {
        let bin = ((place.t - self.start) / self.width) as usize;
        let near = bin.saturating_sub(1)..(bin + 2).min(self.rear.len());
        let steps = self.rear[near].iter().flatten().map(|s| (s + HALF - place.s).abs());
        steps.fold(0.0, f64::max) / 2.0
    }
}

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
    let tip = margin.rearmost()?;
    let fork = margin
        .fork((FORK * grain.along).max(SHALLOW * margin.height()))
        .or_else(|| margin.nearest(middle))?;
    Some(CaudalEnds {
        tip,
        tip_doubt: margin.step_at(tip),
        fork,
        fork_doubt: margin.step_at(fork),
    })
}

/// A dent of fewer network's pixels than this is no fork.
const FORK: f64 = 2.0;
/// Nor is one of less than this share of the fin's height: torn rays leave such on the side of a rounded fin.
const SHALLOW: f64 = 0.05;

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

    fn height(&self) -> f64 {
        self.rear.len() as f64 * self.width
    }

    fn rearmost(&self) -> Option<Place> {
        self.places().max_by(|a, b| a.s.total_cmp(&b.s))
    }

    /// Where the margin lies deepest between two lobes, if it lies at least `least` before the shorter one's tip. Only the middle third counts: notches
    /// between torn rays lie beside it.
    fn fork(&self, least: f64) -> Option<Place> {
        let places: Vec<Place> = self.places().collect();
        let tips_above = running_maximum(places.iter());
        let mut tips_below = running_maximum(places.iter().rev());
        tips_below.reverse();
        let depth = |i: usize| tips_above[i].min(tips_below[i]) - places[i].s;
        let third = self.height() / 3.0;
        let middle = self.start + third..=self.start + 2.0 * third;
        let deepest = (0..places.len())
            .filter(|i| middle.contains(&places[*i].t))
            .max_by(|a, b| depth(*a).total_cmp(&depth(*b)))?;
        (depth(deepest) >= least).then(|| places[deepest])
    }

    fn nearest(&self, t: f64) -> Option<Place> {
        self.places().min_by(|a, b| (a.t - t).abs().total_cmp(&(b.t - t).abs()))
    }

    /// How much the margin changes from a bin to the next ones, halved.
    fn step_at(&self, place: Place) -> f64 {
        let bin = ((place.t - self.start) / self.width) as usize;
        let near = bin.saturating_sub(1)..(bin + 2).min(self.rear.len());
        let steps = self.rear[near].iter().flatten().map(|s| (s + HALF - place.s).abs());
        steps.fold(0.0, f64::max) / 2.0
    }
}

/// The greatest `s` up to each place.
fn running_maximum<'a>(places: impl Iterator<Item = &'a Place>) -> Vec<f64> {
    let rising = |greatest: &mut f64, p: &Place| {
        *greatest = greatest.max(p.s);
        Some(*greatest)
    };
    places.scan(f64::MIN, rising).collect()
}

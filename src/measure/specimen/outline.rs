//! A part's outline in the body's frame: its ends, and how far it reaches at each place along the axis.

use super::axis::{BodyAxis, Place};
use super::region::Region;

/// Half a pixel: outlines are middles of pixels, parts reach to their pixels' edges.
pub(super) const HALF: f64 = 0.5;
/// The third widest place tells how blunt an end is: a spike of a pixel or two does not reach there.
const BLUNT: usize = 2;

/// What ends this many pixels and one of the network's before the outermost place is about as far out: less would leave the middle of a round end
/// to the chance of the grid.
const REACHING: f64 = 1.5;

/// The middles of the pixels at a part's border, in the body's frame.
pub(super) struct Outline {
    pub places: Vec<Place>,
}

/// One of a part's ends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct End {
    /// The outermost place: `t` is that of the middle of what lies about as far out.
    pub tip: Place,
    /// The same without spikes that are less than three network's pixels wide.
    pub blunt: Place,
}

impl End {
    /// How far spikes and the round of the end leave it open where it ends.
    pub fn doubt(&self) -> f64 {
        (self.tip.s - self.blunt.s).hypot(self.tip.t - self.blunt.t) / 2.0
    }
}

/// A direction in the body's frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Towards {
    Front,
    Rear,
    Back,
    Belly,
}

impl Towards {
    /// How far out a place lies, and its place across.
    fn out_and_across(self, p: Place) -> (f64, f64) {
        match self {
            Self::Front => (-p.s, p.t),
            Self::Rear => (p.s, p.t),
            Self::Back => (-p.t, p.s),
            Self::Belly => (p.t, p.s),
        }
    }

    fn place(self, out: f64, across: f64) -> Place {
        match self {
            Self::Front => Place { s: -out, t: across },
            Self::Rear => Place { s: out, t: across },
            Self::Back => Place { s: across, t: -out },
            Self::Belly => Place { s: across, t: out },
        }
    }
}

impl Outline {
    pub fn of(part: &Region, axis: &BodyAxis) -> Self {
        Self {
            places: part.outline.iter().map(|p| axis.place(*p)).collect(),
        }
    }

    /// The part's end in that direction, of the places for which `of` holds; `pixel` is the network's pixel across that direction.
    pub fn end(&self, towards: Towards, pixel: f64, of: impl Fn(Place) -> bool) -> Option<End> {
        let places = || {
            let places = self.places.iter().filter(|p| of(**p));
            places.map(|p| towards.out_and_across(*p))
        };
        let (low, high) = places()
            .map(|(_, across)| across)
            .fold((f64::MAX, f64::MIN), |(l, h), v| (l.min(v), h.max(v)));
        if low > high {
            return None;
        }
        let outermost = places().map(|(out, _)| out).fold(f64::MIN, f64::max);
        let mut bins = vec![f64::MIN; bin_count(low, high, pixel)];
        for (out, across) in places() {
            let bin = &mut bins[((across - low) / pixel) as usize];
            *bin = bin.max(out);
        }
        bins.retain(|out| *out > f64::MIN);
        bins.sort_unstable_by(|a, b| b.total_cmp(a));
        let blunt = bins[BLUNT.min(bins.len() - 1)];
        // What lies about as far out as the limit: its middle.
        let middle = |limit: f64| {
            let reaching = places().filter(|(out, _)| *out >= limit).map(|(_, across)| across);
            let (low, high) = reaching.fold((f64::MAX, f64::MIN), |(l, h), v| (l.min(v), h.max(v)));
            (low + high) / 2.0
        };
        let place = |out: f64| towards.place(out + HALF, middle(out - REACHING - pixel));
        Some(End {
            tip: place(outermost),
            blunt: place(blunt),
        })
    }
}

/// The least and the greatest `t` of an outline at `s`, to the pixels' edges: for each the mean over a few columns of one pixel's width around
/// it, so that a slanting edge is met at its middle.
pub(super) fn span_at(outline: &Outline, s: f64) -> Option<(f64, f64)> {
    const COLUMNS: usize = 4;
    let column = |p: &Place| {
        let column = (p.s - s).floor() + (COLUMNS / 2) as f64;
        (0.0..COLUMNS as f64)
            .contains(&column)
            .then_some((column as usize, p.t))
    };
    let near = || outline.places.iter().filter_map(column);
    let (low, high) = near().fold((f64::MAX, f64::MIN), |(l, h), (_, t)| (l.min(t), h.max(t)));
    if low > high {
        return None;
    }
    let middle = (low + high) / 2.0;
    // On a turned grid a column may hold a pixel of one edge only.
    let edge = |upper: bool| {
        let mut outermost = [None; COLUMNS];
        for (column, t) in near().filter(|(_, t)| (*t <= middle) == upper) {
            let so_far: &mut Option<f64> = &mut outermost[column];
            *so_far = Some(so_far.map_or(t, |other| if upper { other.min(t) } else { other.max(t) }));
        }
        let filled: Vec<f64> = outermost.into_iter().flatten().collect();
        (!filled.is_empty()).then(|| filled.iter().sum::<f64>() / filled.len() as f64)
    };
    let (back, belly) = (edge(true)?, edge(false).unwrap_or(middle));
    Some((back - HALF, belly + HALF))
}

/// How far something reaches across the axis, in bins along it.
pub(super) struct Spans {
    start: f64,
    width: f64,
    /// Least and greatest `t` in each bin; least above greatest where there is nothing.
    spans: Vec<(f64, f64)>,
}

impl Spans {
    /// The spans of all these outlines together in bins of `width` pixels.
    pub fn of(outlines: &[&Outline], width: f64) -> Self {
        let places = || outlines.iter().flat_map(|o| &o.places);
        let (low, high) = places().fold((f64::MAX, f64::MIN), |(l, h), p| (l.min(p.s), h.max(p.s)));
        let count = if low > high { 0 } else { bin_count(low, high, width) };
        let mut spans = vec![(f64::MAX, f64::MIN); count];
        for p in places() {
            let span = &mut spans[((p.s - low) / width) as usize];
            *span = (span.0.min(p.t), span.1.max(p.t));
        }
        Self {
            start: low,
            width,
            spans,
        }
    }

    /// Back's and belly's `t` at a place along the axis, to the pixels' edges.
    pub fn at(&self, s: f64) -> Option<(f64, f64)> {
        let bin = ((s - self.start) / self.width).floor();
        if !(0.0..self.spans.len() as f64).contains(&bin) {
            return None;
        }
        self.filled(bin as usize)
    }

    fn filled(&self, bin: usize) -> Option<(f64, f64)> {
        let (low, high) = self.spans[bin];
        (low <= high).then_some((low - HALF, high + HALF))
    }

    /// The middles of the bins with something in them and its span, from the front.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (f64, (f64, f64))> {
        let middle = |bin: usize| self.start + (bin as f64 + 0.5) * self.width;
        (0..self.spans.len()).filter_map(move |bin| Some((middle(bin), self.filled(bin)?)))
    }

    /// Where it is deepest, as `s` and its span; a spike in one bin does not count.
    pub fn deepest(&self) -> Option<(f64, (f64, f64))> {
        let all: Vec<_> = self.iter().collect();
        let depth = |i: usize| {
            let (low, high) = all[i].1;
            high - low
        };
        let smoothed = |i: usize| {
            let mut three = [depth(i.saturating_sub(1)), depth(i), depth((i + 1).min(all.len() - 1))];
            three.sort_unstable_by(f64::total_cmp);
            three[1]
        };
        let deepest = (0..all.len()).max_by(|a, b| smoothed(*a).total_cmp(&smoothed(*b)))?;
        // Of its neighbours the one whose depth it is.
        let near = [deepest.saturating_sub(1), deepest, (deepest + 1).min(all.len() - 1)];
        let kept = near
            .into_iter()
            .find(|i| depth(*i) == smoothed(deepest))
            .unwrap_or(deepest);
        Some(all[kept])
    }
}

fn bin_count(low: f64, high: f64, width: f64) -> usize {
    ((high - low) / width) as usize + 1
}

//! Which parts of the fish can be seen.

use super::assess::outcome;
use super::{Check, CheckName, Verdict};
use crate::measure::specimen::Subject;
use crate::traits::components::{Connectivity, label};
use crate::traits::{Trait, TraitSet};

/// A part with a smaller share of the fish's pixels is not there: stray pixels of the network.
const LEAST_SHARE: f64 = 0.0004;
/// Pieces of the eye below this share of the largest are no second eye.
const SECOND_EYE: f64 = 0.3;
/// The mask is looked at with about so many columns for eyes.
const COLUMNS: u32 = 400;

/// Without these a picture is of no use; other parts are small, and networks miss them.
const ESSENTIAL: [Trait; 4] = [Trait::Head, Trait::Eye, Trait::Trunk, Trait::CaudalFin];

/// How many of the expected parts can't be seen, and which is the weightiest of them.
pub(super) fn missing(subject: Option<&Subject<'_>>, expected: TraitSet) -> Check {
    let name = CheckName::PartsMissing;
    let Some(subject) = subject else {
        return outcome(name, None, Verdict::Unknown, "can't be told");
    };
    let counts = subject.mask.pixel_counts();
    let fish: u64 = counts.iter().sum();
    let least = (fish as f64 * LEAST_SHARE).max(1.0);
    let is_expected = |part: &Trait| expected.contains(*part) && !subject.not_assessed.contains(*part);
    let is_missing = |part: &Trait| (counts[part.channel()] as f64) < least;
    let others = Trait::ALL.into_iter().filter(|part| !ESSENTIAL.contains(part));
    let parts = ESSENTIAL.into_iter().chain(others);
    let missing: Vec<Trait> = parts.filter(is_expected).filter(is_missing).collect();
    let verdict = match missing.first() {
        _ if expected.is_empty() => Verdict::Unknown,
        None => Verdict::Good,
        Some(first) if ESSENTIAL.contains(first) => Verdict::Bad,
        Some(_) => Verdict::Doubtful,
    };
    let words = match (missing.as_slice(), verdict) {
        (_, Verdict::Unknown) => "not judged".to_owned(),
        ([], _) => "all parts there".to_owned(),
        ([part], _) => format!("{part} not seen"),
        ([part, others @ ..], _) => format!("{part} and {} more not seen", others.len()),
    };
    outcome(name, Some(missing.len() as f64), verdict, words)
}

/// The number of eyes: from the side there is one.
pub(super) fn lateral(subject: Option<&Subject<'_>>, is_wanted: bool) -> Check {
    let name = CheckName::LateralView;
    let eyes = subject.map(eyes);
    let verdict = match (eyes, is_wanted) {
        (None | Some(0), _) | (_, false) => Verdict::Unknown,
        (Some(1), true) => Verdict::Good,
        (Some(_), true) => Verdict::Bad,
    };
    let words = match verdict {
        Verdict::Good => "seen from the side",
        Verdict::Bad => "not seen from the side",
        _ => "can't be told",
    };
    outcome(name, eyes.map(|n| n as f64), verdict, words)
}

fn eyes(subject: &Subject<'_>) -> usize {
    let size = subject.mask.size();
    let step = size.width.div_ceil(COLUMNS).max(1);
    let small = crate::frame::Size::new(size.width.div_ceil(step), size.height.div_ceil(step));
    let eye = TraitSet::EMPTY.with(Trait::Eye).bits();
    let pieces = label(small, Connectivity::Eight, |x, y| {
        subject.mask.row(y * step)[(x * step) as usize] & eye != 0
    });
    let largest = pieces.iter().map(|p| p.area).max().unwrap_or(0) as f64;
    pieces.iter().filter(|p| p.area as f64 > SECOND_EYE * largest).count()
}

//! Presence: in how many pieces a trait occurs.

use std::collections::BTreeMap;

use super::Presence;
use crate::traits::components::{Connectivity, of_runs};
use crate::traits::{Trait, TraitRuns, TraitSet};

/// Shares are kept to a ten-thousandth.
const SHARE_DECIMALS: i32 = 4;

/// How each trait occurs in a mask as it is, specks and all; traits that the network never learnt are left out.
pub(super) fn of(runs: &TraitRuns, not_assessed: TraitSet) -> BTreeMap<String, Presence> {
    let assessed = Trait::ALL.into_iter().filter(|t| !not_assessed.contains(*t));
    assessed
        .map(|which| {
            let pieces = of_runs(runs.plane(TraitSet::EMPTY.with(which)), Connectivity::Eight);
            let total: u64 = pieces.iter().map(|p| p.area).sum();
            let largest = pieces.iter().map(|p| p.area).max().unwrap_or(0);
            let presence = Presence {
                pieces: pieces.len() as u32,
                largest_share: super::to_decimals(largest as f64 / total.max(1) as f64, SHARE_DECIMALS),
            };
            (which.bgnn_name().to_owned(), presence)
        })
        .collect()
}

//! The gate of the trigger `auto`: it opens for pictures that the quality checks pass.

use super::machine::Gate;
use super::scene_watch::Observation;
use crate::measure::quality::{Admitted, Verdict};

/// Lets pictures through by the outcome of their quality checks.
///
/// What can't be told keeps nothing back: else a station whose network never learnt an eye would wait for ever.
#[derive(Debug, Clone, Copy)]
pub struct QualityGate {
    /// What is let through.
    pub admitted: Admitted,
}

impl Gate for QualityGate {
    fn admit(&self, seen: &Observation) -> Result<(), String> {
        let complaints = match self.admitted {
            Admitted::Good => seen.quality.complaints(Verdict::Doubtful),
            Admitted::Doubtful => seen.quality.complaints(Verdict::Bad),
            Admitted::All => None,
        };
        complaints.map_or(Ok(()), Err)
    }
}

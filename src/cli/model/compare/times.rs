//! How long two networks take, run by run in turns.

use std::time::Duration;

use crate::cli::model::spread::Spread;

/// How long the runs took; the n-th of one list and the n-th of the other were on the same picture, one after the other.
#[derive(Default)]
pub(super) struct Times {
    a: Vec<Duration>,
    b: Vec<Duration>,
}

impl Times {
    /// Adds a run of both on the same picture.
    pub(super) fn push(&mut self, a: Duration, b: Duration) {
        self.a.push(a);
        self.b.push(b);
    }

    /// How often both have run.
    pub(super) fn runs(&self) -> usize {
        self.a.len()
    }

    /// Medians in seconds: of A, of B, and of the ratios of B to A run by run. `None` before the first run.
    pub(super) fn medians(&self) -> Option<[f64; 3]> {
        let seconds = |times: &[Duration]| Spread::of(times.iter().map(Duration::as_secs_f64)).map(|s| s.median);
        let pairs = self.a.iter().zip(&self.b);
        let ratios = pairs.map(|(a, b)| b.as_secs_f64() / a.as_secs_f64().max(f64::MIN_POSITIVE));
        Some([seconds(&self.a)?, seconds(&self.b)?, Spread::of(ratios)?.median])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ratio_is_that_of_runs_side_by_side() {
        let mut times = Times::default();
        assert_eq!(times.medians(), None);
        for (a, b) in [(10, 5), (20, 40), (100, 50)] {
            times.push(Duration::from_millis(a), Duration::from_millis(b));
        }
        assert_eq!(times.medians(), Some([0.02, 0.04, 0.5]));
    }
}

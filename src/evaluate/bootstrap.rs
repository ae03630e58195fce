//! Intervals by drawing specimens again.

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use serde::Serialize;

/// Percentile bootstrap over specimens.
///
/// Pictures of one specimen are alike, so whole specimens are drawn, each with all of its pictures; drawing pictures would make the interval
/// too narrow. Efron and Tibshirani 1993, "An Introduction to the Bootstrap", chapter 13 (percentile interval).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bootstrap {
    /// How often as many specimens as there are are drawn.
    pub draws: u32,
    /// The same seed gives the same interval.
    pub seed: u64,
}

impl Default for Bootstrap {
    fn default() -> Self {
        Self { draws: 2000, seed: 1 }
    }
}

/// Where a value lies in 95 of 100 draws.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Interval {
    /// Lower end: the 2.5th percentile.
    pub low: f64,
    /// Upper end: the 97.5th percentile.
    pub high: f64,
}

impl Bootstrap {
    /// The 95 % interval of `statistic`, which is given for each drawn specimen its position in the caller's list, and answers `None` for a
    /// draw that it has no value for. `None` with less than two specimens, and where under half of the draws have a value.
    ///
    /// The caller's list must have an order of its own, by name for example, so that the order in which files were found changes nothing.
    pub fn interval(&self, specimens: usize, statistic: impl Fn(&[usize]) -> Option<f64>) -> Option<Interval> {
        if specimens < 2 {
            return None;
        }
        let mut generator = ChaCha8Rng::seed_from_u64(self.seed);
        let mut drawn = vec![0; specimens];
        let mut values = Vec::new();
        for _ in 0..self.draws {
            drawn.fill_with(|| generator.random_range(0..specimens as u64) as usize);
            values.extend(statistic(&drawn));
        }
        if values.len() * 2 < self.draws as usize {
            return None;
        }
        values.sort_by(f64::total_cmp);
        Some(Interval {
            low: percentile(&values, 0.025)?,
            high: percentile(&values, 0.975)?,
        })
    }
}

/// Linear between the sorted values, as numpy's default.
fn percentile(sorted: &[f64], share: f64) -> Option<f64> {
    let place = share * (sorted.len().checked_sub(1)? as f64);
    let below = sorted[place.floor() as usize];
    let above = sorted[place.ceil() as usize];
    Some(below + (above - below) * place.fract())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn mean_of(values: &[f64]) -> impl Fn(&[usize]) -> Option<f64> + '_ {
        |drawn| Some(drawn.iter().map(|i| values[*i]).sum::<f64>() / drawn.len() as f64)
    }

    #[test]
    fn one_specimen_has_no_interval() {
        assert_eq!(Bootstrap::default().interval(1, mean_of(&[0.9])), None);
        assert_eq!(Bootstrap::default().interval(0, |_| Some(1.0)), None);
    }

    #[test]
    fn percentiles_are_numpy_s() {
        // numpy.percentile([1, 2, 4, 8], [2.5, 50, 97.5])
        let sorted = [1.0, 2.0, 4.0, 8.0];
        let found = [0.025, 0.5, 0.975].map(|share| percentile(&sorted, share).unwrap());
        assert!(
            found.iter().zip([1.075, 3.0, 7.7]).all(|(a, b)| (a - b).abs() < 1e-12),
            "{found:?}"
        );
    }

    #[test]
    fn the_interval_of_a_mean_is_that_of_theory() {
        // The standard error of the mean of 400 evenly spread values in 0..1 is sqrt(1/12/400) = 0.01443.
        let values: Vec<f64> = (0..400).map(|i| (f64::from(i) + 0.5) / 400.0).collect();
        let interval = Bootstrap::default().interval(400, mean_of(&values)).unwrap();
        let half = 1.96 * (1.0f64 / 12.0 / 400.0).sqrt();
        assert!((interval.low - (0.5 - half)).abs() < 0.003 && (interval.high - (0.5 + half)).abs() < 0.003);
    }

    #[test]
    fn a_value_that_seldom_exists_has_no_interval() {
        let only_first = |drawn: &[usize]| drawn.contains(&0).then_some(0.5);
        assert!(Bootstrap::default().interval(3, only_first).is_some());
        let never = |_: &[usize]| None;
        assert_eq!(Bootstrap::default().interval(3, never), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]
        #[test]
        fn the_interval_holds_the_mean_and_lies_within_the_values(values in prop::collection::vec(0.0f64..1.0, 2..30), seed: u64) {
            let bootstrap = Bootstrap { draws: 400, seed };
            let interval = bootstrap.interval(values.len(), mean_of(&values)).unwrap();
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            let least = values.iter().copied().fold(f64::INFINITY, f64::min);
            let most = values.iter().copied().fold(0.0, f64::max);
            prop_assert!(interval.low <= mean + 1e-12 && mean <= interval.high + 1e-12, "{:?} {}", interval, mean);
            prop_assert!(least <= interval.low + 1e-12 && interval.high <= most + 1e-12);
            prop_assert_eq!(bootstrap.interval(values.len(), mean_of(&values)).unwrap(), interval);
        }
    }
}

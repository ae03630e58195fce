//! Making a network's percentages mean what they say.
//!
//! Networks trained on Dice are too sure of themselves. One number mends most of it (Guo et al. 2017, "On Calibration of Modern Neural Networks"): logits
//! are divided by a temperature, chosen on the validation pictures. The threshold 0.5 is the logit 0, which stays where it is, so no mask
//! changes; and the division goes into the last convolution, so no network grows.

/// Logits are counted in bins of this width, from 0 up; the last takes all above.
const WIDTH: f64 = 0.05;
const BINS: usize = 320;
/// Bins of probability from 0.5 to 1, as the expected calibration error has them.
const LEVELS: usize = 10;

/// How often pixels that were said to hold a trait hold it, by the logit with which it was said.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Reliability {
    said: Vec<u64>,
    right: Vec<u64>,
}

impl Default for Reliability {
    fn default() -> Self {
        Self {
            said: vec![0; BINS],
            right: vec![0; BINS],
        }
    }
}

impl Reliability {
    /// Counts a pixel that was said to hold a trait, with a probability above 0.5.
    pub fn count(&mut self, probability: f32, right: bool) {
        let p = f64::from(probability).min(1.0 - 1e-7);
        let bin = (((p / (1.0 - p)).ln() / WIDTH) as usize).min(BINS - 1);
        self.said[bin] += 1;
        self.right[bin] += u64::from(right);
    }

    /// The same of other pictures too.
    pub fn add(&mut self, other: &Self) {
        for (mine, others) in [(&mut self.said, &other.said), (&mut self.right, &other.right)] {
            for (mine, others) in mine.iter_mut().zip(others) {
                *mine += others;
            }
        }
    }

    /// The expected calibration error with a temperature: the gap between what is said and how often it is right, in ten bins of probability,
    /// weighted by pixels. 0 where nothing was said.
    pub fn error(&self, temperature: f64) -> f64 {
        let (mut pixels, mut said, mut right) = ([0.0; LEVELS], [0.0; LEVELS], [0.0; LEVELS]);
        for (bin, (count, hits)) in self.said.iter().zip(&self.right).enumerate() {
            let logit = (bin as f64 + 0.5) * WIDTH / temperature;
            let p = 1.0 / (1.0 + (-logit).exp());
            let level = (((p - 0.5) * 2.0 * LEVELS as f64) as usize).min(LEVELS - 1);
            pixels[level] += *count as f64;
            said[level] += *count as f64 * p;
            right[level] += *hits as f64;
        }
        let all: f64 = pixels.iter().sum();
        let gap: f64 = said.iter().zip(right).map(|(said, right)| (said - right).abs()).sum();
        if all == 0.0 { 0.0 } else { gap / all }
    }

    /// The temperature from 0.5 to 5 with the least error.
    pub fn temperature(&self) -> f64 {
        let candidates = (10..=100).map(|n| f64::from(n) / 20.0);
        // Of equal ones the one nearest to no change; so 1 where nothing was said.
        let better =
            |a: &f64, b: &f64| (self.error(*a), (a - 1.0).abs()).partial_cmp(&(self.error(*b), (b - 1.0).abs()));
        candidates
            .min_by(|a, b| better(a, b).unwrap_or(std::cmp::Ordering::Equal))
            .unwrap_or(1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn what_was_said_too_surely_is_said_less_surely() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        for true_temperature in [0.8f64, 1.0, 2.5] {
            let mut reliability = Reliability::default();
            for _ in 0..200_000 {
                let honest: f64 = rng.random_range(0.0..5.0);
                let right = rng.random_bool(1.0 / (1.0 + (-honest).exp()));
                let said = 1.0 / (1.0 + (-honest * true_temperature).exp());
                reliability.count(said as f32, right);
            }
            let found = reliability.temperature();
            assert!((found - true_temperature).abs() < 0.11, "{true_temperature}: {found}");
            assert!(reliability.error(found) < 0.005);
        }
    }

    #[test]
    fn nothing_said_changes_nothing() {
        assert_eq!(Reliability::default().temperature(), 1.0);
        let mut sure = Reliability::default();
        sure.count(1.0, true);
        assert!(sure.error(1.0) < 1e-6);
    }
}

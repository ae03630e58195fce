//! Random choices in the words that a drawing needs.

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

/// The generator of every drawing: the same seed gives the same picture on every machine of one kind.
pub(crate) type Generator = ChaCha8Rng;

/// A generator for one part of a drawing. Parts have streams of their own, so that a change in one leaves the others as they were.
pub(crate) fn generator(seed: u64, stream: u64) -> Generator {
    let mut generator = ChaCha8Rng::seed_from_u64(seed);
    generator.set_stream(stream);
    generator
}

/// Choices on a generator.
pub(crate) trait Dice {
    /// A number from `low` to `high`.
    fn between(&mut self, low: f64, high: f64) -> f64;
    /// A whole number from `low` to `high`, both included.
    fn whole(&mut self, low: u32, high: u32) -> u32;
    /// True in a share `probability` of the calls.
    fn chance(&mut self, probability: f64) -> bool;
    /// One of `choices`, which has at least one.
    fn pick<T: Copy>(&mut self, choices: &[T]) -> T;
    /// A number around 0 with standard deviation `spread`, never further than three of them.
    fn around_zero(&mut self, spread: f64) -> f64;
    /// A seed for a noise field.
    fn seed(&mut self) -> u32;
}

impl Dice for Generator {
    fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.random::<f64>()
    }

    fn whole(&mut self, low: u32, high: u32) -> u32 {
        self.random_range(low..=high.max(low))
    }

    fn chance(&mut self, probability: f64) -> bool {
        self.random::<f64>() < probability
    }

    fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.random_range(0..choices.len())]
    }

    fn around_zero(&mut self, spread: f64) -> f64 {
        // The sum of six uniform numbers in -0.5..0.5 has variance one half and ends at three.
        let sum: f64 = (0..6).map(|_| self.random::<f64>() - 0.5).sum();
        sum * std::f64::consts::SQRT_2 / 1.5 * 1.06 * spread
    }

    fn seed(&mut self) -> u32 {
        self.random()
    }
}

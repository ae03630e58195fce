//! A decoder and a head that never learnt anything, as segmentation_models_pytorch 0.2.1 begins training with them (`base/initialization.py`).

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// How a decoder is made for an encoder that comes alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Untrained {
    /// The same seed gives the same values, on every machine.
    pub seed: u64,
    /// Output channels, 1 to 12.
    pub classes: usize,
}

impl Untrained {
    /// Channels of the pyramid, the library's default.
    pub(super) const PYRAMID: usize = 256;
    /// Channels of the segmentation branches, the library's default.
    pub(super) const SEGMENTATION: usize = 128;

    pub(super) fn start(&self) -> Drawn {
        Drawn(ChaCha8Rng::seed_from_u64(self.seed))
    }
}

/// Values in the order in which the network asks for them: laterals from p5 to p2, branches from p5's to p2's, head.
pub(super) struct Drawn(ChaCha8Rng);

impl Drawn {
    /// A convolution's weight: torch's `kaiming_uniform_` for ReLU by incoming values, uniform within ±√(6 / incoming).
    pub(super) fn kaiming(&mut self, count: usize, incoming: usize) -> Vec<f32> {
        self.uniform(count, 6.0 / incoming as f64)
    }

    /// The head's weight: torch's `xavier_uniform_`, uniform within ±√(6 / (incoming + outgoing)).
    pub(super) fn xavier(&mut self, count: usize, incoming: usize, outgoing: usize) -> Vec<f32> {
        self.uniform(count, 6.0 / (incoming + outgoing) as f64)
    }

    fn uniform(&mut self, count: usize, square_of_bound: f64) -> Vec<f32> {
        let bound = square_of_bound.sqrt() as f32;
        (0..count).map(|_| self.0.random_range(-bound..=bound)).collect()
    }
}

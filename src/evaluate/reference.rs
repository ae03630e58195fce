//! The reference's metric and loss, to the letter.
//!
//! Formulas: segmentation_models_pytorch 0.2.1, `utils/functional.py`, `utils/metrics.py`, `utils/losses.py`, which hdr-bgnn/BGNN-trait-segmentation
//! trains and tests with. Sums go over *all* elements of the tensors, so channels and pixels (and the pictures of a batch) are pooled, and a
//! trait that is absent from a picture counts through its false positives only. The value over a set of pictures is the plain mean of the
//! values of the pictures, as a test with batches of one picture gives it: neither the mean over traits nor one pool of all pixels.
//!
//! Sums here are exact or in float64 where the reference adds in float32, whose last digits depend on the order.

use crate::traits::{Trait, TraitMask, TraitSet};

/// What the reference adds to numerator and denominator of IoU and F-score; two empty masks thereby agree fully.
pub const METRIC_EPSILON: f64 = 1e-7;

/// What its Dice loss adds.
pub const LOSS_EPSILON: f64 = 1.0;

/// The three sums of which the reference makes its metrics and its loss.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sums {
    /// Sum of truth times prediction.
    pub shared: f64,
    /// Sum of the prediction.
    pub predicted: f64,
    /// Sum of the truth.
    pub truth: f64,
}

impl Sums {
    /// Of probabilities, one plane for each of `classes`, and a mask of the size of a plane; only in the traits `scored`. A scored trait without a plane
    /// has probability 0. `None` if the lengths don't fit.
    pub fn of_probabilities(
        probabilities: &[f32],
        classes: &[Trait],
        truth: &TraitMask,
        scored: TraitSet,
    ) -> Option<Self> {
        let pixels = truth.bits().len();
        if pixels == 0 || probabilities.len() != classes.len() * pixels {
            return None;
        }
        let counts = truth.pixel_counts();
        let mut sums = Self {
            shared: 0.0,
            predicted: 0.0,
            truth: scored.iter().map(|t| counts[t.channel()] as f64).sum(),
        };
        for (which, plane) in classes.iter().zip(probabilities.chunks_exact(pixels)) {
            if !scored.contains(*which) {
                continue;
            }
            for (p, traits) in plane.iter().zip(truth.bits()) {
                let p = f64::from(*p);
                sums.predicted += p;
                sums.shared += p * f64::from(traits >> which.channel() & 1);
            }
        }
        Some(sums)
    }

    /// Of a prediction as it is; `None` if the lengths differ.
    pub fn soft(prediction: &[f32], truth: &[f32]) -> Option<Self> {
        Self::of(prediction.iter().map(|p| f64::from(*p)), truth)
    }

    /// Of a prediction that counts as 1 above the threshold and as 0 at it or below; `None` if the lengths differ.
    pub fn above(threshold: f32, prediction: &[f32], truth: &[f32]) -> Option<Self> {
        Self::of(prediction.iter().map(|p| f64::from(u8::from(*p > threshold))), truth)
    }

    fn of(prediction: impl ExactSizeIterator<Item = f64>, truth: &[f32]) -> Option<Self> {
        if prediction.len() != truth.len() {
            return None;
        }
        let mut sums = Self {
            shared: 0.0,
            predicted: 0.0,
            truth: 0.0,
        };
        for (p, t) in prediction.zip(truth.iter().map(|t| f64::from(*t))) {
            sums.shared += p * t;
            sums.predicted += p;
            sums.truth += t;
        }
        Some(sums)
    }

    /// Intersection over union: `(I + e) / (T + P - I + e)`, e = 1e-7.
    pub fn iou(&self) -> f64 {
        (self.shared + METRIC_EPSILON) / (self.truth + self.predicted - self.shared + METRIC_EPSILON)
    }

    /// F-score with beta 1 (the Dice coefficient), e = 1e-7.
    pub fn f_score(&self) -> f64 {
        self.f_score_with(METRIC_EPSILON)
    }

    /// One minus the F-score with e = 1; the reference takes it of probabilities ([`Sums::soft`]).
    pub fn dice_loss(&self) -> f64 {
        1.0 - self.f_score_with(LOSS_EPSILON)
    }

    fn f_score_with(&self, epsilon: f64) -> f64 {
        let twice = 2.0 * self.shared;
        let missed = self.truth - self.shared;
        let surplus = self.predicted - self.shared;
        (twice + epsilon) / (twice + missed + surplus + epsilon)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exactly_at_the_threshold_is_off() {
        let prediction = [0.5, 0.5f32.next_up(), 0.5f32.next_down()];
        let sums = Sums::above(0.5, &prediction, &[1.0, 1.0, 1.0]).unwrap();
        assert_eq!(sums.predicted, 1.0);
    }

    #[test]
    fn lengths_that_differ_are_no_pair() {
        assert_eq!(Sums::soft(&[0.5], &[]), None);
        assert_eq!(Sums::above(0.5, &[], &[1.0]), None);
    }
}

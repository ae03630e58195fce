//! Pixels of each trait in two masks and in both.

use std::iter::Sum;
use std::ops::{Add, AddAssign};

use super::EvaluateError;
use super::reference::Sums;
use crate::traits::{Trait, TraitMask, TraitSet};

/// For each trait the pixels predicted, the pixels of the truth, and the pixels of both.
///
/// Agreements of several pictures are pooled by adding them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Agreement {
    shared: [u64; Trait::COUNT],
    predicted: [u64; Trait::COUNT],
    truth: [u64; Trait::COUNT],
}

impl Agreement {
    /// Counts two masks of the same size.
    ///
    /// # Errors
    /// [`EvaluateError::Sizes`] if the sizes differ.
    pub fn of(predicted: &TraitMask, truth: &TraitMask) -> Result<Self, EvaluateError> {
        if predicted.size() != truth.size() {
            return Err(EvaluateError::Sizes {
                predicted: predicted.size(),
                truth: truth.size(),
            });
        }
        let mut counts = Self::default();
        // Most pixels repeat the pair before them, so runs are counted rather than pixels.
        let mut pairs = predicted.bits().iter().copied().zip(truth.bits().iter().copied());
        let Some(mut last) = pairs.next() else {
            return Ok(counts);
        };
        let mut run = 1;
        for pair in pairs {
            if pair != last {
                counts.add_run(last, run);
                (last, run) = (pair, 0);
            }
            run += 1;
        }
        counts.add_run(last, run);
        Ok(counts)
    }

    fn add_run(&mut self, (predicted, truth): (u16, u16), pixels: u64) {
        for (counts, bits) in [
            (&mut self.shared, predicted & truth),
            (&mut self.predicted, predicted),
            (&mut self.truth, truth),
        ] {
            for which in TraitSet::from_bits(bits).iter() {
                counts[which.channel()] += pixels;
            }
        }
    }

    /// The same with only these traits; the others count as empty in both masks.
    #[must_use]
    pub fn only(&self, scored: TraitSet) -> Self {
        let mut kept = Self::default();
        for channel in scored.iter().map(Trait::channel) {
            kept.shared[channel] = self.shared[channel];
            kept.predicted[channel] = self.predicted[channel];
            kept.truth[channel] = self.truth[channel];
        }
        kept
    }

    /// Pixels of a trait in both masks.
    pub fn shared(&self, which: Trait) -> u64 {
        self.shared[which.channel()]
    }

    /// Pixels of a trait in the prediction.
    pub fn predicted(&self, which: Trait) -> u64 {
        self.predicted[which.channel()]
    }

    /// Pixels of a trait in the truth.
    pub fn truth(&self, which: Trait) -> u64 {
        self.truth[which.channel()]
    }

    /// The traits of which the truth has any pixel.
    pub fn traits_of_truth(&self) -> TraitSet {
        Trait::ALL.into_iter().filter(|t| self.truth(*t) > 0).collect()
    }

    /// The reference's IoU: all traits pooled; 1 where both masks are empty. See [`reference`](super::reference).
    pub fn iou(&self) -> f64 {
        self.sums().iou()
    }

    /// IoU of one trait; `None` where neither mask has any of it, and there is nothing to score.
    pub fn iou_of(&self, which: Trait) -> Option<f64> {
        let sums = self.sums_of(which);
        (sums.predicted + sums.truth > 0.0).then(|| sums.iou())
    }

    /// The reference's sums over all traits. Counts below 2^53 are exact in float64.
    pub fn sums(&self) -> Sums {
        let total = |counts: &[u64; Trait::COUNT]| counts.iter().sum::<u64>() as f64;
        Sums {
            shared: total(&self.shared),
            predicted: total(&self.predicted),
            truth: total(&self.truth),
        }
    }

    fn sums_of(&self, which: Trait) -> Sums {
        Sums {
            shared: self.shared(which) as f64,
            predicted: self.predicted(which) as f64,
            truth: self.truth(which) as f64,
        }
    }
}

impl AddAssign for Agreement {
    fn add_assign(&mut self, other: Self) {
        for (sum, more) in [
            (&mut self.shared, other.shared),
            (&mut self.predicted, other.predicted),
            (&mut self.truth, other.truth),
        ] {
            for (sum, more) in sum.iter_mut().zip(more) {
                *sum += more;
            }
        }
    }
}

impl Add for Agreement {
    type Output = Self;

    fn add(mut self, other: Self) -> Self {
        self += other;
        self
    }
}

impl Sum for Agreement {
    fn sum<I: Iterator<Item = Self>>(agreements: I) -> Self {
        agreements.fold(Self::default(), Add::add)
    }
}

impl<'a> Sum<&'a Agreement> for Agreement {
    fn sum<I: Iterator<Item = &'a Agreement>>(agreements: I) -> Self {
        agreements.copied().sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::Size;
    use proptest::prelude::*;

    fn mask(width: u32, bits: &[u16]) -> TraitMask {
        TraitMask::from_bits(Size::new(width, bits.len() as u32 / width), bits.to_vec()).unwrap()
    }

    #[test]
    fn pictures_are_pooled_by_adding() {
        let one = Agreement::of(&mask(2, &[1, 1]), &mask(2, &[1, 0])).unwrap();
        let two = Agreement::of(&mask(2, &[0, 64]), &mask(2, &[1, 64])).unwrap();
        let both: Agreement = [one, two].iter().sum();
        assert_eq!((one + two, both.shared(Trait::DorsalFin)), (both, 1));
        assert!((both.iou_of(Trait::DorsalFin).unwrap() - 1.0 / 3.0).abs() < 1e-6);
        assert_eq!(both.iou_of(Trait::Trunk), None);
        assert!((both.iou() - 0.5).abs() < 1e-6);
        assert_eq!(both.only(TraitSet::EMPTY.with(Trait::Head)).iou(), 1.0);
    }

    #[test]
    fn masks_of_two_sizes_are_no_pair() {
        let error = Agreement::of(&mask(2, &[0, 0]), &mask(1, &[0, 0]))
            .unwrap_err()
            .to_string();
        assert!(error.contains("2x1") && error.contains("1x2"), "{error}");
    }

    proptest! {
        #[test]
        fn counts_are_those_of_single_pixels(pairs in prop::collection::vec((0u16..0x1000, 0u16..0x1000), 1..60), repeat in 1usize..4) {
            let of = |pick: fn(&(u16, u16)) -> u16| -> Vec<u16> {
                pairs.iter().flat_map(|p| std::iter::repeat_n(pick(p), repeat)).collect()
            };
            let (predicted, truth) = (of(|p| p.0), of(|p| p.1));
            let agreement = Agreement::of(&mask(1, &predicted), &mask(1, &truth)).unwrap();
            for which in Trait::ALL {
                let bit = 1 << which.channel();
                let count = |on: &dyn Fn(u16, u16) -> bool| {
                    predicted.iter().zip(&truth).filter(|(p, t)| on(**p & bit, **t & bit)).count() as u64
                };
                prop_assert_eq!(agreement.predicted(which), count(&|p, _| p != 0));
                prop_assert_eq!(agreement.truth(which), count(&|_, t| t != 0));
                prop_assert_eq!(agreement.shared(which), count(&|p, t| p & t != 0));
            }
            let exact = mask(1, &predicted).iou(&mask(1, &truth)).unwrap();
            prop_assert!((agreement.iou() - exact).abs() < 1e-6);
        }
    }
}

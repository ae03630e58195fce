//! What the engine is shown: an epoch's pictures in their order, altered, as batches; and the validation pictures.

use image::RgbImage;
use rand::Rng;
use rand::seq::SliceRandom;
use rayon::prelude::*;

use super::super::engine::{Batch, Scores};
use super::super::features::{Shown, Which};
use super::super::layers::Operator;
use super::super::{Alteration, TrainError, augment};
use super::{Purpose, Run};
use crate::traits::{TraitMask, TraitSet};

impl Run<'_> {
    /// The pictures of an epoch in their order.
    pub(super) fn order(&self, epoch: usize) -> Vec<Which> {
        let copies = match self.job.settings.alteration {
            Alteration::Fixed { copies } => copies,
            Alteration::None | Alteration::Fresh => 1,
        };
        let pictures = self.job.parts.training.iter();
        let mut order: Vec<Which> = pictures
            .flat_map(|picture| {
                (0..copies).map(|copy| Which {
                    picture: *picture,
                    copy,
                })
            })
            .collect();
        order.shuffle(&mut self.random(Purpose::Order, epoch, 0));
        order
    }

    pub(super) fn training_batch(&mut self, batch: &[Which], epoch: usize) -> Result<Batch, TrainError> {
        let fresh = self.job.settings.alteration == Alteration::Fresh;
        let drawn: Vec<Option<(RgbImage, TraitMask)>> = batch
            .par_iter()
            .map(|which| {
                let specimen = &self.job.material.specimens[which.picture];
                let variant = match fresh {
                    true => epoch + 1,
                    false => which.copy,
                };
                match variant {
                    _ if !fresh && self.features.kept(*which).is_some() => None,
                    0 => Some((specimen.picture.clone(), specimen.mask.clone())),
                    variant => {
                        let mut rng = self.random(Purpose::Alteration, variant, which.picture);
                        Some(augment::altered(&specimen.picture, &specimen.mask, &mut rng))
                    }
                }
            })
            .collect();
        let shown = batch.iter().zip(drawn).map(|(which, drawn)| match drawn {
            Some((picture, mask)) => self.features.of(&picture, mask, (!fresh).then_some(*which)),
            None => Ok(self.features.kept(*which).expect("it was kept a moment ago")),
        });
        let shown = shown.collect::<Result<Vec<_>, TrainError>>()?;
        Ok(self.batch(batch, shown))
    }

    /// What the engine takes.
    pub(super) fn batch(&self, which: &[Which], shown: Vec<Shown>) -> Batch {
        let mut batch = Batch {
            count: shown.len(),
            features: (self.engine.layers().features.iter())
                .map(|(_, shape)| Vec::with_capacity(shown.len() * shape.iter().product::<usize>()))
                .collect(),
            ..Batch::default()
        };
        for (which, shown) in which.iter().zip(shown) {
            let not_labelled = self.job.material.specimens[which.picture].not_labelled;
            for (all, one) in batch.features.iter_mut().zip(shown.features) {
                all.extend(one);
            }
            for class in &self.classes {
                let bit = TraitSet::EMPTY.with(*class).bits();
                batch.truth.extend(
                    shown
                        .mask
                        .bits()
                        .iter()
                        .map(|bits| if bits & bit != 0 { 1.0 } else { 0.0 }),
                );
                let silent = not_labelled.contains(*class) || self.left_alone.contains(*class);
                batch.scored.push(if silent { 0.0 } else { 1.0 });
            }
        }
        batch
    }

    /// Factors of the channels before the last convolution: 0 for those that are dropped, the others so much larger that the mean stays.
    pub(super) fn dropped(&self, pictures: usize) -> Vec<f32> {
        let layers = self.engine.layers();
        let share = self.job.settings.dropout;
        let Some(head) = layers.head.filter(|_| share > 0.0) else {
            return Vec::new();
        };
        let Operator::Convolution { weight, groups, .. } = layers.layers[head].operator else {
            return Vec::new();
        };
        let channels = layers.parameters[weight].shape[1] * groups;
        let mut rng = self.random(Purpose::Dropout, 0, self.engine.steps());
        let factor = |_| {
            if rng.random_bool(f64::from(share)) {
                0.0
            } else {
                1.0 / (1.0 - share)
            }
        };
        (0..pictures * channels).map(factor).collect()
    }

    /// Mean loss of the validation pictures, and each one's IoU, as the reference's test does.
    pub(super) fn validation(&mut self) -> Result<Scores, TrainError> {
        let threshold = self.job.manifest.output.threshold;
        let mut all = Scores::default();
        for pictures in self.job.parts.validation.chunks(self.job.settings.batch) {
            let which: Vec<Which> = pictures
                .iter()
                .map(|picture| Which {
                    picture: *picture,
                    copy: 0,
                })
                .collect();
            let mut shown = Vec::new();
            for which in &which {
                let specimen = &self.job.material.specimens[which.picture];
                shown.push(match self.features.kept(*which) {
                    Some(kept) => kept,
                    None => self
                        .features
                        .of(&specimen.picture, specimen.mask.clone(), Some(*which))?,
                });
            }
            let scores = self.engine.scores(self.batch(&which, shown), threshold)?;
            all.loss += scores.loss * pictures.len() as f64;
            all.ious.extend(scores.ious);
            all.reliability.add(&scores.reliability);
        }
        all.loss /= all.ious.len() as f64;
        Ok(all)
    }
}

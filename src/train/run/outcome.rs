//! What comes out of a run: the best network's bundle, and how it does on pictures that it never learnt from.

use std::path::{Path, PathBuf};

use super::super::TrainError;
use super::super::calibration::Reliability;
use super::super::curves::EpochScore;
use super::{BEST, Run};
use crate::convert::write_bundle;
use crate::network::{Bundle, Manifest, NetworkError, NetworkSettings, TraitNetwork};
use crate::traits::{Trait, TraitMask};

/// How a network does on pictures that it never learnt from, before and after.
#[derive(Debug, Clone, PartialEq)]
pub struct TestScore {
    /// The picture.
    pub name: String,
    /// IoU of the network that the training began with.
    pub before: f64,
    /// IoU of the best network.
    pub after: f64,
}

/// How a training ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Trained {
    /// The epochs.
    pub scores: Vec<EpochScore>,
    /// Validation IoU of the network that the training began with.
    pub start: f64,
    /// The bundle of the best network; `None` if none was better than the one that the training began with, or it was refused.
    pub bundle: Option<PathBuf>,
    /// The test's pictures, in the order of their names.
    pub test: Vec<TestScore>,
    /// The best network was worse on the test's pictures than the one that the training began with.
    pub refused: bool,
    /// The run was asked to stop before its end; the same call goes on.
    pub stopped: bool,
}

impl Trained {
    /// Mean IoU of the test's pictures before and after; `None` without a test.
    pub fn test_means(&self) -> Option<(f64, f64)> {
        let count = self.test.len() as f64;
        let mean = |of: fn(&TestScore) -> f64| self.test.iter().map(of).sum::<f64>() / count;
        (!self.test.is_empty()).then(|| (mean(|s| s.before), mean(|s| s.after)))
    }
}

impl Run<'_> {
    /// The network as it is now, as a bundle; its percentages mended by what the validation pictures say of them.
    pub(super) fn write_best(&self, score: &EpochScore, reliability: &Reliability) -> Result<(), TrainError> {
        let layers = self.engine.layers();
        let mut values = self.engine.values();
        let mut confidence = None;
        // Any other threshold is another logit than 0, which a temperature would move.
        if let Some(logits) = layers
            .logit_parameters()
            .filter(|_| self.job.manifest.output.threshold == 0.5)
        {
            let temperature = reliability.temperature();
            for index in logits {
                for value in &mut values[index] {
                    *value /= temperature as f32;
                }
            }
            confidence = Some((reliability.error(1.0), reliability.error(temperature)));
        }
        let model = layers.written_into(self.job.model, &values);
        write_bundle(&self.folder.join(BEST), model, self.manifest(score, confidence), true)?;
        Ok(())
    }

    /// What the new bundle says of itself.
    pub(super) fn manifest(&self, score: &EpochScore, confidence: Option<(f64, f64)>) -> Manifest {
        let (old, parts) = (self.job.manifest, self.job.parts);
        let learnt = self.job.material.pictures_with(&parts.training);
        let name = self
            .folder
            .path()
            .file_name()
            .map_or_else(|| "trained".to_owned(), |n| n.to_string_lossy().into_owned());
        let untrained = old.output.untrained.iter();
        let still = |name: &&String| Trait::from_bgnn_name(name).is_none_or(|t| learnt[t.channel()] == 0);
        let mut manifest = Manifest {
            description: format!("{} {}, trained further by fishrig", old.name, old.version),
            version: jiff::Timestamp::now().strftime("%Y-%m-%d").to_string(),
            origin: format!(
                "{} {} (network {}): {}",
                old.name,
                old.version,
                &old.sha256[..12],
                old.origin
            ),
            training: format!(
                "By fishrig train: {} pictures, frozen: {}, epoch {} of seed {}; IoU {:.4} on {} pictures kept for validation, where the network \
                 that it began with has {:.4}.{} Before that: {}",
                parts.training.len(),
                self.job.settings.freeze,
                score.epoch,
                self.job.settings.seed,
                score.validation_iou,
                parts.validation.len(),
                self.notes.start,
                confidence.map_or_else(String::new, |(before, after)| format!(
                    " Confidence mended by a temperature: expected calibration error {after:.3} on these, {before:.3} without."
                )),
                old.training.trim(),
            ),
            licence: format!(
                "{} The pictures and labels that it was trained further on have terms of their own.",
                old.licence
            ),
            name,
            ..old.clone()
        };
        manifest.output.untrained = untrained.filter(still).cloned().collect();
        manifest
    }

    pub(super) fn ended(self, stopped: bool) -> Result<Trained, TrainError> {
        let path = self.folder.join(BEST);
        let found_better = self.notes.scores.iter().any(|s| s.best);
        let has_best = found_better && path.is_dir();
        let mut trained = Trained {
            bundle: has_best.then(|| path.clone()),
            start: self.notes.start,
            test: Vec::new(),
            // Where it is gone, an earlier call has taken it away.
            refused: found_better && !has_best,
            stopped,
            scores: self.notes.scores.clone(),
        };
        if stopped || !has_best || self.job.parts.test.is_empty() {
            return Ok(trained);
        }
        trained.test = self.test(&path)?;
        if let Some((before, after)) = trained.test_means()
            && self.job.refuse_worse
            && after < before
        {
            std::fs::remove_dir_all(&path).map_err(|source| TrainError::Write { path, source })?;
            (trained.refused, trained.bundle) = (true, None);
        }
        Ok(trained)
    }

    /// Both networks, as a station runs them, on the test's pictures.
    pub(super) fn test(&self, best: &Path) -> Result<Vec<TestScore>, TrainError> {
        let threads = NetworkSettings::on_threads(self.job.settings.threads);
        let bundle = Bundle::open(best).map_err(NetworkError::Bundle)?;
        let after = TraitNetwork::load(&bundle, &threads)?;
        let before = TraitNetwork::from_message(
            self.job.model.clone(),
            self.job.manifest,
            &self.job.manifest.name,
            &threads,
        )?;
        let mut scores = Vec::new();
        for specimen in self
            .job
            .parts
            .test
            .iter()
            .map(|index| &self.job.material.specimens[*index])
        {
            let silent = specimen.not_labelled;
            let heard = |mask: &TraitMask| {
                let bits = mask.bits().iter().map(|bits| bits & !silent.bits()).collect();
                TraitMask::from_bits(mask.size(), bits).expect("as many as before")
            };
            let truth = heard(&specimen.mask);
            let iou = |network: &TraitNetwork| -> Result<f64, TrainError> {
                let mask = network.segment(&specimen.picture)?.mask;
                Ok(heard(&mask).iou(&truth).unwrap_or(0.0))
            };
            scores.push(TestScore {
                name: specimen.name.clone(),
                before: iou(&before)?,
                after: iou(&after)?,
            });
        }
        Ok(scores)
    }
}

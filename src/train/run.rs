//! A training from its first epoch to its best network.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use image::RgbImage;
use rand::Rng;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::calibration::Reliability;
use super::curves::{self, EpochScore};
use super::engine::{Batch, Engine, Kept, Scores};
use super::features::{Features, Shown, Which};
use super::layers::Layers;
use super::state::{Notes, RunFolder};
use super::{Alteration, Material, Parts, TrainError, TrainSettings, augment};
use crate::checksum::sha256_hex;
use crate::convert::onnx::ModelProto;
use crate::convert::write_bundle;
use crate::network::{FeatureNetwork, Manifest, NetworkSettings, TraitNetwork};
use crate::traits::{Trait, TraitMask, TraitSet};

/// Within an epoch the state is kept about so often.
const SAVE_EVERY: Duration = Duration::from_secs(60);

/// The name of the best network's bundle in the run's folder.
const BEST: &str = "best";

/// What is trained on what.
#[derive(Debug, Clone, Copy)]
pub struct Job<'a> {
    /// A float network.
    pub model: &'a ModelProto,
    /// What its bundle says.
    pub manifest: &'a Manifest,
    /// Labelled pictures at its input's size.
    pub material: &'a Material,
    /// Which of them train, validate and test.
    pub parts: &'a Parts,
    /// How.
    pub settings: &'a TrainSettings,
    /// The result is refused, and taken away, if it is worse on the test's pictures than the network that the training began with.
    pub refuse_worse: bool,
}

/// What happens.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Progress<'a> {
    /// The network is cut, and the run begins or goes on.
    Begin {
        /// Values that learn.
        learning: usize,
        /// Names of the tensors that the frozen part gives.
        features: &'a [(String, [usize; 3])],
        /// Traits that the network knew and no training label has: it keeps what it knew of them.
        left_alone: TraitSet,
        /// Epochs that were done before.
        done: usize,
        /// Validation IoU of the network as it is before the first step.
        start: f64,
    },
    /// A batch was learnt.
    Batch {
        /// The epoch, from 0.
        epoch: usize,
        /// Batches of this epoch that are done.
        done: usize,
        /// Batches of an epoch.
        of: usize,
        /// Mean loss of this epoch so far.
        loss: f64,
    },
    /// An epoch is over.
    Epoch(&'a EpochScore),
}

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

/// Trains, or goes on where the run in `folder` was left. Ends early, with everything kept, when `stop` becomes true.
///
/// # Errors
/// [`TrainError`]. Whatever it is, the best network up to there stays in `folder`.
pub fn train(
    job: &Job<'_>,
    folder: &Path,
    restart: bool,
    stop: &AtomicBool,
    tell: &mut dyn FnMut(Progress<'_>),
) -> Result<Trained, TrainError> {
    job.settings.check()?;
    job.parts.check()?;
    let layers = Layers::of(job.model, &job.settings.freeze)?;
    let folder = RunFolder::take(folder)?;
    if restart {
        folder.clear()?;
    }
    let mut run = Run::new(job, layers, folder)?;
    run.begin(tell)?;
    while !run.notes.finished {
        if !run.epoch(stop, tell)? {
            return run.ended(true);
        }
    }
    run.ended(false)
}

struct Run<'a> {
    job: &'a Job<'a>,
    folder: RunFolder,
    engine: Engine,
    features: Features,
    classes: Vec<Trait>,
    /// Traits that no training label has, and that the network knew: labels say nothing of them.
    left_alone: TraitSet,
    notes: Notes,
    saved: Instant,
}

/// What a stream of random numbers is for; different ones never repeat each other.
#[derive(Clone, Copy)]
enum Purpose {
    Order = 1,
    Alteration = 2,
    Dropout = 3,
}

impl<'a> Run<'a> {
    fn new(job: &'a Job<'a>, layers: Layers, folder: RunFolder) -> Result<Self, TrainError> {
        let settings = job.settings;
        let names: Vec<String> = layers.features.iter().map(|(name, _)| name.clone()).collect();
        let threads = NetworkSettings::on_threads(settings.threads);
        let network = FeatureNetwork::load(job.model, job.manifest, &job.manifest.name, &threads, &names)?;
        let classes = job.manifest.classes().map_err(TrainError::Graph)?;
        let knew: TraitSet = classes
            .iter()
            .copied()
            .filter(|t| !job.manifest.not_assessed().contains(*t))
            .collect();
        let missing = job.material.missing(&job.parts.training);
        let notes = Notes {
            run: identity(job),
            ..Notes::default()
        };
        Ok(Self {
            job,
            folder,
            engine: Engine::new(layers, settings.processor.device(settings.threads)?)?,
            features: Features::new(network, settings.cache),
            left_alone: knew.iter().filter(|t| missing.contains(*t)).collect(),
            classes,
            notes,
            saved: Instant::now(),
        })
    }

    /// Takes up what an earlier run has left, or looks at the network as it is.
    fn begin(&mut self, tell: &mut dyn FnMut(Progress<'_>)) -> Result<(), TrainError> {
        let names: Vec<&str> = self
            .engine
            .layers()
            .parameters
            .iter()
            .map(|p| p.name.as_str())
            .collect();
        match self.folder.load(&names)? {
            Some((notes, kept)) => {
                if let Some(differs) = difference(&notes.run, &self.notes.run) {
                    let folder = self.folder.path().to_owned();
                    return Err(TrainError::OtherRun { folder, differs });
                }
                self.engine
                    .restore(&kept, notes.steps)
                    .map_err(|reason| TrainError::State {
                        path: self.folder.join("state.safetensors"),
                        reason,
                    })?;
                self.notes = notes;
                // More epochs than before may be wanted, or fewer.
                self.notes.finished = self.is_over();
            }
            None => {
                self.notes.start = self.validation()?.mean_iou();
                self.save()?;
            }
        }
        tell(Progress::Begin {
            learning: self.engine.layers().values(),
            features: &self.engine.layers().features,
            left_alone: self.left_alone,
            done: self.notes.epoch,
            start: self.notes.start,
        });
        Ok(())
    }

    /// One epoch to its end; false if it was asked to stop before.
    fn epoch(&mut self, stop: &AtomicBool, tell: &mut dyn FnMut(Progress<'_>)) -> Result<bool, TrainError> {
        let begun = Instant::now();
        let (settings, epoch) = (self.job.settings, self.notes.epoch);
        let order = self.order(epoch);
        let batches: Vec<&[Which]> = order.chunks(settings.batch).collect();
        let rate = settings.rate_in(epoch);
        for batch in batches.iter().skip(self.notes.batches) {
            if stop.load(Ordering::Relaxed) {
                self.save()?;
                return Ok(false);
            }
            let shown = self.training_batch(batch, epoch)?;
            let dropped = self.dropped(batch.len());
            let loss = self.engine.step(&shown, rate, &dropped)?;
            if !loss.is_finite() {
                return Err(TrainError::NotANumber { epoch: epoch + 1, rate });
            }
            self.notes.loss += loss * batch.len() as f64;
            self.notes.batches += 1;
            let learnt = order.len().min(self.notes.batches * settings.batch);
            tell(Progress::Batch {
                epoch,
                done: self.notes.batches,
                of: batches.len(),
                loss: self.notes.loss / learnt as f64,
            });
            if self.saved.elapsed() > SAVE_EVERY {
                self.save()?;
            }
        }
        let validation = self.validation()?;
        let iou = validation.mean_iou();
        if !validation.loss.is_finite() {
            return Err(TrainError::NotANumber { epoch: epoch + 1, rate });
        }
        let before = self
            .notes
            .scores
            .iter()
            .map(|s| s.validation_iou)
            .fold(self.notes.start, f64::max);
        let score = EpochScore {
            epoch: epoch + 1,
            rate,
            loss: self.notes.loss / order.len() as f64,
            validation_loss: validation.loss,
            validation_iou: iou,
            seconds: begun.elapsed().as_secs_f64(),
            best: iou > before,
        };
        // The network first: if the power fails between the two, the epoch is repeated and gives the same one.
        if score.best {
            self.write_best(&score, &validation.reliability)?;
        }
        tell(Progress::Epoch(&score));
        self.notes.scores.push(score);
        (self.notes.epoch, self.notes.batches, self.notes.loss) = (epoch + 1, 0, 0.0);
        self.notes.finished = self.is_over();
        self.save()?;
        self.folder.write("curves.csv", &curves::table(&self.notes.scores))?;
        let picture = curves::picture(&self.notes.scores, self.notes.start, &self.job.manifest.name);
        self.folder.write("curves.png", &picture)?;
        Ok(true)
    }

    /// All epochs are done, or validation was no better for too long.
    fn is_over(&self) -> bool {
        let best = self
            .notes
            .scores
            .iter()
            .rposition(|s| s.best)
            .map_or(0, |index| index + 1);
        let waited = self.notes.scores.len() - best;
        let settings = self.job.settings;
        self.notes.epoch >= settings.epochs || settings.patience.is_some_and(|patience| waited >= patience)
    }

    fn save(&mut self) -> Result<(), TrainError> {
        self.notes.steps = self.engine.steps();
        let parameters = &self.engine.layers().parameters;
        let names: Vec<&str> = parameters.iter().map(|p| p.name.as_str()).collect();
        let kept = self.engine.kept();
        // A step can spoil weights whose loss was still a number; the state before it is worth more.
        if !kept.iter().all(Kept::is_finite) {
            let epoch = self.notes.epoch;
            let rate = self.job.settings.rate_in(epoch);
            return Err(TrainError::NotANumber { epoch: epoch + 1, rate });
        }
        self.folder.save(&self.notes, &names, &kept)?;
        self.saved = Instant::now();
        Ok(())
    }

    /// Random numbers that depend on nothing but the seed, their purpose and two counters: so a run goes on anywhere as if it had never stopped.
    fn random(&self, purpose: Purpose, a: usize, b: usize) -> ChaCha8Rng {
        let mut rng = ChaCha8Rng::seed_from_u64(self.job.settings.seed);
        rng.set_stream((purpose as u64) << 60 | (a as u64) << 30 | b as u64);
        rng
    }

    /// The pictures of an epoch in their order.
    fn order(&self, epoch: usize) -> Vec<Which> {
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

    fn training_batch(&mut self, batch: &[Which], epoch: usize) -> Result<Batch, TrainError> {
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
    fn batch(&self, which: &[Which], shown: Vec<Shown>) -> Batch {
        let mut batch = Batch {
            count: shown.len(),
            features: vec![Vec::new(); self.engine.layers().features.len()],
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
    fn dropped(&self, pictures: usize) -> Vec<f32> {
        let layers = self.engine.layers();
        let share = self.job.settings.dropout;
        let Some(head) = layers.head.filter(|_| share > 0.0) else {
            return Vec::new();
        };
        let super::layers::Operator::Convolution { weight, groups, .. } = layers.layers[head].operator else {
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
    fn validation(&mut self) -> Result<Scores, TrainError> {
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
            let scores = self.engine.scores(&self.batch(&which, shown), threshold)?;
            all.loss += scores.loss * pictures.len() as f64;
            all.ious.extend(scores.ious);
            all.reliability.add(&scores.reliability);
        }
        all.loss /= all.ious.len() as f64;
        Ok(all)
    }

    /// The network as it is now, as a bundle; its percentages mended by what the validation pictures say of them.
    fn write_best(&self, score: &EpochScore, reliability: &Reliability) -> Result<(), TrainError> {
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
    fn manifest(&self, score: &EpochScore, confidence: Option<(f64, f64)>) -> Manifest {
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

    fn ended(self, stopped: bool) -> Result<Trained, TrainError> {
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
    fn test(&self, best: &Path) -> Result<Vec<TestScore>, TrainError> {
        let threads = NetworkSettings::on_threads(self.job.settings.threads);
        let bundle = crate::network::Bundle::open(best).map_err(crate::network::NetworkError::Bundle)?;
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

/// What makes a run this one: the network, the settings but for how long it goes on, the pictures and their parts.
fn identity(job: &Job<'_>) -> BTreeMap<String, String> {
    let mut run = BTreeMap::from([("network".to_owned(), job.manifest.sha256.clone())]);
    if let Ok(serde_json::Value::Object(settings)) = serde_json::to_value(job.settings) {
        for (name, value) in settings
            .into_iter()
            .filter(|(name, _)| name != "epochs" && name != "patience")
        {
            run.insert(name, value.to_string());
        }
    }
    for (part, pictures) in [
        ("training pictures", &job.parts.training),
        ("validation pictures", &job.parts.validation),
        ("test pictures", &job.parts.test),
    ] {
        let mut bytes = Vec::new();
        for specimen in pictures.iter().map(|index| &job.material.specimens[*index]) {
            bytes.extend_from_slice(specimen.name.as_bytes());
            bytes.extend_from_slice(specimen.picture.as_raw());
            bytes.extend(specimen.mask.bits().iter().flat_map(|bits| bits.to_le_bytes()));
        }
        run.insert(
            part.to_owned(),
            format!("{}, {}", pictures.len(), &sha256_hex(&bytes)[..16]),
        );
    }
    run
}

/// What of a run is not as it was; `None` if it is the same.
fn difference(before: &BTreeMap<String, String>, now: &BTreeMap<String, String>) -> Option<String> {
    let names = before
        .keys()
        .chain(now.keys())
        .collect::<std::collections::BTreeSet<_>>();
    let value =
        |of: &BTreeMap<String, String>, name: &str| of.get(name).cloned().unwrap_or_else(|| "nothing".to_owned());
    let words: Vec<String> = (names.into_iter())
        .filter(|name| before.get(*name) != now.get(*name))
        .map(|name| format!("{name}: {} there, {} now", value(before, name), value(now, name)))
        .collect();
    (!words.is_empty()).then(|| words.join("; "))
}

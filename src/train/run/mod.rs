//! A training from its first epoch to its best network.
//!
//! Here is what happens when, and what is kept; [`batches`] makes what the engine is shown, [`outcome`] what comes out, [`identity`] tells runs apart.

mod batches;
mod identity;
mod outcome;

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use self::identity::{difference, identity};
pub use self::outcome::{TestScore, Trained};
use super::curves::{self, EpochScore};
use super::engine::{Engine, Kept};
use super::features::{Features, Which};
use super::layers::Layers;
use super::state::{Notes, RunFolder};
use super::{Material, Parts, TrainError, TrainSettings};
use crate::convert::onnx::ModelProto;
use crate::network::{FeatureNetwork, Manifest, NetworkSettings};
use crate::traits::{Trait, TraitSet};

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
            let loss = self.engine.step(shown, rate, &dropped)?;
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
}

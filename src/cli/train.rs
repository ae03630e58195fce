//! `fishrig train`: a network fitted to labelled pictures.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, bail};
use indicatif::ProgressBar;
use serde_json::json;

use super::label_args::{LabelArgs, WrongSizeArg, is_wrong_size};
use super::label_pairs::{Material as Found, PairArgs, decode, labelled_part};
use super::model::open_bundle;
use super::parallel::in_parallel;
use super::{Outcome, progress, say};
use crate::convert::dequantized;
use crate::evaluate::pairs::Pair;
use crate::frame::Size;
use crate::labels::Library;
use crate::network::{Manifest, Quantization, read_message};
use crate::train::{
    Alteration, EpochScore, Freeze, Job, Material, Parts, Processor, Progress, Shares, Specimen, TrainSettings,
    Trained, by_lists, by_shares, train,
};
use crate::traits::Trait;

/// Train a network further on labelled pictures.
///
/// Begins with a float bundle (of model import, or models/lite0-float), or with the built-in network, whose bytes become floats again. The settings
/// are those of the published network's training unless told otherwise: Dice loss, Adam, the encoder frozen. Pictures and labels belong together as
/// for eval. Each specimen's pictures are in one part only: training, validation (which chooses the best epoch) or test (looked at once, at the end).
///
/// OUT gets best/, a bundle that model quantize, eval and run take; curves.csv and curves.png; and the state. The same command goes on after a
/// stop or a kill. With --adapt, for a station's own corrected masks: minutes of work, and a network that got worse on the test's pictures is refused.
#[derive(Debug, clap::Args)]
pub(super) struct TrainArgs {
    #[command(flatten)]
    pairs: PairArgs,
    /// Begin with this bundle; without it the network that is built in.
    #[arg(long, value_name = "BUNDLE")]
    init: Option<PathBuf>,
    /// Folder of the run.
    #[arg(short, long, value_name = "OUT")]
    output: PathBuf,
    /// Few epochs on the station's own fish, and a worse network is refused.
    #[arg(long)]
    adapt: bool,
    /// Keep this share of the specimens for validation, in per cent.
    #[arg(long, default_value_t = 20, value_name = "PERCENT", value_parser = clap::value_parser!(u32).range(1..=90))]
    validation: u32,
    /// Keep this share of the specimens for the test, in per cent.
    #[arg(long, default_value_t = 20, value_name = "PERCENT", value_parser = clap::value_parser!(u32).range(0..=90))]
    test: u32,
    /// Names of the training pictures, one a line, instead of shares; pictures on no list are left out.
    #[arg(long, value_name = "FILE", requires = "validation_list", conflicts_with_all = ["validation", "test"])]
    training_list: Option<PathBuf>,
    /// Names of the validation pictures.
    #[arg(long, value_name = "FILE", requires = "training_list")]
    validation_list: Option<PathBuf>,
    /// Names of the test pictures.
    #[arg(long, value_name = "FILE", requires = "training_list")]
    test_list: Option<PathBuf>,
    /// Leave the weights as they are whose names begin so, or none.
    #[arg(long, default_value = "encoder.", value_name = "PREFIX")]
    freeze: String,
    /// How pictures are altered: fresh ones every epoch, a fixed set of copies, or not.
    #[arg(long, value_name = "HOW", value_enum)]
    alter: Option<Alter>,
    /// Copies of each picture in the fixed set.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    copies: Option<u32>,
    /// How often every picture is seen.
    #[arg(long, value_name = "N")]
    epochs: Option<usize>,
    /// Pictures of one step.
    #[arg(long, value_name = "N")]
    batch: Option<usize>,
    /// Adam's learning rate at first.
    #[arg(long, value_name = "RATE")]
    rate: Option<f64>,
    /// Adam's learning rate later.
    #[arg(long, value_name = "RATE")]
    later_rate: Option<f64>,
    /// How many epochs have the first rate.
    #[arg(long, value_name = "N")]
    first_epochs: Option<usize>,
    /// The share of channels that is dropped before the last convolution while it learns.
    #[arg(long, value_name = "SHARE")]
    dropout: Option<f32>,
    /// End when validation was no better for so many epochs; 0 for never.
    #[arg(long, value_name = "N")]
    patience: Option<usize>,
    /// Seed of the split, the order, the alterations and the dropped channels.
    #[arg(long, default_value_t = 0, value_name = "N")]
    seed: u64,
    /// Memory for features of the frozen layers, in MB; what does not fit is computed again.
    #[arg(long, default_value_t = 2048, value_name = "MB")]
    cache: u64,
    /// Threads; 0 for one a processor.
    #[arg(long, default_value_t = 0, value_name = "N")]
    threads: usize,
    /// Compute the learning layers here; what is not cpu needs a build with the feature torch.
    #[arg(long, value_name = "WHERE", value_enum, default_value_t = ProcessorArg::Cpu)]
    processor: ProcessorArg,
    /// Begin anew, and take away what a run in OUT has left.
    #[arg(long)]
    restart: bool,
    #[command(flatten)]
    reading: LabelArgs,
    /// What to do about a label that is not as large as its picture, or the box in it.
    #[arg(long, value_name = "WHAT", value_enum, default_value_t = WrongSizeArg::Refuse)]
    wrong_size: WrongSizeArg,
    /// Take also labels that say that their picture is no photograph.
    #[arg(long)]
    drawings: bool,
    /// Go on without the labels that can't be read or have no picture.
    #[arg(long)]
    skip_bad: bool,
    /// Write the result as JSON to stdout.
    #[arg(long)]
    json: bool,
}

/// How pictures are altered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Alter {
    /// Anew in every epoch.
    Fresh,
    /// The same copies in every epoch; features of the frozen layers are kept.
    Fixed,
    /// Not at all.
    None,
}

/// Where the learning layers are computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum ProcessorArg {
    /// This machine's processor; nothing else is needed.
    Cpu,
    /// This machine's processor by PyTorch's libtorch, which is faster.
    TorchCpu,
    /// The first CUDA device by PyTorch's libtorch.
    Cuda,
}

impl From<ProcessorArg> for Processor {
    fn from(processor: ProcessorArg) -> Self {
        match processor {
            ProcessorArg::Cpu => Self::Cpu,
            ProcessorArg::TorchCpu => Self::TorchCpu,
            ProcessorArg::Cuda => Self::Cuda,
        }
    }
}

impl TrainArgs {
    fn settings(&self) -> TrainSettings {
        let usual = if self.adapt {
            TrainSettings::for_a_station()
        } else {
            TrainSettings::default()
        };
        let usual_copies = match usual.alteration {
            Alteration::Fixed { copies } => copies,
            Alteration::None | Alteration::Fresh => 10,
        };
        let copies = self.copies.map_or(usual_copies, |n| n as usize);
        let alteration = match (self.alter, self.copies) {
            (Some(Alter::Fresh), _) => Alteration::Fresh,
            (Some(Alter::None), _) => Alteration::None,
            (Some(Alter::Fixed), _) | (None, Some(_)) => Alteration::Fixed { copies },
            (None, None) => usual.alteration,
        };
        TrainSettings {
            freeze: match self.freeze.as_str() {
                "none" | "" => Freeze::Nothing,
                prefix => Freeze::Prefix(prefix.to_owned()),
            },
            alteration,
            epochs: self.epochs.unwrap_or(usual.epochs),
            batch: self.batch.unwrap_or(usual.batch),
            rate: self.rate.unwrap_or(usual.rate),
            later_rate: self.later_rate.unwrap_or(usual.later_rate),
            first_epochs: self.first_epochs.unwrap_or(usual.first_epochs),
            dropout: self.dropout.unwrap_or(usual.dropout),
            patience: match self.patience {
                None => usual.patience,
                Some(epochs) => (epochs > 0).then_some(epochs),
            },
            seed: self.seed,
            cache: self.cache << 20,
            threads: if self.threads == 0 { usual.threads } else { self.threads },
            processor: self.processor.into(),
        }
    }
}

pub(super) fn run(args: TrainArgs) -> anyhow::Result<Outcome> {
    let settings = args.settings();
    settings.check()?;
    // Alterations and the engine flex take the threads of rayon's own pool.
    rayon::ThreadPoolBuilder::new()
        .num_threads(settings.threads)
        .build_global()?;
    let bundle = open_bundle(args.init.as_deref())?;
    let mut manifest = bundle.manifest().clone();
    let mut model = read_message(&bundle)?;
    if manifest.quantization != Quantization::None {
        model = dequantized(model)?;
        manifest.quantization = Quantization::None;
    }
    let (material, left_out) = read_material(&args, manifest.input.size(), settings.threads)?;
    let parts = split(&args, &material)?;
    for line in about(&args, &manifest, &material, &parts) {
        say(&line);
    }
    let job = Job {
        model: &model,
        manifest: &manifest,
        material: &material,
        parts: &parts,
        settings: &settings,
        refuse_worse: args.adapt,
    };
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [
        signal_hook::consts::SIGINT,
        signal_hook::consts::SIGTERM,
        signal_hook::consts::SIGHUP,
    ] {
        // The second one of a kind ends the process at once: the state of the last minute is whole in any case.
        signal_hook::flag::register_conditional_shutdown(signal, 1, Arc::clone(&stop))?;
        signal_hook::flag::register(signal, Arc::clone(&stop))?;
    }
    let mut telling = Telling::new(settings.epochs, args.json);
    let trained = train(&job, &args.output, args.restart, &stop, &mut |progress| {
        telling.tell(progress)
    })?;
    telling.bar.finish_and_clear();
    if args.json {
        let mut out = std::io::stdout().lock();
        serde_json::to_writer_pretty(&mut out, &as_json(&trained, &parts))?;
        writeln!(out)?;
    } else {
        std::io::stdout().lock().write_all(words(&trained, &args).as_bytes())?;
    }
    debug_assert!(!trained.stopped || stop.load(Ordering::Relaxed));
    Ok(match trained.bundle {
        Some(_) if left_out == 0 && !trained.stopped => Outcome::Done,
        _ => Outcome::SomeFailed,
    })
}

/// The labelled pictures at the network's size, and how many were left out since something is wrong with them.
fn read_material(args: &TrainArgs, size: Size, threads: usize) -> anyhow::Result<(Material, usize)> {
    let found = Found::gather(&args.pairs, true, args.drawings)?;
    let labels = Library::new(args.reading.reading()?);
    let mut failed: Vec<(PathBuf, String)> = found.failed.clone();
    let mut specimens = Vec::new();
    let mut wrong_size = 0;
    let bar = progress::bar(found.pairs.len(), "pictures read", args.json);
    in_parallel(
        &found.pairs,
        threads,
        |pair| read_specimen(pair, &labels, args.wrong_size, size),
        |pair, read| {
            bar.inc(1);
            match read {
                Ok(specimen) => specimens.push(specimen),
                Err(error) if args.wrong_size == WrongSizeArg::Skip && is_wrong_size(&error) => wrong_size += 1,
                Err(error) => failed.push((pair.label.clone(), format!("{error:#}"))),
            }
        },
    );
    bar.finish_and_clear();
    for (path, reason) in &failed {
        say(&format!("{}: {reason}", path.display()));
    }
    let drawings = found.left_out.len();
    for (count, what) in [
        (drawings, "left out: no photographs (--drawings takes them)"),
        (wrong_size, "left out: label and picture differ in size"),
        (found.unlabelled.len(), "without a label"),
    ] {
        if count > 0 {
            say(&format!("{count} pictures {what}"));
        }
    }
    if !failed.is_empty() && !args.skip_bad {
        bail!(
            "{} of {} labels can't be used (named above); mend or remove them, or add --skip-bad",
            failed.len(),
            failed.len() + specimens.len()
        );
    }
    Ok((Material::new(specimens)?, failed.len()))
}

fn read_specimen(pair: &Pair, labels: &Library, wrong_size: WrongSizeArg, size: Size) -> anyhow::Result<Specimen> {
    let picture = decode(pair)?.context("has no picture")?;
    let (_, crop) = labelled_part(&picture, pair)?;
    let covered = Size::from(crop.dimensions());
    let label = labels.read(&pair.label, pair.within.as_deref(), Some(covered))?;
    let label = label.fitted(covered, wrong_size == WrongSizeArg::Stretch)?;
    let (name, specimen) = (pair.name.clone(), pair.specimen.clone());
    Ok(Specimen::new(
        name,
        specimen,
        &crop,
        &label.mask,
        pair.not_labelled,
        size,
    ))
}

fn split(args: &TrainArgs, material: &Material) -> anyhow::Result<Parts> {
    let (Some(training), Some(validation)) = (&args.training_list, &args.validation_list) else {
        let shares = Shares {
            validation: args.validation,
            test: args.test,
        };
        return Ok(by_shares(material, shares, args.seed)?);
    };
    let list = |path: &Path| -> anyhow::Result<Vec<String>> {
        let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
        Ok(text
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .map(str::to_owned)
            .collect())
    };
    let test = args.test_list.as_deref().map(list).transpose()?.unwrap_or_default();
    Ok(by_lists(material, &list(training)?, &list(validation)?, &test)?)
}

/// What is trained on what.
fn about(args: &TrainArgs, manifest: &Manifest, material: &Material, parts: &Parts) -> Vec<String> {
    let from = args
        .init
        .as_ref()
        .map_or_else(|| "the built-in network".to_owned(), |path| path.display().to_string());
    let mut lines = vec![format!(
        "{} {} ({from}); {} pictures to learn from, {} for validation, {} for the test",
        manifest.name,
        manifest.version,
        parts.training.len(),
        parts.validation.len(),
        parts.test.len()
    )];
    let missing = material.missing(&parts.training);
    let classes = manifest.classes().unwrap_or_default();
    let names = |of: &mut dyn Iterator<Item = Trait>| of.map(Trait::bgnn_name).collect::<Vec<_>>().join(", ");
    let unheard = names(&mut classes.iter().copied().filter(|t| missing.contains(*t)));
    if !unheard.is_empty() {
        lines.push(format!(
            "no training label has {unheard}: nothing can be learnt of them"
        ));
    }
    lines
}

/// The bar, and a line for each epoch.
struct Telling {
    bar: ProgressBar,
    epochs: usize,
    quiet: bool,
    /// Whether the bar counts batches of an epoch already.
    counting: bool,
}

impl Telling {
    fn new(epochs: usize, quiet: bool) -> Self {
        Self {
            bar: progress::bar(0, "batches", true),
            epochs,
            quiet,
            counting: false,
        }
    }

    fn line(&self, line: &str) {
        if self.quiet {
            return;
        }
        self.bar.suspend(|| say(line));
    }

    fn tell(&mut self, progress: Progress<'_>) {
        match progress {
            Progress::Begin {
                learning,
                features,
                left_alone,
                done,
                start,
            } => {
                let kept = left_alone.iter().map(Trait::bgnn_name).collect::<Vec<_>>().join(", ");
                // Where nothing is frozen the picture is the only tensor that the layers learn from.
                self.line(&format!(
                    "{learning} values learn, from {} of the network's tensors; validation IoU before training {start:.4}",
                    features.len()
                ));
                if !kept.is_empty() {
                    self.line(&format!("left as the network has it: {kept}"));
                }
                if done > 0 {
                    self.line(&format!("going on after epoch {done}"));
                }
            }
            Progress::Batch { epoch, done, of, loss } => {
                if !self.counting {
                    self.bar = progress::bar(of, "batches", self.quiet);
                    self.counting = true;
                }
                self.bar.set_position(done as u64);
                self.bar
                    .set_message(format!("epoch {}/{}  loss {loss:.4}", epoch + 1, self.epochs));
            }
            Progress::Epoch(score) => {
                self.bar.finish_and_clear();
                self.counting = false;
                self.line(&epoch_line(score, self.epochs));
            }
        }
    }
}

fn epoch_line(score: &EpochScore, epochs: usize) -> String {
    format!(
        "epoch {}/{epochs}  loss {:.4}  validation loss {:.4}  IoU {:.4}{}  {:.0} s",
        score.epoch,
        score.loss,
        score.validation_loss,
        score.validation_iou,
        if score.best { "  best" } else { "" },
        score.seconds
    )
}

fn words(trained: &Trained, args: &TrainArgs) -> String {
    let out = args.output.display();
    let best = trained.scores.iter().rfind(|s| s.best);
    let mut text = String::new();
    if trained.stopped {
        text += &format!(
            "stopped after {} epochs; the same command goes on\n",
            trained.scores.len()
        );
    }
    match best {
        Some(best) => {
            text += &format!(
                "best: epoch {} of {}, validation IoU {:.4}, before training {:.4}\n",
                best.epoch,
                trained.scores.len(),
                best.validation_iou,
                trained.start
            );
        }
        None if !trained.stopped => {
            text += &format!(
                "no epoch was better on the validation pictures than the network as it was ({:.4}): no bundle was written; \
                 try more pictures, more epochs, or another --rate\n",
                trained.start
            );
        }
        None => {}
    }
    if let Some((before, after)) = trained.test_means() {
        text += &format!(
            "test on {} pictures that it never saw: IoU {after:.4}, before training {before:.4}\n",
            trained.test.len()
        );
        let fell = trained.test.iter().filter(|s| s.after < s.before - 0.02);
        for score in fell {
            text += &format!(
                "  worse: {} {:.3}, before {:.3}\n",
                score.name, score.after, score.before
            );
        }
    }
    if trained.refused {
        text += "refused: it is worse on the test's pictures than the network that it began with, which stays as it is. Check the new labels \
                 (fishrig labels check), or label more specimens.\n";
    }
    text += &format!("curves: {out}/curves.png, {out}/curves.csv\n");
    if let Some(bundle) = &trained.bundle {
        let bundle = bundle.display();
        text += &format!(
            "network: {bundle}\nnext: fishrig model quantize {bundle} --calibrate PICTURES --cropped -o {out}/int8\n"
        );
    }
    text
}

fn as_json(trained: &Trained, parts: &Parts) -> serde_json::Value {
    let means = trained.test_means();
    json!({
        "pictures": {
            "training": parts.training.len(),
            "validation": parts.validation.len(),
            "test": parts.test.len(),
        },
        "validation_iou_before": trained.start,
        "epochs": trained.scores,
        "test": trained.test.iter().map(|s| json!({ "name": s.name, "before": s.before, "after": s.after })).collect::<Vec<_>>(),
        "test_iou_before": means.map(|(before, _)| before),
        "test_iou": means.map(|(_, after)| after),
        "refused": trained.refused,
        "stopped": trained.stopped,
        "bundle": trained.bundle,
    })
}

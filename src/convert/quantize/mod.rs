//! From a float bundle to an int8 one.
//!
//! 1. [`graph`]: the convolutions of the graph; batch norms are folded into them ([`batch_norm`]).
//! 2. [`calibrate`]: the float network runs on pictures; a [`histogram`] is kept of all that its convolutions read.
//! 3. [`qdq`]: weights and those activations become bytes; the file is standard ONNX (QuantizeLinear, DequantizeLinear).
//! 4. [`sensitivity`]: blocks that cost too much accuracy stay in float, by measurement and within a size.
//! 5. [`report`]: masks of both networks compared on pictures that were not used to calibrate.

mod batch_norm;
mod calibrate;
mod graph;
mod histogram;
mod qdq;
mod report;
mod sensitivity;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use image::RgbImage;
use image::imageops::flip_horizontal;

use super::ConvertError;
use super::onnx::ModelProto;
use crate::evaluate::Agreement;
use crate::frame::resize;
use crate::network::{Manifest, NetworkSettings, Quantization, TraitNetwork};
use crate::traits::TraitMask;
use calibrate::Calibration;
use graph::FloatGraph;
pub use histogram::RangeMethod;
pub use report::{Comparison, PictureScore, QuantizationReport, TraitScore};
pub use sensitivity::BlockSensitivity;
use sensitivity::{Choice, Scorer};

/// Fewer pictures than this are refused: one fish's colours are no measure of any other's.
pub const PICTURES_LEAST: usize = 2;
/// With fewer than this none is held out, and the user is warned.
pub const PICTURES_ADVISED: usize = 8;
/// Of that many pictures one is held out.
const HELD_OUT_EVERY: usize = 4;
/// Pictures, with their mirror images, on which blocks are measured.
const SENSITIVITY_PICTURES: usize = 2;

/// How to quantize.
#[derive(Debug, Clone, PartialEq)]
pub struct QuantizeSettings {
    /// How the range of an activation is chosen.
    pub range: RangeMethod,
    /// The most that the network's file may weigh, in bytes; `None`: 8 % more than with everything in int8.
    pub size_limit: Option<u64>,
    /// Whether to measure which blocks had better stay in float.
    pub sensitivity: bool,
    /// Blocks that stay in float whatever is measured.
    pub keep_float: BTreeSet<String>,
    /// A block stays in float only if that alone gains this much IoU.
    pub least_gain: f64,
    /// Once this IoU with the float network is reached, no further block stays in float.
    pub target: f64,
    /// How networks are run.
    pub network: NetworkSettings,
}

impl Default for QuantizeSettings {
    fn default() -> Self {
        Self {
            range: RangeMethod::Percentile(99.999),
            size_limit: None,
            sensitivity: true,
            keep_float: BTreeSet::new(),
            least_gain: 0.001,
            target: 0.995,
            network: NetworkSettings::default(),
        }
    }
}

/// A crop to calibrate with, at the network's input size.
#[derive(Debug, Clone)]
pub struct Picture {
    /// Name of its file.
    pub name: String,
    crop: RgbImage,
    mirrored: RgbImage,
}

impl Picture {
    /// The crop of one fish, brought to the network's size.
    pub fn new(name: impl Into<String>, crop: &RgbImage, manifest: &Manifest) -> Self {
        let crop = resize::bilinear(crop, manifest.input.size());
        Self {
            name: name.into(),
            mirrored: flip_horizontal(&crop),
            crop,
        }
    }

    /// The crop at the network's size.
    pub fn crop(&self) -> &RgbImage {
        &self.crop
    }

    fn both(&self) -> [&RgbImage; 2] {
        [&self.crop, &self.mirrored]
    }
}

/// What is being done, for a progress bar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// So many steps of this kind are coming.
    Begin(&'static str, usize),
    /// One is done, on this.
    Done(String),
}

/// An int8 network, and how it compares.
#[derive(Debug)]
pub struct Quantized {
    /// The network's message.
    pub model: ModelProto,
    /// Its manifest; the hash is filled in when it is written.
    pub manifest: Manifest,
    /// The report.
    pub report: QuantizationReport,
    /// The scored pictures, the worst first.
    pub comparisons: Vec<Comparison>,
}

/// Quantizes the network of a float bundle.
///
/// # Errors
/// [`ConvertError::TooFewPictures`], [`ConvertError::NotQuantized`], [`ConvertError::UnknownBlock`], [`ConvertError::TooLarge`], and
/// [`ConvertError::Network`] if tract can't run it.
pub fn quantize(
    model: ModelProto,
    manifest: &Manifest,
    pictures: &[Picture],
    settings: &QuantizeSettings,
    progress: &mut dyn FnMut(Step),
) -> Result<Quantized, ConvertError> {
    if pictures.len() < PICTURES_LEAST {
        return Err(ConvertError::TooFewPictures { found: pictures.len() });
    }
    let float_bytes = super::onnx::encoded_len(&model);
    let graph = FloatGraph::prepare(model)?;
    check_blocks(&graph, &settings.keep_float)?;
    let (calibrating, scored) = divide(pictures.len());

    let crops: Vec<&RgbImage> = calibrating.iter().flat_map(|i| pictures[*i].both()).collect();
    progress(Step::Begin("calibrating", crops.len()));
    let calibration = Calibration::run(&graph, manifest, &settings.network, &crops, || {
        progress(Step::Done(String::new()));
    })?;
    let codes = calibration.codes(&graph, &manifest.input, settings.range);
    let with_float = |blocks: &BTreeSet<String>| qdq::quantized(&graph, &codes, blocks);

    let least = super::onnx::encoded_len(&with_float(&settings.keep_float));
    let limit = settings.size_limit.unwrap_or(least + least * 8 / 100);
    if least > limit {
        return Err(ConvertError::TooLarge { least, limit });
    }
    let (float_blocks, sensitivity) = if settings.sensitivity {
        let measured: Vec<&RgbImage> = crops.iter().take(2 * SENSITIVITY_PICTURES).copied().collect();
        let float_masks = masks(&graph.model, manifest, settings, &measured)?;
        let scorer = Scorer {
            manifest,
            settings: &settings.network,
            crops: measured,
            float_masks: float_masks.iter().collect(),
        };
        let blocks: Vec<_> = graph
            .blocks()
            .into_iter()
            .map(|b| (b.to_owned(), graph.weights_in(b)))
            .collect();
        let choice = Choice {
            bytes: limit - least,
            least_gain: settings.least_gain,
            target: settings.target,
        };
        progress(Step::Begin("measuring blocks", blocks.len() + 1));
        let done = |block: &str| progress(Step::Done(block.to_owned()));
        sensitivity::choose(&blocks, &settings.keep_float, &scorer, choice, with_float, done)?
    } else {
        (settings.keep_float.clone(), Vec::new())
    };

    let int8 = with_float(&float_blocks);
    progress(Step::Begin("comparing", scored.len()));
    let compared = compare(&graph.model, &int8, manifest, pictures, &scored, settings, progress)?;
    let pooled: Agreement = compared.comparisons.iter().map(|c| c.agreement).sum();
    let pictures_scored: Vec<PictureScore> = compared
        .comparisons
        .iter()
        .map(|c| PictureScore {
            name: pictures[c.picture].name.clone(),
            iou: c.agreement.iou(),
        })
        .collect();
    let name = int8_name(&manifest.name);
    let report = QuantizationReport {
        float_name: manifest.name.clone(),
        int8_name: name.clone(),
        float_bytes,
        int8_bytes: super::onnx::encoded_len(&int8),
        ranges: settings.range.to_string(),
        calibrated_on: calibrating.iter().map(|i| pictures[*i].name.clone()).collect(),
        held_out: calibrating.iter().all(|i| !scored.contains(i)),
        iou: pooled.iou(),
        mean_iou: pictures_scored.iter().map(|p| p.iou).sum::<f64>() / pictures_scored.len().max(1) as f64,
        traits: report::trait_scores(&pooled),
        pictures: pictures_scored,
        float_blocks: graph
            .blocks()
            .into_iter()
            .filter(|b| float_blocks.contains(*b))
            .map(str::to_owned)
            .collect(),
        sensitivity,
        float_seconds: compared.float.as_secs_f64(),
        int8_seconds: compared.int8.as_secs_f64(),
    };
    Ok(Quantized {
        model: int8,
        manifest: int8_manifest(manifest, name, &report),
        report,
        comparisons: compared.comparisons,
    })
}

/// The pictures that calibrate and the pictures that are scored, by index: different ones if there are enough.
fn divide(count: usize) -> (Vec<usize>, Vec<usize>) {
    if count < PICTURES_ADVISED {
        return ((0..count).collect(), (0..count).collect());
    }
    (0..count).partition(|i| i % HELD_OUT_EVERY != HELD_OUT_EVERY - 1)
}

fn check_blocks(graph: &FloatGraph, asked: &BTreeSet<String>) -> Result<(), ConvertError> {
    let blocks = graph.blocks();
    match asked.iter().find(|b| !blocks.contains(&b.as_str())) {
        None => Ok(()),
        Some(unknown) => Err(ConvertError::UnknownBlock {
            block: unknown.clone(),
            blocks: blocks.join(", "),
        }),
    }
}

fn masks(
    model: &ModelProto,
    manifest: &Manifest,
    settings: &QuantizeSettings,
    crops: &[&RgbImage],
) -> Result<Vec<TraitMask>, ConvertError> {
    let network = TraitNetwork::from_message(model, manifest, &manifest.name, &settings.network)?;
    crops.iter().map(|crop| Ok(network.segment(crop)?.mask)).collect()
}

struct Compared {
    comparisons: Vec<Comparison>,
    float: Duration,
    int8: Duration,
}

/// Both networks on the scored pictures and their mirror images, in turn.
fn compare(
    float: &ModelProto,
    int8: &ModelProto,
    manifest: &Manifest,
    pictures: &[Picture],
    scored: &[usize],
    settings: &QuantizeSettings,
    progress: &mut dyn FnMut(Step),
) -> Result<Compared, ConvertError> {
    let load = |model| TraitNetwork::from_message(model, manifest, &manifest.name, &settings.network);
    let (float, int8) = (load(float)?, load(int8)?);
    let timed = |network: &TraitNetwork, crop| {
        let begin = Instant::now();
        let mask = network.segment(crop)?.mask;
        Ok::<_, ConvertError>((mask, begin.elapsed()))
    };
    let (mut comparisons, mut float_times, mut int8_times) = (Vec::new(), Vec::new(), Vec::new());
    for index in scored {
        let mut agreement = Agreement::default();
        let mut shown = None;
        for crop in pictures[*index].both() {
            let (float, float_time) = timed(&float, crop)?;
            let (int8, int8_time) = timed(&int8, crop)?;
            agreement += Agreement::of(&int8, &float)?;
            float_times.push(float_time);
            int8_times.push(int8_time);
            shown.get_or_insert((float, int8));
        }
        if let Some((float, int8)) = shown {
            comparisons.push(Comparison {
                picture: *index,
                float,
                int8,
                agreement,
            });
        }
        progress(Step::Done(pictures[*index].name.clone()));
    }
    comparisons.sort_by(|a, b| a.agreement.iou().total_cmp(&b.agreement.iou()));
    Ok(Compared {
        comparisons,
        float: median(float_times),
        int8: median(int8_times),
    })
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

fn int8_name(float: &str) -> String {
    format!("{}-int8", float.strip_suffix("-float").unwrap_or(float))
}

fn int8_manifest(float: &Manifest, name: String, report: &QuantizationReport) -> Manifest {
    let held_out = if report.held_out {
        "held out from it"
    } else {
        "that were also used to calibrate"
    };
    Manifest {
        name,
        quantization: Quantization::Int8Qdq,
        description: format!("{}; quantized to int8 (QDQ)", float.description),
        training: format!(
            "{}\nQuantized by fishrig {} from {} (SHA-256 {}), calibrated on {} pictures; IoU with the float network's masks {:.4} on {} pictures {held_out}.",
            float.training.trim(),
            env!("CARGO_PKG_VERSION"),
            float.name,
            float.sha256,
            report.calibrated_on.len(),
            report.iou,
            report.pictures.len(),
        ),
        ..float.clone()
    }
}

//! The steps of quantizing, one after another.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use image::RgbImage;

use super::calibrate::Calibration;
use super::graph::{FloatGraph, Layers};
use super::histogram::Affine;
use super::picture::Picture;
use super::report::{self, Comparison, PictureScore, QuantizationReport};
use super::sensitivity::{self, Choice, LayerSensitivity, Scorer};
use super::settings::QuantizeSettings;
use super::{PICTURES_ADVISED, PICTURES_LEAST, qdq};
use crate::convert::ConvertError;
use crate::convert::onnx::{ModelProto, encoded_len};
use crate::evaluate::Agreement;
use crate::network::{Manifest, Quantization, TraitNetwork};
use crate::traits::TraitMask;

/// Of that many pictures one is held out.
const HELD_OUT_EVERY: usize = 4;
/// Pictures, with their mirror images, on which layers are measured.
const SENSITIVITY_PICTURES: usize = 2;

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
    let float_bytes = encoded_len(&model);
    let graph = FloatGraph::prepare(model)?;
    let always = kept_by_wish(&graph, settings)?;
    let work = Work {
        graph,
        manifest,
        pictures,
        settings,
    };
    let (calibrating, scored) = divide(pictures.len());
    let crops: Vec<&RgbImage> = calibrating.iter().flat_map(|i| pictures[*i].both()).collect();
    let codes = work.calibrate(&crops, progress)?;
    let (in_float, sensitivity) = work.layers_for_float(always, &codes, &crops, progress)?;
    let int8 = qdq::quantized(&work.graph, &codes, &in_float);
    let compared = work.compare(&int8, &scored, progress)?;

    let pooled: Agreement = compared.comparisons.iter().map(|c| c.agreement).sum();
    let scores = work.picture_scores(&compared.comparisons);
    let name = int8_name(&manifest.name);
    let report = QuantizationReport {
        float_name: manifest.name.clone(),
        int8_name: name.clone(),
        float_bytes,
        int8_bytes: encoded_len(&int8),
        ranges: settings.range.to_string(),
        calibrated_on: calibrating.iter().map(|i| pictures[*i].name.clone()).collect(),
        held_out: calibrating.iter().all(|i| !scored.contains(i)),
        iou: pooled.iou(),
        mean_iou: scores.iter().map(|p| p.iou).sum::<f64>() / scores.len().max(1) as f64,
        traits: report::trait_scores(&pooled),
        pictures: scores,
        float_layers: in_float
            .iter()
            .map(|index| work.graph.convolutions[*index].name.clone())
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

/// What every step works on.
struct Work<'a> {
    graph: FloatGraph,
    manifest: &'a Manifest,
    pictures: &'a [Picture],
    settings: &'a QuantizeSettings,
}

/// The code of each activation, by name.
type Codes = HashMap<String, Affine>;

impl Work<'_> {
    fn calibrate(&self, crops: &[&RgbImage], progress: &mut dyn FnMut(Step)) -> Result<Codes, ConvertError> {
        progress(Step::Begin("calibrating", crops.len()));
        let done = || progress(Step::Done(String::new()));
        let calibration = Calibration::run(&self.graph, self.manifest, &self.settings.network, crops, done)?;
        Ok(calibration.codes(&self.graph, &self.manifest.input, self.settings.range))
    }

    /// The layers that stay in float, `always` and others, and what was measured of each.
    fn layers_for_float(
        &self,
        always: Layers,
        codes: &Codes,
        crops: &[&RgbImage],
        progress: &mut dyn FnMut(Step),
    ) -> Result<(Layers, Vec<LayerSensitivity>), ConvertError> {
        let with_float = |layers: &Layers| qdq::quantized(&self.graph, codes, layers);
        let least = encoded_len(&with_float(&always));
        let limit = self.settings.size_limit.unwrap_or(least + least * 8 / 100);
        if least > limit {
            return Err(ConvertError::TooLarge { least, limit });
        }
        if !self.settings.sensitivity {
            return Ok((always, Vec::new()));
        }
        let crops: Vec<&RgbImage> = crops.iter().take(2 * SENSITIVITY_PICTURES).copied().collect();
        let float_masks = self.float_masks(&crops)?;
        let scorer = Scorer {
            manifest: self.manifest,
            settings: &self.settings.network,
            crops,
            float_masks: float_masks.iter().collect(),
        };
        // Where what a layer reads has no code, it computes in float as it is.
        let convolutions = self.graph.convolutions.iter().enumerate();
        let candidates: Vec<_> = convolutions
            .filter(|(index, layer)| !always.contains(index) && codes.contains_key(&layer.activation))
            .collect();
        let choice = Choice {
            bytes: limit - least,
            least_gain: self.settings.least_gain,
            target: self.settings.target,
        };
        progress(Step::Begin("measuring layers", candidates.len() + 1));
        let done = |layer: &str| progress(Step::Done(layer.to_owned()));
        sensitivity::choose(&candidates, &always, &scorer, choice, with_float, done)
    }

    fn load(&self, model: &ModelProto) -> Result<TraitNetwork, ConvertError> {
        let network = TraitNetwork::from_message(
            model.clone(),
            self.manifest,
            &self.manifest.name,
            &self.settings.network,
        )?;
        Ok(network)
    }

    fn float_masks(&self, crops: &[&RgbImage]) -> Result<Vec<TraitMask>, ConvertError> {
        let network = self.load(&self.graph.model)?;
        crops.iter().map(|crop| Ok(network.segment(crop)?.mask)).collect()
    }

    /// Both networks on the scored pictures and their mirror images, in turn.
    fn compare(
        &self,
        int8: &ModelProto,
        scored: &[usize],
        progress: &mut dyn FnMut(Step),
    ) -> Result<Compared, ConvertError> {
        progress(Step::Begin("comparing", scored.len()));
        let (float, int8) = (self.load(&self.graph.model)?, self.load(int8)?);
        let timed = |network: &TraitNetwork, crop| {
            let begin = Instant::now();
            let mask = network.segment(crop)?.mask;
            Ok::<_, ConvertError>((mask, begin.elapsed()))
        };
        let (mut comparisons, mut float_times, mut int8_times) = (Vec::new(), Vec::new(), Vec::new());
        for index in scored {
            let mut agreement = Agreement::default();
            let mut shown = None;
            for crop in self.pictures[*index].both() {
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
            progress(Step::Done(self.pictures[*index].name.clone()));
        }
        comparisons.sort_by(|a, b| a.agreement.iou().total_cmp(&b.agreement.iou()));
        Ok(Compared {
            comparisons,
            float: median(float_times),
            int8: median(int8_times),
        })
    }

    fn picture_scores(&self, comparisons: &[Comparison]) -> Vec<PictureScore> {
        let score = |c: &Comparison| PictureScore {
            name: self.pictures[c.picture].name.clone(),
            iou: c.agreement.iou(),
        };
        comparisons.iter().map(score).collect()
    }
}

struct Compared {
    comparisons: Vec<Comparison>,
    float: Duration,
    int8: Duration,
}

/// The pictures that calibrate and the pictures that are scored, by index: different ones if there are enough.
fn divide(count: usize) -> (Vec<usize>, Vec<usize>) {
    if count < PICTURES_ADVISED {
        return ((0..count).collect(), (0..count).collect());
    }
    (0..count).partition(|i| i % HELD_OUT_EVERY != HELD_OUT_EVERY - 1)
}

/// The layers that are to stay in float whatever is measured.
fn kept_by_wish(graph: &FloatGraph, settings: &QuantizeSettings) -> Result<Layers, ConvertError> {
    let mut layers = Layers::new();
    for name in &settings.keep_float {
        let of_it = graph.layers_of(name);
        if of_it.is_empty() {
            return Err(ConvertError::UnknownBlock {
                block: name.clone(),
                blocks: graph.blocks().join(", "),
            });
        }
        layers.extend(of_it);
    }
    Ok(layers)
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

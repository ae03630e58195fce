//! What quantization cost and gained.

use serde::Serialize;

use super::sensitivity::LayerSensitivity;
use crate::evaluate::Agreement;
use crate::traits::{Trait, TraitMask};

/// The report on a quantized network, for people and programs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct QuantizationReport {
    /// Name of the float bundle.
    pub float_name: String,
    /// Name of the int8 bundle.
    pub int8_name: String,
    /// Bytes of the float network's file.
    pub float_bytes: u64,
    /// Bytes of the int8 network's file.
    pub int8_bytes: u64,
    /// How ranges of activations were chosen, in words.
    pub ranges: String,
    /// Names of the pictures that were used to calibrate, each with its mirror image.
    pub calibrated_on: Vec<String>,
    /// Whether the scores are of pictures that were not used to calibrate.
    pub held_out: bool,
    /// IoU of int8 with float masks, all pictures and traits pooled; with the mirror images.
    pub iou: f64,
    /// Mean over pictures of each picture's IoU.
    pub mean_iou: f64,
    /// Each trait that occurs in either network's masks.
    pub traits: Vec<TraitScore>,
    /// The pictures that were scored, the worst first.
    pub pictures: Vec<PictureScore>,
    /// Convolutions that stayed in float, in the order of the network.
    pub float_layers: Vec<String>,
    /// The measured sensitivity of each layer, the most sensitive first; empty if it was not measured.
    pub sensitivity: Vec<LayerSensitivity>,
    /// Median seconds of a run in float, here and now.
    pub float_seconds: f64,
    /// Median seconds of a run in int8, alternating with the float runs.
    pub int8_seconds: f64,
}

/// One trait's agreement, all pictures pooled.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TraitScore {
    /// BGNN name.
    pub name: &'static str,
    /// Intersection over union of int8 and float.
    pub iou: f64,
    /// Pixels in the float masks.
    pub float_pixels: u64,
}

/// One picture's agreement.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PictureScore {
    /// Name of the picture's file.
    pub name: String,
    /// IoU over all traits, of the picture and its mirror image.
    pub iou: f64,
}

/// A scored picture with what both networks made of it, for the sheet.
#[derive(Debug, Clone)]
pub struct Comparison {
    /// Index of the picture among those given.
    pub picture: usize,
    /// The float network's mask.
    pub float: TraitMask,
    /// The int8 network's mask.
    pub int8: TraitMask,
    /// Agreement of picture and mirror image.
    pub agreement: Agreement,
}

/// Scores of the traits that occur in either mask.
pub(super) fn trait_scores(pooled: &Agreement) -> Vec<TraitScore> {
    let score = |which: Trait| {
        Some(TraitScore {
            name: which.bgnn_name(),
            iou: pooled.iou_of(which)?,
            float_pixels: pooled.truth(which),
        })
    };
    Trait::ALL.into_iter().filter_map(score).collect()
}

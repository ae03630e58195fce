//! Which layers cost so much accuracy in int8 that they stay in float.

use image::RgbImage;
use serde::Serialize;

use super::graph::{Convolution, Layers};
use crate::convert::ConvertError;
use crate::convert::onnx::ModelProto;
use crate::evaluate::Agreement;
use crate::network::{Manifest, NetworkSettings, TraitNetwork};
use crate::traits::TraitMask;

/// What keeping one layer in float does.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LayerSensitivity {
    /// The convolution's name.
    pub layer: String,
    /// How many weights it has.
    pub weights: usize,
    /// IoU with the float masks when this layer alone stays in float.
    pub iou: f64,
    /// What that is more than with every layer in int8.
    pub gain: f64,
    /// What part of the network's multiply-adds it has; 0 where they are not counted, since the network runs through tract's operators.
    pub share: f64,
    /// Whether it was kept in float.
    pub kept_in_float: bool,
}

/// Pictures with the float network's masks, to score networks that were made from it.
pub struct Scorer<'a> {
    /// What the float network's manifest says.
    pub manifest: &'a Manifest,
    /// How networks are run.
    pub settings: &'a NetworkSettings,
    /// The crops.
    pub crops: Vec<&'a RgbImage>,
    /// The float network's mask of each.
    pub float_masks: Vec<&'a TraitMask>,
}

/// A network's score, and what it costs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Score {
    /// IoU with the float network's masks, pooled over pictures and traits.
    pub iou: f64,
    /// What part of its multiply-adds are of floats.
    pub in_float: f64,
}

impl Scorer<'_> {
    /// How well a network's masks agree with the float network's.
    ///
    /// # Errors
    /// [`ConvertError::Network`] if it does not load or run.
    pub fn score(&self, model: &ModelProto) -> Result<Score, ConvertError> {
        let network = TraitNetwork::from_message(model.clone(), self.manifest, &self.manifest.name, self.settings)?;
        let mut pooled = Agreement::default();
        for (crop, float) in self.crops.iter().zip(&self.float_masks) {
            pooled += Agreement::of(&network.segment(crop)?.mask, float)?;
        }
        let (floats, bytes) = (network.fusion().float_macs, network.fusion().byte_macs);
        Ok(Score {
            iou: pooled.iou(),
            in_float: floats as f64 / (floats + bytes).max(1) as f64,
        })
    }
}

/// How layers are chosen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Choice {
    /// Bytes of weights that may be added by keeping layers in float: 3 for each weight.
    pub bytes: u64,
    /// A layer that gains less than this stays in int8, and so does one that gains less than this for each hundredth of the network's multiply-adds.
    pub least_gain: f64,
    /// No further layer is kept once this IoU is reached.
    pub target: f64,
}

impl Choice {
    /// Whether a gain is worth the time that it costs.
    fn pays(&self, gain: f64, share: f64) -> bool {
        gain >= self.least_gain * (100.0 * share).max(1.0)
    }
}

/// Measures each of `candidates`, then keeps the ones that gain most, one after another, as long as that still helps. `with_float` makes the
/// model with some layers in float, of which there are always those in `always`; `done` is called after each measurement with the layer.
///
/// # Errors
/// As [`Scorer::score`].
pub fn choose(
    candidates: &[(usize, &Convolution)],
    always: &Layers,
    scorer: &Scorer<'_>,
    choice: Choice,
    with_float: impl Fn(&Layers) -> ModelProto,
    mut done: impl FnMut(&str),
) -> Result<(Layers, Vec<LayerSensitivity>), ConvertError> {
    let mut kept = always.clone();
    let all_int8 = scorer.score(&with_float(&kept))?;
    done("all in int8");
    let mut measured = Vec::new();
    for (index, layer) in candidates {
        let mut alone = always.clone();
        alone.insert(*index);
        let score = scorer.score(&with_float(&alone))?;
        let sensitivity = LayerSensitivity {
            layer: layer.name.clone(),
            weights: layer.weights_count,
            iou: score.iou,
            gain: score.iou - all_int8.iou,
            share: (score.in_float - all_int8.in_float).max(0.0),
            kept_in_float: false,
        };
        measured.push((*index, sensitivity));
        done(&layer.name);
    }
    // A stable order: the layer that comes first in the network where two gain the same.
    measured.sort_by(|(_, a), (_, b)| b.gain.total_cmp(&a.gain));
    let (mut reached, mut bytes) = (all_int8.iou, choice.bytes);
    for (index, layer) in &mut measured {
        let cost = 3 * layer.weights as u64;
        if reached >= choice.target || layer.gain < choice.least_gain {
            break;
        }
        if cost > bytes || !choice.pays(layer.gain, layer.share) {
            continue;
        }
        kept.insert(*index);
        let iou = scorer.score(&with_float(&kept))?.iou;
        if !choice.pays(iou - reached, layer.share) {
            kept.remove(index);
            continue;
        }
        layer.kept_in_float = true;
        (reached, bytes) = (iou, bytes - cost);
        done(&layer.layer);
    }
    Ok((kept, measured.into_iter().map(|(_, layer)| layer).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layer_has_to_earn_its_time() {
        let choice = Choice {
            bytes: 0,
            least_gain: 0.001,
            target: 1.0,
        };
        // Two hundredths of the multiply-adds want twice the gain; a layer that costs next to nothing wants it once.
        assert!(choice.pays(0.0021, 0.02) && !choice.pays(0.0019, 0.02));
        assert!(choice.pays(0.0011, 0.0) && !choice.pays(0.0009, 0.0));
    }
}

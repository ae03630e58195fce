//! Which blocks cost so much accuracy in int8 that they stay in float.

use std::collections::BTreeSet;

use image::RgbImage;
use serde::Serialize;

use crate::convert::ConvertError;
use crate::convert::onnx::ModelProto;
use crate::evaluate::Agreement;
use crate::network::{Manifest, NetworkSettings, TraitNetwork};
use crate::traits::TraitMask;

/// What keeping one block in float does.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BlockSensitivity {
    /// The block.
    pub block: String,
    /// Weights in its convolutions.
    pub weights: usize,
    /// IoU with the float masks when this block alone stays in float.
    pub iou: f64,
    /// What that is more than with every block in int8.
    pub gain: f64,
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

impl Scorer<'_> {
    /// How well a network's masks agree with the float network's, pooled over pictures and traits.
    ///
    /// # Errors
    /// [`ConvertError::Network`] if it does not load or run.
    pub fn score(&self, model: &ModelProto) -> Result<f64, ConvertError> {
        let network = TraitNetwork::from_message(model.clone(), self.manifest, &self.manifest.name, self.settings)?;
        let mut pooled = Agreement::default();
        for (crop, float) in self.crops.iter().zip(&self.float_masks) {
            pooled += Agreement::of(&network.segment(crop)?.mask, float)?;
        }
        Ok(pooled.iou())
    }
}

/// How blocks are chosen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Choice {
    /// Bytes of weights that may be added by keeping blocks in float: 3 for each weight.
    pub bytes: u64,
    /// A block that gains less than this stays in int8.
    pub least_gain: f64,
    /// No further block is kept once this IoU is reached.
    pub target: f64,
}

/// Measures each of `blocks` (with its number of weights), then keeps the ones that gain most, one after another, as long as that
/// still helps. `with_float` makes the model with some blocks in float; `done` is called after each measurement with the block.
///
/// # Errors
/// As [`Scorer::score`].
pub fn choose(
    blocks: &[(String, usize)],
    always: &BTreeSet<String>,
    scorer: &Scorer<'_>,
    choice: Choice,
    with_float: impl Fn(&BTreeSet<String>) -> ModelProto,
    mut done: impl FnMut(&str),
) -> Result<(BTreeSet<String>, Vec<BlockSensitivity>), ConvertError> {
    let mut kept = always.clone();
    let all_int8 = scorer.score(&with_float(&kept))?;
    done("all in int8");
    let mut measured = Vec::new();
    for (block, weights) in blocks.iter().filter(|(b, _)| !always.contains(b)) {
        let mut alone = always.clone();
        alone.insert(block.clone());
        let iou = scorer.score(&with_float(&alone))?;
        measured.push(BlockSensitivity {
            block: block.clone(),
            weights: *weights,
            iou,
            gain: iou - all_int8,
            kept_in_float: false,
        });
        done(block);
    }
    // A stable order: the block that comes first in the network where two gain the same.
    measured.sort_by(|a, b| b.gain.total_cmp(&a.gain));
    let (mut reached, mut bytes) = (all_int8, choice.bytes);
    for block in &mut measured {
        let cost = 3 * block.weights as u64;
        if reached >= choice.target || block.gain < choice.least_gain {
            break;
        }
        if cost > bytes {
            continue;
        }
        kept.insert(block.block.clone());
        let iou = scorer.score(&with_float(&kept))?;
        if iou - reached < choice.least_gain {
            kept.remove(&block.block);
            continue;
        }
        block.kept_in_float = true;
        (reached, bytes) = (iou, bytes - cost);
        done(&block.block);
    }
    Ok((kept, measured))
}

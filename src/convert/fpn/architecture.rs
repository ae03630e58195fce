//! Reading the architecture from the names and shapes of the tensors.

use std::collections::BTreeMap;

use super::error::FpnError;
use super::expected::{Draft, DraftBlock};
use super::{Untrained, Weights};

/// Layers of blocks behind the stem.
pub(super) const LAYERS: usize = 4;
/// Blocks of one layer; SE-ResNeXt-101 has 23 in its third.
const BLOCKS_MAX: usize = 64;
/// The longest side of a tensor; the published network's is 2,048.
const SIDE_MAX: usize = 1 << 14;
/// Values of all tensors together: a file of [`MODEL_BYTES_MAX`](crate::convert::onnx::MODEL_BYTES_MAX) holds no more.
const VALUES_MAX: usize = 1 << 28;
/// Names that an error gives as examples.
const EXAMPLES: usize = 3;

/// Which part of the network a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Encoder, decoder and head, as segmentation_models_pytorch saves them.
    Whole,
    /// The encoder alone, with a classifier's names (`layer0…`, `last_linear…`), as pretrainedmodels saves it.
    Encoder,
}

/// What the tensors say about the network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Architecture {
    /// Which part the file holds.
    pub scope: Scope,
    /// Channels of the stem.
    pub stem: usize,
    /// The blocks of layers 1 to 4.
    pub layers: [Vec<Block>; LAYERS],
    /// Channels of the pyramid.
    pub pyramid: usize,
    /// Channels of the segmentation branches.
    pub segmentation: usize,
    /// Output channels.
    pub classes: usize,
    /// Tensors in the file.
    pub tensors: usize,
}

/// One SE-ResNeXt bottleneck.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// Channels that come in.
    pub input: usize,
    /// Channels of the first two convolutions.
    pub width: usize,
    /// Groups of the second.
    pub groups: usize,
    /// Channels that go out.
    pub output: usize,
    /// Stride of the second convolution and of the shortcut.
    pub stride: usize,
    /// Whether the shortcut has a convolution.
    pub downsample: bool,
}

/// Shapes by the names that a whole network has.
pub(super) type Shapes<'a> = BTreeMap<String, &'a [usize]>;

impl Architecture {
    /// Reads names and shapes, and no values.
    ///
    /// # Errors
    /// [`FpnError`] with all tensors that do not fit.
    pub fn read(weights: &impl Weights, untrained: &Untrained) -> Result<Self, FpnError> {
        let (scope, shapes) = scope_and_shapes(weights)?;
        let mut values = 0usize;
        for (name, shape) in &shapes {
            let count = shape.iter().try_fold(1usize, |n, side| {
                (1..=SIDE_MAX).contains(side).then(|| n.checked_mul(*side)).flatten()
            });
            values = match count.and_then(|n| n.checked_add(values)) {
                Some(sum) if sum <= VALUES_MAX => sum,
                _ => {
                    return Err(FpnError::TooLarge {
                        name: name.clone(),
                        shape: shape.to_vec(),
                        side_max: SIDE_MAX,
                        values_max: VALUES_MAX,
                    });
                }
            };
        }
        let mut blocks = [0; LAYERS];
        for name in shapes.keys() {
            if let Some((layer, index)) = block_of(name) {
                if index >= BLOCKS_MAX {
                    let (name, limit) = (name.clone(), BLOCKS_MAX);
                    return Err(FpnError::TooDeep { name, index, limit });
                }
                blocks[layer] = blocks[layer].max(index + 1);
            }
        }
        let draft = Draft::read(&shapes, scope, blocks, untrained);
        let misfits = draft.misfits(&shapes);
        if misfits.is_empty() {
            draft.finished(scope, shapes.len())
        } else {
            Err(FpnError::Misfits { misfits })
        }
    }
}

fn scope_and_shapes(weights: &impl Weights) -> Result<(Scope, Shapes<'_>), FpnError> {
    let has = |start: &str| weights.shapes().any(|(name, _)| name.starts_with(start));
    if has("encoder.") {
        let shapes = weights.shapes().map(|(name, shape)| (name.to_owned(), shape));
        Ok((Scope::Whole, shapes.collect()))
    } else if has("layer0.") {
        let shapes = weights.shapes().map(|(name, shape)| (format!("encoder.{name}"), shape));
        Ok((Scope::Encoder, shapes.collect()))
    } else {
        let examples = weights.shapes().take(EXAMPLES).map(|(name, _)| name.to_owned());
        Err(FpnError::OtherNetwork {
            count: weights.shapes().count(),
            examples: examples.collect(),
        })
    }
}

/// The layer (from 0) and the block that a tensor belongs to: `encoder.layer2.0.conv1.weight` is of (1, 0).
fn block_of(name: &str) -> Option<(usize, usize)> {
    let mut parts = name.strip_prefix("encoder.layer")?.split('.');
    let layer: usize = parts.next()?.parse().ok()?;
    let block = parts.next()?.parse().ok()?;
    (1..=LAYERS).contains(&layer).then(|| (layer - 1, block))
}

impl Draft {
    /// The architecture, now that every tensor fits.
    fn finished(&self, scope: Scope, tensors: usize) -> Result<Architecture, FpnError> {
        let mut layers: [Vec<Block>; LAYERS] = Default::default();
        for (finished, layer) in layers.iter_mut().zip(&self.layers) {
            for block in layer {
                finished.push(block.finished()?);
            }
        }
        let architecture = Architecture {
            scope,
            stem: known(self.stem),
            layers,
            pyramid: known(self.pyramid),
            segmentation: known(self.segmentation),
            classes: known(self.classes),
            tensors,
        };
        if !architecture.segmentation.is_multiple_of(super::decoder::GROUPS) {
            let width = architecture.segmentation;
            return Err(FpnError::GroupNorm { width });
        }
        Ok(architecture)
    }
}

impl DraftBlock {
    fn finished(&self) -> Result<Block, FpnError> {
        let (width, per_group) = (known(self.width), known(self.per_group));
        if width == per_group {
            let name = format!("{}.conv2.weight", self.name);
            return Err(FpnError::NotGrouped { name });
        }
        Ok(Block {
            input: known(self.input),
            width,
            groups: width / per_group,
            output: known(self.output),
            stride: self.stride,
            downsample: self.downsample,
        })
    }
}

/// A side that some tensor states. Where none does, a tensor is missing or misshapen, and we do not come here.
fn known(side: Option<usize>) -> usize {
    side.expect("every side is stated by a tensor that is there and of its rank")
}

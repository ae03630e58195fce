//! The published network from its tensors: an FPN of segmentation_models_pytorch 0.2.1 on an SE-ResNeXt encoder, as an ONNX graph.
//!
//! * [`Weights`]: tensors by name, as a state dict has them; a checkpoint, or a table in a test.
//! * [`Architecture`]: what their names and shapes say: blocks, widths, groups, classes. Tensors that are missing, too many or of another shape
//!   are all named in one error.
//! * [`build`]: the graph, batch norms folded. An encoder alone gets a decoder and a head that never learnt anything ([`Untrained`]).
//!
//! Layers bear the names that their tensors have in the state dict, so that a report about the graph speaks of the network that people know.
//! Sources of the network: segmentation_models_pytorch 0.2.1 (`fpn/decoder.py`, `fpn/model.py`, `base/heads.py`, `encoders/senet.py`) and
//! pretrainedmodels 0.7.4 (`models/senet.py`).

mod architecture;
mod batch_norm;
mod decoder;
mod encoder;
mod error;
mod expected;
mod layers;
mod tensors;
mod untrained;
mod weights;

use crate::convert::onnx::ModelProto;
use crate::frame::Size;

pub use architecture::{Architecture, Block, Scope};
pub use error::{FpnError, Misfit};
pub use untrained::Untrained;
pub use weights::Weights;

use layers::Layers;
use tensors::Tensors;

/// Name of the graph's input, 1×3×height×width.
const INPUT: &str = "image";
/// Name of the graph's output, 1×classes×height×width, and of the node that makes it.
const OUTPUT: &str = "probabilities";
/// Height and width must be multiples of this: each of five levels has half the size of the one before, and doubled again must fit it.
const STEP: u32 = 32;

/// A network that was put together.
#[derive(Debug)]
pub struct Fpn {
    /// The graph: input `image` 1×3×height×width, output `probabilities` 1×classes×height×width.
    pub model: ModelProto,
    /// What the tensors said.
    pub architecture: Architecture,
    /// Learnt values, batch norms' running values left out.
    pub parameters: u64,
    /// Multiply-adds of the convolutions for one picture.
    pub macs: u64,
}

/// Builds the graph for pictures of `size`. `untrained` says how a decoder is made where the tensors are those of an encoder alone.
///
/// # Errors
/// [`FpnError`]: tensors that do not fit, can't be read or hold no numbers; a size that is no multiple of 32.
pub fn build(weights: &impl Weights, size: Size, untrained: &Untrained) -> Result<Fpn, FpnError> {
    if !size.width.is_multiple_of(STEP) || !size.height.is_multiple_of(STEP) || size.pixels() == 0 {
        return Err(FpnError::Size { size });
    }
    let architecture = Architecture::read(weights, untrained)?;
    let mut tensors = Tensors::new(weights, architecture.scope, untrained);
    let mut layers = Layers::new(size)?;
    let levels = encoder::build(&mut layers, &mut tensors, &architecture)?;
    let output = decoder::build(&mut layers, &mut tensors, &architecture, &levels)?;
    Ok(Fpn {
        macs: layers.macs(),
        parameters: tensors.parameters(),
        model: layers.finish(&output),
        architecture,
    })
}

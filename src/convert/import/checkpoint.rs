//! A PyTorch checkpoint as a network.

use std::path::Path;

use super::Network;
use super::statements::{Facts, PUBLISHED_SIZE, Statements};
use crate::convert::ConvertError;
use crate::convert::checkpoint::Checkpoint;
use crate::convert::fpn::{self, Architecture, Fpn, Scope, Untrained, Weights};
use crate::network::Quantization;
use crate::traits::Trait;

impl Weights for Checkpoint {
    fn shapes(&self) -> impl Iterator<Item = (&str, &[usize])> {
        self.tensors().map(|(name, info)| (name, info.shape.as_slice()))
    }

    fn read(&self, name: &str) -> Result<Vec<f32>, String> {
        self.read_f32(name).map_err(|e| e.fault.to_string())
    }
}

pub(super) fn read(
    file: &Path,
    statements: &Statements,
    seed: u64,
    progress: &mut dyn FnMut(&str),
) -> Result<Network, ConvertError> {
    let checkpoint = Checkpoint::open(file)?;
    let size = statements.size()?.unwrap_or(PUBLISHED_SIZE);
    // A decoder for an encoder alone has as many outputs as classes are stated, or the published twelve.
    let untrained = Untrained {
        seed,
        classes: statements.classes.as_ref().map_or(Trait::COUNT, Vec::len),
    };
    progress("building the graph");
    let built = fpn::build(&checkpoint, size, &untrained).map_err(|source| ConvertError::Fpn {
        path: file.to_owned(),
        source,
    })?;
    let Fpn {
        model,
        architecture,
        parameters,
        macs,
    } = built;
    let classes = statements.classes(architecture.classes, true)?;
    let mut notes = Vec::new();
    if !checkpoint.ignored().is_empty() {
        notes.push(format!(
            "Left out, as they are no weights: {}.",
            checkpoint.ignored().join(", ")
        ));
    }
    if statements.classes.is_none() {
        notes.push("Twelve output channels: taken for the published network's traits in their order.".to_owned());
    }
    if statements.mean.is_none() && statements.std.is_none() {
        notes.push("Normalization: ImageNet's, as the published network has it.".to_owned());
    }
    let learnt = statements.untrained.clone().unwrap_or_default();
    let (untrained_classes, what) = match architecture.scope {
        Scope::Whole => (learnt, ""),
        Scope::Encoder => {
            notes.push(format!(
                "The file is an encoder alone: decoder and head are untrained (seed {seed}), and so are all classes. \
                 Its masks mean nothing before it is trained."
            ));
            (classes.clone(), ", decoder and head untrained")
        }
    };
    let facts = Facts {
        size,
        description: format!("{}{what}", name_of(&architecture)),
        classes,
        untrained: untrained_classes,
        quantization: Quantization::None,
        statements: statements.clone(),
    };
    Ok(Network {
        model,
        facts,
        form: checkpoint.form().to_string(),
        tensors: architecture.tensors,
        parameters,
        macs,
        notes,
    })
}

fn name_of(architecture: &Architecture) -> String {
    let blocks = architecture.layers.each_ref().map(|layer| layer.len().to_string());
    format!("FPN on SE-ResNeXt with {} blocks, batch norms folded", blocks.join("+"))
}

//! What of a graph can be quantized: its convolutions.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::convert::ConvertError;
use crate::convert::onnx::{self, ModelProto, NodeProto, TensorProto};

/// A convolution whose weights are constant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Convolution {
    /// Index among the graph's nodes.
    pub node: usize,
    /// Name of the node.
    pub name: String,
    /// The block that it belongs to, a numbered module.
    pub block: String,
    /// Name of the tensor that it reads.
    pub activation: String,
    /// Name of its weights.
    pub weights: String,
    /// How many there are.
    pub weights_count: usize,
}

/// Some of a graph's convolutions, by their places in [`FloatGraph::convolutions`].
pub type Layers = BTreeSet<usize>;

/// A float graph made ready: every constant an initializer, batch norms in their convolutions.
#[derive(Debug, Clone)]
pub struct FloatGraph {
    /// The model.
    pub model: ModelProto,
    /// Its convolutions in the order of the nodes.
    pub convolutions: Vec<Convolution>,
}

impl FloatGraph {
    /// Prepares a float model.
    ///
    /// # Errors
    /// [`ConvertError::NotQuantized`] if it is quantized already, has no convolution, or is of an operator set before 13.
    pub fn prepare(mut model: ModelProto) -> Result<Self, ConvertError> {
        let refuse = |reason: String| Err(ConvertError::NotQuantized { reason });
        let version = model
            .opset_import
            .iter()
            .find(|o| o.domain.is_empty() || o.domain == "ai.onnx");
        match version.map(|o| o.version) {
            Some(13..) => {}
            other => {
                return refuse(format!(
                    "the file is of operator set {}; per-channel quantization needs 13: export it with opset_version=17",
                    other.unwrap_or_default()
                ));
            }
        }
        let Some(graph) = model.graph.as_mut() else {
            return refuse("the file holds no graph".to_owned());
        };
        if graph
            .node
            .iter()
            .any(|n| n.op_type.contains("Quantize") || n.op_type.starts_with("QLinear"))
        {
            return refuse("it is quantized already; quantize the float bundle that it was made from".to_owned());
        }
        lift_constants(&mut graph.node, &mut graph.initializer);
        super::batch_norm::fold(graph);
        let convolutions = convolutions(&graph.node, &graph.initializer);
        if convolutions.is_empty() {
            return refuse("it has no convolution with constant float weights".to_owned());
        }
        Ok(Self { model, convolutions })
    }

    /// The names of the blocks, in the order of their first convolution.
    pub fn blocks(&self) -> Vec<&str> {
        let mut seen = HashSet::new();
        let blocks = self.convolutions.iter().map(|c| c.block.as_str());
        blocks.filter(|b| seen.insert(*b)).collect()
    }

    /// The tensors that convolutions read, each once, in the order of the nodes.
    pub fn activations(&self) -> Vec<String> {
        let mut seen = HashSet::new();
        let read = self.convolutions.iter().map(|c| c.activation.clone());
        read.filter(|a| seen.insert(a.clone())).collect()
    }

    /// The convolutions of a block, or the one of this name; none where there is neither.
    pub fn layers_of(&self, block_or_layer: &str) -> Layers {
        let convolutions = self.convolutions.iter().enumerate();
        let of_it = convolutions.filter(|(_, c)| c.block == block_or_layer || c.name == block_or_layer);
        of_it.map(|(index, _)| index).collect()
    }

    /// The constants by name.
    pub fn initializers(&self) -> HashMap<&str, &TensorProto> {
        let graph = self.model.graph.as_ref();
        let tensors = graph.map_or(&[][..], |g| g.initializer.as_slice());
        tensors.iter().map(|t| (t.name.as_str(), t)).collect()
    }

    /// Name of the graph's input.
    pub fn input(&self) -> &str {
        let graph = self.model.graph.as_ref();
        graph.and_then(|g| g.input.first()).map_or("", |i| i.name.as_str())
    }
}

/// Constants that are nodes become initializers, so that there is one place to look.
fn lift_constants(nodes: &mut Vec<NodeProto>, initializers: &mut Vec<TensorProto>) {
    nodes.retain_mut(|node| match constant_of(node) {
        Some(tensor) => {
            initializers.push(tensor);
            false
        }
        None => true,
    });
}

/// The tensor of a Constant node, under the name of its output.
fn constant_of(node: &mut NodeProto) -> Option<TensorProto> {
    if node.op_type != "Constant" {
        return None;
    }
    let name = node.output.first()?.clone();
    let value = node.attribute.iter_mut().find(|a| a.name == "value")?;
    Some(TensorProto {
        name,
        ..value.t.take()?
    })
}

fn convolutions(nodes: &[NodeProto], initializers: &[TensorProto]) -> Vec<Convolution> {
    let constants: HashMap<&str, &TensorProto> = initializers.iter().map(|t| (t.name.as_str(), t)).collect();
    let found = nodes.iter().enumerate().filter_map(|(index, node)| {
        let [activation, weights, ..] = node.input.as_slice() else {
            return None;
        };
        let weights_count = constants.get(weights.as_str()).filter(|t| t.dims.len() == 4);
        let weights_count = weights_count.and_then(|t| onnx::f32_count(t)).filter(|n| *n > 0)?;
        let usable = node.op_type == "Conv" && !constants.contains_key(activation.as_str());
        let name = if node.name.is_empty() {
            node.output.first()?
        } else {
            &node.name
        };
        usable.then(|| Convolution {
            node: index,
            name: name.clone(),
            block: block_of(name),
            activation: activation.clone(),
            weights: weights.clone(),
            weights_count,
        })
    });
    found.collect()
}

/// The block of a node: its name up to the first numbered part, as modules in a list are named ("encoder.layer3.5.conv2" is in
/// "encoder.layer3.5"), or the whole name where no part is a number. torch.onnx.export writes "/" where modules nest.
fn block_of(name: &str) -> String {
    let parts: Vec<&str> = name.split(['.', '/']).filter(|p| !p.is_empty()).collect();
    let is_number = |p: &&str| p.bytes().all(|b| b.is_ascii_digit());
    let end = parts.iter().position(is_number).map_or(parts.len(), |i| i + 1);
    parts[..end].join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_the_numbered_modules() {
        for (name, block) in [
            ("encoder.layer3.5.conv2", "encoder.layer3.5"),
            ("encoder.layer3.0.downsample.0", "encoder.layer3.0"),
            ("/encoder/layer3/layer3.5/se_module/fc1/Conv", "encoder.layer3.layer3.5"),
            ("decoder.p4.skip_conv", "decoder.p4.skip_conv"),
            ("Conv_12", "Conv_12"),
        ] {
            assert_eq!(block_of(name), block);
        }
    }
}

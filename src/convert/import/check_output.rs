//! Whether a network's output is masks, and making probabilities of logits.

use std::collections::HashSet;

use tract_onnx::pb::NodeProto;

use super::statements::OutputKind;
use crate::convert::onnx::{GraphProto, ModelProto, float_value};
use crate::frame::Size;
use crate::network::graph::GraphSummary;
use crate::traits::Trait;

/// Operators that pass values on as they are, or nearly so.
const PASSING: [&str; 4] = ["Identity", "QuantizeLinear", "DequantizeLinear", "Dropout"];
/// Operators that give values from 0 to 1, each for itself.
const SIGMOIDS: [&str; 2] = ["Sigmoid", "HardSigmoid"];

/// The output channels of a network that gives one plane for each trait, at the input's size.
///
/// # Errors
/// The shape that it has, and what would be right.
pub(super) fn channels(summary: &GraphSummary, input: Size) -> Result<usize, String> {
    let (name, shape) = &summary.output;
    let [1, channels, rows, columns] = shape[..] else {
        return Err(format!(
            "its output {name} is {shape:?}; masks are 1×classes×height×width"
        ));
    };
    if (rows, columns) != (input.height as usize, input.width as usize) {
        return Err(format!(
            "its output {name} has {columns}x{rows} pixels and its input {input}: export it with the last upsampling inside the network"
        ));
    }
    if !(1..=Trait::COUNT).contains(&channels) {
        return Err(format!(
            "its output {name} has {channels} channels; there are 1 to {} traits",
            Trait::COUNT
        ));
    }
    Ok(channels)
}

/// Writes the output's shape, and adds a Sigmoid where the output is logits; gives whether it did.
///
/// # Errors
/// A last operator that leaves open what the output is, where nothing is stated.
pub(super) fn finish(
    model: &mut ModelProto,
    summary: &GraphSummary,
    stated: Option<OutputKind>,
) -> Result<bool, String> {
    let graph = model.graph.as_mut().ok_or("it holds no graph")?;
    let (name, shape) = &summary.output;
    let operator = deciding_operator(graph, name);
    let ends_in_sigmoid = SIGMOIDS.contains(&operator.as_str());
    let kind = match (stated, ends_in_sigmoid) {
        (Some(OutputKind::Logits), true) => {
            return Err(format!(
                "its output {name} comes from {operator} already, so it is probabilities and no logits"
            ));
        }
        (Some(kind), _) => kind,
        (None, true) => OutputKind::Probabilities,
        (None, false) => {
            return Err(format!(
                "its output {name} comes from {operator}, and not from Sigmoid: if it is logits, add --output-kind logits, and a Sigmoid is added; \
                 if its values are probabilities from 0 to 1 already, add --output-kind probabilities"
            ));
        }
    };
    let logits = kind == OutputKind::Logits;
    let output = if logits { add_sigmoid(graph, name) } else { name.clone() };
    graph.output = vec![float_value(&output, shape)];
    Ok(logits)
}

/// The operator that decides what the values of `output` are.
fn deciding_operator(graph: &GraphProto, output: &str) -> String {
    let mut name = output;
    // Nodes are in order, so that one walk backwards is enough.
    for node in graph.node.iter().rev() {
        if node.output.iter().any(|o| o == name) {
            match node.input.first() {
                Some(input) if PASSING.contains(&node.op_type.as_str()) => name = input,
                _ => return node.op_type.clone(),
            }
        }
    }
    "the picture itself".to_owned()
}

fn add_sigmoid(graph: &mut GraphProto, logits: &str) -> String {
    let values = graph
        .input
        .iter()
        .map(|v| &v.name)
        .chain(graph.initializer.iter().map(|t| &t.name));
    let taken: HashSet<&String> = values
        .chain(graph.node.iter().flat_map(|n| n.output.iter().chain([&n.name])))
        .collect();
    let mut name = "probabilities".to_owned();
    while taken.contains(&name) {
        name.push('_');
    }
    graph.node.push(NodeProto {
        op_type: "Sigmoid".to_owned(),
        name: name.clone(),
        input: vec![logits.to_owned()],
        output: vec![name.clone()],
        ..NodeProto::default()
    });
    name
}

//! A person's own ONNX export as a network.

use std::path::Path;

use super::check_output::{self, channels};
use super::statements::{Facts, Statements};
use super::{Network, fixed_size, qoperator};
use crate::convert::{ConvertError, onnx};
use crate::network::{Quantization, graph};

pub(super) fn read(file: &Path, statements: &Statements) -> Result<Network, ConvertError> {
    let refused = |reason: String| ConvertError::OnnxRefused {
        path: file.to_owned(),
        reason,
    };
    let mut model = onnx::read(file)?;
    let mut notes = Vec::new();
    strip(&mut model);
    let size = fixed_size::fix(&mut model, statements.size()?).map_err(refused)?;
    let rewritten = qoperator::to_qdq(&mut model).map_err(refused)?;
    if rewritten > 0 {
        notes.push(format!(
            "{rewritten} operators on integers are written anew as QuantizeLinear and DequantizeLinear around the operator itself (QDQ), \
             with the same integers."
        ));
    }
    let summary = graph::check(&model).map_err(|e| refused(e.to_string()))?;
    let channels = channels(&summary, size).map_err(refused)?;
    let logits = check_output::finish(&mut model, &summary, statements.output).map_err(refused)?;
    if logits {
        notes.push("The output is logits: a Sigmoid was added.".to_owned());
    }
    let classes = statements.classes(channels, false)?;
    if statements.mean.is_none() && statements.std.is_none() {
        notes.push("Normalization: nothing was stated, so ImageNet's mean and standard deviation are taken; --mean and --std say others.".to_owned());
    }
    let (form, quantization) = if summary.quantized {
        ("an ONNX network, quantized to int8", Quantization::Int8Qdq)
    } else {
        ("an ONNX network, float32", Quantization::None)
    };
    let weights = model.graph.as_ref().map_or(0, |g| g.initializer.len());
    Ok(Network {
        facts: Facts {
            size,
            classes,
            untrained: statements.untrained.clone().unwrap_or_default(),
            quantization,
            description: format!("ONNX network of {} operators", summary.nodes),
            statements: statements.clone(),
        },
        model,
        form: form.to_owned(),
        tensors: weights,
        parameters: summary.weights,
        macs: summary.macs,
        notes,
    })
}

/// Takes away what no run needs: notes of the exporter (which may tell folders of its machine), and sizes that it had worked out.
fn strip(model: &mut onnx::ModelProto) {
    model.doc_string.clear();
    model.metadata_props.clear();
    model
        .opset_import
        .retain(|set| set.domain.is_empty() || set.domain == "ai.onnx");
    let Some(graph) = &mut model.graph else { return };
    graph.doc_string.clear();
    graph.value_info.clear();
    graph.quantization_annotation.clear();
    for node in &mut graph.node {
        node.doc_string.clear();
    }
    // Old exports list the weights among the inputs.
    let weights: std::collections::HashSet<&str> = graph.initializer.iter().map(|w| w.name.as_str()).collect();
    graph.input.retain(|input| !weights.contains(input.name.as_str()));
}

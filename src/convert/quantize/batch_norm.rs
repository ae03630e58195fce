//! Batch norms into the convolutions before them.

use std::collections::HashMap;

use crate::convert::onnx::{self, GraphProto, TensorProto};

/// Folds every BatchNormalization that alone reads a convolution's output into that convolution's weights and bias.
///
/// With γ, β, μ, σ² of a channel: weights × γ/√(σ²+ε), bias (or 0) → β + (bias - μ) γ/√(σ²+ε). In float64, since one rounding is enough.
/// A batch norm that can't be folded stays as it is.
pub fn fold(graph: &mut GraphProto) {
    let mut index = 0;
    while index < graph.node.len() {
        if graph.node[index].op_type == "BatchNormalization" && fold_one(graph, index).is_some() {
            graph.node.remove(index);
        } else {
            index += 1;
        }
    }
    drop_unused(graph);
}

fn fold_one(graph: &mut GraphProto, index: usize) -> Option<()> {
    let norm = &graph.node[index];
    let [from, scale, shift, mean, variance] = norm.input.as_slice() else {
        return None;
    };
    let [to] = norm.output.as_slice() else { return None };
    let producer = graph
        .node
        .iter()
        .position(|n| n.op_type == "Conv" && n.output.first() == Some(from))?;
    let readers = graph.node.iter().flat_map(|n| &n.input).filter(|i| *i == from).count();
    if readers != 1 || graph.output.iter().any(|o| o.name == *from) {
        return None;
    }
    let constants: HashMap<&str, &TensorProto> = graph.initializer.iter().map(|t| (t.name.as_str(), t)).collect();
    let values = |name: &str| onnx::f32_values(constants.get(name)?);
    let conv = &graph.node[producer];
    let weights_name = conv.input.get(1)?;
    let shape = onnx::shape_of(constants.get(weights_name.as_str())?)?;
    let channels = *shape.first()?;
    let [scale, shift, mean, variance] = [values(scale)?, values(shift)?, values(mean)?, values(variance)?];
    let bias = match conv.input.get(2).filter(|name| !name.is_empty()) {
        Some(name) => values(name)?,
        None => vec![0.0; channels],
    };
    if [&scale, &shift, &mean, &variance, &bias]
        .iter()
        .any(|v| v.len() != channels)
    {
        return None;
    }
    let epsilon = norm
        .attribute
        .iter()
        .find(|a| a.name == "epsilon")
        .map_or(1e-5, |a| a.f);
    let factor: Vec<f64> = (0..channels)
        .map(|c| f64::from(scale[c]) / (f64::from(variance[c]) + f64::from(epsilon)).sqrt())
        .collect();
    let mut weights = values(weights_name)?;
    let per_channel = weights.len().checked_div(channels)?;
    for (row, factor) in weights.chunks_exact_mut(per_channel.max(1)).zip(&factor) {
        row.iter_mut().for_each(|w| *w = (f64::from(*w) * factor) as f32);
    }
    let folded: Vec<f32> = (0..channels)
        .map(|c| (f64::from(shift[c]) + (f64::from(bias[c]) - f64::from(mean[c])) * factor[c]) as f32)
        .collect();
    let (to, name) = (to.clone(), conv.output.first()?.clone());
    let (weights_name, bias_name) = (format!("{name}.folded_weight"), format!("{name}.folded_bias"));
    graph
        .initializer
        .push(onnx::f32_tensor(&weights_name, &shape, &weights));
    graph
        .initializer
        .push(onnx::f32_tensor(&bias_name, &[channels], &folded));
    let conv = &mut graph.node[producer];
    conv.input.truncate(1);
    conv.input.extend([weights_name, bias_name]);
    conv.output = vec![to];
    Some(())
}

/// Constants that no node reads any more would only weigh.
fn drop_unused(graph: &mut GraphProto) {
    let mut read: std::collections::HashSet<String> = graph.node.iter().flat_map(|n| n.input.iter().cloned()).collect();
    read.extend(graph.output.iter().map(|o| o.name.clone()));
    graph.initializer.retain(|t| read.contains(&t.name));
}

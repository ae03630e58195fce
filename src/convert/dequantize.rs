//! From an int8 network back to a float one, so that it can be trained further.
//!
//! The form is the one that [`quantize`](super::quantize()) and other programs write: QuantizeLinear and DequantizeLinear around what is in eight
//! bits. Weights and biases become the floats that their integers mean; the pairs around activations go, or become the Clip that they stand for. What rounding has lost does not come back.

use std::collections::{HashMap, HashSet};

use super::ConvertError;
use super::onnx::{self, ModelProto, NodeProto, TensorProto};

/// The network in floats; one that is in floats stays as it is.
///
/// # Errors
/// [`ConvertError::NotDequantized`]: scales that are not constant, types other than bytes, or operators that compute on integers.
pub fn dequantized(mut model: ModelProto) -> Result<ModelProto, ConvertError> {
    let Some(graph) = model.graph.as_mut() else {
        return Ok(model);
    };
    let constants: HashMap<String, TensorProto> =
        graph.initializer.iter().map(|t| (t.name.clone(), t.clone())).collect();
    // What stands for a tensor now.
    let mut instead: HashMap<String, String> = HashMap::new();
    let mut weights: HashMap<String, TensorProto> = HashMap::new();
    let mut convolved: HashSet<String> = HashSet::new();
    let mut nodes: Vec<NodeProto> = Vec::new();
    for mut node in std::mem::take(&mut graph.node) {
        for input in &mut node.input {
            if let Some(other) = instead.get(input) {
                input.clone_from(other);
            }
        }
        let refused = |reason: String| ConvertError::NotDequantized {
            reason: format!("{}: {reason}", node.name),
        };
        match node.op_type.as_str() {
            "QuantizeLinear" => {
                let [input, output] = ends(&node).ok_or_else(|| refused("it has no input or output".to_owned()))?;
                let stands_for = match most_of_rectified(&node, &constants).filter(|_| convolved.contains(&input)) {
                    None => input,
                    Some(most) => {
                        let (clipped, least, bound) = (
                            format!("{input}.clipped"),
                            format!("{input}.least"),
                            format!("{input}.most"),
                        );
                        weights.insert(least.clone(), onnx::scalar_f32(&least, 0.0));
                        weights.insert(bound.clone(), onnx::scalar_f32(&bound, most));
                        nodes.push(NodeProto {
                            op_type: "Clip".to_owned(),
                            name: clipped.clone(),
                            input: vec![input, least, bound],
                            output: vec![clipped.clone()],
                            ..NodeProto::default()
                        });
                        clipped
                    }
                };
                instead.insert(output, stands_for);
            }
            "DequantizeLinear" => {
                let [input, output] = ends(&node).ok_or_else(|| refused("it has no input or output".to_owned()))?;
                let Some(bytes) = constants.get(&input) else {
                    // The other half of a pair: its input is the float tensor already.
                    instead.insert(output, input);
                    continue;
                };
                let name = float_name(&input);
                if !weights.contains_key(&name) {
                    weights.insert(
                        name.clone(),
                        float_weight(&name, bytes, &node, &constants).map_err(refused)?,
                    );
                }
                instead.insert(output, name);
            }
            other if other.starts_with("QLinear") || other.contains("Integer") => {
                return Err(refused(format!("{other} computes on integers")));
            }
            operator => {
                if operator == "Conv" {
                    convolved.extend(node.output.iter().cloned());
                }
                nodes.push(node);
            }
        }
    }
    for output in &graph.output {
        if instead.contains_key(&output.name) {
            let reason = "its output is quantized".to_owned();
            return Err(ConvertError::NotDequantized { reason });
        }
    }
    let read: HashSet<&str> = nodes.iter().flat_map(|n| &n.input).map(String::as_str).collect();
    let kept = std::mem::take(&mut graph.initializer)
        .into_iter()
        .filter(|t| !weights.contains_key(&t.name));
    let mut initializers: Vec<TensorProto> = kept.filter(|t| read.contains(t.name.as_str())).collect();
    let mut weights: Vec<TensorProto> = weights.into_values().collect();
    weights.sort_by(|a, b| a.name.cmp(&b.name));
    initializers.extend(weights);
    (graph.node, graph.initializer) = (nodes, initializers);
    Ok(model)
}

/// The largest value that bytes stand for whose smallest stands for 0: onnxruntime's quantizer leaves out a ReLU or Clip behind a convolution where the
/// bytes behind it do the same.
fn most_of_rectified(node: &NodeProto, constants: &HashMap<String, TensorProto>) -> Option<f32> {
    let scale = onnx::f32_values(constants.get(node.input.get(1)?)?)?;
    let zero = constants.get(node.input.get(2)?)?;
    let least = if zero.data_type == onnx::DataType::Int8 as i32 {
        -128
    } else {
        0
    };
    (onnx::integer_values(zero)? == [least])
        .then(|| scale.first().map(|s| s * 255.0))
        .flatten()
}

fn ends(node: &NodeProto) -> Option<[String; 2]> {
    Some([node.input.first()?.clone(), node.output.first()?.clone()])
}

/// The name that weights had before they were quantized: fishrig writes `NAME.quantized`, onnxruntime `NAME_quantized`.
fn float_name(quantized: &str) -> String {
    let before = quantized
        .strip_suffix(".quantized")
        .or_else(|| quantized.strip_suffix("_quantized"));
    before.map_or_else(|| format!("{quantized}.float"), str::to_owned)
}

/// (integer - zero point) · scale, with one scale for all or one for each output channel.
fn float_weight(
    name: &str,
    bytes: &TensorProto,
    node: &NodeProto,
    constants: &HashMap<String, TensorProto>,
) -> Result<TensorProto, String> {
    let constant = |index: usize| node.input.get(index).and_then(|name| constants.get(name));
    let shape = onnx::shape_of(bytes).ok_or("its weights have no shape")?;
    let codes = onnx::integer_values(bytes).ok_or("its weights are not integers")?;
    let scales = constant(1)
        .and_then(onnx::f32_values)
        .ok_or("its scale is not constant")?;
    let zeros = match constant(2) {
        Some(zeros) => onnx::integer_values(zeros).ok_or("its zero point is no integer")?,
        None => vec![0; scales.len()],
    };
    let axis = node.attribute.iter().find(|a| a.name == "axis").map_or(1, |a| a.i);
    let channels = scales.len();
    let fits = channels == 1 || (axis == 0 && shape.first() == Some(&channels));
    if channels == 0 || !fits || zeros.len() != channels {
        return Err("its scales are neither one nor one for each output channel".to_owned());
    }
    let per_channel = (codes.len() / channels).max(1);
    let value = |(index, code): (usize, &i32)| {
        let channel = (index / per_channel).min(channels - 1);
        (f64::from(code.saturating_sub(zeros[channel])) * f64::from(scales[channel])) as f32
    };
    let values: Vec<f32> = codes.iter().enumerate().map(value).collect();
    Ok(onnx::f32_tensor(name, &shape, &values))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::{Bundle, read_message};

    #[test]
    fn the_built_in_network_is_its_float_form_but_for_rounding() {
        let float = Bundle::open(std::path::Path::new(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/models/lite0-float"
        )))
        .unwrap();
        let (float, int8) = (read_message(&float).unwrap(), read_message(&Bundle::builtin()).unwrap());
        let back = dequantized(int8).unwrap();
        crate::network::graph::check(&back).unwrap();
        let (float, back) = (float.graph.unwrap(), back.graph.unwrap());
        assert_eq!(back.node.len(), float.node.len());
        for (ours, theirs) in back.node.iter().zip(&float.node) {
            assert_eq!(
                (&ours.op_type, &ours.input, &ours.output),
                (&theirs.op_type, &theirs.input, &theirs.output)
            );
        }
        let weights: HashMap<&str, &TensorProto> = float.initializer.iter().map(|t| (t.name.as_str(), t)).collect();
        for weight in &back.initializer {
            let (Some(ours), Some(theirs)) = (
                onnx::f32_values(weight),
                onnx::f32_values(weights[weight.name.as_str()]),
            ) else {
                continue;
            };
            let largest = theirs.iter().fold(0f32, |m, w| m.max(w.abs()));
            for (a, b) in ours.iter().zip(&theirs) {
                assert!((a - b).abs() <= largest / 253.0, "{}: {a} {b}", weight.name);
            }
        }
    }

    #[test]
    fn a_float_network_stays_as_it_is() {
        let float = Bundle::open(std::path::Path::new(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/models/lite0-float"
        )))
        .unwrap();
        let names = |m: &ModelProto| {
            m.graph
                .as_ref()
                .unwrap()
                .node
                .iter()
                .map(|n| n.name.clone())
                .collect::<Vec<_>>()
        };
        let model = read_message(&float).unwrap();
        assert_eq!(names(&dequantized(model.clone()).unwrap()), names(&model));
    }
}

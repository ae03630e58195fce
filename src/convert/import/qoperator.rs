//! Operators on integers, as onnxruntime's quantizer writes them (QOperator), into the standard form (QDQ): each operator in float between
//! DequantizeLinear and QuantizeLinear with the same scales and zero points.
//!
//! Names and inputs of the operators: onnxruntime, `docs/ContribOperators.md`, and ONNX, `docs/Operators.md` (QLinearConv, QLinearMatMul).

use std::collections::HashMap;

use tract_onnx::pb::NodeProto;

use crate::convert::onnx::{GraphProto, ModelProto, TensorProto, attribute, f32_tensor, f32_values, shape_of};

/// Operators that arrange integers without computing; between DequantizeLinear and QuantizeLinear of one scale they give the same integers.
/// Resize computes, and rounds within one step of that scale.
const ARRANGING: [&str; 10] = [
    "Resize",
    "MaxPool",
    "Reshape",
    "Flatten",
    "Transpose",
    "Squeeze",
    "Unsqueeze",
    "Slice",
    "Identity",
    "Pad",
];

/// Rewrites the graph; gives the number of operators that were on integers.
///
/// # Errors
/// An operator on integers that is not known, or has not the inputs that it must have.
pub(super) fn to_qdq(model: &mut ModelProto) -> Result<usize, String> {
    let graph = model.graph.as_mut().ok_or("it holds no graph")?;
    if !graph.node.iter().any(is_quantized_operator) {
        return Ok(0);
    }
    let nodes = std::mem::take(&mut graph.node);
    let constants = graph
        .initializer
        .iter()
        .enumerate()
        .map(|(index, t)| (t.name.clone(), index));
    let mut rewriting = Rewriting {
        constants: constants.collect(),
        graph,
        scales: HashMap::new(),
        floats: HashMap::new(),
        count: 0,
    };
    for node in nodes {
        rewriting.rewrite(node)?;
    }
    Ok(rewriting.count)
}

fn is_quantized_operator(node: &NodeProto) -> bool {
    node.op_type.starts_with("QLinear") || node.op_type == "QGemm"
}

/// Names of scale and zero point.
type Scale = (String, String);

struct Rewriting<'a> {
    graph: &'a mut GraphProto,
    /// Where each weight of the file is.
    constants: HashMap<String, usize>,
    /// Of each result that is integers.
    scales: HashMap<String, Scale>,
    /// The name under which each of them is there in float.
    floats: HashMap<String, String>,
    count: usize,
}

impl Rewriting<'_> {
    fn rewrite(&mut self, node: NodeProto) -> Result<(), String> {
        let named = |reason: &str| format!("node {} ({}): {reason}", node.name, node.op_type);
        let inputs: Vec<&str> = node.input.iter().map(String::as_str).collect();
        let missing = || named("its inputs are not those of this operator");
        let [output] = node.output.as_slice() else {
            // Whatever it is, it is none of ours.
            self.graph.node.push(node);
            return Ok(());
        };
        let scale = |scale: &str, zero: &str| (scale.to_owned(), zero.to_owned());
        let (operator, operands, result) = match (node.op_type.as_str(), inputs.as_slice()) {
            ("QLinearConv", [x, xs, xz, w, ws, wz, ys, yz, bias @ ..]) if bias.len() <= 1 => {
                let mut operands = vec![self.float(x, &scale(xs, xz)), self.float_weight(w, &scale(ws, wz))];
                if let [bias] = bias
                    && !bias.is_empty()
                {
                    operands.push(self.float_bias(bias, xs, ws).map_err(|e| named(&e))?);
                }
                ("Conv", operands, scale(ys, yz))
            }
            ("QLinearMatMul", [a, a_s, az, b, bs, bz, ys, yz]) => (
                "MatMul",
                vec![self.float(a, &scale(a_s, az)), self.float(b, &scale(bs, bz))],
                scale(ys, yz),
            ),
            (name @ ("QLinearAdd" | "QLinearMul"), [a, a_s, az, b, bs, bz, ys, yz]) => {
                let operator = if name == "QLinearAdd" { "Add" } else { "Mul" };
                (
                    operator,
                    vec![self.float(a, &scale(a_s, az)), self.float(b, &scale(bs, bz))],
                    scale(ys, yz),
                )
            }
            (
                name @ ("QLinearSigmoid" | "QLinearLeakyRelu" | "QLinearGlobalAveragePool" | "QLinearAveragePool"),
                [x, xs, xz, ys, yz],
            ) => {
                let operator = match name {
                    "QLinearSigmoid" => "Sigmoid",
                    "QLinearLeakyRelu" => "LeakyRelu",
                    "QLinearGlobalAveragePool" => "GlobalAveragePool",
                    _ => "AveragePool",
                };
                (operator, vec![self.float(x, &scale(xs, xz))], scale(ys, yz))
            }
            ("QLinearConcat", [ys, yz, parts @ ..]) if !parts.is_empty() && parts.len().is_multiple_of(3) => {
                let operands = parts.chunks_exact(3).map(|p| self.float(p[0], &scale(p[1], p[2])));
                ("Concat", operands.collect(), scale(ys, yz))
            }
            ("QuantizeLinear", [_, s, z]) => {
                self.scales.insert(output.clone(), scale(s, z));
                self.graph.node.push(node);
                return Ok(());
            }
            (name, [x, ..]) if ARRANGING.contains(&name) && self.scales.contains_key(*x) => {
                let of = self.scales[*x].clone();
                let mut operands = vec![self.float(x, &of)];
                operands.extend(inputs[1..].iter().map(|i| (*i).to_owned()));
                (name, operands, of)
            }
            (name, _) if is_quantized_operator(&node) => {
                let known = [
                    "QLinearConv",
                    "QLinearMatMul",
                    "QLinearAdd",
                    "QLinearMul",
                    "QLinearSigmoid",
                    "QLinearConcat",
                ];
                return Err(if known.contains(&name) {
                    missing()
                } else {
                    named("fishrig does not run this operator on integers; quantize the network in the QDQ format")
                });
            }
            _ => {
                self.graph.node.push(node);
                return Ok(());
            }
        };
        let operator = operator.to_owned();
        self.count += usize::from(is_quantized_operator(&node));
        self.push(node, operator, operands, result);
        Ok(())
    }

    /// The operator in float, then its result as integers.
    fn push(&mut self, node: NodeProto, operator: String, operands: Vec<String>, result: Scale) {
        let output = node.output[0].clone();
        let float = format!("{output}_float");
        let mut attributes = node.attribute;
        // Only onnxruntime's pooling has it, and only 0 is written by its quantizer for networks with channels first.
        attributes.retain(|a| a.name != "channels_last");
        self.graph.node.push(NodeProto {
            op_type: operator,
            domain: String::new(),
            input: operands,
            output: vec![float.clone()],
            attribute: attributes,
            ..node
        });
        self.quantize_node(
            "QuantizeLinear",
            &format!("{output}_quantize"),
            &float,
            &result,
            &output,
            None,
        );
        self.scales.insert(output, result);
    }

    /// The float form of integers that some node makes; each is made once.
    fn float(&mut self, integers: &str, of: &Scale) -> String {
        self.dequantized(integers, of, None)
    }

    /// A weight: its scales are those of output channels, its first axis.
    fn float_weight(&mut self, integers: &str, of: &Scale) -> String {
        self.dequantized(integers, of, Some(0))
    }

    fn dequantized(&mut self, integers: &str, of: &Scale, axis: Option<i64>) -> String {
        if let Some(float) = self.floats.get(integers) {
            return float.clone();
        }
        let float = format!("{integers}_dequantized");
        self.quantize_node("DequantizeLinear", &float, integers, of, &float, axis);
        self.floats.insert(integers.to_owned(), float.clone());
        float
    }

    /// A bias is 32-bit integers in steps of the input's scale times the weight's.
    fn float_bias(&mut self, bias: &str, input_scale: &str, weight_scales: &str) -> Result<String, String> {
        if let Some(float) = self.floats.get(bias) {
            return Ok(float.clone());
        }
        let input = self.constant(input_scale)?;
        let weights = self.constant(weight_scales)?;
        let [input] = f32_values(input).ok_or("its scales are not float32")?[..] else {
            return Err("the scale of its input is not one value".to_owned());
        };
        let shape = shape_of(weights).ok_or("its scales have no shape")?;
        let products: Vec<f32> = f32_values(weights)
            .ok_or("its scales are not float32")?
            .iter()
            .map(|w| w * input)
            .collect();
        let scale = format!("{bias}_scale_of_bias");
        let tensor = f32_tensor(&scale, &shape, &products);
        self.graph.initializer.push(tensor);
        let float = format!("{bias}_dequantized");
        let of = (scale, String::new());
        self.quantize_node("DequantizeLinear", &float, bias, &of, &float, Some(0));
        self.floats.insert(bias.to_owned(), float.clone());
        Ok(float)
    }

    fn constant(&self, name: &str) -> Result<&TensorProto, String> {
        let found = self
            .constants
            .get(name)
            .and_then(|index| self.graph.initializer.get(*index));
        found.ok_or_else(|| format!("its scale {name} is no constant"))
    }

    fn quantize_node(
        &mut self,
        operator: &str,
        name: &str,
        input: &str,
        (scale, zero): &Scale,
        output: &str,
        axis: Option<i64>,
    ) {
        let mut inputs = vec![input.to_owned(), scale.clone()];
        if !zero.is_empty() {
            inputs.push(zero.clone());
        }
        self.graph.node.push(NodeProto {
            op_type: operator.to_owned(),
            name: name.to_owned(),
            input: inputs,
            output: vec![output.to_owned()],
            attribute: axis.map(|axis| attribute::int("axis", axis)).into_iter().collect(),
            ..NodeProto::default()
        });
    }
}

//! The graph as a whole: one input, one output, every name made once and before it is used.

use std::collections::HashMap;

use tract_onnx::pb::tensor_proto::DataType;
use tract_onnx::pb::tensor_shape_proto::dimension;
use tract_onnx::pb::{GraphProto, ModelProto, NodeProto, TypeProto, ValueInfoProto, type_proto};

use super::attributes::Attributes;
use super::operators::{self, Call, Operator};
use super::value::Value;
use super::{GraphError, tensor};

/// Operator sets of which exports were tried.
const SETS: std::ops::RangeInclusive<i64> = 11..=18;
/// Nodes of a graph; the quantized published network has 860.
const NODES_MAX: usize = 20_000;
/// Weights of a graph.
const WEIGHTS_MAX: usize = 50_000;
/// Values of one result, and of all results of one picture.
const RESULT_MAX: u64 = 1 << 28;
const RESULTS_MAX: u64 = 1 << 32;
/// Values that follow from weights alone, which are computed on loading: so many times the weights' own number, and so many more.
const FOLDED_FACTOR: u64 = 8;
const FOLDED_MORE: u64 = 1 << 22;
/// Multiply-adds of one picture; the published network has 31 thousand million.
const MACS_MAX: u64 = 1 << 44;

/// What a checked graph is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GraphSummary {
    /// Name and shape of the input.
    pub input: (String, Vec<usize>),
    /// Name and shape of the output.
    pub output: (String, Vec<usize>),
    /// Operator of the node that makes the output.
    pub last_operator: String,
    /// Nodes.
    pub nodes: usize,
    /// Values of all weights.
    pub weights: u64,
    /// Multiply-adds for one picture.
    pub macs: u64,
    /// Whether anything is quantized.
    pub quantized: bool,
}

/// The graph's results so far, by name.
type Values<'a> = HashMap<&'a str, Value>;

pub(super) fn check(model: &ModelProto) -> Result<GraphSummary, GraphError> {
    let Survey {
        graph,
        input,
        values,
        weights,
        macs,
    } = survey(model)?;
    let (name, shape) = &input;
    if shape[1] != 3 {
        return Err(no_picture(name, shape));
    }
    let output = output(graph, &values)?;
    let maker = graph.node.iter().find(|n| n.output.contains(&output.0));
    Ok(GraphSummary {
        input,
        last_operator: maker.map_or_else(String::new, |n| n.op_type.clone()),
        output,
        nodes: graph.node.len(),
        weights,
        macs,
        quantized: graph.node.iter().any(|n| n.op_type == "DequantizeLinear"),
    })
}

fn no_picture(name: &str, shape: &[usize]) -> GraphError {
    GraphError::Interface(format!("the input {name} is {shape:?}; a picture is 1×3×height×width"))
}

/// The shape of every weight and result of a checked graph.
pub(super) fn shapes(model: &ModelProto) -> Result<HashMap<String, Vec<usize>>, GraphError> {
    let values = survey(model)?.values.into_iter();
    Ok(values.map(|(name, value)| (name.to_owned(), value.shape)).collect())
}

/// A graph whose nodes were all checked.
struct Survey<'a> {
    graph: &'a GraphProto,
    /// Name and shape of the input.
    input: (String, Vec<usize>),
    values: Values<'a>,
    /// Values of all weights.
    weights: u64,
    macs: u64,
}

fn survey(model: &ModelProto) -> Result<Survey<'_>, GraphError> {
    check_operator_set(model)?;
    if !model.training_info.is_empty() {
        return Err(GraphError::NotAllowed("training steps".to_owned()));
    }
    let graph = model
        .graph
        .as_ref()
        .ok_or_else(|| GraphError::NotOnnx("it holds no graph".to_owned()))?;
    for (what, count, limit) in [
        ("nodes", graph.node.len(), NODES_MAX),
        ("weights", graph.initializer.len(), WEIGHTS_MAX),
    ] {
        if count > limit {
            return Err(GraphError::TooMany { what, limit });
        }
    }
    if !graph.sparse_initializer.is_empty() {
        return Err(GraphError::NotAllowed("sparse weights".to_owned()));
    }
    let mut values = weights(graph)?;
    let weight_values: u64 = values.values().map(Value::count).sum();
    let input = input(graph, &mut values)?;
    for value in &graph.value_info {
        // tract reads these as expressions, without bounds; a checked graph needs none of them.
        if shape_of(value).is_err() {
            return Err(GraphError::Interface(format!(
                "the size of {} is not fixed in the file; import it with fishrig model import, which fixes sizes",
                value.name
            )));
        }
    }
    let macs = walk(graph, weight_values, &mut values)?;
    Ok(Survey {
        graph,
        input,
        values,
        weights: weight_values,
        macs,
    })
}

fn check_operator_set(model: &ModelProto) -> Result<(), GraphError> {
    let main = |domain: &str| domain.is_empty() || domain == "ai.onnx";
    let found = model
        .opset_import
        .iter()
        .find(|set| main(&set.domain))
        .map_or(0, |set| set.version);
    if SETS.contains(&found) {
        return Ok(());
    }
    Err(GraphError::OperatorSet {
        found,
        least: *SETS.start(),
        most: *SETS.end(),
    })
}

fn weights(graph: &GraphProto) -> Result<Values<'_>, GraphError> {
    let mut values = Values::new();
    for weight in &graph.initializer {
        let refused = |reason: String| GraphError::Weight {
            name: weight.name.clone(),
            reason,
        };
        let checked = tensor::check(weight).map_err(refused)?;
        let value = Value::constant(checked.shape, checked.known);
        if weight.name.is_empty() || values.insert(&weight.name, value).is_some() {
            return Err(refused("its name is empty, or another weight has it too".to_owned()));
        }
    }
    Ok(values)
}

fn input<'a>(graph: &'a GraphProto, values: &mut Values<'a>) -> Result<(String, Vec<usize>), GraphError> {
    // Old exports list the weights among the inputs.
    let mut inputs = graph.input.iter().filter(|i| !values.contains_key(i.name.as_str()));
    let (Some(input), None) = (inputs.next(), inputs.next()) else {
        return Err(GraphError::Interface(format!(
            "the network must have one input, a picture; it has {}",
            graph
                .input
                .iter()
                .filter(|i| !values.contains_key(i.name.as_str()))
                .count()
        )));
    };
    let shape = shape_of(input).map_err(GraphError::Interface)?;
    let name = &input.name;
    if !matches!(shape[..], [1, _, _, _]) || shape.contains(&0) {
        return Err(no_picture(name, &shape));
    }
    let value = Value::of(shape.clone());
    if value.count() > RESULT_MAX {
        return Err(GraphError::Interface(format!(
            "the input {name} is {shape:?}: too large"
        )));
    }
    values.insert(name, value);
    Ok((name.clone(), shape))
}

fn output(graph: &GraphProto, values: &Values<'_>) -> Result<(String, Vec<usize>), GraphError> {
    let [output] = graph.output.as_slice() else {
        return Err(GraphError::Interface(format!(
            "the network must have one output, the masks; it has {}",
            graph.output.len()
        )));
    };
    let name = &output.name;
    match values.get(name.as_str()) {
        Some(value) if !value.constant => Ok((name.clone(), value.shape.clone())),
        Some(_) => Err(GraphError::Interface(format!(
            "the output {name} does not depend on the picture"
        ))),
        None => Err(GraphError::Interface(format!("no node makes the output {name}"))),
    }
}

/// The shape of a float32 tensor of fixed size.
fn shape_of(value: &ValueInfoProto) -> Result<Vec<usize>, String> {
    let name = &value.name;
    let Some(TypeProto {
        value: Some(type_proto::Value::TensorType(of)),
        ..
    }) = &value.r#type
    else {
        return Err(format!("{name} is no tensor"));
    };
    if of.elem_type != DataType::Float as i32 && !is_small_kind(of.elem_type) {
        return Err(format!("{name} is not float32; export the network in float32"));
    }
    let sides = of.shape.as_ref().map(|s| s.dim.as_slice()).unwrap_or_default();
    let fixed = sides.iter().map(|side| match side.value {
        Some(dimension::Value::DimValue(n)) => usize::try_from(n).ok().filter(|n| *n <= 1 << 24),
        _ => None,
    });
    fixed.collect::<Option<_>>().ok_or_else(|| {
        format!("the size of {name} is not fixed in the file; import it with fishrig model import and --size")
    })
}

fn is_small_kind(kind: i32) -> bool {
    [
        DataType::Int64,
        DataType::Int32,
        DataType::Int8,
        DataType::Uint8,
        DataType::Bool,
    ]
    .map(|k| k as i32)
    .contains(&kind)
}

/// Follows the nodes in their order; gives the multiply-adds.
fn walk<'a>(graph: &'a GraphProto, weight_values: u64, values: &mut Values<'a>) -> Result<u64, GraphError> {
    let (mut folded, mut results, mut macs) = (0u64, 0u64, 0u64);
    for node in &graph.node {
        let refused = |reason: String| GraphError::Node {
            name: name_of(node),
            operator: node.op_type.clone(),
            reason,
        };
        let (made, work) = run(node, values).map_err(refused)?;
        macs = macs.saturating_add(work);
        for (name, value) in node.output.iter().zip(made) {
            let count = value.count();
            let sum = if value.constant { &mut folded } else { &mut results };
            *sum = sum.saturating_add(count);
            if count > RESULT_MAX
                || results > RESULTS_MAX
                || folded > weight_values.saturating_mul(FOLDED_FACTOR).saturating_add(FOLDED_MORE)
            {
                return Err(refused(format!(
                    "its result {:?} needs more memory than fishrig gives",
                    value.shape
                )));
            }
            if name.is_empty() || values.insert(name, value).is_some() {
                return Err(refused(format!("the name of its result, {name:?}, is empty or taken")));
            }
        }
        if macs > MACS_MAX {
            return Err(refused("the network would compute for hours on one picture".to_owned()));
        }
    }
    Ok(macs)
}

fn run(node: &NodeProto, values: &Values<'_>) -> Result<(Vec<Value>, u64), String> {
    let known = node.domain.is_empty() || node.domain == "ai.onnx";
    let operator: Option<&Operator> = operators::find(&node.op_type).filter(|_| known);
    let operator = operator.ok_or_else(|| {
        format!(
            "fishrig does not run this operator{}; docs/import.md lists those that it runs",
            if known {
                String::new()
            } else {
                format!(" of {}", node.domain)
            }
        )
    })?;
    let inputs = node.input.iter().map(|name| match name.as_str() {
        "" => Ok(None),
        name => values
            .get(name)
            .map(Some)
            .ok_or_else(|| format!("nothing before it makes its input {name:?}")),
    });
    let call = Call {
        attributes: Attributes::of(node)?,
        inputs: inputs.collect::<Result<_, _>>()?,
        outputs: node.output.len(),
    };
    operator.run(&call)
}

fn name_of(node: &NodeProto) -> String {
    match (node.name.as_str(), node.output.first()) {
        ("", Some(output)) => output.clone(),
        (name, _) => name.to_owned(),
    }
}

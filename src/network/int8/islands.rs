//! Which nodes of a graph are computed by fused steps: each island of them becomes one node, before tract reads the graph.

use std::collections::{HashMap, HashSet};

use tract_onnx::pb::attribute_proto::AttributeType;
use tract_onnx::pb::tensor_proto::DataType;
use tract_onnx::pb::tensor_shape_proto::{Dimension, dimension};
use tract_onnx::pb::{
    AttributeProto, GraphProto, ModelProto, NodeProto, TensorShapeProto, TypeProto, ValueInfoProto, type_proto,
};

use super::lower::{Refusal, lower};
use super::steps::{Steps, Work};
use super::view::{View, name_of};
use super::{memory, units};
use crate::network::graph::{self, GraphError};

/// The operator of an island's node.
pub(super) const OPERATOR: &str = "FusedIsland";
/// The attribute that holds its nodes.
pub(super) const BODY: &str = "body";
/// The attribute that names the kernels which compute it; those of [`Choice`].
pub(super) const KERNELS: &str = "kernels";
/// The attribute that is there where half precision is wanted.
pub(super) const HALF_PRECISION: &str = "half_precision";

/// By what islands compute.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Choice {
    /// A family of kernels by its name; the fastest where there is none.
    pub kernels: Option<&'static str>,
    /// Dense convolutions of floats in half precision, where the processor has it.
    pub half_precision: bool,
}

/// What was fused of a network, and what was not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fusion {
    /// Nodes that fused steps compute, of each island.
    pub islands: Vec<usize>,
    /// The kernels that compute them, the fastest that this processor can run; none without an island.
    pub kernels: Option<&'static str>,
    /// The format of half precision in which some of them compute, if one was asked for and the processor has it.
    pub halves: Option<&'static str>,
    /// Multiply-adds of bytes in the islands, for one picture.
    pub byte_macs: u64,
    /// Multiply-adds in half precision.
    pub half_macs: u64,
    /// Multiply-adds of floats.
    pub float_macs: u64,
    /// Bytes of memory that one run's maps take in the islands.
    pub memory: usize,
    /// Nodes that run through tract's own operators: name, operator, and why.
    pub left: Vec<LeftNode>,
}

/// A node that was not fused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftNode {
    /// Its name.
    pub name: String,
    /// Its operator.
    pub operator: String,
    /// Why it was not fused.
    pub reason: String,
}

/// Puts the nodes that are understood into islands, to be computed as chosen.
///
/// # Errors
/// Those of [`graph::check`].
pub(super) fn fuse(mut model: ModelProto, choice: Choice) -> Result<(ModelProto, Fusion), GraphError> {
    let shapes = graph::shapes(&model)?;
    let Some(mut graph) = model.graph.take() else {
        return Ok((model, Fusion::default()));
    };
    let Found {
        islands,
        refused,
        makers,
    } = islands(&graph, &shapes);
    let left = refused.iter().map(|(node, reason)| LeftNode {
        name: name_of(&graph.node[*node]).to_owned(),
        operator: graph.node[*node].op_type.clone(),
        reason: reason.clone(),
    });
    let fusion = Fusion {
        islands: islands.iter().map(|island| island.nodes.len()).collect(),
        left: left.collect(),
        ..Fusion::default()
    };
    if !islands.is_empty() {
        graph = rewritten(graph, &islands, &makers, &shapes, choice);
    }
    model.graph = Some(graph);
    Ok((model, fusion))
}

/// Nodes that are computed together.
struct Island {
    /// In the order of the file.
    nodes: Vec<usize>,
    /// Tensors that it reads and does not make, weights left out.
    inputs: Vec<String>,
    /// Tensors that are read outside.
    outputs: Vec<String>,
}

/// What a graph is made of.
struct Found {
    islands: Vec<Island>,
    /// Nodes that are in no island, and why.
    refused: Vec<(usize, String)>,
    /// Nodes that make constants, which belong to whoever reads these.
    makers: Vec<usize>,
}

/// Looks for islands: all nodes that no island has refused.
fn islands(graph: &GraphProto, shapes: &HashMap<String, Vec<usize>>) -> Found {
    let view = View::new(graph, shapes);
    let makers: Vec<usize> = (0..view.nodes.len())
        .filter(|node| makes_constant(&view, *node))
        .collect();
    let leaving: HashSet<&str> = graph.output.iter().map(|output| output.name.as_str()).collect();
    let mut refused: HashMap<usize, String> = HashMap::new();
    let found = loop {
        let parts = parts(&view, &refused);
        let mut islands = Vec::new();
        let mut next = None;
        for mut nodes in parts {
            let inside: HashSet<usize> = nodes.iter().copied().collect();
            let read_inside = |maker: &usize| {
                let made = view.nodes[*maker].output.iter();
                made.flat_map(|tensor| view.readers(tensor))
                    .any(|reader| inside.contains(reader))
            };
            nodes.extend(makers.iter().copied().filter(read_inside));
            nodes.sort_unstable();
            let outputs = outputs(&view, &nodes, &leaving);
            match lower(&view, &nodes, &outputs.iter().copied().collect()) {
                Ok(steps) => islands.push((
                    why_not(&steps),
                    Island {
                        inputs: steps.inputs.iter().map(|(tensor, _)| tensor.clone()).collect(),
                        outputs: outputs.iter().map(|tensor| (*tensor).to_owned()).collect(),
                        nodes,
                    },
                )),
                Err(Refusal { node, reason }) => {
                    next = Some((node, reason));
                    break;
                }
            }
        }
        match next {
            Some((node, reason)) => refused.insert(node, reason),
            None => break islands,
        };
    };
    let (worth, small): (Vec<_>, Vec<_>) = found.into_iter().partition(|(reason, _)| reason.is_none());
    for (reason, island) in small {
        let reason = reason.unwrap_or_default();
        let nodes = island.nodes.into_iter().filter(|node| !makers.contains(node));
        refused.extend(nodes.map(|node| (node, reason.to_owned())));
    }
    let mut refused: Vec<_> = refused.into_iter().collect();
    refused.sort_unstable();
    let islands = worth.into_iter().map(|(_, island)| island).collect();
    Found {
        islands,
        refused,
        makers,
    }
}

/// Memory for the maps of an island, in bytes. Padded channels can make a hostile graph sixteen times as large as its checks allow.
const MEMORY_MAX: usize = 1 << 31;

/// Why an island is not worth having, or can't be.
fn why_not(steps: &Steps) -> Option<&'static str> {
    let convolves = steps
        .steps
        .iter()
        .any(|step| matches!(step.work, Work::Convolve { .. }));
    if !convolves {
        return Some("no convolution is beside it");
    }
    (memory::plan(steps, &units::singly(steps)).1.size() > MEMORY_MAX).then_some("its maps would take more than 2 GB")
}

/// Whether a node's result follows from weights alone.
fn makes_constant(view: &View, node: usize) -> bool {
    let node = &view.nodes[node];
    let dequantizes =
        node.op_type == "DequantizeLinear" && node.input.first().is_some_and(|input| view.is_constant(input));
    node.op_type == "Constant" || dequantizes
}

/// Parts of the graph without refused nodes, such that no way leads from a part through a refused node back into it: a node's part counts how
/// often the way to it changed between refused and other nodes.
fn parts(view: &View, refused: &HashMap<usize, String>) -> Vec<Vec<usize>> {
    let mut level_of: HashMap<&str, usize> = HashMap::new();
    let mut parts: Vec<Vec<usize>> = Vec::new();
    for (index, node) in view.nodes.iter().enumerate() {
        if makes_constant(view, index) {
            continue;
        }
        let outside = refused.contains_key(&index);
        let inputs = node.input.iter().filter_map(|input| level_of.get(input.as_str()));
        // Even levels are parts, odd levels lie between them.
        let level = inputs.copied().max().unwrap_or(0);
        let level = level + usize::from(level.is_multiple_of(2) == outside);
        level_of.extend(node.output.iter().map(|output| (output.as_str(), level)));
        if !outside {
            if parts.len() <= level / 2 {
                parts.resize(level / 2 + 1, Vec::new());
            }
            parts[level / 2].push(index);
        }
    }
    parts.retain(|nodes| !nodes.is_empty());
    parts
}

/// The tensors that these nodes make and others read.
fn outputs<'a>(view: &View<'a>, nodes: &[usize], leaving: &HashSet<&str>) -> Vec<&'a str> {
    let inside: HashSet<usize> = nodes.iter().copied().collect();
    let made = nodes
        .iter()
        .flat_map(|node| &view.nodes[*node].output)
        .map(String::as_str);
    made.filter(|tensor| view.maker(tensor).is_none_or(|(maker, _)| !makes_constant(view, maker)))
        .filter(|tensor| leaving.contains(tensor) || view.readers(tensor).iter().any(|node| !inside.contains(node)))
        .collect()
}

/// The graph with one node for each island. Constants stay where they are, for nodes that are left.
fn rewritten(
    graph: GraphProto,
    islands: &[Island],
    makers: &[usize],
    shapes: &HashMap<String, Vec<usize>>,
    choice: Choice,
) -> GraphProto {
    // A node that makes a constant may be in several islands, and outside as well.
    let mut islands_of: HashMap<usize, Vec<usize>> = HashMap::new();
    for (island, Island { nodes, .. }) in islands.iter().enumerate() {
        for node in nodes {
            islands_of.entry(*node).or_default().push(island);
        }
    }
    let (mut left, mut left_makers) = (Vec::new(), Vec::new());
    let mut bodies: Vec<GraphProto> = islands.iter().map(|_| GraphProto::default()).collect();
    for (index, node) in graph.node.into_iter().enumerate() {
        let readers = islands_of.get(&index).map_or(&[][..], Vec::as_slice);
        if makers.contains(&index) {
            for island in readers {
                bodies[*island].node.push(node.clone());
            }
            left_makers.push(node);
        } else if let [island] = readers {
            bodies[*island].node.push(node);
        } else {
            left.push(node);
        }
    }
    let read_by =
        |nodes: &[NodeProto]| -> HashSet<String> { nodes.iter().flat_map(|n| n.input.iter().cloned()).collect() };
    let read_left = read_by(&left);
    // In front, so that what they make is there when it is read.
    left_makers.retain(|node| node.output.iter().any(|output| read_left.contains(output)));
    left.splice(0..0, left_makers);
    let read_left = read_by(&left);
    let reads: Vec<HashSet<String>> = bodies.iter().map(|body| read_by(&body.node)).collect();
    let mut kept = Vec::new();
    for weight in graph.initializer {
        let mut readers = reads
            .iter()
            .zip(&mut bodies)
            .filter(|(reads, _)| reads.contains(&weight.name))
            .peekable();
        if read_left.contains(&weight.name) {
            for (_, body) in readers {
                body.initializer.push(weight.clone());
            }
            kept.push(weight);
            continue;
        }
        // The last reader gets the weight itself: networks have many.
        while let Some((_, body)) = readers.next() {
            if readers.peek().is_none() {
                body.initializer.push(weight);
                break;
            }
            body.initializer.push(weight.clone());
        }
    }
    for ((island, mut body), reads) in islands.iter().zip(bodies).zip(reads) {
        let made = body.node.iter().flat_map(|node| node.output.iter().cloned());
        let known: HashSet<String> = made.chain(reads).collect();
        body.value_info = known
            .iter()
            .filter_map(|name| Some(value_info(name, shapes.get(name)?)))
            .collect();
        body.output = island
            .outputs
            .iter()
            .map(|name| value_info(name, &shapes[name]))
            .collect();
        left.push(NodeProto {
            name: island.outputs.join(", "),
            op_type: OPERATOR.to_owned(),
            domain: "fishrig".to_owned(),
            input: island.inputs.clone(),
            output: island.outputs.clone(),
            attribute: attributes(body, choice),
            ..NodeProto::default()
        });
    }
    GraphProto {
        node: left,
        initializer: kept,
        ..GraphProto {
            node: vec![],
            initializer: vec![],
            ..graph
        }
    }
}

/// What an island's node says.
fn attributes(body: GraphProto, choice: Choice) -> Vec<AttributeProto> {
    let body = AttributeProto {
        name: BODY.to_owned(),
        r#type: AttributeType::Graph as i32,
        g: Some(body),
        ..AttributeProto::default()
    };
    let kernels = choice.kernels.map(|name| AttributeProto {
        name: KERNELS.to_owned(),
        r#type: AttributeType::String as i32,
        s: name.as_bytes().to_vec(),
        ..AttributeProto::default()
    });
    let half_precision = choice.half_precision.then(|| AttributeProto {
        name: HALF_PRECISION.to_owned(),
        r#type: AttributeType::Int as i32,
        i: 1,
        ..AttributeProto::default()
    });
    [Some(body), kernels, half_precision].into_iter().flatten().collect()
}

/// A tensor's name and shape, as the graph has them.
fn value_info(name: &str, shape: &[usize]) -> ValueInfoProto {
    let dimensions = shape.iter().map(|side| Dimension {
        value: Some(dimension::Value::DimValue(*side as i64)),
        ..Dimension::default()
    });
    ValueInfoProto {
        name: name.to_owned(),
        r#type: Some(TypeProto {
            value: Some(type_proto::Value::TensorType(type_proto::Tensor {
                elem_type: DataType::Float as i32,
                shape: Some(TensorShapeProto {
                    dim: dimensions.collect(),
                }),
            })),
            ..TypeProto::default()
        }),
        ..ValueInfoProto::default()
    }
}

/// The shapes that [`value_info`] wrote.
pub(super) fn shapes_of(body: &GraphProto) -> HashMap<String, Vec<usize>> {
    let shape = |info: &ValueInfoProto| {
        let type_proto::Value::TensorType(tensor) = info.r#type.as_ref()?.value.as_ref()?;
        let sides = tensor.shape.as_ref()?.dim.iter().map(|side| match side.value {
            Some(dimension::Value::DimValue(n)) => usize::try_from(n).ok(),
            _ => None,
        });
        sides.collect::<Option<Vec<_>>>()
    };
    body.value_info
        .iter()
        .filter_map(|info| Some((info.name.clone(), shape(info)?)))
        .collect()
}

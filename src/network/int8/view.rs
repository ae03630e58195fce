//! An ONNX graph made ready to be asked: who makes a tensor, who reads it, what is constant, how large everything is.

use std::collections::HashMap;

use tract_onnx::pb::tensor_proto::DataType;
use tract_onnx::pb::{AttributeProto, GraphProto, NodeProto, TensorProto};

/// A checked graph ([`graph::check`](crate::network::graph::check)), by the names of its tensors.
pub(super) struct View<'a> {
    pub nodes: &'a [NodeProto],
    constants: HashMap<&'a str, &'a TensorProto>,
    makers: HashMap<&'a str, usize>,
    readers: HashMap<&'a str, Vec<usize>>,
    shapes: &'a HashMap<String, Vec<usize>>,
}

impl<'a> View<'a> {
    /// `shapes` are those of [`graph::shapes`](crate::network::graph::shapes).
    pub(super) fn new(graph: &'a GraphProto, shapes: &'a HashMap<String, Vec<usize>>) -> Self {
        let mut constants: HashMap<&str, &TensorProto> =
            graph.initializer.iter().map(|t| (t.name.as_str(), t)).collect();
        for node in graph.node.iter().filter(|node| node.op_type == "Constant") {
            let value = node.attribute.iter().find(|a| a.name == "value");
            if let (Some(tensor), [output]) = (value.and_then(|a| a.t.as_ref()), node.output.as_slice()) {
                constants.insert(output, tensor);
            }
        }
        let made = graph
            .node
            .iter()
            .enumerate()
            .flat_map(|(index, node)| node.output.iter().map(move |o| (o.as_str(), index)));
        let mut readers: HashMap<&str, Vec<usize>> = HashMap::new();
        for (index, node) in graph.node.iter().enumerate() {
            for input in node.input.iter().filter(|input| !input.is_empty()) {
                readers.entry(input).or_default().push(index);
            }
        }
        Self {
            nodes: &graph.node,
            constants,
            makers: made.collect(),
            readers,
            shapes,
        }
    }

    /// The nodes that read a tensor; one that reads it twice is there twice.
    pub(super) fn readers(&self, tensor: &str) -> &[usize] {
        self.readers.get(tensor).map_or(&[], Vec::as_slice)
    }

    /// A tensor's shape; empty for a scalar and for one that is not there.
    pub(super) fn shape(&self, tensor: &str) -> &'a [usize] {
        self.shapes.get(tensor).map_or(&[], Vec::as_slice)
    }

    /// Whether a tensor is in the file.
    pub(super) fn is_constant(&self, tensor: &str) -> bool {
        self.constants.contains_key(tensor)
    }

    /// A constant's floats, row by row.
    pub(super) fn floats(&self, tensor: &str) -> Option<Vec<f32>> {
        let tensor = self.constants.get(tensor)?;
        if tensor.data_type != DataType::Float as i32 {
            return None;
        }
        if tensor.raw_data.is_empty() {
            return Some(tensor.float_data.clone());
        }
        let (quads, _) = tensor.raw_data.as_chunks::<4>();
        Some(quads.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect())
    }

    /// The only float of a constant.
    pub(super) fn float(&self, tensor: &str) -> Option<f32> {
        match self.floats(tensor)?.as_slice() {
            [value] => Some(*value),
            _ => None,
        }
    }

    /// A constant's integers of 8, 32 or 64 bits; which of them, tells [`data_type`](Self::data_type).
    pub(super) fn integers(&self, tensor: &str) -> Option<Vec<i64>> {
        let tensor = self.constants.get(tensor)?;
        let raw = &tensor.raw_data;
        match DataType::try_from(tensor.data_type).ok()? {
            DataType::Int64 if raw.is_empty() => Some(tensor.int64_data.clone()),
            DataType::Int64 => Some(raw.as_chunks::<8>().0.iter().map(|b| i64::from_le_bytes(*b)).collect()),
            DataType::Int8 | DataType::Uint8 | DataType::Int32 if raw.is_empty() => {
                Some(tensor.int32_data.iter().map(|v| i64::from(*v)).collect())
            }
            DataType::Int32 => {
                let quads = raw.as_chunks::<4>().0.iter();
                Some(quads.map(|b| i64::from(i32::from_le_bytes(*b))).collect())
            }
            DataType::Int8 => Some(raw.iter().map(|b| i64::from(b.cast_signed())).collect()),
            DataType::Uint8 => Some(raw.iter().map(|b| i64::from(*b)).collect()),
            _ => None,
        }
    }

    /// A constant's signed bytes; nearly all that a network's file holds are such.
    pub(super) fn signed_bytes(&self, tensor: &str) -> Option<Vec<i8>> {
        let tensor = self.constants.get(tensor)?;
        if tensor.data_type != DataType::Int8 as i32 {
            return None;
        }
        if tensor.raw_data.is_empty() {
            return Some(tensor.int32_data.iter().map(|v| *v as i8).collect());
        }
        Some(tensor.raw_data.iter().map(|b| b.cast_signed()).collect())
    }

    /// What a constant is made of.
    pub(super) fn data_type(&self, tensor: &str) -> Option<DataType> {
        DataType::try_from(self.constants.get(tensor)?.data_type).ok()
    }

    /// The node that makes a tensor, and its index.
    pub(super) fn maker(&self, tensor: &str) -> Option<(usize, &'a NodeProto)> {
        let index = *self.makers.get(tensor)?;
        Some((index, &self.nodes[index]))
    }
}

/// A node's attribute.
fn attribute<'a>(node: &'a NodeProto, name: &str) -> Option<&'a AttributeProto> {
    node.attribute.iter().find(|attribute| attribute.name == name)
}

/// A whole number among a node's attributes.
pub(super) fn int(node: &NodeProto, name: &str, default: i64) -> i64 {
    attribute(node, name).map_or(default, |a| a.i)
}

/// A float among a node's attributes.
pub(super) fn float(node: &NodeProto, name: &str, default: f32) -> f32 {
    attribute(node, name).map_or(default, |a| a.f)
}

/// Whole numbers among a node's attributes; empty where there are none.
pub(super) fn ints<'a>(node: &'a NodeProto, name: &str) -> &'a [i64] {
    attribute(node, name).map_or(&[], |a| a.ints.as_slice())
}

/// Words among a node's attributes.
pub(super) fn words<'a>(node: &'a NodeProto, name: &str, default: &'a str) -> &'a str {
    attribute(node, name).map_or(default, |a| std::str::from_utf8(&a.s).unwrap_or(default))
}

/// What a person calls a node.
pub(super) fn name_of(node: &NodeProto) -> &str {
    match (node.name.as_str(), node.output.first()) {
        ("", Some(output)) => output,
        (name, _) => name,
    }
}

//! Attributes of a node, of the kind that its operator has.

use tract_onnx::pb::attribute_proto::AttributeType;
use tract_onnx::pb::{AttributeProto, NodeProto, TensorProto};

/// A whole number in an attribute: strides, pads, sizes, axes; no honest one is larger.
const NUMBER_MAX: i64 = 1 << 20;
/// Attributes of one node.
const ATTRIBUTES_MAX: usize = 32;
/// Numbers in one attribute.
const NUMBERS_MAX: usize = 64;

pub(super) struct Attributes<'a>(&'a [AttributeProto]);

impl<'a> Attributes<'a> {
    /// The node's attributes, each once and none a graph.
    pub(super) fn of(node: &'a NodeProto) -> Result<Self, String> {
        if node.attribute.len() > ATTRIBUTES_MAX {
            return Err(format!("it has more than {ATTRIBUTES_MAX} attributes"));
        }
        for (index, attribute) in node.attribute.iter().enumerate() {
            let name = &attribute.name;
            let nested = attribute.g.is_some()
                || !attribute.graphs.is_empty()
                || attribute.sparse_tensor.is_some()
                || !attribute.sparse_tensors.is_empty()
                || !attribute.tensors.is_empty()
                || !attribute.type_protos.is_empty()
                || !attribute.ref_attr_name.is_empty();
            if nested {
                return Err(format!(
                    "attribute {name:?} holds a graph or another structure, which fishrig does not run"
                ));
            }
            if node.attribute[..index].iter().any(|other| other.name == *name) {
                return Err(format!("attribute {name:?} is there twice"));
            }
            if attribute.ints.len().max(attribute.floats.len()) > NUMBERS_MAX {
                return Err(format!("attribute {name:?} holds more than {NUMBERS_MAX} numbers"));
            }
        }
        Ok(Self(&node.attribute))
    }

    fn find(&self, name: &str, kind: AttributeType) -> Result<Option<&'a AttributeProto>, String> {
        match self.0.iter().find(|a| a.name == name) {
            Some(found) if found.r#type != kind as i32 => Err(format!("attribute {name:?} is of the wrong kind")),
            found => Ok(found),
        }
    }

    /// A whole number.
    pub(super) fn int(&self, name: &str, default: i64) -> Result<i64, String> {
        let value = self.find(name, AttributeType::Int)?.map_or(default, |a| a.i);
        bounded(name, value)
    }

    /// Whole numbers.
    pub(super) fn ints(&self, name: &str) -> Result<Option<&'a [i64]>, String> {
        let Some(found) = self.find(name, AttributeType::Ints)? else {
            return Ok(None);
        };
        for value in &found.ints {
            bounded(name, *value)?;
        }
        Ok(Some(&found.ints))
    }

    /// Two numbers of `range`, for rows and columns.
    pub(super) fn pair(
        &self,
        name: &str,
        default: [usize; 2],
        range: std::ops::RangeInclusive<i64>,
    ) -> Result<[usize; 2], String> {
        match self.ints(name)? {
            None => Ok(default),
            Some([rows, columns]) if range.contains(rows) && range.contains(columns) => {
                Ok([*rows as usize, *columns as usize])
            }
            Some(other) => Err(format!(
                "{name} = {other:?} are not two numbers from {} to {}",
                range.start(),
                range.end()
            )),
        }
    }

    /// A word.
    pub(super) fn word(&self, name: &str, default: &'static str) -> Result<&'a str, String> {
        match self.find(name, AttributeType::String)? {
            None => Ok(default),
            Some(found) => std::str::from_utf8(&found.s).map_err(|_| format!("attribute {name:?} is no text")),
        }
    }

    /// A tensor.
    pub(super) fn tensor(&self, name: &str) -> Result<Option<&'a TensorProto>, String> {
        Ok(self.find(name, AttributeType::Tensor)?.and_then(|a| a.t.as_ref()))
    }
}

fn bounded(name: &str, value: i64) -> Result<i64, String> {
    if (-NUMBER_MAX..=NUMBER_MAX).contains(&value) {
        Ok(value)
    } else {
        Err(format!(
            "attribute {name:?} = {value} is not from -{NUMBER_MAX} to {NUMBER_MAX}"
        ))
    }
}

//! Counting the parts of a message before it is decoded: an empty node has two bytes in the file and two hundred in memory.

use prost::Message;
use prost::bytes::Buf;
use tract_onnx::pb::ModelProto;

use super::GraphError;

/// Fields of a whole file, each counted by its [`Part::cost`]; the quantized published network has about 25,000.
const FIELDS_MAX: usize = 200_000;

/// A message within a file; field numbers are those of `onnx.proto`.
#[derive(Debug, Clone, Copy)]
enum Part {
    Model,
    Training,
    Graph,
    Node,
    Attribute,
    Tensor,
    SparseTensor,
    Value,
    Type,
    TensorType,
    Shape,
    Annotation,
    /// A message of words and numbers alone.
    Leaf,
}

impl Part {
    /// What a message takes in memory, in units of about 200 bytes.
    fn cost(self) -> usize {
        match self {
            Self::Attribute => 8,
            Self::SparseTensor => 4,
            Self::Tensor => 2,
            _ => 1,
        }
    }

    /// The message that a field holds; `None` if it holds bytes, words or packed numbers, or is skipped in decoding.
    fn within(self, field: u32) -> Option<Self> {
        Some(match (self, field) {
            (Self::Model, 7) => Self::Graph,
            (Self::Model, 8 | 14) => Self::Leaf,
            (Self::Model, 20) => Self::Training,
            (Self::Training, 1 | 2) => Self::Graph,
            (Self::Training, 3 | 4) => Self::Leaf,
            (Self::Graph, 1) => Self::Node,
            (Self::Graph, 5) => Self::Tensor,
            (Self::Graph, 11..=13) => Self::Value,
            (Self::Graph, 14) => Self::Annotation,
            (Self::Graph, 15) => Self::SparseTensor,
            (Self::Node, 5) => Self::Attribute,
            (Self::Attribute, 5 | 10) => Self::Tensor,
            (Self::Attribute, 6 | 11) => Self::Graph,
            (Self::Attribute, 15) => Self::Type,
            (Self::Attribute, 22 | 23) => Self::SparseTensor,
            (Self::Tensor, 3 | 13) => Self::Leaf,
            (Self::SparseTensor, 1 | 2) => Self::Tensor,
            (Self::Value, 2) => Self::Type,
            (Self::Type, 1) => Self::TensorType,
            (Self::TensorType, 2) => Self::Shape,
            (Self::Shape, 1) => Self::Leaf,
            (Self::Annotation, 2) => Self::Leaf,
            _ => return None,
        })
    }
}

/// The message in `bytes`; nothing but its form is checked.
///
/// # Errors
/// [`GraphError::NotOnnx`], [`GraphError::TooMany`].
pub fn decode(bytes: &[u8]) -> Result<ModelProto, GraphError> {
    count_parts(&mut &*bytes)?;
    decode_counted(&mut &*bytes)
}

/// The message in a buffer whose parts were counted.
///
/// # Errors
/// [`GraphError::NotOnnx`].
pub fn decode_counted(buffer: &mut dyn Buf) -> Result<ModelProto, GraphError> {
    ModelProto::decode(buffer).map_err(|e| GraphError::NotOnnx(e.to_string()))
}

/// Walks the fields of a message and of the messages within it, and counts them.
///
/// # Errors
/// [`GraphError::TooMany`]; [`GraphError::NotOnnx`] where a field is none that ONNX has.
pub fn count_parts(buffer: &mut dyn Buf) -> Result<(), GraphError> {
    // Each open message, and how many bytes of the buffer lie behind its end.
    let mut open = vec![(Part::Model, 0)];
    let mut left = FIELDS_MAX;
    while let Some((part, behind)) = open.last().copied() {
        if buffer.remaining() == behind {
            open.pop();
            continue;
        }
        let mut spend = |cost| {
            left = usize::checked_sub(left, cost).ok_or(GraphError::TooMany {
                what: "parts",
                limit: FIELDS_MAX,
            })?;
            Ok(())
        };
        match field(buffer, behind) {
            Some((within, length)) => match part.within(within) {
                Some(inside) => {
                    spend(inside.cost())?;
                    open.push((inside, buffer.remaining() - length));
                }
                None => {
                    spend(1)?;
                    buffer.advance(length);
                }
            },
            // Decoding may skip what this walk can't (groups, which ONNX has not), and go on behind it: so nothing is skipped here.
            None => {
                return Err(GraphError::NotOnnx(
                    "a field of it does not lie within its message".to_owned(),
                ));
            }
        }
    }
    Ok(())
}

/// Reads the head of a field: its number, and the bytes that follow and belong to it. A number of a message's field is given only where it can
/// hold a message. `None` if it does not lie before the end of its message.
fn field(buffer: &mut dyn Buf, behind: usize) -> Option<(u32, usize)> {
    let key = varint(buffer, behind)?;
    let number = u32::try_from(key >> 3).ok()?;
    let (number, length) = match key & 7 {
        0 => {
            varint(buffer, behind)?;
            (NO_MESSAGE, 0)
        }
        1 => (NO_MESSAGE, 8),
        2 => (number, usize::try_from(varint(buffer, behind)?).ok()?),
        5 => (NO_MESSAGE, 4),
        _ => return None,
    };
    (length <= buffer.remaining() - behind).then_some((number, length))
}

/// A field number that no message has.
const NO_MESSAGE: u32 = 0;

fn varint(buffer: &mut dyn Buf, behind: usize) -> Option<u64> {
    let mut value = 0u64;
    for shift in (0..64).step_by(7) {
        if buffer.remaining() <= behind {
            return None;
        }
        let byte = buffer.get_u8();
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use prost::encoding::WireType;

    #[test]
    fn a_small_file_does_not_unpack_to_a_large_message() {
        // Field 1 of the graph, empty: a node of two bytes.
        let nodes = [0x0a, 0x00].repeat(2_000_000);
        let mut bytes = Vec::new();
        prost::encoding::encode_key(7, WireType::LengthDelimited, &mut bytes);
        prost::encoding::encode_varint(nodes.len() as u64, &mut bytes);
        bytes.extend(nodes);
        let error = decode(&bytes).unwrap_err();
        assert!(matches!(error, GraphError::TooMany { .. }), "{error}");
    }

    #[test]
    fn graphs_within_graphs_without_end_are_refused() {
        let within = |field: u32, inside: Vec<u8>| {
            let mut outer = Vec::new();
            prost::encoding::encode_key(field, WireType::LengthDelimited, &mut outer);
            prost::encoding::encode_varint(inside.len() as u64, &mut outer);
            outer.extend(inside);
            outer
        };
        // A node (1) with an attribute (5) that is a graph (6), and so on.
        let nested = |depth| (0..depth).fold(Vec::new(), |graph, _| within(1, within(5, within(6, graph))));
        assert!(decode(&within(7, nested(10))).is_ok());
        assert!(matches!(decode(&within(7, nested(1000))), Err(GraphError::NotOnnx(_))));
    }

    #[test]
    fn a_group_does_not_hide_what_comes_behind_it() {
        // Field 99 as a group that ends at once: decoding skips it.
        let mut bytes = vec![0x9b, 0x06, 0x9c, 0x06];
        bytes.extend([0x08, 0x08]);
        assert!(ModelProto::decode(bytes.as_slice()).is_ok());
        assert!(matches!(decode(&bytes), Err(GraphError::NotOnnx(_))));
    }
}

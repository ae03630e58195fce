//! Counting the parts of a message before it is decoded: an empty node has two bytes in the file and two hundred in memory.

use prost::Message;
use prost::encoding::{WireType, decode_key, decode_varint};
use tract_onnx::pb::ModelProto;

use super::GraphError;

/// Fields of a whole file; the quantized published network has about 25,000.
const FIELDS_MAX: usize = 400_000;

/// A message within a file whose fields are counted; field numbers are those of `onnx.proto`.
#[derive(Debug, Clone, Copy)]
enum Part {
    Model,
    Graph,
    Node,
    Attribute,
    Tensor,
    Value,
    /// A message that is small in memory, or that [`super::check`] refuses; all fields with a length are taken for messages.
    Other,
}

impl Part {
    /// The message that a field holds; `None` if it holds bytes, words or packed numbers.
    fn within(self, field: u32) -> Option<Self> {
        Some(match (self, field) {
            (Self::Model, 7) => Self::Graph,
            (Self::Model, 8 | 14 | 20) => Self::Other,
            (Self::Graph, 1) => Self::Node,
            (Self::Graph, 5) => Self::Tensor,
            (Self::Graph, 11..=13) => Self::Value,
            (Self::Graph, 14 | 15) => Self::Other,
            (Self::Node, 5) => Self::Attribute,
            (Self::Attribute, 5 | 10) => Self::Tensor,
            (Self::Attribute, 6 | 11) => Self::Graph,
            (Self::Attribute, 15 | 22 | 23) => Self::Other,
            (Self::Tensor, 3 | 13) => Self::Other,
            (Self::Value, 2) => Self::Other,
            (Self::Other, _) => Self::Other,
            _ => return None,
        })
    }
}

/// The message in `bytes`; nothing but its form is checked.
///
/// # Errors
/// [`GraphError::NotOnnx`], [`GraphError::TooMany`].
pub fn decode(bytes: &[u8]) -> Result<ModelProto, GraphError> {
    let mut left = FIELDS_MAX;
    count(bytes, Part::Model, &mut left)?;
    ModelProto::decode(bytes).map_err(|e| GraphError::NotOnnx(e.to_string()))
}

/// Walks the fields of one message. Nesting is bounded by the number of fields times their length, and the walk keeps its own stack.
fn count(bytes: &[u8], part: Part, left: &mut usize) -> Result<(), GraphError> {
    let mut open = vec![(bytes, part)];
    while let Some((mut rest, part)) = open.pop() {
        while !rest.is_empty() {
            *left = left.checked_sub(1).ok_or(GraphError::TooMany {
                what: "parts",
                limit: FIELDS_MAX,
            })?;
            let Ok((field, kind)) = decode_key(&mut rest) else {
                // Words or numbers that were taken for a message; where it is one, decoding says what is wrong.
                break;
            };
            let skipped = match kind {
                WireType::Varint => decode_varint(&mut rest).is_ok().then_some(0),
                WireType::ThirtyTwoBit => Some(4),
                WireType::SixtyFourBit => Some(8),
                WireType::LengthDelimited => decode_varint(&mut rest).ok().and_then(|n| usize::try_from(n).ok()),
                WireType::StartGroup | WireType::EndGroup => None,
            };
            let Some((inside, after)) = skipped.and_then(|n| rest.split_at_checked(n)) else {
                break;
            };
            rest = after;
            if kind == WireType::LengthDelimited
                && let Some(within) = part.within(field)
            {
                open.push((inside, within));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn a_message_that_nests_without_end_is_refused() {
        let mut bytes = Vec::new();
        for _ in 0..100_000 {
            let mut outer = vec![0x32];
            prost::encoding::encode_varint(bytes.len() as u64, &mut outer);
            if outer.len() + bytes.len() > 4000 {
                break;
            }
            outer.extend(&bytes);
            bytes = outer;
        }
        assert!(decode(&bytes).is_err() || decode(&bytes).unwrap().graph.is_none());
    }
}

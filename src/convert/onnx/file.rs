//! Reading and writing ONNX files.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use prost::Message;
use prost::encoding::{WireType, encode_key, encode_varint};
use tract_onnx::pb::ModelProto;

use crate::convert::ConvertError;

/// The most that an ONNX file may weigh, in bytes; the published network in float has 112 MB.
pub const MODEL_BYTES_MAX: u64 = 1 << 30;

/// Field numbers of `onnx.proto`.
const MODEL_GRAPH: u32 = 7;
const GRAPH_INITIALIZER: u32 = 5;

/// Reads an ONNX file's message. Its content is not checked beyond being such a message.
///
/// # Errors
/// [`ConvertError::Unreadable`], [`ConvertError::OnnxRefused`].
pub fn read(path: &Path) -> Result<ModelProto, ConvertError> {
    let unreadable = |source| ConvertError::Unreadable {
        path: path.to_owned(),
        source,
    };
    // A pipe would never end, nor even open.
    let metadata = std::fs::metadata(path).map_err(unreadable)?;
    if !metadata.is_file() {
        return Err(unreadable(io::Error::other("it is no file")));
    }
    // At once, so that no growing buffer is copied; one byte more tells reading that the end is there.
    let mut bytes = Vec::with_capacity(metadata.len().min(MODEL_BYTES_MAX) as usize + 1);
    let file = File::open(path).map_err(unreadable)?;
    let there = file
        .take(MODEL_BYTES_MAX + 1)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    if there as u64 > MODEL_BYTES_MAX {
        return Err(unreadable(io::Error::other(format!(
            "it is larger than {MODEL_BYTES_MAX} bytes"
        ))));
    }
    decode(&bytes).map_err(|reason| ConvertError::OnnxRefused {
        path: path.to_owned(),
        reason,
    })
}

/// The message in `bytes`.
///
/// # Errors
/// What is wrong with them.
pub fn decode(bytes: &[u8]) -> Result<ModelProto, String> {
    crate::network::graph::decode(bytes).map_err(|e| e.to_string())
}

/// Bytes of the model's file.
pub fn encoded_len(model: &ModelProto) -> u64 {
    model.encoded_len() as u64
}

/// Writes the file of a model, one weight after another, so that no second copy of all of them is made.
///
/// # Errors
/// What the writer says.
pub fn write(mut model: ModelProto, out: &mut impl Write) -> io::Result<()> {
    let mut graph = model.graph.take().unwrap_or_default();
    let initializers = std::mem::take(&mut graph.initializer);
    out.write_all(&model.encode_to_vec())?;
    let rest = graph.encode_to_vec();
    let of_initializers: u64 = initializers
        .iter()
        .map(|t| t.encoded_len() as u64)
        .map(|n| n + head(GRAPH_INITIALIZER, n).len() as u64)
        .sum();
    out.write_all(&head(MODEL_GRAPH, rest.len() as u64 + of_initializers))?;
    out.write_all(&rest)?;
    for tensor in initializers {
        out.write_all(&head(GRAPH_INITIALIZER, tensor.encoded_len() as u64))?;
        out.write_all(&tensor.encode_to_vec())?;
    }
    Ok(())
}

/// Key and length that precede a message within a message.
fn head(field: u32, length: u64) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(12);
    encode_key(field, WireType::LengthDelimited, &mut bytes);
    encode_varint(length, &mut bytes);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::convert::onnx::{GraphBuilder, GraphProto, attribute, f32_tensor};

    #[test]
    fn writing_piece_by_piece_gives_the_message_back() {
        let mut graph = GraphBuilder::new();
        for (name, side) in [("a", 3), ("b", 70)] {
            graph.initializer(f32_tensor(name, &[side, 2], &vec![0.5; side * 2]));
        }
        graph.node("Add", "sum", &["a", "x"], vec![attribute::int("axis", -1)]);
        let model = graph.finish(("x", &[3, 2]), ("sum", &[3, 2]));
        let mut bytes = Vec::new();
        write(model.clone(), &mut bytes).unwrap();
        assert!(decode(&bytes).unwrap() == model);
        assert_eq!(bytes.len(), model.encoded_len());
    }

    #[test]
    fn a_model_without_a_graph_gets_an_empty_one() {
        let mut bytes = Vec::new();
        write(ModelProto::default(), &mut bytes).unwrap();
        assert_eq!(decode(&bytes).unwrap().graph, Some(GraphProto::default()));
    }
}

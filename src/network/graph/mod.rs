//! What an ONNX graph must be before tract sees it.
//!
//! tract trusts its input: it panics on some malformed graphs, opens the files that a graph names as external data, and allocates what a graph
//! asks for. A bundle's hash says that the file is the sender's, not that the sender meant well. So the file is checked here first:
//!
//! * [`decode`]: the bytes as a message, after its parts were counted, since two bytes can ask for two hundred.
//! * [`check`]: operators of an allow-list, every input made before it is used, weights as long as their shapes say, attributes within bounds,
//!   and the size of every result; what is found is a [`GraphSummary`].

mod arrange;
mod attributes;
mod elementwise;
mod error;
mod operators;
mod products;
mod structure;
mod tensor;
mod value;
mod windows;
mod wire;

use std::collections::HashMap;

use tract_onnx::pb::ModelProto;

pub use error::GraphError;
pub use operators::OPERATORS;
pub use structure::GraphSummary;
pub use wire::{count_parts, decode, decode_counted};

/// The shape of every weight and result, by name, of a graph that passes [`check`], or would if its
/// input were a picture and it had one output.
///
/// # Errors
/// As [`check`].
pub fn shapes(model: &ModelProto) -> Result<HashMap<String, Vec<usize>>, GraphError> {
    structure::shapes(model)
}

/// Checks a graph without running any of it.
///
/// # Errors
/// [`GraphError`]: what is not allowed, where, and what to do instead.
pub fn check(model: &ModelProto) -> Result<GraphSummary, GraphError> {
    structure::check(model)
}

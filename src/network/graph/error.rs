//! Why a graph is refused.

use thiserror::Error;

/// Why a graph is refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum GraphError {
    /// The bytes are no ONNX message.
    #[error("it is no ONNX file: {0}")]
    NotOnnx(String),
    /// More parts than any honest graph has.
    #[error("it has more than {limit} {what}; no network that fishrig can run has so many")]
    TooMany {
        /// What there is too much of.
        what: &'static str,
        /// The most allowed.
        limit: usize,
    },
    /// Something that makes a file more than one network.
    #[error("it holds {0}, which fishrig does not run; export the network alone, for inference, in one file")]
    NotAllowed(String),
    /// An operator set that was not tried.
    #[error(
        "it is written in operator set {found}; fishrig reads sets {least} to {most}: export it with opset_version=17"
    )]
    OperatorSet {
        /// The file's.
        found: i64,
        /// Oldest.
        least: i64,
        /// Newest.
        most: i64,
    },
    /// Input or output of the whole network.
    #[error("{0}")]
    Interface(String),
    /// One weight.
    #[error("weight {name}: {reason}")]
    Weight {
        /// Its name.
        name: String,
        /// What is wrong.
        reason: String,
    },
    /// One node.
    #[error("node {name} ({operator}): {reason}")]
    Node {
        /// Its name, or that of its first output.
        name: String,
        /// Its operator.
        operator: String,
        /// What is wrong.
        reason: String,
    },
}

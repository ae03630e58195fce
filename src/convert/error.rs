//! Why a conversion fails.

use std::path::PathBuf;

use thiserror::Error;

use super::checkpoint::CheckpointError;
use super::fpn::FpnError;

/// Why a file from outside becomes no bundle.
#[derive(Debug, Error)]
pub enum ConvertError {
    /// A file can't be read.
    #[error("{path}: {source}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The operating system's words.
        source: std::io::Error,
    },
    /// An ONNX network that can't become a bundle.
    #[error("{path}: {reason}")]
    OnnxRefused {
        /// The file.
        path: PathBuf,
        /// What is not right, and the cure.
        reason: String,
    },
    /// A checkpoint that can't be read.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// Tensors that make no network.
    #[error("{path}: {source}")]
    Fpn {
        /// The file.
        path: PathBuf,
        /// Why.
        source: FpnError,
    },
    /// The sidecar says something that it can't.
    #[error("{path}: {reason}; docs/import.md lists what may stand in the file beside a network")]
    Sidecar {
        /// The sidecar.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// What was said about the network does not hold, or does not suffice.
    #[error("{0}")]
    Statement(String),
    /// The bundle's folder is there already.
    #[error("{folder}: is there already; name another folder, or add --replace")]
    FolderExists {
        /// The folder.
        folder: PathBuf,
    },
    /// `--replace` names something that is no bundle.
    #[error("{folder}: is no bundle (no manifest.toml in it) and is not replaced; name another folder")]
    NotReplaced {
        /// The folder.
        folder: PathBuf,
    },
    /// The bundle can't be written.
    #[error("the bundle can't be written: {path}: {source}")]
    Unwritable {
        /// What was being written.
        path: PathBuf,
        /// The operating system's words.
        source: std::io::Error,
    },
    /// The network can't be quantized.
    #[error("this network can't be quantized: {reason}")]
    NotQuantized {
        /// Why.
        reason: String,
    },
    /// The network can't be brought back to floats.
    #[error(
        "this int8 network can't be brought back to floats: {reason}; take the float network that it was made from"
    )]
    NotDequantized {
        /// Why.
        reason: String,
    },
    /// Too little to calibrate with.
    #[error(
        "{found} picture(s) to calibrate with, at least {} are needed and {} advised; \
         name a folder with more frames or crops of fish",
        super::quantize::PICTURES_LEAST,
        super::quantize::PICTURES_ADVISED
    )]
    TooFewPictures {
        /// How many there are.
        found: usize,
    },
    /// A layer or block of layers that is to stay in float does not exist.
    #[error("the network has no block or layer {block:?}; its blocks are {blocks}")]
    UnknownBlock {
        /// The name asked for.
        block: String,
        /// The names that there are.
        blocks: String,
    },
    /// Even with everything in int8 the file is larger than allowed.
    #[error("the int8 network weighs {least} bytes, the limit is {limit}; allow more")]
    TooLarge {
        /// The least that it can weigh.
        least: u64,
        /// The limit asked for.
        limit: u64,
    },
    /// The network does not load or run.
    #[error(transparent)]
    Network(#[from] crate::network::NetworkError),
    /// Masks can't be compared.
    #[error(transparent)]
    Evaluate(#[from] crate::evaluate::EvaluateError),
}

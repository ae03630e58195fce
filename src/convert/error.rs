//! Why a conversion fails.

use std::path::PathBuf;

use thiserror::Error;

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
    /// No ONNX file.
    #[error("{path}: is no ONNX file: {reason}")]
    NotOnnx {
        /// The file.
        path: PathBuf,
        /// What the decoder says.
        reason: String,
    },
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
}

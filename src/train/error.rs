//! Why a training can't begin or go on.

use std::path::PathBuf;

use thiserror::Error;

use crate::convert::ConvertError;
use crate::network::NetworkError;

/// Why a training can't begin or go on.
#[derive(Debug, Error)]
pub enum TrainError {
    /// The network's graph has something that can't be trained.
    #[error("the network can't be trained: {0}")]
    Graph(String),
    /// Too few pictures, or none that is good for something.
    #[error("{0}")]
    Material(String),
    /// A setting that can't be.
    #[error("{0}")]
    Setting(String),
    /// The frozen part does not load or run.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// The best network can't be written.
    #[error(
        "the best network can't be written: {0}; the last state is whole: mend this and give the same command again"
    )]
    Bundle(#[from] ConvertError),
    /// A file of the run can't be written.
    #[error(
        "{path} can't be written: {source}; the state before it is whole: mend this and give the same command again"
    )]
    Write {
        /// The file.
        path: PathBuf,
        /// The operating system's words.
        source: std::io::Error,
    },
    /// A file of the run can't be read.
    #[error("{path} can't be read: {reason}; name another folder, or begin anew with --restart")]
    State {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Another process trains there.
    #[error("{folder} is in use by another training; wait for it, or name another folder")]
    InUse {
        /// The folder.
        folder: PathBuf,
    },
    /// The folder holds a run with other settings.
    #[error(
        "{folder} holds a training with other settings or pictures ({differs}); give those again, name another folder, or begin anew with --restart"
    )]
    OtherRun {
        /// The folder.
        folder: PathBuf,
        /// What differs.
        differs: String,
    },
    /// The loss is no number any more.
    #[error(
        "the loss is no number any more in epoch {epoch}: the learning rate {rate} is too high for this network or these pictures; \
         the best network up to there is kept; begin in another folder with a smaller --rate"
    )]
    NotANumber {
        /// The epoch, from 1.
        epoch: usize,
        /// The learning rate.
        rate: f64,
    },
    /// The engine failed.
    #[error("the engine of training failed: {0}")]
    Engine(String),
}

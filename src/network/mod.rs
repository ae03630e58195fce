//! The trait network: from a crop of one fish to its [`TraitMask`](crate::traits::TraitMask).
//!
//! * [`Bundle`]: a folder with `manifest.toml` and `network.onnx`, checked on opening. The default one is built into the binary.
//! * [`Manifest`]: all that is said about a network: input size, normalization, classes, what it never learnt, where it comes from.
//! * [`TraitNetwork`]: the loaded network; [`TraitNetwork::segment`] runs it on a crop.
//! * [`graph`]: what an ONNX graph must be before tract sees it.
//!
//! Runs through tract, whose types stay in `run.rs`.

mod bundle;
pub mod graph;
mod manifest;
mod prepare;
mod run;

pub use bundle::{Bundle, BundleError};
pub use manifest::{InputSpec, Manifest, OutputSpec, Quantization, ResizeFilter, ValueRange};
pub use run::{NetworkError, NetworkSettings, Segmentation, TraitNetwork};

//! The trait network: from a crop of one fish to its [`TraitMask`](crate::traits::TraitMask).
//!
//! * [`Bundle`]: a folder with `manifest.toml` and `network.onnx`, checked on opening. The default one is built into the binary.
//! * [`Manifest`]: all that is said about a network: input size, normalization, classes, what it never learnt, where it comes from.
//! * [`TraitNetwork`]: the loaded network; [`TraitNetwork::segment`] runs it on a crop.
//! * [`ObservedNetwork`]: the same with a look at what passes between its operators, for calibration.
//! * [`FeatureNetwork`]: the part of it that training leaves as it is.
//! * [`Profile`]: which of its operators take the time.
//! * [`graph`]: what an ONNX graph must be before tract sees it.
//!
//! Runs through tract, whose types stay in this room.

mod bundle;
mod checked_stream;
mod features;
pub mod graph;
pub(crate) mod int8;
mod manifest;
mod observe;
mod prepare;
mod profile;
mod run;

pub use bundle::{Bundle, BundleError};
pub use features::FeatureNetwork;
pub use int8::{Fusion, LeftNode, half_precision, kernel_families};
pub use manifest::{InputSpec, Manifest, OutputSpec, Quantization, ResizeFilter, ValueRange};
pub use observe::ObservedNetwork;
pub use profile::{OperatorTime, Profile, RunProfile};
pub use run::{Engine, NetworkError, NetworkSettings, Segmentation, StepTimes, TraitNetwork, read_message};

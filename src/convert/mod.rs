//! Files from outside into bundles that fishrig runs: no Python, and no trust in the file.
//!
//! * [`onnx`]: ONNX files as messages: read, build, write.
//! * [`fpn`]: the published network's graph from its tensors.
//! * [`write_bundle`]: a model and its manifest as a bundle's folder, whole or not at all.
//!
//! Nothing on a frame's way passes here; the station only reads what this room has written.

mod bundle_folder;
mod error;
pub mod fpn;
pub mod onnx;

pub use bundle_folder::{check_target, write_bundle};
pub use error::ConvertError;

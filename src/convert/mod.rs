//! Files from outside into bundles that fishrig runs: no Python, and no trust in the file.
//!
//! * [`checkpoint`]: the tensors of a PyTorch file.
//! * [`fpn`]: the published network's graph from its tensors.
//! * [`import()`]: a file that a person holds, a checkpoint or an ONNX network, into a bundle.
//! * [`onnx`]: ONNX files as messages: read, build, write.
//! * [`quantize`](mod@quantize): from float to int8.
//! * [`dequantized`]: from int8 back to float, to be trained further.
//! * [`write_bundle`]: a model and its manifest as a bundle's folder, whole or not at all.
//!
//! Nothing on a frame's way passes here; the station only reads what this room has written.

mod bundle_folder;
pub mod checkpoint;
mod dequantize;
mod error;
pub mod fpn;
pub mod import;
pub mod onnx;
pub mod quantize;

pub use bundle_folder::{check_target, write_bundle};
pub use dequantize::dequantized;
pub use error::ConvertError;
pub use import::{ImportOptions, Imported, import};

//! From a float bundle to an int8 one.
//!
//! 1. `graph.rs`: the convolutions of the graph; batch norms are folded into them (`batch_norm.rs`).
//! 2. `calibrate.rs`: the float network runs on pictures; a `histogram.rs` is kept of all that its convolutions read.
//! 3. `qdq.rs`: weights and those activations become bytes; the file is standard ONNX (QuantizeLinear, DequantizeLinear).
//! 4. `sensitivity.rs`: layers that cost too much accuracy stay in float, by measurement and within a size.
//! 5. `report.rs`: masks of both networks compared on pictures that were not used to calibrate.
//!
//! [`quantize`] takes these steps (`steps.rs`).

mod batch_norm;
mod calibrate;
mod graph;
mod histogram;
mod picture;
mod qdq;
mod report;
mod sensitivity;
mod settings;
mod steps;

pub use histogram::RangeMethod;
pub use picture::Picture;
pub use report::{Comparison, PictureScore, QuantizationReport, TraitScore};
pub use sensitivity::LayerSensitivity;
pub use settings::QuantizeSettings;
pub use steps::{Quantized, Step, quantize};

/// Fewer pictures than this are refused: one fish's colours are no measure of any other's.
pub const PICTURES_LEAST: usize = 2;
/// With fewer than this none is held out, and the user is warned.
pub const PICTURES_ADVISED: usize = 8;

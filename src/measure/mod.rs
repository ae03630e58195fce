//! From masks to numbers: the scale of the picture, the quality of the capture, presence, landmarks, lengths.
//!
//! Comes after [`locate`](crate::locate) and the network: it reads the frame's pixels (ruler, sharpness, light) and the specimen's
//! [`TraitMask`](crate::traits::TraitMask), and knows nothing of files or displays.
//!
//! * [`Measured`]: a value with its standard uncertainty; [`Quantity`]: what is measured, in which unit, with its term of an ontology.
//! * [`scale`]: pixels per centimetre, from the ruler or from a calibration, or an honest *none*.
//! * [`quality`]: the checks by which a picture is fit to be measured, with the names of Fish-AIR.
//! * [`specimen`]: this program's own presence, landmarks and measurements.
//! * [`bgnn`]: what Morphology-analysis computes from the same mask, equal to its output.
//! * [`Findings`]: all of it for one picture; the content of `<id>_measurements.json`.

pub mod bgnn;
mod findings;
mod measured;
pub mod quality;
mod quantity;
pub mod scale;
pub mod specimen;

pub use findings::{Findings, MeasureSettings, measure};
pub use measured::{Measured, Rounded};
pub use quantity::{Dimension, Quantity, Term};

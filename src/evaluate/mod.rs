//! How well a mask fits: the reference's metric, boundary IoU, intervals, and sheets of pictures to look at.
//!
//! * [`Agreement`]: pixels of each trait in two masks and in both; IoU per trait and over all, pooled over as many pictures as are added.
//! * [`reference`]: the same formulas on probabilities, with the reference's threshold, epsilon and Dice loss.
//! * [`boundary_bands`]: the rims of all traits, for boundary IoU.
//! * [`Bootstrap`]: percentile intervals by drawing specimens again.
//! * [`sheet`]: rows of pictures with captions, the worst first.
//!
//! Knows masks and pictures, no devices and no command line.

mod agreement;
mod bootstrap;
mod boundary;
mod error;
pub mod reference;
pub mod sheet;

pub use agreement::Agreement;
pub use bootstrap::{Bootstrap, Interval};
pub use boundary::{boundary_bands, boundary_distance};
pub use error::EvaluateError;

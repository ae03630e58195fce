//! How well a mask fits: the reference's metric, boundary IoU, intervals, and sheets of pictures to look at.
//!
//! * [`Agreement`]: pixels of each trait in two masks and in both; IoU per trait and over all, pooled over as many pictures as are added.
//! * [`mod@reference`]: the same formulas on probabilities, with the reference's threshold, epsilon and Dice loss.
//! * [`boundary_bands`]: the rims of all traits, for boundary IoU.
//! * [`Bootstrap`]: percentile intervals by drawing specimens again.
//! * [`PictureScore`] and [`Summary`]: one picture's scores, and those of a set with intervals.
//! * [`pairs`]: which label belongs to which part of which picture; [`seen_in`] brings a mask there.
//! * [`sheet`]: rows of pictures with captions, the worst first.
//!
//! Knows masks, pictures and their files, no devices and no command line.

mod agreement;
mod bootstrap;
mod boundary;
mod error;
pub mod pairs;
mod place;
pub mod reference;
mod score;
pub mod sheet;
mod summary;

pub use agreement::Agreement;
pub use bootstrap::{Bootstrap, Interval};
pub use boundary::{boundary_bands, boundary_distance};
pub use error::EvaluateError;
pub use place::seen_in;
pub use score::{BOUNDARY_SHARE, PictureScore};
pub use summary::{Estimate, Summary, TraitSummary};

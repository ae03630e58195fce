//! Why a scene cannot be drawn.

use thiserror::Error;

use crate::frame::Size;

/// A scene that cannot be drawn as asked.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum RenderError {
    /// A picture too small for a fish or too large for memory.
    #[error("a drawn picture of {size} pixels is not possible; take sides from {least} to {greatest} pixels")]
    Size {
        /// What was asked for.
        size: Size,
        /// Shortest side.
        least: u32,
        /// Longest side.
        greatest: u32,
    },
    /// A number outside its range.
    #[error("{what} of {value} is not possible; take a value from {least} to {greatest}")]
    OutOfRange {
        /// Which number.
        what: &'static str,
        /// What was asked for.
        value: f64,
        /// Least allowed value.
        least: f64,
        /// Greatest allowed value.
        greatest: f64,
    },
    /// A crop was asked of a scene without a fish in the picture.
    #[error("the scene with seed {seed} shows no fish that could be cropped; ask for at least one")]
    NoFish {
        /// The scene's seed.
        seed: u64,
    },
}

//! Why something can't be scored.

use thiserror::Error;

use crate::frame::Size;

/// Why something can't be scored.
#[derive(Debug, Error)]
pub enum EvaluateError {
    /// Two masks of different sizes.
    #[error("a mask of {predicted} can't be compared with one of {truth}; bring one to the size of the other first")]
    Sizes {
        /// Size of the prediction.
        predicted: Size,
        /// Size of what it is compared with.
        truth: Size,
    },
}

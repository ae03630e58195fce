//! What the configuration says about the scale.

use super::Scale;

/// Where the scale comes from when no ruler tells it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ScaleSettings {
    /// The scale to use where the picture has no ruler that tells it.
    pub fallback: Option<Scale>,
}

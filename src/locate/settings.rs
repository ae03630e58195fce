//! What an operator may set.

/// Settings of locating.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LocateSettings {
    /// Least length of a fish as a share of the frame's width, 0.01 to 0.9: shorter things are dirt, not fish.
    pub min_fish_length: f32,
}

impl Default for LocateSettings {
    fn default() -> Self {
        Self { min_fish_length: 0.04 }
    }
}

//! What the live loop needs to be told.

use super::machine::MachineSettings;

/// Settings of a running station.
#[derive(Debug, Clone, PartialEq)]
pub struct StationSettings {
    /// Settings of the decisions.
    pub machine: MachineSettings,
    /// The most pictures drawn on the display in a second, 0.2 to 120; default 12. More is smoother and takes time from the network.
    pub preview_frames_per_second: f64,
}

impl Default for StationSettings {
    fn default() -> Self {
        Self {
            machine: MachineSettings::default(),
            preview_frames_per_second: 12.0,
        }
    }
}

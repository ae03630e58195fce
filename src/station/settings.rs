//! What the live loop needs to be told.

use std::path::PathBuf;
use std::time::Duration;

use super::machine::MachineSettings;

/// Settings of a running station.
#[derive(Debug, Clone, PartialEq)]
pub struct StationSettings {
    /// Settings of the decisions.
    pub machine: MachineSettings,
    /// The most pictures drawn on the display in a second, 0.2 to 120; default 12. More is smoother and takes time from the network.
    pub preview_frames_per_second: f64,
    /// A thread that has work and does not get on with it for so long hangs; then a supervisor's watchdog is told no more that all is well. Default 45 s:
    /// the slowest board takes a third of that for an analysis. Writing a record may take four times as long.
    pub hangs_after: Duration,
    /// Where the station's numbers are written for Prometheus; default nowhere.
    pub textfile: Option<PathBuf>,
}

impl Default for StationSettings {
    fn default() -> Self {
        Self {
            machine: MachineSettings::default(),
            preview_frames_per_second: 12.0,
            hangs_after: Duration::from_secs(45),
            textfile: None,
        }
    }
}

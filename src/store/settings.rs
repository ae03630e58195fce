//! Where records go, and when to stop.

use std::path::PathBuf;

use jiff::tz::TimeZone;

/// Settings of the store, `[store]` in the configuration.
#[derive(Debug, Clone)]
pub struct StoreSettings {
    /// The folder of the records.
    pub root: PathBuf,
    /// Make `root` if it is not there; default true. Only the last part of the path is made, never its parent. Set it to false where the
    /// root is on a disk that may be unplugged, so that records never land in the empty mount point instead.
    pub create: bool,
    /// Bytes that stay free: a record that would leave less is refused before anything is written. Default 1 GiB.
    pub floor_bytes: u64,
    /// The station's time zone (`[station] time_zone`): a record's day is the civil date there. Default: the system's.
    pub time_zone: TimeZone,
}

impl StoreSettings {
    /// The defaults for a root.
    pub fn at(root: impl Into<PathBuf>) -> Self {
        Self {
            root: root.into(),
            create: true,
            floor_bytes: 1 << 30,
            time_zone: TimeZone::system(),
        }
    }
}

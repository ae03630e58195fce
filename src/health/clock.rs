//! Whether the wall clock can be trusted.

use std::path::Path;

/// Whether the wall clock was set from the network or a reference.
///
/// A Raspberry Pi has no clock that runs while it is off (a Pi 5 only with a battery), so in the field the date may be days behind; records keep this word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockTrust {
    /// A time service says that it has set the clock since boot.
    Synchronized,
    /// A time service runs and has not set the clock yet.
    NotSynchronized,
    /// Nothing here tells.
    Unknown,
}

impl ClockTrust {
    /// The word under which a record keeps it: `synchronized`, `not synchronized`, `unknown`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Synchronized => "synchronized",
            Self::NotSynchronized => "not synchronized",
            Self::Unknown => "unknown",
        }
    }

    /// From the directory `run` (`/run`): systemd-timesyncd makes `systemd/timesync/synchronized` when it has set the clock (systemd,
    /// `man systemd-timesyncd.service`, "Files"). Other time services leave no such file.
    pub(super) fn read(run: &Path) -> Self {
        let service = run.join("systemd/timesync");
        if service.join("synchronized").exists() {
            Self::Synchronized
        } else if service.is_dir() {
            Self::NotSynchronized
        } else {
            Self::Unknown
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_service_s_file_decides() {
        let run = tempfile::tempdir().unwrap();
        assert_eq!(ClockTrust::read(run.path()), ClockTrust::Unknown);
        let service = run.path().join("systemd/timesync");
        std::fs::create_dir_all(&service).unwrap();
        assert_eq!(ClockTrust::read(run.path()), ClockTrust::NotSynchronized);
        std::fs::write(service.join("synchronized"), "").unwrap();
        assert_eq!(ClockTrust::read(run.path()), ClockTrust::Synchronized);
    }
}

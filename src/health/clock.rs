//! Whether the wall clock can be trusted.

use std::path::Path;

/// Whether the wall clock was set from the network or a reference.
///
/// A Raspberry Pi has no clock that runs while it is off (a Pi 5 only with a battery), so in the field the date may be days behind; records keep this word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockTrust {
    /// A time service says that it has set the clock since boot.
    Synchronized,
    /// No time service has set the clock yet.
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

    /// What the directory `run` (`/run`) says, and the kernel.
    ///
    /// systemd-timesyncd makes `systemd/timesync/synchronized` when it has set the clock (systemd, `man systemd-timesyncd.service`, "Files"). The kernel
    /// is told by every time service, chrony and ntpd too; without corrections it takes back its word after hours, when the error may have grown to 16
    /// seconds (linux kernel/time/ntp.c, `STA_UNSYNC`). So either is enough.
    pub(super) fn read(run: &Path, kernel: Option<bool>) -> Self {
        let service = run.join("systemd/timesync");
        if service.join("synchronized").exists() {
            return Self::Synchronized;
        }
        match kernel {
            Some(true) => Self::Synchronized,
            Some(false) => Self::NotSynchronized,
            None if service.is_dir() => Self::NotSynchronized,
            None => Self::Unknown,
        }
    }
}

/// Whether the kernel takes its clock for synchronized; `None` where it does not answer.
#[allow(unsafe_code)]
pub(super) fn kernel_is_synchronized() -> Option<bool> {
    // SAFETY: all fields of timex are numbers, for which zero is a value; modes = 0 asks and sets nothing (adjtimex(2)).
    let mut state: libc::timex = unsafe { std::mem::zeroed() };
    // SAFETY: the pointer is to a timex of our own, which the call fills.
    let answer = unsafe { libc::adjtimex(&raw mut state) };
    (answer >= 0).then_some(state.status & libc::STA_UNSYNC == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_service_s_file_or_the_kernel_decides() {
        use ClockTrust::{NotSynchronized, Synchronized, Unknown};
        let run = tempfile::tempdir().unwrap();
        let all = || [None, Some(false), Some(true)].map(|kernel| ClockTrust::read(run.path(), kernel));
        assert_eq!(all(), [Unknown, NotSynchronized, Synchronized]);
        let service = run.path().join("systemd/timesync");
        std::fs::create_dir_all(&service).unwrap();
        assert_eq!(all(), [NotSynchronized, NotSynchronized, Synchronized]);
        std::fs::write(service.join("synchronized"), "").unwrap();
        assert_eq!(all(), [Synchronized; 3]);
    }

    #[test]
    fn the_kernel_answers() {
        assert!(kernel_is_synchronized().is_some());
    }
}

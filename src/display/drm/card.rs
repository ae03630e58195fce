//! A graphics device of the kernel.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::{Path, PathBuf};

use drm::{Device as _, DriverCapability};
use rustix::io::Errno;

use crate::device_access::holder;
use crate::display::DisplayError;
use crate::display::device::{self, errno};

/// Where the devices are.
const FOLDER: &str = "/dev/dri";
const ENABLE_KMS: &str = "connect a screen and enable the kernel's mode setting (dtoverlay=vc4-kms-v3d in config.txt on a Raspberry Pi), or choose another \
                          [display] kind";
const STOP_IT: &str =
    "stop a desktop with `sudo systemctl isolate multi-user.target`, a station with `sudo systemctl stop fishrig`";

/// An open device.
pub(super) struct Card {
    file: File,
    path: PathBuf,
    driver: String,
}

impl AsFd for Card {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

impl drm::Device for Card {}
impl drm::control::Device for Card {}

impl Card {
    pub(super) fn open(path: &Path) -> Result<Self, DisplayError> {
        let mut card = Self {
            file: device::open(path, ENABLE_KMS)?,
            path: path.to_owned(),
            driver: "unknown driver".to_owned(),
        };
        if let Ok(driver) = card.get_driver() {
            card.driver = driver.name().to_string_lossy().into_owned();
        }
        Ok(card)
    }

    /// All devices, by their numbers.
    pub(super) fn paths() -> Vec<PathBuf> {
        let mut numbers: Vec<u32> = std::fs::read_dir(FOLDER)
            .into_iter()
            .flatten()
            .filter_map(|entry| entry.ok()?.file_name().to_str()?.strip_prefix("card")?.parse().ok())
            .collect();
        numbers.sort_unstable();
        numbers
            .iter()
            .map(|n| Path::new(FOLDER).join(format!("card{n}")))
            .collect()
    }

    /// The error for a machine without any.
    pub(super) fn none_there() -> DisplayError {
        DisplayError::Absent {
            problem: format!("there is no graphics device ({FOLDER}/card0)"),
            cure: ENABLE_KMS,
        }
    }

    pub(super) fn path(&self) -> std::path::Display<'_> {
        self.path.display()
    }

    /// Name of the kernel's driver, for example `vc4`.
    pub(super) fn driver(&self) -> &str {
        &self.driver
    }

    pub(super) fn has_dumb_buffers(&self) -> bool {
        self.get_driver_capability(DriverCapability::DumbBuffer)
            .is_ok_and(|value| value != 0)
    }

    /// Whoever opens a device first is its master and alone may change what is on its screens.
    pub(super) fn require_master(&self) -> Result<(), DisplayError> {
        match self.acquire_master_lock() {
            Ok(()) => Ok(()),
            // Before Linux 5.8 only root may ask, whoever is the master; but a user's own file is authenticated only where it is the master's.
            Err(error) if matches!(errno(&error), Some(Errno::ACCESS | Errno::PERM)) => match self.authenticated() {
                Ok(true) => Ok(()),
                _ => Err(self.held()),
            },
            Err(error) if errno(&error) == Some(Errno::BUSY) => Err(self.held()),
            Err(error) => Err(self.failed("become its master", error)),
        }
    }

    /// The error where another program is the master.
    pub(super) fn held(&self) -> DisplayError {
        DisplayError::Busy {
            device: self.path().to_string(),
            problem: match holder(&self.path) {
                Some(holder) => format!("the screen is held by {holder}"),
                None => "another program has the screen, a desktop or another station".to_owned(),
            },
            cure: STOP_IT,
        }
    }

    /// The error for a call that the driver refused.
    pub(super) fn failed(&self, action: &'static str, source: io::Error) -> DisplayError {
        match errno(&source) {
            Some(Errno::ACCESS | Errno::PERM) => self.held(),
            Some(Errno::NODEV) => DisplayError::Absent {
                problem: format!("{} ({}) is gone", self.path(), self.driver),
                cure: "plug it in; the station takes it by itself",
            },
            _ => DisplayError::Device {
                device: format!("{} ({})", self.path(), self.driver),
                action,
                source,
                cure: "see what `dmesg` says, and try another display.mode or connector",
            },
        }
    }
}

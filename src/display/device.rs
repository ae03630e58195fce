//! Opening device files, and what to do where one can't be opened.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rustix::fs::OFlags;
use rustix::io::Errno;

use super::DisplayError;
use crate::device_access;

/// Opens a device for reading and writing. `cure` is for a device that is not there.
///
/// # Errors
/// [`DisplayError::Absent`], [`DisplayError::NotPermitted`] with the group that may, [`DisplayError::Busy`], [`DisplayError::Device`].
pub(super) fn open(path: &Path, cure: &'static str) -> Result<File, DisplayError> {
    let flags = (OFlags::CLOEXEC | OFlags::NOCTTY).bits();
    OpenOptions::new()
        .read(true)
        .write(true)
        .custom_flags(flags.cast_signed())
        .open(path)
        .map_err(|error| open_error(path, error, cure))
}

/// What it means that a device can't be opened.
pub(super) fn open_error(path: &Path, source: io::Error, cure: &'static str) -> DisplayError {
    let device = path.display().to_string();
    match errno(&source) {
        Some(Errno::NOENT | Errno::NXIO | Errno::NODEV) => DisplayError::Absent {
            problem: format!("{device} is not there"),
            cure,
        },
        Some(Errno::ACCESS | Errno::PERM) => DisplayError::NotPermitted {
            cure: device_access::cure(path, &source),
            device,
        },
        Some(Errno::BUSY) => DisplayError::Busy {
            device,
            problem: format!(
                "{} uses it",
                device_access::holder(path).unwrap_or_else(|| "another program".to_owned())
            ),
            cure: "end that program; `sudo fuser -v DEVICE` names it",
        },
        _ => DisplayError::Device {
            device,
            action: "open it",
            source,
            cure: "see what `dmesg` says about it",
        },
    }
}

/// The system's error number.
pub(super) fn errno(error: &io::Error) -> Option<Errno> {
    error.raw_os_error().map(Errno::from_raw_os_error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_has_its_cure() {
        let said = |errno: Errno| {
            let path = Path::new("/dev/null");
            let error = open_error(path, io::Error::from_raw_os_error(errno.raw_os_error()), "plug it in");
            (error.to_string(), error.passes())
        };
        let (words, passes) = said(Errno::NOENT);
        assert!(
            words.contains("/dev/null is not there; plug it in") && passes,
            "{words}"
        );
        let (words, passes) = said(Errno::ACCESS);
        assert!(words.contains("usermod -aG root") && !passes, "{words}");
        let (words, passes) = said(Errno::BUSY);
        assert!(words.contains("fuser") && passes, "{words}");
        let (words, passes) = said(Errno::IO);
        assert!(words.contains("dmesg") && !passes, "{words}");
    }
}

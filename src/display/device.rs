//! Opening device files, and what to do where one can't be opened.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use rustix::fs::OFlags;
use rustix::io::Errno;

use super::DisplayError;

/// Opens a device for reading and writing. `cure` is for a device that is not there, `usual_group` may usually use it.
///
/// # Errors
/// [`DisplayError::Absent`], [`DisplayError::NotPermitted`] with the group that may, [`DisplayError::Busy`], [`DisplayError::Device`].
pub(super) fn open(path: &Path, cure: &'static str, usual_group: &str) -> Result<File, DisplayError> {
    let flags = (OFlags::CLOEXEC | OFlags::NOCTTY).bits();
    OpenOptions::new()
        .read(true)
        .write(true)
        .custom_flags(flags.cast_signed())
        .open(path)
        .map_err(|error| open_error(path, error, cure, usual_group))
}

/// What it means that a device can't be opened.
pub(super) fn open_error(path: &Path, source: io::Error, cure: &'static str, usual_group: &str) -> DisplayError {
    let device = path.display().to_string();
    match errno(&source) {
        Some(Errno::NOENT | Errno::NXIO | Errno::NODEV) => DisplayError::Absent {
            problem: format!("{device} is not there"),
            cure,
        },
        Some(Errno::ACCESS | Errno::PERM) => DisplayError::NotPermitted {
            group: group_of(path).unwrap_or_else(|| usual_group.to_owned()),
            device,
        },
        Some(Errno::BUSY) => DisplayError::Busy {
            device,
            problem: "another program uses it".to_owned(),
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

/// The name of the group that a file belongs to; `None` for root's own and where it has no name.
fn group_of(path: &Path) -> Option<String> {
    let gid = std::fs::metadata(path).ok()?.gid();
    if gid == 0 {
        return None;
    }
    let groups = std::fs::read_to_string("/etc/group").ok()?;
    group_name(&groups, gid).map(str::to_owned)
}

/// The name of a group in the text of `/etc/group` (lines of name, password, number, members between colons).
fn group_name(groups: &str, gid: u32) -> Option<&str> {
    groups.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(gid)).then_some(name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_found_by_number() {
        let groups = "root:x:0:\nbroken\nvideo:x:44:fishrig,pi\nrender:x:106:\n";
        assert_eq!(group_name(groups, 44), Some("video"));
        assert_eq!(group_name(groups, 106), Some("render"));
        assert_eq!(group_name(groups, 4), None);
    }

    #[test]
    fn each_reason_has_its_cure() {
        let said = |errno: Errno| {
            let path = Path::new("/dev/no-such-device");
            let error = open_error(
                path,
                io::Error::from_raw_os_error(errno.raw_os_error()),
                "plug it in",
                "video",
            );
            (error.to_string(), error.passes())
        };
        let (words, passes) = said(Errno::NOENT);
        assert!(
            words.contains("/dev/no-such-device is not there; plug it in") && passes,
            "{words}"
        );
        let (words, passes) = said(Errno::ACCESS);
        assert!(words.contains("usermod -aG video") && !passes, "{words}");
        let (words, passes) = said(Errno::BUSY);
        assert!(words.contains("fuser") && passes, "{words}");
        let (words, passes) = said(Errno::IO);
        assert!(words.contains("dmesg") && !passes, "{words}");
    }
}

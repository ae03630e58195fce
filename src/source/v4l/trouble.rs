//! What the kernel's error numbers mean for somebody at a station.

use std::io;
use std::path::Path;

use crate::device_access::{group_of, holder};
use crate::source::SourceError;

/// What was being done when it failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Doing {
    Opening,
    Setting,
    Starting,
    Capturing,
}

/// The kernel's error in words, with a cure.
pub(super) fn trouble(node: &Path, doing: Doing, error: &io::Error) -> SourceError {
    let device = node.display().to_string();
    let broken = |reason: String| SourceError::Device {
        device: device.clone(),
        reason,
    };
    match (error.raw_os_error().unwrap_or(0), doing) {
        (libc::EBUSY, _) => SourceError::Busy {
            holder: holder(node).unwrap_or_else(|| "another program".to_owned()),
            device,
        },
        (libc::EACCES | libc::EPERM, Doing::Opening) => SourceError::NotPermitted {
            group: group_of(node).unwrap_or_else(|| "video".to_owned()),
            user: user(),
            device,
        },
        (libc::ENOENT | libc::ENODEV | libc::ENXIO, Doing::Opening) => broken("there is no such camera".to_owned()),
        (libc::ENOTTY | libc::EINVAL | libc::EISDIR, Doing::Opening) => SourceError::NoCamera {
            wanted: format!("{device} is no video device"),
            found: "name the node of a camera".to_owned(),
        },
        (libc::ENODEV | libc::ENXIO | libc::ESHUTDOWN, _) => broken("it was unplugged".to_owned()),
        (libc::EIO | libc::EPIPE | libc::EPROTO, _) => broken(format!("it has stopped with an error ({})", words_of(error))),
        (libc::ENOSPC, Doing::Starting) => broken(
            "its bus has no room for so much data; plug it in elsewhere, without other cameras on the same hub, or choose MJPG or a smaller size".to_owned(),
        ),
        (libc::ENOMEM, _) => broken("there is no memory for its pictures; choose a smaller size".to_owned()),
        _ => {
            let what = match doing {
                Doing::Opening => "it can't be opened",
                Doing::Setting => "it can't be set",
                Doing::Starting => "it does not start",
                Doing::Capturing => "it gives no frame",
            };
            broken(format!("{what} ({})", words_of(error)))
        }
    }
}

/// The system's words without its number, which tells nobody anything.
pub(super) fn words_of(error: &io::Error) -> String {
    let words = error.to_string();
    words.split(" (os error").next().unwrap_or_default().to_owned()
}

fn user() -> String {
    std::env::var("USER")
        .ok()
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| "USER".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_told_with_their_cure() {
        // The node is a file that is there, so that its group is that of this machine's temporary files.
        let file = tempfile::NamedTempFile::new().unwrap();
        let group = group_of(file.path()).unwrap();
        let told = |doing, number| trouble(file.path(), doing, &io::Error::from_raw_os_error(number)).to_string();
        let refused = told(Doing::Opening, libc::EACCES);
        assert!(refused.contains(&format!("sudo usermod -aG {group}")), "{refused}");
        assert!(told(Doing::Opening, libc::ENOTTY).contains("no video device"));
        assert!(
            told(Doing::Capturing, libc::EIO).ends_with("an error (Input/output error); check its cable and power")
        );
        assert!(told(Doing::Capturing, libc::ENODEV).contains("unplugged"));
        assert!(told(Doing::Starting, libc::ENOSPC).contains("same hub"));
    }

    #[test]
    fn a_busy_device_names_who_has_it() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let mut other = std::process::Command::new("sleep")
            .arg("60")
            .stdin(file.reopen().unwrap())
            .spawn()
            .unwrap();
        let told = trouble(file.path(), Doing::Starting, &io::Error::from_raw_os_error(libc::EBUSY)).to_string();
        other.kill().unwrap();
        other.wait().unwrap();
        assert!(told.contains(&format!("process {}", other.id())), "{told}");
        let told = trouble(file.path(), Doing::Starting, &io::Error::from_raw_os_error(libc::EBUSY)).to_string();
        assert!(told.contains("another program"), "{told}");
    }
}

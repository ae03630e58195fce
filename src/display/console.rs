//! The text console that lies under a picture: while a display is shown it draws neither letters nor a cursor.
#![allow(unsafe_code)]

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;

use rustix::fs::OFlags;
use rustix::ioctl::{IntegerSetter, Opcode, ioctl};

/// The console in the foreground, whichever it is.
const FOREGROUND: &str = "/dev/tty0";
/// `linux/kd.h`: set a console's mode, and the two modes.
const KDSETMODE: Opcode = 0x4B3A;
const KD_TEXT: usize = 0;
const KD_GRAPHICS: usize = 1;

/// A console that draws nothing as long as this lives.
#[derive(Debug)]
pub(super) struct QuietConsole {
    /// `None` on a machine without one, and for a user without the right.
    console: Option<File>,
}

impl QuietConsole {
    /// Takes the console in the foreground. One that draws nothing already was left so by a program that was killed, or a desktop would have the screen.
    ///
    /// A user without the right is told so in the log and goes on: the picture is right but for a cursor.
    pub(super) fn take() -> Self {
        let console = match Self::open_quiet() {
            Ok(console) => Some(console),
            Err(error) if is_absent(&error) => None,
            Err(error) => {
                tracing::warn!(
                    "{FOREGROUND}: the console's cursor can't be hidden: {error}; it may show through on /dev/fb0. Run the station as the service that its package \
                     installs (group tty, CAP_SYS_TTY_CONFIG), or boot with vt.global_cursor_default=0"
                );
                None
            }
        };
        Self { console }
    }

    fn open_quiet() -> io::Result<File> {
        let flags = (OFlags::NOCTTY | OFlags::CLOEXEC).bits();
        // The group tty may write, no more.
        let console = OpenOptions::new()
            .write(true)
            .custom_flags(flags.cast_signed())
            .open(FOREGROUND)?;
        set_mode(&console, KD_GRAPHICS)?;
        Ok(console)
    }
}

impl Drop for QuietConsole {
    fn drop(&mut self) {
        if let Some(console) = &self.console
            && let Err(error) = set_mode(console, KD_TEXT)
        {
            tracing::warn!("{FOREGROUND}: the console can't be brought back to text: {error}");
        }
    }
}

/// No such file; or no console behind it (a kernel without virtual terminals says ENXIO or ENODEV).
fn is_absent(error: &io::Error) -> bool {
    use rustix::io::Errno;
    error.kind() == io::ErrorKind::NotFound
        || [Errno::NXIO, Errno::NODEV]
            .iter()
            .any(|e| error.raw_os_error() == Some(e.raw_os_error()))
}

fn set_mode(console: &File, mode: usize) -> io::Result<()> {
    // SAFETY: KDSETMODE takes an integer, and both modes are of those that it knows.
    Ok(unsafe { ioctl(console, IntegerSetter::<KDSETMODE>::new_usize(mode)) }?)
}

//! The text console that lies under a picture: while a display is shown it draws neither letters nor a cursor.
#![allow(unsafe_code)]

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;

use rustix::fs::OFlags;
use rustix::ioctl::{Getter, IntegerSetter, Opcode, ioctl};

/// The console in the foreground, whichever it is.
const FOREGROUND: &str = "/dev/tty0";
/// `linux/kd.h`: ask for and set a console's mode, and the two modes.
const KDGETMODE: Opcode = 0x4B3B;
const KDSETMODE: Opcode = 0x4B3A;
const KD_TEXT: usize = 0;
const KD_GRAPHICS: usize = 1;

/// A console that was made to draw nothing; it is as before when this is dropped.
#[derive(Debug)]
pub(super) struct QuietConsole {
    console: File,
}

impl QuietConsole {
    /// Takes the console in the foreground. `None` on a machine without one, and where another program has it in graphics mode already: then it draws nothing anyway.
    ///
    /// A user without the right is told so in the log and goes on: the picture is right but for a cursor.
    pub(super) fn take() -> Option<Self> {
        match Self::try_take() {
            Ok(console) => console,
            Err(error) => {
                tracing::warn!(
                    "{FOREGROUND}: the console's cursor can't be hidden: {error}; it may show through on /dev/fb0. Run the station as a service with TTYPath=/dev/tty1 \
                     or AmbientCapabilities=CAP_SYS_TTY_CONFIG in the group tty, or boot with vt.global_cursor_default=0"
                );
                None
            }
        }
    }

    fn try_take() -> io::Result<Option<Self>> {
        let flags = (OFlags::NOCTTY | OFlags::CLOEXEC).bits();
        let console = match OpenOptions::new()
            .write(true)
            .custom_flags(flags.cast_signed())
            .open(FOREGROUND)
        {
            Ok(console) => console,
            Err(error) if is_absent(&error) => return Ok(None),
            Err(error) => return Err(error),
        };
        // SAFETY: KDGETMODE writes one int to where its argument points.
        let mode = unsafe { ioctl(&console, Getter::<KDGETMODE, i32>::new()) }?;
        if mode != KD_TEXT as i32 {
            return Ok(None);
        }
        set_mode(&console, KD_GRAPHICS)?;
        Ok(Some(Self { console }))
    }
}

impl Drop for QuietConsole {
    fn drop(&mut self) {
        if let Err(error) = set_mode(&self.console, KD_TEXT) {
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

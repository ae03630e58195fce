//! The kernel's side of a camera: the only place of this crate that talks to V4L2, and with it all its `unsafe`.
//!
//! Of the crate `v4l` it takes the kernel's structures and request numbers (`v4l_sys`, `vidioc`). Streaming is our own, for these reasons, all seen in
//! v4l 0.14 (raymanfx/libv4l-rs, `src/io/mmap/stream.rs`, `arena.rs`, `src/v4l2/api.rs`, `src/device.rs`):
//!
//! * its stream panics when it is dropped and STREAMOFF fails, its arena does so once more, and a panic while another unwinds aborts the program;
//! * after a time-out its next call queues a buffer that is queued already;
//! * it indexes its buffers with a number that the driver gives;
//! * its control query panics on kinds that it does not know and on names that are not UTF-8;
//! * it calls `ioctl` by number, past the C library, where `libcamerify` can't step in (raspberrypi/libcamera, `src/v4l2/v4l2_compat.cpp`).

#![allow(unsafe_code)]

mod controls;
mod formats;
mod streaming;

use std::ffi::{CString, c_ulong};
use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::Duration;

use v4l::v4l_sys::*;
use v4l::v4l2::vidioc;

use super::controls::{Control, Value};
use super::device::{Device, Filled, Identity, Unfit};
use super::mode::{Active, Mode, Offer};
use streaming::Stream;

/// An open node.
pub(super) struct Node {
    file: File,
    identity: Identity,
    stream: Option<Stream>,
}

/// Opens a node and asks who it is; nothing is changed by that.
pub(super) fn open(node: &Path) -> io::Result<Node> {
    let file = open_node(node)?;
    let mut capability: v4l2_capability = zeroed();
    // SAFETY: VIDIOC_QUERYCAP fills in a `v4l2_capability`.
    unsafe { request(file.as_raw_fd(), vidioc::VIDIOC_QUERYCAP, &mut capability) }?;
    let abilities = match capability.capabilities & V4L2_CAP_DEVICE_CAPS {
        0 => capability.capabilities,
        _ => capability.device_caps,
    };
    Ok(Node {
        file,
        identity: Identity {
            node: node.to_owned(),
            card: text(&capability.card),
            driver: text(&capability.driver),
            bus: text(&capability.bus_info),
            fitness: fitness(abilities),
        },
        stream: None,
    })
}

/// By the C library's `open`: the standard library calls `open64`, which `v4l2-compat.so` of older libcameras does not replace.
fn open_node(node: &Path) -> io::Result<File> {
    let path = CString::new(node.as_os_str().as_bytes())?;
    loop {
        // SAFETY: `path` ends with a zero byte and lives through the call.
        let fd = unsafe { libc::open(path.as_ptr(), libc::O_RDWR | libc::O_NONBLOCK | libc::O_CLOEXEC) };
        if fd != -1 {
            // SAFETY: the descriptor was just opened and belongs to nobody else.
            return Ok(unsafe { File::from_raw_fd(fd) });
        }
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
}

fn fitness(abilities: u32) -> Result<(), Unfit> {
    let has = |flags: u32| abilities & flags != 0;
    if has(V4L2_CAP_IO_MC) {
        return Err(Unfit::PartOfPipeline);
    }
    if has(V4L2_CAP_VIDEO_CAPTURE) {
        return if has(V4L2_CAP_STREAMING) {
            Ok(())
        } else {
            Err(Unfit::NoStreaming)
        };
    }
    let is_output =
        V4L2_CAP_VIDEO_OUTPUT | V4L2_CAP_VIDEO_OUTPUT_MPLANE | V4L2_CAP_VIDEO_M2M | V4L2_CAP_VIDEO_M2M_MPLANE;
    Err(match () {
        () if has(is_output) => Unfit::Output,
        () if has(V4L2_CAP_VIDEO_CAPTURE_MPLANE) => Unfit::MultiPlanar,
        () if has(V4L2_CAP_META_CAPTURE | V4L2_CAP_META_OUTPUT) => Unfit::Metadata,
        () => Unfit::Other,
    })
}

impl Device for Node {
    fn identity(&self) -> &Identity {
        &self.identity
    }

    fn offers(&mut self) -> io::Result<Vec<Offer>> {
        formats::offers(self.fd())
    }

    fn set_mode(&mut self, mode: &Mode) -> io::Result<Active> {
        formats::set_mode(self.fd(), mode)
    }

    fn controls(&mut self) -> Vec<Control> {
        controls::controls(self.fd())
    }

    fn set_control(&mut self, control: &Control, value: &Value) -> io::Result<()> {
        controls::set(self.fd(), control, value)
    }

    fn start(&mut self, buffers: u32) -> io::Result<()> {
        self.stop();
        self.stream = Some(Stream::start(&self.file, buffers)?);
        Ok(())
    }

    fn next(&mut self, within: Duration, bytes_max: usize) -> io::Result<Option<Filled>> {
        match &mut self.stream {
            Some(stream) => stream.next(&self.file, within, bytes_max),
            None => Err(io::ErrorKind::InvalidInput.into()),
        }
    }

    fn stop(&mut self) {
        if let Some(stream) = self.stream.take() {
            stream.stop(&self.file);
        }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Node {
    fn fd(&self) -> RawFd {
        self.file.as_raw_fd()
    }
}

/// Asks the driver. A signal that interrupts the call is no reason to fail: it is made again.
///
/// It goes through the C library's symbol, so that a preloaded `v4l2-compat.so` of libcamera sees it.
///
/// # Safety
/// `T` is the structure that the kernel reads and writes for `number`, and pointers in it are valid for what the kernel does with them.
unsafe fn request<T>(fd: RawFd, number: c_ulong, argument: &mut T) -> io::Result<()> {
    loop {
        // SAFETY: `argument` is a valid `T`, which is what the kernel expects for `number` by this function's own condition.
        let answer = unsafe { libc::ioctl(fd, number as _, std::ptr::from_mut(argument)) };
        if answer != -1 {
            return Ok(());
        }
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
}

/// A structure of the kernel with all its bytes zero, as the kernel wants the fields that are not used.
fn zeroed<T: Copy>() -> T {
    // SAFETY: called for the plain structures of `v4l_sys` alone: numbers, arrays of numbers, unions of them and raw pointers, for all of which zero
    // bytes are a value.
    unsafe { std::mem::zeroed() }
}

/// Characters up to the first zero; what is not UTF-8 is replaced.
fn text(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|b| *b == 0).unwrap_or(bytes.len());
    String::from_utf8_lossy(&bytes[..end]).trim().to_owned()
}

const CAPTURE: u32 = v4l2_buf_type_V4L2_BUF_TYPE_VIDEO_CAPTURE;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_that_are_no_cameras_are_told_apart() {
        // Capabilities as `v4l2-ctl --info` prints them under "Device Caps".
        for (device, abilities, wanted) in [
            ("uvcvideo, frames", 0x0420_0001, Ok(())),
            ("uvcvideo, metadata", 0x04a0_0000, Err(Unfit::Metadata)),
            ("vivid, output", 0x0520_0002, Err(Unfit::Output)),
            ("bcm2835-codec", 0x0420_4000, Err(Unfit::Output)),
            ("rp1-cfe", 0x2520_0001, Err(Unfit::PartOfPipeline)),
            ("multi-planar capture", 0x0420_1000, Err(Unfit::MultiPlanar)),
            ("read() alone", 0x0120_0001, Err(Unfit::NoStreaming)),
            ("radio", 0x0011_0000, Err(Unfit::Other)),
        ] {
            assert_eq!(fitness(abilities), wanted, "{device}");
        }
    }

    #[test]
    fn a_file_that_is_no_video_device_is_an_error() {
        assert!(open(Path::new("/dev/null")).is_err_and(|e| e.raw_os_error() == Some(libc::ENOTTY)));
        assert!(open(Path::new("/dev/no-such-node")).is_err_and(|e| e.kind() == io::ErrorKind::NotFound));
    }

    #[test]
    fn texts_end_at_their_zero_and_need_not_be_utf_8() {
        assert_eq!(text(b"HD Webcam \0\0junk"), "HD Webcam");
        assert_eq!(text(b"\xff\xfe"), "\u{fffd}\u{fffd}");
    }
}

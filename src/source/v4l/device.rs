//! What the rest of this folder knows of a video device: plain values, and a small trait in front of the kernel, so that tests drive the stream with a
//! device of their own.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::controls::{Control, Value};
use super::mode::{Active, Mode, Offer};

/// A pixel format's four letters, as V4L2 names it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FourCc(pub [u8; 4]);

impl FourCc {
    pub(super) fn of(number: u32) -> Self {
        Self(number.to_le_bytes())
    }

    pub(super) fn number(self) -> u32 {
        u32::from_le_bytes(self.0)
    }
}

impl fmt::Display for FourCc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let letters = self.0.map(|b| if b.is_ascii_graphic() { char::from(b) } else { ' ' });
        let text: String = letters.iter().collect();
        f.write_str(text.trim_end())
    }
}

impl fmt::Debug for FourCc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// Who a device is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Its node, for example `/dev/video0`.
    pub node: PathBuf,
    /// Its name for people.
    pub card: String,
    /// The kernel's driver.
    pub driver: String,
    /// Where it is plugged in.
    pub bus: String,
    /// Whether it captures in a way that fishrig knows.
    pub fitness: Result<(), Unfit>,
}

/// Why a video device is no camera for fishrig.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unfit {
    /// It shows or converts pictures.
    Output,
    /// It hands out descriptions of frames.
    Metadata,
    /// It hands out each frame in several pieces.
    MultiPlanar,
    /// It wants to be set up together with a sensor and other nodes.
    PartOfPipeline,
    /// It can't be streamed from.
    NoStreaming,
    /// Radio, teletext, touch, and what is still to come.
    Other,
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Output => {
                "takes pictures and gives none (an output, or a v4l2loopback device that no program feeds yet)"
            }
            Self::Metadata => "gives data about frames, not frames; its camera is another node",
            Self::MultiPlanar => {
                "multi-planar, which fishrig does not read; use libcamerify or v4l2loopback (docs/cameras.md)"
            }
            Self::PartOfPipeline => {
                "part of a sensor's pipeline, which libcamera sets up; use libcamerify or v4l2loopback (docs/cameras.md)"
            }
            Self::NoStreaming => "can't stream through mapped memory",
            Self::Other => "not a device for video capture",
        })
    }
}

/// One filled buffer.
#[derive(Debug, Clone)]
pub(super) struct Filled {
    /// What is in it; empty where the driver marked it as damaged.
    pub(super) bytes: Arc<[u8]>,
    /// The driver says that its content may be damaged.
    pub(super) damaged: bool,
    /// Number of the frame since the stream's start; wraps around.
    pub(super) sequence: u32,
    /// When it was captured, in nanoseconds of the monotonic clock; `None` where the driver uses another clock.
    pub(super) monotonic_ns: Option<u64>,
}

/// A device that captures. Errors are the kernel's, by number.
pub(super) trait Device: Send {
    fn identity(&self) -> &Identity;

    /// What it can deliver.
    fn offers(&mut self) -> io::Result<Vec<Offer>>;

    /// Asks for a mode; the driver may decide otherwise. Only while it does not stream.
    fn set_mode(&mut self, mode: &Mode) -> io::Result<Active>;

    /// All controls with their present values.
    fn controls(&mut self) -> Vec<Control>;

    fn set_control(&mut self, control: &Control, value: &Value) -> io::Result<()>;

    /// Maps `buffers` buffers, hands them to the driver and begins to stream.
    fn start(&mut self, buffers: u32) -> io::Result<()>;

    /// The next filled buffer, of which at most so many bytes are taken, and which the driver gets back at once; `None` if none came in time.
    fn next(&mut self, within: Duration, bytes_max: usize) -> io::Result<Option<Filled>>;

    /// Ends streaming and gives the buffers back. What the device says to that is of no use to anyone.
    fn stop(&mut self);
}

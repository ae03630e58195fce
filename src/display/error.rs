//! What goes wrong with displays.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::frame::Size;
use crate::gpio::GpioError;

/// Why a display could not be opened or could not show a picture.
#[derive(Debug, Error)]
pub enum DisplayError {
    /// The settings ask for a size that no display has.
    #[error("display: {size} is not a possible size; 1x1 to {limit}x{limit} are allowed")]
    Size {
        /// Size asked for.
        size: Size,
        /// Longest side allowed.
        limit: u32,
    },
    /// The settings ask for an impossible magnification.
    #[error("display: a window can be magnified 1 to {limit} times, not {scale}")]
    Scale {
        /// Magnification asked for.
        scale: u32,
        /// Largest allowed.
        limit: u32,
    },
    /// Another setting that is not allowed.
    #[error("{section}.{key} {problem}")]
    Setting {
        /// The table of the configuration.
        section: &'static str,
        /// The key in it.
        key: &'static str,
        /// What is wrong, and what is allowed.
        problem: String,
    },
    /// The canvas that the settings ask for is larger than the screen.
    #[error(
        "display {display}: display.size {wanted} does not fit on its {available}{}; set it to \"auto\" or smaller",
        if *.turned { ", turned" } else { "" }
    )]
    DoesNotFit {
        /// Name of the display.
        display: String,
        /// Size asked for.
        wanted: Size,
        /// Size of the screen, as the operator sees it.
        available: Size,
        /// Whether the screen is turned by a quarter.
        turned: bool,
    },
    /// A canvas of another size than the display's.
    #[error("display {display}: shown a picture of {got}, it takes {wanted}")]
    WrongSize {
        /// Name of the display.
        display: String,
        /// Size of the canvas.
        got: Size,
        /// Size of the display.
        wanted: Size,
    },
    /// A file or directory of the PNG display.
    #[error(
        "display: can't write {path}: {source}; check that its directory is one and may be written, and that the disk is not full"
    )]
    File {
        /// The file or directory.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The picture could not be encoded.
    #[error("display: the picture for {path} could not be encoded: {source}")]
    Encoding {
        /// The file that was to be written.
        path: PathBuf,
        /// The encoder's reason.
        source: image::ImageError,
    },
    /// The window could not be opened.
    #[error("display: the window can't be opened: {reason}; log in at a desktop, or choose another [display] kind")]
    Window {
        /// The window system's reason.
        reason: String,
    },
    /// A kind of display that this program was built without.
    #[error(
        "display: this fishrig was built without windows; choose another [display] kind, or build with `--features window`"
    )]
    WindowNotBuilt,
    /// The device is not there, or no screen is connected to it. It may come.
    #[error("display: {problem}; {cure}")]
    Absent {
        /// What is not there.
        problem: String,
        /// What brings it.
        cure: &'static str,
    },
    /// Another program has the screen.
    #[error("display {device}: {problem}; {cure}")]
    Busy {
        /// The device.
        device: String,
        /// What holds it.
        problem: String,
        /// What frees it.
        cure: &'static str,
    },
    /// This user may not use the device.
    #[error("display: no permission to use {device}{cure}")]
    NotPermitted {
        /// The device.
        device: String,
        /// The group that may, and how to join it.
        cure: String,
    },
    /// One of a panel's lines can't be had.
    #[error("display.panel: {0}")]
    Line(#[from] GpioError),
    /// The device can't show what is wanted of it.
    #[error("display {device}: {problem}; {cure}")]
    Unsuited {
        /// The device.
        device: String,
        /// What does not fit.
        problem: String,
        /// What to change.
        cure: String,
    },
    /// The device refused.
    #[error("display {device}: can't {action}: {source}; {cure}")]
    Device {
        /// The device.
        device: String,
        /// What was tried.
        action: &'static str,
        /// The system's reason.
        source: io::Error,
        /// What to look at.
        cure: &'static str,
    },
}

impl DisplayError {
    /// Whether the display may come by itself: a screen is plugged in, a desktop ends. A station goes on without it meanwhile.
    pub fn passes(&self) -> bool {
        matches!(
            self,
            Self::Absent { .. } | Self::Busy { .. } | Self::Line(GpioError::Busy { .. })
        )
    }
}

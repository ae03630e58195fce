//! Where pictures are shown: the last room that pixels pass on a frame's way.
//!
//! A display takes a finished [`Canvas`] and knows nothing of what is drawn on it; `overlay` draws and knows nothing of displays.
//!
//! * [`Canvas`]: an RGB picture of a size that is known only at run time, an embedded-graphics `DrawTarget`.
//! * [`Display`]: the trait; [`open`] gives the one that [`DisplaySettings`] name.
//! * [`PngDisplay`]: numbered PNG files in a directory, or one that is always the latest.
//! * [`MemoryDisplay`]: keeps what it was shown, for tests of whole stations.
//! * [`NoDisplay`]: a station without a screen.
//! * `WindowDisplay` (cargo feature `window`): a window on a desktop.
//!
//! Panels, HDMI and framebuffers are further implementations of the same trait.

mod canvas;
mod memory;
mod none;
mod png;
mod settings;
#[cfg(feature = "window")]
mod window;

use thiserror::Error;

use crate::frame::Size;

pub use canvas::Canvas;
pub use memory::MemoryDisplay;
pub use none::NoDisplay;
pub use png::PngDisplay;
pub use settings::{DisplaySettings, Kept, PngSettings, WindowSettings};
#[cfg(feature = "window")]
pub use window::WindowDisplay;

/// Something that shows pictures.
pub trait Display {
    /// What and where it is, for messages, for example `PNG files in overlay/`.
    fn name(&self) -> String;

    /// Columns and rows of the canvases that it shows.
    fn size(&self) -> Size;

    /// Shows a picture; what was shown before is gone.
    ///
    /// # Errors
    /// Says what went wrong and what the operator can do. A display may be shown the next picture after an error.
    fn show(&mut self, canvas: &Canvas) -> Result<(), DisplayError>;

    /// What happened at the display since the last call, oldest first; displays that nobody can touch have nothing to tell.
    fn events(&mut self) -> Vec<DisplayEvent> {
        Vec::new()
    }
}

/// What an operator did at a display.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DisplayEvent {
    /// The window was closed.
    Closed,
    /// A key was pressed in the window, as the character that a terminal would have received.
    Key(char),
}

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
        path: std::path::PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The picture could not be encoded.
    #[error("display: the picture for {path} could not be encoded: {source}")]
    Encoding {
        /// The file that was to be written.
        path: std::path::PathBuf,
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
}

/// Opens the display that the settings name.
///
/// A window belongs to the thread that opened it, so a display is opened in the thread that will show.
///
/// # Errors
/// Settings outside their ranges, a directory that can't be written, a window without a desktop.
pub fn open(settings: &DisplaySettings) -> Result<Box<dyn Display>, DisplayError> {
    settings.check()?;
    Ok(match settings {
        DisplaySettings::None { size } => Box::new(NoDisplay::new(*size)),
        DisplaySettings::Png(png) => Box::new(PngDisplay::open(png)?),
        #[cfg(feature = "window")]
        DisplaySettings::Window(window) => Box::new(WindowDisplay::open(window)?),
        #[cfg(not(feature = "window"))]
        DisplaySettings::Window(_) => return Err(DisplayError::WindowNotBuilt),
    })
}

/// Refuses a canvas that does not fit.
fn check_size(display: &impl Display, canvas: &Canvas) -> Result<(), DisplayError> {
    if canvas.size() == display.size() {
        return Ok(());
    }
    Err(DisplayError::WrongSize {
        display: display.name(),
        got: canvas.size(),
        wanted: display.size(),
    })
}

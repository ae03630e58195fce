//! Which display, and how.

use std::num::NonZeroU32;
use std::path::PathBuf;

use super::DisplayError;
use crate::frame::Size;

/// Longest side of a display in pixels.
const SIDE_LIMIT: u32 = 8192;
/// Largest magnification of a window.
const SCALE_LIMIT: u32 = 8;

/// The display of a station.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DisplaySettings {
    /// No screen. The size still counts where a picture of the screen is kept otherwise.
    None {
        /// Columns and rows, 1 to 8192 each.
        size: Size,
    },
    /// PNG files.
    Png(PngSettings),
    /// A window on a desktop.
    Window(WindowSettings),
}

impl Default for DisplaySettings {
    /// No screen, the size of the usual 7 inch panel.
    fn default() -> Self {
        Self::None { size: PANEL }
    }
}

/// The size of the usual 7 inch panel.
const PANEL: Size = Size::new(800, 480);

/// Settings of the PNG display.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PngSettings {
    /// Where the files go; made if it is not there. Default `screen`.
    pub directory: PathBuf,
    /// Columns and rows, 1 to 8192 each; default 800x480.
    pub size: Size,
    /// Which files stay.
    pub kept: Kept,
}

impl Default for PngSettings {
    fn default() -> Self {
        Self {
            directory: PathBuf::from("screen"),
            size: PANEL,
            kept: Kept::default(),
        }
    }
}

/// Which files of the PNG display stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// One file, `latest.png`, replaced by each picture.
    LatestOnly,
    /// `screen_00000001.png` and so on; the oldest are removed when there are more than this many.
    Newest(NonZeroU32),
}

impl Default for Kept {
    /// The newest 100.
    fn default() -> Self {
        Self::Newest(NonZeroU32::MIN.saturating_add(99))
    }
}

/// Settings of the window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WindowSettings {
    /// Words in the title bar.
    pub title: String,
    /// Columns and rows that are drawn, 1 to 8192 each; default 1280x720.
    pub size: Size,
    /// Screen pixels for each drawn pixel, 1 to 8; default 1.
    pub scale: u32,
}

impl Default for WindowSettings {
    fn default() -> Self {
        Self {
            title: "fishrig".to_owned(),
            size: Size::new(1280, 720),
            scale: 1,
        }
    }
}

impl DisplaySettings {
    /// Columns and rows of the display.
    pub fn size(&self) -> Size {
        match self {
            Self::None { size } => *size,
            Self::Png(png) => png.size,
            Self::Window(window) => window.size,
        }
    }

    /// Checks the ranges.
    ///
    /// # Errors
    /// [`DisplayError::Size`] or [`DisplayError::Scale`].
    pub fn check(&self) -> Result<(), DisplayError> {
        let size = self.size();
        if !(1..=SIDE_LIMIT).contains(&size.width) || !(1..=SIDE_LIMIT).contains(&size.height) {
            return Err(DisplayError::Size {
                size,
                limit: SIDE_LIMIT,
            });
        }
        match self {
            Self::Window(window) if !(1..=SCALE_LIMIT).contains(&window.scale) => Err(DisplayError::Scale {
                scale: window.scale,
                limit: SCALE_LIMIT,
            }),
            _ => Ok(()),
        }
    }
}

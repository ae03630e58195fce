//! Which display, and how.

use std::num::NonZeroU32;
use std::path::PathBuf;

use super::DisplayError;
use super::drm::WantedMode;
use super::fitted::FitSettings;
use super::spi_panel::SpiPanelSettings;
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
    /// A screen that the kernel drives: HDMI, DSI, DisplayPort.
    Drm(DrmSettings),
    /// A screen as mapped memory, `/dev/fb0`.
    Framebuffer(FramebufferSettings),
    /// A small panel on an SPI bus.
    SpiPanel(SpiPanelSettings),
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

/// Which device file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum DeviceChoice {
    /// The first that shows something.
    #[default]
    First,
    /// This one.
    Path(PathBuf),
}

/// Settings of a screen that the kernel drives.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DrmSettings {
    /// The graphics device; default the first with a connected screen.
    pub device: DeviceChoice,
    /// Name of the connector, for example `HDMI-A-1`; `None`: the first with a screen.
    pub connector: Option<String>,
    /// The screen's mode; default the one that it prefers.
    pub mode: WantedMode,
    /// How the canvas lies on the screen.
    pub fit: FitSettings,
}

/// Settings of a screen as mapped memory.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FramebufferSettings {
    /// The device; default `/dev/fb0`.
    pub device: DeviceChoice,
    /// How the canvas lies on the screen.
    pub fit: FitSettings,
}

impl DisplaySettings {
    /// Columns and rows of the canvas; `None` where only the screen itself knows.
    pub fn size(&self) -> Option<Size> {
        match self {
            Self::None { size } => Some(*size),
            Self::Png(png) => Some(png.size),
            Self::Window(window) => Some(window.size),
            Self::Drm(DrmSettings { fit, .. })
            | Self::Framebuffer(FramebufferSettings { fit, .. })
            | Self::SpiPanel(SpiPanelSettings { fit, .. }) => fit.size,
        }
    }

    /// Whether it is a device that can be unplugged and come back: a station starts without it.
    pub fn may_come_later(&self) -> bool {
        matches!(self, Self::Drm(_) | Self::Framebuffer(_) | Self::SpiPanel(_))
    }

    /// Checks the ranges.
    ///
    /// # Errors
    /// [`DisplayError::Size`], [`DisplayError::Scale`] or [`DisplayError::Setting`].
    pub fn check(&self) -> Result<(), DisplayError> {
        if let Some(size) = self.size()
            && (!(1..=SIDE_LIMIT).contains(&size.width) || !(1..=SIDE_LIMIT).contains(&size.height))
        {
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
            Self::SpiPanel(panel) => panel.check(),
            _ => Ok(()),
        }
    }
}

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
//! * [`DrmDisplay`]: a screen on HDMI, DSI or DisplayPort, driven by the kernel.
//! * [`FramebufferDisplay`]: a screen as mapped memory, `/dev/fb0`.
//! * [`SpiPanelDisplay`]: a small panel on an SPI bus, to which only what has changed is sent.
//!
//! Screens that are devices may be mounted turned and may have more pixels than are wanted: [`FitSettings`].

mod canvas;
mod console;
mod damage;
mod device;
mod drm;
mod error;
mod fitted;
mod framebuffer;
mod memory;
mod none;
mod pixels;
mod png;
mod settings;
mod spi_panel;
#[cfg(feature = "window")]
mod window;

use crate::frame::Size;

pub use canvas::Canvas;
pub use drm::{DrmDisplay, WantedMode};
pub use error::DisplayError;
pub use fitted::{FitSettings, Rotation};
pub use framebuffer::FramebufferDisplay;
pub use memory::MemoryDisplay;
pub use none::NoDisplay;
pub use png::PngDisplay;
pub use settings::{
    DeviceChoice, DisplaySettings, DrmSettings, FramebufferSettings, Kept, PngSettings, WindowSettings,
};
pub use spi_panel::{ColourOrder, PanelModel, PanelWires, SpiPanelDisplay, SpiPanelSettings};
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

/// Opens the display that the settings name.
///
/// A window belongs to the thread that opened it, so a display is opened in the thread that will show.
///
/// # Errors
/// Settings outside their ranges, a directory that can't be written, a window without a desktop, a device that is not there or does not do.
pub fn open(settings: &DisplaySettings) -> Result<Box<dyn Display>, DisplayError> {
    settings.check()?;
    Ok(match settings {
        DisplaySettings::None { size } => Box::new(NoDisplay::new(*size)),
        DisplaySettings::Png(png) => Box::new(PngDisplay::open(png)?),
        #[cfg(feature = "window")]
        DisplaySettings::Window(window) => Box::new(WindowDisplay::open(window)?),
        #[cfg(not(feature = "window"))]
        DisplaySettings::Window(_) => return Err(DisplayError::WindowNotBuilt),
        DisplaySettings::Drm(drm) => fitted::fitted(DrmDisplay::open(drm)?, drm.fit)?,
        DisplaySettings::Framebuffer(framebuffer) => {
            fitted::fitted(FramebufferDisplay::open(framebuffer)?, framebuffer.fit)?
        }
        DisplaySettings::SpiPanel(panel) => {
            let fit = SpiPanelDisplay::fit_without_turning(panel);
            fitted::fitted(SpiPanelDisplay::open(panel)?, fit)?
        }
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

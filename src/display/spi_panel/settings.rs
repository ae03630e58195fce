//! Which panel, and how it is wired.

use std::path::PathBuf;

use super::models::PanelModel;
use crate::display::{DisplayError, FitSettings};
use crate::frame::Size;
use crate::gpio::LineId;

/// The configuration's table.
const SECTION: &str = "display.panel";
/// Clocks of SPI buses, in Hz.
const SPEEDS: std::ops::RangeInclusive<u32> = 100_000..=125_000_000;

/// In which order a panel's colours are wired.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColourOrder {
    /// Red first.
    Rgb,
    /// Blue first.
    Bgr,
}

/// Settings of a panel on an SPI bus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpiPanelSettings {
    /// The panel's controller; default ILI9341.
    pub model: PanelModel,
    /// The bus and chip select; default `/dev/spidev0.0`.
    pub spi: PathBuf,
    /// Clock of the bus in Hz, 100000 to 125000000; default 32 MHz.
    pub speed_hz: u32,
    /// Columns and rows of the glass as its controller counts them, before turning; `None`: as many as the controller has.
    pub panel_size: Option<Size>,
    /// The controller's column and row at the glass's upper left; default 0, 0.
    pub offset: [u16; 2],
    /// Whether the controller is to mirror the picture; `None`: as its glasses usually need it.
    pub mirror: Option<bool>,
    /// Whether the controller is to invert colours, as most IPS glasses need; `None`: as its glasses usually need it.
    pub invert: Option<bool>,
    /// In which order the colours are wired; `None`: as they usually are.
    pub colour_order: Option<ColourOrder>,
    /// The line that tells data from commands; default `GPIO25`.
    pub dc: LineId,
    /// The line that resets the panel; `None`: it is reset by a command.
    pub reset: Option<LineId>,
    /// The line that switches the backlight on; `None`: it is always on.
    pub backlight: Option<LineId>,
    /// How the canvas lies on the panel.
    pub fit: FitSettings,
}

impl Default for SpiPanelSettings {
    fn default() -> Self {
        Self {
            model: PanelModel::default(),
            spi: PathBuf::from("/dev/spidev0.0"),
            speed_hz: 32_000_000,
            panel_size: None,
            offset: [0, 0],
            mirror: None,
            invert: None,
            colour_order: None,
            dc: LineId::Name("GPIO25".to_owned()),
            reset: None,
            backlight: None,
            fit: FitSettings::default(),
        }
    }
}

impl SpiPanelSettings {
    /// Columns and rows of the glass, before turning.
    pub fn glass(&self) -> Size {
        let memory = self.model.memory();
        self.panel_size.unwrap_or_else(|| {
            Size::new(
                memory.width.saturating_sub(self.offset[0].into()),
                memory.height.saturating_sub(self.offset[1].into()),
            )
        })
    }

    /// Checks the ranges.
    ///
    /// # Errors
    /// [`DisplayError::Setting`].
    pub fn check(&self) -> Result<(), DisplayError> {
        let wrong = |key, problem| {
            Err(DisplayError::Setting {
                section: SECTION,
                key,
                problem,
            })
        };
        if !SPEEDS.contains(&self.speed_hz) {
            let (least, most) = (SPEEDS.start(), SPEEDS.end());
            return wrong(
                "speed_hz",
                format!("is {}; allowed is {least} to {most}", self.speed_hz),
            );
        }
        let (glass, memory, [x, y]) = (self.glass(), self.model.memory(), self.offset.map(u32::from));
        let is_inside =
            |side: u32, offset: u32, limit: u32| side > 0 && side.checked_add(offset).is_some_and(|end| end <= limit);
        if !is_inside(glass.width, x, memory.width) || !is_inside(glass.height, y, memory.height) {
            let problem = format!(
                "{glass} at offset {x}, {y} does not lie in the {memory} pixels of {}",
                self.model
            );
            return wrong("size", problem);
        }
        Ok(())
    }
}

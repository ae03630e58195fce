//! A small panel on an SPI bus, driven by us and not by the kernel.
//!
//! The bus is slow: at 32 MHz a whole picture of 320x240 takes 40 ms, on a longer wire it must go slower. So only what has changed is sent ([`Damage`]).
//! Turning is left to the panel's controller, which does it for nothing.

mod bus;
mod lines;
mod models;
mod settings;

use std::fmt::Display as Words;
use std::io;

use embedded_hal::delay::DelayNs;
use embedded_hal::digital::OutputPin;
use embedded_hal::spi::SpiDevice;
use linux_embedded_hal::spidev::{SpiModeFlags, Spidev, SpidevOptions};
use linux_embedded_hal::{Delay, SpidevDevice};
use mipidsi::InitError;

pub use models::PanelModel;
pub use settings::{ColourOrder, SpiPanelSettings};

use self::bus::{BusError, PanelBus};
use self::lines::PanelLine;
use self::models::Panel;
use super::damage::{Area, Damage};
use super::fitted::FitSettings;
use super::pixels::rgb565;
use super::{Canvas, Display, DisplayError, device};
use crate::frame::Size;

const ENABLE_SPI: &str =
    "enable SPI: dtparam=spi=on in config.txt on a Raspberry Pi, jetson-io.py on a Jetson, then start anew";
const CHECK_WIRES: &str = "check the wires, and try a lower display.panel.speed_hz";
/// The most bytes that the kernel takes at once, unless its module was told otherwise.
const USUAL_TRANSFER: usize = 4096;
/// More gains nothing.
const LONGEST_TRANSFER: usize = 65_536;

/// The wires to a panel, for [`SpiPanelDisplay::start`].
pub struct PanelWires<SPI, LINE> {
    /// The bus, with its chip select.
    pub spi: SPI,
    /// Tells data (high) from commands (low).
    pub dc: LINE,
    /// Resets the panel while low.
    pub reset: Option<LINE>,
    /// Switches the backlight on while high.
    pub backlight: Option<LINE>,
    /// The most bytes that the bus takes at once.
    pub transfer: usize,
}

/// A panel on an SPI bus.
pub struct SpiPanelDisplay {
    name: String,
    size: Size,
    panel: Box<dyn Panel<BusError>>,
    backlight: Option<Box<dyn Switch>>,
    delay: Box<dyn DelayNs + Send>,
    damage: Damage,
    /// What is on the panel; nothing is known of it before the first picture.
    shown: Option<Vec<u16>>,
    wanted: Vec<u16>,
}

/// A line that is only switched.
trait Switch: Send {
    fn switch(&mut self, on: bool) -> Result<(), String>;
}

impl<LINE: OutputPin<Error: Words> + Send> Switch for LINE {
    fn switch(&mut self, on: bool) -> Result<(), String> {
        self.set_state(on.into()).map_err(|e| e.to_string())
    }
}

impl SpiPanelDisplay {
    /// Opens bus and lines, and starts the panel. Whether a panel is there can't be told: they don't answer.
    ///
    /// # Errors
    /// [`DisplayError::Absent`] without a bus, [`DisplayError::Line`], [`DisplayError::NotPermitted`], [`DisplayError::Busy`], [`DisplayError::Device`].
    pub fn open(settings: &SpiPanelSettings) -> Result<Self, DisplayError> {
        let wires = PanelWires {
            spi: SpidevDevice(open_bus(settings)?),
            dc: PanelLine::open(&settings.dc)?,
            reset: settings.reset.as_ref().map(PanelLine::open).transpose()?,
            backlight: settings.backlight.as_ref().map(PanelLine::open).transpose()?,
            transfer: longest_transfer(),
        };
        Self::start(settings, wires, Delay)
    }

    /// Starts a panel at the end of any wires.
    ///
    /// # Errors
    /// [`DisplayError::Device`] where they fail, [`DisplayError::Setting`] for a size that the controller has not.
    pub fn start<SPI, LINE>(
        settings: &SpiPanelSettings,
        wires: PanelWires<SPI, LINE>,
        mut delay: impl DelayNs + Send + 'static,
    ) -> Result<Self, DisplayError>
    where
        SPI: SpiDevice<Error: Words> + Send + 'static,
        LINE: OutputPin<Error: Words> + Send + 'static,
    {
        settings.check()?;
        let name = format!("{} at {}", settings.model, settings.spi.display());
        let bus = PanelBus::new(wires.spi, wires.dc, wires.transfer);
        let panel = models::start(settings, bus, wires.reset, &mut delay).map_err(|error| {
            let reason = match error {
                InitError::Interface(error) => error.to_string(),
                InitError::ResetPin(error) => format!("the reset line: {error}"),
                InitError::InvalidConfiguration(problem) => format!("{problem:?}"),
            };
            failed(&name, "start the panel", reason)
        })?;
        let size = settings.fit.rotation.turned(settings.glass());
        Ok(Self {
            name,
            size,
            panel,
            backlight: wires.backlight.map(|line| Box::new(line) as Box<dyn Switch>),
            delay: Box::new(delay),
            damage: Damage::new(size),
            shown: None,
            wanted: Vec::new(),
        })
    }

    /// What is left to do for [`fitted`](super::fitted) once the controller turns the picture.
    pub(super) fn fit_without_turning(settings: &SpiPanelSettings) -> FitSettings {
        FitSettings {
            size: settings.fit.size,
            ..FitSettings::default()
        }
    }

    fn send(&mut self) -> Result<(), BusError> {
        let width = self.size.width as usize;
        match &mut self.shown {
            Some(shown) => {
                for area in self.damage.between(shown, &self.wanted) {
                    self.panel.write(*area, &self.wanted, width)?;
                    copy(*area, &self.wanted, shown, width);
                }
            }
            unknown => {
                let whole = Area {
                    left: 0,
                    top: 0,
                    width,
                    height: self.size.height as usize,
                };
                self.panel.write(whole, &self.wanted, width)?;
                *unknown = Some(self.wanted.clone());
            }
        }
        Ok(())
    }
}

impl Display for SpiPanelDisplay {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn size(&self) -> Size {
        self.size
    }

    fn show(&mut self, canvas: &Canvas) -> Result<(), DisplayError> {
        super::check_size(self, canvas)?;
        self.wanted.clear();
        self.wanted.extend(canvas.picture().pixels().map(|p| rgb565(p.0)));
        let is_first = self.shown.is_none();
        if let Err(error) = self.send() {
            // Nobody knows what arrived.
            self.shown = None;
            return Err(failed(&self.name, "send a picture", error.to_string()));
        }
        if is_first && let Some(backlight) = &mut self.backlight {
            backlight
                .switch(true)
                .map_err(|reason| failed(&self.name, "switch the backlight on", reason))?;
        }
        Ok(())
    }
}

impl Drop for SpiPanelDisplay {
    fn drop(&mut self) {
        let dark = self.backlight.as_mut().map_or(Ok(()), |line| line.switch(false));
        let asleep = self.panel.sleep(&mut *self.delay).map_err(|e| e.to_string());
        if let Err(error) = dark.and(asleep) {
            tracing::debug!("{}: {error} on switching the panel off", self.name);
        }
    }
}

/// Copies an area from one picture to another of the same width.
fn copy(area: Area, from: &[u16], to: &mut [u16], width: usize) {
    let rows = from.chunks_exact(width).zip(to.chunks_exact_mut(width));
    for (from, to) in rows.skip(area.top).take(area.height) {
        let columns = area.left..area.left + area.width;
        to[columns.clone()].copy_from_slice(&from[columns]);
    }
}

fn open_bus(settings: &SpiPanelSettings) -> Result<Spidev, DisplayError> {
    let path = &settings.spi;
    let mut bus = Spidev::open(path).map_err(|error| device::open_error(path, error, ENABLE_SPI))?;
    let options = SpidevOptions::new()
        .bits_per_word(8)
        .max_speed_hz(settings.speed_hz)
        .mode(SpiModeFlags::SPI_MODE_0)
        .build();
    bus.configure(&options).map_err(|source| DisplayError::Device {
        device: path.display().to_string(),
        action: "set its speed",
        source,
        cure: "try another display.panel.speed_hz",
    })?;
    Ok(bus)
}

/// What the kernel's module says of itself.
fn longest_transfer() -> usize {
    std::fs::read_to_string("/sys/module/spidev/parameters/bufsiz")
        .ok()
        .and_then(|text| text.trim().parse().ok())
        .filter(|bytes| *bytes > 0)
        .unwrap_or(USUAL_TRANSFER)
        .min(LONGEST_TRANSFER)
}

fn failed(device: &str, action: &'static str, reason: String) -> DisplayError {
    DisplayError::Device {
        device: device.to_owned(),
        action,
        source: io::Error::other(reason),
        cure: CHECK_WIRES,
    }
}

//! The wires to a panel: an SPI bus, and a line that tells data from commands.

use std::fmt::{Debug, Display};

use embedded_hal::digital::OutputPin;
use embedded_hal::spi::SpiDevice;
use mipidsi::interface::{Interface, InterfaceKind};
use thiserror::Error;

/// What failed on the way to the panel.
#[derive(Debug, Error)]
pub(super) enum BusError {
    #[error("SPI: {0}")]
    Spi(String),
    #[error("the line for data and commands: {0}")]
    DataCommand(String),
}

/// mipidsi's interface with a buffer of its own, so that a panel can be opened any number of times.
pub(super) struct PanelBus<SPI, DC> {
    spi: SPI,
    dc: DC,
    /// The bytes of one transfer.
    buffer: Vec<u8>,
}

impl<SPI, DC> PanelBus<SPI, DC>
where
    SPI: SpiDevice<Error: Display>,
    DC: OutputPin<Error: Display>,
{
    /// `transfer` is the most bytes that the bus takes at once.
    pub(super) fn new(spi: SPI, dc: DC, transfer: usize) -> Self {
        // Whole pixels of two or three bytes.
        let bytes = (transfer / 6 * 6).max(6);
        Self {
            spi,
            dc,
            buffer: vec![0; bytes],
        }
    }

    fn send(&mut self, count: usize) -> Result<(), BusError> {
        self.spi
            .write(&self.buffer[..count])
            .map_err(|e| BusError::Spi(e.to_string()))
    }
}

impl<SPI, DC> Interface for PanelBus<SPI, DC>
where
    SPI: SpiDevice<Error: Display>,
    DC: OutputPin<Error: Display>,
{
    type Word = u8;
    type Error = BusError;

    const KIND: InterfaceKind = InterfaceKind::Serial4Line;

    fn send_command(&mut self, command: u8, args: &[u8]) -> Result<(), BusError> {
        let line = |e: DC::Error| BusError::DataCommand(e.to_string());
        let wire = |e: SPI::Error| BusError::Spi(e.to_string());
        self.dc.set_low().map_err(line)?;
        self.spi.write(&[command]).map_err(wire)?;
        self.dc.set_high().map_err(line)?;
        if !args.is_empty() {
            self.spi.write(args).map_err(wire)?;
        }
        Ok(())
    }

    fn send_pixels<const N: usize>(&mut self, pixels: impl IntoIterator<Item = [u8; N]>) -> Result<(), BusError> {
        let mut filled = 0;
        for pixel in pixels {
            if filled + N > self.buffer.len() {
                self.send(filled)?;
                filled = 0;
            }
            self.buffer[filled..filled + N].copy_from_slice(&pixel);
            filled += N;
        }
        if filled > 0 {
            self.send(filled)?;
        }
        Ok(())
    }

    fn send_repeated_pixel<const N: usize>(&mut self, pixel: [u8; N], count: u32) -> Result<(), BusError> {
        self.send_pixels(std::iter::repeat_n(pixel, count as usize))
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;
    use embedded_hal_mock::eh1::digital::{Mock as Line, State, Transaction as Level};
    use embedded_hal_mock::eh1::spi::{Mock as Spi, Transaction};

    /// What a transfer is on the bus: chip select on, bytes, chip select off.
    fn transfer(bytes: &[u8]) -> [Transaction<u8>; 3] {
        [
            Transaction::transaction_start(),
            Transaction::write_vec(bytes.to_vec()),
            Transaction::transaction_end(),
        ]
    }

    #[test]
    fn the_line_is_low_for_a_command_alone_and_pixels_come_in_whole_transfers() {
        let transfers = [
            transfer(&[0x2a]),
            transfer(&[0, 1, 2, 3]),
            transfer(&[0x2c]),
            transfer(&[0xf8, 0x00, 0x07, 0xe0, 0x00, 0x1f]),
            transfer(&[0xff, 0xff]),
            transfer(&[0x12, 0x34, 0x12, 0x34]),
        ];
        let mut spi = Spi::new(&transfers.concat());
        let level = |state| Level::set(state);
        let mut dc = Line::new(&[
            level(State::Low),
            level(State::High),
            level(State::Low),
            level(State::High),
        ]);
        // Seven bytes at once hold three pixels.
        let mut bus = PanelBus::new(spi.clone(), dc.clone(), 7);
        bus.send_command(0x2a, &[0, 1, 2, 3]).unwrap();
        bus.send_command(0x2c, &[]).unwrap();
        bus.send_pixels([[0xf8, 0x00], [0x07, 0xe0], [0x00, 0x1f], [0xff, 0xff]])
            .unwrap();
        bus.send_repeated_pixel([0x12, 0x34], 2).unwrap();
        spi.done();
        dc.done();
    }

    #[test]
    fn a_bus_that_fails_says_where() {
        let mut spi = Spi::new(&[]);
        let mut dc = Line::new(&[
            Level::set(State::Low).with_error(embedded_hal_mock::eh1::MockError::Io(std::io::ErrorKind::NotFound))
        ]);
        let mut bus = PanelBus::new(spi.clone(), dc.clone(), 64);
        let error = bus.send_command(0x2a, &[]).unwrap_err();
        assert!(
            error.to_string().starts_with("the line for data and commands"),
            "{error}"
        );
        spi.done();
        dc.done();
    }
}

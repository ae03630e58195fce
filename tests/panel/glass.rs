//! A panel's controller as its data sheet describes it: takes the bytes of the bus, holds the picture, and counts.
//!
//! Written from the command tables of the ILI9341, ST7789 and GC9A01 (MIPI DCS): column and row address set, memory write, memory access control, pixel format,
//! inversion, sleep, display on and off.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard};

use embedded_hal::delay::DelayNs;
use embedded_hal::digital::{self, OutputPin};
use embedded_hal::spi::{self, Operation, SpiDevice};
use fishrig::display::PanelWires;
use fishrig::frame::Size;

/// What the controller knows.
pub struct Controller {
    /// Columns and rows of its memory.
    pub memory_size: Size,
    /// Red, green, blue of each pixel of the memory as they were sent.
    pub memory: Vec<[u8; 3]>,
    pub is_on: bool,
    pub is_asleep: bool,
    pub is_inverted: bool,
    pub is_bgr: bool,
    pub resets: u32,
    pub backlight: bool,
    /// Bytes that went over the bus, and the most at once.
    pub bytes: u64,
    pub longest_transfer: usize,
    is_data: bool,
    command: u8,
    arguments: Vec<u8>,
    columns: (usize, usize),
    rows: (usize, usize),
    at: (usize, usize),
    swaps: bool,
    reverses_columns: bool,
    reverses_rows: bool,
    pixel_bytes: usize,
}

impl Controller {
    fn new(memory_size: Size) -> Self {
        Self {
            memory_size,
            memory: vec![[1, 2, 3]; (memory_size.width * memory_size.height) as usize],
            is_on: false,
            is_asleep: true,
            is_inverted: false,
            is_bgr: false,
            resets: 0,
            backlight: false,
            bytes: 0,
            longest_transfer: 0,
            is_data: false,
            command: 0,
            arguments: Vec::new(),
            columns: (0, 0),
            rows: (0, 0),
            at: (0, 0),
            swaps: false,
            reverses_columns: false,
            reverses_rows: false,
            pixel_bytes: 0,
        }
    }

    fn receive(&mut self, bytes: &[u8]) {
        self.bytes += bytes.len() as u64;
        self.longest_transfer = self.longest_transfer.max(bytes.len());
        for byte in bytes {
            if self.is_data {
                self.arguments.push(*byte);
                self.argument();
            } else {
                self.command = *byte;
                self.arguments.clear();
                self.start();
            }
        }
    }

    fn start(&mut self) {
        match self.command {
            0x10 => self.is_asleep = true,
            0x11 => self.is_asleep = false,
            0x20 => self.is_inverted = false,
            0x21 => self.is_inverted = true,
            0x28 => self.is_on = false,
            0x29 => self.is_on = true,
            0x2C => self.at = (self.columns.0, self.rows.0),
            _ => {}
        }
    }

    fn argument(&mut self) {
        let word = |a: &[u8], i: usize| usize::from(a[i]) << 8 | usize::from(a[i + 1]);
        match (self.command, self.arguments.len()) {
            (0x2A, 4) => self.columns = (word(&self.arguments, 0), word(&self.arguments, 2)),
            (0x2B, 4) => self.rows = (word(&self.arguments, 0), word(&self.arguments, 2)),
            (0x36, 1) => {
                let bits = self.arguments[0];
                self.reverses_rows = bits & 0x80 != 0;
                self.reverses_columns = bits & 0x40 != 0;
                self.swaps = bits & 0x20 != 0;
                self.is_bgr = bits & 0x08 != 0;
            }
            (0x3A, 1) => {
                self.pixel_bytes = match self.arguments[0] & 7 {
                    5 => 2,
                    6 => 3,
                    other => panic!("pixel format {other}"),
                }
            }
            (0x2C, n) if n == self.pixel_bytes => {
                let pixel = match self.arguments[..] {
                    [high, low] => {
                        let value = u16::from(high) << 8 | u16::from(low);
                        [(value >> 11 << 3) as u8, (value >> 5 << 2) as u8, (value << 3) as u8]
                    }
                    [red, green, blue] => [red, green, blue],
                    _ => unreachable!("two or three bytes"),
                };
                self.arguments.clear();
                self.put(pixel);
            }
            _ => {}
        }
    }

    fn put(&mut self, pixel: [u8; 3]) {
        let (column, row) = self.at;
        assert!(row <= self.rows.1, "more pixels than the window holds");
        let (mut x, mut y) = if self.swaps { (row, column) } else { (column, row) };
        let (width, height) = (self.memory_size.width as usize, self.memory_size.height as usize);
        assert!(
            x < width && y < height,
            "{x}, {y} is outside the memory of {width}x{height}"
        );
        if self.reverses_columns {
            x = width - 1 - x;
        }
        if self.reverses_rows {
            y = height - 1 - y;
        }
        self.memory[y * width + x] = pixel;
        self.at = if column == self.columns.1 {
            (self.columns.0, row + 1)
        } else {
            (column + 1, row)
        };
    }
}

/// The controller, shared by its wires and the test.
#[derive(Clone)]
pub struct Glass(Arc<Mutex<Controller>>);

impl Glass {
    pub fn new(memory_size: Size) -> Self {
        Self(Arc::new(Mutex::new(Controller::new(memory_size))))
    }

    pub fn controller(&self) -> MutexGuard<'_, Controller> {
        self.0.lock().unwrap()
    }

    /// All wires, on a bus that takes so many bytes at once.
    pub fn wires(&self, transfer: usize) -> PanelWires<Bus, Line> {
        let line = |wire| Line {
            glass: self.clone(),
            wire,
        };
        PanelWires {
            spi: Bus(self.clone()),
            dc: line(Wire::DataCommand),
            reset: Some(line(Wire::Reset)),
            backlight: Some(line(Wire::Backlight)),
            transfer,
        }
    }
}

pub struct Bus(Glass);

impl spi::ErrorType for Bus {
    type Error = spi::ErrorKind;
}

impl SpiDevice for Bus {
    fn transaction(&mut self, operations: &mut [Operation<'_, u8>]) -> Result<(), spi::ErrorKind> {
        for operation in operations {
            match operation {
                Operation::Write(bytes) => self.0.controller().receive(bytes),
                _ => panic!("a panel is only written to"),
            }
        }
        Ok(())
    }
}

enum Wire {
    DataCommand,
    Reset,
    Backlight,
}

pub struct Line {
    glass: Glass,
    wire: Wire,
}

impl Line {
    fn set(&mut self, high: bool) {
        let mut controller = self.glass.controller();
        match self.wire {
            Wire::DataCommand => controller.is_data = high,
            Wire::Reset => controller.resets += u32::from(!high),
            Wire::Backlight => controller.backlight = high,
        }
    }
}

impl digital::ErrorType for Line {
    type Error = Infallible;
}

impl OutputPin for Line {
    fn set_low(&mut self) -> Result<(), Infallible> {
        self.set(false);
        Ok(())
    }

    fn set_high(&mut self) -> Result<(), Infallible> {
        self.set(true);
        Ok(())
    }
}

/// Time passes at once.
pub struct NoDelay;

impl DelayNs for NoDelay {
    fn delay_ns(&mut self, _: u32) {}
}

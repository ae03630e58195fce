//! Output lines of GPIO chips.

use std::io;
use std::path::Path;

use embedded_hal::digital::{self, ErrorKind, OutputPin};
use gpiocdev::line::Value;
use gpiocdev::{Chip, Request};
use thiserror::Error;

use super::settings::LineChoice;
use crate::display::{DisplayError, device};

const NO_LINE: &str = "`gpioinfo` lists the lines of this machine; set display.panel.chip and the line to one of them";

/// A line that is driven as long as this lives.
pub(super) struct OutputLine {
    request: Request,
}

/// A line could not be driven.
#[derive(Debug, Error)]
#[error(transparent)]
pub(super) struct LineError(#[from] gpiocdev::Error);

impl digital::Error for LineError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Other
    }
}

impl OutputLine {
    /// Takes a line of `chip`, or the one of that name, and drives it low.
    ///
    /// # Errors
    /// [`DisplayError::Absent`], [`DisplayError::NotPermitted`], [`DisplayError::Busy`], [`DisplayError::Device`].
    pub(super) fn open(chip: &Path, line: &LineChoice) -> Result<Self, DisplayError> {
        let (chip, offset) = match line {
            LineChoice::Number(number) => (chip.to_owned(), *number),
            LineChoice::Name(name) => {
                let found = gpiocdev::find_named_line(name).ok_or_else(|| DisplayError::Absent {
                    problem: format!("no GPIO chip that this user may open has a line {name}"),
                    cure: "`gpioinfo` lists the lines of this machine; the group gpio may use them",
                })?;
                (found.chip, found.info.offset)
            }
        };
        require_free(&chip, line, offset)?;
        let request = Request::builder()
            .on_chip(chip.clone())
            .with_consumer("fishrig panel")
            .with_line(offset)
            .as_output(Value::Inactive)
            .request()
            .map_err(|error| failed(&chip, line, error))?;
        Ok(Self { request })
    }
}

/// What the kernel would refuse, in words that help.
fn require_free(path: &Path, line: &LineChoice, offset: u32) -> Result<(), DisplayError> {
    drop(device::open(path, NO_LINE, "gpio")?);
    let asked = |error| failed(path, line, error);
    let chip = Chip::from_path(path).map_err(asked)?;
    let lines = chip.info().map_err(asked)?.num_lines;
    if offset >= lines {
        return Err(DisplayError::Absent {
            problem: format!("{} has {lines} lines, from 0 on, and no {line}", path.display()),
            cure: NO_LINE,
        });
    }
    let info = chip.line_info(offset).map_err(asked)?;
    if info.used {
        return Err(DisplayError::Busy {
            device: format!("{line} of {}", path.display()),
            problem: format!("in use by \"{}\"", info.consumer),
            cure: "end that program or take its overlay out of config.txt, or wire the panel to another line",
        });
    }
    Ok(())
}

fn failed(chip: &Path, line: &LineChoice, error: gpiocdev::Error) -> DisplayError {
    DisplayError::Device {
        device: format!("{line} of {}", chip.display()),
        action: "drive it",
        source: io::Error::other(error),
        cure: NO_LINE,
    }
}

impl digital::ErrorType for OutputLine {
    type Error = LineError;
}

impl OutputPin for OutputLine {
    fn set_low(&mut self) -> Result<(), LineError> {
        Ok(self.request.set_lone_value(Value::Inactive).map(drop)?)
    }

    fn set_high(&mut self) -> Result<(), LineError> {
        Ok(self.request.set_lone_value(Value::Active).map(drop)?)
    }
}

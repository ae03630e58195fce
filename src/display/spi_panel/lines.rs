//! GPIO lines as panels' drivers take them.

use embedded_hal::digital::{self, ErrorKind, OutputPin};
use thiserror::Error;

use crate::gpio::{GpioError, LineId, OutputLine, OutputSettings};

/// A line that is driven as long as this lives, and low afterwards.
pub(super) struct PanelLine(OutputLine);

/// A line could not be driven.
#[derive(Debug, Error)]
#[error(transparent)]
pub(super) struct LineError(#[from] GpioError);

impl digital::Error for LineError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Other
    }
}

impl PanelLine {
    /// Takes the line and drives it low.
    ///
    /// # Errors
    /// [`GpioError`].
    pub(super) fn open(line: &LineId) -> Result<Self, GpioError> {
        let settings = OutputSettings {
            line: line.clone(),
            active_low: false,
        };
        OutputLine::open(&settings).map(Self)
    }
}

impl digital::ErrorType for PanelLine {
    type Error = LineError;
}

impl OutputPin for PanelLine {
    fn set_low(&mut self) -> Result<(), LineError> {
        Ok(self.0.set(false)?)
    }

    fn set_high(&mut self) -> Result<(), LineError> {
        Ok(self.0.set(true)?)
    }
}

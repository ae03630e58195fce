//! A line with a lamp or a buzzer.

use gpiocdev::Request;
use gpiocdev::line::Value;

use super::chips::find_free;
use super::input_line::{CONSUMER, failed};
use super::{GpioError, LineId, OutputSettings};

/// A line that is off from the first moment and turned off again when dropped.
#[derive(Debug)]
pub struct OutputLine {
    request: Request,
    line: LineId,
}

impl OutputLine {
    /// Asks the kernel for the line, and turns it off.
    ///
    /// # Errors
    /// [`GpioError`].
    pub fn open(settings: &OutputSettings) -> Result<Self, GpioError> {
        let place = find_free(&settings.line)?;
        let mut request = Request::builder();
        request
            .on_chip(place.chip)
            .with_consumer(CONSUMER)
            .with_line(place.info.offset)
            .as_output(Value::Inactive);
        if settings.active_low {
            request.as_active_low();
        }
        let line = settings.line.clone();
        match request.request() {
            Ok(request) => Ok(Self { request, line }),
            Err(error) => Err(failed(line, &error)),
        }
    }

    /// Turns it on or off.
    ///
    /// # Errors
    /// [`GpioError::Failed`]: the line is lost.
    pub fn set(&mut self, on: bool) -> Result<(), GpioError> {
        let value = if on { Value::Active } else { Value::Inactive };
        let set = self.request.set_lone_value(value);
        set.map_err(|error| failed(self.line.clone(), &error))
    }
}

impl Drop for OutputLine {
    fn drop(&mut self) {
        // A line that is lost is off as well as can be.
        let _ = self.set(false);
    }
}

//! A line with a button.

use std::time::Duration;

use gpiocdev::Request;
use gpiocdev::line::{EdgeDetection, EdgeKind, Value};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::chips::find_free;
use super::{Bias, GpioError, InputSettings, LineId};

/// What this program is called in `gpioinfo`.
pub const CONSUMER: &str = "fishrig";

/// A change of a button.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edge {
    /// It was pressed.
    Pressed,
    /// It was let go.
    Released,
}

/// A line with a button, held until dropped.
#[derive(Debug)]
pub struct InputLine {
    request: Request,
    line: LineId,
    /// Room for one edge. The crate's own `read_edge_event` has room for eight and gives the first, so a press and its release that were read at once
    /// would become a button that stays pressed (gpiocdev 0.8.0, src/request.rs).
    edge: Vec<u64>,
}

impl InputLine {
    /// Asks the kernel for the line.
    ///
    /// # Errors
    /// [`GpioError`].
    pub fn open(settings: &InputSettings) -> Result<Self, GpioError> {
        let place = find_free(&settings.line)?;
        let mut request = Request::builder();
        request
            .on_chip(place.chip)
            .with_consumer(CONSUMER)
            .with_line(place.info.offset)
            .as_input()
            .with_edge_detection(EdgeDetection::BothEdges)
            .with_bias(match settings.bias {
                Bias::PullUp => gpiocdev::line::Bias::PullUp,
                Bias::PullDown => gpiocdev::line::Bias::PullDown,
                Bias::None => gpiocdev::line::Bias::Disabled,
            });
        if settings.active_low {
            request.as_active_low();
        }
        if !settings.debounce.is_zero() {
            // Where the chip can't, the kernel does it with a timer of its own.
            request.with_debounce_period(settings.debounce);
        }
        let line = settings.line.clone();
        match request.request() {
            Ok(request) => Ok(Self {
                edge: vec![0; request.edge_event_u64_size()],
                request,
                line,
            }),
            Err(error) => Err(failed(line, &error)),
        }
    }

    /// The next edge and its time on the kernel's monotonic clock; `None` where none came `within` that time.
    ///
    /// # Errors
    /// [`GpioError::Failed`]: the line is lost.
    pub fn next_edge(&mut self, within: Duration) -> Result<Option<(Edge, Duration)>, GpioError> {
        let timeout = Timespec::try_from(within).ok();
        let mut waited = [PollFd::new(&self.request, PollFlags::IN)];
        match poll(&mut waited, timeout.as_ref()) {
            Ok(0) | Err(rustix::io::Errno::INTR) => return Ok(None),
            Ok(_) => {}
            Err(error) => return Err(failed(self.line.clone(), &error)),
        }
        if !waited[0].revents().contains(PollFlags::IN) {
            return Err(failed(self.line.clone(), &"its chip was removed"));
        }
        let read = self.request.read_edge_events_into_slice(&mut self.edge);
        let event = read
            .and_then(|words| self.request.edge_event_from_slice(&self.edge[..words]))
            .map_err(|error| failed(self.line.clone(), &error))?;
        let edge = match event.kind {
            EdgeKind::Rising => Edge::Pressed,
            EdgeKind::Falling => Edge::Released,
        };
        Ok(Some((edge, Duration::from_nanos(event.timestamp_ns))))
    }

    /// Whether the button is pressed now.
    ///
    /// # Errors
    /// [`GpioError::Failed`]: the line is lost.
    pub fn is_pressed(&self) -> Result<bool, GpioError> {
        match self.request.lone_value() {
            Ok(value) => Ok(value == Value::Active),
            Err(error) => Err(failed(self.line.clone(), &error)),
        }
    }
}

pub(super) fn failed(line: LineId, error: &dyn std::fmt::Display) -> GpioError {
    let reason = error.to_string().trim_end_matches('.').to_owned();
    GpioError::Failed { line, reason }
}

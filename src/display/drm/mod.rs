//! A screen on HDMI, DSI or DisplayPort, through the kernel's own mode setting (DRM/KMS): no desktop is needed, none may run.
//!
//! The picture is converted into one of two plain memory buffers ("dumb buffers", which every such driver has), and the screen flips to it. Nothing but the
//! primary plane is used. Opening looks for a connected screen and changes nothing on it; the first picture sets the mode, and what was on the screen before,
//! the text console as a rule, is put back when the display is dropped, also while a panic unwinds.

mod card;
mod mode;
mod output;
mod scanout;

use std::time::{Duration, Instant};

use drm::control::{Device as _, connector};
use rustix::io::Errno;

pub use mode::WantedMode;

use self::card::Card;
use self::output::Output;
use self::scanout::Scanout;
use super::device::errno;
use super::settings::DrmSettings;
use super::{Canvas, Display, DisplayError};
use crate::frame::Size;

/// How often it is asked whether the screen is still there.
const CONNECTION_CHECKED_EVERY: Duration = Duration::from_secs(1);
const PLUG_IN: &str = "plug the screen in; the station takes it by itself";

/// A screen driven by the kernel.
pub struct DrmDisplay {
    card: Card,
    output: Output,
    /// From the first picture on.
    scanout: Option<Scanout>,
    connection_checked: Instant,
}

impl DrmDisplay {
    /// Looks for the screen that the settings name; nothing changes on it yet.
    ///
    /// # Errors
    /// [`DisplayError::Absent`] where no screen is connected, [`DisplayError::Busy`] where a desktop has it, [`DisplayError::NotPermitted`],
    /// [`DisplayError::Unsuited`] for a mode or connector that is not there, [`DisplayError::Device`].
    pub fn open(settings: &DrmSettings) -> Result<Self, DisplayError> {
        let (card, output) = output::find(settings)?;
        card.require_master()?;
        Ok(Self {
            card,
            output,
            scanout: None,
            connection_checked: Instant::now(),
        })
    }

    /// Asks the driver what it knows already; looking for screens anew would take tens of milliseconds.
    fn check_connection(&mut self) -> Result<(), DisplayError> {
        if self.connection_checked.elapsed() < CONNECTION_CHECKED_EVERY {
            return Ok(());
        }
        self.connection_checked = Instant::now();
        let lost = |problem: &str| DisplayError::Absent {
            problem: format!("the screen at {} {problem}", self.output.name),
            cure: PLUG_IN,
        };
        let found = match self.card.get_connector(self.output.connector, false) {
            Ok(found) => found,
            Err(error) if matches!(errno(&error), Some(Errno::NODEV | Errno::NOENT)) => {
                return Err(lost("is gone with its device"));
            }
            Err(error) => return Err(self.card.failed("ask whether the screen is connected", error)),
        };
        if found.state() == connector::State::Disconnected {
            return Err(lost("was unplugged"));
        }
        let still_offered = found.modes().iter().any(|m| mode::is_same(m, &self.output.mode));
        if !found.modes().is_empty() && !still_offered {
            return Err(lost("was changed for another"));
        }
        Ok(())
    }
}

impl Display for DrmDisplay {
    fn name(&self) -> String {
        format!(
            "{} of {} ({}), {}",
            self.output.name,
            self.card.path(),
            self.card.driver(),
            mode::words(&self.output.mode)
        )
    }

    fn size(&self) -> Size {
        mode::size(&self.output.mode)
    }

    fn show(&mut self, canvas: &Canvas) -> Result<(), DisplayError> {
        super::check_size(self, canvas)?;
        self.check_connection()?;
        match &mut self.scanout {
            Some(scanout) => scanout.show(&self.card, &self.output, canvas),
            none => {
                *none = Some(Scanout::start(&self.card, &self.output, canvas)?);
                Ok(())
            }
        }
    }
}

impl Drop for DrmDisplay {
    fn drop(&mut self) {
        if let Some(scanout) = self.scanout.take() {
            scanout.end(&self.card, &self.output);
        }
    }
}

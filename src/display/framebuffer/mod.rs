//! The old way to a screen, `/dev/fb0`: its memory is mapped and written.
//!
//! For screens without a DRM driver, and for small panels that the kernel drives (fbtft). Any stride and offset, any order of colours at 16, 24 or 32 bits.

mod mapping;
mod screen_info;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use self::mapping::Mapping;
use self::screen_info::ScreenInfo;
use super::console::QuietConsole;
use super::device;
use super::settings::{DeviceChoice, FramebufferSettings};
use super::{Canvas, Display, DisplayError};
use crate::frame::Size;

const FIRST: &str = "/dev/fb0";
const CURE: &str = "connect the screen and load its driver, or choose another [display] kind";
/// How often it is asked whether the screen is still the same.
const INFO_CHECKED_EVERY: Duration = Duration::from_secs(1);

/// A screen as mapped memory.
pub struct FramebufferDisplay {
    path: PathBuf,
    device: File,
    info: ScreenInfo,
    mapping: Mapping,
    info_checked: Instant,
    /// From the first picture on.
    console: Option<QuietConsole>,
}

impl FramebufferDisplay {
    /// Maps the screen; nothing changes on it yet.
    ///
    /// # Errors
    /// [`DisplayError::Absent`], [`DisplayError::NotPermitted`], [`DisplayError::Unsuited`] for pixels of other kinds, [`DisplayError::Device`].
    pub fn open(settings: &FramebufferSettings) -> Result<Self, DisplayError> {
        let path = match &settings.device {
            DeviceChoice::First => Path::new(FIRST),
            DeviceChoice::Path(path) => path,
        };
        let device = device::open(path, CURE)?;
        let info = ScreenInfo::read(&device, path)?;
        let mapping = Mapping::new(&device, info.memory_bytes, info.memory_start)
            .map_err(|error| failed(path, "map its memory", error))?;
        info.check_inside(mapping.bytes(), path)?;
        Ok(Self {
            path: path.to_owned(),
            device,
            info,
            mapping,
            info_checked: Instant::now(),
            console: None,
        })
    }

    fn check_info(&mut self) -> Result<(), DisplayError> {
        if self.info_checked.elapsed() < INFO_CHECKED_EVERY {
            return Ok(());
        }
        self.info_checked = Instant::now();
        if ScreenInfo::read(&self.device, &self.path)? == self.info {
            return Ok(());
        }
        Err(DisplayError::Absent {
            problem: format!("the screen at {} has changed its size or pixels", self.path.display()),
            cure: "nothing is to be done, the station takes it as it is now",
        })
    }
}

impl Display for FramebufferDisplay {
    fn name(&self) -> String {
        format!(
            "{} ({}), {} bits",
            self.path.display(),
            self.info.driver,
            self.info.bits
        )
    }

    fn size(&self) -> Size {
        self.info.size
    }

    fn show(&mut self, canvas: &Canvas) -> Result<(), DisplayError> {
        super::check_size(self, canvas)?;
        self.check_info()?;
        self.console.get_or_insert_with(QuietConsole::take);
        let info = &self.info;
        let area = self
            .mapping
            .bytes_mut()
            .get_mut(info.first_pixel()..)
            .unwrap_or_default();
        info.layout.write_picture(canvas, area, info.stride);
        Ok(())
    }
}

/// The error for a call that the driver refused.
fn failed(path: &Path, action: &'static str, source: std::io::Error) -> DisplayError {
    if device::errno(&source) == Some(rustix::io::Errno::NODEV) {
        return DisplayError::Absent {
            problem: format!("{} is gone", path.display()),
            cure: CURE,
        };
    }
    DisplayError::Device {
        device: path.display().to_string(),
        action,
        source,
        cure: "see what `dmesg` says about it; display.kind \"drm\" may work instead",
    }
}

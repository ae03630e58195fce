//! What a camera needs to be told.

use std::fmt;
use std::path::PathBuf;

use super::controls::Setting;
use super::device::FourCc;
use crate::frame::Size;
use crate::source::SourceError;

/// A camera behind V4L2.
#[derive(Debug, Clone, PartialEq)]
pub struct V4lSettings {
    /// Which one.
    pub device: DeviceChoice,
    /// Wanted columns and rows, 16 to 16384 each; the nearest that the device offers is taken. Default 1920x1080.
    pub size: Size,
    /// Wanted frames a second, 0.1 to 240; default 30.
    pub frames_per_second: f64,
    /// The pixel format; default the one that suits size and rate best.
    pub format: Option<FourCc>,
    /// Size of the picture that a trigger takes, where it is another than that of the preview.
    pub still_size: Option<Size>,
    /// Frames that are passed over after the switch to the size of stills, while exposure settles, 0 to 10; default 2.
    pub still_skip: u32,
    /// Controls by name.
    pub controls: Vec<(String, Setting)>,
}

impl Default for V4lSettings {
    fn default() -> Self {
        Self {
            device: DeviceChoice::First,
            size: Size::new(1920, 1080),
            frames_per_second: 30.0,
            format: None,
            still_size: None,
            still_skip: 2,
            controls: Vec::new(),
        }
    }
}

/// Which camera.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeviceChoice {
    /// The first that captures.
    First,
    /// The one with this node or link.
    Path(PathBuf),
    /// The one with this name in `/dev/v4l/by-id`, which stays the same wherever it is plugged in.
    ById(String),
}

impl DeviceChoice {
    /// From a configuration or command line: `first`, a path, or a name in `/dev/v4l/by-id`. `None` for a text that can be none of these.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "first" => Some(Self::First),
            "" | "." | ".." => None,
            path if path.starts_with('/') && !path.contains('\0') => Some(Self::Path(path.into())),
            name if !name.contains(['/', '\0']) => Some(Self::ById(name.to_owned())),
            _ => None,
        }
    }
}

impl fmt::Display for DeviceChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::First => f.write_str("first"),
            Self::Path(path) => write!(f, "{}", path.display()),
            Self::ById(name) => f.write_str(name),
        }
    }
}

/// Allowed sides of a picture.
const SIDES: std::ops::RangeInclusive<u32> = 16..=16384;

impl V4lSettings {
    pub(in crate::source) fn check(&self) -> Result<(), SourceError> {
        let wrong = |key, value: String, allowed| Err(SourceError::Setting { key, value, allowed });
        let fits = |size: Size| SIDES.contains(&size.width) && SIDES.contains(&size.height);
        if !fits(self.size) {
            return wrong("size", self.size.to_string(), "16 to 16384 on each side");
        }
        if let Some(size) = self.still_size
            && !fits(size)
        {
            return wrong("still_size", size.to_string(), "16 to 16384 on each side");
        }
        if !(0.1..=240.0).contains(&self.frames_per_second) {
            return wrong(
                "frames_per_second",
                self.frames_per_second.to_string(),
                "0.1 to 240 for a camera",
            );
        }
        if self.still_skip > 10 {
            return wrong("still_skip", self.still_skip.to_string(), "0 to 10");
        }
        Ok(())
    }
}

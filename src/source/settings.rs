//! What a source needs to be told.

use std::path::PathBuf;
use std::time::Duration;

use super::SourceError;
use super::v4l::V4lSettings;

/// Which source, and how it is set.
#[derive(Debug, Clone, PartialEq)]
pub enum SourceSettings {
    /// Recorded frames.
    Replay(ReplaySettings),
    /// A camera.
    V4l(V4lSettings),
}

impl Default for SourceSettings {
    fn default() -> Self {
        Self::Replay(ReplaySettings::default())
    }
}

impl SourceSettings {
    /// Checks every value against its allowed range.
    ///
    /// # Errors
    /// [`SourceError::Setting`] for the first value outside its range.
    pub fn check(&self) -> Result<(), SourceError> {
        match self {
            Self::Replay(replay) => replay.check(),
            Self::V4l(camera) => camera.check(),
        }
    }
}

/// Recorded frames, played back as if a camera gave them.
#[derive(Debug, Clone, PartialEq)]
pub struct ReplaySettings {
    /// A directory of pictures, a glob pattern (`frames/*.jpg`), one picture, or a video (`.y4m`, `.mjpeg`). Default `frames`.
    pub path: PathBuf,
    /// Frames delivered a second, 0.001 to 240; default: what the video says, else 1 for pictures and 10 for MJPEG.
    pub frames_per_second: Option<f64>,
    /// How often each picture is delivered before the next one comes, 1 to 1,000,000; default 1. With 50 at 10 frames a second each picture
    /// stays for five seconds, as a specimen does under a camera.
    pub repeat: u32,
    /// Begin again after the last frame instead of ending; default no.
    pub looping: bool,
}

impl Default for ReplaySettings {
    fn default() -> Self {
        Self {
            path: PathBuf::from("frames"),
            frames_per_second: None,
            repeat: 1,
            looping: false,
        }
    }
}

impl ReplaySettings {
    fn check(&self) -> Result<(), SourceError> {
        if self.path.as_os_str().is_empty() {
            return Err(SourceError::Setting {
                key: "path",
                value: "empty".into(),
                allowed: "a directory, a pattern or a file",
            });
        }
        if let Some(rate) = self.frames_per_second
            && !(0.001..=240.0).contains(&rate)
        {
            return Err(SourceError::Setting {
                key: "frames_per_second",
                value: rate.to_string(),
                allowed: "0.001 to 240",
            });
        }
        if !(1..=1_000_000).contains(&self.repeat) {
            return Err(SourceError::Setting {
                key: "repeat",
                value: self.repeat.to_string(),
                allowed: "1 to 1000000",
            });
        }
        Ok(())
    }

    /// The time from one frame to the next, where `own_rate` is the recording's own rate in frames a second.
    pub(super) fn pace(&self, own_rate: f64) -> Duration {
        Duration::from_secs_f64(1.0 / self.frames_per_second.unwrap_or(own_rate).clamp(0.001, 240.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_outside_their_range_are_named() {
        assert!(SourceSettings::default().check().is_ok());
        for rate in [0.0, -1.0, f64::NAN, f64::INFINITY, 241.0] {
            let settings = ReplaySettings {
                frames_per_second: Some(rate),
                ..ReplaySettings::default()
            };
            let message = settings.check().unwrap_err().to_string();
            assert!(
                message.contains("source.frames_per_second") && message.contains("0.001 to 240"),
                "{message}"
            );
        }
        let settings = ReplaySettings {
            repeat: 0,
            ..ReplaySettings::default()
        };
        assert!(settings.check().is_err());
    }
}

//! What is watched, and where numbers are written.

use std::path::PathBuf;
use std::time::Duration;

use thiserror::Error;

/// Settings of the watch over the machine and the station's threads.
#[derive(Debug, Clone, PartialEq)]
pub struct HealthSettings {
    /// From this many degrees Celsius on a word is shown, 20 to 120; default 80, where a Raspberry Pi begins to slow itself down.
    pub warn_celsius: f32,
    /// Seconds after which a thread that does not get on with its work hangs, 5 to 3600; default 45.
    pub stalled_seconds: u64,
    /// The file for node_exporter's textfile collector; default none.
    pub textfile: Option<PathBuf>,
}

impl Default for HealthSettings {
    fn default() -> Self {
        Self {
            warn_celsius: 80.0,
            stalled_seconds: 45,
            textfile: None,
        }
    }
}

/// Why health can't be watched as it is wanted.
#[derive(Debug, Error)]
pub enum HealthError {
    /// A setting outside what is allowed.
    #[error("health.{key} is {value}; allowed is {allowed}")]
    Setting {
        /// Key in the section `[health]`.
        key: &'static str,
        /// The value given.
        value: String,
        /// What is allowed, in words.
        allowed: &'static str,
    },
    /// The textfile can't be written.
    #[error("{}: {error}; make its folder, and give the station's user the right to write there", path.display())]
    Textfile {
        /// The file.
        path: PathBuf,
        /// The system's words.
        error: std::io::Error,
    },
}

impl HealthSettings {
    /// Checks every value against its allowed range.
    ///
    /// # Errors
    /// [`HealthError::Setting`] for the first value outside its range.
    pub fn check(&self) -> Result<(), HealthError> {
        let outside = |key, value: String, allowed| Err(HealthError::Setting { key, value, allowed });
        if !(20.0..=120.0).contains(&self.warn_celsius) {
            return outside("warn_celsius", self.warn_celsius.to_string(), "20 to 120");
        }
        if !(5..=3600).contains(&self.stalled_seconds) {
            return outside("stalled_seconds", self.stalled_seconds.to_string(), "5 to 3600");
        }
        if let Some(path) = &self.textfile
            && path.extension().is_none_or(|extension| extension != "prom")
        {
            let allowed = "a file whose name ends in .prom; node_exporter reads no other";
            return outside("textfile", format!("{:?}", path.display().to_string()), allowed);
        }
        Ok(())
    }

    /// How long a thread with work may stand still.
    pub fn hangs_after(&self) -> Duration {
        Duration::from_secs(self.stalled_seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_checked() {
        let default = HealthSettings::default;
        assert!(default().check().is_ok());
        for (settings, key) in [
            (
                HealthSettings {
                    warn_celsius: f32::NAN,
                    ..default()
                },
                "warn_celsius",
            ),
            (
                HealthSettings {
                    stalled_seconds: 1,
                    ..default()
                },
                "stalled_seconds",
            ),
            (
                HealthSettings {
                    textfile: Some("fishrig.txt".into()),
                    ..default()
                },
                "textfile",
            ),
        ] {
            let message = settings.check().unwrap_err().to_string();
            assert!(message.contains(key) && message.contains("allowed"), "{message}");
        }
    }
}

//! By what a picture is taken.

use std::time::Duration;

use super::{FootSwitchSettings, InputError};

/// The triggers that are on, and how many triggered frames may wait.
#[derive(Debug, Clone, PartialEq)]
pub struct TriggerSettings {
    /// Keys and lines on standard input take pictures; default yes.
    pub key: bool,
    /// `SIGUSR1` takes a picture; default yes.
    pub signal: bool,
    /// Seconds from one picture to the next by the timer, 1 to 86,400; default: no timer.
    pub timer_seconds: Option<f64>,
    /// Seconds for which a scene with a fish must be still before the station takes a picture by itself, 0.2 to 60; default: it never does.
    pub auto_still_seconds: Option<f64>,
    /// Seconds after which a held button ends the session, 0.5 to 60; 0 means never, and then a picture is taken as soon as the button is pressed
    /// instead of when it is let go. Default 2.
    pub long_press_seconds: f64,
    /// The foot switch; default none.
    pub foot_switch: Option<FootSwitchSettings>,
    /// How many triggered frames may wait for the network and the disk, 1 to 64; default 4. Each is kept in memory as captured.
    pub waiting_max: usize,
}

impl Default for TriggerSettings {
    fn default() -> Self {
        Self {
            key: true,
            signal: true,
            timer_seconds: None,
            auto_still_seconds: None,
            long_press_seconds: 2.0,
            foot_switch: None,
            waiting_max: 4,
        }
    }
}

impl TriggerSettings {
    /// Checks every value against its allowed range.
    ///
    /// # Errors
    /// [`InputError::Setting`] for the first value outside its range.
    pub fn check(&self) -> Result<(), InputError> {
        let outside = |key, value: String, allowed| Err(InputError::Setting { key, value, allowed });
        if let Some(seconds) = self.timer_seconds
            && !(1.0..=86_400.0).contains(&seconds)
        {
            return outside("timer_seconds", seconds.to_string(), "1 to 86400");
        }
        if let Some(seconds) = self.auto_still_seconds
            && !(0.2..=60.0).contains(&seconds)
        {
            return outside("auto_still_seconds", seconds.to_string(), "0.2 to 60");
        }
        if self.long_press_seconds != 0.0 && !(0.5..=60.0).contains(&self.long_press_seconds) {
            return outside(
                "long_press_seconds",
                self.long_press_seconds.to_string(),
                "0 or 0.5 to 60",
            );
        }
        if let Some(foot_switch) = &self.foot_switch
            && foot_switch.device.trim().is_empty()
        {
            let allowed = "a path such as \"/dev/input/by-id/…-event-kbd\", or a part of the device's name";
            return outside("foot_switch", format!("{:?}", foot_switch.device), allowed);
        }
        if !(1..=64).contains(&self.waiting_max) {
            return outside("waiting_max", self.waiting_max.to_string(), "1 to 64");
        }
        Ok(())
    }

    /// The timer's period, where there is a timer. The settings must have passed [`TriggerSettings::check`].
    pub fn timer(&self) -> Option<Duration> {
        self.timer_seconds.map(Duration::from_secs_f64)
    }

    /// How long a button must be held to end the session, where that is on. The settings must have passed [`TriggerSettings::check`].
    pub fn long_press(&self) -> Option<Duration> {
        (self.long_press_seconds > 0.0).then(|| Duration::from_secs_f64(self.long_press_seconds))
    }

    /// How long a scene must be still, where the station takes pictures by itself. The settings must have passed [`TriggerSettings::check`].
    pub fn auto_still(&self) -> Option<Duration> {
        self.auto_still_seconds.map(Duration::from_secs_f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_checked() {
        let default = TriggerSettings::default;
        assert!(default().check().is_ok());
        for (settings, key) in [
            (
                TriggerSettings {
                    timer_seconds: Some(0.0),
                    ..default()
                },
                "timer_seconds",
            ),
            (
                TriggerSettings {
                    timer_seconds: Some(f64::NAN),
                    ..default()
                },
                "timer_seconds",
            ),
            (
                TriggerSettings {
                    auto_still_seconds: Some(61.0),
                    ..default()
                },
                "auto_still_seconds",
            ),
            (
                TriggerSettings {
                    long_press_seconds: 0.1,
                    ..default()
                },
                "long_press_seconds",
            ),
            (
                TriggerSettings {
                    long_press_seconds: f64::NAN,
                    ..default()
                },
                "long_press_seconds",
            ),
            (
                TriggerSettings {
                    waiting_max: 0,
                    ..default()
                },
                "waiting_max",
            ),
        ] {
            let message = settings.check().unwrap_err().to_string();
            assert!(message.contains(key) && message.contains("allowed"), "{message}");
        }
    }
}

//! Which lines are used, and how.

use std::time::Duration;

use super::{GpioError, LineId};

/// The lines of a station.
#[derive(Debug, Clone, PartialEq)]
pub struct GpioSettings {
    /// The shutter button; default none.
    pub shutter: Option<InputSettings>,
    /// The status lamp; default none.
    pub lamp: Option<OutputSettings>,
    /// The buzzer; default none.
    pub buzzer: Option<OutputSettings>,
}

/// A line with a button.
#[derive(Debug, Clone, PartialEq)]
pub struct InputSettings {
    /// Which line.
    pub line: LineId,
    /// The line is low while the button is pressed, as with a button between line and ground.
    pub active_low: bool,
    /// The line's own resistor.
    pub bias: Bias,
    /// An edge counts when the line has been steady for so long, 0 to 1 second; 0 turns this off.
    pub debounce: Duration,
}

/// A line with a lamp or a buzzer.
#[derive(Debug, Clone, PartialEq)]
pub struct OutputSettings {
    /// Which line.
    pub line: LineId,
    /// The lamp is on while the line is low.
    pub active_low: bool,
}

/// The resistor that holds an input while the button is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Bias {
    /// To the supply: for a button between line and ground.
    PullUp,
    /// To ground: for a button between line and supply.
    PullDown,
    /// None: there is a resistor outside.
    None,
}

impl GpioSettings {
    /// How long a line must be steady by default.
    pub const DEBOUNCE: Duration = Duration::from_millis(10);

    /// No line is used.
    pub const NONE: Self = Self {
        shutter: None,
        lamp: None,
        buzzer: None,
    };

    /// Checks that no line is used twice, and the debounce time.
    ///
    /// # Errors
    /// [`GpioError::Setting`] for the first key that can't be.
    pub fn check(&self) -> Result<(), GpioError> {
        let shutter = self.shutter.as_ref();
        if let Some(debounce) = shutter.map(|s| s.debounce).filter(|d| *d > Duration::from_secs(1)) {
            return Err(GpioError::Setting {
                key: "debounce_milliseconds",
                value: debounce.as_millis().to_string(),
                allowed: "0 to 1000",
            });
        }
        let used = [
            ("shutter", shutter.map(|s| &s.line)),
            ("lamp", self.lamp.as_ref().map(|s| &s.line)),
            ("buzzer", self.buzzer.as_ref().map(|s| &s.line)),
        ];
        for (i, (key, line)) in used.iter().enumerate() {
            if let Some(line) = line
                && used[..i].iter().any(|(_, other)| *other == Some(line))
            {
                return Err(GpioError::Setting {
                    key,
                    value: format!("{:?}", line.to_string()),
                    allowed: "a line that is not used for anything else",
                });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_one_use() {
        let output = |line: &str| {
            Some(OutputSettings {
                line: line.parse().unwrap(),
                active_low: false,
            })
        };
        let settings = GpioSettings {
            lamp: output("GPIO27"),
            buzzer: output("gpiochip0/27"),
            ..GpioSettings::NONE
        };
        assert!(
            settings.check().is_ok(),
            "whether two names mean one line is known to the chip only"
        );
        let settings = GpioSettings {
            buzzer: output("GPIO27"),
            ..settings
        };
        let message = settings.check().unwrap_err().to_string();
        assert!(
            message.contains("gpio.buzzer") && message.contains("GPIO27"),
            "{message}"
        );
    }

    #[test]
    fn a_debounce_of_minutes_is_a_mistake() {
        let shutter = InputSettings {
            line: LineId::Name("GPIO17".into()),
            active_low: true,
            bias: Bias::PullUp,
            debounce: Duration::from_secs(60),
        };
        let settings = GpioSettings {
            shutter: Some(shutter),
            ..GpioSettings::NONE
        };
        let message = settings.check().unwrap_err().to_string();
        assert!(message.contains("debounce_milliseconds is 60000"), "{message}");
    }
}

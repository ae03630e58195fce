//! What is switched.

use std::time::Duration;

use super::Levels;
use crate::gpio::OutputLine;

/// An output that can't be had, or was lost, is tried again this often.
const TRY_EVERY: Duration = Duration::from_secs(10);

/// Something that is on or off; off when dropped.
pub trait Output: Send {
    /// Turns it on or off.
    ///
    /// # Errors
    /// It is lost, in words.
    fn set(&mut self, on: bool) -> Result<(), String>;
}

impl Output for OutputLine {
    fn set(&mut self, on: bool) -> Result<(), String> {
        Self::set(self, on).map_err(|e| e.to_string())
    }
}

/// Opens an output, for the first time or anew. The error is in words.
pub type OpenOutput = Box<dyn FnMut() -> Result<Box<dyn Output>, String> + Send>;

/// A lamp and a buzzer, or either, or none. Its outputs are opened where it is used.
pub struct Indicator {
    lamp: Channel,
    buzzer: Channel,
}

impl Indicator {
    /// With these outputs.
    pub fn new(lamp: Option<OpenOutput>, buzzer: Option<OpenOutput>) -> Self {
        let channel = |name, open| Channel {
            name,
            open,
            output: None,
            is_on: false,
            retry_at: Duration::ZERO,
            reason: None,
        };
        Self {
            lamp: channel("lamp", lamp),
            buzzer: channel("buzzer", buzzer),
        }
    }

    /// Switches what has changed. `now` is a duration on one clock that never goes back.
    pub fn show(&mut self, levels: Levels, now: Duration) {
        self.lamp.set(levels.lamp, now);
        self.buzzer.set(levels.buzzer, now);
    }

    /// Turns everything off and gives the outputs back.
    pub fn end(&mut self) {
        self.lamp.output = None;
        self.buzzer.output = None;
    }
}

struct Channel {
    name: &'static str,
    open: Option<OpenOutput>,
    output: Option<Box<dyn Output>>,
    is_on: bool,
    retry_at: Duration,
    /// Why it can't be used, as it was told last.
    reason: Option<String>,
}

impl Channel {
    fn set(&mut self, on: bool, now: Duration) {
        let Some(open) = &mut self.open else { return };
        if self.output.is_none() {
            if now < self.retry_at {
                return;
            }
            match open() {
                Ok(output) => {
                    if self.reason.take().is_some() {
                        tracing::info!("the {} is back", self.name);
                    }
                    (self.output, self.is_on) = (Some(output), false);
                }
                Err(reason) => return self.lost(reason, now),
            }
        }
        if let Some(output) = &mut self.output
            && self.is_on != on
        {
            match output.set(on) {
                Ok(()) => self.is_on = on,
                Err(reason) => self.lost(reason, now),
            }
        }
    }

    fn lost(&mut self, reason: String, now: Duration) {
        self.output = None;
        self.retry_at = now + TRY_EVERY;
        if self.reason.as_ref() != Some(&reason) {
            tracing::warn!("no {}, the station goes on without it: {reason}", self.name);
            self.reason = Some(reason);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    /// Writes down what it is told; fails when it is full.
    struct Recording(Arc<Mutex<Vec<&'static str>>>, usize);

    impl Output for Recording {
        fn set(&mut self, on: bool) -> Result<(), String> {
            let mut done = self.0.lock().unwrap();
            if done.len() >= self.1 {
                return Err("gone".into());
            }
            done.push(if on { "on" } else { "off" });
            Ok(())
        }
    }

    impl Drop for Recording {
        fn drop(&mut self) {
            self.0.lock().unwrap().push("dropped");
        }
    }

    const ON: Levels = Levels {
        lamp: true,
        buzzer: false,
    };
    const OFF: Levels = Levels {
        lamp: false,
        buzzer: false,
    };

    #[test]
    fn only_changes_are_switched_and_the_end_is_off() {
        let done = Arc::new(Mutex::new(Vec::new()));
        let recording = Arc::clone(&done);
        let open = move || Ok(Box::new(Recording(Arc::clone(&recording), 10)) as Box<dyn Output>);
        let mut indicator = Indicator::new(Some(Box::new(open)), None);
        for levels in [OFF, ON, ON, OFF, OFF, ON] {
            indicator.show(levels, Duration::ZERO);
        }
        indicator.end();
        assert_eq!(*done.lock().unwrap(), ["on", "off", "on", "dropped"]);
    }

    #[test]
    fn a_lost_lamp_is_tried_again_and_shows_the_state_of_then() {
        let done = Arc::new(Mutex::new(Vec::new()));
        let recording = Arc::clone(&done);
        let mut tries = 0;
        let open = move || {
            tries += 1;
            match tries {
                1 => Err("no such line".to_owned()),
                2 => Ok(Box::new(Recording(Arc::clone(&recording), 1)) as Box<dyn Output>),
                _ => Ok(Box::new(Recording(Arc::clone(&recording), 10)) as Box<dyn Output>),
            }
        };
        let mut indicator = Indicator::new(Some(Box::new(open)), None);
        let s = Duration::from_secs;
        indicator.show(ON, s(0));
        indicator.show(ON, s(9));
        assert!(done.lock().unwrap().is_empty());
        indicator.show(ON, s(10));
        indicator.show(OFF, s(11));
        assert_eq!(*done.lock().unwrap(), ["on", "dropped"]);
        indicator.show(ON, s(20));
        indicator.show(ON, s(21));
        assert_eq!(*done.lock().unwrap(), ["on", "dropped", "on"]);
    }
}

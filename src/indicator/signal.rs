//! What is told, and how it looks and sounds.

use std::time::Duration;

/// One thing to tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// Not ready yet.
    Starting,
    /// A picture can be taken.
    Ready,
    /// A picture was taken and is not saved yet.
    Saving,
    /// A picture is saved: a moment.
    Saved,
    /// A picture was not taken or not saved: a moment.
    NotSaved,
    /// Somebody must come: the camera is lost, or the storage fails.
    Fault,
}

/// What is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Levels {
    /// The lamp.
    pub lamp: bool,
    /// The buzzer.
    pub buzzer: bool,
}

impl Signal {
    /// How long a moment lasts; `None` for a state.
    pub fn lasts(self) -> Option<Duration> {
        match self {
            Self::Saved => Some(Duration::from_millis(400)),
            Self::NotSaved => Some(Duration::from_millis(1050)),
            Self::Starting | Self::Ready | Self::Saving | Self::Fault => None,
        }
    }

    /// What is on when the signal has been told for so long.
    pub fn levels(self, elapsed: Duration) -> Levels {
        let ms = elapsed.as_millis();
        Levels {
            lamp: match self {
                Self::Starting => ms % 1000 < 100,
                Self::Ready => true,
                Self::Saving => ms % 200 < 100,
                Self::Saved => false,
                // Begins and ends dark, so that three flashes are counted beside a lamp that was on.
                Self::NotSaved => ms % 300 >= 150,
                Self::Fault => ms % 2000 < 1000,
            },
            buzzer: match self {
                Self::Starting | Self::Ready | Self::Saving => false,
                Self::Saved => ms < 100,
                Self::NotSaved => ms < 450 && ms % 300 < 150,
                // Once, as long as the first light.
                Self::Fault => ms < 1000,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_as_they_are_seen_and_heard() {
        let states = [
            Signal::Starting,
            Signal::Ready,
            Signal::Saving,
            Signal::Saved,
            Signal::NotSaved,
            Signal::Fault,
        ];
        let mut drawn = String::from("50 ms a column: # on, . off; the lamp above the buzzer\n");
        for signal in states {
            let columns = signal.lasts().map_or(60, |lasts| lasts.as_millis() as u64 / 50);
            let row = |on: fn(Levels) -> bool| -> String {
                let level = |column| on(signal.levels(Duration::from_millis(column * 50)));
                (0..columns).map(|c| if level(c) { '#' } else { '.' }).collect()
            };
            drawn += &format!(
                "{:<9} {}\n          {}\n",
                format!("{signal:?}"),
                row(|l| l.lamp),
                row(|l| l.buzzer)
            );
        }
        insta::assert_snapshot!(drawn);
    }
}

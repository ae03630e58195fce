//! A foot switch that the kernel takes for a keyboard (evdev).
//!
//! It is grabbed, so that its key is typed nowhere else. Its own repeats are ignored. Where it is pulled out it is lost, and [`Switch`](super::Switch)
//! opens it again when it is back.

use std::collections::{BTreeSet, VecDeque};
use std::fmt;
use std::io;
use std::str::FromStr;
use std::time::Duration;

use evdev::KeyCode;

use super::key_device::{KeyDevice, KeyEvent};
use super::switch::monotonic;
use super::{Contact, InputError};
use crate::gpio::Edge;

/// Which device is the foot switch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FootSwitchSettings {
    /// Its file, where this begins with `/`; else a part of its name, in letters of any case.
    pub device: String,
    /// Its key.
    pub key: PedalKey,
}

/// The key that a foot switch types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PedalKey {
    /// Whatever it types: from the first key down to the last key up is one press.
    Any,
    /// This one alone.
    Only(KeyCode),
}

impl FromStr for PedalKey {
    type Err = &'static str;

    /// `any`, or the kernel's name of a key; what is allowed, in words, where the text is neither.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "any" {
            return Ok(Self::Any);
        }
        let key = KeyCode::from_str(text).map(Self::Only);
        key.map_err(|_| "\"any\" or the kernel's name of a key such as \"KEY_B\" (`evtest` shows it)")
    }
}

impl fmt::Display for PedalKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("any"),
            Self::Only(key) => write!(f, "{key:?}"),
        }
    }
}

impl PedalKey {
    fn is(self, key: KeyCode) -> bool {
        match self {
            Self::Any => true,
            Self::Only(only) => only == key,
        }
    }

    /// Whether a device with these keys may be the foot switch. With any key it must be a keyboard: the same plug often is a mouse too.
    fn may_be_on(self, mut keys: impl Iterator<Item = KeyCode>) -> bool {
        match self {
            Self::Any => keys.any(|key| key.code() < KeyCode::BTN_0.code()),
            Self::Only(only) => keys.any(|key| key == only),
        }
    }
}

/// The keys that are down, and what a change of one is to the switch.
#[derive(Debug)]
struct Pedal {
    key: PedalKey,
    down: BTreeSet<u16>,
}

impl Pedal {
    /// `value` is the kernel's: 0 up, 1 down, 2 still down.
    fn change(&mut self, key: KeyCode, value: i32) -> Option<Edge> {
        if !self.key.is(key) {
            return None;
        }
        let was_up = self.down.is_empty();
        match value {
            0 => self.down.remove(&key.code()) && self.down.is_empty(),
            1 => self.down.insert(key.code()) && was_up,
            _ => false,
        }
        .then_some(if value == 0 { Edge::Released } else { Edge::Pressed })
    }

    /// Changes were lost, and these are the keys that are down now.
    fn resume(&mut self, down: BTreeSet<u16>) -> Option<Edge> {
        let was_up = self.down.is_empty();
        self.down = down;
        match (was_up, self.down.is_empty()) {
            (false, true) => Some(Edge::Released),
            (true, false) => Some(Edge::Pressed),
            _ => None,
        }
    }
}

/// A foot switch, grabbed until dropped.
pub struct FootSwitch {
    device: KeyDevice,
    pedal: Pedal,
    edges: VecDeque<(Edge, Duration)>,
}

impl FootSwitch {
    /// Finds, opens and grabs it.
    ///
    /// # Errors
    /// [`InputError`].
    pub fn open(settings: &FootSwitchSettings) -> Result<Self, InputError> {
        let may_be_it = |keys: &mut dyn Iterator<Item = KeyCode>| settings.key.may_be_on(keys);
        Ok(Self {
            device: KeyDevice::open("trigger.foot_switch", &settings.device, may_be_it)?,
            pedal: Pedal {
                key: settings.key,
                down: BTreeSet::new(),
            },
            edges: VecDeque::new(),
        })
    }

    /// Its file and name, for example `/dev/input/event3 (PCsensor FootSwitch Keyboard)`.
    pub fn describe(&self) -> String {
        self.device.describe()
    }

    fn wait(&mut self, within: Duration) -> io::Result<()> {
        let mut lost_some = false;
        for event in self.device.events(within)? {
            match event {
                KeyEvent::Key { key, value, at } => {
                    self.edges.extend(self.pedal.change(key, value).map(|edge| (edge, at)));
                }
                KeyEvent::LostSome => lost_some = true,
            }
        }
        if lost_some {
            let down = self.keys_down()?;
            self.edges
                .extend(self.pedal.resume(down).map(|edge| (edge, monotonic())));
        }
        Ok(())
    }

    fn keys_down(&self) -> io::Result<BTreeSet<u16>> {
        let keys = self.device.keys_down()?.into_iter();
        Ok(keys.filter(|key| self.pedal.key.is(*key)).map(KeyCode::code).collect())
    }
}

impl Contact for FootSwitch {
    fn next_edge(&mut self, within: Duration) -> Result<Option<(Edge, Duration)>, String> {
        if self.edges.is_empty() {
            self.wait(within).map_err(|error| self.device.lost(error))?;
        }
        Ok(self.edges.pop_front())
    }

    fn is_pressed(&mut self) -> Result<bool, String> {
        let down = self.keys_down().map_err(|error| self.device.lost(error))?;
        Ok(!down.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Edge::{Pressed, Released};

    fn edges(key: PedalKey, changes: &[(KeyCode, i32)]) -> Vec<Edge> {
        let mut pedal = Pedal {
            key,
            down: BTreeSet::new(),
        };
        changes
            .iter()
            .filter_map(|(key, value)| pedal.change(*key, *value))
            .collect()
    }

    #[test]
    fn repeats_and_other_keys_are_nothing() {
        use KeyCode as K;
        let typed = [
            (K::KEY_B, 1),
            (K::KEY_B, 2),
            (K::KEY_A, 1),
            (K::KEY_A, 0),
            (K::KEY_B, 2),
            (K::KEY_B, 0),
        ];
        assert_eq!(edges(PedalKey::Only(K::KEY_B), &typed), [Pressed, Released]);
        assert_eq!(
            edges(PedalKey::Any, &typed),
            [Pressed, Released],
            "two keys at once are one press"
        );
        assert_eq!(edges(PedalKey::Only(K::KEY_C), &typed), []);
        assert_eq!(
            edges(PedalKey::Any, &[(K::KEY_B, 0), (K::KEY_B, 2)]),
            [],
            "held before anybody looked"
        );
    }

    #[test]
    fn after_lost_events_the_keys_are_as_the_kernel_says() {
        let mut pedal = Pedal {
            key: PedalKey::Any,
            down: BTreeSet::new(),
        };
        assert_eq!(pedal.resume(BTreeSet::from([48])), Some(Pressed));
        assert_eq!(pedal.resume(BTreeSet::from([48, 30])), None);
        assert_eq!(pedal.resume(BTreeSet::new()), Some(Released));
        assert_eq!(pedal.resume(BTreeSet::new()), None);
    }

    #[test]
    fn keys_have_the_kernel_s_names() {
        for name in ["any", "KEY_B", "KEY_ENTER", "BTN_LEFT"] {
            assert_eq!(name.parse::<PedalKey>().unwrap().to_string(), name);
        }
        assert!("b".parse::<PedalKey>().unwrap_err().contains("KEY_B"));
    }

    #[test]
    fn the_mouse_on_the_same_plug_is_not_the_foot_switch() {
        let keyboard = || [KeyCode::KEY_A, KeyCode::KEY_B].into_iter();
        let mouse = || [KeyCode::BTN_LEFT].into_iter();
        assert!(PedalKey::Any.may_be_on(keyboard()) && !PedalKey::Any.may_be_on(mouse()));
        let left = PedalKey::Only(KeyCode::BTN_LEFT);
        assert!(left.may_be_on(mouse()) && !left.may_be_on(keyboard()));
    }
}

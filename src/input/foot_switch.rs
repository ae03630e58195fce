//! A foot switch that the kernel takes for a keyboard (evdev).
//!
//! It is grabbed, so that its key is typed nowhere else. Its own repeats are ignored. Where it is pulled out it is lost, and [`Switch`](super::Switch)
//! opens it again when it is back.

use std::collections::{BTreeSet, VecDeque};
use std::fmt;
use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::{Duration, SystemTime};

use evdev::raw_stream::RawDevice;
use evdev::{EventSummary, KeyCode, SynchronizationCode};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::ioctl::{Setter, ioctl, opcode};

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
    device: RawDevice,
    path: PathBuf,
    pedal: Pedal,
    /// Its times are those of the monotonic clock.
    has_monotonic_times: bool,
    edges: VecDeque<(Edge, Duration)>,
}

impl FootSwitch {
    /// Finds, opens and grabs it.
    ///
    /// # Errors
    /// [`InputError`].
    pub fn open(settings: &FootSwitchSettings) -> Result<Self, InputError> {
        let (path, mut device) = find(settings)?;
        device.grab().map_err(|error| InputError::Device {
            path: path.clone(),
            error,
        })?;
        Ok(Self {
            has_monotonic_times: use_monotonic_times(&device).is_ok(),
            device,
            path,
            pedal: Pedal {
                key: settings.key,
                down: BTreeSet::new(),
            },
            edges: VecDeque::new(),
        })
    }

    /// Its file and name, for example `/dev/input/event3 (PCsensor FootSwitch Keyboard)`.
    pub fn describe(&self) -> String {
        describe(&self.path, &self.device)
    }

    fn wait(&mut self, within: Duration) -> io::Result<()> {
        let timeout = Timespec::try_from(within).ok();
        let mut waited = [PollFd::new(&self.device, PollFlags::IN)];
        match poll(&mut waited, timeout.as_ref()) {
            Ok(0) | Err(rustix::io::Errno::INTR) => return Ok(()),
            Ok(_) => {}
            Err(error) => return Err(error.into()),
        }
        let now = monotonic();
        let mut lost_some = false;
        for event in self.device.fetch_events()? {
            let at = match event.timestamp().duration_since(SystemTime::UNIX_EPOCH) {
                Ok(at) if self.has_monotonic_times => at,
                _ => now,
            };
            match event.destructure() {
                EventSummary::Key(_, key, value) => {
                    self.edges.extend(self.pedal.change(key, value).map(|edge| (edge, at)));
                }
                EventSummary::Synchronization(_, SynchronizationCode::SYN_DROPPED, _) => lost_some = true,
                _ => {}
            }
        }
        if lost_some {
            let down = self.keys_down()?;
            self.edges.extend(self.pedal.resume(down).map(|edge| (edge, now)));
        }
        Ok(())
    }

    fn keys_down(&self) -> io::Result<BTreeSet<u16>> {
        let keys = self.device.get_key_state()?;
        let ours = keys.iter().filter(|key| self.pedal.key.is(*key));
        Ok(ours.map(KeyCode::code).collect())
    }

    fn lost(&self, error: io::Error) -> String {
        // What the kernel calls "no such device" is a plug that was pulled.
        let gone = error.raw_os_error() == Some(rustix::io::Errno::NODEV.raw_os_error());
        let error = if gone {
            io::Error::new(io::ErrorKind::NotFound, "it was unplugged")
        } else {
            error
        };
        let path = self.path.clone();
        InputError::Device { path, error }.to_string()
    }
}

impl Contact for FootSwitch {
    fn next_edge(&mut self, within: Duration) -> Result<Option<(Edge, Duration)>, String> {
        if self.edges.is_empty() {
            self.wait(within).map_err(|error| self.lost(error))?;
        }
        Ok(self.edges.pop_front())
    }

    fn is_pressed(&mut self) -> Result<bool, String> {
        let down = self.keys_down().map_err(|error| self.lost(error))?;
        Ok(!down.is_empty())
    }
}

/// Asks for times on the clock that never jumps; the kernel's own choice is the wall clock.
#[allow(unsafe_code)]
fn use_monotonic_times(device: &impl AsFd) -> rustix::io::Result<()> {
    const EVIOCSCLOCKID: rustix::ioctl::Opcode = opcode::write::<i32>(b'E', 0xa0);
    let clock = rustix::time::ClockId::Monotonic as i32;
    // SAFETY: EVIOCSCLOCKID reads an int (linux/input.h), which is what is passed.
    unsafe { ioctl(device, Setter::<EVIOCSCLOCKID, i32>::new(clock)) }
}

fn find(settings: &FootSwitchSettings) -> Result<(PathBuf, RawDevice), InputError> {
    let wanted = &settings.device;
    if wanted.starts_with('/') {
        let path = PathBuf::from(wanted);
        let device = open(&path)?;
        return Ok((path, device));
    }
    let (mut there, mut closed) = (Vec::new(), None);
    for path in event_files() {
        match open(&path) {
            Ok(device) => there.push((path, device)),
            Err(error @ InputError::Device { .. }) => closed = Some(error),
            Err(_) => {}
        }
    }
    let names: Vec<&str> = there
        .iter()
        .map(|(_, device)| device.name().unwrap_or_default())
        .collect();
    let fitting = names.iter().map(|name| fits(name, wanted));
    let is_it: Vec<bool> = fitting
        .zip(&there)
        .map(|(fits, (_, device))| {
            fits && settings
                .key
                .may_be_on(device.supported_keys().into_iter().flat_map(|k| k.iter()))
        })
        .collect();
    let words = |wanted_only: bool| {
        let listed = there.iter().zip(&is_it).filter(|(_, is_it)| **is_it || !wanted_only);
        let words: Vec<String> = listed.map(|((path, device), _)| describe(path, device)).collect();
        words.join(", ")
    };
    let wanted = wanted.clone();
    match (is_it.iter().filter(|is_it| **is_it).count(), closed) {
        (1, _) => {}
        // It may be the one that can't be opened.
        (0, Some(error)) => return Err(error),
        (0, None) => {
            let there = if there.is_empty() {
                "none".to_owned()
            } else {
                words(false)
            };
            return Err(InputError::NoFootSwitch { wanted, there });
        }
        _ => {
            let those = words(true);
            return Err(InputError::Ambiguous { wanted, those });
        }
    }
    let found = there.into_iter().zip(is_it).find(|(_, is_it)| *is_it);
    found.map(|(device, _)| device).ok_or(InputError::NoFootSwitch {
        wanted,
        there: "none".to_owned(),
    })
}

fn fits(name: &str, wanted: &str) -> bool {
    name.to_lowercase().contains(&wanted.to_lowercase())
}

fn describe(path: &Path, device: &RawDevice) -> String {
    format!("{} ({})", path.display(), device.name().unwrap_or("without a name"))
}

fn open(path: &Path) -> Result<RawDevice, InputError> {
    let opened = File::open(path).and_then(|file| RawDevice::from_fd(file.into()));
    opened.map_err(|error| InputError::Device {
        path: path.to_owned(),
        error,
    })
}

/// `/dev/input/event*` in the order of their numbers.
fn event_files() -> Vec<PathBuf> {
    let entries = std::fs::read_dir("/dev/input").into_iter().flatten().flatten();
    let mut numbered: Vec<(u32, PathBuf)> = entries
        .filter_map(|entry| {
            let number = entry.file_name().to_str()?.strip_prefix("event")?.parse().ok()?;
            Some((number, entry.path()))
        })
        .collect();
    numbered.sort_unstable();
    numbered.into_iter().map(|(_, path)| path).collect()
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
        assert!(fits("PCsensor FootSwitch Keyboard", "footswitch") && !fits("", "foot"));
    }

    #[test]
    fn a_foot_switch_that_is_not_there_is_named_with_its_cure() {
        let settings = |device: &str| FootSwitchSettings {
            device: device.into(),
            key: PedalKey::Any,
        };
        let message = |device: &str| FootSwitch::open(&settings(device)).err().unwrap().to_string();
        let said = message("/dev/input/by-id/absent");
        assert!(said.contains("absent") && said.contains("plug it in"), "{said}");
        let said = message("/dev/null");
        assert!(said.contains("/dev/null"), "{said}");
    }
}

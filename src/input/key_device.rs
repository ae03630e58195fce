//! An input device that the kernel takes for a keyboard (evdev): found by path or name, grabbed so that its keys are typed nowhere else.
//!
//! What its keys mean is the business of [`FootSwitch`](super::FootSwitch) and [`Scanner`](super::Scanner).

use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use evdev::raw_stream::RawDevice;
use evdev::{EventSummary, KeyCode, SynchronizationCode};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::ioctl::{Setter, ioctl, opcode};

use super::InputError;
use super::switch::monotonic;

/// What a device has told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeyEvent {
    /// A key has changed.
    Key {
        /// Which one.
        key: KeyCode,
        /// The kernel's value: 0 up, 1 down, 2 still down.
        value: i32,
        /// When, on the monotonic clock.
        at: Duration,
    },
    /// The kernel has thrown events away; which keys are down must be asked.
    LostSome,
}

/// An open device, grabbed until dropped.
pub(super) struct KeyDevice {
    device: RawDevice,
    path: PathBuf,
    /// Its times are those of the monotonic clock.
    has_monotonic_times: bool,
}

impl KeyDevice {
    /// Finds, opens and grabs it. `setting` is the key of the configuration that holds `wanted`, a path or a part of a name; `may_be_it` looks at the keys of
    /// a device that is found by its name.
    ///
    /// # Errors
    /// [`InputError`].
    pub fn open(
        setting: &'static str,
        wanted: &str,
        may_be_it: impl Fn(&mut dyn Iterator<Item = KeyCode>) -> bool,
    ) -> Result<Self, InputError> {
        let (path, mut device) = find(setting, wanted, may_be_it)?;
        device.grab().map_err(|error| InputError::Device {
            path: path.clone(),
            error,
        })?;
        Ok(Self {
            has_monotonic_times: use_monotonic_times(&device).is_ok(),
            device,
            path,
        })
    }

    /// Its file and name, for example `/dev/input/event3 (PCsensor FootSwitch Keyboard)`.
    pub fn describe(&self) -> String {
        describe(&self.path, &self.device)
    }

    /// What it has told; nothing where it was silent `within` that time.
    ///
    /// # Errors
    /// The device is lost.
    pub fn events(&mut self, within: Duration) -> io::Result<Vec<KeyEvent>> {
        let timeout = Timespec::try_from(within).ok();
        let mut waited = [PollFd::new(&self.device, PollFlags::IN)];
        match poll(&mut waited, timeout.as_ref()) {
            Ok(0) | Err(rustix::io::Errno::INTR) => return Ok(Vec::new()),
            Ok(_) => {}
            Err(error) => return Err(error.into()),
        }
        let now = monotonic();
        let has_monotonic_times = self.has_monotonic_times;
        let events = self.device.fetch_events()?.filter_map(|event| {
            let at = match event.timestamp().duration_since(SystemTime::UNIX_EPOCH) {
                Ok(at) if has_monotonic_times => at,
                _ => now,
            };
            match event.destructure() {
                EventSummary::Key(_, key, value) => Some(KeyEvent::Key { key, value, at }),
                EventSummary::Synchronization(_, SynchronizationCode::SYN_DROPPED, _) => Some(KeyEvent::LostSome),
                _ => None,
            }
        });
        Ok(events.collect())
    }

    /// The keys that are down now.
    ///
    /// # Errors
    /// The device is lost.
    pub fn keys_down(&self) -> io::Result<Vec<KeyCode>> {
        Ok(self.device.get_key_state()?.iter().collect())
    }

    /// The words for an error after which the device is lost.
    pub fn lost(&self, error: io::Error) -> String {
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

/// Asks for times on the clock that never jumps; the kernel's own choice is the wall clock.
#[allow(unsafe_code)]
fn use_monotonic_times(device: &impl AsFd) -> rustix::io::Result<()> {
    const EVIOCSCLOCKID: rustix::ioctl::Opcode = opcode::write::<i32>(b'E', 0xa0);
    let clock = rustix::time::ClockId::Monotonic as i32;
    // SAFETY: EVIOCSCLOCKID reads an int (linux/input.h), which is what is passed.
    unsafe { ioctl(device, Setter::<EVIOCSCLOCKID, i32>::new(clock)) }
}

fn find(
    setting: &'static str,
    wanted: &str,
    may_be_it: impl Fn(&mut dyn Iterator<Item = KeyCode>) -> bool,
) -> Result<(PathBuf, RawDevice), InputError> {
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
        .map(|(fits, (_, device))| fits && may_be_it(&mut device.supported_keys().into_iter().flat_map(|k| k.iter())))
        .collect();
    let words = |wanted_only: bool| {
        let listed = there.iter().zip(&is_it).filter(|(_, is_it)| **is_it || !wanted_only);
        let words: Vec<String> = listed.map(|((path, device), _)| describe(path, device)).collect();
        words.join(", ")
    };
    let wanted = wanted.to_owned();
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
            return Err(InputError::NoDevice { setting, wanted, there });
        }
        _ => {
            let those = words(true);
            return Err(InputError::Ambiguous { setting, wanted, those });
        }
    }
    let found = there.into_iter().zip(is_it).find(|(_, is_it)| *is_it);
    found.map(|(device, _)| device).ok_or(InputError::NoDevice {
        setting,
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

    #[test]
    fn names_are_compared_in_any_case() {
        assert!(fits("PCsensor FootSwitch Keyboard", "footswitch") && !fits("", "foot"));
    }

    #[test]
    fn a_device_that_is_not_there_is_named_with_its_cure() {
        let message = |device: &str| {
            KeyDevice::open("trigger.foot_switch", device, |_| true)
                .err()
                .unwrap()
                .to_string()
        };
        let said = message("/dev/input/by-id/absent");
        assert!(said.contains("absent") && said.contains("plug it in"), "{said}");
        let said = message("/dev/null");
        assert!(said.contains("/dev/null"), "{said}");
    }
}

//! A hand scanner that the kernel takes for a keyboard (evdev): grabbed, so that what it types goes nowhere else; lost and found again like a foot switch.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use evdev::KeyCode;

use super::key_device::{KeyDevice, KeyEvent};
use super::reconnect::{End, STOP_WITHIN, keep_open};
use super::scan::ScanDecoder;
use super::{Event, InputError, SwitchKind};

/// A scanner that is open: something that types. Errors are in words for the operator; after one it is opened anew.
pub trait Typist {
    /// The keys that changed, each with the kernel's value (0 up, 1 down, 2 still down); none where nothing came `within` that time, and `None` where some were lost.
    ///
    /// # Errors
    /// The scanner is lost.
    fn keys(&mut self, within: Duration) -> Result<Option<Vec<(KeyCode, i32)>>, String>;
}

/// The scanner itself, grabbed until dropped.
pub struct ScannerDevice(KeyDevice);

impl ScannerDevice {
    /// Its file and name.
    pub fn describe(&self) -> String {
        self.0.describe()
    }
}

impl Typist for ScannerDevice {
    fn keys(&mut self, within: Duration) -> Result<Option<Vec<(KeyCode, i32)>>, String> {
        let events = self.0.events(within).map_err(|error| self.0.lost(error))?;
        let keys = events.into_iter().map(|event| match event {
            KeyEvent::Key { key, value, .. } => Some((key, value)),
            KeyEvent::LostSome => None,
        });
        Ok(keys.collect())
    }
}

/// Reads a hand scanner until dropped.
pub struct Scanner {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Scanner {
    /// Finds, opens and grabs a scanner by its path or a part of its name.
    ///
    /// # Errors
    /// [`InputError`].
    pub fn open(device: &str) -> Result<ScannerDevice, InputError> {
        // A scanner has the keys of a keyboard; a mouse or a power button of that name has not.
        let types = |keys: &mut dyn Iterator<Item = KeyCode>| {
            let wanted = [KeyCode::KEY_0, KeyCode::KEY_A, KeyCode::KEY_ENTER];
            keys.filter(|key| wanted.contains(key)).count() == wanted.len()
        };
        KeyDevice::open("identify.scanner", device, types).map(ScannerDevice)
    }

    /// Starts reading. A scanner that can't be opened, or is lost, is told and tried again, first soon, then less often. `send` gets each event and returns
    /// `false` when nobody wants them any more.
    ///
    /// # Errors
    /// [`InputError::Thread`].
    pub fn watch<T: Typist>(
        open: impl FnMut() -> Result<T, String> + Send + 'static,
        mut send: impl FnMut(Event) -> bool + Send + 'static,
    ) -> Result<Self, InputError> {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let read = move || {
            keep_open(SwitchKind::Scanner, &stopped, &mut send, open, |scanner, send| {
                read(scanner, &stopped, send)
            });
        };
        let thread = std::thread::Builder::new()
            .name("scanner".into())
            .spawn(read)
            .map_err(InputError::Thread)?;
        Ok(Self {
            stop,
            thread: Some(thread),
        })
    }
}

fn read(mut scanner: impl Typist, stop: &AtomicBool, send: &mut dyn FnMut(Event) -> bool) -> End {
    let mut decoder = ScanDecoder::default();
    while !stop.load(Ordering::Relaxed) {
        match scanner.keys(STOP_WITHIN) {
            Ok(Some(keys)) => {
                for (key, value) in keys {
                    if let Some(text) = decoder.change(key, value)
                        && !send(Event::Scanned { text })
                    {
                        return End::Stop;
                    }
                }
            }
            Ok(None) => decoder.forget(),
            Err(reason) => return End::Lost(reason),
        }
    }
    End::Stop
}

impl Drop for Scanner {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            // A panic in there ended the reading and nothing else.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::VecDeque;
    use std::sync::mpsc::channel;

    const HANG: Duration = Duration::from_secs(60);

    /// Types what a test wrote down, and is pulled out after that.
    struct Scripted(VecDeque<Option<Vec<KeyCode>>>);

    impl Typist for Scripted {
        fn keys(&mut self, _within: Duration) -> Result<Option<Vec<(KeyCode, i32)>>, String> {
            let step = self.0.pop_front().ok_or("unplugged")?;
            Ok(step.map(|keys| keys.into_iter().flat_map(|key| [(key, 1), (key, 0)]).collect()))
        }
    }

    #[test]
    fn scans_are_told_and_a_scanner_is_waited_for_and_found_again() {
        use KeyCode as K;
        let (events, told) = channel();
        let mut opened = 0;
        let open = move || {
            opened += 1;
            match opened {
                1 => Err("not there".to_owned()),
                2 => Ok(Scripted(VecDeque::from([
                    Some(vec![K::KEY_F, K::KEY_1]),
                    Some(vec![K::KEY_ENTER, K::KEY_F]),
                    // What came before the loss is no part of a scan.
                    None,
                    Some(vec![K::KEY_2, K::KEY_TAB, K::KEY_9]),
                ]))),
                _ => Ok(Scripted(VecDeque::from([Some(vec![K::KEY_3, K::KEY_ENTER])]))),
            }
        };
        let scanner = Scanner::watch(open, move |event| events.send(event).is_ok()).unwrap();
        let lost = |reason: &str| Event::SwitchLost {
            switch: SwitchKind::Scanner,
            reason: reason.into(),
        };
        let back = || Event::SwitchBack {
            switch: SwitchKind::Scanner,
        };
        let scan = |text: &str| Event::Scanned { text: text.into() };
        let wanted = [
            lost("not there"),
            back(),
            scan("f1"),
            scan("2"),
            lost("unplugged"),
            back(),
            scan("3"),
        ];
        for event in wanted {
            assert_eq!(told.recv_timeout(HANG).unwrap(), event);
        }
        drop(scanner);
    }
}

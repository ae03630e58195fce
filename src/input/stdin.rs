//! The thread that reads standard input.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcgetpgrp, tcsetattr};

use super::keys::KeyReader;
use super::lines::LineReader;
use super::{Event, InputError};

/// How long the thread may take to notice that it is to end.
const STOP_WITHIN: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 100_000_000,
};

/// Reads standard input until dropped: single keys in raw mode on a terminal, lines elsewhere. Dropping it, also while a panic unwinds, gives the
/// terminal back as it was.
pub struct Stdin {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
    _raw_mode: Option<RawMode>,
}

impl Stdin {
    /// Starts reading; `send` gets each event and returns `false` when nobody wants them any more.
    ///
    /// # Errors
    /// [`InputError::Thread`].
    pub fn read(send: impl FnMut(Event) -> bool + Send + 'static) -> Result<Self, InputError> {
        let raw_mode = RawMode::enter();
        let stop = Arc::new(AtomicBool::new(false));
        let reader = Reader {
            stop: Arc::clone(&stop),
            is_terminal: raw_mode.is_some(),
        };
        let thread = std::thread::Builder::new()
            .name("stdin".into())
            .spawn(move || reader.run(send))
            .map_err(InputError::Thread)?;
        Ok(Self {
            stop,
            thread: Some(thread),
            _raw_mode: raw_mode,
        })
    }
}

impl Drop for Stdin {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // A panic in there ended the reading and nothing else.
            let _ = thread.join();
        }
    }
}

struct Reader {
    stop: Arc<AtomicBool>,
    is_terminal: bool,
}

/// What standard input gave.
#[derive(PartialEq, Eq)]
enum Came<'a> {
    Bytes(&'a [u8]),
    Nothing,
    End,
}

impl Reader {
    fn run(self, mut send: impl FnMut(Event) -> bool) {
        let started = Instant::now();
        let (mut keys, mut lines) = (KeyReader::default(), LineReader::default());
        let mut buffer = [0; 1024];
        while let Some(came) = self.wait_for_bytes(&mut buffer, keys.wait()) {
            let events = match &came {
                Came::Bytes(bytes) if self.is_terminal => keys.read(bytes, started.elapsed()),
                Came::Bytes(bytes) => lines.read(bytes),
                Came::Nothing => keys.settle(started.elapsed()),
                Came::End => lines.finish().into_iter().collect(),
            };
            let ended = came == Came::End;
            if !events.into_iter().all(&mut send) || ended {
                return;
            }
        }
    }

    /// The next bytes, or that none came `within` that time; `None` where the reading is to stop.
    fn wait_for_bytes<'a>(&self, buffer: &'a mut [u8], within: Option<Duration>) -> Option<Came<'a>> {
        let input = rustix::stdio::stdin();
        let timeout = within.and_then(|within| Timespec::try_from(within).ok());
        loop {
            if self.stop.load(Ordering::Relaxed) {
                return None;
            }
            let mut waited = [PollFd::new(&input, PollFlags::IN)];
            match poll(&mut waited, Some(timeout.as_ref().unwrap_or(&STOP_WITHIN))) {
                Ok(0) if timeout.is_some() => return Some(Came::Nothing),
                Ok(0) | Err(rustix::io::Errno::INTR) => continue,
                Ok(_) => {}
                Err(_) => return None,
            }
            return match rustix::io::read(input, &mut *buffer) {
                Ok(0) => Some(Came::End),
                Ok(length) => Some(Came::Bytes(&buffer[..length])),
                Err(rustix::io::Errno::INTR | rustix::io::Errno::AGAIN) => continue,
                Err(_) => None,
            };
        }
    }
}

/// A terminal that delivers each key at once and shows none; dropping this gives it back as it was.
struct RawMode {
    before: Termios,
}

impl RawMode {
    /// `None` where standard input is no terminal, or another program has it: setting it from the background would stop this process.
    fn enter() -> Option<Self> {
        let input = rustix::stdio::stdin();
        let before = tcgetattr(input).ok()?;
        if tcgetpgrp(input).ok()? != rustix::process::getpgrp() {
            return None;
        }
        let mut raw = before.clone();
        // Signals of Ctrl-C and the like stay on: they end the station as SIGINT does anywhere else.
        raw.local_modes.remove(LocalModes::ICANON | LocalModes::ECHO);
        raw.special_codes[SpecialCodeIndex::VMIN] = 1;
        raw.special_codes[SpecialCodeIndex::VTIME] = 0;
        tcsetattr(input, OptionalActions::Now, &raw).ok()?;
        Some(Self { before })
    }
}

impl Drop for RawMode {
    fn drop(&mut self) {
        let _ = tcsetattr(rustix::stdio::stdin(), OptionalActions::Now, &self.before);
    }
}

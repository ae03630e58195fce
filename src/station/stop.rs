//! The wish to end, for threads that sleep.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Set once; wakes everyone who waits for it.
#[derive(Debug, Default)]
pub(super) struct StopSignal {
    stopped: Mutex<bool>,
    changed: Condvar,
}

impl StopSignal {
    pub(super) fn set(&self) {
        *self.stopped.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.changed.notify_all();
    }

    /// Sleeps until `due` or until it is set; whether it is set.
    pub(super) fn wait_until(&self, due: Instant) -> bool {
        let stopped = self.stopped.lock().unwrap_or_else(PoisonError::into_inner);
        let time = due.saturating_duration_since(Instant::now());
        let waited = self.changed.wait_timeout_while(stopped, time, |stopped| !*stopped);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }

    /// Sleeps for `time` or until it is set; whether it is set.
    pub(super) fn wait(&self, time: Duration) -> bool {
        self.wait_until(Instant::now() + time)
    }
}

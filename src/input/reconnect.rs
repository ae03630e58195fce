//! Keeping a device open that comes and goes: a button, a foot switch, a hand scanner.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::{Event, SwitchKind};

/// How long a thread may take to notice that it is to end.
pub(super) const STOP_WITHIN: Duration = Duration::from_millis(100);
/// The first pause before a lost device is tried again; it doubles up to the longest.
const PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// Why a device is used no longer.
pub(super) enum End {
    /// The station ends.
    Stop,
    /// The device is lost; the error and its cure.
    Lost(String),
}

/// Opens a device and uses it until it is lost, again and again, until `stop` is set or `send` wants no more events. A loss is told once.
pub(super) fn keep_open<D>(
    switch: SwitchKind,
    stop: &AtomicBool,
    send: &mut impl FnMut(Event) -> bool,
    mut open: impl FnMut() -> Result<D, String>,
    mut work: impl FnMut(D, &mut dyn FnMut(Event) -> bool) -> End,
) {
    let mut told = None;
    let mut pause = PAUSE;
    loop {
        let end = match open() {
            Ok(device) => {
                pause = PAUSE;
                if told.take().is_some() && !send(Event::SwitchBack { switch }) {
                    return;
                }
                work(device, send)
            }
            Err(reason) => End::Lost(reason),
        };
        let End::Lost(reason) = end else { return };
        if told.as_ref() != Some(&reason) {
            let event = Event::SwitchLost {
                switch,
                reason: reason.clone(),
            };
            if !send(event) {
                return;
            }
            told = Some(reason);
        }
        // Whoever sets `stop` wakes the thread.
        std::thread::park_timeout(pause);
        if stop.load(Ordering::Relaxed) {
            return;
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

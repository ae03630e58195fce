//! The thread that watches one button, whatever it hangs on.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

use super::presses::Presses;
use super::reconnect::{End, STOP_WITHIN, keep_open};
use super::{Event, InputError, SwitchKind};
use crate::gpio::{Edge, InputLine};

/// A button that is quiet is asked this often whether it is still there.
const ASK_EVERY: Duration = Duration::from_secs(1);

/// A button that is open: something that closes and opens. Errors are in words for the operator; after one the button is opened anew.
pub trait Contact {
    /// The next edge and its time on the monotonic clock; `None` where none came `within` that time.
    ///
    /// # Errors
    /// The button is lost.
    fn next_edge(&mut self, within: Duration) -> Result<Option<(Edge, Duration)>, String>;

    /// Whether it is pressed now.
    ///
    /// # Errors
    /// The button is lost.
    fn is_pressed(&mut self) -> Result<bool, String>;
}

impl Contact for InputLine {
    fn next_edge(&mut self, within: Duration) -> Result<Option<(Edge, Duration)>, String> {
        Self::next_edge(self, within).map_err(|e| e.to_string())
    }

    fn is_pressed(&mut self) -> Result<bool, String> {
        Self::is_pressed(self).map_err(|e| e.to_string())
    }
}

/// Watches a button until dropped.
pub struct Switch {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Switch {
    /// Starts watching. A button that can't be opened, or is lost, is told and tried again, first soon, then less often. `send` gets each event and
    /// returns `false` when nobody wants them any more.
    ///
    /// # Errors
    /// [`InputError::Thread`].
    pub fn watch<C: Contact>(
        kind: SwitchKind,
        long_press: Option<Duration>,
        open: impl FnMut() -> Result<C, String> + Send + 'static,
        mut send: impl FnMut(Event) -> bool + Send + 'static,
    ) -> Result<Self, InputError> {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let name = match kind {
            SwitchKind::Shutter => "shutter",
            SwitchKind::FootSwitch => "foot-switch",
            SwitchKind::Scanner => "scanner",
        };
        let thread = std::thread::Builder::new()
            .name(name.into())
            .spawn(move || {
                let mut watcher = Watcher {
                    kind,
                    presses: Presses::new(kind.trigger(), long_press),
                    stop: &stopped,
                };
                keep_open(kind, &stopped, &mut send, open, |contact, send| {
                    watcher.watch(contact, send)
                });
            })
            .map_err(InputError::Thread)?;
        Ok(Self {
            stop,
            thread: Some(thread),
        })
    }
}

impl Drop for Switch {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            // A panic in there ended the watching and nothing else.
            let _ = thread.join();
        }
    }
}

struct Watcher<'a> {
    kind: SwitchKind,
    presses: Presses,
    stop: &'a AtomicBool,
}

impl Watcher<'_> {
    fn watch(&mut self, mut contact: impl Contact, send: &mut dyn FnMut(Event) -> bool) -> End {
        // What was pressed when it was lost is not pressed any more.
        self.presses.forget();
        if contact.is_pressed() == Ok(true) {
            let name = self.kind.name();
            tracing::warn!(
                "the {name} is held down; if nobody touches it, it is wired or configured the wrong way round (fishrig doctor)"
            );
        }
        let mut quiet_since = monotonic();
        loop {
            if self.stop.load(Ordering::Relaxed) {
                return End::Stop;
            }
            let now = monotonic();
            let until_long = self.presses.long_press_at().map(|at| at.saturating_sub(now));
            let within = until_long.map_or(STOP_WITHIN, |long| long.min(STOP_WITHIN));
            // Edges that wait come before the time: after a sleep the release may lie there already.
            let event = match contact.next_edge(within) {
                Ok(Some((edge, at))) => {
                    quiet_since = now;
                    self.presses.edge(edge, at)
                }
                Ok(None) => {
                    let is_due = self.presses.long_press_at().is_some_and(|at| at <= monotonic());
                    if !is_due && now.saturating_sub(quiet_since) < ASK_EVERY {
                        continue;
                    }
                    quiet_since = now;
                    match contact.is_pressed() {
                        // A session is not ended by a release that was lost.
                        Ok(false) if is_due => {
                            self.presses.forget();
                            None
                        }
                        Ok(_) => self.presses.still_down(monotonic()),
                        Err(reason) => return End::Lost(reason),
                    }
                }
                Err(reason) => return End::Lost(reason),
            };
            if let Some(event) = event
                && !send(event)
            {
                return End::Stop;
            }
        }
    }
}

/// The clock of edges: the kernel's monotonic one.
pub(super) fn monotonic() -> Duration {
    let now = clock_gettime(ClockId::Monotonic);
    // It counts from the start of the machine and is never negative.
    Duration::new(now.tv_sec.unsigned_abs(), now.tv_nsec.unsigned_abs() as u32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::TriggerKind;
    use std::sync::mpsc::{Receiver, Sender, channel};

    const HANG: Duration = Duration::from_secs(60);

    enum Step {
        Edge(Edge),
        /// It is let go, and nobody is told.
        LostRelease,
        Lost(&'static str),
    }

    /// Closes when a test says so.
    struct Scripted {
        steps: Arc<std::sync::Mutex<Receiver<Step>>>,
        pressed: bool,
    }

    impl Contact for Scripted {
        fn next_edge(&mut self, within: Duration) -> Result<Option<(Edge, Duration)>, String> {
            match self.steps.lock().unwrap().recv_timeout(within) {
                Ok(Step::Edge(edge)) => {
                    self.pressed = edge == Edge::Pressed;
                    Ok(Some((edge, monotonic())))
                }
                Ok(Step::LostRelease) => {
                    self.pressed = false;
                    Ok(None)
                }
                Ok(Step::Lost(reason)) => Err(reason.into()),
                Err(_) => Ok(None),
            }
        }

        fn is_pressed(&mut self) -> Result<bool, String> {
            Ok(self.pressed)
        }
    }

    fn bench(long_press: Duration) -> (Sender<Step>, Receiver<Event>, Switch) {
        let (steps, script) = channel();
        let script = Arc::new(std::sync::Mutex::new(script));
        let (events, told) = channel();
        let mut opened = 0;
        let open = move || {
            opened += 1;
            // It is not there at first, and not at once after it was lost.
            if opened % 2 == 1 {
                return Err("not there".to_owned());
            }
            let steps = Arc::clone(&script);
            Ok(Scripted { steps, pressed: false })
        };
        let switch = Switch::watch(SwitchKind::Shutter, Some(long_press), open, move |event| {
            events.send(event).is_ok()
        });
        (steps, told, switch.unwrap())
    }

    fn lost(reason: &str) -> Event {
        Event::SwitchLost {
            switch: SwitchKind::Shutter,
            reason: reason.into(),
        }
    }

    const BACK: Event = Event::SwitchBack {
        switch: SwitchKind::Shutter,
    };

    #[test]
    fn a_button_is_waited_for_and_found_again() {
        let (steps, told, switch) = bench(Duration::from_secs(3600));
        let next = || told.recv_timeout(HANG).unwrap();
        assert_eq!([next(), next()], [lost("not there"), BACK]);
        let press = || {
            steps.send(Step::Edge(Edge::Pressed)).unwrap();
            steps.send(Step::Edge(Edge::Released)).unwrap();
        };
        let picture = Event::Trigger {
            by: TriggerKind::Button,
            same_specimen: false,
        };
        press();
        assert_eq!(next(), picture);
        // Pulled out while it is held down: that press means nothing.
        steps.send(Step::Edge(Edge::Pressed)).unwrap();
        steps.send(Step::Lost("unplugged")).unwrap();
        assert_eq!([next(), next(), next()], [lost("unplugged"), lost("not there"), BACK]);
        steps.send(Step::Edge(Edge::Released)).unwrap();
        press();
        assert_eq!(next(), picture);
        drop(switch);
        assert!(told.recv().is_err(), "nothing more, and the thread has ended");
    }

    #[test]
    fn a_release_that_was_lost_does_not_end_the_session() {
        let (steps, told, _switch) = bench(Duration::from_millis(150));
        let next = || told.recv_timeout(HANG).unwrap();
        assert_eq!([next(), next()], [lost("not there"), BACK]);
        steps.send(Step::Edge(Edge::Pressed)).unwrap();
        steps.send(Step::LostRelease).unwrap();
        // Asked at least once whether it is down: the button is looked at again and again until it would have been a long press.
        std::thread::sleep(Duration::from_millis(400));
        steps.send(Step::Lost("unplugged")).unwrap();
        assert_eq!(next(), lost("unplugged"), "no end before");
    }

    #[test]
    fn held_down_it_ends_the_session() {
        let (steps, told, _switch) = bench(Duration::from_millis(150));
        steps.send(Step::Edge(Edge::Pressed)).unwrap();
        let told: Vec<Event> = (0..3).map(|_| told.recv_timeout(HANG).unwrap()).collect();
        assert_eq!(told, [lost("not there"), BACK, Event::Finish]);
    }
}

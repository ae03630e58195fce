//! The thread that takes signals.

use std::thread::JoinHandle;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1};
use signal_hook::iterator::{Handle, Signals as SignalQueue};

use super::{Event, InputError, TriggerKind};

/// Takes signals until dropped: `SIGUSR1` takes a picture; the first of `SIGINT`, `SIGTERM` and `SIGHUP` finishes, a second one stops at once.
pub struct Signals {
    handle: Handle,
    thread: Option<JoinHandle<()>>,
}

impl Signals {
    /// Starts taking signals; `send` gets each event and returns `false` when nobody wants them any more.
    ///
    /// # Errors
    /// [`InputError::Signals`] or [`InputError::Thread`].
    pub fn read(mut send: impl FnMut(Event) -> bool + Send + 'static) -> Result<Self, InputError> {
        let mut queue = SignalQueue::new([SIGUSR1, SIGINT, SIGTERM, SIGHUP]).map_err(InputError::Signals)?;
        let handle = queue.handle();
        let thread = std::thread::Builder::new()
            .name("signals".into())
            .spawn(move || {
                let mut meaning = Meaning::default();
                queue.forever().all(|signal| send(meaning.event_of(signal)));
            })
            .map_err(InputError::Thread)?;
        Ok(Self {
            handle,
            thread: Some(thread),
        })
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        self.handle.close();
        if let Some(thread) = self.thread.take() {
            // A panic in there ended the taking of signals and nothing else.
            let _ = thread.join();
        }
    }
}

/// What a signal means depends on whether one has asked to finish already.
#[derive(Default)]
struct Meaning {
    finishing: bool,
}

impl Meaning {
    fn event_of(&mut self, signal: i32) -> Event {
        if signal == SIGUSR1 {
            return Event::Trigger {
                by: TriggerKind::Signal,
                same_specimen: false,
            };
        }
        if std::mem::replace(&mut self.finishing, true) {
            Event::FinishAtOnce
        } else {
            Event::Finish
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_request_to_stop_is_urgent() {
        let mut meaning = Meaning::default();
        let trigger = Event::Trigger {
            by: TriggerKind::Signal,
            same_specimen: false,
        };
        assert_eq!(meaning.event_of(SIGUSR1), trigger);
        assert_eq!(meaning.event_of(SIGTERM), Event::Finish);
        assert_eq!(meaning.event_of(SIGUSR1), trigger);
        assert_eq!(meaning.event_of(SIGINT), Event::FinishAtOnce);
    }

    #[test]
    fn a_real_signal_arrives() {
        let (sender, receiver) = std::sync::mpsc::channel();
        let signals = Signals::read(move |event| sender.send(event).is_ok()).unwrap();
        rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::USR1).unwrap();
        let event = receiver.recv_timeout(std::time::Duration::from_secs(20)).unwrap();
        assert!(matches!(
            event,
            Event::Trigger {
                by: TriggerKind::Signal,
                ..
            }
        ));
        drop(signals);
        assert!(receiver.recv().is_err(), "the thread has ended");
    }
}

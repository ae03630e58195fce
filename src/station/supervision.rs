//! What a service manager is told: systemd's notifications, or nothing.

use std::time::Duration;

use sd_notify::NotifyState;

use super::{Phase, Status};

/// What a supervisor may be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// The station runs.
    Ready,
    /// It still does; without this the watchdog restarts it.
    Alive,
    /// What it is doing, in a line.
    Status(String),
    /// It is about to end.
    Stopping,
    /// The end takes at least so long from now on.
    NeedsTime(Duration),
}

/// Whoever started the station and sees to it that it runs.
pub trait Supervisor: Send {
    /// Tells one thing. Nothing depends on whether it arrives.
    fn tell(&mut self, note: &Note);

    /// How long it waits for [`Note::Alive`] before it acts; `None` where it does not wait for it.
    fn watchdog(&self) -> Option<Duration>;
}

/// systemd, or anything else that listens at `NOTIFY_SOCKET` (sd_notify(3)).
#[derive(Debug)]
pub struct ServiceManager {
    watchdog: Option<Duration>,
    failed: bool,
}

impl ServiceManager {
    /// The one that started this process, as its environment says; `None` where nobody did.
    pub fn of_this_process() -> Option<Self> {
        std::env::var_os("NOTIFY_SOCKET").filter(|socket| !socket.is_empty())?;
        Some(Self {
            watchdog: sd_notify::watchdog_enabled(),
            failed: false,
        })
    }
}

impl Supervisor for ServiceManager {
    fn tell(&mut self, note: &Note) {
        let state = match note {
            Note::Ready => NotifyState::Ready,
            Note::Alive => NotifyState::Watchdog,
            Note::Status(words) => NotifyState::Status(words),
            Note::Stopping => NotifyState::Stopping,
            Note::NeedsTime(time) => {
                NotifyState::ExtendTimeoutUsec(u32::try_from(time.as_micros()).unwrap_or(u32::MAX))
            }
        };
        let told = sd_notify::notify(&[state]);
        if let Err(error) = &told
            && !self.failed
        {
            tracing::warn!("the service manager at NOTIFY_SOCKET can't be told anything: {error}");
        }
        self.failed = told.is_err();
    }

    fn watchdog(&self) -> Option<Duration> {
        self.watchdog
    }
}

/// Words about the state are told at most this often.
const STATUS_EVERY: Duration = Duration::from_secs(2);
/// While pictures are saved at the end, more time is asked for this often, and so much.
const ASK_FOR_TIME_EVERY: Duration = Duration::from_secs(5);
const TIME: Duration = Duration::from_secs(30);

/// When to tell what.
pub(super) struct Supervision {
    supervisor: Box<dyn Supervisor>,
    ready: bool,
    stopping: bool,
    next_alive: Duration,
    next_status: Duration,
    next_time: Duration,
    status: String,
}

impl Supervision {
    pub(super) fn new(supervisor: Box<dyn Supervisor>) -> Self {
        Self {
            supervisor,
            ready: false,
            stopping: false,
            next_alive: Duration::ZERO,
            next_status: Duration::ZERO,
            next_time: Duration::ZERO,
            status: String::new(),
        }
    }

    /// Tells what is due at `now`. `hanging` is a thread that does not move; then nobody is told that all is well.
    pub(super) fn step(&mut self, status: &Status, hanging: Option<(&str, Duration)>, now: Duration) {
        if !self.ready {
            self.ready = true;
            self.supervisor.tell(&Note::Ready);
        }
        if hanging.is_none() {
            self.all_is_well(status, now);
        }
        let words = hanging.map_or_else(|| words(status), |(thread, time)| hanging_words(thread, time));
        if words != self.status && now >= self.next_status {
            self.next_status = now + STATUS_EVERY;
            self.supervisor.tell(&Note::Status(words.clone()));
            self.status = words;
        }
    }

    fn all_is_well(&mut self, status: &Status, now: Duration) {
        if let Some(watchdog) = self.supervisor.watchdog()
            && now >= self.next_alive
        {
            // systemd's own advice is half of the time (sd_watchdog_enabled(3)); a third leaves room for one that comes late.
            self.next_alive = now + watchdog / 3;
            self.supervisor.tell(&Note::Alive);
        }
        if status.phase == Phase::Finishing {
            self.stop();
            if status.waiting > 0 && now >= self.next_time {
                self.next_time = now + ASK_FOR_TIME_EVERY;
                self.supervisor.tell(&Note::NeedsTime(TIME));
            }
        }
    }

    /// Tells, once, that the station ends.
    pub(super) fn stop(&mut self) {
        if !std::mem::replace(&mut self.stopping, true) {
            self.supervisor.tell(&Note::Stopping);
        }
    }
}

fn words(status: &Status) -> String {
    let mut words = format!("{}; {} saved", status.phase.words(), status.counts.saved);
    if status.waiting > 0 {
        words += &format!(", {} waiting", status.waiting);
    }
    if let Some(left) = status.records_left {
        words += &format!(", room for about {} more", two_digits(left));
    }
    words
}

/// A forecast with two digits, which does not change with every record.
fn two_digits(number: u64) -> u64 {
    let mut unit = 1;
    while number / unit >= 100 {
        unit *= 10;
    }
    number / unit * unit
}

/// What is said of a thread that hangs, by the service's state and the log.
pub(super) fn hanging_words(thread: &str, time: Duration) -> String {
    // In steps, since it is said again when it changes.
    let seconds = time.as_secs() / 10 * 10;
    format!("the {thread} thread has not moved for {seconds} s; the watchdog is told no more that all is well")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::station::machine::{Machine, MachineSettings, OpenGate};
    use std::sync::{Arc, Mutex};

    struct Recording(Arc<Mutex<Vec<Note>>>);

    impl Supervisor for Recording {
        fn tell(&mut self, note: &Note) {
            self.0.lock().unwrap().push(note.clone());
        }

        fn watchdog(&self) -> Option<Duration> {
            Some(Duration::from_secs(30))
        }
    }

    fn status(phase: Phase, waiting: usize) -> Status {
        let (machine, _) = Machine::new(MachineSettings::default(), Box::new(OpenGate));
        Status {
            phase,
            waiting,
            ..machine.status(Duration::ZERO)
        }
    }

    fn bench() -> (Supervision, impl Fn() -> Vec<Note>) {
        let notes = Arc::new(Mutex::new(Vec::new()));
        let supervision = Supervision::new(Box::new(Recording(Arc::clone(&notes))));
        (supervision, move || std::mem::take(&mut *notes.lock().unwrap()))
    }

    fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn alive_every_third_of_the_watchdog_and_never_while_a_thread_hangs() {
        let (mut supervision, told) = bench();
        let ready = status(Phase::Ready, 0);
        supervision.step(&ready, None, s(0));
        let words = Note::Status("ready; 0 saved".into());
        assert_eq!(told(), [Note::Ready, Note::Alive, words]);
        for now in 1..30 {
            supervision.step(&ready, None, s(now));
        }
        assert_eq!(told(), [Note::Alive, Note::Alive]);
        for now in 30..200 {
            supervision.step(&ready, Some(("network", s(46))), s(now));
        }
        let notes = told();
        assert!(
            matches!(&notes[..], [Note::Status(words)] if words.contains("network thread has not moved for 40 s")),
            "{notes:?}"
        );
        supervision.step(&ready, None, s(200));
        assert_eq!(told()[0], Note::Alive, "it moves again");
    }

    #[test]
    fn the_end_is_told_once_and_time_is_asked_for_while_pictures_wait() {
        let (mut supervision, told) = bench();
        supervision.step(&status(Phase::Saving, 2), None, s(0));
        told();
        for now in 1..9 {
            supervision.step(&status(Phase::Finishing, 1), None, s(now));
        }
        supervision.step(&status(Phase::Finishing, 0), None, s(9));
        supervision.stop();
        let notes = told();
        let count = |wanted: &Note| notes.iter().filter(|note| *note == wanted).count();
        assert_eq!(
            (count(&Note::Stopping), count(&Note::NeedsTime(TIME))),
            (1, 2),
            "{notes:?}"
        );
    }

    #[test]
    fn a_forecast_does_not_flicker() {
        assert_eq!(
            [0, 7, 99, 100, 1234, 987_654].map(two_digits),
            [0, 7, 99, 100, 1200, 980_000]
        );
    }
}

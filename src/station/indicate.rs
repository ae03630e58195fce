//! The station's state on its lamp and buzzer.

use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use super::threads::Shared;
use super::{Counts, Phase, Status};
use crate::indicator::{Announcements, Indicator, Signal};

/// Patterns are followed in steps of this length.
const STEP: Duration = Duration::from_millis(25);

/// Shows the state until the station ends; then everything is off.
pub(super) fn run_indicator<A>(shared: &Shared<A>, mut indicator: Indicator) {
    let started = Instant::now();
    let mut told = Told::default();
    loop {
        let status = {
            let board = shared.board.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(&board.status)
        };
        let now = started.elapsed();
        told.hear(&status, now);
        indicator.show(told.announcements.levels(now), now);
        if shared.stop.wait(STEP) {
            return indicator.end();
        }
    }
}

/// What was told of the state.
struct Told {
    announcements: Announcements,
    counts: Counts,
}

impl Default for Told {
    fn default() -> Self {
        Self {
            announcements: Announcements::new(Signal::Starting, Duration::ZERO),
            counts: Counts::default(),
        }
    }
}

impl Told {
    fn hear(&mut self, status: &Status, now: Duration) {
        let (before, counts) = (self.counts, status.counts);
        self.counts = counts;
        let not_saved = |c: Counts| c.refused + c.without_fish + c.lost;
        if counts.saved > before.saved {
            self.announcements.tell(Signal::Saved, now);
        }
        if not_saved(counts) > not_saved(before) {
            self.announcements.tell(Signal::NotSaved, now);
        }
        self.announcements.set(state(status), now);
    }
}

fn state(status: &Status) -> Signal {
    match status.phase {
        Phase::Starting => Signal::Starting,
        Phase::SourceLost { .. } | Phase::StorageFailing { .. } => Signal::Fault,
        Phase::Saving => Signal::Saving,
        Phase::Finishing if status.waiting > 0 => Signal::Saving,
        Phase::Ready | Phase::Finishing => Signal::Ready,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::station::Event;
    use crate::station::machine::{Machine, MachineSettings, OpenGate};

    #[test]
    fn each_record_and_each_refusal_is_told_once() {
        let (mut machine, _) = Machine::new(MachineSettings::default(), Box::new(OpenGate));
        let mut told = Told::default();
        let s = Duration::from_secs;
        let mut status = machine.status(s(0));
        told.hear(&status, s(0));
        assert_eq!(told.announcements.levels(s(0)), Signal::Starting.levels(s(0)));
        machine.step(
            Event::SourceOpened {
                description: "a camera".into(),
                notes: Vec::new(),
                takes_stills: false,
            },
            s(1),
        );
        status = machine.status(s(1));
        told.hear(&status, s(1));
        assert_eq!(told.announcements.levels(s(1)), Signal::Ready.levels(s(0)));
        status.counts.saved = 1;
        told.hear(&status, s(2));
        told.hear(&status, s(2));
        assert_eq!(told.announcements.levels(s(2)), Signal::Saved.levels(s(0)));
        assert_eq!(told.announcements.levels(s(3)), Signal::Ready.levels(s(0)), "told once");
        status.counts.refused = 1;
        told.hear(&status, s(4));
        assert_eq!(told.announcements.levels(s(4)), Signal::NotSaved.levels(s(0)));
        machine.step(
            Event::SourceLost {
                reason: "unplugged".into(),
            },
            s(9),
        );
        status = Status {
            counts: status.counts,
            ..machine.status(s(9))
        };
        told.hear(&status, s(9));
        assert_eq!(told.announcements.levels(s(9)), Signal::Fault.levels(s(0)));
    }
}

//! Whether the station gets on with its work, and what of that is told to whoever supervises it.

use std::time::Duration;

use super::heartbeat::{Beats, HangWatch, Waiting};
use super::supervision::{Supervision, Supervisor, hanging_words};
use super::{Effect, Event, Status};

/// Knows what was asked of the threads and not answered yet, and looks whether they move.
pub(super) struct Watchdog {
    hang_watch: HangWatch,
    hanging: Option<&'static str>,
    supervision: Option<Supervision>,
    source_answer_due: bool,
    recorder_answers_due: usize,
}

impl Watchdog {
    /// A thread with work may stand still for `hangs_after`.
    pub(super) fn new(hangs_after: Duration, supervisor: Option<Box<dyn Supervisor>>) -> Self {
        Self {
            hang_watch: HangWatch::new(hangs_after),
            hanging: None,
            supervision: supervisor.map(Supervision::new),
            source_answer_due: false,
            recorder_answers_due: 0,
        }
    }

    /// Something is asked of a thread.
    pub(super) fn asked(&mut self, effect: &Effect) {
        match effect {
            Effect::OpenSource => self.source_answer_due = true,
            Effect::Commit { .. } | Effect::Void { .. } => self.recorder_answers_due += 1,
            _ => {}
        }
    }

    /// A thread told something, which may be an answer.
    pub(super) fn heard(&mut self, event: &Event) {
        match event {
            Event::SourceOpened { .. } | Event::SourceLost { .. } | Event::SourceEnded => {
                self.source_answer_due = false;
            }
            Event::Committed { .. } | Event::CommitFailed { .. } | Event::Voided { .. } | Event::VoidFailed { .. } => {
                self.recorder_answers_due = self.recorder_answers_due.saturating_sub(1);
            }
            _ => {}
        }
    }

    /// Looks for a thread that hangs, and tells the supervisor how things are. To be called several times a second; `frame_waits` for the network.
    pub(super) fn look(&mut self, beats: &Beats, frame_waits: bool, status: &Status, now: Duration) {
        let waiting = Waiting {
            source: self.source_answer_due,
            frame: frame_waits,
            record: self.recorder_answers_due > 0,
        };
        let hanging = self.hang_watch.hanging(beats, waiting, now);
        let name = hanging.map(|(thread, _)| thread);
        if name != self.hanging {
            match (hanging, self.hanging) {
                (Some((thread, time)), _) => tracing::error!("{}", hanging_words(thread, time)),
                (None, before) => tracing::warn!("the {} thread moves again", before.unwrap_or_default()),
            }
            self.hanging = name;
        }
        if let Some(supervision) = &mut self.supervision {
            supervision.step(status, hanging, now);
        }
    }

    /// Tells the supervisor that the station ends.
    pub(super) fn stop(&mut self) {
        if let Some(supervision) = &mut self.supervision {
            supervision.stop();
        }
    }
}

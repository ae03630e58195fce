//! The source: there, lost, back, at its end.

use std::time::Duration;

use super::{Machine, SourceState};
use crate::station::{Effect, Severity};

/// The first pause before a lost source is opened again; it doubles up to the longest.
pub(super) const SOURCE_PAUSE: Duration = Duration::from_millis(500);
/// Somebody who has plugged a camera in again waits no longer than this; looking for one costs next to nothing.
const LONGEST_SOURCE_PAUSE: Duration = Duration::from_secs(5);

impl Machine {
    pub(super) fn source_opened(&mut self, description: String, notes: Vec<String>, takes_stills: bool, now: Duration) {
        let was_lost = matches!(self.source, SourceState::Lost { .. });
        if was_lost && !self.source_name.is_empty() && self.source_name != description {
            let words = format!("the camera is back, and is another than before: {description}");
            self.say(Severity::Warning, words, now);
        } else if was_lost {
            self.say(Severity::Info, "the camera is back".into(), now);
        }
        for note in notes {
            self.say(Severity::Warning, note, now);
        }
        self.source = SourceState::Live;
        self.source_name = description;
        self.takes_stills = takes_stills;
    }

    pub(super) fn source_lost(&mut self, reason: String, now: Duration) {
        self.scene.interrupt();
        let pause = self.source_pause;
        self.source_pause = (pause * 2).min(LONGEST_SOURCE_PAUSE);
        let known = matches!(&self.source, SourceState::Lost { reason: before, .. } if *before == reason);
        if !known {
            self.say(Severity::Error, format!("no camera: {reason}"), now);
        }
        self.source = SourceState::Lost {
            reason,
            retry_at: now + pause,
        };
    }

    pub(super) fn source_ended(&mut self, now: Duration) {
        self.source = SourceState::Ended;
        self.finish("the recording has ended", now);
    }

    /// Frames come, so the next loss is a new one.
    pub(super) fn source_delivers(&mut self) {
        self.source_pause = SOURCE_PAUSE;
    }

    /// Asks for the source again when the pause after its loss is over.
    pub(super) fn reopen_source(&mut self, now: Duration) {
        if let SourceState::Lost { retry_at, .. } = &mut self.source
            && now >= *retry_at
            && self.finishing.is_none()
        {
            // It stays lost to the operator until the answer comes, and is not asked for twice.
            *retry_at = Duration::MAX;
            self.effects.push(Effect::OpenSource);
        }
    }
}

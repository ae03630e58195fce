//! Writing records in order, keeping them while the storage fails, voiding them.

use std::time::Duration;

use super::{CommitTrouble, Machine, Saved, Stage};
use crate::health::Reading;
use crate::measure::quality::Verdict;
use crate::station::{CommitFailure, Effect, RecordFacts, Severity, Ticket, Topic};

/// The first pause before a failed commit is tried again; it doubles up to the longest.
const COMMIT_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_COMMIT_PAUSE: Duration = Duration::from_secs(30);
/// How many records *undo* reaches back.
const MAX_HISTORY: usize = 1000;

impl Machine {
    pub(super) fn commit_next(&mut self, now: Duration) {
        if self.trouble.as_ref().is_some_and(|t| now < t.retry_at) {
            return;
        }
        let Some(first) = self.waiting.front_mut().filter(|w| w.stage == Stage::Ready) else {
            return;
        };
        first.stage = Stage::Committing;
        let follows = first.follows;
        let specimen = follows.and_then(|ticket| self.history.iter().find(|s| s.ticket == ticket));
        let facts = RecordFacts {
            trigger: first.by,
            operator: first.operator.clone(),
            note: first.note.clone(),
            same_specimen_as: specimen.map(|s| s.specimen.clone()),
            identified: first.identified.clone(),
        };
        let ticket = first.ticket;
        let is_alone = follows.is_some() && facts.same_specimen_as.is_none();
        self.effects.push(Effect::Commit { ticket, facts });
        if is_alone {
            let words = "the picture before was not saved, so this one becomes a record of its own";
            self.say(Severity::Warning, words.into(), now);
        }
    }

    pub(super) fn committed(&mut self, ticket: Ticket, id: String, bytes: u64, now: Duration) {
        let Some(at) = self.waiting.iter().position(|w| w.ticket == ticket) else {
            return;
        };
        let Some(waiting) = self.waiting.remove(at) else {
            return;
        };
        self.effects.push(Effect::Release { ticket });
        if self.trouble.take().is_some() {
            self.say(Severity::Info, "records are being saved again".into(), now);
        }
        self.counts.saved += 1;
        // A running mean over about eight records follows a change of camera settings without jumping.
        self.record_bytes = match self.record_bytes {
            0 => bytes,
            mean => (mean * 7 + bytes) / 8,
        };
        let first = waiting
            .follows
            .and_then(|t| self.history.iter().find(|s| s.ticket == t));
        let specimen = first.map_or_else(|| id.clone(), |s| s.specimen.clone());
        self.note_saved(&id, waiting.follows.is_none(), waiting.identified.as_ref());
        self.history.push_back(Saved {
            ticket,
            id: id.clone(),
            specimen,
            claim: waiting.claim,
            identified: waiting.identified,
            voided: waiting.undone,
        });
        if self.history.len() > MAX_HISTORY {
            self.history.pop_front();
        }
        self.counts.in_spite.count_bad(&waiting.quality);
        self.say_saved(&id, waiting.quality.complaints(Verdict::Bad), now);
        self.last_id = Some(id.clone());
        if waiting.undone {
            self.void(id);
        }
    }

    /// A picture that the checks found bad is saved with a word about it, so that it can be taken again while the specimen lies there.
    fn say_saved(&mut self, id: &str, bad: Option<String>, now: Duration) {
        let id = id.to_owned();
        match bad {
            None => {
                let words = format!("saved {id}");
                self.say_about(Topic::Saved { id }, Severity::Info, words, now);
            }
            Some(of) => {
                let words = format!("saved {id} in spite of: {of}");
                self.say_about(Topic::SavedInSpite { id, of }, Severity::Warning, words, now);
            }
        }
    }

    pub(super) fn commit_failed(&mut self, ticket: Ticket, reason: String, failure: CommitFailure, now: Duration) {
        let Some(waiting) = self.waiting.iter_mut().find(|w| w.ticket == ticket) else {
            return;
        };
        waiting.stage = Stage::Ready;
        if failure == CommitFailure::Record || self.finishing.is_some() {
            self.release(ticket);
            self.counts.lost += 1;
            self.trouble = None;
            self.say_not_saved(Severity::Error, reason, now);
            return;
        }
        let pause = self
            .trouble
            .as_ref()
            .map_or(COMMIT_PAUSE, |t| (t.pause * 2).min(LONGEST_COMMIT_PAUSE));
        let full = failure == CommitFailure::StorageFull;
        let words = if full { "storage full" } else { "saving failed" };
        self.say(
            Severity::Error,
            format!("{words}, {} kept and tried again: {reason}", self.waiting.len()),
            now,
        );
        self.trouble = Some(CommitTrouble {
            reason,
            full,
            pause,
            retry_at: now + pause,
        });
    }

    pub(super) fn health(&mut self, reading: Reading, now: Duration) {
        let needed = self.settings.floor_bytes + self.record_bytes;
        let has_room = reading.storage.is_some_and(|s| s.free > needed && !s.read_only);
        if let Some(trouble) = &mut self.trouble
            && trouble.full
            && has_room
        {
            trouble.retry_at = now;
        }
        self.health = Some(reading);
    }

    pub(super) fn undo(&mut self, now: Duration) {
        if let Some(waiting) = self.waiting.iter_mut().rev().find(|w| !w.undone) {
            waiting.undone = true;
            self.say(
                Severity::Info,
                "undone: it will be marked as void once it is saved".into(),
                now,
            );
        } else if let Some(saved) = self.history.iter_mut().rev().find(|s| !s.voided) {
            saved.voided = true;
            let id = saved.id.clone();
            self.void(id);
        } else {
            self.say(
                Severity::Warning,
                "nothing to undo: no record was saved since the start".into(),
                now,
            );
        }
    }

    pub(super) fn void(&mut self, id: String) {
        self.voiding += 1;
        self.effects.push(Effect::Void { id });
    }

    pub(super) fn voided(&mut self, id: String, now: Duration) {
        self.voiding = self.voiding.saturating_sub(1);
        self.counts.voided += 1;
        self.note_voided(&id);
        let words = format!("{id} is marked as void");
        self.say_about(Topic::Voided { id }, Severity::Info, words, now);
    }

    pub(super) fn void_failed(&mut self, id: &str, reason: &str, now: Duration) {
        self.voiding = self.voiding.saturating_sub(1);
        if let Some(saved) = self.history.iter_mut().rev().find(|s| s.id == id) {
            saved.voided = false;
        }
        self.say(
            Severity::Error,
            format!("{id} could not be marked as void: {reason}"),
            now,
        );
    }
}

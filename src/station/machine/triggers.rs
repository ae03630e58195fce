//! Whether a picture is taken, and what becomes of it until it can be saved.

use std::time::Duration;

use super::{Asked, Machine, OVERRIDE_WITHIN, SourceState, Stage, Waiting};
use crate::identify::{Claim, Doubt, Identified};
use crate::input::TriggerKind;
use crate::measure::quality::Quality;
use crate::station::scene_watch::Observation;
use crate::station::{Effect, Severity, Ticket, Topic, Which};

/// Why no picture is taken.
pub(super) struct Refusal {
    topic: Topic,
    reason: String,
}

/// Whose picture it is.
struct Specimen {
    follows: Option<Ticket>,
    claim: Claim,
    identified: Option<Identified>,
    confirmed: Vec<Doubt>,
}

impl Machine {
    pub(super) fn trigger(&mut self, by: TriggerKind, same_specimen: bool, now: Duration) {
        if let Err(Refusal { topic, reason }) = self.may_trigger(by) {
            self.refuse(topic, reason, now);
            return;
        }
        let follows = same_specimen.then(|| self.last_picture()).flatten();
        if same_specimen && follows.is_none() {
            self.refuse(
                Topic::Other,
                "there is no record yet that another picture could follow; use SPACE".into(),
                now,
            );
            return;
        }
        let claim = self.claim(follows);
        let (identified, confirmed) = match self.identify(&claim, None) {
            Ok((identified, doubts)) => match self.yes_to(by, &doubts, now) {
                Some(confirmed) => (identified, confirmed),
                None => {
                    let id = identified.as_ref().and_then(|i| i.id.as_ref());
                    self.ask(by, id, doubts, true, now);
                    return;
                }
            },
            Err(reason) => {
                self.counts.refused += 1;
                self.say_no_picture(reason, now);
                return;
            }
        };
        let whole_frame = self
            .no_fish_at
            .take()
            .is_some_and(|(refused, at)| refused == by && now.saturating_sub(at) <= OVERRIDE_WITHIN);
        let specimen = Specimen {
            follows,
            claim,
            identified,
            confirmed,
        };
        self.keep(by, specimen, whole_frame, Which::Newest);
        self.say_taken(now);
    }

    pub(super) fn may_trigger(&self, by: TriggerKind) -> Result<(), Refusal> {
        let refusal = |reason: &str| {
            Err(Refusal {
                topic: Topic::Other,
                reason: format!("no picture: {reason}"),
            })
        };
        let on = match by {
            TriggerKind::Key => self.settings.trigger.key,
            TriggerKind::Signal => self.settings.trigger.signal,
            TriggerKind::Timer
            | TriggerKind::Auto
            | TriggerKind::Button
            | TriggerKind::FootSwitch
            | TriggerKind::Scanner => true,
        };
        if !on {
            return refusal(&format!("trigger.{} is off in the configuration", by.name()));
        }
        if self.finishing.is_some() {
            return refusal("the station is finishing");
        }
        match &self.source {
            SourceState::Live => {}
            SourceState::Opening => return refusal("the camera is still starting"),
            SourceState::Ended => return refusal("the recording has ended"),
            SourceState::Lost { .. } => return refusal("there is no camera"),
        }
        if self.waiting.len() >= self.settings.trigger.waiting_max {
            return Err(Refusal {
                topic: Topic::QueueFull,
                reason: format!(
                    "no picture: {} wait already to be saved; try again when one is",
                    self.waiting.len()
                ),
            });
        }
        Ok(())
    }

    pub(super) fn refuse(&mut self, topic: Topic, reason: String, now: Duration) {
        self.counts.refused += 1;
        self.say_about(topic, Severity::Warning, reason, now);
    }

    fn keep(&mut self, by: TriggerKind, specimen: Specimen, whole_frame: bool, which: Which) {
        if specimen.follows.is_none() {
            self.settings.next_id.take(specimen.identified.as_ref());
        }
        let ticket = Ticket(self.next_ticket);
        self.next_ticket += 1;
        self.waiting.push_back(Waiting {
            ticket,
            by,
            operator: self.settings.operator.clone(),
            note: self.settings.note.clone(),
            follows: specimen.follows,
            claim: specimen.claim,
            identified: specimen.identified,
            confirmed: specimen.confirmed,
            whole_frame,
            preview: self.scene.present().filter(|_| self.takes_stills).cloned(),
            undone: false,
            quality: Quality::default(),
            stage: Stage::Analysing,
        });
        self.effects.push(Effect::Keep { ticket, which });
    }

    /// The last picture that has not been undone, saved or still waiting.
    pub(super) fn last_picture(&self) -> Option<Ticket> {
        let waiting = self.waiting.iter().rev().find(|w| !w.undone).map(|w| w.ticket);
        waiting.or_else(|| self.history.iter().rev().find(|s| !s.voided).map(|s| s.ticket))
    }

    pub(super) fn seen(&mut self, seen: &Observation, now: Duration) {
        self.source_delivers();
        self.scene.see(seen, now);
        self.settings.next_id.see(&seen.codes);
        let Some(still) = self.settings.trigger.auto_still() else {
            return;
        };
        if !self.scene.has_new_specimen(still, now) || self.may_trigger(TriggerKind::Auto).is_err() {
            return;
        }
        let admitted = self.gate.admit(seen).and_then(|()| self.identify_seen(seen));
        match admitted {
            Ok((claim, identified)) => {
                self.gate_refused = None;
                self.scene.mark_recorded(seen);
                let specimen = Specimen {
                    follows: None,
                    claim,
                    identified,
                    confirmed: Vec::new(),
                };
                self.keep(TriggerKind::Auto, specimen, false, Which::LastSeen);
                self.say_taken(now);
            }
            Err(reason) => {
                if self.gate_refused.as_ref() != Some(&reason) {
                    // For the log; the display shows for as long as it holds why nothing is taken.
                    self.say(Severity::Info, format!("waits: {reason}"), now);
                    self.gate_refused = Some(reason);
                }
            }
        }
    }

    pub(super) fn analysed(&mut self, ticket: Ticket, seen: &Observation, now: Duration) {
        let Some(waiting) = self
            .waiting
            .iter_mut()
            .find(|w| w.ticket == ticket && w.stage == Stage::Analysing)
        else {
            return;
        };
        waiting.quality.clone_from(&seen.quality);
        if seen.fish.is_some() || waiting.whole_frame {
            let preview = waiting.preview.clone();
            if !self.identify_kept(ticket, &seen.codes, now) {
                return;
            }
            self.scene.mark_recorded(preview.as_ref().unwrap_or(seen));
            self.set_ready(ticket);
            return;
        }
        let (by, doubts) = (waiting.by, waiting.confirmed.clone());
        self.release(ticket);
        self.counts.without_fish += 1;
        let Some(again) = again(by) else {
            self.say(Severity::Warning, "not saved: no fish found".into(), now);
            return;
        };
        // Who has said yes to a doubt need not do so again.
        self.asked = (!doubts.is_empty()).then_some(Asked { by, at: now, doubts });
        self.no_fish_at = Some((by, now));
        let why = format!("no fish found; {again} within 3 s to save the whole frame");
        self.say_not_saved(Severity::Warning, why, now);
    }

    fn say_taken(&mut self, now: Duration) {
        let words = match self.takes_stills {
            true => "hold still: the full-size picture is being taken",
            false => "picture taken",
        };
        self.say(Severity::Info, words.into(), now);
    }

    pub(super) fn still_taken(&mut self, ticket: Ticket, now: Duration) {
        if self.waiting.iter().any(|w| w.ticket == ticket) {
            self.say(Severity::Info, "picture taken".into(), now);
        }
    }

    pub(super) fn still_failed(&mut self, ticket: Ticket, reason: &str, now: Duration) {
        if self.waiting.iter().any(|w| w.ticket == ticket) {
            let words = format!("no full-size picture, the preview's smaller one is kept: {reason}");
            self.say(Severity::Warning, words, now);
        }
    }

    pub(super) fn analysis_failed(&mut self, ticket: Ticket, reason: &str, now: Duration) {
        if self.release(ticket) {
            self.counts.lost += 1;
            self.say_not_saved(Severity::Error, format!("take the picture again: {reason}"), now);
        }
    }

    pub(super) fn set_ready(&mut self, ticket: Ticket) {
        if let Some(waiting) = self.waiting.iter_mut().find(|w| w.ticket == ticket)
            && waiting.stage == Stage::Analysing
        {
            waiting.stage = Stage::Ready;
        }
    }

    /// Lets a frame go; whether it was waiting.
    pub(super) fn release(&mut self, ticket: Ticket) -> bool {
        let Some(at) = self.waiting.iter().position(|w| w.ticket == ticket) else {
            return false;
        };
        if let Some(waiting) = self.waiting.remove(at) {
            self.give_back(waiting);
        }
        self.effects.push(Effect::Release { ticket });
        true
    }
}

/// How a trigger is repeated; `None` where nobody is there to repeat it.
pub(super) fn again(by: TriggerKind) -> Option<&'static str> {
    match by {
        TriggerKind::Key | TriggerKind::Button | TriggerKind::FootSwitch => Some("press again"),
        TriggerKind::Signal => Some("signal again"),
        TriggerKind::Scanner => Some("scan again"),
        TriggerKind::Timer | TriggerKind::Auto => None,
    }
}

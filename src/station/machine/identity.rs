//! Which specimen a picture shows: told before the trigger, checked against the picture itself, asked about where something speaks against it.

use std::sync::Arc;
use std::time::Duration;

use super::triggers::again;
use super::{Asked, Machine, OVERRIDE_WITHIN, Waiting};
use crate::identify::{Claim, Code, Doubt, IdSource, Identified, PickList, RecordId, Refused};
use crate::input::TriggerKind;
use crate::station::scene_watch::Observation;
use crate::station::{Severity, Ticket, Topic};

impl Machine {
    /// What is known of the specimen of a picture that is taken now.
    pub(super) fn claim(&self, follows: Option<Ticket>) -> Claim {
        let Some(ticket) = follows else {
            return self.settings.next_id.claim();
        };
        let waiting = self.waiting.iter().find(|w| w.ticket == ticket);
        let saved = self.history.iter().find(|s| s.ticket == ticket);
        let identified = waiting
            .map(|w| w.identified.as_ref())
            .or(saved.map(|s| s.identified.as_ref()));
        match identified.flatten() {
            Some(specimen) => Claim::of_specimen(specimen),
            None => Claim::of_specimen(&Identified::counted()),
        }
    }

    /// The id of a specimen; `None` where only the picture itself can tell it.
    ///
    /// # Errors
    /// Why it can't be recorded, in words for the operator.
    pub(super) fn identify(
        &self,
        claim: &Claim,
        own: Option<&RecordId>,
    ) -> Result<(Option<Identified>, Vec<Doubt>), String> {
        match self.settings.next_id.resolve(claim, own) {
            Ok((identified, doubts)) => Ok((Some(identified), doubts)),
            Err(Refused::Missing { .. }) if self.settings.next_id.settings().uses(IdSource::Barcode) => {
                Ok((None, Vec::new()))
            }
            Err(refused) => Err(refused.to_string()),
        }
    }

    /// The same for a picture that the station takes by itself, whose codes are known.
    pub(super) fn identify_seen(&self, seen: &Observation) -> Result<(Claim, Option<Identified>), String> {
        let claim = self
            .settings
            .next_id
            .with_codes(self.settings.next_id.claim(), &seen.codes);
        // A still shows more than its preview.
        let (identified, doubts) = match self.settings.next_id.resolve(&claim, None) {
            Err(Refused::Missing { .. }) if self.takes_stills => self.identify(&claim, None)?,
            resolved => {
                let (identified, doubts) = resolved.map_err(|refused| refused.to_string())?;
                (Some(identified), doubts)
            }
        };
        if doubts.is_empty() {
            return Ok((claim, identified));
        }
        Err(in_words(&doubts))
    }

    /// What the operator says yes to by this trigger: all that was asked about just before it. `None` where something else speaks against the picture.
    pub(super) fn yes_to(&mut self, by: TriggerKind, doubts: &[Doubt], now: Duration) -> Option<Vec<Doubt>> {
        // An answer counts once, whatever it was the answer to.
        let asked = self.asked.take();
        let asked = asked.filter(|a| a.by == by && now.saturating_sub(a.at) <= OVERRIDE_WITHIN);
        let yes = asked.map(|a| a.doubts).unwrap_or_default();
        doubts.iter().all(|doubt| yes.contains(doubt)).then_some(yes)
    }

    /// Asks the operator, before a picture is taken or after it was released.
    pub(super) fn ask(
        &mut self,
        by: TriggerKind,
        id: Option<&RecordId>,
        doubts: Vec<Doubt>,
        before: bool,
        now: Duration,
    ) {
        self.counts.refused += 1;
        let mut words = in_words(&doubts);
        if let Some(again) = again(by) {
            let is_recorded = doubts.iter().any(|doubt| matches!(doubt, Doubt::Recorded { .. }));
            words += &match id {
                Some(id) if is_recorded => format!("; {again} within 3 s for a further record of {id}"),
                Some(id) => format!("; {again} within 3 s to save it as {id}"),
                None => format!("; {again} within 3 s to save it all the same"),
            };
            self.asked = Some(Asked { by, at: now, doubts });
        }
        match before {
            true => self.say_no_picture(words, now),
            false => self.say_not_saved(Severity::Warning, words, now),
        }
    }

    pub(super) fn say_no_picture(&mut self, why: String, now: Duration) {
        let words = format!("no picture: {why}");
        self.say_about(Topic::NotSaved { why }, Severity::Warning, words, now);
    }

    /// Settles the id of a kept picture by its own codes; whether it may be saved. Otherwise it was released, and the operator told.
    pub(super) fn identify_kept(&mut self, ticket: Ticket, codes: &[Code], now: Duration) -> bool {
        let Some(waiting) = self.waiting.iter().find(|w| w.ticket == ticket) else {
            return false;
        };
        let (by, follows) = (waiting.by, waiting.follows);
        let (confirmed, before) = (waiting.confirmed.clone(), waiting.identified.clone());
        let claim = self.settings.next_id.with_codes(waiting.claim.clone(), codes);
        let own = before.as_ref().and_then(|i| i.id.as_ref());
        match self.settings.next_id.resolve(&claim, own) {
            Err(refused) => {
                self.release(ticket);
                self.counts.refused += 1;
                self.say_not_saved(Severity::Warning, refused.to_string(), now);
                false
            }
            Ok((identified, doubts)) if doubts.iter().any(|doubt| !confirmed.contains(doubt)) => {
                self.release(ticket);
                self.ask(by, identified.id.as_ref(), doubts, false, now);
                false
            }
            Ok((identified, _)) => {
                let is_other = own.is_some() && own != identified.id.as_ref();
                if let (true, Some(shown), Some(id)) = (is_other, own, &identified.id) {
                    self.say(
                        Severity::Warning,
                        format!("this picture's label says {id}, not {shown}"),
                        now,
                    );
                }
                if follows.is_none() {
                    self.settings.next_id.retake(before.as_ref(), &identified);
                }
                if let Some(waiting) = self.waiting.iter_mut().find(|w| w.ticket == ticket) {
                    waiting.identified = Some(identified);
                }
                true
            }
        }
    }

    /// A picture becomes no record.
    pub(super) fn give_back(&mut self, waiting: Waiting) {
        if waiting.follows.is_none() {
            self.settings
                .next_id
                .give_back(waiting.claim, waiting.identified.as_ref());
        }
    }

    pub(super) fn note_saved(&mut self, id: &str, is_first: bool, identified: Option<&Identified>) {
        if let Ok(id) = RecordId::new(id) {
            self.settings.next_id.saved(&id, identified.filter(|_| is_first));
        }
    }

    pub(super) fn note_voided(&mut self, id: &str) {
        let saved = self.history.iter().rev().find(|saved| saved.id == id);
        let (claim, identified) = saved
            .map(|s| (s.claim.clone(), s.identified.clone()))
            .unwrap_or_default();
        if let Ok(id) = RecordId::new(id) {
            self.settings.next_id.voided(&id, claim, identified.as_ref());
        }
    }

    pub(super) fn scanned(&mut self, text: &str, now: Duration) {
        self.state(IdSource::Scanner, text, now);
        if self.settings.next_id.settings().scan_triggers && !text.trim().is_empty() {
            self.trigger(TriggerKind::Scanner, false, now);
        }
    }

    pub(super) fn typed_id(&mut self, text: &str, now: Duration) {
        self.typing = None;
        self.state(IdSource::Keyboard, text, now);
    }

    fn state(&mut self, source: IdSource, text: &str, now: Duration) {
        if !self.settings.next_id.settings().uses(source) {
            let words = format!(
                "a catalogue number from the {source} is not taken: identify.sources has no {source:?}",
                source = source.name()
            );
            self.say(Severity::Warning, words, now);
            return;
        }
        self.settings.next_id.state(source, text);
        let status = self.settings.next_id.status();
        let shown = match status.id.as_str() {
            "" => "the station's own count",
            id => id,
        };
        let words = match status.words.as_str() {
            "" => format!("next: {shown}"),
            words => format!("next: {shown} {words}"),
        };
        let severity = if status.words.is_empty() {
            Severity::Info
        } else {
            Severity::Warning
        };
        self.say(severity, words, now);
    }

    pub(super) fn find_in_list(&mut self, text: &str, now: Duration) {
        self.typing = None;
        let Some(words) = self.settings.next_id.list_words() else {
            let words = "there is no pick list; identify.pick_list names its file";
            self.say(Severity::Warning, words.into(), now);
            return;
        };
        let (severity, words) = match self.settings.next_id.choose(text) {
            Some(id) => (Severity::Info, format!("next in the list: {id}")),
            None if text.is_empty() => (Severity::Info, format!("the pick list is done: {words}")),
            None => (Severity::Warning, format!("{text:?} is not in the pick list")),
        };
        self.say(severity, words, now);
    }

    pub(super) fn pick_list(&mut self, list: Result<Arc<PickList>, String>, now: Duration) {
        match list {
            Ok(list) => {
                let unusable = list.unusable_count();
                let first = list.unusable().first().cloned().unwrap_or_default();
                self.settings.next_id.set_list(list);
                let words = self.settings.next_id.list_words().unwrap_or_default();
                match unusable {
                    0 => self.say(Severity::Info, format!("the pick list was read anew: {words}"), now),
                    n => {
                        let words = format!("the pick list was read anew: {words}; {n} lines can't be used: {first}");
                        self.say(Severity::Warning, words, now);
                    }
                }
            }
            Err(reason) => self.say(Severity::Warning, format!("{reason}; the list before goes on"), now),
        }
    }
}

fn in_words(doubts: &[Doubt]) -> String {
    let words: Vec<String> = doubts.iter().map(ToString::to_string).collect();
    words.join(", and ")
}

//! The station's mind: events in, effects out. No thread, no clock, no file.
//!
//! Times are durations since the station's start, told with each event. Decisions that an operator feels:
//!
//! * A triggered frame is kept from its trigger to its commit. At most [`TriggerSettings::waiting_max`] may wait; a further trigger is refused with words and counted.
//! * Records are committed in the order of their triggers, one at a time. While the storage fails, what waits is kept and tried again.
//! * A picture without a fish is not saved, and the operator is told; the same trigger within three seconds saves the whole frame as it is.
//! * *Undo* never deletes: it voids the last record, or marks the frame that still waits so that it is voided as soon as it is saved.
//! * On *finish*, what waits is saved. A frame whose analysis does not begin within one second is saved without one, because its bytes are what
//!   can't be had again.

use std::collections::VecDeque;
use std::time::Duration;

use super::event::{Effect, Event, RecordFacts, Ticket, Which};
use super::scene_watch::{Observation, SceneWatch};
use super::status::{Counts, Message, Phase, Severity, Status};
use crate::health::Reading;
use crate::input::{self, Field, TriggerKind, TriggerSettings};

/// Within this time after a refusal for want of a fish, the same trigger saves the whole frame.
const OVERRIDE_WITHIN: Duration = Duration::from_secs(3);
/// How long after *finish* an analysis may still begin.
const FINISH_ANALYSING_WITHIN: Duration = Duration::from_secs(1);
/// How long after *finish* an analysis that has begun is waited for before its frame is saved without it.
const FINISH_ANALYSIS_HANGS: Duration = Duration::from_secs(20);
/// The first pause before a lost source is opened again; it doubles up to the longest.
const SOURCE_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_SOURCE_PAUSE: Duration = Duration::from_secs(30);
/// The first pause before a failed commit is tried again; it doubles up to the longest.
const COMMIT_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_COMMIT_PAUSE: Duration = Duration::from_secs(30);
/// How many records *undo* reaches back.
const MAX_HISTORY: usize = 1000;

/// Whether the station may take a picture by itself: the place where quality checks say their word.
pub trait Gate: Send {
    /// Looks at a still scene with a fish that was not recorded yet.
    ///
    /// # Errors
    /// Why no picture should be taken, in words for the operator.
    fn admit(&self, seen: &Observation) -> Result<(), String>;
}

/// The gate that is always open.
#[derive(Debug, Clone, Copy)]
pub struct OpenGate;

impl Gate for OpenGate {
    fn admit(&self, _seen: &Observation) -> Result<(), String> {
        Ok(())
    }
}

/// What the machine needs to be told once.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct MachineSettings {
    /// By what a picture is taken.
    pub trigger: TriggerSettings,
    /// Who works at the station, until a key says otherwise.
    pub operator: String,
    /// The remark that goes with records, until a key says otherwise.
    pub note: String,
    /// Bytes that must stay free on the storage; for the forecast.
    pub floor_bytes: u64,
}

/// A triggered frame on its way to its record.
struct Waiting {
    ticket: Ticket,
    by: TriggerKind,
    operator: String,
    note: String,
    /// The frame before it of the same specimen.
    follows: Option<Ticket>,
    /// Save it even if no fish is in it.
    whole_frame: bool,
    /// Void its record once it is saved.
    undone: bool,
    stage: Stage,
}

#[derive(PartialEq, Eq)]
enum Stage {
    Analysing,
    Ready,
    Committing,
}

/// A record of this session.
struct Saved {
    ticket: Ticket,
    id: String,
    /// The id of its specimen's first record; its own unless it is a further picture.
    specimen: String,
    voided: bool,
}

enum SourceState {
    Opening,
    Live,
    Lost { reason: String, retry_at: Duration },
    Ended,
}

/// Why, and until when, no record is written.
struct CommitTrouble {
    reason: String,
    storage_full: bool,
    pause: Duration,
    retry_at: Duration,
}

/// The state machine.
pub struct Machine {
    settings: MachineSettings,
    gate: Box<dyn Gate>,
    source: SourceState,
    source_name: String,
    source_pause: Duration,
    scene: SceneWatch,
    gate_refused: Option<String>,
    waiting: VecDeque<Waiting>,
    history: VecDeque<Saved>,
    voiding: usize,
    next_ticket: u64,
    next_timer: Option<Duration>,
    no_fish_at: Option<(TriggerKind, Duration)>,
    trouble: Option<CommitTrouble>,
    finishing: Option<Duration>,
    analysing_stopped: bool,
    stopped: bool,
    message: Option<(Message, Duration)>,
    typing: Option<(Field, String)>,
    help: bool,
    health: Option<Reading>,
    record_bytes: u64,
    last_id: Option<String>,
    counts: Counts,
    effects: Vec<Effect>,
}

impl Machine {
    /// A machine at time 0, and the first effects.
    pub fn new(settings: MachineSettings, gate: Box<dyn Gate>) -> (Self, Vec<Effect>) {
        let next_timer = settings.trigger.timer();
        let machine = Self {
            settings,
            gate,
            source: SourceState::Opening,
            source_name: String::new(),
            source_pause: SOURCE_PAUSE,
            scene: SceneWatch::default(),
            gate_refused: None,
            waiting: VecDeque::new(),
            history: VecDeque::new(),
            voiding: 0,
            next_ticket: 0,
            next_timer,
            no_fish_at: None,
            trouble: None,
            finishing: None,
            analysing_stopped: false,
            stopped: false,
            message: None,
            typing: None,
            help: false,
            health: None,
            record_bytes: 0,
            last_id: None,
            counts: Counts::default(),
            effects: Vec::new(),
        };
        (machine, vec![Effect::OpenSource])
    }

    /// Takes in one event at `now` and says what is to be done, in order.
    pub fn step(&mut self, event: Event, now: Duration) -> Vec<Effect> {
        if self.stopped {
            return Vec::new();
        }
        match event {
            Event::Tick => self.tick(now),
            Event::Input(input) => self.input(input, now),
            Event::SourceOpened { description } => self.source_opened(description, now),
            Event::SourceLost { reason } => self.source_lost(reason, now),
            Event::SourceEnded => self.source_ended(now),
            Event::FramePassedOver { reason } => {
                self.counts.passed_over += 1;
                self.say(Severity::Warning, reason, now);
            }
            Event::Seen(seen) => self.seen(&seen, now),
            Event::Analysed { ticket, seen } => self.analysed(ticket, &seen, now),
            Event::AnalysisFailed { ticket, reason } => self.analysis_failed(ticket, &reason, now),
            Event::LeftUnanalysed { ticket } => self.set_ready(ticket),
            Event::Committed { ticket, id, bytes } => self.committed(ticket, id, bytes, now),
            Event::CommitFailed {
                ticket,
                reason,
                storage_full,
            } => self.commit_failed(ticket, reason, storage_full, now),
            Event::Voided { id } => {
                self.voiding = self.voiding.saturating_sub(1);
                self.counts.voided += 1;
                self.say(Severity::Info, format!("{id} is marked as void"), now);
            }
            Event::VoidFailed { id, reason } => self.void_failed(&id, &reason, now),
            Event::Health(reading) => self.health(reading, now),
            Event::DisplayLost { reason } => {
                self.say(
                    Severity::Error,
                    format!("the display fails, recording goes on: {reason}"),
                    now,
                );
            }
            Event::DisplayBack => self.say(Severity::Info, "the display is back".into(), now),
        }
        self.commit_next(now);
        self.stop_when_finished();
        std::mem::take(&mut self.effects)
    }

    /// The state in plain values at `now`.
    pub fn status(&self, now: Duration) -> Status {
        let lasts = |message: &Message| match message.severity {
            Severity::Info => Duration::from_secs(4),
            Severity::Warning => Duration::from_secs(6),
            Severity::Error => Duration::from_secs(10),
        };
        let fresh = |(message, since): &&(Message, Duration)| now.saturating_sub(*since) < lasts(message);
        let storage = self.health.as_ref().and_then(|health| health.storage);
        Status {
            phase: self.phase(),
            message: self.message.as_ref().filter(fresh).map(|(message, _)| message.clone()),
            source: self.source_name.clone(),
            counts: self.counts,
            waiting: self.waiting.len(),
            waiting_max: self.settings.trigger.waiting_max,
            last_id: self.last_id.clone(),
            operator: self.settings.operator.clone(),
            note: self.settings.note.clone(),
            typing: self.typing.clone(),
            help: self.help,
            health: self.health.clone(),
            records_left: storage.and_then(|s| s.records_left(self.settings.floor_bytes, self.record_bytes)),
        }
    }

    /// What has been counted since the start. Once stopped, frames that still waited count as lost.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    fn phase(&self) -> Phase {
        if self.finishing.is_some() {
            return Phase::Finishing;
        }
        if let Some(trouble) = &self.trouble {
            return Phase::StorageFailing {
                reason: trouble.reason.clone(),
            };
        }
        match &self.source {
            SourceState::Lost { reason, .. } => Phase::SourceLost { reason: reason.clone() },
            SourceState::Opening => Phase::Starting,
            SourceState::Live | SourceState::Ended if self.waiting.is_empty() => Phase::Ready,
            SourceState::Live | SourceState::Ended => Phase::Saving,
        }
    }

    fn say(&mut self, severity: Severity, text: String, now: Duration) {
        let message = Message { severity, text };
        self.effects.push(Effect::Say(message.clone()));
        self.message = Some((message, now));
    }

    // ---- time ----

    fn tick(&mut self, now: Duration) {
        if let SourceState::Lost { retry_at, .. } = &mut self.source
            && now >= *retry_at
            && self.finishing.is_none()
        {
            // It stays lost to the operator until the answer comes, and is not asked for twice.
            *retry_at = Duration::MAX;
            self.effects.push(Effect::OpenSource);
        }
        if let (Some(due), Some(period)) = (self.next_timer, self.settings.trigger.timer())
            && now >= due
        {
            let mut next = due + period;
            if next <= now {
                next = now + period;
            }
            self.next_timer = Some(next);
            self.trigger(TriggerKind::Timer, false, now);
        }
        if let Some(since) = self.finishing {
            self.hurry(now.saturating_sub(since));
        }
    }

    /// Sees to it that the end comes, `elapsed` after *finish*.
    fn hurry(&mut self, elapsed: Duration) {
        let is_analysing = |w: &Waiting| w.stage == Stage::Analysing;
        if elapsed >= FINISH_ANALYSING_WITHIN && !self.analysing_stopped && self.waiting.iter().any(is_analysing) {
            self.analysing_stopped = true;
            self.effects.push(Effect::StopAnalysing);
        }
        if elapsed >= FINISH_ANALYSIS_HANGS {
            for waiting in self.waiting.iter_mut().filter(|w| is_analysing(w)) {
                waiting.stage = Stage::Ready;
            }
        }
    }

    // ---- the operator ----

    fn input(&mut self, input: input::Event, now: Duration) {
        match input {
            input::Event::Trigger { by, same_specimen } => self.trigger(by, same_specimen, now),
            input::Event::Undo => self.undo(now),
            input::Event::Typing { field, text } => self.typing = Some((field, text)),
            input::Event::TypingCancelled => self.typing = None,
            input::Event::Set { field, text } => self.set(field, text, now),
            input::Event::Help => self.help = !self.help,
            input::Event::Finish => self.finish("finishing", now),
            input::Event::FinishAtOnce => self.stop(),
        }
    }

    fn set(&mut self, field: Field, text: String, now: Duration) {
        self.typing = None;
        let words = if text.is_empty() {
            format!("no {}", field.name())
        } else {
            format!("{}: {text}", field.name())
        };
        match field {
            Field::Operator => self.settings.operator = text,
            Field::Note => self.settings.note = text,
        }
        self.say(Severity::Info, words, now);
    }

    fn undo(&mut self, now: Duration) {
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

    fn void(&mut self, id: String) {
        self.voiding += 1;
        self.effects.push(Effect::Void { id });
    }

    fn void_failed(&mut self, id: &str, reason: &str, now: Duration) {
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

    // ---- triggers ----

    fn trigger(&mut self, by: TriggerKind, same_specimen: bool, now: Duration) {
        if let Err(reason) = self.may_trigger(by) {
            self.refuse(reason, now);
            return;
        }
        let follows = same_specimen.then(|| self.last_picture()).flatten();
        if same_specimen && follows.is_none() {
            self.refuse(
                "there is no record yet that another picture could follow; use SPACE".into(),
                now,
            );
            return;
        }
        let whole_frame = self
            .no_fish_at
            .take()
            .is_some_and(|(refused, at)| refused == by && now.saturating_sub(at) <= OVERRIDE_WITHIN);
        self.keep(by, follows, whole_frame, Which::Newest);
        self.say(Severity::Info, "picture taken".into(), now);
    }

    fn may_trigger(&self, by: TriggerKind) -> Result<(), String> {
        let on = match by {
            TriggerKind::Key => self.settings.trigger.key,
            TriggerKind::Signal => self.settings.trigger.signal,
            TriggerKind::Timer | TriggerKind::Auto => true,
        };
        if !on {
            return Err(format!("no picture: trigger.{} is off in the configuration", by.name()));
        }
        if self.finishing.is_some() {
            return Err("no picture: the station is finishing".into());
        }
        match &self.source {
            SourceState::Live => {}
            SourceState::Opening => return Err("no picture: the camera is still starting".into()),
            SourceState::Ended => return Err("no picture: the recording has ended".into()),
            SourceState::Lost { .. } => return Err("no picture: there is no camera".into()),
        }
        if self.waiting.len() >= self.settings.trigger.waiting_max {
            return Err(format!(
                "no picture: {} wait already to be saved; try again when one is",
                self.waiting.len()
            ));
        }
        Ok(())
    }

    fn refuse(&mut self, reason: String, now: Duration) {
        self.counts.refused += 1;
        self.say(Severity::Warning, reason, now);
    }

    fn keep(&mut self, by: TriggerKind, follows: Option<Ticket>, whole_frame: bool, which: Which) {
        let ticket = Ticket(self.next_ticket);
        self.next_ticket += 1;
        self.waiting.push_back(Waiting {
            ticket,
            by,
            operator: self.settings.operator.clone(),
            note: self.settings.note.clone(),
            follows,
            whole_frame,
            undone: false,
            stage: Stage::Analysing,
        });
        self.effects.push(Effect::Keep { ticket, which });
    }

    /// The last picture that has not been undone, saved or still waiting.
    fn last_picture(&self) -> Option<Ticket> {
        let waiting = self.waiting.iter().rev().find(|w| !w.undone).map(|w| w.ticket);
        waiting.or_else(|| self.history.iter().rev().find(|s| !s.voided).map(|s| s.ticket))
    }

    // ---- what was seen ----

    fn seen(&mut self, seen: &Observation, now: Duration) {
        self.source_pause = SOURCE_PAUSE;
        self.scene.see(seen, now);
        let Some(still) = self.settings.trigger.auto_still() else {
            return;
        };
        if !self.scene.has_new_specimen(still, now) || self.may_trigger(TriggerKind::Auto).is_err() {
            return;
        }
        match self.gate.admit(seen) {
            Ok(()) => {
                self.gate_refused = None;
                self.scene.mark_recorded(seen);
                self.keep(TriggerKind::Auto, None, false, Which::LastSeen);
                self.say(Severity::Info, "picture taken".into(), now);
            }
            Err(reason) => {
                if self.gate_refused.as_ref() != Some(&reason) {
                    self.say(Severity::Warning, format!("no picture: {reason}"), now);
                    self.gate_refused = Some(reason);
                }
            }
        }
    }

    fn analysed(&mut self, ticket: Ticket, seen: &Observation, now: Duration) {
        let Some(waiting) = self
            .waiting
            .iter()
            .find(|w| w.ticket == ticket && w.stage == Stage::Analysing)
        else {
            return;
        };
        if seen.fish.is_some() || waiting.whole_frame {
            self.scene.mark_recorded(seen);
            self.set_ready(ticket);
            return;
        }
        let by = waiting.by;
        self.release(ticket);
        self.counts.without_fish += 1;
        let words = match by {
            TriggerKind::Key => {
                self.no_fish_at = Some((by, now));
                "NOT SAVED: no fish found; press again within 3 s to save the whole frame"
            }
            TriggerKind::Signal => {
                self.no_fish_at = Some((by, now));
                "NOT SAVED: no fish found; signal again within 3 s to save the whole frame"
            }
            TriggerKind::Timer | TriggerKind::Auto => "not saved: no fish found",
        };
        self.say(Severity::Warning, words.into(), now);
    }

    fn analysis_failed(&mut self, ticket: Ticket, reason: &str, now: Duration) {
        if self.release(ticket) {
            self.counts.lost += 1;
            self.say(
                Severity::Error,
                format!("NOT SAVED, take the picture again: {reason}"),
                now,
            );
        }
    }

    fn set_ready(&mut self, ticket: Ticket) {
        if let Some(waiting) = self.waiting.iter_mut().find(|w| w.ticket == ticket)
            && waiting.stage == Stage::Analysing
        {
            waiting.stage = Stage::Ready;
        }
    }

    /// Lets a frame go; whether it was waiting.
    fn release(&mut self, ticket: Ticket) -> bool {
        let before = self.waiting.len();
        self.waiting.retain(|w| w.ticket != ticket);
        let was_waiting = self.waiting.len() < before;
        if was_waiting {
            self.effects.push(Effect::Release { ticket });
        }
        was_waiting
    }

    // ---- records ----

    fn commit_next(&mut self, now: Duration) {
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
        };
        let ticket = first.ticket;
        let is_alone = follows.is_some() && facts.same_specimen_as.is_none();
        self.effects.push(Effect::Commit { ticket, facts });
        if is_alone {
            let words = "the picture before was not saved, so this one becomes a record of its own";
            self.say(Severity::Warning, words.into(), now);
        }
    }

    fn committed(&mut self, ticket: Ticket, id: String, bytes: u64, now: Duration) {
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
        self.history.push_back(Saved {
            ticket,
            id: id.clone(),
            specimen,
            voided: waiting.undone,
        });
        if self.history.len() > MAX_HISTORY {
            self.history.pop_front();
        }
        self.say(Severity::Info, format!("saved {id}"), now);
        self.last_id = Some(id.clone());
        if waiting.undone {
            self.void(id);
        }
    }

    fn commit_failed(&mut self, ticket: Ticket, reason: String, storage_full: bool, now: Duration) {
        let Some(waiting) = self.waiting.iter_mut().find(|w| w.ticket == ticket) else {
            return;
        };
        waiting.stage = Stage::Ready;
        if self.finishing.is_some() {
            self.release(ticket);
            self.counts.lost += 1;
            self.say(Severity::Error, format!("NOT SAVED: {reason}"), now);
            return;
        }
        let pause = self
            .trouble
            .as_ref()
            .map_or(COMMIT_PAUSE, |t| (t.pause * 2).min(LONGEST_COMMIT_PAUSE));
        let words = if storage_full { "storage full" } else { "saving failed" };
        self.say(
            Severity::Error,
            format!("{words}, {} kept and tried again: {reason}", self.waiting.len()),
            now,
        );
        self.trouble = Some(CommitTrouble {
            reason,
            storage_full,
            pause,
            retry_at: now + pause,
        });
    }

    fn health(&mut self, reading: Reading, now: Duration) {
        let needed = self.settings.floor_bytes + self.record_bytes;
        let has_room = reading.storage.is_some_and(|s| s.free > needed && !s.read_only);
        if let Some(trouble) = &mut self.trouble
            && trouble.storage_full
            && has_room
        {
            trouble.retry_at = now;
        }
        self.health = Some(reading);
    }

    // ---- the source ----

    fn source_opened(&mut self, description: String, now: Duration) {
        if matches!(self.source, SourceState::Lost { .. }) {
            self.say(Severity::Info, "the camera is back".into(), now);
        }
        self.source = SourceState::Live;
        self.source_name = description;
    }

    fn source_lost(&mut self, reason: String, now: Duration) {
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

    fn source_ended(&mut self, now: Duration) {
        self.source = SourceState::Ended;
        self.finish("the recording has ended", now);
    }

    // ---- the end ----

    fn finish(&mut self, words: &str, now: Duration) {
        if self.finishing.is_some() {
            return;
        }
        self.finishing = Some(now);
        self.typing = None;
        self.next_timer = None;
        if let Some(trouble) = &mut self.trouble {
            trouble.retry_at = now;
        }
        let words = match self.waiting.len() {
            0 => words.to_owned(),
            1 => format!("{words}: 1 picture is still to be saved"),
            n => format!("{words}: {n} pictures are still to be saved"),
        };
        self.say(Severity::Info, words, now);
    }

    fn stop_when_finished(&mut self) {
        if self.finishing.is_some() && self.waiting.is_empty() && self.voiding == 0 {
            self.stop();
        }
    }

    fn stop(&mut self) {
        if !self.stopped {
            self.stopped = true;
            self.counts.lost += self.waiting.len() as u64;
            self.effects.push(Effect::Stop);
        }
    }
}

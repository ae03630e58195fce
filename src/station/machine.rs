//! The station's mind: events in, effects out. No thread, no clock, no file.
//!
//! Times are durations since the station's start, told with each event. Decisions that an operator feels:
//!
//! * A triggered frame is kept from its trigger to its commit. At most [`TriggerSettings::waiting_max`] may wait; a further trigger is refused with words and counted.
//! * Records are committed in the order of their triggers, one at a time. While the storage fails, what waits is kept and tried again.
//! * A picture without a fish is not saved, and the operator is told; the same trigger within three seconds saves the whole frame as it is.
//! * A picture whose specimen has no id where one is needed is refused; what only raises a doubt (a record has the id already, the label says another) is
//!   asked about, and the same trigger within three seconds says yes.
//! * *Undo* never deletes: it voids the last record, or marks the frame that still waits so that it is voided as soon as it is saved.
//! * On *finish*, what waits is saved. A frame whose analysis does not begin within one second is saved without one, because its bytes are what
//!   can't be had again.

mod identity;
mod records;
mod source;
mod triggers;

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use super::event::{Effect, Event, Ticket};
use super::scene_watch::{Observation, SceneWatch};
use super::status::{Counts, Message, Phase, Severity, Status, Topic};
use crate::health::Reading;
use crate::identify::{Claim, Doubt, Identified, NextId};
use crate::input::{self, Field, SwitchKind, TriggerKind, TriggerSettings};
use crate::measure::quality::Quality;

/// Within this time after a refusal for want of a fish, the same trigger saves the whole frame; after a question about the id, it says yes.
const OVERRIDE_WITHIN: Duration = Duration::from_secs(3);
/// For so long a message is new.
const NEW: Duration = Duration::from_secs(1);
/// How long after *finish* an analysis may still begin.
const FINISH_ANALYSING_WITHIN: Duration = Duration::from_secs(1);
/// How long after *finish* an analysis that has begun is waited for before its frame is saved without it.
const FINISH_ANALYSIS_HANGS: Duration = Duration::from_secs(20);

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
    /// Where ids come from, and which there are.
    pub next_id: NextId,
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
    /// What the preview showed, where the frame is a still: another size shows another part of the scene, and automatic triggers compare previews.
    preview: Option<Observation>,
    /// What was known of its specimen's id at the trigger.
    claim: Claim,
    /// The specimen's id, once it is known.
    identified: Option<Identified>,
    /// What the operator has said yes to.
    confirmed: Vec<Doubt>,
    /// Void its record once it is saved.
    undone: bool,
    /// What the quality checks found in it.
    quality: Quality,
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
    claim: Claim,
    identified: Option<Identified>,
    voided: bool,
}

/// A question to the operator, which the same trigger answers with yes.
struct Asked {
    by: TriggerKind,
    at: Duration,
    doubts: Vec<Doubt>,
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
    full: bool,
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
    takes_stills: bool,
    scene: SceneWatch,
    gate_refused: Option<String>,
    waiting: VecDeque<Waiting>,
    history: VecDeque<Saved>,
    voiding: usize,
    next_ticket: u64,
    next_timer: Option<Duration>,
    no_fish_at: Option<(TriggerKind, Duration)>,
    asked: Option<Asked>,
    trouble: Option<CommitTrouble>,
    finishing: Option<Duration>,
    analysing_stopped: bool,
    stopped: bool,
    message: Option<(Message, Duration)>,
    typing: Option<(Field, String)>,
    measurements_switched: bool,
    help: bool,
    has_display: Option<bool>,
    lost_switches: BTreeSet<SwitchKind>,
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
            source_pause: source::SOURCE_PAUSE,
            takes_stills: false,
            scene: SceneWatch::default(),
            gate_refused: None,
            waiting: VecDeque::new(),
            history: VecDeque::new(),
            voiding: 0,
            next_ticket: 0,
            next_timer,
            no_fish_at: None,
            asked: None,
            trouble: None,
            finishing: None,
            analysing_stopped: false,
            stopped: false,
            message: None,
            typing: None,
            measurements_switched: false,
            help: false,
            has_display: None,
            lost_switches: BTreeSet::new(),
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
            Event::SourceOpened {
                description,
                notes,
                takes_stills,
            } => self.source_opened(description, notes, takes_stills, now),
            Event::SourceLost { reason } => self.source_lost(reason, now),
            Event::SourceEnded => self.source_ended(now),
            Event::FramePassedOver { reason } => {
                self.counts.passed_over += 1;
                self.say(Severity::Warning, reason, now);
            }
            Event::Seen(seen) => self.seen(&seen, now),
            Event::Analysed { ticket, seen } => self.analysed(ticket, &seen, now),
            Event::AnalysisFailed { ticket, reason } => self.analysis_failed(ticket, &reason, now),
            Event::StillTaken { ticket } => self.still_taken(ticket, now),
            Event::StillFailed { ticket, reason } => self.still_failed(ticket, &reason, now),
            Event::LeftUnanalysed { ticket } => self.set_ready(ticket),
            Event::Committed { ticket, id, bytes } => self.committed(ticket, id, bytes, now),
            Event::CommitFailed {
                ticket,
                reason,
                failure,
            } => self.commit_failed(ticket, reason, failure, now),
            Event::Voided { id } => self.voided(id, now),
            Event::VoidFailed { id, reason } => self.void_failed(&id, &reason, now),
            Event::PickList(list) => self.pick_list(list, now),
            Event::Health(reading) => self.health(reading, now),
            Event::DisplayLost { reason } => {
                self.has_display = Some(false);
                self.say(
                    Severity::Error,
                    format!("the display fails, recording goes on: {reason}"),
                    now,
                );
            }
            Event::DisplayBack => {
                self.has_display = Some(true);
                self.say(Severity::Info, "the display is back".into(), now);
            }
        }
        self.commit_next(now);
        self.stop_when_finished();
        std::mem::take(&mut self.effects)
    }

    /// The state in plain values at `now`.
    pub fn status(&self, now: Duration) -> Status {
        let lasts = |message: &Message| match (&message.topic, message.severity) {
            // As long as the second press counts.
            (Topic::NotSaved { .. }, Severity::Warning) => OVERRIDE_WITHIN,
            (_, Severity::Info) => Duration::from_secs(4),
            (_, Severity::Warning) => Duration::from_secs(6),
            (_, Severity::Error) => Duration::from_secs(10),
        };
        let fresh = |(message, since): &&(Message, Duration)| now.saturating_sub(*since) < lasts(message);
        let storage = self.health.as_ref().and_then(|health| health.storage);
        Status {
            phase: self.phase(),
            message: self.message.as_ref().filter(fresh).map(|(message, _)| message.clone()),
            message_is_new: self
                .message
                .as_ref()
                .is_some_and(|(_, since)| now.saturating_sub(*since) < NEW),
            auto: self
                .settings
                .trigger
                .auto_still()
                .and_then(|still| self.scene.auto(still, now)),
            held_back: self.held_back(now),
            source: self.source_name.clone(),
            counts: self.counts,
            waiting: self.waiting.len(),
            waiting_max: self.settings.trigger.waiting_max,
            last_id: self.last_id.clone(),
            next_id: self.settings.next_id.status(),
            operator: self.settings.operator.clone(),
            note: self.settings.note.clone(),
            typing: self.typing.clone(),
            measurements_switched: self.measurements_switched,
            help: self.help,
            has_source: matches!(self.source, SourceState::Live),
            has_display: self.has_display,
            lost_switches: self.lost_switches.iter().copied().collect(),
            health: self.health.clone(),
            records_left: storage.and_then(|s| s.records_left(self.settings.floor_bytes, self.record_bytes)),
        }
    }

    /// Why `auto` waits although the scene is still.
    fn held_back(&self, now: Duration) -> Option<String> {
        let still = self.settings.trigger.auto_still()?;
        let reason = self.gate_refused.as_ref()?;
        self.scene.has_new_specimen(still, now).then(|| reason.clone())
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
                full: trouble.full,
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
        self.say_about(Topic::Other, severity, text, now);
    }

    fn say_not_saved(&mut self, severity: Severity, why: String, now: Duration) {
        let words = format!("NOT SAVED: {why}");
        self.say_about(Topic::NotSaved { why }, severity, words, now);
    }

    fn say_about(&mut self, topic: Topic, severity: Severity, text: String, now: Duration) {
        let message = Message { severity, topic, text };
        self.effects.push(Effect::Say(message.clone()));
        self.message = Some((message, now));
    }

    fn tick(&mut self, now: Duration) {
        self.reopen_source(now);
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

    fn input(&mut self, input: input::Event, now: Duration) {
        match input {
            input::Event::Trigger { by, same_specimen } => self.trigger(by, same_specimen, now),
            input::Event::Undo => self.undo(now),
            input::Event::Typing { field, text } => self.typing = Some((field, text)),
            input::Event::TypingCancelled => self.typing = None,
            input::Event::Set { field: Field::Id, text } => self.typed_id(&text, now),
            input::Event::Set {
                field: Field::List,
                text,
            } => self.find_in_list(&text, now),
            input::Event::Set { field, text } => self.set(field, text, now),
            input::Event::Scanned { text } => self.scanned(&text, now),
            input::Event::Measurements => self.measurements_switched = !self.measurements_switched,
            input::Event::Help => self.help = !self.help,
            input::Event::Finish => self.finish("finishing", now),
            input::Event::FinishAtOnce => self.stop(),
            input::Event::SwitchLost { switch, reason } => {
                self.lost_switches.insert(switch);
                self.say(Severity::Warning, format!("no {}: {reason}", switch.name()), now);
            }
            input::Event::SwitchBack { switch } => {
                self.lost_switches.remove(&switch);
                self.say(Severity::Info, format!("the {} is back", switch.name()), now);
            }
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
            // These are not settings, and were dealt with before.
            Field::Id | Field::List => {}
        }
        self.say(Severity::Info, words, now);
    }

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

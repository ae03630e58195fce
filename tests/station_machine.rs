//! The station's decisions, told step by step: no thread, no clock, no file.

use std::time::Duration;

use fishrig::frame::PixelBox;
use fishrig::health::{ClockTrust, Reading, Storage};
use fishrig::input::{self, Field, SwitchKind, TriggerKind, TriggerSettings};
use fishrig::measure::quality::{Admitted, Check, CheckName, Quality, Verdict};
use fishrig::station::machine::{Gate, Machine, MachineSettings, OpenGate};
use fishrig::station::scene_watch::Observation;
use fishrig::station::{
    CommitFailure, Effect, Event, Phase, QualityGate, RecordFacts, Severity, Status, Ticket, Topic, Which,
};
use image::{Rgb, RgbImage};

#[path = "station_machine/identity.rs"]
mod identity;

/// A machine with a clock that only the test moves.
struct Rig {
    machine: Machine,
    now: Duration,
    said: Vec<(Severity, String)>,
}

impl Rig {
    fn new(settings: MachineSettings) -> Self {
        Self::with_gate(settings, Box::new(OpenGate))
    }

    /// A rig whose source is open.
    fn with_gate(settings: MachineSettings, gate: Box<dyn Gate>) -> Self {
        let (machine, effects) = Machine::new(settings, gate);
        assert_eq!(effects, [Effect::OpenSource]);
        let mut rig = Self {
            machine,
            now: Duration::ZERO,
            said: Vec::new(),
        };
        assert_eq!(rig.status().phase, Phase::Starting);
        rig.tell(opened("a camera", false));
        rig
    }

    fn live() -> Self {
        Self::new(MachineSettings::default())
    }

    /// The effects of an event, what is said apart.
    fn tell(&mut self, event: Event) -> Vec<Effect> {
        let mut effects = self.machine.step(event, self.now);
        effects.retain(|effect| match effect {
            Effect::Say(message) => {
                self.said.push((message.severity, message.text.clone()));
                false
            }
            _ => true,
        });
        effects
    }

    fn after(&mut self, seconds: f64) -> Vec<Effect> {
        self.now += Duration::from_secs_f64(seconds);
        self.tell(Event::Tick)
    }

    fn input(&mut self, event: input::Event) -> Vec<Effect> {
        self.tell(Event::Input(event))
    }

    fn press(&mut self) -> Vec<Effect> {
        self.input(trigger(TriggerKind::Key, false))
    }

    fn press_again(&mut self) -> Vec<Effect> {
        self.input(trigger(TriggerKind::Key, true))
    }

    fn analysed(&mut self, ticket: u64, seen: Observation) -> Vec<Effect> {
        let ticket = Ticket(ticket);
        self.tell(Event::Analysed { ticket, seen })
    }

    fn committed(&mut self, ticket: u64, id: &str) -> Vec<Effect> {
        self.tell(Event::Committed {
            ticket: Ticket(ticket),
            id: id.into(),
            bytes: 1000,
        })
    }

    fn commit_failed(&mut self, ticket: u64, reason: &str) -> Vec<Effect> {
        self.tell(Event::CommitFailed {
            ticket: Ticket(ticket),
            reason: reason.into(),
            failure: match reason {
                "disk full" => CommitFailure::StorageFull,
                "no such size" => CommitFailure::Record,
                _ => CommitFailure::Storage,
            },
        })
    }

    /// Presses, analyses and commits one picture.
    fn save(&mut self, ticket: u64, id: &str) {
        assert_eq!(self.press(), [keep(ticket)]);
        assert!(matches!(
            self.analysed(ticket, with_fish())[..],
            [Effect::Commit { .. }]
        ));
        assert_eq!(self.committed(ticket, id), [release(ticket)]);
    }

    fn status(&self) -> Status {
        self.machine.status(self.now)
    }

    fn last_words(&self) -> &str {
        self.said.last().map_or("", |(_, text)| text)
    }
}

fn opened(description: &str, takes_stills: bool) -> Event {
    Event::SourceOpened {
        description: description.into(),
        notes: Vec::new(),
        takes_stills,
    }
}

fn trigger(by: TriggerKind, same_specimen: bool) -> input::Event {
    input::Event::Trigger { by, same_specimen }
}

fn keep(ticket: u64) -> Effect {
    Effect::Keep {
        ticket: Ticket(ticket),
        which: Which::Newest,
    }
}

fn release(ticket: u64) -> Effect {
    Effect::Release { ticket: Ticket(ticket) }
}

fn facts_of(effects: &[Effect]) -> RecordFacts {
    match effects {
        [Effect::Commit { facts, .. }] => facts.clone(),
        other => panic!("one commit expected, not {other:?}"),
    }
}

/// A scene with a fish at `left`, striped in `shade`.
fn scene(fish: Option<(u32, u8)>) -> Observation {
    let bounds = fish.map(|(left, _)| PixelBox::new(left, 40, left + 80, 70));
    let picture = RgbImage::from_fn(200, 100, |x, y| match (bounds, fish) {
        (Some(b), Some((_, shade))) if (b.left..b.right).contains(&x) && (b.top..b.bottom).contains(&y) => {
            Rgb([shade; 3])
        }
        _ => Rgb([220; 3]),
    });
    Observation::of(&picture, bounds)
}

fn with_fish() -> Observation {
    scene(Some((50, 90)))
}

fn without_fish() -> Observation {
    scene(None)
}

#[test]
fn a_picture_from_key_to_record() {
    let mut rig = Rig::live();
    assert_eq!(rig.status().phase, Phase::Ready);
    assert_eq!(rig.press(), [keep(0)]);
    assert_eq!((rig.status().phase, rig.status().waiting), (Phase::Saving, 1));
    let facts = facts_of(&rig.analysed(0, with_fish()));
    assert_eq!((facts.trigger, facts.same_specimen_as), (TriggerKind::Key, None));
    assert_eq!(rig.committed(0, "F-1"), [release(0)]);
    assert_eq!(rig.last_words(), "saved F-1");
    let status = rig.status();
    assert_eq!(
        (status.phase, status.waiting, status.counts.saved),
        (Phase::Ready, 0, 1)
    );
    assert_eq!(status.last_id.as_deref(), Some("F-1"));
}

#[test]
fn records_are_committed_in_the_order_of_their_triggers_one_at_a_time() {
    let mut rig = Rig::live();
    for ticket in 0..3 {
        assert_eq!(rig.press(), [keep(ticket)]);
    }
    assert_eq!(rig.analysed(1, with_fish()), [], "the first is not analysed yet");
    assert_eq!(rig.analysed(0, with_fish()).len(), 1);
    assert_eq!(rig.analysed(2, with_fish()), [], "the first is being written");
    let effects = rig.committed(0, "F-1");
    assert!(
        matches!(
            effects[..],
            [
                Effect::Release { ticket: Ticket(0) },
                Effect::Commit { ticket: Ticket(1), .. }
            ]
        ),
        "{effects:?}"
    );
}

#[test]
fn a_trigger_while_as_many_wait_as_may_is_refused_with_words_and_counted() {
    let mut rig = Rig::live();
    for ticket in 0..4 {
        assert_eq!(rig.press(), [keep(ticket)]);
    }
    assert_eq!(rig.press(), []);
    assert_eq!(
        rig.last_words(),
        "no picture: 4 wait already to be saved; try again when one is"
    );
    assert_eq!((rig.status().counts.refused, rig.status().waiting), (1, 4));
    rig.analysed(0, with_fish());
    rig.committed(0, "F-1");
    assert_eq!(rig.press(), [keep(4)], "there is room again");
}

#[test]
fn without_a_fish_the_operator_is_told_and_a_second_press_saves_the_whole_frame() {
    let mut rig = Rig::live();
    rig.press();
    assert_eq!(rig.analysed(0, without_fish()), [release(0)]);
    assert!(
        rig.last_words().starts_with("NOT SAVED: no fish"),
        "{}",
        rig.last_words()
    );
    assert_eq!(rig.status().counts.without_fish, 1);
    rig.after(2.5);
    assert_eq!(rig.press(), [keep(1)]);
    assert_eq!(facts_of(&rig.analysed(1, without_fish())).trigger, TriggerKind::Key);
    rig.committed(1, "F-1");

    rig.press();
    assert_eq!(
        rig.analysed(2, without_fish()),
        [release(2)],
        "the override held for one picture only"
    );
    rig.after(3.5);
    rig.press();
    assert_eq!(rig.analysed(3, without_fish()), [release(3)], "three seconds are over");
    rig.input(trigger(TriggerKind::Signal, false));
    assert_eq!(
        rig.analysed(4, without_fish()),
        [release(4)],
        "another trigger is no second press"
    );
}

#[test]
fn a_frame_that_cannot_be_analysed_is_said_to_be_lost() {
    let mut rig = Rig::live();
    rig.press();
    let failed = Event::AnalysisFailed {
        ticket: Ticket(0),
        reason: "the picture is damaged".into(),
    };
    assert_eq!(rig.tell(failed), [release(0)]);
    assert_eq!(
        rig.last_words(),
        "NOT SAVED: take the picture again: the picture is damaged"
    );
    assert_eq!((rig.status().counts.lost, rig.status().waiting), (1, 0));
}

#[test]
fn a_lost_camera_is_said_tried_again_ever_more_slowly_and_triggers_are_refused() {
    let mut rig = Rig::live();
    let lost = || Event::SourceLost {
        reason: "unplugged".into(),
    };
    assert_eq!(rig.tell(lost()), []);
    assert_eq!(rig.last_words(), "no camera: unplugged");
    assert_eq!(rig.press(), []);
    assert_eq!(rig.last_words(), "no picture: there is no camera");
    assert_eq!(rig.after(0.4), []);
    let said = rig.said.len();
    let mut pause = 0.5;
    for _ in 0..8 {
        assert_eq!(rig.after(pause), [Effect::OpenSource]);
        assert_eq!(rig.after(100.0), [], "it is being opened");
        rig.tell(lost());
        assert!(matches!(rig.status().phase, Phase::SourceLost { .. }));
        pause = (pause * 2.0).min(5.0);
        assert_eq!(rig.after(pause * 0.9), []);
    }
    assert_eq!(rig.said.len(), said, "the same reason is said once");
    rig.after(30.0);
    rig.tell(opened("a camera", false));
    assert_eq!(rig.last_words(), "the camera is back");
    rig.tell(Event::Seen(without_fish()));
    rig.tell(lost());
    assert_eq!(
        rig.after(0.5),
        [Effect::OpenSource],
        "after frames came, the pause is short again"
    );
}

#[test]
fn a_camera_that_is_another_after_its_loss_is_told_with_what_it_refuses() {
    let mut rig = Rig::live();
    rig.tell(Event::SourceLost {
        reason: "unplugged".into(),
    });
    rig.tell(Event::SourceOpened {
        description: "another camera".into(),
        notes: vec!["control gain = 9 is refused".into()],
        takes_stills: false,
    });
    let said = rig.said[rig.said.len() - 2..].iter().map(|(_, text)| text.as_str());
    let wanted = [
        "the camera is back, and is another than before: another camera",
        "control gain = 9 is refused",
    ];
    assert_eq!(said.collect::<Vec<_>>(), wanted);
    assert_eq!(rig.status().phase, Phase::Ready);
}

#[test]
fn a_still_is_awaited_and_said_and_the_preview_s_frame_stands_in() {
    let mut rig = Rig::new(MachineSettings::default());
    rig.tell(opened("a camera", true));
    assert_eq!(rig.press(), [keep(0)]);
    assert_eq!(rig.last_words(), "hold still: the full-size picture is being taken");
    rig.tell(Event::StillTaken { ticket: Ticket(0) });
    assert_eq!(rig.last_words(), "picture taken");
    assert_eq!(rig.press(), [keep(1)]);
    rig.tell(Event::StillFailed {
        ticket: Ticket(1),
        reason: "no memory".into(),
    });
    assert_eq!(
        rig.last_words(),
        "no full-size picture, the preview's smaller one is kept: no memory"
    );
    assert_eq!(rig.analysed(0, with_fish()).len(), 1, "both become records");
    assert_eq!(rig.committed(0, "F-1"), [release(0)]);
    assert_eq!(rig.analysed(1, with_fish()).len(), 1);
}

#[test]
fn auto_compares_previews_also_where_records_are_stills() {
    let mut rig = Rig::new(automatic());
    rig.tell(opened("a camera", true));
    assert_eq!(show(&mut rig, &scene(Some((20, 90))), 3), [keep_seen(0)]);
    // The same fish looks another at full size, where the picture shows more of the table.
    rig.analysed(0, scene(Some((60, 200))));
    rig.committed(0, "F-1");
    assert_eq!(show(&mut rig, &scene(Some((20, 90))), 5), []);
}

#[test]
fn pictures_that_wait_survive_the_loss_of_the_camera() {
    let mut rig = Rig::live();
    rig.press();
    rig.tell(Event::SourceLost {
        reason: "unplugged".into(),
    });
    assert_eq!(rig.analysed(0, with_fish()).len(), 1);
    assert_eq!(rig.committed(0, "F-1"), [release(0)]);
}

fn health(free: u64) -> Event {
    Event::Health(Reading {
        storage: Some(Storage {
            free,
            total: 1 << 30,
            read_only: false,
        }),
        memory: None,
        temperature: None,
        throttling: None,
        clock: ClockTrust::Unknown,
        boot_id: None,
    })
}

#[test]
fn a_full_disk_keeps_what_waits_and_tries_again() {
    let mut rig = Rig::live();
    for _ in 0..4 {
        rig.press();
    }
    for ticket in 0..4 {
        rig.analysed(ticket, with_fish());
    }
    assert_eq!(rig.commit_failed(0, "disk full"), []);
    assert_eq!(rig.last_words(), "storage full, 4 kept and tried again: disk full");
    let reason = "disk full".to_owned();
    assert_eq!(rig.status().phase, Phase::StorageFailing { reason, full: true });
    assert_eq!(rig.press(), [], "the bound holds");
    assert_eq!(rig.after(0.9), []);
    assert!(matches!(rig.after(0.2)[..], [Effect::Commit { ticket: Ticket(0), .. }]));
    rig.commit_failed(0, "disk full");
    assert_eq!(rig.after(1.1), [], "the pause has doubled");
    assert!(
        matches!(
            rig.tell(health(1 << 20))[..],
            [Effect::Commit { ticket: Ticket(0), .. }]
        ),
        "there is room: no reason to wait"
    );
    let effects = rig.committed(0, "F-1");
    assert!(matches!(
        effects[..],
        [Effect::Release { .. }, Effect::Commit { ticket: Ticket(1), .. }]
    ));
    assert!(rig.said.iter().any(|(_, text)| text == "records are being saved again"));
    assert_eq!(rig.status().phase, Phase::Saving);
}

#[test]
fn a_record_that_can_never_be_written_does_not_block_the_others() {
    let mut rig = Rig::live();
    rig.press();
    rig.press();
    rig.analysed(0, with_fish());
    rig.analysed(1, with_fish());
    let effects = rig.commit_failed(0, "no such size");
    assert!(matches!(
        effects[..],
        [
            Effect::Release { ticket: Ticket(0) },
            Effect::Commit { ticket: Ticket(1), .. }
        ]
    ));
    assert_eq!(rig.last_words(), "NOT SAVED: no such size");
    assert_eq!(rig.status().counts.lost, 1);
}

#[test]
fn the_forecast_counts_records() {
    let mut rig = Rig::new(MachineSettings {
        floor_bytes: 10_000,
        ..MachineSettings::default()
    });
    rig.tell(health(60_000));
    assert_eq!(rig.status().records_left, None, "no record's size is known yet");
    rig.save(0, "F-1");
    assert_eq!(rig.status().records_left, Some(50));
}

#[test]
fn undo_voids_the_last_then_the_one_before_then_there_is_nothing() {
    let mut rig = Rig::live();
    assert_eq!(rig.input(input::Event::Undo), []);
    assert_eq!(rig.last_words(), "nothing to undo: no record was saved since the start");
    rig.save(0, "F-1");
    rig.save(1, "F-2");
    let void = |id: &str| Effect::Void { id: id.into() };
    assert_eq!(rig.input(input::Event::Undo), [void("F-2")]);
    rig.tell(Event::Voided { id: "F-2".into() });
    assert_eq!(rig.last_words(), "F-2 is marked as void");
    assert_eq!(rig.input(input::Event::Undo), [void("F-1")]);
    rig.tell(Event::VoidFailed {
        id: "F-1".into(),
        reason: "read-only".into(),
    });
    assert_eq!(rig.last_words(), "F-1 could not be marked as void: read-only");
    assert_eq!(
        rig.input(input::Event::Undo),
        [void("F-1")],
        "it is not void, so it can be tried again"
    );
    rig.tell(Event::Voided { id: "F-1".into() });
    assert_eq!(rig.input(input::Event::Undo), []);
    assert_eq!(rig.status().counts.voided, 2);
}

#[test]
fn undo_of_a_picture_that_still_waits_voids_it_once_it_is_saved() {
    let mut rig = Rig::live();
    rig.save(0, "F-1");
    rig.press();
    assert_eq!(rig.input(input::Event::Undo), []);
    assert_eq!(rig.analysed(1, with_fish()).len(), 1);
    let void = Effect::Void { id: "F-2".into() };
    assert_eq!(rig.committed(1, "F-2"), [release(1), void]);
    let void = Effect::Void { id: "F-1".into() };
    assert_eq!(
        rig.input(input::Event::Undo),
        [void],
        "a further undo reaches the one before"
    );
}

#[test]
fn further_pictures_of_a_specimen_share_its_first_id() {
    let mut rig = Rig::live();
    assert_eq!(rig.press_again(), []);
    assert!(rig.last_words().contains("no record yet"), "{}", rig.last_words());
    rig.save(0, "F-1");
    for (ticket, id) in [(1, "F-1-2"), (2, "F-1-3")] {
        assert_eq!(rig.press_again(), [keep(ticket)]);
        let facts = facts_of(&rig.analysed(ticket, with_fish()));
        assert_eq!(facts.same_specimen_as.as_deref(), Some("F-1"));
        rig.committed(ticket, id);
    }
    rig.save(3, "F-2");
    rig.press_again();
    assert_eq!(
        facts_of(&rig.analysed(4, with_fish())).same_specimen_as.as_deref(),
        Some("F-2")
    );
}

#[test]
fn a_further_picture_may_be_taken_before_the_first_is_saved() {
    let mut rig = Rig::live();
    rig.press();
    rig.press_again();
    rig.analysed(0, with_fish());
    rig.analysed(1, with_fish());
    let effects = rig.committed(0, "F-1");
    assert_eq!(facts_of(&effects[1..]).same_specimen_as.as_deref(), Some("F-1"));

    let mut rig = Rig::live();
    rig.press();
    rig.press_again();
    rig.analysed(0, without_fish());
    let facts = facts_of(&rig.analysed(1, with_fish()));
    assert_eq!(facts.same_specimen_as, None, "never the id of some other specimen");
    assert!(rig.last_words().contains("a record of its own"));
}

#[test]
fn operator_and_note_are_those_of_the_trigger() {
    let mut rig = Rig::new(MachineSettings {
        operator: "Ada".into(),
        ..MachineSettings::default()
    });
    rig.press();
    rig.input(input::Event::Typing {
        field: Field::Operator,
        text: "B".into(),
    });
    assert_eq!(rig.status().typing, Some((Field::Operator, "B".into())));
    rig.input(input::Event::Set {
        field: Field::Operator,
        text: "Ben".into(),
    });
    rig.input(input::Event::Set {
        field: Field::Note,
        text: "torn fin".into(),
    });
    assert_eq!(rig.status().typing, None);
    rig.press();
    let first = facts_of(&rig.analysed(0, with_fish()));
    assert_eq!((first.operator.as_str(), first.note.as_str()), ("Ada", ""));
    rig.analysed(1, with_fish());
    let effects = rig.committed(0, "F-1");
    let second = facts_of(&effects[1..]);
    assert_eq!((second.operator.as_str(), second.note.as_str()), ("Ben", "torn fin"));
}

#[test]
fn finishing_saves_what_waits_and_then_stops() {
    let mut rig = Rig::live();
    rig.press();
    rig.press();
    rig.analysed(0, with_fish());
    assert_eq!(rig.input(input::Event::Finish), []);
    assert_eq!(rig.last_words(), "finishing: 2 pictures are still to be saved");
    assert_eq!(rig.press(), []);
    assert_eq!(rig.after(0.9), []);
    assert_eq!(rig.committed(0, "F-1"), [release(0)]);
    assert_eq!(rig.after(0.2), [Effect::StopAnalysing]);
    assert_eq!(rig.after(0.2), [], "asked once");
    let ticket = Ticket(1);
    assert!(matches!(
        rig.tell(Event::LeftUnanalysed { ticket })[..],
        [Effect::Commit { .. }]
    ));
    assert_eq!(rig.committed(1, "F-2"), [release(1), Effect::Stop]);
    assert_eq!(rig.after(1.0), [], "nothing after the end");
    assert_eq!((rig.machine.counts().saved, rig.machine.counts().lost), (2, 0));
}

#[test]
fn finishing_with_nothing_to_do_stops_at_once_and_twice_is_once() {
    let mut rig = Rig::live();
    assert_eq!(rig.input(input::Event::Finish), [Effect::Stop]);
    assert_eq!(rig.input(input::Event::Finish), []);
}

#[test]
fn finishing_waits_for_a_void() {
    let mut rig = Rig::live();
    rig.save(0, "F-1");
    rig.input(input::Event::Undo);
    assert_eq!(rig.input(input::Event::Finish), []);
    assert_eq!(rig.tell(Event::Voided { id: "F-1".into() }), [Effect::Stop]);
}

#[test]
fn finishing_with_a_full_disk_tries_once_more_and_says_what_is_lost() {
    let mut rig = Rig::live();
    rig.press();
    rig.analysed(0, with_fish());
    rig.commit_failed(0, "disk full");
    assert!(matches!(rig.input(input::Event::Finish)[..], [Effect::Commit { .. }]));
    assert_eq!(rig.commit_failed(0, "disk full"), [release(0), Effect::Stop]);
    assert_eq!(rig.last_words(), "NOT SAVED: disk full");
    assert_eq!(rig.machine.counts().lost, 1);
}

#[test]
fn an_analysis_that_hangs_does_not_hold_up_the_end_for_ever() {
    let mut rig = Rig::live();
    rig.press();
    rig.input(input::Event::Finish);
    assert_eq!(rig.after(1.0), [Effect::StopAnalysing]);
    assert_eq!(rig.after(18.0), [], "it has begun, so it is waited for");
    assert!(matches!(rig.after(1.0)[..], [Effect::Commit { ticket: Ticket(0), .. }]));
    assert_eq!(rig.analysed(0, without_fish()), [], "too late to matter");
    assert_eq!(rig.committed(0, "F-1"), [release(0), Effect::Stop]);
}

#[test]
fn a_second_request_stops_without_waiting() {
    let mut rig = Rig::live();
    rig.press();
    rig.input(input::Event::Finish);
    assert_eq!(rig.input(input::Event::FinishAtOnce), [Effect::Stop]);
    assert_eq!(rig.machine.counts().lost, 1);
}

#[test]
fn the_end_of_a_recording_saves_what_waits_and_stops() {
    let mut rig = Rig::live();
    rig.press();
    assert_eq!(rig.tell(Event::SourceEnded), []);
    rig.analysed(0, with_fish());
    assert_eq!(rig.committed(0, "F-1"), [release(0), Effect::Stop]);
}

#[test]
fn the_timer_keeps_its_beat_and_does_not_catch_up() {
    let mut rig = Rig::new(MachineSettings {
        trigger: TriggerSettings {
            timer_seconds: Some(10.0),
            ..TriggerSettings::default()
        },
        ..MachineSettings::default()
    });
    assert_eq!(rig.after(9.9), []);
    assert_eq!(rig.after(0.2), [keep(0)]);
    assert_eq!(rig.analysed(0, without_fish()), [release(0)]);
    assert_eq!(rig.after(9.8), []);
    assert_eq!(
        rig.after(0.2),
        [keep(1)],
        "10 s after the first, not after the late tick"
    );
    assert_eq!(rig.after(35.0), [keep(2)], "one, not three");
    assert_eq!(rig.after(9.9), []);
}

#[test]
fn triggers_that_are_off_are_refused_with_the_key_to_set() {
    let mut rig = Rig::new(MachineSettings {
        trigger: TriggerSettings {
            key: false,
            signal: false,
            ..TriggerSettings::default()
        },
        ..MachineSettings::default()
    });
    assert_eq!(rig.press(), []);
    assert_eq!(rig.last_words(), "no picture: trigger.key is off in the configuration");
    assert_eq!(rig.input(trigger(TriggerKind::Signal, false)), []);
    assert!(rig.last_words().contains("trigger.signal"));
}

fn automatic() -> MachineSettings {
    MachineSettings {
        trigger: TriggerSettings {
            auto_still_seconds: Some(2.0),
            ..TriggerSettings::default()
        },
        ..MachineSettings::default()
    }
}

/// Shows one scene for some seconds, two observations a second.
fn show(rig: &mut Rig, seen: &Observation, seconds: u32) -> Vec<Effect> {
    let mut effects = Vec::new();
    for _ in 0..seconds * 2 {
        effects.extend(rig.after(0.5));
        effects.extend(rig.tell(Event::Seen(seen.clone())));
    }
    effects
}

fn keep_seen(ticket: u64) -> Effect {
    Effect::Keep {
        ticket: Ticket(ticket),
        which: Which::LastSeen,
    }
}

#[test]
fn auto_takes_each_specimen_once() {
    let mut rig = Rig::new(automatic());
    assert_eq!(show(&mut rig, &without_fish(), 5), []);
    assert_eq!(show(&mut rig, &with_fish(), 2), [], "not yet");
    assert_eq!(show(&mut rig, &with_fish(), 1), [keep_seen(0)]);
    assert_eq!(facts_of(&rig.analysed(0, with_fish())).trigger, TriggerKind::Auto);
    rig.committed(0, "F-1");
    assert_eq!(show(&mut rig, &with_fish(), 30), [], "the same specimen");
    assert_eq!(show(&mut rig, &scene(Some((54, 90))), 10), [], "the same, pushed");
    assert_eq!(
        show(&mut rig, &scene(Some((54, 150))), 10),
        [keep_seen(1)],
        "another one in its place"
    );
    rig.analysed(1, scene(Some((54, 150))));
    rig.committed(1, "F-2");
    show(&mut rig, &without_fish(), 2);
    assert_eq!(
        show(&mut rig, &scene(Some((54, 150))), 10),
        [keep_seen(2)],
        "the table was empty between"
    );
}

#[test]
fn auto_leaves_alone_what_a_key_recorded() {
    let mut rig = Rig::new(automatic());
    show(&mut rig, &with_fish(), 1);
    rig.press();
    rig.analysed(0, with_fish());
    rig.committed(0, "F-1");
    assert_eq!(show(&mut rig, &with_fish(), 10), []);
}

#[test]
fn auto_waits_without_noise_while_the_queue_is_full_and_goes_on_after() {
    let mut rig = Rig::new(automatic());
    for _ in 0..4 {
        rig.press();
    }
    assert_eq!(show(&mut rig, &with_fish(), 10), []);
    assert_eq!(
        rig.status().counts.refused,
        0,
        "it tries again by itself, so nothing was refused"
    );
    rig.analysed(0, without_fish());
    assert_eq!(show(&mut rig, &with_fish(), 1), [keep_seen(4)]);
}

#[test]
fn auto_asks_the_gate_and_says_once_why_not() {
    struct Blurred;
    impl Gate for Blurred {
        fn admit(&self, _seen: &Observation) -> Result<(), String> {
            Err("the picture is blurred".into())
        }
    }
    let mut rig = Rig::with_gate(automatic(), Box::new(Blurred));
    assert_eq!(show(&mut rig, &with_fish(), 10), []);
    let said: Vec<_> = rig.said.iter().filter(|(_, text)| text.contains("blurred")).collect();
    assert_eq!(said.len(), 1, "{said:?}");
    assert_eq!(rig.status().held_back.as_deref(), Some("the picture is blurred"));
    assert_eq!(rig.press(), [keep(0)], "a key asks no gate");
}

/// A quality in which one check has that outcome.
fn judged(name: CheckName, verdict: Verdict, words: &str) -> Quality {
    let check = Check {
        name,
        value: None,
        unit: String::new(),
        caution: None,
        limit: None,
        verdict,
        words: words.into(),
    };
    Quality {
        checks: vec![check],
        ..Quality::default()
    }
}

#[test]
fn what_auto_takes_by_itself() {
    let (good, doubtful, bad, unknown) = (Verdict::Good, Verdict::Doubtful, Verdict::Bad, Verdict::Unknown);
    // What is admitted, what a check found, whether a picture is taken.
    let table = [
        (Admitted::Good, good, true),
        (Admitted::Good, unknown, true),
        (Admitted::Good, doubtful, false),
        (Admitted::Good, bad, false),
        (Admitted::Doubtful, doubtful, true),
        (Admitted::Doubtful, bad, false),
        (Admitted::All, bad, true),
    ];
    for (admitted, verdict, is_taken) in table {
        let mut rig = Rig::with_gate(automatic(), Box::new(QualityGate { admitted }));
        let seen = with_fish().with_quality(judged(CheckName::Focus, verdict, "out of focus"));
        let taken = show(&mut rig, &seen, 10);
        let expected: &[Effect] = if is_taken { &[keep_seen(0)] } else { &[] };
        assert_eq!(taken, expected, "{admitted:?}, {verdict:?}");
        let waits = rig.status().held_back;
        assert_eq!(
            waits.as_deref(),
            (!is_taken).then_some("out of focus"),
            "{admitted:?}, {verdict:?}"
        );
    }
}

#[test]
fn auto_takes_a_picture_as_soon_as_it_is_good() {
    let admitted = Admitted::Good;
    let mut rig = Rig::with_gate(automatic(), Box::new(QualityGate { admitted }));
    let blurred = with_fish().with_quality(judged(CheckName::Focus, Verdict::Bad, "out of focus"));
    assert_eq!(show(&mut rig, &blurred, 10), []);
    assert_eq!(rig.last_words(), "waits: out of focus");
    assert_eq!(show(&mut rig, &with_fish(), 1), [keep_seen(0)]);
    assert_eq!(rig.status().held_back, None);
}

#[test]
fn a_key_saves_in_spite_of_a_check_and_it_is_said_and_counted() {
    let mut rig = Rig::live();
    let blurred = with_fish().with_quality(judged(CheckName::Focus, Verdict::Bad, "out of focus"));
    rig.press();
    rig.analysed(0, blurred);
    rig.committed(0, "F-1");
    assert_eq!(rig.last_words(), "saved F-1 in spite of: out of focus");
    let topic = rig.status().message.map(|m| m.topic);
    let (id, of) = ("F-1".into(), "out of focus".into());
    assert_eq!(topic, Some(Topic::SavedInSpite { id, of }));
    assert_eq!(rig.status().counts.in_spite.of(CheckName::Focus), 1);
    assert_eq!(rig.status().counts.in_spite.of(CheckName::Tilt), 0);

    let tilted = with_fish().with_quality(judged(CheckName::Tilt, Verdict::Doubtful, "slightly tilted"));
    rig.press();
    rig.analysed(1, tilted);
    rig.committed(1, "F-2");
    assert_eq!(rig.last_words(), "saved F-2", "what is doubtful is no override");
    assert_eq!(rig.status().counts.saved, 2);
}

#[test]
fn a_lost_display_is_said_and_stops_nothing() {
    let mut rig = Rig::live();
    rig.tell(Event::DisplayLost {
        reason: "the cable is out".into(),
    });
    assert!(rig.last_words().contains("recording goes on"));
    rig.save(0, "F-1");
    rig.tell(Event::DisplayBack);
    assert_eq!(rig.last_words(), "the display is back");
}

#[test]
fn damaged_frames_are_said_and_counted() {
    let mut rig = Rig::live();
    rig.tell(Event::FramePassedOver {
        reason: "a.jpg is passed over: truncated".into(),
    });
    assert_eq!(rig.status().counts.passed_over, 1);
    assert!(rig.status().message.is_some());
    rig.after(7.0);
    assert_eq!(rig.status().message, None, "it has been read by now");
}

#[test]
fn answers_about_frames_that_are_gone_change_nothing() {
    let mut rig = Rig::live();
    assert_eq!(rig.analysed(7, with_fish()), []);
    assert_eq!(rig.committed(7, "F-9"), []);
    assert_eq!(rig.commit_failed(7, "disk full"), []);
    let ticket = Ticket(7);
    assert_eq!(rig.tell(Event::LeftUnanalysed { ticket }), []);
    assert_eq!(rig.status().phase, Phase::Ready);
    assert_eq!(rig.status().counts.saved, 0);
}

#[test]
fn a_button_and_a_foot_switch_are_triggers_of_their_own() {
    let mut rig = Rig::new(MachineSettings {
        trigger: TriggerSettings {
            key: false,
            signal: false,
            ..TriggerSettings::default()
        },
        ..MachineSettings::default()
    });
    for (ticket, by) in [(0, TriggerKind::Button), (1, TriggerKind::FootSwitch)] {
        assert_eq!(rig.input(trigger(by, false)), [keep(ticket)]);
        assert_eq!(facts_of(&rig.analysed(ticket, with_fish())).trigger, by);
        rig.committed(ticket, "F-1");
    }
    // Without a fish, the same button once more saves the whole frame; another one does not.
    rig.input(trigger(TriggerKind::Button, false));
    rig.analysed(2, without_fish());
    assert!(rig.last_words().contains("press again"), "{}", rig.last_words());
    rig.input(trigger(TriggerKind::Button, false));
    assert_eq!(facts_of(&rig.analysed(3, without_fish())).trigger, TriggerKind::Button);
}

#[test]
fn a_lost_button_is_shown_until_it_is_back() {
    let mut rig = Rig::live();
    let switch = SwitchKind::Shutter;
    let reason = "the line GPIO17 fails".to_owned();
    assert_eq!(rig.input(input::Event::SwitchLost { switch, reason }), []);
    assert_eq!(rig.last_words(), "no shutter button: the line GPIO17 fails");
    rig.after(3600.0);
    let status = rig.status();
    assert_eq!((status.phase, status.lost_switches), (Phase::Ready, vec![switch]));
    rig.input(input::Event::SwitchBack { switch });
    assert_eq!(rig.last_words(), "the shutter button is back");
    assert_eq!(rig.status().lost_switches, []);
}

//! The whole station with a scripted source, a made-up analysis and a screen in memory. What is waited for is waited for by name, never by
//! time; the time-outs only turn a hang into a failure.

#![allow(clippy::unwrap_used)]

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex, PoisonError, Weak};
use std::thread::JoinHandle;
use std::time::Duration;

use fishrig::frame::{Frame, PixelBox};
use fishrig::indicator::{Indicator, Output};
use fishrig::input::{self, TriggerKind};
use fishrig::source::scripted::{ScriptedSource, Step};
use fishrig::source::{Source, SourceError};
use fishrig::station::machine::OpenGate;
use fishrig::station::scene_watch::Observation;
use fishrig::station::{
    Analysed, Analyser, CommitFailure, Controls, Counts, Draft, Note, OpenSource, RecordError, Recorded, Recorder,
    Screen, Shown, Station, StationError, StationParts, StationSettings, Status, Supervisor,
};
use image::RgbImage;

const HANG: Duration = Duration::from_secs(60);

/// Tells one thing to whoever waits for it.
struct Told<T>(Mutex<Vec<T>>, Condvar);

impl<T: Clone> Told<T> {
    fn new() -> Arc<Self> {
        Arc::new(Self(Mutex::new(Vec::new()), Condvar::new()))
    }

    fn tell(&self, what: T) {
        self.0.lock().unwrap().push(what);
        self.1.notify_all();
    }

    fn all(&self) -> Vec<T> {
        self.0.lock().unwrap().clone()
    }

    /// Waits until `enough` holds of everything told so far, and returns that.
    fn until(&self, what: &str, mut enough: impl FnMut(&[T]) -> bool) -> Vec<T> {
        let guard = self.0.lock().unwrap();
        let (guard, timeout) = self.1.wait_timeout_while(guard, HANG, |told| !enough(told)).unwrap();
        assert!(!timeout.timed_out(), "waited in vain for: {what}");
        guard.clone()
    }
}

/// An analysis is the number of the frame that it was made from.
type Number = u64;

struct FakeAnalyser<F>(F);

impl<F: FnMut(&Frame) -> Result<(), String> + Send> Analyser<Number> for FakeAnalyser<F> {
    fn analyse(&mut self, frame: &Frame) -> Result<Analysed<Number>, String> {
        (self.0)(frame)?;
        Ok(Analysed {
            analysis: frame.sequence,
            seen: Observation::of(&RgbImage::new(40, 30), Some(PixelBox::new(5, 5, 30, 20))),
        })
    }
}

#[derive(Debug, Clone, PartialEq)]
struct Record {
    frame: u64,
    analysis: Option<u64>,
    trigger: TriggerKind,
}

struct FakeRecorder<F> {
    before: F,
    records: Arc<Told<Record>>,
}

impl<F: FnMut() -> Result<(), RecordError> + Send> Recorder<Number> for FakeRecorder<F> {
    fn commit(&mut self, draft: &Draft<'_, Number>) -> Result<Recorded, RecordError> {
        (self.before)()?;
        self.records.tell(Record {
            frame: draft.frame.sequence,
            analysis: draft.analysis.copied(),
            trigger: draft.facts.trigger,
        });
        let id = format!("F-{}", self.records.all().len());
        Ok(Recorded { id, bytes: 1000 })
    }

    fn void(&mut self, _id: &str) -> Result<(), String> {
        Ok(())
    }
}

#[derive(Clone)]
struct Drawn {
    frame: Option<u64>,
    analysis: Option<u64>,
    status: Status,
}

type Draw = Box<dyn FnMut() -> Result<(), String> + Send>;

struct FakeScreen {
    before: Arc<Mutex<Draw>>,
    drawn: Arc<Told<Drawn>>,
}

impl Screen<Number> for FakeScreen {
    fn show(&mut self, view: &Shown<'_, Number>) -> Result<(), String> {
        // A panic of the test's own poisons the lock; the next screen draws all the same.
        (self.before.lock().unwrap_or_else(PoisonError::into_inner))()?;
        self.drawn.tell(Drawn {
            frame: view.frame.map(|f| f.sequence),
            analysis: view.analysis.copied(),
            status: view.status.clone(),
        });
        Ok(())
    }
}

fn frame() -> Frame {
    Frame::from_rgb(RgbImage::new(2, 2))
}

/// A running station and everything that it did.
struct Bench {
    frames: Option<Sender<Step>>,
    controls: Controls<Number>,
    records: Arc<Told<Record>>,
    drawn: Arc<Told<Drawn>>,
    running: JoinHandle<Result<Counts, StationError>>,
}

type Analyse = Box<dyn FnMut(&Frame) -> Result<(), String> + Send>;

/// What of a bench misbehaves.
struct Faults {
    analyse: Analyse,
    record: Box<dyn FnMut() -> Result<(), RecordError> + Send>,
    draw: Draw,
    source: Option<OpenSource>,
    supervisor: Option<Box<dyn Supervisor>>,
    hangs_after: Duration,
    indicator: Option<Indicator>,
}

impl Default for Faults {
    fn default() -> Self {
        Self {
            analyse: Box::new(|_| Ok(())),
            record: Box::new(|| Ok(())),
            draw: Box::new(|| Ok(())),
            source: None,
            supervisor: None,
            hangs_after: HANG,
            indicator: None,
        }
    }
}

impl Bench {
    fn start(faults: Faults) -> Self {
        let (frames, steps) = channel::<Step>();
        let mut steps = Some(steps);
        let from_channel: OpenSource = Box::new(move || {
            let steps = steps.take().expect("opened once");
            Ok(Box::new(ScriptedSource::new(steps)) as Box<dyn Source>)
        });
        let (records, drawn) = (Told::new(), Told::new());
        let (draw, screen_drawn) = (Arc::new(Mutex::new(faults.draw)), Arc::clone(&drawn));
        let parts = StationParts {
            open_source: faults.source.unwrap_or(from_channel),
            analyser: Box::new(FakeAnalyser(faults.analyse)),
            recorder: Box::new(FakeRecorder {
                before: faults.record,
                records: Arc::clone(&records),
            }),
            open_screen: Some(Box::new(move || {
                Ok(Box::new(FakeScreen {
                    before: Arc::clone(&draw),
                    drawn: Arc::clone(&screen_drawn),
                }))
            })),
            gate: Box::new(OpenGate),
            health: None,
            supervisor: faults.supervisor,
            indicator: faults.indicator,
        };
        let settings = StationSettings {
            preview_frames_per_second: 120.0,
            hangs_after: faults.hangs_after,
            ..StationSettings::default()
        };
        let station = Station::start(parts, settings).unwrap();
        let controls = station.controls();
        let running = std::thread::spawn(move || station.run());
        Self {
            frames: Some(frames),
            controls,
            records,
            drawn,
            running,
        }
    }

    /// Delivers a frame and waits until it is the newest.
    fn deliver(&self, number: u64) {
        self.frames.as_ref().unwrap().send(Ok(frame())).unwrap();
        self.until_drawn("the frame", |d| d.frame == Some(number));
    }

    fn press(&self) {
        assert!(self.controls.send(input::Event::Trigger {
            by: TriggerKind::Key,
            same_specimen: false
        }));
    }

    fn until_drawn(&self, what: &str, wanted: impl Fn(&Drawn) -> bool) {
        self.drawn.until(what, |all| all.iter().any(&wanted));
    }

    fn until_message(&self, words: &str) {
        self.until_drawn(words, |d| {
            d.status.message.as_ref().is_some_and(|m| m.text.contains(words))
        });
    }

    fn until_records(&self, count: usize) -> Vec<Record> {
        self.records.until("records", |all| all.len() >= count)
    }

    fn finish(self) -> Counts {
        self.controls.send(input::Event::Finish);
        self.join()
    }

    fn join(mut self) -> Counts {
        let done = Told::new();
        let tell = Arc::clone(&done);
        let running = self.running;
        let waits = std::thread::spawn(move || {
            let result = running.join();
            tell.tell(());
            result
        });
        done.until("the end of the station", |all| !all.is_empty());
        self.frames = None;
        waits.join().unwrap().unwrap().unwrap()
    }
}

/// A fault that holds its thread until the test lets it go on, once or, by dropping the sender, for good.
fn hold() -> (Sender<()>, impl FnMut() + Send) {
    let (go_on, gate): (Sender<()>, Receiver<()>) = channel();
    (go_on, move || {
        let _ = gate.recv_timeout(HANG);
    })
}

#[test]
fn a_frame_becomes_a_record_with_its_own_analysis() {
    let bench = Bench::start(Faults::default());
    bench.deliver(0);
    bench.press();
    let records = bench.until_records(1);
    assert_eq!((records[0].frame, records[0].analysis), (0, Some(0)));
    bench.until_message("saved F-1");
    assert_eq!(bench.finish().saved, 1);
}

#[test]
fn a_network_that_hangs_does_not_hold_up_the_preview() {
    let (go_on, mut held) = hold();
    let endless = std::iter::from_fn(|| Some(Ok(frame())));
    let mut source = Some(ScriptedSource::paced(endless, Duration::from_millis(2)));
    let bench = Bench::start(Faults {
        analyse: Box::new(move |_| {
            held();
            Ok(())
        }),
        source: Some(Box::new(move || Ok(Box::new(source.take().unwrap())))),
        ..Faults::default()
    });
    let drawn = bench.drawn.until("thirty pictures without a network", |all| {
        let mut frames: Vec<_> = all.iter().filter_map(|d| d.frame).collect();
        frames.dedup();
        frames.len() >= 30
    });
    assert!(drawn.iter().all(|d| d.analysis.is_none()));
    go_on.send(()).unwrap();
    bench.until_drawn("the first result beside a newer frame", |d| {
        d.analysis.is_some() && d.frame > d.analysis
    });
    drop(go_on);
    bench.finish();
}

#[test]
fn memory_holds_few_frames_however_many_come() {
    let (go_on, mut held) = hold();
    let alive: Arc<Mutex<Vec<Weak<[u8]>>>> = Arc::default();
    let all = Arc::clone(&alive);
    let endless = std::iter::from_fn(move || {
        let frame = frame();
        all.lock().unwrap().push(Arc::downgrade(&frame.bytes));
        Some(Ok(frame))
    });
    let mut source = Some(ScriptedSource::paced(endless, Duration::from_micros(100)));
    let bench = Bench::start(Faults {
        analyse: Box::new(move |_| {
            held();
            Ok(())
        }),
        source: Some(Box::new(move || Ok(Box::new(source.take().unwrap())))),
        ..Faults::default()
    });
    bench.until_drawn("frames", |d| d.frame.is_some());
    for _ in 0..9 {
        bench.press();
    }
    bench.until_drawn("five refusals", |d| d.status.counts.refused == 5);
    for wait in 0..5 {
        go_on.send(()).unwrap();
        bench.drawn.until("many frames", |all| {
            all.last().and_then(|d| d.frame) > Some(500 * (wait + 1))
        });
        let held_in_memory = alive.lock().unwrap().iter().filter(|w| w.strong_count() > 0).count();
        // The newest, the one being analysed, the last analysed, the one being drawn, and four that wait.
        assert!(held_in_memory <= 10, "{held_in_memory} frames are held");
    }
    drop(go_on);
    bench.finish();
}

#[test]
fn the_frame_of_the_trigger_is_the_one_recorded_whatever_comes_after() {
    let (go_on, mut held) = hold();
    let bench = Bench::start(Faults {
        analyse: Box::new(move |_| {
            held();
            Ok(())
        }),
        ..Faults::default()
    });
    for number in 0..4 {
        bench.deliver(number);
    }
    bench.press();
    bench.until_drawn("the trigger", |d| d.status.waiting == 1);
    for number in 4..40 {
        bench.deliver(number);
    }
    drop(go_on);
    let records = bench.until_records(1);
    assert_eq!((records[0].frame, records[0].analysis), (3, Some(3)));
    bench.finish();
}

#[test]
fn more_triggers_than_may_wait_are_refused_and_those_that_wait_are_saved() {
    let (go_on, mut held) = hold();
    let bench = Bench::start(Faults {
        record: Box::new(move || {
            held();
            Ok(())
        }),
        ..Faults::default()
    });
    bench.deliver(0);
    for _ in 0..6 {
        bench.press();
    }
    bench.until_drawn("two refusals", |d| {
        d.status.waiting == 4 && d.status.counts.refused == 2
    });
    drop(go_on);
    bench.until_records(4);
    assert_eq!(bench.finish().saved, 4);
}

#[test]
fn a_display_that_fails_stops_nothing_and_comes_back() {
    let failing = Arc::new(Mutex::new(true));
    let fails = Arc::clone(&failing);
    let bench = Bench::start(Faults {
        draw: Box::new(move || {
            if *fails.lock().unwrap() {
                return Err("the cable is out".into());
            }
            Ok(())
        }),
        ..Faults::default()
    });
    bench.frames.as_ref().unwrap().send(Ok(frame())).unwrap();
    let mut tries = 0;
    while bench.records.all().is_empty() {
        // Until the first frame is there, a press is refused; nothing is drawn that would tell.
        bench.press();
        std::thread::sleep(Duration::from_millis(10));
        tries += 1;
        assert!(tries < 3000, "no record without a display");
    }
    *failing.lock().unwrap() = false;
    bench.until_message("the display is back");
    assert!(bench.finish().saved >= 1);
}

#[test]
fn a_screen_that_panics_is_a_display_that_fails() {
    let mut first = true;
    let bench = Bench::start(Faults {
        draw: Box::new(move || {
            assert!(!std::mem::take(&mut first), "drawing outside the canvas");
            Ok(())
        }),
        ..Faults::default()
    });
    bench.until_message("the display is back");
    bench.finish();
}

/// Tells when it is dropped.
struct Guard(Sender<()>);

impl Drop for Guard {
    fn drop(&mut self) {
        let _ = self.0.send(());
    }
}

struct PanickingSupervisor;

impl Supervisor for PanickingSupervisor {
    fn tell(&mut self, _: &Note) {
        panic!("what a defect in the loop does");
    }

    fn watchdog(&self) -> Option<Duration> {
        None
    }
}

#[test]
fn a_panic_in_the_loop_closes_the_screen_before_the_station_is_gone() {
    let (sender, closed) = channel();
    let guard = Guard(sender);
    let bench = Bench::start(Faults {
        draw: Box::new(move || {
            let Guard(_held) = &guard;
            Ok(())
        }),
        supervisor: Some(Box::new(PanickingSupervisor)),
        ..Faults::default()
    });
    assert!(bench.running.join().is_err(), "the loop panics");
    assert!(closed.try_recv().is_ok(), "the screen is still open");
}

#[test]
fn while_the_disk_is_full_the_operator_is_told_and_the_frame_is_kept() {
    let mut full = 1;
    let bench = Bench::start(Faults {
        record: Box::new(move || {
            if full > 0 {
                full -= 1;
                return Err(RecordError {
                    reason: "no space left on the disk".into(),
                    failure: CommitFailure::StorageFull,
                });
            }
            Ok(())
        }),
        ..Faults::default()
    });
    bench.deliver(0);
    bench.press();
    bench.until_message("no space left on the disk");
    bench.until_drawn("the state", |d| d.status.phase.words() == "NOT SAVING");
    bench.deliver(1);
    assert_eq!(bench.until_records(1)[0].frame, 0);
    let counts = bench.finish();
    assert_eq!((counts.saved, counts.lost), (1, 0));
}

#[test]
fn a_panic_in_the_network_is_said_and_the_next_frame_is_analysed() {
    let bench = Bench::start(Faults {
        analyse: Box::new(|frame| {
            assert!(frame.sequence != 0, "a shape that does not fit");
            Ok(())
        }),
        ..Faults::default()
    });
    bench.deliver(0);
    bench.until_message("a shape that does not fit");
    bench.press();
    bench.until_message("NOT SAVED: take the picture again");
    bench.deliver(1);
    bench.press();
    assert_eq!(bench.until_records(1)[0].frame, 1);
    let counts = bench.finish();
    assert_eq!((counts.saved, counts.lost), (1, 1));
}

#[test]
fn a_panic_in_the_recorder_is_a_failed_commit() {
    let mut first = true;
    let bench = Bench::start(Faults {
        record: Box::new(move || {
            assert!(!std::mem::take(&mut first), "an index out of bounds");
            Ok(())
        }),
        ..Faults::default()
    });
    bench.deliver(0);
    bench.press();
    bench.until_message("an index out of bounds");
    assert_eq!(bench.until_records(1).len(), 1);
    bench.finish();
}

#[test]
fn finishing_waits_for_the_record_that_is_being_written() {
    let (go_on, mut held) = hold();
    let bench = Bench::start(Faults {
        record: Box::new(move || {
            held();
            Ok(())
        }),
        ..Faults::default()
    });
    bench.deliver(0);
    bench.press();
    bench.press();
    bench.until_drawn("two that wait", |d| d.status.waiting == 2);
    bench.controls.send(input::Event::Finish);
    bench.until_drawn("the state", |d| d.status.phase.words() == "finishing");
    assert!(bench.records.all().is_empty());
    drop(go_on);
    assert_eq!(bench.join().saved, 2);
}

#[test]
fn finishing_does_not_wait_for_frames_whose_analysis_has_not_begun() {
    let (go_on, mut held) = hold();
    let bench = Bench::start(Faults {
        analyse: Box::new(move |_| {
            held();
            Ok(())
        }),
        ..Faults::default()
    });
    bench.deliver(0);
    bench.deliver(1);
    bench.press();
    bench.until_drawn("one that waits", |d| d.status.waiting == 1);
    bench.controls.send(input::Event::Finish);
    let records = bench.until_records(1);
    assert_eq!(
        (records[0].frame, records[0].analysis),
        (1, None),
        "the frame is safe, its analysis can be made later"
    );
    drop(go_on);
    assert_eq!(bench.join().saved, 1);
}

#[test]
fn a_second_request_ends_at_once_even_if_the_recorder_hangs() {
    let (go_on, mut held) = hold();
    let bench = Bench::start(Faults {
        record: Box::new(move || {
            held();
            Ok(())
        }),
        ..Faults::default()
    });
    bench.deliver(0);
    bench.press();
    bench.until_drawn("one that waits", |d| d.status.waiting == 1);
    bench.controls.send(input::Event::Finish);
    bench.controls.send(input::Event::FinishAtOnce);
    assert_eq!(bench.join().lost, 1);
    drop(go_on);
}

#[test]
fn a_source_that_breaks_is_opened_again() {
    let unplugged = || SourceError::Device {
        device: "camera".into(),
        reason: "unplugged".into(),
    };
    let mut opened = 0;
    let (still_open, silent) = channel::<Step>();
    let mut silent = Some(silent);
    let bench = Bench::start(Faults {
        source: Some(Box::new(move || {
            opened += 1;
            match opened {
                1 => Ok(Box::new(ScriptedSource::new(vec![Ok(frame()), Err(unplugged())]))),
                2 => panic!("a driver's defect"),
                3 => Err(unplugged()),
                _ => {
                    let rest = silent.take().unwrap();
                    Ok(Box::new(ScriptedSource::new(std::iter::once(Ok(frame())).chain(rest))))
                }
            }
        })),
        ..Faults::default()
    });
    bench.until_message("no camera: camera: unplugged");
    bench.until_drawn("the state", |d| d.status.phase.words() == "NO CAMERA");
    bench.until_message("the camera is back");
    bench.press();
    bench.until_records(1);
    drop(still_open);
    bench.join();
}

/// A bench whose source takes these stills, and whose recorder writes when it is let go on.
fn with_stills(stills: Vec<Step>) -> (Sender<Step>, Sender<()>, Bench) {
    let (frames, steps) = channel::<Step>();
    let mut script = Some((steps, stills));
    let (write, mut wait) = hold();
    let bench = Bench::start(Faults {
        record: Box::new(move || {
            wait();
            Ok(())
        }),
        source: Some(Box::new(move || {
            let (steps, stills) = script.take().expect("opened once");
            Ok(Box::new(ScriptedSource::new(steps).with_stills(stills)))
        })),
        ..Faults::default()
    });
    frames.send(Ok(frame())).unwrap();
    bench.until_drawn("the first frame", |d| d.frame == Some(0));
    (frames, write, bench)
}

#[test]
fn a_trigger_records_a_still_where_the_source_takes_them() {
    let still = Frame {
        sequence: 1000,
        ..frame()
    };
    let (frames, write, bench) = with_stills(vec![Ok(still)]);
    bench.press();
    bench.until_message("hold still");
    frames.send(Ok(frame())).unwrap();
    bench.until_message("picture taken");
    drop(write);
    let records = bench.until_records(1);
    assert_eq!((records[0].frame, records[0].analysis), (1000, Some(1000)));
    drop(frames);
    assert_eq!(bench.join().saved, 1);
}

#[test]
fn a_still_that_fails_leaves_the_preview_s_frame_of_the_trigger() {
    let broken = SourceError::Device {
        device: "camera".into(),
        reason: "no memory".into(),
    };
    let (frames, write, bench) = with_stills(vec![Err(broken)]);
    bench.press();
    bench.until_message("hold still");
    frames.send(Ok(frame())).unwrap();
    bench.until_message("no full-size picture, the preview's smaller one is kept: camera: no memory");
    drop(write);
    let records = bench.until_records(1);
    assert_eq!((records[0].frame, records[0].analysis), (0, Some(0)));
    drop(frames);
    assert_eq!(bench.join().saved, 1);
}

#[test]
fn a_trigger_whose_still_never_comes_is_recorded_when_the_camera_is_lost() {
    let (frames, write, bench) = with_stills(Vec::new());
    bench.press();
    bench.until_message("hold still");
    // The source ends before it gets round to the still.
    drop(frames);
    drop(write);
    let records = bench.until_records(1);
    assert_eq!(records[0].frame, 0);
    let counts = bench.join();
    assert_eq!((counts.saved, counts.lost), (1, 0));
}

#[test]
fn a_damaged_frame_is_passed_over_and_the_recording_s_end_ends_the_station() {
    let mut bench = Bench::start(Faults::default());
    let damaged = SourceError::Picture {
        name: "b.jpg".into(),
        reason: fishrig::frame::FrameError::Truncated { read: 7 },
    };
    bench.deliver(0);
    let frames = bench.frames.take().unwrap();
    frames.send(Err(damaged)).unwrap();
    bench.until_message("b.jpg is passed over");
    bench.press();
    bench.until_records(1);
    drop(frames);
    let counts = bench.join();
    assert_eq!((counts.saved, counts.passed_over), (1, 1));
}

struct Listening(Arc<Told<Note>>);

impl Supervisor for Listening {
    fn tell(&mut self, note: &Note) {
        self.0.tell(note.clone());
    }

    fn watchdog(&self) -> Option<Duration> {
        Some(Duration::from_millis(60))
    }
}

fn is_about_the_network(note: &Note) -> bool {
    matches!(note, Note::Status(words) if words.contains("network thread has not moved"))
}

#[test]
fn a_network_that_never_answers_ends_the_signs_of_life() {
    let (go_on, mut held) = hold();
    let endless = std::iter::from_fn(|| Some(Ok(frame())));
    let mut source = Some(ScriptedSource::paced(endless, Duration::from_millis(2)));
    let notes = Told::new();
    let bench = Bench::start(Faults {
        analyse: Box::new(move |_| {
            held();
            Ok(())
        }),
        source: Some(Box::new(move || Ok(Box::new(source.take().unwrap())))),
        supervisor: Some(Box::new(Listening(Arc::clone(&notes)))),
        hangs_after: Duration::from_millis(300),
        ..Faults::default()
    });
    let told = notes.until("the network hangs", |all| all.iter().any(is_about_the_network));
    assert_eq!(told[0], Note::Ready);
    assert!(told.contains(&Note::Alive), "an analysis may take a while: {told:?}");
    // The loop goes on all the while: it hears the operator ten times.
    for _ in 0..10 {
        let seen = bench.drawn.all().last().is_some_and(|d| d.status.help);
        bench.controls.send(input::Event::Help);
        bench
            .drawn
            .until("the keys", |all| all.last().is_some_and(|d| d.status.help != seen));
    }
    let told = notes.all();
    let since = told.iter().position(is_about_the_network).unwrap();
    assert!(!told[since..].contains(&Note::Alive), "{told:?}");
    // It answers after all.
    drop(go_on);
    notes.until("alive again", |all| all[since..].contains(&Note::Alive));
    bench.finish();
    assert_eq!(notes.all().last(), Some(&Note::Stopping));
}

struct Lamp(Arc<Told<bool>>);

impl Output for Lamp {
    fn set(&mut self, on: bool) -> Result<(), String> {
        self.0.tell(on);
        Ok(())
    }
}

impl Drop for Lamp {
    fn drop(&mut self) {
        self.0.tell(false);
    }
}

#[test]
fn the_buzzer_sounds_once_for_a_record_and_the_lamp_goes_out_at_the_end() {
    let (lamp, buzzer) = (Told::new(), Told::new());
    let output = |told: &Arc<Told<bool>>| {
        let told = Arc::clone(told);
        Some(Box::new(move || Ok(Box::new(Lamp(Arc::clone(&told))) as Box<dyn Output>)) as _)
    };
    let bench = Bench::start(Faults {
        indicator: Some(Indicator::new(output(&lamp), output(&buzzer))),
        ..Faults::default()
    });
    bench.deliver(0);
    bench.press();
    bench.until_records(1);
    buzzer.until("one beep", |all| all == [true, false]);
    bench.finish();
    assert_eq!(buzzer.all(), [true, false, false], "nothing but the end");
    assert_eq!(lamp.all().last(), Some(&false));
}

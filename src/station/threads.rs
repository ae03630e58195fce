//! The station's threads. Each waits only for its own work, and tells the loop what happened.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::contained::contained;
use super::heartbeat::Beats;
use super::parts::{Analysed, Analyser, Draft, OpenScreen, OpenSource, Recorder, Screen, Shown};
use super::rates::{Meters, Rates};
use super::slot::{Job, Slot};
use super::stop::StopSignal;
use super::{CommitFailure, Event, RecordFacts, Status, Ticket};
use crate::frame::{CaptureTime, Frame};
use crate::source::Source;

/// Whoever sleeps no longer than this is expected back.
const SHORT_SLEEP: Duration = Duration::from_secs(1);
/// A picture that has not changed is drawn again this often, so that times and rates on it stay true.
const REDRAW_EVERY: Duration = Duration::from_secs(1);
/// The first pause before a failed display is tried again; it doubles up to the longest.
const DISPLAY_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_DISPLAY_PAUSE: Duration = Duration::from_secs(10);

/// What a thread tells the loop.
pub(super) enum Told<A> {
    /// Something for the machine as it is.
    Event(Event),
    /// The newest frame was analysed.
    Seen { frame: Frame, analysed: Arc<Analysed<A>> },
    /// A kept frame was analysed.
    Analysed { ticket: Ticket, analysed: Arc<Analysed<A>> },
    /// The still that a trigger wished for.
    Still { ticket: Ticket, frame: Frame },
}

/// What the threads share.
pub(super) struct Shared<A> {
    pub(super) slot: Slot,
    pub(super) stop: StopSignal,
    pub(super) meters: Meters,
    pub(super) beats: Beats,
    pub(super) board: Mutex<Board<A>>,
    /// When the last record was saved, in seconds since 1970 by the wall clock; 0 before the first.
    pub(super) last_record: AtomicU64,
}

/// What is to be shown beside the newest frame.
pub(super) struct Board<A> {
    pub(super) latest: Option<Arc<Analysed<A>>>,
    pub(super) status: Arc<Status>,
    pub(super) rates: Rates,
    /// Grows with every change of the others, but for the rates.
    pub(super) version: u64,
}

/// The way from a thread to the loop.
pub(super) struct Teller<A>(pub(super) SyncSender<Told<A>>);

impl<A> Clone for Teller<A> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<A> Teller<A> {
    /// Whether anyone still listens.
    pub(super) fn tell(&self, what: Told<A>) -> bool {
        self.0.send(what).is_ok()
    }

    pub(super) fn event(&self, event: Event) -> bool {
        self.tell(Told::Event(event))
    }
}

/// Delivers frames: opens the source whenever it is asked to, and stays with it until it ends or fails.
pub(super) fn run_source<A>(shared: &Shared<A>, tell: &Teller<A>, asked: &Receiver<()>, mut open: OpenSource) {
    while asked.recv().is_ok() {
        match shared
            .beats
            .source
            .during(|| contained(|| open().map_err(|e| e.to_string())))
        {
            Ok(source) => {
                shared.slot.set_takes_stills(source.takes_stills());
                let goes_on = deliver(shared, tell, source);
                shared.slot.set_takes_stills(false);
                if !goes_on || !without_stills(shared, tell, "the camera is gone") {
                    return;
                }
            }
            Err(reason) => {
                if !tell.event(Event::SourceLost { reason }) {
                    return;
                }
            }
        }
    }
}

/// Delivers until the source ends or fails; whether the station still runs. It counts as opened when it gives its first frame: a camera that opens and stays
/// silent is none.
fn deliver<A>(shared: &Shared<A>, tell: &Teller<A>, mut source: Box<dyn Source>) -> bool {
    enum Came {
        Frame(Frame),
        PassedOver(String),
        End,
    }
    let mut opened = Some(Event::SourceOpened {
        description: source.describe(),
        notes: source.notes(),
        takes_stills: source.takes_stills(),
    });
    let mut due = Instant::now();
    loop {
        let next = || match source.next() {
            Ok(Some(frame)) => Ok(Came::Frame(frame)),
            Ok(None) => Ok(Came::End),
            Err(error) if error.passes() => Ok(Came::PassedOver(error.to_string())),
            Err(error) => Err(error.to_string()),
        };
        let came = shared.beats.source.during(|| contained(next));
        match came {
            Ok(Came::Frame(frame)) => {
                // Whoever sees the frame may press a key: by then the loop has to know that there is a source.
                if opened.take().is_some_and(|event| !tell.event(event)) {
                    return false;
                }
                Meters::count(&shared.meters.frames);
                shared.slot.put(frame);
            }
            Ok(Came::PassedOver(reason)) => {
                if !tell.event(Event::FramePassedOver { reason }) {
                    return false;
                }
            }
            Ok(Came::End) => return tell.event(Event::SourceEnded),
            Err(reason) => return tell.event(Event::SourceLost { reason }),
        }
        if !take_stills(shared, tell, source.as_mut()) {
            return false;
        }
        // A rate is kept by due times; a source that falls behind does not rush afterwards.
        due = (due + source.pace()).max(Instant::now());
        let wait = || shared.stop.wait_until(due);
        // A short sleep is a part of the work: a thread that does not wake from it hangs.
        let is_short = source.pace() <= SHORT_SLEEP;
        let stopped = if is_short {
            shared.beats.source.during(wait)
        } else {
            wait()
        };
        if stopped {
            return false;
        }
    }
}

/// Takes the stills that triggers wish for; whether the station still runs.
fn take_stills<A>(shared: &Shared<A>, tell: &Teller<A>, source: &mut dyn Source) -> bool {
    while let Some((ticket, otherwise)) = shared.slot.next_wish() {
        let take = || match source.take_still() {
            Ok(Some(frame)) => Ok(frame),
            Ok(None) => Err("the source has ended".to_owned()),
            Err(error) => Err(error.to_string()),
        };
        let taken = shared.beats.source.during(|| contained(take));
        // The loop has to know the frame before the worker tells of its analysis.
        let (told, frame) = match taken {
            Ok(still) => {
                let frame = still.clone();
                (Told::Still { ticket, frame }, still)
            }
            Err(reason) => (Told::Event(Event::StillFailed { ticket, reason }), otherwise),
        };
        if !tell.tell(told) {
            return false;
        }
        shared.slot.keep_frame(ticket, frame);
    }
    true
}

/// Keeps, for each trigger that still waits for its still, the frame that stands in for it; whether the station still runs.
fn without_stills<A>(shared: &Shared<A>, tell: &Teller<A>, reason: &str) -> bool {
    while let Some((ticket, otherwise)) = shared.slot.next_wish() {
        let reason = reason.to_owned();
        if !tell.event(Event::StillFailed { ticket, reason }) {
            return false;
        }
        shared.slot.keep_frame(ticket, otherwise);
    }
    true
}

type AnalysisResult<A> = Result<Arc<Analysed<A>>, String>;

/// Analyses frames, triggered ones first.
pub(super) fn run_worker<A>(shared: &Shared<A>, tell: &Teller<A>, mut analyser: Box<dyn Analyser<A>>) {
    // A trigger often names the frame that was just analysed, and a replay holds one picture for a while.
    let mut last: Option<(Frame, AnalysisResult<A>)> = None;
    while let Some(job) = shared.slot.next_job() {
        let (Job::Preview(frame) | Job::Kept(_, frame)) = &job;
        let known = last.as_ref().filter(|(f, _)| Arc::ptr_eq(&f.bytes, &frame.bytes));
        let is_known = known.is_some();
        let result = match known {
            Some((_, result)) => result.clone(),
            None => {
                let result = shared.beats.network.during(|| contained(|| analyser.analyse(frame)));
                result.map(Arc::new)
            }
        };
        if let Ok(analysed) = &result
            && !is_known
        {
            Meters::count(&shared.meters.analyses);
            let age = CaptureTime::now()
                .monotonic_ns
                .saturating_sub(frame.captured.monotonic_ns);
            shared.meters.latency_us.store(age / 1000, Ordering::Relaxed);
            let mut board = shared.board.lock().unwrap_or_else(PoisonError::into_inner);
            board.latest = Some(Arc::clone(analysed));
            board.version += 1;
        }
        last = Some((frame.clone(), result.clone()));
        let told = match (job, result) {
            (Job::Preview(frame), Ok(analysed)) => Told::Seen { frame, analysed },
            (Job::Kept(ticket, _), Ok(analysed)) => Told::Analysed { ticket, analysed },
            (Job::Kept(ticket, _), Err(reason)) => Told::Event(Event::AnalysisFailed { ticket, reason }),
            (Job::Preview(_), Err(_)) if is_known => continue,
            (Job::Preview(_), Err(reason)) => Told::Event(Event::FramePassedOver { reason }),
        };
        if !tell.tell(told) {
            return;
        }
    }
}

/// What the recorder is to do.
pub(super) enum RecorderJob<A> {
    Commit {
        ticket: Ticket,
        frame: Frame,
        analysed: Option<Arc<Analysed<A>>>,
        facts: Box<RecordFacts>,
    },
    Void {
        id: String,
    },
}

/// Writes records one after another.
pub(super) fn run_recorder<A>(
    shared: &Shared<A>,
    jobs: &Receiver<RecorderJob<A>>,
    tell: &Teller<A>,
    mut recorder: Box<dyn Recorder<A>>,
) {
    while let Ok(job) = jobs.recv() {
        let event = match job {
            RecorderJob::Commit {
                ticket,
                frame,
                analysed,
                facts,
            } => {
                let draft = Draft {
                    frame: &frame,
                    analysis: analysed.as_ref().map(|a| &a.analysis),
                    facts: &facts,
                };
                // The inner result is the recorder's own answer, the outer one tells of a panic.
                let commit = || contained(|| Ok(recorder.commit(&draft)));
                match shared.beats.recorder.during(commit) {
                    Ok(Ok(recorded)) => Event::Committed {
                        ticket,
                        id: recorded.id,
                        bytes: recorded.bytes,
                    },
                    Ok(Err(error)) => Event::CommitFailed {
                        ticket,
                        reason: error.reason,
                        failure: error.failure,
                    },
                    Err(reason) => Event::CommitFailed {
                        ticket,
                        reason,
                        failure: CommitFailure::Storage,
                    },
                }
            }
            RecorderJob::Void { id } => match shared.beats.recorder.during(|| contained(|| recorder.void(&id))) {
                Ok(()) => Event::Voided { id },
                Err(reason) => Event::VoidFailed { id, reason },
            },
        };
        if !tell.event(event) {
            return;
        }
    }
}

/// Draws the newest frame with the newest result, at most once a `period`.
pub(super) fn run_preview<A>(shared: &Shared<A>, tell: &Teller<A>, mut open: OpenScreen<A>, period: Duration) {
    let mut screen: Option<Box<dyn Screen<A>>> = None;
    let mut drawn: Option<Drawn> = None;
    let mut failed_pause = None;
    let mut due = Instant::now();
    loop {
        let step = contained(|| {
            let screen = match &mut screen {
                Some(open) => open,
                none => none.insert(open()?),
            };
            draw_if_new(shared, screen.as_mut(), &mut drawn)?;
            Ok(screen.events())
        });
        match step {
            Ok(events) => {
                let is_back = failed_pause.take().is_some().then_some(Event::DisplayBack);
                let inputs = events.into_iter().map(Event::Input);
                if !is_back.into_iter().chain(inputs).all(|event| tell.event(event)) {
                    return;
                }
            }
            Err(reason) => {
                let pause = failed_pause.map_or(DISPLAY_PAUSE, |p: Duration| (p * 2).min(LONGEST_DISPLAY_PAUSE));
                let is_first = failed_pause.replace(pause).is_none();
                if is_first && !tell.event(Event::DisplayLost { reason }) {
                    return;
                }
                (screen, drawn) = (None, None);
                due = Instant::now() + pause;
            }
        }
        due = (due + period).max(Instant::now());
        if shared.stop.wait_until(due) {
            return;
        }
    }
}

/// What was drawn last.
struct Drawn {
    frame: Option<u64>,
    version: u64,
    at: Instant,
}

fn draw_if_new<A>(shared: &Shared<A>, screen: &mut dyn Screen<A>, drawn: &mut Option<Drawn>) -> Result<(), String> {
    let frame = shared.slot.newest();
    let (latest, status, rates, version) = {
        let board = shared.board.lock().unwrap_or_else(PoisonError::into_inner);
        (
            board.latest.clone(),
            Arc::clone(&board.status),
            board.rates,
            board.version,
        )
    };
    let now = Drawn {
        frame: frame.as_ref().map(|f| f.sequence),
        version,
        at: Instant::now(),
    };
    let is_same = |d: &Drawn| d.frame == now.frame && d.version == now.version && d.at.elapsed() < REDRAW_EVERY;
    if drawn.as_ref().is_some_and(is_same) {
        return Ok(());
    }
    *drawn = Some(now);
    screen.show(&Shown {
        frame: frame.as_ref(),
        analysis: latest.as_ref().map(|a| &a.analysis),
        status: &status,
        rates: &rates,
    })?;
    Meters::count(&shared.meters.drawn);
    Ok(())
}

//! The live loop: threads tell it what happened, the machine decides, and it does what the machine asks for.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime};

use thiserror::Error;

use super::heartbeat::Beats;
use super::indicate::run_indicator;
use super::machine::Machine;
use super::metrics::run_health;
use super::parts::{Analysed, StationParts};
use super::rates::{Meters, RateWindow, Rates};
use super::slot::{Keeping, Slot};
use super::stop::StopSignal;
use super::threads::{self, Board, RecorderJob, Shared, Teller, Told};
use super::watchdog::Watchdog;
use super::{Counts, Effect, Event, Message, Phase, Severity, StationSettings, Ticket, Which};
use crate::frame::Frame;
use crate::health::Textfile;
use crate::input;

/// The tracing target of what the operator is told.
pub const OPERATOR_LOG: &str = "fishrig::operator";
/// The machine is told the time at least this often.
const TICK: Duration = Duration::from_millis(50);
/// What threads told and the loop has not heard yet; a thread that tells more waits for the loop, which never waits long.
const TOLD_MAX: usize = 64;
/// How often rates go to the log.
const LOG_RATES_EVERY: Duration = Duration::from_secs(10);
/// How long the end waits for a thread that is in the middle of something: an analysis, a display that hangs.
const JOIN_WITHIN: Duration = Duration::from_millis(500);

/// Why a station can't run.
#[derive(Debug, Error)]
pub enum StationError {
    /// The system gives no thread.
    #[error("can't start a thread ({0}); free memory or raise the limit of processes")]
    Thread(std::io::Error),
    /// A part of the station has ended although it never should.
    #[error("the {0} thread of the station ended by itself; please report it, with the log")]
    PartEnded(String),
}

/// A station whose threads run.
pub struct Station<A> {
    told: Receiver<Told<A>>,
    teller: Teller<A>,
    shared: Arc<Shared<A>>,
    machine: Machine,
    first_effects: Vec<Effect>,
    started: Instant,
    rates: RateWindow,
    next_rates_log: Duration,
    kept: HashMap<Ticket, Kept<A>>,
    last_seen: Option<(Frame, Arc<Analysed<A>>)>,
    source_asked: Sender<()>,
    recorder_jobs: Sender<RecorderJob<A>>,
    watchdog: Watchdog,
    /// The last of the fields: what the threads wait for is dropped before.
    threads: Threads<A>,
}

/// The threads; dropping them ends them, also where the loop fails or panics, so that a screen is left as it was found.
struct Threads<A> {
    shared: Arc<Shared<A>>,
    handles: Vec<JoinHandle<()>>,
}

impl<A> Drop for Threads<A> {
    /// One that hangs in something from outside is left to the end of the process: it holds nothing that must be finished.
    fn drop(&mut self) {
        self.shared.stop.set();
        self.shared.slot.close();
        let deadline = Instant::now() + JOIN_WITHIN;
        for thread in self.handles.drain(..) {
            while !thread.is_finished() && Instant::now() < deadline {
                std::thread::sleep(Duration::from_millis(2));
            }
            let name = thread_name(&thread);
            if !thread.is_finished() {
                tracing::debug!("the {name} thread is still busy and is left to the end of the process");
            } else if thread.join().is_err() {
                tracing::error!("the {name} thread ended with a panic");
            }
        }
    }
}

/// What a thread does.
type Work<A> = Box<dyn FnOnce(&Shared<A>, &Teller<A>) + Send>;

/// A triggered frame.
struct Kept<A> {
    frame: Frame,
    analysed: Option<Arc<Analysed<A>>>,
}

/// Hands the operator's wishes to a running station, from any thread.
pub struct Controls<A>(SyncSender<Told<A>>);

impl<A> Clone for Controls<A> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<A> Controls<A> {
    /// Whether the station still runs.
    pub fn send(&self, event: input::Event) -> bool {
        self.tell(Event::Input(event))
    }

    /// The same for what the operator did not do.
    pub(super) fn tell(&self, event: Event) -> bool {
        self.0.send(Told::Event(event)).is_ok()
    }
}

impl<A: Send + Sync + 'static> Station<A> {
    /// Starts the threads. Nothing happens before [`Station::run`].
    ///
    /// # Errors
    /// [`StationError::Thread`].
    pub fn start(parts: StationParts<A>, settings: StationSettings) -> Result<Self, StationError> {
        let (machine, first_effects) = Machine::new(settings.machine, parts.gate);
        let shared = Arc::new(Shared {
            slot: Slot::default(),
            stop: StopSignal::default(),
            meters: Meters::default(),
            beats: Beats::default(),
            last_record: AtomicU64::new(0),
            board: Mutex::new(Board {
                latest: None,
                status: Arc::new(machine.status(Duration::ZERO)),
                rates: Rates::default(),
                version: 0,
            }),
        });
        let (told_sender, told) = sync_channel(TOLD_MAX);
        let teller = Teller(told_sender);
        let (source_asked, asked) = channel();
        let (recorder_jobs, jobs) = channel();
        let mut threads = Threads {
            shared: Arc::clone(&shared),
            handles: Vec::new(),
        };
        let mut spawn = |name: &str, work: Work<A>| {
            let (shared, teller) = (Arc::clone(&shared), teller.clone());
            let thread = std::thread::Builder::new().name(name.into());
            threads.handles.push(
                thread
                    .spawn(move || work(&shared, &teller))
                    .map_err(StationError::Thread)?,
            );
            Ok(())
        };
        let (open, analyser, recorder) = (parts.open_source, parts.analyser, parts.recorder);
        spawn("source", Box::new(move |s, t| threads::run_source(s, t, &asked, open)))?;
        spawn("network", Box::new(move |s, t| threads::run_worker(s, t, analyser)))?;
        spawn(
            "recorder",
            Box::new(move |s, t| threads::run_recorder(s, &jobs, t, recorder)),
        )?;
        if let Some(open) = parts.open_screen {
            let period = Duration::from_secs_f64(1.0 / settings.preview_frames_per_second.clamp(0.2, 120.0));
            spawn(
                "display",
                Box::new(move |s, t| threads::run_preview(s, t, open, period)),
            )?;
        }
        if let Some(indicator) = parts.indicator {
            spawn("indicator", Box::new(move |s, _| run_indicator(s, indicator)))?;
        }
        if let Some(read) = parts.health {
            let textfile = settings.textfile.as_deref().map(Textfile::new);
            spawn(
                "health",
                Box::new(move |s, t| run_health(s, t, read, textfile.as_ref())),
            )?;
        }
        Ok(Self {
            told,
            teller,
            shared,
            machine,
            first_effects,
            started: Instant::now(),
            rates: RateWindow::default(),
            next_rates_log: LOG_RATES_EVERY,
            kept: HashMap::new(),
            last_seen: None,
            source_asked,
            recorder_jobs,
            watchdog: Watchdog::new(settings.hangs_after, parts.supervisor),
            threads,
        })
    }

    /// The way in for keys and signals.
    pub fn controls(&self) -> Controls<A> {
        Controls(self.teller.0.clone())
    }

    /// Runs until the operator, a signal or the end of the recording finishes it; what was counted meanwhile.
    ///
    /// # Errors
    /// [`StationError::PartEnded`].
    pub fn run(mut self) -> Result<Counts, StationError> {
        let ended = self.live();
        let counts = self.machine.counts();
        self.watchdog.stop();
        ended.map(|()| counts)
    }

    fn live(&mut self) -> Result<(), StationError> {
        let effects = std::mem::take(&mut self.first_effects);
        let mut stopped = self.perform(effects);
        let mut next_tick = Instant::now();
        while !stopped {
            if Instant::now() >= next_tick {
                next_tick = Instant::now() + TICK;
                self.check_threads()?;
                self.supervise();
                stopped = self.decide(Event::Tick);
            } else if let Ok(told) = self
                .told
                .recv_timeout(next_tick.saturating_duration_since(Instant::now()))
            {
                stopped = self.hear(told);
            }
            self.publish();
        }
        Ok(())
    }

    fn check_threads(&self) -> Result<(), StationError> {
        match self.threads.handles.iter().find(|thread| thread.is_finished()) {
            Some(ended) => Err(StationError::PartEnded(thread_name(ended))),
            None => Ok(()),
        }
    }

    fn supervise(&mut self) {
        let now = self.started.elapsed();
        let frame_waits = self.shared.slot.has_job();
        self.watchdog
            .look(&self.shared.beats, frame_waits, &self.machine.status(now), now);
    }

    fn hear(&mut self, told: Told<A>) -> bool {
        match told {
            Told::Event(event) => {
                self.watchdog.heard(&event);
                if let Event::Committed { .. } = event {
                    let now = SystemTime::now()
                        .duration_since(SystemTime::UNIX_EPOCH)
                        .unwrap_or_default();
                    self.shared.last_record.store(now.as_secs(), Ordering::Relaxed);
                }
                self.decide(event)
            }
            Told::Seen { frame, analysed } => {
                let seen = analysed.seen.clone();
                self.last_seen = Some((frame, analysed));
                self.decide(Event::Seen(seen))
            }
            Told::Analysed { ticket, analysed } => {
                let seen = analysed.seen.clone();
                if let Some(kept) = self.kept.get_mut(&ticket) {
                    kept.analysed = Some(analysed);
                }
                self.decide(Event::Analysed { ticket, seen })
            }
            Told::Still { ticket, frame } => {
                if let Some(kept) = self.kept.get_mut(&ticket) {
                    kept.frame = frame;
                }
                self.decide(Event::StillTaken { ticket })
            }
        }
    }

    fn decide(&mut self, event: Event) -> bool {
        let effects = self.machine.step(event, self.started.elapsed());
        self.perform(effects)
    }

    /// Does what the machine asks for, and what it asks for in answer to that; whether the station is to end.
    fn perform(&mut self, effects: Vec<Effect>) -> bool {
        let mut to_do = VecDeque::from(effects);
        while let Some(effect) = to_do.pop_front() {
            let mut answers = Vec::new();
            self.watchdog.asked(&effect);
            match effect {
                Effect::OpenSource => {
                    // The source's thread ends with the station only.
                    let _ = self.source_asked.send(());
                }
                Effect::Keep { ticket, which } => answers.extend(self.keep(ticket, which)),
                Effect::Release { ticket } => {
                    self.kept.remove(&ticket);
                }
                Effect::Commit { ticket, facts } => {
                    if let Some(kept) = self.kept.get(&ticket) {
                        let _ = self.recorder_jobs.send(RecorderJob::Commit {
                            ticket,
                            frame: kept.frame.clone(),
                            analysed: kept.analysed.clone(),
                            facts: Box::new(facts),
                        });
                    }
                }
                Effect::Void { id } => {
                    let _ = self.recorder_jobs.send(RecorderJob::Void { id });
                }
                Effect::StopAnalysing => {
                    let left = self.shared.slot.take_back().into_iter();
                    answers.extend(left.map(|ticket| Event::LeftUnanalysed { ticket }));
                }
                Effect::Say(message) => log(&message),
                Effect::Stop => return true,
            }
            for answer in answers {
                to_do.extend(self.machine.step(answer, self.started.elapsed()));
            }
        }
        false
    }

    /// Keeps a frame; the event that is known already.
    fn keep(&mut self, ticket: Ticket, which: Which) -> Option<Event> {
        match which {
            Which::Newest => match self.shared.slot.keep(ticket) {
                Some(Keeping::Frame(frame) | Keeping::Still(frame)) => {
                    self.kept.insert(ticket, Kept { frame, analysed: None });
                    None
                }
                None => Some(Event::AnalysisFailed {
                    ticket,
                    reason: "the camera has not given a picture yet".into(),
                }),
            },
            Which::LastSeen => {
                let (frame, analysed) = self.last_seen.clone()?;
                if self.shared.slot.wish(ticket, &frame) {
                    self.kept.insert(ticket, Kept { frame, analysed: None });
                    return None;
                }
                let seen = analysed.seen.clone();
                let analysed = Some(analysed);
                self.kept.insert(ticket, Kept { frame, analysed });
                Some(Event::Analysed { ticket, seen })
            }
        }
    }

    /// Puts the state where the preview finds it.
    fn publish(&mut self) {
        let now = self.started.elapsed();
        let status = self.machine.status(now);
        if status.phase == Phase::Finishing {
            self.shared.slot.end_preview();
        }
        let rates = self.rates.read(&self.shared.meters, now);
        if now >= self.next_rates_log {
            self.next_rates_log = now + LOG_RATES_EVERY;
            tracing::debug!(
                "{:.1} frames/s, {:.1} analyses/s, {:.1} pictures/s on the display, {} ms from capture to result, {} frames overwritten",
                rates.source,
                rates.analysis,
                rates.preview,
                rates.latency.as_millis(),
                self.shared.slot.overwritten(),
            );
        }
        let mut board = self.shared.board.lock().unwrap_or_else(PoisonError::into_inner);
        board.rates = rates;
        if *board.status != status {
            board.status = Arc::new(status);
            board.version += 1;
        }
    }
}

/// What the operator is told goes to the log under a name of its own, so that a terminal can show it whatever else it leaves out.
fn log(message: &Message) {
    match message.severity {
        Severity::Info => tracing::info!(target: OPERATOR_LOG, "{}", message.text),
        Severity::Warning => tracing::warn!(target: OPERATOR_LOG, "{}", message.text),
        Severity::Error => tracing::error!(target: OPERATOR_LOG, "{}", message.text),
    }
}

fn thread_name(thread: &JoinHandle<()>) -> String {
    thread.thread().name().unwrap_or("unnamed").to_owned()
}

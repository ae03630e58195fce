//! What a station is made of, behind traits, so that it runs in a test as it runs on a bench.
//!
//! `A` is an analysis: whatever the analyser finds out about one frame, which recorder and screen understand.

use crate::frame::Frame;
use crate::health::Reading;
use crate::indicator::Indicator;
use crate::input;
use crate::source::{Source, SourceError};

use super::machine::Gate;
use super::rates::Rates;
use super::scene_watch::Observation;
use super::supervision::Supervisor;
use super::{CommitFailure, RecordFacts, Status};

/// Finds out what is in a frame. It runs on a thread of its own and may take seconds.
pub trait Analyser<A>: Send {
    /// Analyses one frame.
    ///
    /// # Errors
    /// What is wrong with the frame, in words for the operator.
    fn analyse(&mut self, frame: &Frame) -> Result<Analysed<A>, String>;
}

/// An analysis, and what of it decides about triggers.
#[derive(Debug, Clone)]
pub struct Analysed<A> {
    /// All of it.
    pub analysis: A,
    /// The little that decides about triggers.
    pub seen: Observation,
}

/// Makes records. It runs on a thread of its own.
pub trait Recorder<A>: Send {
    /// Writes a record, whole and synced.
    ///
    /// # Errors
    /// Why there is no such record; nothing of it is visible.
    fn commit(&mut self, draft: &Draft<'_, A>) -> Result<Recorded, RecordError>;

    /// Marks a record as void.
    ///
    /// # Errors
    /// Why it is not marked, in words for the operator.
    fn void(&mut self, id: &str) -> Result<(), String>;
}

/// What a record is made from.
#[derive(Debug)]
pub struct Draft<'a, A> {
    /// The triggered frame.
    pub frame: &'a Frame,
    /// The analysis of that very frame; absent where the station had to end before it.
    pub analysis: Option<&'a A>,
    /// Operator, note, trigger, specimen.
    pub facts: &'a RecordFacts,
}

/// A record on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// Its id.
    pub id: String,
    /// Size of all its files.
    pub bytes: u64,
}

/// Why a record was not written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordError {
    /// The reason and its cure.
    pub reason: String,
    /// What kind of error it is.
    pub failure: CommitFailure,
}

/// Draws what the operator sees. It is opened and used on a thread of its own, at the display's pace.
pub trait Screen<A> {
    /// Draws, and returns when the display has taken it.
    ///
    /// # Errors
    /// What is wrong with the display, in words for the operator. A frame that can't be decoded is no error of the display.
    fn show(&mut self, view: &Shown<'_, A>) -> Result<(), String>;

    /// What the operator did at the display since the last call; displays that nobody can touch have nothing to tell.
    fn events(&mut self) -> Vec<input::Event> {
        Vec::new()
    }
}

/// What there is to show.
#[derive(Debug)]
pub struct Shown<'a, A> {
    /// The newest frame; none before the first.
    pub frame: Option<&'a Frame>,
    /// The newest analysis, most often that of an earlier frame.
    pub analysis: Option<&'a A>,
    /// State, messages, counts.
    pub status: &'a Status,
    /// Rates and latency.
    pub rates: &'a Rates,
}

/// Opens the source, for the first time or anew.
pub type OpenSource = Box<dyn FnMut() -> Result<Box<dyn Source>, SourceError> + Send>;

/// Opens the display, for the first time or anew after an error. The error is in words for the operator.
pub type OpenScreen<A> = Box<dyn FnMut() -> Result<Box<dyn Screen<A>>, String> + Send>;

/// Asks how the machine is.
pub type ReadHealth = Box<dyn FnMut() -> Reading + Send>;

/// Everything that a station is made of.
pub struct StationParts<A> {
    /// Opens the source.
    pub open_source: OpenSource,
    /// Analyses frames.
    pub analyser: Box<dyn Analyser<A>>,
    /// Writes records.
    pub recorder: Box<dyn Recorder<A>>,
    /// Opens the display on which to show what happens; a station without one has none.
    pub open_screen: Option<OpenScreen<A>>,
    /// Decides about pictures that the station takes by itself.
    pub gate: Box<dyn Gate>,
    /// Asks how the machine is, every few seconds.
    pub health: Option<ReadHealth>,
    /// Whoever sees to it that the station runs; `None` where nobody does.
    pub supervisor: Option<Box<dyn Supervisor>>,
    /// The lamp and the buzzer; a station without them has none.
    pub indicator: Option<Indicator>,
}

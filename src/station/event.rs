//! What the machine is told, and what it asks for.

use std::sync::Arc;

use super::scene_watch::Observation;
use crate::health::Reading;
use crate::identify::{Identified, PickList};
use crate::input;
use crate::input::TriggerKind;

/// Names one triggered frame from its trigger to its commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u64);

/// Something that happened.
#[derive(Debug, Clone)]
pub enum Event {
    /// Time has passed; to be told several times a second.
    Tick,
    /// The operator, or a program in the operator's place, asks for something.
    Input(input::Event),
    /// The source is open and has given a frame.
    SourceOpened {
        /// What it is, in the operator's words.
        description: String,
        /// What the operator should know about how it was opened.
        notes: Vec<String>,
        /// A trigger makes it take a picture of its own, at full size.
        takes_stills: bool,
    },
    /// The source could not be opened, or gives no more frames because of an error.
    SourceLost {
        /// The error and its cure.
        reason: String,
    },
    /// The source has delivered its last frame.
    SourceEnded,
    /// One frame of the source, or its picture, is unusable; the source goes on.
    FramePassedOver {
        /// The error.
        reason: String,
    },
    /// The newest frame was analysed for the preview.
    Seen(Observation),
    /// A kept frame was analysed.
    Analysed {
        /// Which one.
        ticket: Ticket,
        /// What was seen in it.
        seen: Observation,
    },
    /// A kept frame can't be analysed, or there was no frame to keep.
    AnalysisFailed {
        /// Which one.
        ticket: Ticket,
        /// The error.
        reason: String,
    },
    /// The full-size picture of a trigger was taken.
    StillTaken {
        /// Which one.
        ticket: Ticket,
    },
    /// The full-size picture of a trigger could not be taken; the preview's frame is kept in its place.
    StillFailed {
        /// Which one.
        ticket: Ticket,
        /// The error.
        reason: String,
    },
    /// A kept frame will not be analysed, as [`Effect::StopAnalysing`] asked.
    LeftUnanalysed {
        /// Which one.
        ticket: Ticket,
    },
    /// A record is on disk, whole and synced.
    Committed {
        /// Whose frame it holds.
        ticket: Ticket,
        /// The record's id.
        id: String,
        /// Size of all its files.
        bytes: u64,
    },
    /// A record could not be written; nothing of it is visible.
    CommitFailed {
        /// Whose frame it would hold.
        ticket: Ticket,
        /// The error and its cure.
        reason: String,
        /// What kind of error it is.
        failure: CommitFailure,
    },
    /// A record is marked as void.
    Voided {
        /// The record's id.
        id: String,
    },
    /// A record could not be marked as void.
    VoidFailed {
        /// The record's id.
        id: String,
        /// The error and its cure.
        reason: String,
    },
    /// The pick list was read anew, or can't be; then the one before goes on.
    PickList(Result<Arc<PickList>, String>),
    /// How the machine is.
    Health(Reading),
    /// The display can't be drawn on.
    DisplayLost {
        /// The error and its cure.
        reason: String,
    },
    /// The display can be drawn on again.
    DisplayBack,
}

/// What kept a record from being written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommitFailure {
    /// There is no room for it; there may be later.
    StorageFull,
    /// The storage fails; it may work later.
    Storage,
    /// The record itself can't be written, now or later.
    Record,
}

/// Which frame to keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// The newest one that the source delivered; it is yet to be analysed.
    Newest,
    /// The one of the last [`Event::Seen`], with its analysis.
    LastSeen,
}

/// What goes into a record beside the frame and its analysis.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordFacts {
    /// What asked for the picture.
    pub trigger: TriggerKind,
    /// Who worked at the station when the picture was taken; may be empty.
    pub operator: String,
    /// The remark that held when the picture was taken; may be empty.
    pub note: String,
    /// The id of the specimen's first record, where this is a further picture of the same specimen.
    pub same_specimen_as: Option<String>,
    /// Where its id comes from; `None` where nobody has identified it, and the station's own pattern makes the id.
    pub identified: Option<Identified>,
}

/// Something that is to be done.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Open the source, or open it anew; answered by [`Event::SourceOpened`] or [`Event::SourceLost`].
    OpenSource,
    /// Keep a frame, or where the source takes stills the still that is taken now, until it is committed or released; answered by [`Event::Analysed`], [`Event::AnalysisFailed`] or [`Event::LeftUnanalysed`].
    Keep {
        /// Its name from now on.
        ticket: Ticket,
        /// Which frame.
        which: Which,
    },
    /// Let a kept frame go.
    Release {
        /// Which one.
        ticket: Ticket,
    },
    /// Write a kept frame's record; answered by [`Event::Committed`] or [`Event::CommitFailed`]. At most one is under way.
    Commit {
        /// Whose frame.
        ticket: Ticket,
        /// What goes with it.
        facts: RecordFacts,
    },
    /// Mark a record as void; answered by [`Event::Voided`] or [`Event::VoidFailed`].
    Void {
        /// The record's id.
        id: String,
    },
    /// Begin no further analysis; kept frames that are still to be analysed are answered by [`Event::LeftUnanalysed`].
    StopAnalysing,
    /// Tell the operator, and write into the log.
    Say(super::status::Message),
    /// All is done; end.
    Stop,
}

//! The station's state in plain values, for the display and the log.

use crate::health::Reading;
use crate::identify::NextIdStatus;
use crate::input::{Field, SwitchKind};
use crate::measure::quality::{CheckName, Quality, Verdict};

/// How urgent a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// All is well.
    Info,
    /// Something was not done, or needs attention soon.
    Warning,
    /// Something is broken.
    Error,
}

/// A sentence for the operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// How urgent it is.
    pub severity: Severity,
    /// What it is about.
    pub topic: Topic,
    /// The sentence.
    pub text: String,
}

/// What a sentence is about, for displays that show some things with more than words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Topic {
    /// A record is committed.
    Saved {
        /// Its id.
        id: String,
    },
    /// A record is committed although quality checks found its picture bad.
    SavedInSpite {
        /// Its id.
        id: String,
        /// The words of these checks.
        of: String,
    },
    /// A record is marked as void.
    Voided {
        /// Its id.
        id: String,
    },
    /// A trigger was refused because too many frames wait.
    QueueFull,
    /// What the operator asked for was not saved, and won't be.
    NotSaved {
        /// The reason, and what to do.
        why: String,
    },
    /// Anything else.
    Other,
}

/// What the trigger `auto` makes of a still scene.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Auto {
    /// It takes a picture after so many seconds, rounded up, if nothing moves.
    Settling {
        /// Seconds, at least 1.
        seconds: u32,
    },
    /// The specimen that lies there was recorded already.
    AlreadyRecorded,
}

/// What the station is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Phase {
    /// The source is being opened for the first time.
    Starting,
    /// Everything waits for the operator.
    Ready,
    /// Triggered frames are being analysed or written.
    Saving,
    /// There is no source; it is tried again.
    SourceLost {
        /// The error and its cure.
        reason: String,
    },
    /// Records can't be written; triggered frames are kept and tried again.
    StorageFailing {
        /// The error and its cure.
        reason: String,
        /// There is no room.
        full: bool,
    },
    /// What waits is written, then the station stops.
    Finishing,
}

impl Phase {
    /// The state in a few words that are read from two metres.
    pub fn words(&self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Ready => "ready",
            Self::Saving => "saving",
            Self::SourceLost { .. } => "NO CAMERA",
            Self::StorageFailing { .. } => "NOT SAVING",
            Self::Finishing => "finishing",
        }
    }
}

/// What has been counted since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Records committed.
    pub saved: u64,
    /// Records of these that were voided.
    pub voided: u64,
    /// Triggers that were refused because too many frames waited, or because there was no source.
    pub refused: u64,
    /// Triggered frames without a fish, which were not saved.
    pub without_fish: u64,
    /// Triggered frames that could not be analysed or saved, and are gone.
    pub lost: u64,
    /// Frames of the source that were unusable.
    pub passed_over: u64,
    /// Records whose picture a check found bad.
    pub in_spite: ByCheck,
}

/// A number for each quality check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ByCheck([u64; CheckName::ALL.len()]);

impl ByCheck {
    /// The number of one check.
    pub fn of(&self, name: CheckName) -> u64 {
        self.0[name as usize]
    }

    /// Counts each check that found a picture bad.
    pub(super) fn count_bad(&mut self, quality: &Quality) {
        for check in quality.with(Verdict::Bad) {
            self.0[check.name as usize] += 1;
        }
    }
}

/// Everything that the machine knows and an operator wants to see.
#[derive(Debug, Clone, PartialEq)]
pub struct Status {
    /// What the station is doing.
    pub phase: Phase,
    /// The latest sentence, for as long as it is worth reading.
    pub message: Option<Message>,
    /// The message is younger than a second.
    pub message_is_new: bool,
    /// What the trigger `auto` waits for; `None` where it is off or no fish lies there.
    pub auto: Option<Auto>,
    /// Why the trigger `auto` takes no picture of the specimen that lies there.
    pub held_back: Option<String>,
    /// What the source is, once it was open.
    pub source: String,
    /// Counts since the start.
    pub counts: Counts,
    /// Triggered frames that are not committed yet.
    pub waiting: usize,
    /// The most that may wait.
    pub waiting_max: usize,
    /// The last committed record's id.
    pub last_id: Option<String>,
    /// How the next specimen's id stands.
    pub next_id: NextIdStatus,
    /// Who works here; may be empty.
    pub operator: String,
    /// The remark for the following records; may be empty.
    pub note: String,
    /// A text that is being typed.
    pub typing: Option<(Field, String)>,
    /// The operator switched landmarks and lengths on the picture off, or on where they are usually off.
    pub measurements_switched: bool,
    /// The keys are to be shown.
    pub help: bool,
    /// The source is open, whatever else the station is doing.
    pub has_source: bool,
    /// The display can be drawn on; `None` before that was tried, and where there is none.
    pub has_display: Option<bool>,
    /// Buttons that are configured and can't be used.
    pub lost_switches: Vec<SwitchKind>,
    /// The machine's health, once it was read.
    pub health: Option<Reading>,
    /// How many more records fit, once a record's size is known.
    pub records_left: Option<u64>,
}

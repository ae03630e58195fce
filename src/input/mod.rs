//! What the operator does: keys and signals become [`Event`]s for the station.
//!
//! * [`Event`]: everything that can be asked of a running station, whichever way it was asked.
//! * [`keys`]: bytes typed on a terminal → events, without a terminal; [`lines`]: the same for a pipe or a file.
//! * [`Stdin`]: the thread that reads standard input, in raw mode where it is a terminal.
//! * [`Signals`]: the thread that takes `SIGUSR1`, `SIGINT`, `SIGTERM` and `SIGHUP`.
//! * [`Switch`]: the thread that watches one button: the shutter on a GPIO line, a foot switch that is a keyboard. [`presses`]: what its presses mean.
//! * [`Scanner`]: the thread that reads a hand scanner, which is a keyboard too. [`scan`]: which characters its keys are.
//! * [`TriggerSettings`]: by what a picture is taken.
//!
//! | key | what it does |
//! |---|---|
//! | SPACE, ENTER | takes a picture |
//! | `+` | takes another picture of the same specimen |
//! | `u` | undoes the last record: marks it as void |
//! | `o` | asks for the operator's name; ENTER keeps it, ESC leaves it as it was |
//! | `n` | asks for a note that goes with the following records |
//! | `i` | asks for the next specimen's catalogue number; empty clears it |
//! | `l` | asks what to look for in the pick list; empty goes to the next entry |
//! | `h`, `?` | shows the keys |
//! | `q` | finishes |

mod foot_switch;
mod key_device;
pub mod keys;
pub mod lines;
pub mod presses;
mod reconnect;
pub mod scan;
mod scanner;
mod settings;
mod signals;
mod stdin;
mod switch;

use std::path::{Path, PathBuf};

use thiserror::Error;

pub use foot_switch::{FootSwitch, FootSwitchSettings, PedalKey};
pub use scanner::Scanner;
pub use settings::TriggerSettings;
pub use signals::Signals;
pub use stdin::Stdin;
pub use switch::{Contact, Switch};

/// Something that the operator, or a program in the operator's place, asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Take a picture.
    Trigger {
        /// What asked for it.
        by: TriggerKind,
        /// It shows the specimen of the picture before it once more.
        same_specimen: bool,
    },
    /// Void the last record.
    Undo,
    /// Text is being typed; shown so that the operator sees what happens.
    Typing {
        /// What the text is for.
        field: Field,
        /// What has been typed so far.
        text: String,
    },
    /// Typing was given up.
    TypingCancelled,
    /// A text was finished.
    Set {
        /// What the text is for.
        field: Field,
        /// The text; empty to clear.
        text: String,
    },
    /// A hand scanner has read something.
    Scanned {
        /// What it typed, without the key that ended it.
        text: String,
    },
    /// Show landmarks and lengths on the picture, or hide them.
    Measurements,
    /// Show the keys, or hide them.
    Help,
    /// Finish the record that is being written and those that wait, then stop.
    Finish,
    /// Stop without waiting for anything.
    FinishAtOnce,
    /// A button can't be used; it is tried again.
    SwitchLost {
        /// Which one.
        switch: SwitchKind,
        /// The error and its cure.
        reason: String,
    },
    /// A button that was lost can be used again.
    SwitchBack {
        /// Which one.
        switch: SwitchKind,
    },
}

/// A button of the station.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SwitchKind {
    /// The shutter button on a GPIO line.
    Shutter,
    /// The foot switch.
    FootSwitch,
    /// The hand scanner.
    Scanner,
}

impl SwitchKind {
    /// What the operator calls it: `shutter button`, `foot switch`, `hand scanner`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Shutter => "shutter button",
            Self::FootSwitch => "foot switch",
            Self::Scanner => "hand scanner",
        }
    }

    /// What its presses are to a record.
    pub fn trigger(self) -> TriggerKind {
        match self {
            Self::Shutter => TriggerKind::Button,
            Self::FootSwitch => TriggerKind::FootSwitch,
            Self::Scanner => TriggerKind::Scanner,
        }
    }
}

/// What asks for a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TriggerKind {
    /// A key, or a line on standard input.
    Key,
    /// The timer.
    Timer,
    /// `SIGUSR1`.
    Signal,
    /// The station itself: a specimen lies still.
    Auto,
    /// The shutter button.
    Button,
    /// The foot switch.
    FootSwitch,
    /// A scan by the hand scanner.
    Scanner,
}

impl TriggerKind {
    /// The word under which a record keeps it: `key`, `timer`, `signal`, `auto`, `button`, `foot-switch`, `scanner`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::Timer => "timer",
            Self::Signal => "signal",
            Self::Auto => "auto",
            Self::Button => "button",
            Self::FootSwitch => "foot-switch",
            Self::Scanner => "scanner",
        }
    }
}

/// A text that the operator may set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Field {
    /// Who works at the station.
    Operator,
    /// A remark that goes with the following records.
    Note,
    /// The next specimen's catalogue number.
    Id,
    /// What is looked for in the pick list.
    List,
}

impl Field {
    /// The word that the operator reads: `operator`, `note`, `catalogue number`, `find in the list`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::Note => "note",
            Self::Id => "catalogue number",
            Self::List => "find in the list",
        }
    }
}

/// Longest operator name or note, in characters.
pub const MAX_TEXT: usize = 500;

/// Why input can't be taken.
#[derive(Debug, Error)]
pub enum InputError {
    /// A setting outside what is allowed.
    #[error("trigger.{key} is {value}; allowed is {allowed}")]
    Setting {
        /// Key in the section `[trigger]`.
        key: &'static str,
        /// The value given.
        value: String,
        /// What is allowed, in words.
        allowed: &'static str,
    },
    /// Signals can't be caught.
    #[error("can't take signals ({0}); the station would not stop cleanly, so it does not start")]
    Signals(std::io::Error),
    /// No input device is the one that is wanted.
    #[error("no input device is {wanted:?}; there are {there}. Plug it in, or correct {setting}")]
    NoDevice {
        /// The configuration's key, for example `trigger.foot_switch`.
        setting: &'static str,
        /// What the configuration says.
        wanted: String,
        /// The devices that there are.
        there: String,
    },
    /// Several input devices may be the one that is wanted.
    #[error("several input devices are {wanted:?}: {those}; write more of the name into {setting}, or the path")]
    Ambiguous {
        /// The configuration's key.
        setting: &'static str,
        /// What the configuration says.
        wanted: String,
        /// The devices.
        those: String,
    },
    /// An input device can't be used.
    #[error("{}: {error}{}", path.display(), device_cure(path, error))]
    Device {
        /// Its file.
        path: PathBuf,
        /// The system's words.
        error: std::io::Error,
    },
    /// A thread can't be started.
    #[error("can't start a thread for input ({0}); free memory or raise the limit of processes")]
    Thread(std::io::Error),
}

/// What to do about an input device that can't be used, where there is more to say than the system does.
fn device_cure(path: &Path, error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::ResourceBusy => {
            "; another program has it for itself alone (EVIOCGRAB): end that".to_owned()
        }
        std::io::ErrorKind::NotFound => "; plug it in".to_owned(),
        _ => crate::device_access::cure(path, error),
    }
}

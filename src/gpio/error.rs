//! Why a line can't be had.

use std::path::PathBuf;

use thiserror::Error;

use super::LineId;

/// Why a line can't be had, or is had no more.
#[derive(Debug, Error)]
pub enum GpioError {
    /// A setting outside what is allowed.
    #[error("gpio.{key} is {value}; allowed is {allowed}")]
    Setting {
        /// Key in the section `[gpio]`.
        key: &'static str,
        /// The value given.
        value: String,
        /// What is allowed, in words.
        allowed: &'static str,
    },
    /// The machine has no lines.
    #[error(
        "there is no line {line}: this machine has no /dev/gpiochip*; on a Raspberry Pi or Jetson, check that its kernel offers them"
    )]
    NoChips {
        /// The line wanted.
        line: LineId,
    },
    /// No line has that name, or no chip.
    #[error("there is no line {line}; there are {there}")]
    NoSuchLine {
        /// The line wanted.
        line: LineId,
        /// The lines or chips that there are.
        there: String,
    },
    /// The name is that of several lines.
    #[error("several lines are called {line}: {those}; name one of them so")]
    Ambiguous {
        /// The line wanted.
        line: LineId,
        /// Where the lines are.
        those: String,
    },
    /// A chip can't be opened.
    #[error("can't open {}: {error}{}", path.display(), crate::device_access::cure(path, error))]
    Unreachable {
        /// The chip's file.
        path: PathBuf,
        /// The system's words.
        error: std::io::Error,
    },
    /// Something else has the line.
    #[error("the line {line} is in use by {consumer}; end that, or take another line")]
    Busy {
        /// The line wanted.
        line: LineId,
        /// Who has it, as the kernel knows them.
        consumer: String,
    },
    /// The kernel refuses, or the chip is gone.
    #[error("the line {line} fails: {reason}; check that its chip is still there (gpioinfo) and can do this")]
    Failed {
        /// The line.
        line: LineId,
        /// The kernel's words.
        reason: String,
    },
}

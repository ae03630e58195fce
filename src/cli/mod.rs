//! The command line, one file a subcommand.

pub mod render;

/// How a command ended, when nothing kept it from running.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Everything was done.
    Done,
    /// Some items failed; each was named.
    SomeFailed,
}

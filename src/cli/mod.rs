//! The command line, one file a subcommand.

pub mod store;

/// How a command ended that did not fail as a whole; an error is exit code 2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// All done: exit code 0.
    Done,
    /// Some items failed, and each was named: exit code 1.
    SomeFailed,
}

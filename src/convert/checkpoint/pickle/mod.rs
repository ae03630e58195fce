//! Python's pickles, read as plain values: nothing is imported, called or made.
//!
//! A pickle is a small program for a stack machine, and Python runs it with any function that it names. [`read`] runs the same program over
//! inert values: a name becomes a [`Value::Global`], a call a [`Value::Made`] that says what would have been called with which arguments.
//! What a name means to PyTorch is decided by whoever looks at the values, for the few names that they know.
//!
//! Values lie in an arena and refer to each other by [`NodeId`], so that cycles, which pickles can have, and any depth of nesting need neither
//! recursion nor reference counts. Every opcode makes at most one value and no opcode copies one, so the memory is bounded by the length of
//! the pickle and by [`VALUES_MAX`]; text is not copied out of the pickle at all.
//!
//! Opcodes and their meaning: `Lib/pickletools.py` of CPython.

mod bytes;
mod machine;
mod opcode;
mod stack;
mod value;

pub use machine::{Pickle, read};
pub use stack::VALUES_MAX;
pub use value::{Made, NodeId, Value, Values};

use thiserror::Error;

/// Why a pickle is refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("at byte {position} of the pickle: {reason}")]
pub struct PickleError {
    /// Byte of the pickle, counted from 0.
    pub position: usize,
    /// What is wrong there.
    pub reason: String,
    /// The pickle stops before its end; more bytes might mend it.
    pub ends_early: bool,
}

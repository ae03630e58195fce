//! How the machine itself is: storage, memory, temperature, clock.
//!
//! [`Probe::read`] gives a [`Reading`] in which everything that this machine does not tell is absent; a missing sensor is a normal answer. The parsers
//! of the kernel's files are plain functions of text.

mod clock;
mod load;
mod memory;
mod probe;
mod storage;
mod temperature;

pub use clock::ClockTrust;
pub use load::ProcessorLoad;
pub use memory::Memory;
pub use probe::{Probe, Reading};
pub use storage::Storage;

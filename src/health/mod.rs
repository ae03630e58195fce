//! How the machine itself is: storage, memory, temperature, throttling, clock.
//!
//! [`Probe::read`] gives a [`Reading`] in which everything that this machine does not tell is absent; a missing sensor is a normal answer. The parsers
//! of the kernel's files are plain functions of text. [`Exposition`] and [`Textfile`] bring numbers to Prometheus.

mod clock;
mod exposition;
mod load;
mod memory;
mod probe;
mod settings;
mod storage;
mod temperature;
mod textfile;
mod throttling;

pub use clock::ClockTrust;
#[cfg(test)]
pub(crate) use exposition::reader;
pub use exposition::{Exposition, Kind, Labels};
pub use load::ProcessorLoad;
pub use memory::Memory;
pub use probe::{Probe, Reading, add_reading};
pub use settings::{HealthError, HealthSettings};
pub use storage::Storage;
pub use textfile::Textfile;
pub use throttling::{Causes, Throttling};

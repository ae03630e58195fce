//! The live loop.

mod event;
pub mod machine;
pub mod scene_watch;
mod status;

pub use event::{Effect, Event, RecordFacts, Ticket, Which};
pub use status::{Counts, Message, Phase, Severity, Status};

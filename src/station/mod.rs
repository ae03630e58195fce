//! The live loop.

mod event;
mod frame_analysis;
pub mod machine;
mod record_keeper;
pub mod scene_watch;
mod status;

pub use event::{Effect, Event, RecordFacts, Ticket, Which};
pub use frame_analysis::{FrameAnalysis, FrameAnalysisError};
pub use record_keeper::{Circumstances, KeepError, RecordKeeper};
pub use status::{Counts, Message, Phase, Severity, Status};

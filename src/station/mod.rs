//! The live loop: where source, analysis, display and records come together.
//!
//! ```text
//! source thread ──► slot ──► worker thread (locate, network) ──► latest result ──► preview thread ──► display
//!                    │                                    │
//!                    └── kept on a trigger ───────────────┴──► recorder thread ──► disk
//! ```
//!
//! * [`machine`]: every decision, without threads or clocks: [`Event`]s in, [`Effect`]s out.
//! * [`scene_watch`]: whether a scene is still and its specimen new.
//! * [`slot`]: the newest frame and the triggered ones; the source never waits.
//! * [`StationParts`]: what a station is made of, behind traits, so that it runs in a test as it runs on a bench.
//! * [`Station`]: the threads and the loop.
//! * [`Supervisor`]: who is told that the station runs, and not told when a thread hangs.
//! * [`live`]: the real parts, made from a configuration; [`wait_until_ready`]: what a service does while it can't be made.
//!
//! Nothing waits for something slower behind it: the source overwrites the slot, the preview shows the newest frame with the newest
//! result, a triggered frame is kept until it is committed, and the number of those is bounded.

mod contained;
mod event;
mod frame_analyser;
mod frame_analysis;
mod heartbeat;
mod indicate;
mod last_good;
pub mod live;
pub mod machine;
mod metrics;
mod overlay_screen;
mod parts;
mod pick_list_watch;
mod quality_gate;
mod rates;
mod record_keeper;
mod run;
pub mod scene_watch;
mod settings;
pub mod slot;
mod status;
mod stop;
mod supervision;
mod threads;
mod wait;
mod watchdog;

pub use event::{CommitFailure, Effect, Event, RecordFacts, Ticket, Which};
pub use frame_analyser::{FrameAnalyser, LiveAnalysis};
pub use frame_analysis::{FrameAnalysis, FrameAnalysisError};
pub use overlay_screen::{OverlayScreen, ScreenSettings};
pub use parts::{
    Analysed, Analyser, Draft, OpenScreen, OpenSource, ReadHealth, RecordError, Recorded, Recorder, Screen, Shown,
    StationParts,
};
pub use quality_gate::QualityGate;
pub use rates::Rates;
pub use record_keeper::{Circumstances, KeepError, RecordKeeper};
pub use run::{Controls, OPERATOR_LOG, Station, StationError};
pub use settings::StationSettings;
pub use status::{Auto, ByCheck, Counts, Message, Phase, Severity, Status, Topic};
pub use supervision::{Note, ServiceManager, Supervisor};
pub use wait::{NotReady, wait_until_ready};

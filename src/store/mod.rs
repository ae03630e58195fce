//! Records on disk: committed whole or not at all. The last room on a frame's way.
//!
//! ```text
//! <root>/2026-11-24/INHS_FISH_000742/   one directory a record, in its local day; `record.toml` makes it one
//! <root>/.incoming/                     records being written; nothing in here is a record
//! ```
//!
//! * [`Store`]: opened by the one process that writes; [`Store::commit`] turns a [`RecordDraft`] into a record.
//! * [`Archive`]: the records that are there, for any number of readers: list, read, void, and [`Archive::verify`], which looks at every byte.
//! * [`export`]: records laid out for other programs.
//! * [`Storage`]: the one door to the disk, with [`Disk`] behind it. The tests put a simulated disk there and cut its power.
//!
//! The directories are the truth: there is no index that could disagree with them.

mod archive;
mod commit;
mod contents;
mod disk;
mod draft;
mod error;
pub mod export;
pub mod layout;
pub mod measurements_file;
mod metadata;
pub mod record;
mod settings;
mod storage;
mod trait_tables;
mod verify;

pub use archive::{Archive, Listed};
pub use commit::{Committed, Store};
pub use disk::Disk;
pub use draft::{FishDraft, NetworkIdentity, RecordDraft};
pub use error::StoreError;
pub use layout::Place;
pub use record::Record;
pub use settings::StoreSettings;
pub use storage::{Entry, EntryKind, Storage};
pub use verify::{Checked, Foreign, ForeignKind};

//! The tensors of a PyTorch checkpoint, read without Python and without trust.
//!
//! [`Checkpoint::open`] reads what a file says about its tensors; [`Checkpoint::read_f32`] reads the values of one. Values stay in the file
//! until they are asked for, so memory is near that of the largest tensor. `docs/checkpoints.md` lists the forms of files.
//!
//! | file | what it knows |
//! |---|---|
//! | `source.rs` | bytes by offset, from a file or memory |
//! | `archive.rs` | the zip archives that torch has written since 1.6: which members there are and where |
//! | `stream.rs` | the files of torch before 1.6: pickles, then storages |
//! | [`pickle`] | pickles as inert values |
//! | `torch.rs` | what the names in a pickle mean to torch: storages, tensors, parameters, dictionaries |
//! | `lookup.rs` | dictionaries and attributes, looked up with a bound on the looks |
//! | `contents.rs`, `modules.rs` | where in a pickle the tensors are: state dictionaries, trees of modules |
//! | `table.rs` | tensors checked against the storages that are in the file |
//! | `foreign.rs` | files of other kinds, to name them in the refusal |
//! | `element.rs` | types of elements and their conversion |
//! | `file.rs` | [`Checkpoint`] |
//!
//! The two ways of writing and all formats are those of `torch/serialization.py` and `torch/_utils.py` of PyTorch.

mod archive;
mod contents;
mod element;
mod error;
mod file;
mod foreign;
mod lookup;
mod modules;
pub mod pickle;
mod source;
mod stream;
mod table;
mod torch;

pub use element::ElementType;
pub use error::{CheckpointError, CheckpointFault};
pub use file::{Checkpoint, CheckpointForm};
pub use table::TensorInfo;

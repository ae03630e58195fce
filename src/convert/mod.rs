//! Files from outside into what fishrig runs, without Python and without trust in the file.
//!
//! * [`checkpoint`]: the tensors of a PyTorch file.

pub mod checkpoint;

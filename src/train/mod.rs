//! Training: a network's later layers, or all of them, fitted to labelled pictures.
//!
//! Not on a frame's way: `fishrig train` comes here, on a workstation or overnight on the station itself. Behind the feature `train`, since the
//! engine (burn) is larger than the rest of the program.
//!
//! 1. `material`: labelled pictures at the network's size; `parts`: which of them train, validate and test.
//! 2. `layers`: a bundle's ONNX graph cut in two: what stays as it is, whose features fishrig's own network computes, and the layers that
//!    learn, as operators and parameters. Any graph of the operators in the table there can be trained; its form is not known here.
//! 3. `augment`: pictures altered as the published network's training altered them.
//! 4. `features`: what the frozen part says of a picture, kept in half precision as far as memory is given.
//! 5. `engine`: the trained layers, their gradients and Adam on burn; the reference's Dice loss. `processor`: where burn computes them.
//! 6. `run`: epochs, validation, the best state as a bundle, and the state from which a run goes on after a kill (`state`).
//! 7. `calibration`: its percentages mean what they say.
//! 8. `curves`: what happened, as a table and a picture.

mod augment;
mod calibration;
mod curves;
mod engine;
mod error;
mod features;
mod layers;
mod material;
mod parts;
mod processor;
mod run;
mod settings;
mod state;

pub use curves::EpochScore;
pub use error::TrainError;
pub use material::{Material, Specimen};
pub use parts::{Parts, Shares, by_lists, by_shares};
pub use processor::Processor;
pub use run::{Job, Progress, TestScore, Trained, train};
pub use settings::{Alteration, Freeze, TrainSettings};

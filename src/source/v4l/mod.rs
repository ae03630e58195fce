//! Cameras behind the kernel's Video4Linux2: USB cameras, and whatever else looks like one (`docs/cameras.md`).
//!
//! * [`V4lSettings`], [`DeviceChoice`]: what a camera needs to be told.
//! * [`list`], [`Listed`]: the video devices of this machine, those that don't fit with the reason.
//! * `mode`: which format, size and rate, from what the device offers.
//! * `controls`: which control gets which value.
//! * `camera`: the source: opens, sets, streams, and says in words what goes wrong.
//! * `frames`: a buffer's bytes, time and number as a frame.
//! * `device`: the trait between that and the kernel; `kernel` behind it holds all ioctls, and all `unsafe`.

mod camera;
mod controls;
mod device;
#[cfg(test)]
mod fake;
mod find;
mod frames;
mod kernel;
mod mode;
mod settings;
mod trouble;

pub use camera::V4lCamera;
pub use controls::{Control, Kind, Setting};
pub use device::{FourCc, Identity, Unfit};
pub use find::{Listed, controls_of, list};
pub use mode::{Active, FORMAT_NAMES, Mode, Offer, OfferedSize, Rates, Wanted, choose};
pub use settings::{DeviceChoice, V4lSettings};

//! fishrig turns a small computer under a copy stand into a fish digitization station.
//!
//! The rooms (modules) below are listed in the order in which a frame passes them; a room uses only rooms above it.
//! `ARCHITECTURE.md` tells the way of one frame from the camera to the committed record.

#![warn(clippy::unwrap_used)]

pub mod allocator;
pub mod checksum;
pub mod device_access;
pub mod frame;
pub mod traits;

pub mod labels;

pub mod locate;
pub mod measure;
pub mod network;

pub mod analysis;
pub mod render;

pub mod identify;

pub mod gpio;
pub mod input;
pub mod source;

pub mod display;
pub mod indicator;
pub mod overlay;

pub mod evaluate;

pub mod convert;

#[cfg(feature = "train")]
pub mod train;

pub mod health;

pub mod store;

pub mod report;

pub mod config;
pub mod station;

pub mod cli;

//! The screen: its words and places, its pixels, anything that may come, and a gallery to look at.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod anything;
mod gallery;
mod pixels;
mod places;
mod scene;

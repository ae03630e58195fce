//! Panels on an SPI bus: the bytes that go over it, put together again.

#![allow(clippy::unwrap_used)]

#[path = "../common/mod.rs"]
mod common;
mod glass;
mod pictures;
mod series;

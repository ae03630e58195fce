//! A frame as captured, and the picture in it: the first room on a frame's way.
//!
//! * [`Frame`]: the bytes exactly as the camera or file gave them, with their capture times. The record keeps these bytes.
//! * [`Frame::decode`]: the upright RGB picture, checked against [`Limits`] before anything is allocated.
//! * [`resize`]: Pillow's resampling, byte for byte, because the reference network was trained and is run on it.
//! * [`for_display`]: fast scaling for looking at.
//! * [`PixelBox`]: a rectangle in pixels, used by every later room.

mod captured;
mod decode;
mod for_display;
mod geometry;
mod huffman;
mod palette_tiff;
mod raw;
pub mod resize;

pub use captured::{CaptureTime, Frame, FrameFormat};
pub use decode::{DecodeOptions, Decoded, FrameError, Limits, Orientation};
pub(crate) use decode::{jpeg_is_complete, png_decoder};
pub use for_display::for_display;
pub use geometry::{PixelBox, Point, Size};
pub(crate) use huffman::with_huffman_tables;
pub use raw::{BayerOrder, Colours, Matrix, PixelLayout, Range, RawFormat};

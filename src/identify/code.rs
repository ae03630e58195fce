//! A code that was read in a picture: its words, kind and place.

use super::{MAX_PAYLOAD, Symbology};
use crate::frame::Point;

/// A code that was read in a picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Code {
    /// What it says, control characters and all, at most [`MAX_PAYLOAD`] bytes.
    pub payload: String,
    /// What kind of code it is.
    pub symbology: Symbology,
    /// Its corners in the picture, as in [`Identity::place`](super::Identity::place).
    pub place: Vec<Point>,
}

impl Code {
    /// A code; a longer payload is cut off at [`MAX_PAYLOAD`] bytes.
    pub fn new(payload: &str, symbology: Symbology, place: Vec<Point>) -> Self {
        Self {
            payload: bounded(payload),
            symbology,
            place,
        }
    }
}

/// The beginning of a text, [`MAX_PAYLOAD`] bytes at most.
pub(super) fn bounded(text: &str) -> String {
    text[..text.floor_char_boundary(MAX_PAYLOAD)].to_owned()
}

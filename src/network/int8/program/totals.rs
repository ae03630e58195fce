//! Sums of each channel over a whole map, and what is made of them.

use super::Program;
use crate::network::int8::convolution::Input;
use crate::network::int8::memory::Memory;
use crate::network::int8::rows;
use crate::network::int8::share::share_floats;
use crate::network::int8::steps::{Form, MapId};

impl Program {
    /// Sums, and sums of squares, of each channel of some pixels.
    pub(super) fn add_up(&self, pixels: &[f32], stride: usize, totals: &mut [f32]) {
        let (sums, squares) = totals.split_at_mut(stride);
        rows::totals(self.level, pixels, stride, sums, squares);
    }

    /// Sums, and sums of squares, of each channel in pieces of a map, in scratch; the step that made it may have left them there.
    pub(super) fn totals(&self, memory: &mut Memory, (map, form): (MapId, Form), parallel: bool) {
        if memory.totals > 0 {
            return;
        }
        let place = &self.places[map];
        let mut scratch = std::mem::take(&mut memory.scratch);
        let input = self.input(memory, (map, form));
        let rows = &mut scratch[..place.height * 2 * place.stride];
        share_floats(parallel, rows, 2 * place.stride, |row, totals| {
            match input {
                Input::Floats(values) => self.add_up(place.row(values, row), place.stride, totals),
                // Exact: a row is no longer than what `factors` allows.
                Input::Bytes(values) => {
                    let (sums, squares) = totals.split_at_mut(place.stride);
                    squares.fill(0.0);
                    rows::byte_totals(self.level, place.row(values, row), place.stride, sums);
                }
            }
        });
        memory.scratch = scratch;
        memory.totals = place.height;
    }
}

/// Sum and sum of squares of a channel, from those of pieces of its map.
pub(super) fn total(scratch: &[f32], pieces: usize, stride: usize, channel: usize) -> (f64, f64) {
    let pieces = scratch[..pieces * 2 * stride].chunks_exact(2 * stride);
    pieces.fold((0.0, 0.0), |(sum, squares), piece| {
        (
            sum + f64::from(piece[channel]),
            squares + f64::from(piece[stride + channel]),
        )
    })
}

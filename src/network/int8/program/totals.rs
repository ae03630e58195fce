//! Sums of each channel over a whole map, and what is made of them.

use super::Program;
use crate::network::int8::convolution::{Input, quantize};
use crate::network::int8::memory::Memory;
use crate::network::int8::rows::{self, Results};
use crate::network::int8::share::share_floats;
use crate::network::int8::steps::{Form, MapId, Normalization};

impl Program {
    /// Sums, and sums of squares, of each channel of some pixels.
    pub(super) fn add_up(&self, pixels: &[f32], stride: usize, totals: &mut [f32]) {
        let (sums, squares) = totals.split_at_mut(stride);
        rows::totals(self.level, pixels, stride, sums, squares);
    }

    /// The mean of each channel.
    pub(super) fn mean(&self, memory: &mut Memory, output: MapId, input: (MapId, Form), parallel: bool) {
        let from = &self.places[input.0];
        let code = self.places[output].code.map(quantize);
        // A byte means `scale * (byte - zero)`.
        let (scale, zero) = match (input.1, from.code) {
            (Form::Bytes, Some(code)) => (f64::from(code.scale), f64::from(code.zero)),
            _ => (1.0, 0.0),
        };
        self.with_totals(memory, input, parallel, |memory, total| {
            self.with_rows(memory, output, false, |_, _, floats, bytes| {
                let bytes = bytes.zip(code);
                Results { floats, bytes }.store_each(from.stride, |channel| {
                    let mean = total(channel).0 / (from.height * from.width) as f64;
                    (scale * (mean - zero)) as f32
                });
            });
        });
    }

    /// What group normalization multiplies each channel with, and what it adds.
    pub(super) fn normalize(
        &self,
        memory: &mut Memory,
        [factor, offset]: [MapId; 2],
        input: MapId,
        normalization: &Normalization,
        parallel: bool,
    ) {
        let Normalization {
            groups,
            epsilon,
            weight,
            bias,
        } = normalization;
        let from = &self.places[input];
        let of_group = from.channels / groups;
        let count = (of_group * from.height * from.width) as f64;
        self.with_totals(memory, (input, Form::Floats), parallel, |memory, total| {
            let normalize = |channel: usize| {
                let first = channel / of_group * of_group;
                let totals = (first..first + of_group).map(total);
                let (sum, squares) = totals.fold((0.0, 0.0), |a, b| (a.0 + b.0, a.1 + b.1));
                let mean = sum / count;
                let variance = (squares / count - mean * mean).max(0.0);
                let factor = f64::from(weight[channel]) / (variance + f64::from(*epsilon)).sqrt();
                (factor as f32, (f64::from(bias[channel]) - mean * factor) as f32)
            };
            for (map, second) in [(factor, false), (offset, true)] {
                self.with_rows(memory, map, false, |_, _, floats, _| {
                    Results { floats, bytes: None }.store_each(from.stride, |channel| match channel {
                        channel if channel >= from.channels => 0.0,
                        channel if second => normalize(channel).1,
                        channel => normalize(channel).0,
                    });
                });
            }
        });
    }

    /// Calls `work` with what tells sum and sum of squares of a channel.
    fn with_totals(
        &self,
        memory: &mut Memory,
        input: (MapId, Form),
        parallel: bool,
        work: impl FnOnce(&mut Memory, &(dyn Fn(usize) -> (f64, f64) + Sync)),
    ) {
        self.totals(memory, input, parallel);
        let pieces = std::mem::take(&mut memory.totals);
        let scratch = std::mem::take(&mut memory.scratch);
        let stride = self.places[input.0].stride;
        work(memory, &|channel| total(&scratch, pieces, stride, channel));
        memory.scratch = scratch;
    }

    /// Sums, and sums of squares, of each channel in pieces of a map, in scratch; the step that made it may have left them there.
    fn totals(&self, memory: &mut Memory, (map, form): (MapId, Form), parallel: bool) {
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
fn total(scratch: &[f32], pieces: usize, stride: usize, channel: usize) -> (f64, f64) {
    let pieces = scratch[..pieces * 2 * stride].chunks_exact(2 * stride);
    pieces.fold((0.0, 0.0), |(sum, squares), piece| {
        (
            sum + f64::from(piece[channel]),
            squares + f64::from(piece[stride + channel]),
        )
    })
}

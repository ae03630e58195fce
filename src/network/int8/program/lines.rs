//! Rows of results that are made of rows of other maps, whether these are there as a whole or in rings.

use super::Program;
use crate::network::int8::convolution::quantize;
use crate::network::int8::memory::{Forms, Memory};
use crate::network::int8::ready::{Doing, Ready};
use crate::network::int8::rows::{self, Results, TermRow, Values};
use crate::network::int8::share::with_scratch;
use crate::network::int8::steps::{Form, MapId, POOLED_MAX, TERMS_MAX, Term};

/// Rows of maps, without their border.
pub(super) trait Lines {
    /// Of a map that is kept as floats.
    fn floats(&self, map: MapId, row: usize) -> &[f32];
    /// Of a map that is kept as bytes.
    fn bytes(&self, map: MapId, row: usize) -> &[u8];
}

/// Maps that are in memory as a whole.
pub(super) struct Whole<'a> {
    pub program: &'a Program,
    pub memory: &'a Memory,
}

impl Lines for Whole<'_> {
    fn floats(&self, map: MapId, row: usize) -> &[f32] {
        let floats = self.program.floats(self.memory, map);
        self.program.places[map].row(floats, row)
    }

    fn bytes(&self, map: MapId, row: usize) -> &[u8] {
        let bytes = self.program.bytes(self.memory, map);
        self.program.places[map].row(bytes, row)
    }
}

impl Program {
    /// One row of what a step makes that is neither a convolution nor a number for each channel.
    pub(super) fn make_row(&self, step: &Ready, lines: &impl Lines, row: usize, (floats, bytes): Forms) {
        let place = &self.places[step.output];
        let mut results = Results {
            floats,
            bytes: bytes.zip(place.code.map(quantize)),
        };
        match &step.work {
            Doing::Sum { terms, offset, clamp } => {
                let offset = offset.map(|map| lines.floats(map, 0));
                let mut rows = [self.term_row(lines, &terms[0], step.output, row); TERMS_MAX];
                for (to, term) in rows.iter_mut().zip(terms).skip(1) {
                    *to = self.term_row(lines, term, step.output, row);
                }
                let rows = &rows[..terms.len()];
                rows::sum(
                    self.level,
                    rows,
                    offset,
                    *clamp,
                    place.width,
                    place.stride,
                    &mut results,
                );
            }
            Doing::Enlarge {
                input,
                lines: between,
                columns,
            } => {
                let between = between[row];
                let (upper, lower) = (
                    lines.floats(*input, between.first),
                    lines.floats(*input, between.second),
                );
                rows::enlarge(
                    self.level,
                    upper,
                    lower,
                    between.part,
                    columns,
                    place.stride,
                    &mut results,
                );
            }
            Doing::MaxPool {
                input,
                lines: window,
                columns,
            } => {
                let from = &self.places[*input];
                let mut rows = [&[][..]; POOLED_MAX];
                let window = window[row].clone();
                let count = window.len();
                for (to, row) in rows.iter_mut().zip(window) {
                    *to = lines.floats(*input, row);
                }
                with_scratch(from.width * from.stride, |between| {
                    rows::greatest(self.level, &rows[..count], columns, place.stride, between, &mut results);
                });
            }
            Doing::Sigmoid { input } => rows::sigmoid(self.level, lines.floats(*input, row), &mut results),
            Doing::Convolve { .. } | Doing::Chain(_) | Doing::Mean { .. } | Doing::GroupNorm { .. } => {
                unreachable!("these are not made of rows alone")
            }
        }
    }

    fn term_row<'a>(&self, lines: &'a impl Lines, term: &Term, output: MapId, row: usize) -> TermRow<'a> {
        let row = row >> term.shift;
        let values = match (term.form, self.places[term.map].code) {
            (Form::Bytes, Some(code)) => Values::Bytes {
                bytes: lines.bytes(term.map, row),
                scale: code.scale,
                zero: f32::from(code.zero),
            },
            _ if self.in_place(term.map, output) => Values::Own,
            _ => Values::Floats(lines.floats(term.map, row)),
        };
        TermRow {
            values,
            shift: term.shift,
            factor: term.factor.map(|map| lines.floats(map, 0)),
        }
    }
}

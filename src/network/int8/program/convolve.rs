//! A convolution of a program, whose rows or runs of pixels are shared out to threads.

use super::Program;
use crate::network::int8::convolution::Prepared;
use crate::network::int8::kernels::{Residual, Row};
use crate::network::int8::memory::{Memory, Place};
use crate::network::int8::ready::Ready;
use crate::network::int8::rows;
use crate::network::int8::share::{Pieces, RUN_PIXELS, RUN_PIXELS_ADDED};
use crate::network::int8::steps::{Form, MapId, Term};

impl Program {
    pub(super) fn convolve(
        &self,
        memory: &mut Memory,
        step: &Ready,
        input: (MapId, Form),
        prepared: &Prepared,
        (factor, residual): (Option<MapId>, Option<&Term>),
        parallel: bool,
    ) {
        let (place, from) = (&self.places[step.output], &self.places[input.0]);
        let stride = place.stride;
        let mut scratch = std::mem::take(&mut memory.scratch);
        let mut factors = std::mem::take(&mut memory.factors);
        let scale = match factor {
            Some(map) => prepared
                .scale()
                .times(self.channels(memory, map), &mut factors[..2 * stride]),
            None => prepared.scale(),
        };
        let flat = residual.is_none_or(|term| term.shift == 0 && self.places[term.map].border == 0);
        let one_row = flat && prepared.is_one_row(from, place);
        let run = residual.map_or(RUN_PIXELS, |_| RUN_PIXELS_ADDED);
        let (length, pieces) = match one_row {
            true => (run * stride, (place.height * place.width).div_ceil(run)),
            false => (place.pitch(), place.lines()),
        };
        let totals = step.totals.then(|| &mut scratch[..pieces * 2 * stride]);
        let totals = Pieces::new(totals, 2 * stride);
        self.with_pieces(
            memory,
            step.output,
            parallel,
            length,
            totals,
            |memory, piece, floats, bytes, totals| {
                let values = floats
                    .as_deref()
                    .map(<[f32]>::len)
                    .or(bytes.as_deref().map(<[u8]>::len));
                let (line, column) = if one_row { (0, piece * run) } else { (piece, 0) };
                let residual = residual.map(|term| match one_row {
                    true => self.residual(memory, term, step.output, |_, floats| &floats[column * stride..]),
                    false => self.residual_row(memory, term, step.output, line),
                });
                let mut row = Row {
                    pixels: values.unwrap_or(0) / stride,
                    stride,
                    floats,
                    bytes,
                    residual,
                };
                let input = self.input(memory, input);
                in_parts(&mut row, |begin, part| {
                    prepared.run_scaled(scale, input, line, column + begin, part);
                });
                if let (Some(totals), Some(floats)) = (totals, row.floats) {
                    self.add_up(floats, stride, totals);
                }
            },
        );
        memory.scratch = scratch;
        memory.factors = factors;
        memory.totals = if step.totals { pieces } else { 0 };
    }

    /// What is added to a row of `output`.
    pub(super) fn residual_row<'a>(&self, memory: &'a Memory, term: &Term, output: MapId, row: usize) -> Residual<'a> {
        self.residual(memory, term, output, |place, floats| {
            place.row(floats, row >> term.shift)
        })
    }

    /// What is added to results of `output`; `part` is where that begins in the other map.
    fn residual<'a>(
        &self,
        memory: &'a Memory,
        term: &Term,
        output: MapId,
        part: impl Fn(&Place, &'a [f32]) -> &'a [f32],
    ) -> Residual<'a> {
        if self.in_place(term.map, output) {
            return Residual::Own;
        }
        Residual::Other {
            floats: part(&self.places[term.map], self.floats(memory, term.map)),
            shift: term.shift,
        }
    }
}

/// A row at once, or, where something is added, in parts for which what is added stays in the first cache.
pub(super) fn in_parts(row: &mut Row, mut run: impl FnMut(usize, &mut Row)) {
    let length = match row.residual {
        None => row.pixels,
        Some(Residual::Own) => RUN_PIXELS_ADDED,
        Some(Residual::Other { shift, .. }) => RUN_PIXELS_ADDED.next_multiple_of(1 << shift),
    };
    for begin in (0..row.pixels).step_by(length.max(1)) {
        let mut part = row.part(begin..row.pixels.min(begin + length));
        let values = part.pixels * part.stride;
        match (part.residual, part.floats.as_deref()) {
            (Some(Residual::Other { floats, shift }), _) => rows::bring(floats, values >> shift),
            (Some(Residual::Own), Some(floats)) => rows::bring(floats, values),
            _ => {}
        }
        run(begin, &mut part);
    }
}

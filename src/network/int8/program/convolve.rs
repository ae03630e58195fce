//! Convolutions of a program: one, whose rows or runs of pixels are shared out to threads, or a chain.

use super::Program;
use super::maps::give_back;
use crate::network::int8::chain::Chain;
use crate::network::int8::convolution::Prepared;
use crate::network::int8::kernels::{Residual, Row};
use crate::network::int8::memory::{Memory, Place};
use crate::network::int8::ready::Ready;
use crate::network::int8::rows;
use crate::network::int8::share::{Pieces, RUN_PIXELS, RUN_PIXELS_ADDED, share};
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
                match (&residual, floats.as_deref()) {
                    (Some(Residual::Other { floats, .. }), _) => rows::bring(floats, values.unwrap_or(0)),
                    (Some(Residual::Own), Some(floats)) => rows::bring(floats, floats.len()),
                    _ => {}
                }
                let mut row = Row {
                    pixels: values.unwrap_or(0) / stride,
                    stride,
                    floats,
                    bytes,
                    residual,
                };
                prepared.run_scaled(self.kernels, scale, self.input(memory, input), line, column, &mut row);
                if let (Some(totals), Some(floats)) = (totals, row.floats) {
                    self.add_up(floats, stride, totals);
                }
            },
        );
        memory.scratch = scratch;
        memory.factors = factors;
        memory.totals = if step.totals { pieces } else { 0 };
    }

    /// One piece for each thread, since what two pieces read of the maps between is made for both.
    pub(super) fn chain(
        &self,
        memory: &mut Memory,
        step: &Ready,
        (input, chain, residual): ((MapId, Form), &Chain, Option<&Term>),
        parallel: bool,
    ) {
        let (output, place) = (step.output, &self.places[step.output]);
        let (lines, pitch, sums) = (place.lines(), place.pitch(), 2 * place.stride);
        let mut scratch = std::mem::take(&mut memory.scratch);
        let lines_of_piece = lines.div_ceil(if parallel { rayon::current_num_threads() } else { 1 });
        let (mut floats, mut bytes) = self.take(memory, output);
        let rest = &*memory;
        let length = lines_of_piece * pitch;
        let floats_of = Pieces::new(floats.as_mut().map(|(_, values)| &mut values[..place.len()]), length);
        let bytes_of = Pieces::new(bytes.as_mut().map(|(_, values)| &mut values[..place.len()]), length);
        let totals = step.totals.then(|| &mut scratch[..lines * sums]);
        let totals_of = Pieces::new(totals, lines_of_piece * sums);
        share(
            parallel,
            floats_of,
            bytes_of,
            totals_of,
            |piece, floats, bytes, totals| {
                let begin = piece * lines_of_piece;
                let count = lines_of_piece.min(lines - begin);
                let floats = Pieces::new(floats, pitch).serial(count);
                let bytes = Pieces::new(bytes, pitch).serial(count);
                let totals = Pieces::new(totals, sums).serial(count);
                chain.with_rings(self.kernels, self.input(rest, input), |rows| {
                    for (line, (forms, totals)) in (begin..).zip(floats.zip(bytes).zip(totals)) {
                        let Some((line, (floats, bytes))) = place.row_within(line, forms) else {
                            totals.into_iter().for_each(|totals| totals.fill(0.0));
                            continue;
                        };
                        let mut row = Row {
                            pixels: place.width,
                            stride: place.stride,
                            floats,
                            bytes,
                            residual: residual.map(|term| self.residual_row(rest, term, output, line)),
                        };
                        rows.make(line, &mut row);
                        if let (Some(totals), Some(floats)) = (totals, row.floats) {
                            self.add_up(floats, place.stride, totals);
                        }
                    }
                });
            },
        );
        give_back(memory, floats, bytes);
        memory.scratch = scratch;
        memory.totals = if step.totals { lines } else { 0 };
    }

    /// What is added to a row of `output`.
    fn residual_row<'a>(&self, memory: &'a Memory, term: &Term, output: MapId, row: usize) -> Residual<'a> {
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

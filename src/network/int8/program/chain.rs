//! Chains at work: each thread makes a run of rows of the result, and of every other map of the chain the lines that these read, in rings.

use std::cell::RefCell;

use super::Program;
use super::convolve::in_parts;
use super::lines::Lines;
use super::maps::give_back;
use crate::network::int8::aligned::Aligned;
use crate::network::int8::chain::{Chain, Link};
use crate::network::int8::convolution::Input;
use crate::network::int8::kernels::Row;
use crate::network::int8::memory::{Forms, Memory};
use crate::network::int8::ready::{Doing, Ready};
use crate::network::int8::share::{Pieces, share};
use crate::network::int8::steps::{Form, MapId};
use crate::network::int8::units::LINKS_MAX;

impl Program {
    /// One piece for each thread, since what two pieces read of the maps between is made for both.
    pub(super) fn chain(&self, memory: &mut Memory, step: &Ready, chain: &Chain, parallel: bool) {
        let place = &self.places[step.output];
        let (lines, pitch, sums) = (place.lines(), place.pitch(), 2 * place.stride);
        let mut scratch = std::mem::take(&mut memory.scratch);
        let lines_of_piece = lines.div_ceil(if parallel { rayon::current_num_threads() } else { 1 });
        let (mut floats, mut bytes) = self.take(memory, step.output);
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
                with_rings(chain, |rings| {
                    let mut run = Run::new(self, chain, rest, rings);
                    for (line, (forms, totals)) in (begin..).zip(floats.zip(bytes).zip(totals)) {
                        match place.row_within(line, forms) {
                            Some((row, (mut floats, bytes))) => {
                                run.make(row, (floats.as_deref_mut(), bytes));
                                if let (Some(totals), Some(floats)) = (totals, floats) {
                                    self.add_up(floats, place.stride, totals);
                                }
                            }
                            None => totals.into_iter().for_each(|totals| totals.fill(0.0)),
                        }
                    }
                });
            },
        );
        give_back(memory, floats, bytes);
        memory.scratch = scratch;
        memory.totals = if step.totals { lines } else { 0 };
    }
}

/// Calls `work` with the values of a chain's rings, of floats and of bytes, which each thread allocates once.
fn with_rings(chain: &Chain, work: impl FnOnce((&mut [f32], &mut [u8]))) {
    thread_local! {
        static RINGS: RefCell<(Aligned<f32>, Aligned<u8>)> = RefCell::default();
    }
    let lengths = chain.lengths;
    RINGS.with_borrow_mut(|(floats, bytes)| {
        if floats.len() < lengths.0 {
            *floats = Aligned::zeros(lengths.0);
        }
        if bytes.len() < lengths.1 {
            *bytes = Aligned::zeros(lengths.1);
        }
        work((floats, bytes));
    });
}

/// A chain at work on rows of results.
struct Run<'a> {
    program: &'a Program,
    chain: &'a Chain,
    memory: &'a Memory,
    /// The rings of floats, and those of bytes.
    floats: &'a mut [f32],
    bytes: &'a mut [u8],
    /// The line, counted with the border's, that each link makes next.
    next: [usize; LINKS_MAX],
}

impl<'a> Run<'a> {
    fn new(
        program: &'a Program,
        chain: &'a Chain,
        memory: &'a Memory,
        (floats, bytes): (&'a mut [f32], &'a mut [u8]),
    ) -> Self {
        Self {
            program,
            chain,
            memory,
            floats,
            bytes,
            next: [0; LINKS_MAX],
        }
    }

    /// Row `row` of what the last link makes. Rows are made in rising order.
    fn make(&mut self, row: usize, results: Forms) {
        let last = self.chain.links.len() - 1;
        self.make_read(last, row);
        let lines = InRings {
            program: self.program,
            chain: self.chain,
            memory: self.memory,
            floats: self.floats,
            bytes: self.bytes,
        };
        lines.compute(&self.chain.links[last], row, results);
    }

    /// Makes the lines that a link's row reads and that are not there yet.
    fn make_read(&mut self, link: usize, row: usize) {
        let chain = self.chain;
        let link = &chain.links[link];
        for &maker in &link.makers {
            let map = chain.links[maker].step.output;
            let Some(wanted) = link.step.work.lines_of(map, row, &self.program.places) else {
                continue;
            };
            let begin = self.next[maker].max(wanted.start);
            for line in begin..wanted.end {
                self.make_line(maker, line);
            }
            self.next[maker] = begin.max(wanted.end);
        }
    }

    /// One line in a link's ring.
    fn make_line(&mut self, index: usize, line: usize) {
        let link = &self.chain.links[index];
        let place = &self.program.places[link.step.output];
        if let Some(row) = place.row_of(line) {
            self.make_read(index, row);
        }
        // Rings lie one after the other, so what is read comes before what is written.
        let at = link.ring.line(line);
        let (floats, bytes, made) = match place.code {
            Some(_) => {
                let (before, own) = self.bytes.split_at_mut(at.start);
                let made = place.row_within(line, (None, Some(&mut own[..at.len()])));
                (&*self.floats, &*before, made)
            }
            None => {
                let (before, own) = self.floats.split_at_mut(at.start);
                let made = place.row_within(line, (Some(&mut own[..at.len()]), None));
                (&*before, &*self.bytes, made)
            }
        };
        let lines = InRings {
            program: self.program,
            chain: self.chain,
            memory: self.memory,
            floats,
            bytes,
        };
        if let Some((row, results)) = made {
            lines.compute(link, row, results);
        }
    }
}

/// Maps that are in a chain's rings, and those in memory.
struct InRings<'a> {
    program: &'a Program,
    chain: &'a Chain,
    memory: &'a Memory,
    floats: &'a [f32],
    bytes: &'a [u8],
}

impl Lines for InRings<'_> {
    fn floats(&self, map: MapId, row: usize) -> &[f32] {
        let place = &self.program.places[map];
        match self.chain.ring_of(map) {
            Some(ring) => &self.floats[ring.pixels(row + place.border, place)],
            None => place.row(self.program.floats(self.memory, map), row),
        }
    }

    fn bytes(&self, map: MapId, row: usize) -> &[u8] {
        let place = &self.program.places[map];
        match self.chain.ring_of(map) {
            Some(ring) => &self.bytes[ring.pixels(row + place.border, place)],
            None => place.row(self.program.bytes(self.memory, map), row),
        }
    }
}

impl InRings<'_> {
    /// One row of what a link makes.
    fn compute(&self, link: &Link, row: usize, results: Forms) {
        let Doing::Convolve {
            input,
            form,
            prepared,
            residual,
            ..
        } = &link.step.work
        else {
            return self.program.make_row(&link.step, self, row, results);
        };
        let (program, output) = (self.program, link.step.output);
        let place = &program.places[output];
        let (floats, bytes) = results;
        let mut to = Row {
            pixels: place.width,
            stride: place.stride,
            floats,
            bytes,
            residual: residual
                .as_ref()
                .map(|term| program.residual_row(self.memory, term, output, row)),
        };
        match self.chain.ring_of(*input) {
            None => {
                let input = program.input(self.memory, (*input, *form));
                in_parts(&mut to, |begin, part| {
                    prepared.run(input, row, begin, part);
                });
            }
            Some(ring) => {
                let taps = &link.taps[prepared.reads(row).start % ring.lines];
                let input = match form {
                    Form::Floats => Input::Floats(&self.floats[ring.values()]),
                    Form::Bytes => Input::Bytes(&self.bytes[ring.values()]),
                };
                in_parts(&mut to, |begin, part| {
                    prepared.run_on(input, begin, taps, part);
                });
            }
        }
    }
}

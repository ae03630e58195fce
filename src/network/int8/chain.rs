//! Steps one after the other, row by row.
//!
//! Between a step and the one that reads its map stands a ring of as many rows as the other reads at once. It stays in the processor's cache, where
//! the map, six times as wide as what a block of an EfficientNet takes in and gives out, would go to memory and come back. The order of operations
//! within a result is the same, and so are its bits. `units.rs` says which steps these are; `program/chain.rs` runs them.

use std::ops::Range;

use super::convolution::{Prepared, Products};
use super::memory::Place;
use super::ready::{Doing, Ready};
use super::steps::MapId;

/// A chain made ready.
pub(super) struct Chain {
    pub links: Vec<Link>,
    /// Values of all rings together: of floats, and of bytes.
    pub lengths: (usize, usize),
}

/// One step of a chain.
pub(super) struct Link {
    pub step: Ready,
    /// Where the lines that it makes lie; the last link's are the chain's result, and its ring has none.
    pub ring: Ring,
    /// The links whose rings it reads, which come before it.
    pub makers: Vec<usize>,
    /// Of a convolution that reads a ring: its taps for each place in it where its window may begin.
    pub taps: Vec<Vec<usize>>,
}

/// Lines with their border, each in the place of the one that nobody reads any more.
#[derive(Clone, Copy, Default)]
pub(super) struct Ring {
    /// Among the values of all rings of its form.
    begin: usize,
    pub lines: usize,
    pitch: usize,
}

impl Ring {
    pub(super) fn values(self) -> Range<usize> {
        self.begin..self.begin + self.lines * self.pitch
    }

    pub(super) fn line(self, line: usize) -> Range<usize> {
        let begin = self.begin + line % self.lines * self.pitch;
        begin..begin + self.pitch
    }

    /// What is no border of a line.
    pub(super) fn pixels(self, line: usize, place: &Place) -> Range<usize> {
        let (line, margin) = (self.line(line), place.border * place.stride);
        line.start + margin..line.end - margin
    }
}

impl Chain {
    /// The last of `steps` makes the chain's result, each other a map that a later one reads.
    pub(super) fn new(steps: Vec<Ready>, places: &[Place]) -> Self {
        let (mut floats, mut bytes) = (0, 0);
        let mut rings = Vec::with_capacity(steps.len());
        for (index, step) in steps.iter().enumerate() {
            let place = &places[step.output];
            let length = if place.code.is_some() { &mut bytes } else { &mut floats };
            let ring = Ring {
                begin: *length,
                lines: lines_at_once(step.output, &steps[index + 1..], places),
                pitch: place.pitch(),
            };
            *length = ring.values().end;
            rings.push(ring);
        }
        let makers_of = |index: usize, step: &Ready| -> Vec<usize> {
            let read = |maker: &usize| step.work.lines_of(steps[*maker].output, 0, places).is_some();
            (0..index).filter(read).collect()
        };
        let makers: Vec<Vec<usize>> = steps.iter().enumerate().map(|(i, step)| makers_of(i, step)).collect();
        let links = steps
            .into_iter()
            .zip(makers)
            .enumerate()
            .map(|(index, (step, makers))| {
                let taps = match (&step.work, makers.as_slice()) {
                    (Doing::Convolve { input, prepared, .. }, [maker]) => {
                        let windows = 0..rings[*maker].lines;
                        windows
                            .map(|first| prepared.taps_in_ring(first, &places[*input]))
                            .collect()
                    }
                    _ => Vec::new(),
                };
                Link {
                    step,
                    ring: rings[index],
                    makers,
                    taps,
                }
            });
        Self {
            links: links.collect(),
            lengths: (floats, bytes),
        }
    }

    /// Bytes of its rings, which each thread has for itself.
    pub(super) fn memory_size(&self) -> usize {
        self.lengths.0 * size_of::<f32>() + self.lengths.1
    }

    /// Its convolutions.
    pub(super) fn convolutions(&self) -> impl Iterator<Item = &Prepared> {
        self.links.iter().flat_map(|link| link.step.work.convolution())
    }

    /// The ring in which the lines of a map lie, if a link makes it.
    pub(super) fn ring_of(&self, map: MapId) -> Option<Ring> {
        let link = self.links.iter().find(|link| link.step.output == map);
        link.map(|link| link.ring)
    }

    /// What it is called in a list of steps.
    pub(super) fn kind_name(&self) -> &'static str {
        let of_bytes = |prepared: &&Prepared| matches!(prepared.products(), Products::Bytes);
        let in_halves = |prepared: &Prepared| matches!(prepared.products(), Products::Halves(_));
        match (
            self.convolutions().filter(of_bytes).count(),
            self.convolutions().count(),
        ) {
            (_, 0) => "sums in a chain",
            (0, _) if self.convolutions().any(in_halves) => "half-precision chain",
            (0, _) => "float chain",
            (some, all) if some == all => "int8 chain",
            _ => "mixed chain",
        }
    }
}

/// The most lines of a map that a row of the step that reads it, one of `later`, reads at once.
fn lines_at_once(map: MapId, later: &[Ready], places: &[Place]) -> usize {
    let read = later.iter().flat_map(|reader| {
        let rows = 0..places[reader.output].height;
        rows.filter_map(|row| reader.work.lines_of(map, row, places))
    });
    read.map(|lines| lines.len()).max().unwrap_or(0)
}

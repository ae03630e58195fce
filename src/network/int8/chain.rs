//! Convolutions one after the other, row by row.
//!
//! A map that only the next convolution reads need not be there as a whole: as soon as the rows that a row of that convolution reads are made, the row
//! is computed. Between two convolutions stands a ring of as many rows as the window of the second is high. It stays in the processor's cache, where
//! the map, six times as wide as what a block of an EfficientNet takes in and gives out, would go to memory and come back. The order of operations
//! within a result is the same, and so are its bits.

use std::cell::RefCell;
use std::ops::Range;

use super::aligned::Aligned;
use super::convolution::{Input, Prepared};
use super::kernels::{Kernels, Row};
use super::memory::Place;
use super::steps::{Form, Step, Steps, Work};

/// Steps that run together, by their places in the list: one, or a chain of convolutions.
pub(super) type Unit = Range<usize>;

/// The most convolutions of a chain.
const LINKS_MAX: usize = 8;
/// How many times as many rows as a ring's a map must have: the ring of a lower one saves little, and each thread has its own.
const MAP_IN_RINGS: usize = 4;
/// How many times as many weights as a row has values there may be: they are read anew for each row, where a whole map's pixels share them.
const ROWS_IN_WEIGHTS: usize = 4;

/// The units as networks run.
pub(super) fn units(steps: &Steps) -> Vec<Unit> {
    chained(steps, pays)
}

/// Every step by itself.
pub(super) fn singly(steps: &Steps) -> Vec<Unit> {
    (0..steps.steps.len()).map(|step| step..step + 1).collect()
}

/// Chains as long as they can be, where they are `wanted` between two convolutions, and every other step by itself.
pub(super) fn chained(steps: &Steps, wanted: impl Fn(&Steps, &Step, &Step) -> bool) -> Vec<Unit> {
    let readers = steps.readers();
    let mut units: Vec<Unit> = Vec::new();
    for index in 0..steps.steps.len() {
        match units.last_mut() {
            Some(unit)
                if unit.len() < LINKS_MAX
                    && is_link(steps, &readers, index - 1)
                    && wanted(steps, &steps.steps[index - 1], &steps.steps[index]) =>
            {
                unit.end = index + 1;
            }
            _ => units.push(index..index + 1),
        }
    }
    units
}

/// Whether the map between two convolutions is so high, and their weights are so few, that a chain pays.
fn pays(steps: &Steps, maker: &Step, reader: &Step) -> bool {
    let (
        Work::Convolve {
            convolution: making, ..
        },
        Work::Convolve {
            convolution: reading, ..
        },
    ) = (&maker.work, &reader.work)
    else {
        return false;
    };
    let shape = steps.maps[maker.output].shape;
    let few = ROWS_IN_WEIGHTS * shape.width * shape.channels;
    MAP_IN_RINGS * reading.kernel[0] <= shape.height && making.weights_count() <= few && reading.weights_count() <= few
}

/// Whether the map between a step and the next one is made by a convolution, row after row, and read by the next one, a convolution, alone.
fn is_link(steps: &Steps, readers: &[Vec<usize>], maker: usize) -> bool {
    let [made, reader, following @ ..] = &steps.steps[maker..] else {
        return false;
    };
    let (
        Work::Convolve {
            factor: None,
            residual: None,
            ..
        },
        Work::Convolve {
            input,
            factor: None,
            convolution,
            ..
        },
    ) = (&made.work, &reader.work)
    else {
        return false;
    };
    let (map, wanted) = (made.output, &steps.maps[made.output]);
    // Where a result is added up afterwards, the pieces in which that is done decide about its last bits: lines here, and, but for pointwise
    // convolutions, in a whole map.
    let adds_up = following.first().and_then(|step| step.work.adds_up());
    *input == map
        && readers[map].len() == 1
        && wanted.floats != wanted.bytes.is_some()
        && steps.outputs.iter().all(|output| output.map != map)
        && (adds_up != Some(reader.output) || convolution.kernel != [1, 1])
}

/// A chain made ready.
pub(super) struct Chain {
    links: Vec<Link>,
    /// Values of all rings together: of floats, and of bytes.
    lengths: (usize, usize),
}

/// One convolution of a chain.
struct Link {
    prepared: Prepared,
    form: Form,
    /// What it makes.
    place: Place,
    /// Where the lines that it makes lie, but for the last.
    ring: Ring,
    /// The ring before it, and its taps for each place in it where its window may begin; the first link reads the chain's input.
    reads: Option<(Ring, Vec<Vec<usize>>)>,
}

/// Lines with their border, each in the place of the one that nobody reads any more.
#[derive(Clone, Copy, Default)]
struct Ring {
    /// Among the values of all rings of its form.
    begin: usize,
    lines: usize,
    pitch: usize,
}

impl Ring {
    fn values(self) -> Range<usize> {
        self.begin..self.begin + self.lines * self.pitch
    }

    fn line(self, line: usize) -> Range<usize> {
        let begin = self.begin + line % self.lines * self.pitch;
        begin..begin + self.pitch
    }
}

impl Chain {
    /// `links`: each convolution, the form in which it reads, the map that it reads and the one that it makes.
    pub(super) fn new(links: Vec<(Prepared, Form, &Place, &Place)>) -> Self {
        let (mut floats, mut bytes) = (0, 0);
        let mut before: Option<Ring> = None;
        let read: Vec<usize> = links.iter().skip(1).map(|(prepared, ..)| prepared.lines()).collect();
        let mut made = Vec::with_capacity(links.len());
        for (index, (prepared, form, input, place)) in links.into_iter().enumerate() {
            let length = if place.code.is_some() { &mut bytes } else { &mut floats };
            let ring = Ring {
                begin: *length,
                lines: read.get(index).copied().unwrap_or(0),
                pitch: place.pitch(),
            };
            *length = ring.values().end;
            let reads = before.map(|ring| {
                let places = 0..ring.lines;
                (ring, places.map(|first| prepared.taps_in_ring(first, input)).collect())
            });
            before = Some(ring);
            made.push(Link {
                prepared,
                form,
                place: place.clone(),
                ring,
                reads,
            });
        }
        Self {
            links: made,
            lengths: (floats, bytes),
        }
    }

    /// Bytes of its rings, which each thread has for itself.
    pub(super) fn memory_size(&self) -> usize {
        self.lengths.0 * size_of::<f32>() + self.lengths.1
    }

    /// Its convolutions.
    pub(super) fn convolutions(&self) -> impl Iterator<Item = &Prepared> {
        self.links.iter().map(|link| &link.prepared)
    }

    /// What it is called in a list of steps.
    pub(super) fn kind_name(&self) -> &'static str {
        let of_bytes = self.convolutions().filter(|prepared| prepared.is_bytes()).count();
        match of_bytes {
            0 => "float chain",
            all if all == self.links.len() => "int8 chain",
            _ => "mixed chain",
        }
    }

    /// Calls `work` with what makes rows of results, in rings of this thread, which are allocated once.
    pub(super) fn with_rings(&self, kernels: &dyn Kernels, input: Input, work: impl FnOnce(&mut Run)) {
        thread_local! {
            static RINGS: RefCell<(Aligned<f32>, Aligned<u8>)> = RefCell::default();
        }
        RINGS.with_borrow_mut(|(floats, bytes)| {
            if floats.len() < self.lengths.0 {
                *floats = Aligned::zeros(self.lengths.0);
            }
            if bytes.len() < self.lengths.1 {
                *bytes = Aligned::zeros(self.lengths.1);
            }
            work(&mut Run {
                links: &self.links,
                kernels,
                input,
                floats,
                bytes,
                next: [0; LINKS_MAX],
            });
        });
    }
}

/// A chain at work on rows of results.
pub(super) struct Run<'a> {
    links: &'a [Link],
    kernels: &'a dyn Kernels,
    input: Input<'a>,
    /// The rings of floats, and those of bytes.
    floats: &'a mut [f32],
    bytes: &'a mut [u8],
    /// The line, counted with the border's, that each link makes next.
    next: [usize; LINKS_MAX],
}

impl<'a> Run<'a> {
    /// Row `index` of what the last link makes. Rows are made in rising order.
    pub(super) fn make(&mut self, index: usize, row: &mut Row) {
        let last = self.links.len() - 1;
        self.make_read(last, index);
        self.links[last].compute(self.kernels, self.input, (self.floats, self.bytes), index, row);
    }

    /// Makes the lines that a link's row reads and that are not there yet.
    fn make_read(&mut self, link: usize, row: usize) {
        let Some(maker) = link.checked_sub(1) else {
            return;
        };
        let wanted = self.links[link].prepared.reads(row);
        let begin = self.next[maker].max(wanted.start);
        for line in begin..wanted.end {
            self.make_line(maker, line);
        }
        self.next[maker] = begin.max(wanted.end);
    }

    /// One line in a link's ring.
    fn make_line(&mut self, link: usize, line: usize) {
        if let Some(row) = self.links[link].place.row_of(line) {
            self.make_read(link, row);
        }
        let link = &self.links[link];
        let (place, at) = (&link.place, link.ring.line(line));
        // Rings lie one after the other, so what is read comes before what is written.
        let (rings, made) = match place.code {
            Some(_) => {
                let (before, own) = self.bytes.split_at_mut(at.start);
                let made = place.row_within(line, (None, Some(&mut own[..at.len()])));
                ((&*self.floats, &*before), made)
            }
            None => {
                let (before, own) = self.floats.split_at_mut(at.start);
                let made = place.row_within(line, (Some(&mut own[..at.len()]), None));
                ((&*before, &*self.bytes), made)
            }
        };
        if let Some((index, (floats, bytes))) = made {
            let mut row = Row {
                pixels: place.width,
                stride: place.stride,
                floats,
                bytes,
                residual: None,
            };
            link.compute(self.kernels, self.input, rings, index, &mut row);
        }
    }
}

impl Link {
    /// One row of results, from the chain's input or from the ring before.
    fn compute(
        &self,
        kernels: &dyn Kernels,
        input: Input,
        (floats, bytes): (&[f32], &[u8]),
        index: usize,
        row: &mut Row,
    ) {
        let Some((ring, taps)) = &self.reads else {
            return self.prepared.run(kernels, input, index, 0, row);
        };
        let taps = &taps[self.prepared.reads(index).start % ring.lines];
        let input = match self.form {
            Form::Floats => Input::Floats(&floats[ring.values()]),
            Form::Bytes => Input::Bytes(&bytes[ring.values()]),
        };
        self.prepared.run_on(kernels, input, 0, taps, row);
    }
}

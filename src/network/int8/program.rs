//! A fused network that runs: its steps with packed weights, a place for every map, and rows of results shared out to threads.

use std::ops::Range;

use thiserror::Error;

use super::aligned::Aligned;
use super::convolution::{Input, Prepared, quantize};
use super::entry::{Entry, Given};
use super::head::{Head, Traits, enlarged};
use super::kernels::{Kernels, Residual, Row};
use super::memory::{Memory, Place, Plan, plan};
use super::rows::{self, Between, Level, Results, TermRow, Values};
use super::share::{Pieces, RUN_PIXELS, share, share_floats};
use super::steps::{Clamp, Form, MapId, Output, Steps, TERMS_MAX, Term, Work};
use super::view::View;

/// A step can't be made ready.
#[derive(Debug, Error)]
#[error("{step}: {reason}")]
pub(super) struct Unprepared {
    /// The tensor that the step makes.
    pub step: String,
    /// Why.
    pub reason: String,
}

/// Threads of a run: none beside the caller's, or a pool.
pub(super) type Threads<'a> = Option<&'a rayon::ThreadPool>;

/// What comes out of a run.
pub(super) enum Wanted<'a, 'b> {
    /// Each output's channel planes.
    Planes(&'a mut [&'b mut [f32]]),
    /// The traits that the only output's probabilities mean.
    Traits(Traits<'b>),
}

/// Steps that run.
pub(super) struct Program {
    steps: Vec<Ready>,
    places: Vec<Place>,
    plan: Plan,
    inputs: Vec<MapId>,
    outputs: Vec<Head>,
    kernels: &'static dyn Kernels,
    level: Level,
}

struct Ready {
    name: String,
    /// Whether the next step wants each channel's totals.
    totals: bool,
    output: MapId,
    work: Doing,
}

/// A step's work with all that is known before a picture comes.
enum Doing {
    Convolve {
        input: MapId,
        form: Form,
        prepared: Box<Prepared>,
        residual: Option<Term>,
    },
    Sum {
        terms: Vec<Term>,
        offset: Option<MapId>,
        clamp: Clamp,
    },
    Enlarge {
        input: MapId,
        lines: Vec<Between>,
        columns: Vec<Between>,
    },
    MaxPool {
        input: MapId,
        lines: Vec<Range<usize>>,
        columns: Vec<Range<usize>>,
    },
    Mean {
        input: MapId,
    },
    Sigmoid {
        input: MapId,
    },
    GroupNorm {
        input: MapId,
        offset: MapId,
        groups: usize,
        epsilon: f32,
        weight: Vec<f32>,
        bias: Vec<f32>,
    },
}

impl Program {
    /// Packs weights and plans memory.
    ///
    /// # Errors
    /// [`Unprepared`]: a convolution whose sums or scales are out of bounds.
    pub(super) fn new(steps: Steps, view: &View, kernels: &'static dyn Kernels) -> Result<Self, Unprepared> {
        let (places, plan) = plan(&steps);
        let mut ready = Vec::with_capacity(steps.steps.len());
        let following: Vec<Option<MapId>> = steps.steps.iter().map(|step| step.work.adds_up()).collect();
        for (index, step) in steps.steps.into_iter().enumerate() {
            let place = &places[step.output];
            let work = match step.work {
                Work::Convolve {
                    input,
                    form,
                    convolution,
                    residual,
                    clamp,
                } => {
                    let adds = residual.is_some();
                    let prepared = Prepared::new(&convolution, view, form, &places[input], place, adds, clamp);
                    let refused = |reason| Unprepared {
                        step: step.name.clone(),
                        reason,
                    };
                    let prepared = Box::new(prepared.map_err(refused)?);
                    Doing::Convolve {
                        input,
                        form,
                        prepared,
                        residual,
                    }
                }
                Work::Sum { terms, offset, clamp } => Doing::Sum { terms, offset, clamp },
                Work::Enlarge {
                    input,
                    factor,
                    alignment,
                } => Doing::Enlarge {
                    input,
                    lines: enlarged(places[input].height, Some((factor, alignment))),
                    columns: enlarged(places[input].width, Some((factor, alignment))),
                },
                Work::MaxPool {
                    input,
                    kernel,
                    stride,
                    pad,
                } => Doing::MaxPool {
                    input,
                    lines: windows(places[input].height, place.height, kernel, stride, pad),
                    columns: windows(places[input].width, place.width, kernel, stride, pad),
                },
                Work::Mean { input } => Doing::Mean { input },
                Work::Sigmoid { input } => Doing::Sigmoid { input },
                Work::GroupNorm {
                    input,
                    offset,
                    groups,
                    epsilon,
                    weight,
                    bias,
                } => Doing::GroupNorm {
                    input,
                    offset,
                    groups,
                    epsilon,
                    weight,
                    bias,
                },
            };
            // A convolution adds up its results while they are near, where the next step asks for that.
            let totals = matches!(work, Doing::Convolve { .. }) && following.get(index + 1) == Some(&Some(step.output));
            ready.push(Ready {
                totals,
                name: step.name,
                output: step.output,
                work,
            });
        }
        let leaving = |output: &Output| Head::new(output, &places[output.map]);
        Ok(Self {
            outputs: steps.outputs.iter().map(leaving).collect(),
            inputs: steps.inputs.iter().map(|(_, map)| *map).collect(),
            steps: ready,
            places,
            plan,
            kernels,
            level: Level::detect(),
        })
    }

    /// Memory for one run after the other.
    pub(super) fn memory(&self) -> Memory {
        self.plan.memory()
    }

    /// Bytes of that memory.
    pub(super) fn memory_size(&self) -> usize {
        self.plan.size()
    }

    /// What its kernels are called.
    pub(super) fn kernels(&self) -> &'static str {
        self.kernels.name()
    }

    /// Shapes of the results: channels, height, width.
    pub(super) fn output_shapes(&self) -> Vec<[usize; 3]> {
        self.outputs.iter().map(Head::shape).collect()
    }

    /// Multiply-adds of convolutions of bytes, and of floats.
    pub(super) fn macs(&self) -> (u64, u64) {
        let of = |bytes: bool| {
            let convolutions = self.steps.iter().filter_map(|step| match &step.work {
                Doing::Convolve { prepared, .. } if prepared.is_bytes() == bytes => Some(prepared.macs),
                _ => None,
            });
            convolutions.sum()
        };
        (of(true), of(false))
    }

    /// Name, kind and multiply-adds of each step, with what it does to what comes in before the first and to what goes out after the last.
    pub(super) fn steps(&self) -> impl Iterator<Item = (&str, &'static str, u64)> {
        let step = |step: &'_ Ready| {
            let (kind, macs) = match &step.work {
                Doing::Convolve { prepared, .. } => (prepared.kind_name(), prepared.macs),
                Doing::Sum { .. } => ("sum", 0),
                Doing::Enlarge { .. } => ("enlarge", 0),
                Doing::MaxPool { .. } => ("max pool", 0),
                Doing::Mean { .. } => ("mean", 0),
                Doing::Sigmoid { .. } => ("sigmoid", 0),
                Doing::GroupNorm { .. } => ("group norm", 0),
            };
            (kind, macs)
        };
        let edge = |kind| std::iter::once((kind, kind, 0));
        let steps = self.steps.iter().map(move |ready| {
            let (kind, macs) = step(ready);
            (ready.name.as_str(), kind, macs)
        });
        edge("in").chain(steps).chain(edge("out"))
    }

    /// Runs all steps. `inputs` are as large as their shapes say; `watch` is called after each of [`steps`](Self::steps).
    pub(super) fn run(
        &self,
        memory: &mut Memory,
        inputs: &[Given],
        results: &mut Wanted,
        threads: Threads,
        watch: &mut (dyn FnMut() + Send),
    ) {
        let mut run = || {
            for (map, given) in self.inputs.iter().zip(inputs) {
                self.enter(memory, *map, given, threads.is_some());
            }
            watch();
            for step in &self.steps {
                self.step(memory, step, threads.is_some());
                watch();
            }
            match results {
                Wanted::Planes(all) => {
                    for (head, planes) in self.outputs.iter().zip(all.iter_mut()) {
                        head.planes(memory, planes, self.level, threads.is_some());
                    }
                }
                Wanted::Traits(traits) => {
                    if let [head] = self.outputs.as_slice() {
                        head.traits(memory, traits, self.level, threads.is_some());
                    }
                }
            }
            watch();
        };
        match threads {
            Some(pool) => pool.install(run),
            None => run(),
        }
    }

    /// What is given becomes pixels.
    fn enter(&self, memory: &mut Memory, map: MapId, given: &Given, parallel: bool) {
        let place = &self.places[map];
        let code = place.bytes.map(|(_, code)| quantize(code));
        let entry = Entry::new(given, code);
        self.with_rows(memory, map, parallel, |_, row, floats, bytes| {
            let bytes = bytes.zip(code);
            entry.row(place, row, &mut Results { floats, bytes });
        });
    }

    fn step(&self, memory: &mut Memory, step: &Ready, parallel: bool) {
        let place = &self.places[step.output];
        let code = place.bytes.map(|(_, code)| quantize(code));
        match &step.work {
            Doing::Convolve {
                input,
                form,
                prepared,
                residual,
            } => {
                self.convolve(memory, step, (*input, *form), prepared, residual.as_ref(), parallel);
            }
            Doing::Sum { terms, offset, clamp } => {
                self.with_rows(memory, step.output, parallel, |memory, row, floats, bytes| {
                    let offset = offset.map(|map| self.channels(memory, map));
                    let mut results = Results {
                        floats,
                        bytes: bytes.zip(code),
                    };
                    let first = self.term_row(memory, &terms[0], step.output, row);
                    let mut rows = [first; TERMS_MAX];
                    for (to, term) in rows.iter_mut().zip(terms) {
                        *to = self.term_row(memory, term, step.output, row);
                    }
                    rows::sum(
                        self.level,
                        &rows[..terms.len()],
                        offset,
                        *clamp,
                        place.width,
                        place.stride,
                        &mut results,
                    );
                })
            }
            Doing::Enlarge { input, lines, columns } => {
                self.with_rows(memory, step.output, parallel, |memory, row, floats, bytes| {
                    let (line, from) = (lines[row], &self.places[*input]);
                    let map = self.floats(memory, *input);
                    let mut results = Results {
                        floats,
                        bytes: bytes.zip(code),
                    };
                    let (upper, lower) = (from.row(map, line.first), from.row(map, line.second));
                    rows::enlarge(self.level, upper, lower, line.part, columns, place.stride, &mut results);
                });
            }
            Doing::MaxPool { input, lines, columns } => {
                self.with_rows(memory, step.output, parallel, |memory, row, floats, bytes| {
                    let from = &self.places[*input];
                    let map = self.floats(memory, *input);
                    let mut results = Results {
                        floats,
                        bytes: bytes.zip(code),
                    };
                    rows::greatest(self.level, from, map, lines[row].clone(), columns, &mut results);
                });
            }
            Doing::Sigmoid { input } => self.with_rows(memory, step.output, parallel, |memory, row, floats, bytes| {
                let from = self.places[*input].row(self.floats(memory, *input), row);
                rows::sigmoid(
                    self.level,
                    from,
                    &mut Results {
                        floats,
                        bytes: bytes.zip(code),
                    },
                );
            }),
            Doing::Mean { input } => {
                let from = &self.places[*input];
                self.totals(memory, *input, parallel);
                let pieces = std::mem::take(&mut memory.totals);
                let scratch = std::mem::take(&mut memory.scratch);
                let count = (from.height * from.width) as f64;
                self.with_rows(memory, step.output, false, |_, _, floats, bytes| {
                    let mut means = Results {
                        floats,
                        bytes: bytes.zip(code),
                    };
                    means.store_each(from.stride, |channel| {
                        (total(&scratch, pieces, from.stride, channel).0 / count) as f32
                    });
                });
                memory.scratch = scratch;
            }
            Doing::GroupNorm {
                input,
                offset,
                groups,
                epsilon,
                weight,
                bias,
            } => {
                let from = &self.places[*input];
                self.totals(memory, *input, parallel);
                let pieces = std::mem::take(&mut memory.totals);
                let scratch = std::mem::take(&mut memory.scratch);
                let of_group = from.channels / groups;
                let count = (of_group * from.height * from.width) as f64;
                let normalize = |channel: usize| {
                    let first = channel / of_group * of_group;
                    let totals = (first..first + of_group).map(|channel| total(&scratch, pieces, from.stride, channel));
                    let (sum, squares) = totals.fold((0.0, 0.0), |a, b| (a.0 + b.0, a.1 + b.1));
                    let mean = sum / count;
                    let variance = (squares / count - mean * mean).max(0.0);
                    let factor = f64::from(weight[channel]) / (variance + f64::from(*epsilon)).sqrt();
                    (factor as f32, (f64::from(bias[channel]) - mean * factor) as f32)
                };
                for (map, second) in [(step.output, false), (*offset, true)] {
                    self.with_rows(memory, map, false, |_, _, floats, _| {
                        Results { floats, bytes: None }.store_each(from.stride, |channel| match channel {
                            channel if channel >= from.channels => 0.0,
                            channel if second => normalize(channel).1,
                            channel => normalize(channel).0,
                        });
                    });
                }
                memory.scratch = scratch;
            }
        }
    }
}

impl Program {
    fn floats<'a>(&self, memory: &'a Memory, map: MapId) -> &'a [f32] {
        &memory.floats[self.places[map]
            .floats
            .expect("a map that is read as floats is kept as floats")]
    }

    fn bytes<'a>(&self, memory: &'a Memory, map: MapId) -> (&'a [u8], super::steps::Code) {
        let (slot, code) = self.places[map]
            .bytes
            .expect("a map that is read as bytes is kept as bytes");
        (&memory.bytes[slot], code)
    }

    fn input<'a>(&self, memory: &'a Memory, (map, form): (MapId, Form)) -> Input<'a> {
        match form {
            Form::Floats => Input::Floats(self.floats(memory, map)),
            Form::Bytes => Input::Bytes(self.bytes(memory, map).0),
        }
    }

    /// The only pixel of a map.
    fn channels<'a>(&self, memory: &'a Memory, map: MapId) -> &'a [f32] {
        self.places[map].row(self.floats(memory, map), 0)
    }

    /// Whether a step that makes `output` changes the floats of this map in place: then they are out of memory while it runs.
    fn in_place(&self, map: MapId, output: MapId) -> bool {
        let slot = self.places[map].floats;
        slot.is_some() && slot == self.places[output].floats
    }

    fn term_row<'a>(&self, memory: &'a Memory, term: &Term, output: MapId, row: usize) -> TermRow<'a> {
        let (place, row) = (&self.places[term.map], row >> term.shift);
        let values = match term.form {
            Form::Floats if self.in_place(term.map, output) => Values::Own,
            Form::Floats => Values::Floats(place.row(self.floats(memory, term.map), row)),
            Form::Bytes => {
                let (bytes, code) = self.bytes(memory, term.map);
                let (scale, zero) = (code.scale, f32::from(code.zero));
                Values::Bytes {
                    bytes: place.row(bytes, row),
                    scale,
                    zero,
                }
            }
        };
        TermRow {
            values,
            shift: term.shift,
            factor: term.factor.map(|map| self.channels(memory, map)),
        }
    }

    fn convolve(
        &self,
        memory: &mut Memory,
        step: &Ready,
        input: (MapId, Form),
        prepared: &Prepared,
        residual: Option<&Term>,
        parallel: bool,
    ) {
        let (place, from) = (&self.places[step.output], &self.places[input.0]);
        let stride = place.stride;
        let mut scratch = std::mem::take(&mut memory.scratch);
        let flat = residual.is_none_or(|term| term.shift == 0 && self.places[term.map].border == 0);
        let one_row = flat && prepared.is_one_row(from, place);
        let (length, pieces) = match one_row {
            true => (RUN_PIXELS * stride, (place.height * place.width).div_ceil(RUN_PIXELS)),
            false => (place.pitch(), place.height + 2 * place.border),
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
                let (line, column) = if one_row { (0, piece * RUN_PIXELS) } else { (piece, 0) };
                let residual = residual.map(|term| {
                    if self.in_place(term.map, step.output) {
                        return Residual::Own;
                    }
                    let (of, values) = (&self.places[term.map], self.floats(memory, term.map));
                    let floats = match one_row {
                        true => &values[column * stride..],
                        false => of.row(values, line >> term.shift),
                    };
                    Residual::Other {
                        floats,
                        shift: term.shift,
                    }
                });
                let mut row = Row {
                    pixels: values.unwrap_or(0) / stride,
                    stride,
                    floats,
                    bytes,
                    residual,
                };
                prepared.run(self.kernels, self.input(memory, input), line, column, &mut row);
                if let (Some(totals), Some(floats)) = (totals, row.floats) {
                    self.add_up(floats, stride, totals);
                }
            },
        );
        memory.scratch = scratch;
        memory.totals = if step.totals { pieces } else { 0 };
    }

    /// Sums, and sums of squares, of each channel of some pixels.
    fn add_up(&self, pixels: &[f32], stride: usize, totals: &mut [f32]) {
        let (sums, squares) = totals.split_at_mut(stride);
        rows::totals(self.level, pixels, stride, sums, squares);
    }

    /// Sums, and sums of squares, of each channel in pieces of a map, in scratch; the step that made it may have left them there.
    fn totals(&self, memory: &mut Memory, map: MapId, parallel: bool) {
        if memory.totals > 0 {
            return;
        }
        let place = &self.places[map];
        let mut scratch = std::mem::take(&mut memory.scratch);
        let values = self.floats(memory, map);
        let rows = &mut scratch[..place.height * 2 * place.stride];
        share_floats(parallel, rows, 2 * place.stride, |row, totals| {
            self.add_up(place.row(values, row), place.stride, totals);
        });
        memory.scratch = scratch;
        memory.totals = place.height;
    }

    /// The slots of a map, out of memory so that it can be written while others are read.
    fn take(&self, memory: &mut Memory, map: MapId) -> (Taken<f32>, Taken<u8>) {
        let place = &self.places[map];
        let floats = place
            .floats
            .map(|slot| (slot, std::mem::take(&mut memory.floats[slot])));
        let bytes = place
            .bytes
            .map(|(slot, _)| (slot, std::mem::take(&mut memory.bytes[slot])));
        (floats, bytes)
    }

    /// Calls `make` for each row of a map, which it writes; and fills the border.
    fn with_rows(
        &self,
        memory: &mut Memory,
        map: MapId,
        parallel: bool,
        make: impl Fn(&Memory, usize, Option<&mut [f32]>, Option<&mut [u8]>) + Sync,
    ) {
        let pitch = self.places[map].pitch();
        self.with_pieces(
            memory,
            map,
            parallel,
            pitch,
            Pieces::none(),
            |memory, row, floats, bytes, _| {
                make(memory, row, floats, bytes);
            },
        );
    }

    /// Calls `make` for each piece of `length` values of a map, which it writes, and of `totals`. A piece as long as a row with its border is a row;
    /// the border is filled, and `make` gets what is within.
    fn with_pieces(
        &self,
        memory: &mut Memory,
        map: MapId,
        parallel: bool,
        length: usize,
        totals: Pieces<f32>,
        make: impl Fn(&Memory, usize, Option<&mut [f32]>, Option<&mut [u8]>, Option<&mut [f32]>) + Sync,
    ) {
        let place = &self.places[map];
        let (mut floats, mut bytes) = self.take(memory, map);
        let zero = place.bytes.map_or(0, |(_, code)| code.zero);
        let rest = &*memory;
        let floats_of = Pieces::new(floats.as_mut().map(|(_, values)| &mut values[..place.len()]), length);
        let bytes_of = Pieces::new(bytes.as_mut().map(|(_, values)| &mut values[..place.len()]), length);
        share(parallel, floats_of, bytes_of, totals, |piece, floats, bytes, totals| {
            let row = piece.checked_sub(place.border);
            if let Some(row) = row.filter(|row| place.border == 0 || *row < place.height) {
                let floats = floats.map(|floats| within(floats, place, 0.0));
                let bytes = bytes.map(|bytes| within(bytes, place, zero));
                make(rest, row, floats, bytes, totals);
                return;
            }
            floats.into_iter().chain(totals).for_each(|floats| floats.fill(0.0));
            bytes.into_iter().for_each(|bytes| bytes.fill(zero));
        });
        give_back(memory, floats, bytes);
    }
}

/// A slot that was taken out of memory.
type Taken<T> = Option<(usize, Aligned<T>)>;

fn give_back(memory: &mut Memory, floats: Taken<f32>, bytes: Taken<u8>) {
    if let Some((slot, values)) = floats {
        memory.floats[slot] = values;
    }
    if let Some((slot, values)) = bytes {
        memory.bytes[slot] = values;
    }
}

/// A row without its border, which is filled.
fn within<'a, T: Copy>(line: &'a mut [T], place: &Place, fill: T) -> &'a mut [T] {
    let margin = place.border * place.stride;
    let end = line.len() - margin;
    line[..margin].fill(fill);
    line[end..].fill(fill);
    &mut line[margin..end]
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

/// The rows or columns of each window, without what lies outside of the map.
fn windows(length: usize, made: usize, kernel: usize, stride: usize, pad: usize) -> Vec<Range<usize>> {
    let window = |index: usize| {
        let begin = (index * stride).saturating_sub(pad).min(length - 1);
        begin..(index * stride + kernel).saturating_sub(pad).clamp(begin + 1, length)
    };
    (0..made).map(window).collect()
}

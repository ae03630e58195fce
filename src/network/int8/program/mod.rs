//! A fused network that runs: its steps with packed weights, a place for every map, and rows of results shared out to threads.

mod convolve;
mod maps;
mod totals;

use super::chain::Unit;
use super::convolution::quantize;
use super::entry::{Entry, Given};
use super::head::{Head, Traits};
use super::kernels::Kernels;
use super::memory::{Memory, Place, Plan, plan};
use super::ready::{Doing, Ready, Unprepared, make_ready};
use super::rows::{self, Level, Results, TermRow, Values};
use super::share::with_scratch;
use super::steps::{Form, MapId, Output, Steps, TERMS_MAX, Term};
use super::view::View;

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

impl Program {
    /// Packs weights and plans memory. `units` are the steps that run together.
    ///
    /// # Errors
    /// [`Unprepared`]: a convolution whose sums or scales are out of bounds.
    pub(super) fn new(
        steps: Steps,
        units: &[Unit],
        view: &View,
        kernels: &'static dyn Kernels,
    ) -> Result<Self, Unprepared> {
        let (places, plan) = plan(&steps, units);
        let leaving = |output: &Output| Head::new(output, &places[output.map]);
        Ok(Self {
            outputs: steps.outputs.iter().map(leaving).collect(),
            inputs: steps.inputs.iter().map(|(_, map)| *map).collect(),
            steps: make_ready(steps.steps, units, &places, view)?,
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

    /// Bytes of that memory, with the rings of one thread.
    pub(super) fn memory_size(&self) -> usize {
        let rings = self.steps.iter().map(|step| match &step.work {
            Doing::Chain { chain, .. } => chain.memory_size(),
            _ => 0,
        });
        self.plan.size() + rings.max().unwrap_or(0)
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
            let convolutions = self.steps.iter().flat_map(|step| step.work.convolutions());
            let counted = convolutions.filter(|prepared| prepared.is_bytes() == bytes);
            counted.map(|prepared| prepared.macs).sum()
        };
        (of(true), of(false))
    }

    /// Name, kind and multiply-adds of each step, with what it does to what comes in before the first and to what goes out after the last.
    pub(super) fn steps(&self) -> impl Iterator<Item = (&str, &'static str, u64)> {
        let edge = |kind| std::iter::once((kind, kind, 0));
        let steps = self.steps.iter().map(|step| {
            let macs = step.work.convolutions().map(|prepared| prepared.macs).sum();
            (step.name.as_str(), step.work.kind_name(), macs)
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
        let code = place.code.map(quantize);
        let entry = Entry::new(given, code);
        self.with_rows(memory, map, parallel, |_, row, floats, bytes| {
            let bytes = bytes.zip(code);
            entry.row(place, row, &mut Results { floats, bytes });
        });
    }

    fn step(&self, memory: &mut Memory, step: &Ready, parallel: bool) {
        let place = &self.places[step.output];
        let code = place.code.map(quantize);
        match &step.work {
            Doing::Convolve {
                input,
                form,
                prepared,
                factor,
                residual,
            } => {
                let joined = (*factor, residual.as_ref());
                self.convolve(memory, step, (*input, *form), prepared, joined, parallel);
            }
            Doing::Chain { input, chain, residual } => {
                self.chain(memory, step, (*input, chain, residual.as_ref()), parallel);
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
                    with_scratch(from.width * from.stride, |between| {
                        rows::greatest(
                            self.level,
                            from,
                            map,
                            lines[row].clone(),
                            columns,
                            between,
                            &mut results,
                        );
                    });
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
            Doing::Mean { input } => self.mean(memory, step.output, *input, parallel),
            Doing::GroupNorm {
                input,
                offset,
                normalization,
            } => self.normalize(memory, [step.output, *offset], *input, normalization, parallel),
        }
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
}

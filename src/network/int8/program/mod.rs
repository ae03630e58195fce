//! A fused network that runs: its steps with packed weights, a place for every map, and rows of results shared out to threads.

mod chain;
mod convolve;
mod lines;
mod maps;
mod totals;

use super::convolution::{Products, quantize};
use super::entry::{Entry, Given};
use super::head::{Head, Traits};
use super::kernels::{HalfKernels, Kernels};
use super::memory::{Memory, Place, Plan, plan};
use super::ready::{Doing, Ready, Unprepared, make_ready};
use super::rows::{Level, Results};
use super::steps::{MapId, Output, Steps};
use super::units::Unit;
use super::view::View;
use lines::Whole;

/// Threads of a run: none beside the caller's, or a pool.
pub(super) type Threads<'a> = Option<&'a rayon::ThreadPool>;

/// What comes out of a run.
pub(super) enum Wanted<'a, 'b> {
    /// Each output's channel planes.
    Planes(&'a mut [&'b mut [f32]]),
    /// The traits that the only output's probabilities mean.
    Traits(Traits<'b>),
}

/// Multiply-adds of one run, by what is multiplied.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Macs {
    pub bytes: u64,
    pub halves: u64,
    pub floats: u64,
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
    /// Packs weights and plans memory. `units` are the steps that run together. Where there are `halves`, dense convolutions of floats are computed by them.
    ///
    /// # Errors
    /// [`Unprepared`]: a convolution whose sums or scales are out of bounds.
    pub(super) fn new(
        steps: Steps,
        units: &[Unit],
        view: &View,
        kernels: &'static dyn Kernels,
        halves: Option<&'static dyn HalfKernels>,
    ) -> Result<Self, Unprepared> {
        let (places, plan) = plan(&steps, units);
        let leaving = |output: &Output| Head::new(output, &places[output.map]);
        Ok(Self {
            outputs: steps.outputs.iter().map(leaving).collect(),
            inputs: steps.inputs.iter().map(|(_, map)| *map).collect(),
            steps: make_ready(steps.steps, units, &places, view, kernels, halves)?,
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
            Doing::Chain(chain) => chain.memory_size(),
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

    /// Multiply-adds of its convolutions.
    pub(super) fn macs(&self) -> Macs {
        let mut macs = Macs::default();
        for prepared in self.steps.iter().flat_map(|step| step.work.convolutions()) {
            let counted = match prepared.products() {
                Products::Bytes => &mut macs.bytes,
                Products::Halves(_) => &mut macs.halves,
                Products::Floats => &mut macs.floats,
            };
            *counted += prepared.macs;
        }
        macs
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
            Doing::Chain(chain) => self.chain(memory, step, chain, parallel),
            Doing::Mean { input } => self.mean(memory, step.output, *input, parallel),
            Doing::GroupNorm {
                input,
                offset,
                normalization,
            } => self.normalize(memory, [step.output, *offset], *input, normalization, parallel),
            Doing::Sum { .. } | Doing::Enlarge { .. } | Doing::MaxPool { .. } | Doing::Sigmoid { .. } => {
                self.with_rows(memory, step.output, parallel, |memory, row, floats, bytes| {
                    let whole = Whole { program: self, memory };
                    self.make_row(step, &whole, row, (floats, bytes));
                });
            }
        }
    }
}

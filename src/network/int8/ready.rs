//! Steps made ready to run: weights packed, windows found, and what runs together joined to chains.

use std::ops::Range;

use thiserror::Error;

use super::chain::Chain;
use super::convolution::{Prepared, Products};
use super::head::enlarged;
use super::kernels::{HalfKernels, Kernels};
use super::memory::Place;
use super::rows::Between;
use super::steps::{Clamp, Form, MapId, Normalization, Step, Term, Work};
use super::units::Unit;
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

/// A step that can run.
pub(super) struct Ready {
    /// The ONNX node that ends it.
    pub name: String,
    /// Whether the next step wants each channel's totals.
    pub totals: bool,
    /// The map that it makes.
    pub output: MapId,
    /// How.
    pub work: Doing,
}

/// A step's work with all that is known before a picture comes.
pub(super) enum Doing {
    Convolve {
        input: MapId,
        form: Form,
        prepared: Box<Prepared>,
        factor: Option<MapId>,
        residual: Option<Term>,
    },
    Chain(Chain),
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
        input: (MapId, Form),
    },
    Sigmoid {
        input: MapId,
    },
    GroupNorm {
        input: MapId,
        offset: MapId,
        normalization: Normalization,
    },
}

impl Doing {
    /// What it is called in a list of steps.
    pub(super) fn kind_name(&self) -> &'static str {
        match self {
            Self::Convolve { prepared, .. } => prepared.kind_name(),
            Self::Chain(chain) => chain.kind_name(),
            Self::Sum { .. } => "sum",
            Self::Enlarge { .. } => "enlarge",
            Self::MaxPool { .. } => "max pool",
            Self::Mean { .. } => "mean",
            Self::Sigmoid { .. } => "sigmoid",
            Self::GroupNorm { .. } => "group norm",
        }
    }

    /// The convolution that it is, if it is one.
    pub(super) fn convolution(&self) -> Option<&Prepared> {
        match self {
            Self::Convolve { prepared, .. } => Some(prepared),
            _ => None,
        }
    }

    /// All its convolutions.
    pub(super) fn convolutions(&self) -> impl Iterator<Item = &Prepared> {
        let chain = match self {
            Self::Chain(chain) => Some(chain.convolutions()),
            _ => None,
        };
        self.convolution().into_iter().chain(chain.into_iter().flatten())
    }

    /// The lines of a map, counted with its border's, that a row of results reads, if it reads the map row by row.
    pub(super) fn lines_of(&self, map: MapId, row: usize, places: &[Place]) -> Option<Range<usize>> {
        let border = places[map].border;
        let rows = match self {
            Self::Convolve { input, prepared, .. } if *input == map => return Some(prepared.reads(row)),
            Self::Sum { terms, .. } => {
                let term = terms.iter().find(|term| term.map == map)?;
                let row = row >> term.shift;
                row..row + 1
            }
            Self::Enlarge { input, lines, .. } if *input == map => {
                let Between { first, second, .. } = lines[row];
                first..second + 1
            }
            Self::MaxPool { input, lines, .. } if *input == map => lines[row].clone(),
            _ => return None,
        };
        Some(rows.start + border..rows.end + border)
    }
}

/// All steps, those of a unit as one; dense convolutions of floats in half precision where there are `halves`.
///
/// # Errors
/// [`Unprepared`]: a convolution whose sums or scales are out of bounds.
pub(super) fn make_ready(
    steps: Vec<Step>,
    units: &[Unit],
    places: &[Place],
    view: &View,
    kernels: &'static dyn Kernels,
    halves: Option<&'static dyn HalfKernels>,
) -> Result<Vec<Ready>, Unprepared> {
    let mut ready = Vec::with_capacity(steps.len());
    let following: Vec<Option<MapId>> = steps.iter().map(|step| step.work.adds_up()).collect();
    for (index, step) in steps.into_iter().enumerate() {
        let place = &places[step.output];
        let work = match step.work {
            Work::Convolve {
                input,
                form,
                convolution,
                factor,
                residual,
                clamp,
            } => {
                let adds = residual.is_some() || factor.is_some();
                let products = Products::of(form, &convolution, place, halves);
                let maps = [&places[input], place];
                let prepared = Prepared::new(&convolution, view, kernels, products, maps, adds, clamp);
                let refused = |reason| Unprepared {
                    step: step.name.clone(),
                    reason,
                };
                let prepared = Box::new(prepared.map_err(refused)?);
                Doing::Convolve {
                    input,
                    form,
                    prepared,
                    factor,
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
            Work::Mean { input, form } => Doing::Mean { input: (input, form) },
            Work::Sigmoid { input } => Doing::Sigmoid { input },
            Work::GroupNorm {
                input,
                offset,
                normalization,
            } => Doing::GroupNorm {
                input,
                offset,
                normalization,
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
    let mut ready = ready.into_iter();
    let unit = |unit: &Unit| match unit.len() {
        1 => ready.next(),
        links => chained(ready.by_ref().take(links).collect(), places),
    };
    Ok(units.iter().filter_map(unit).collect())
}

/// Steps as one.
fn chained(steps: Vec<Ready>, places: &[Place]) -> Option<Ready> {
    let last = steps.last()?;
    Some(Ready {
        name: last.name.clone(),
        totals: last.totals,
        output: last.output,
        work: Doing::Chain(Chain::new(steps, places)),
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

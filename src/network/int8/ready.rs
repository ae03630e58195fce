//! Steps made ready to run: weights packed, windows found, and what follows each other closely joined to chains.

use std::ops::Range;

use thiserror::Error;

use super::chain::{Chain, Unit};
use super::convolution::Prepared;
use super::head::enlarged;
use super::memory::Place;
use super::rows::Between;
use super::steps::{Clamp, Form, MapId, Normalization, Step, Term, Work};
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
    Chain {
        input: (MapId, Form),
        chain: Chain,
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
            Self::Chain { chain, .. } => chain.kind_name(),
            Self::Sum { .. } => "sum",
            Self::Enlarge { .. } => "enlarge",
            Self::MaxPool { .. } => "max pool",
            Self::Mean { .. } => "mean",
            Self::Sigmoid { .. } => "sigmoid",
            Self::GroupNorm { .. } => "group norm",
        }
    }

    /// Its convolutions.
    pub(super) fn convolutions(&self) -> impl Iterator<Item = &Prepared> {
        let (one, chain) = match self {
            Self::Convolve { prepared, .. } => (Some(&**prepared), None),
            Self::Chain { chain, .. } => (None, Some(chain.convolutions())),
            _ => (None, None),
        };
        one.into_iter().chain(chain.into_iter().flatten())
    }
}

/// All steps, those of a unit as one.
///
/// # Errors
/// [`Unprepared`]: a convolution whose sums or scales are out of bounds.
pub(super) fn make_ready(
    steps: Vec<Step>,
    units: &[Unit],
    places: &[Place],
    view: &View,
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
        links => chained(ready.by_ref().take(links), places),
    };
    Ok(units.iter().filter_map(unit).collect())
}

/// Convolutions as one step.
fn chained(convolutions: impl Iterator<Item = Ready>, places: &[Place]) -> Option<Ready> {
    let (mut links, mut first, mut last) = (Vec::new(), None, None);
    for step in convolutions {
        let Doing::Convolve {
            input,
            form,
            prepared,
            factor: None,
            residual,
        } = step.work
        else {
            unreachable!("chains are of convolutions");
        };
        links.push((*prepared, form, &places[input], &places[step.output]));
        first = first.or(Some((input, form)));
        last = Some((step.name, step.output, step.totals, residual));
    }
    let (name, output, totals, residual) = last?;
    Some(Ready {
        name,
        totals,
        output,
        work: Doing::Chain {
            input: first?,
            chain: Chain::new(links),
            residual,
        },
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

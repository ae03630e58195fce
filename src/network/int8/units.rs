//! Which steps run together, row by row.
//!
//! A map that only one later step reads need not be there as a whole: as soon as the rows that a row of that step reads are made, the row is computed
//! (`chain.rs`). Here is decided for which maps that is possible, and for which it pays; steps that make them are moved to where they are read.

use std::collections::HashMap;
use std::ops::Range;

use super::steps::{MapId, Step, Steps, Work};

/// Steps that run together, by their places in the list: one, or a chain, of which each but the last makes a map that another of them reads.
pub(super) type Unit = Range<usize>;

/// The most steps of a chain.
pub(super) const LINKS_MAX: usize = 12;
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

/// Chains as long as they can be, where they are `wanted` between the step that makes a map and the one that reads it, and every other step by itself.
pub(super) fn chained(steps: &Steps, wanted: impl Fn(&Steps, &Step, &Step) -> bool) -> Vec<Unit> {
    let readers = steps.readers();
    let mut units = Vec::new();
    let mut end = steps.steps.len();
    while end > 0 {
        let mut begin = end - 1;
        while let Some(maker) = begin.checked_sub(1)
            && end - maker <= LINKS_MAX
            && let [reader] = readers[steps.steps[maker].output][..]
            && reader < end
            && is_link(steps, maker, reader)
            && wanted(steps, &steps.steps[maker], &steps.steps[reader])
        {
            begin = maker;
        }
        units.push(begin..end);
        end = begin;
    }
    units.reverse();
    units
}

/// Moves sums and enlargements to just before the only step that reads them, so that they can be a chain with it. What stays in memory meanwhile is what
/// they read, which is smaller than what an enlargement makes.
pub(super) fn make_late(steps: &mut Steps) {
    let readers = steps.readers();
    let late =
        |step: &Step| matches!(step.work, Work::Sum { .. } | Work::Enlarge { .. }) && readers[step.output].len() == 1;
    let mut makers: HashMap<MapId, Step> = HashMap::new();
    let mut others = Vec::new();
    for step in std::mem::take(&mut steps.steps) {
        match late(&step) {
            true => drop(makers.insert(step.output, step)),
            false => others.push(step),
        }
    }
    // From the last to the first, each with the late ones that it reads.
    let mut reversed = Vec::new();
    for step in others.into_iter().rev() {
        let mut pending = vec![step];
        while let Some(step) = pending.pop() {
            pending.extend(step.work.reads().iter().filter_map(|map| makers.remove(map)));
            reversed.push(step);
        }
    }
    reversed.reverse();
    steps.steps = reversed;
}

/// Whether a map pays for its ring: whether it is high, and the weights of the convolutions beside it are few.
fn pays(steps: &Steps, maker: &Step, reader: &Step) -> bool {
    let shape = steps.maps[maker.output].shape;
    let few = |step: &Step| match &step.work {
        Work::Convolve { convolution, .. } => {
            convolution.weights_count() <= ROWS_IN_WEIGHTS * shape.width * shape.channels
        }
        _ => true,
    };
    MAP_IN_RINGS * lines_read(&reader.work) <= shape.height && few(maker) && few(reader)
}

/// How many lines of a map a row of results reads.
fn lines_read(work: &Work) -> usize {
    match work {
        Work::Convolve { convolution, .. } => convolution.kernel[0],
        Work::MaxPool { kernel, .. } => *kernel,
        Work::Enlarge { .. } => 2,
        _ => 1,
    }
}

/// Whether the map of one step is made row after row, and another, the only one that reads it, can read it so.
fn is_link(steps: &Steps, maker: usize, reader: usize) -> bool {
    let making = &steps.steps[maker];
    let map = making.output;
    let kept = &steps.maps[map];
    let made_by_row = match &making.work {
        Work::Convolve { factor, .. } => factor.is_none(),
        Work::Sum { .. } | Work::Enlarge { .. } | Work::MaxPool { .. } => true,
        Work::Mean { .. } | Work::Sigmoid { .. } | Work::GroupNorm { .. } => false,
    };
    made_by_row
        && reads_by_row(steps, reader, map)
        && kept.floats != kept.bytes.is_some()
        && steps.outputs.iter().all(|output| output.map != map)
}

fn reads_by_row(steps: &Steps, reader: usize, map: MapId) -> bool {
    let reading = &steps.steps[reader];
    match &reading.work {
        Work::Convolve {
            input,
            factor: None,
            convolution,
            ..
        } => {
            // Where a result is added up afterwards, the pieces in which that is done decide about its last bits: lines here, and, but for pointwise
            // convolutions, in a whole map.
            let adds_up = steps.steps.get(reader + 1).and_then(|step| step.work.adds_up());
            *input == map && (adds_up != Some(reading.output) || convolution.kernel != [1, 1])
        }
        Work::Sum { terms, .. } => terms.iter().any(|term| term.map == map),
        Work::Enlarge { .. } | Work::MaxPool { .. } => true,
        Work::Convolve { .. } | Work::Mean { .. } | Work::Sigmoid { .. } | Work::GroupNorm { .. } => false,
    }
}

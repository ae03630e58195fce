//! Where maps lie: each form of a map has a slot from the step that makes it to the last that reads it, and slots are used again.

use super::aligned::Aligned;
use super::kernels::{LANES, padded};
use super::share::RUN_PIXELS_ADDED;
use super::steps::{Code, Form, MapId, Step, Steps, Term, Work};
use super::units::Unit;

/// Values of a map as floats and as bytes, in the forms in which it is kept.
pub(super) type Forms<'a> = (Option<&'a mut [f32]>, Option<&'a mut [u8]>);

/// How a map lies in a slot.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Place {
    pub height: usize,
    pub width: usize,
    pub channels: usize,
    /// From one pixel to the next.
    pub stride: usize,
    /// Pixels around the map.
    pub border: usize,
    /// Its slot of floats.
    pub floats: Option<usize>,
    /// Its slot of bytes.
    pub bytes: Option<usize>,
    /// What its bytes mean, if it has any.
    pub code: Option<Code>,
}

impl Place {
    /// From one row to the next.
    pub(super) fn pitch(&self) -> usize {
        (self.width + 2 * self.border) * self.stride
    }

    /// Values with the border.
    pub(super) fn len(&self) -> usize {
        self.lines() * self.pitch()
    }

    /// Rows with the border's.
    pub(super) fn lines(&self) -> usize {
        self.height + 2 * self.border
    }

    /// The row that a line, counted with the border's, is.
    pub(super) fn row_of(&self, line: usize) -> Option<usize> {
        // A map without a border may be cut into other pieces than rows.
        line.checked_sub(self.border)
            .filter(|row| self.border == 0 || *row < self.height)
    }

    /// Fills what is border of a line; if the line is a row, which one, and what is left to be made.
    pub(super) fn row_within<'a>(&self, line: usize, (floats, bytes): Forms<'a>) -> Option<(usize, Forms<'a>)> {
        let row = self.row_of(line);
        let margin = row.map(|_| self.border * self.stride);
        let zero = self.code.map_or(0, |code| code.zero);
        let floats = floats.map(|floats| within(floats, margin, 0.0));
        let bytes = bytes.map(|bytes| within(bytes, margin, zero));
        Some((row?, (floats, bytes)))
    }

    /// One row of a slot, without the border.
    pub(super) fn row<'a, T>(&self, slot: &'a [T], row: usize) -> &'a [T] {
        let begin = (row + self.border) * self.pitch() + self.border * self.stride;
        &slot[begin..begin + self.width * self.stride]
    }
}

/// Fills both margins of a line, and gives what lies between; without margins all of it.
fn within<T: Copy>(line: &mut [T], margin: Option<usize>, fill: T) -> &mut [T] {
    let margin = margin.unwrap_or(line.len());
    let end = line.len() - margin;
    line[..margin].fill(fill);
    line[end..].fill(fill);
    line.get_mut(margin..end).unwrap_or_default()
}

/// What a run writes to; made once, used again by the next run.
#[derive(Debug, Default)]
pub(super) struct Memory {
    pub floats: Vec<Aligned<f32>>,
    pub bytes: Vec<Aligned<u8>>,
    /// For totals of pieces of a map, and for planes on their way out.
    pub scratch: Vec<f32>,
    /// How many pieces' totals are in scratch.
    pub totals: usize,
    /// What a convolution multiplies the sums of its channels with, and what it adds, where that depends on the picture.
    pub factors: Vec<f32>,
}

/// The lengths of all slots.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Plan {
    floats: Vec<usize>,
    bytes: Vec<usize>,
    scratch: usize,
    factors: usize,
}

impl Plan {
    /// Memory for one run.
    pub(super) fn memory(&self) -> Memory {
        Memory {
            floats: self.floats.iter().map(|length| Aligned::zeros(*length)).collect(),
            bytes: self.bytes.iter().map(|length| Aligned::zeros(*length)).collect(),
            scratch: vec![0.0; self.scratch],
            totals: 0,
            factors: vec![0.0; self.factors],
        }
    }

    /// Bytes of memory for one run.
    pub(super) fn size(&self) -> usize {
        (self.floats.iter().sum::<usize>() + self.scratch + self.factors) * size_of::<f32>()
            + self.bytes.iter().sum::<usize>()
    }
}

/// Slots of one kind while steps are gone through.
#[derive(Default)]
struct Slots {
    lengths: Vec<usize>,
    free: Vec<usize>,
}

impl Slots {
    /// The smallest free slot that is long enough, or else the longest free one, made longer; or a new one.
    fn take(&mut self, length: usize) -> usize {
        let lengths = &self.lengths;
        let fitting = self.free.iter().copied().filter(|slot| lengths[*slot] >= length);
        let best = fitting.min_by_key(|slot| lengths[*slot]);
        let best = best.or_else(|| self.free.iter().copied().max_by_key(|slot| lengths[*slot]));
        let Some(slot) = best else {
            self.lengths.push(length);
            return self.lengths.len() - 1;
        };
        self.free.retain(|other| *other != slot);
        self.lengths[slot] = self.lengths[slot].max(length);
        slot
    }
}

/// Slots of both kinds.
#[derive(Default)]
struct Planner {
    floats: Slots,
    bytes: Slots,
}

impl Planner {
    fn give(&mut self, place: &mut Place, floats: bool) {
        place.floats = floats.then(|| self.floats.take(place.len()));
        // Where channels are not padded, the last of them are read with what follows, which weights of 0 take away.
        let padded = place.stride.is_multiple_of(LANES);
        let length = place.len() + if padded { 0 } else { LANES };
        place.bytes = place.code.map(|_| self.bytes.take(length));
    }

    /// `kept`: the slot of floats goes on as that of another map.
    fn release(&mut self, place: &Place, kept: bool) {
        self.floats.free.extend(place.floats.filter(|_| !kept));
        self.bytes.free.extend(place.bytes);
    }
}

/// Gives every map its place. `units`: the steps that run together, whose maps between them are never there as a whole.
pub(super) fn plan(steps: &Steps, units: &[Unit]) -> (Vec<Place>, Plan) {
    let mut places: Vec<Place> = (0..steps.maps.len()).map(|map| unplaced(steps, map)).collect();
    let mut planner = Planner::default();
    for (_, map) in &steps.inputs {
        let wanted = &steps.maps[*map];
        planner.give(&mut places[*map], wanted.floats);
    }
    let units: Vec<&[Step]> = units.iter().map(|unit| &steps.steps[unit.clone()]).collect();
    let mut last_use: Vec<Option<usize>> = vec![None; places.len()];
    for (index, step) in units
        .iter()
        .enumerate()
        .flat_map(|(index, unit)| unit.iter().map(move |step| (index, step)))
    {
        for map in step.work.reads().into_iter().chain(step.makes()) {
            last_use[map] = Some(index);
        }
    }
    for output in &steps.outputs {
        last_use[output.map] = None;
    }
    for (index, unit) in units.iter().enumerate() {
        let gone = |map: MapId| last_use[map] == Some(index);
        let own = in_place(steps, unit, &places).filter(|map| gone(*map));
        let last = unit.last().into_iter();
        for map in last.clone().flat_map(Step::makes) {
            planner.give(&mut places[map], steps.maps[map].floats && own.is_none());
        }
        for (step, own) in last.zip(own) {
            places[step.output].floats = places[own].floats;
        }
        for map in (0..places.len()).filter(|map| gone(*map)) {
            planner.release(&places[map], own == Some(map));
        }
    }
    let totals = steps.steps.iter().filter_map(|step| {
        let place = match step.work {
            Work::Mean { input, .. } | Work::GroupNorm { input, .. } => &places[input],
            _ => return None,
        };
        // In rows with their border, or in runs of pixels.
        let pieces = place
            .lines()
            .max((place.height * place.width).div_ceil(RUN_PIXELS_ADDED));
        Some(pieces * 2 * place.stride)
    });
    let leaving = steps.outputs.iter().map(|output| {
        let place = &places[output.map];
        place.height * place.width * place.channels
    });
    let factors = steps.steps.iter().map(|step| match step.work {
        Work::Convolve { factor: Some(_), .. } => 2 * places[step.output].stride,
        _ => 0,
    });
    let plan = Plan {
        factors: factors.max().unwrap_or(0),
        scratch: totals.chain(leaving).max().unwrap_or(0),
        floats: planner.floats.lengths,
        bytes: planner.bytes.lengths,
    };
    (places, plan)
}

/// The map of floats that a unit may change in place, if nobody reads it later: one that its last step adds pixel by pixel, and that it reads only
/// for that.
fn in_place(steps: &Steps, unit: &[Step], places: &[Place]) -> Option<MapId> {
    let step = unit.last()?;
    let terms = match &step.work {
        Work::Convolve { residual, .. } => residual.as_slice(),
        Work::Sum { terms, .. } => terms,
        _ => return None,
    };
    let to = &places[step.output];
    let fits = |term: &&Term| {
        let from = &places[term.map];
        let alike = (from.height, from.width, from.stride, from.border) == (to.height, to.width, to.stride, to.border);
        let reads = unit.iter().flat_map(|step| step.work.reads());
        let once = reads.filter(|map| *map == term.map).count() == 1;
        alike && once && term.shift == 0 && term.form == Form::Floats && from.floats.is_some()
    };
    let wanted = steps.maps[step.output].floats;
    terms.iter().find(fits).filter(|_| wanted).map(|term| term.map)
}

fn unplaced(steps: &Steps, map: MapId) -> Place {
    let wanted = &steps.maps[map];
    let from_outside = steps.inputs.iter().any(|(_, input)| *input == map);
    // A picture's three channels lie side by side, so that a row of a window is one run of numbers.
    let tight = from_outside
        && steps
            .steps
            .iter()
            .all(|step| !step.work.reads().contains(&map) || step.work.is_dense());
    let shape = wanted.shape;
    Place {
        height: shape.height,
        width: shape.width,
        channels: shape.channels,
        stride: if tight { shape.channels } else { padded(shape.channels) },
        border: wanted.border,
        floats: None,
        bytes: None,
        code: wanted.bytes,
    }
}

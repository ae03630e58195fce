//! What leaves a fused network: a map of floats as channel planes, enlarged and as probabilities; or at once as the traits that these mean.

use std::ops::Range;

use rayon::prelude::*;

use super::memory::{Memory, Place};
use super::rows::{self, Between, Columns, Level};
use super::share::{share_floats, with_scratch};
use super::steps::{Alignment, Output};

/// More than the error of an enlargement of values up to [`GREATEST`], and of the logistic function.
const SLACK: f32 = 0.01;
/// A value that no network has; where one is beyond, nothing is left out.
const GREATEST: f32 = 1e4;

/// The way out of one map.
pub(super) struct Head {
    place: Place,
    sigmoid: bool,
    lines: Vec<Between>,
    columns: Columns,
}

/// The traits at each pixel, of a map of probabilities.
pub(in super::super) struct Traits<'a> {
    /// A class is present where its probability is above this.
    pub threshold: f32,
    /// The bit of each class.
    pub classes: &'a [u16],
    /// The bits of the classes that are present at each pixel.
    pub bits: &'a mut [u16],
    /// For each row and class the pixels where it is present, and the sum of their probabilities.
    pub present: &'a mut [(u32, f64)],
}

impl Head {
    pub(super) fn new(output: &Output, place: &Place) -> Self {
        Self {
            place: place.clone(),
            sigmoid: output.sigmoid,
            lines: enlarged(place.height, output.enlarge),
            columns: Columns::new(&enlarged(place.width, output.enlarge)),
        }
    }

    /// Channels, height and width of what leaves.
    pub(super) fn shape(&self) -> [usize; 3] {
        [self.place.channels, self.lines.len(), self.columns.len()]
    }

    /// Channel planes, row by row.
    pub(super) fn planes(&self, memory: &mut Memory, planes: &mut [f32], level: Level, parallel: bool) {
        let small = self.small_planes(memory, parallel);
        let height = self.lines.len();
        share_floats(parallel, planes, self.columns.len(), |index, results| {
            let place = (index / height, index % height, 0);
            with_scratch(self.place.width + 1, |between| {
                self.row(small, place, self.sigmoid, level, between, results);
            });
        });
    }

    /// Traits, row by row; a class becomes probabilities only between the first and the last column where it may be present.
    pub(super) fn traits(&self, memory: &mut Memory, traits: &mut Traits, level: Level, parallel: bool) {
        let small = self.small_planes(memory, parallel);
        let (classes, threshold) = (traits.classes, traits.threshold);
        // The value whose probability is the threshold.
        let least = match self.sigmoid {
            true => -(1.0 / threshold - 1.0).ln(),
            false => threshold,
        };
        let width = self.columns.len();
        let row = |line: usize, bits: &mut [u16], present: &mut [(u32, f64)]| {
            bits.fill(0);
            with_scratch(width + self.place.width + 1, |scratch| {
                let (values, between) = scratch.split_at_mut(width);
                for (channel, (class, present)) in classes.iter().zip(present).enumerate() {
                    *present = (0, 0.0);
                    let Some(columns) = self.columns_above(small, (channel, line), least) else {
                        continue;
                    };
                    let values = &mut values[columns.clone()];
                    let place = (channel, line, columns.start);
                    self.row(small, place, self.sigmoid, level, between, values);
                    for (bits, probability) in bits[columns].iter_mut().zip(&*values) {
                        if *probability > threshold {
                            *bits |= class;
                            present.0 += 1;
                            present.1 += f64::from(*probability);
                        }
                    }
                }
            });
        };
        if parallel {
            let present = traits.present.par_chunks_mut(classes.len());
            let rows = traits.bits.par_chunks_mut(width).zip(present).enumerate();
            rows.for_each(|(line, (bits, present))| row(line, bits, present));
        } else {
            let present = traits.present.chunks_mut(classes.len());
            let rows = traits.bits.chunks_mut(width).zip(present).enumerate();
            rows.for_each(|(line, (bits, present))| row(line, bits, present));
        }
    }

    /// The map's planes, not enlarged, in scratch.
    fn small_planes<'a>(&self, memory: &'a mut Memory, parallel: bool) -> &'a [f32] {
        let place = &self.place;
        let map = &memory.floats[place.floats.expect("what leaves is kept as floats")];
        let small = &mut memory.scratch[..place.channels * place.height * place.width];
        share_floats(parallel, small, place.width, |index, values| {
            let (channel, row) = (index / place.height, index % place.height);
            let pixels = place.row(map, row)[channel..].iter().step_by(place.stride);
            for (to, value) in values.iter_mut().zip(pixels) {
                *to = *value;
            }
        });
        &memory.scratch
    }

    /// The columns of an enlarged row between which a value may be above `least`; in all others it is certainly not.
    fn columns_above(&self, small: &[f32], (channel, line): (usize, usize), least: f32) -> Option<Range<usize>> {
        let (upper, lower) = self.rows_of(small, channel, line);
        // Between values that are not above there is none, but for rounding.
        let above = |value: f32| value > least - SLACK || value < -GREATEST;
        let mut both = upper
            .iter()
            .zip(lower)
            .map(|(upper, lower)| above(*upper) || above(*lower));
        let first = both.position(|above| above)?;
        let last = first + 1 + both.rposition(|above| above).map_or(0, |last| last + 1);
        Some(self.columns.reading(first..last))
    }

    /// The rows of a channel's plane between which an enlarged row lies.
    fn rows_of<'a>(&self, small: &'a [f32], channel: usize, line: usize) -> (&'a [f32], &'a [f32]) {
        let (width, line) = (self.place.width, self.lines[line]);
        let row = |row: usize| &small[(channel * self.place.height + row) * width..][..width];
        (row(line.first), row(line.second))
    }

    /// One row of a channel's plane, enlarged, from a column on. `between` is scratch.
    fn row(
        &self,
        small: &[f32],
        (channel, line, begin): (usize, usize, usize),
        sigmoid: bool,
        level: Level,
        between: &mut [f32],
        results: &mut [f32],
    ) {
        let (upper, lower) = self.rows_of(small, channel, line);
        let (part, columns) = (self.lines[line].part, self.columns.from(begin));
        rows::plane(level, upper, lower, part, &columns, sigmoid, between, results);
    }
}

/// Where each row or column of an enlarged map reads; without an enlargement, just there.
pub(super) fn enlarged(length: usize, enlarge: Option<(usize, Alignment)>) -> Vec<Between> {
    let (factor, alignment) = enlarge.unwrap_or((1, Alignment::HalfPixel));
    let made = length * factor;
    let between = |index: usize| {
        let place = match alignment {
            Alignment::Corners => index as f64 * (length - 1) as f64 / (made - 1).max(1) as f64,
            Alignment::HalfPixel => ((index as f64 + 0.5) / factor as f64 - 0.5).max(0.0),
        };
        let first = (place.floor() as usize).min(length - 1);
        Between {
            first,
            second: (first + 1).min(length - 1),
            part: (place - first as f64) as f32,
        }
    };
    (0..made).map(between).collect()
}

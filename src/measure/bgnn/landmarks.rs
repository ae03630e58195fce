//! The 18 landmarks, from the clean regions of the traits.

use serde::{Serialize, Serializer};

use super::pieces::{self, Pieces};
use super::python::rounded_mean;
use super::{Crash, KNOWN, LEAST_SHARE, Presence};
use crate::traits::Trait;
use crate::traits::components::{Component, Connectivity, Run, of_runs};

/// A landmark's pixel in the turned mask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Landmark {
    /// Row.
    pub row: u32,
    /// Column.
    pub column: u32,
}

/// The landmarks 1 to 18; those that are missing are `None`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Landmarks([Option<Landmark>; Self::COUNT]);

/// The traits of a turned mask, raw and clean.
pub(super) struct CleanTraits {
    pub(super) presence: [Presence; KNOWN.len()],
    clean: [Option<Component>; KNOWN.len()],
}

impl CleanTraits {
    pub(super) fn of(level: &Pieces) -> Self {
        let mut presence = [Presence {
            number: 0,
            percentage: 0.0,
        }; KNOWN.len()];
        let clean = std::array::from_fn(|i| {
            let runs = level.runs(KNOWN[i]);
            let raw = of_runs(runs.to_vec(), Connectivity::Eight);
            let total: u64 = raw.iter().map(|piece| piece.area).sum();
            if let Some(largest) = pieces::largest(&raw) {
                presence[i] = Presence {
                    number: raw.len() as u64,
                    percentage: largest.area as f64 / total as f64,
                };
            }
            pieces::clean(runs, raw)
        });
        Self { presence, clean }
    }

    /// The clean region of a trait; `None` where it is missing.
    pub(super) fn clean(&self, which: Trait) -> Option<&Component> {
        self.clean[place_of(which)].as_ref()
    }

    fn presence(&self, which: Trait) -> Presence {
        self.presence[place_of(which)]
    }
}

fn place_of(which: Trait) -> usize {
    KNOWN
        .iter()
        .position(|t| *t == which)
        .expect("only asked for traits that the program knows")
}

impl Landmarks {
    /// How many there are.
    pub const COUNT: usize = 18;

    /// The landmark of a number from 1 to 18; `None` where it is missing, and for other numbers.
    pub fn get(&self, number: usize) -> Option<Landmark> {
        *self.0.get(number.checked_sub(1)?)?
    }

    /// Numbers and landmarks that are not missing, in order.
    pub fn iter(&self) -> impl Iterator<Item = (usize, Landmark)> {
        (1..).zip(self.0).filter_map(|(number, mark)| Some((number, mark?)))
    }

    /// `all_landmark` of the original.
    pub(super) fn of(traits: &CleanTraits) -> Result<Self, Crash> {
        let mut marks = [None; Self::COUNT + 1];
        if traits.presence(Trait::Eye).percentage >= LEAST_SHARE {
            let eye = traits.clean(Trait::Eye).ok_or(Crash::EyeInPieces)?;
            marks[14] = Some(front(&eye.runs));
            marks[15] = Some(back(&eye.runs));
            marks[16] = Some(top(&eye.runs));
            marks[17] = Some(bottom(&eye.runs));
            marks[18] = Some(centre(&eye.runs));
        }
        if let Some(head) = traits.clean(Trait::Head) {
            marks[1] = Some(front(&head.runs));
            marks[12] = Some(back(&head.runs));
            marks[2] = Some(top(&head.runs));
            marks[13] = Some(bottom(&head.runs));
        }
        if let Some(fin) = traits.clean(Trait::CaudalFin) {
            let middle = centre(&fin.runs).row;
            let (upper, lower) = fin.runs.split_at(fin.runs.partition_point(|run| run.y < middle));
            // The mean row of a region is never below its last one, so the lower part is never empty.
            if upper.is_empty() || lower.is_empty() {
                return Err(Crash::FlatCaudalFin);
            }
            marks[5] = Some(front(upper));
            marks[7] = Some(front(lower));
        }
        let at = |which: Trait, of: fn(&[Run]) -> Landmark| traits.clean(which).map(|region| of(&region.runs));
        marks[6] = at(Trait::Trunk, back);
        marks[3] = at(Trait::DorsalFin, front);
        marks[4] = at(Trait::DorsalFin, bottom);
        marks[11] = at(Trait::PectoralFin, front);
        marks[10] = at(Trait::PelvicFin, front);
        marks[9] = at(Trait::AnalFin, front);
        marks[8] = at(Trait::AnalFin, top);
        Ok(Self(std::array::from_fn(|i| marks[i + 1])))
    }
}

/// An object "1" to "18", each `[row, column]` or `[]`.
impl Serialize for Landmarks {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let coordinates = |mark: Option<Landmark>| mark.map_or(Vec::new(), |m| vec![m.row, m.column]);
        serializer.collect_map(
            (1..)
                .zip(self.0)
                .map(|(number, mark): (u32, _)| (number.to_string(), coordinates(mark))),
        )
    }
}

fn top(runs: &[Run]) -> Landmark {
    mean_in_row(runs, runs[0].y)
}

fn bottom(runs: &[Run]) -> Landmark {
    mean_in_row(runs, runs[runs.len() - 1].y)
}

fn front(runs: &[Run]) -> Landmark {
    let column = runs.iter().map(|run| run.start).min().unwrap_or(0);
    mean_in_column(runs, column)
}

fn back(runs: &[Run]) -> Landmark {
    let end = runs.iter().map(|run| run.end).max().unwrap_or(1);
    mean_in_column(runs, end - 1)
}

/// The mean column of the pixels in a row that has some.
fn mean_in_row(runs: &[Run], row: u32) -> Landmark {
    let (mut sum, mut count) = (0, 0);
    for run in runs.iter().filter(|run| run.y == row) {
        sum += columns_of(run);
        count += u64::from(run.end - run.start);
    }
    Landmark {
        row,
        column: rounded_mean(sum, count),
    }
}

/// The mean row of the pixels in a column that has some.
fn mean_in_column(runs: &[Run], column: u32) -> Landmark {
    let (mut sum, mut count) = (0, 0);
    for run in runs.iter().filter(|run| (run.start..run.end).contains(&column)) {
        sum += u128::from(run.y);
        count += 1;
    }
    Landmark {
        row: rounded_mean(sum, count),
        column,
    }
}

/// The centroid.
fn centre(runs: &[Run]) -> Landmark {
    let (mut rows, mut columns, mut area) = (0, 0, 0);
    for run in runs {
        let length = run.end - run.start;
        rows += u128::from(run.y) * u128::from(length);
        columns += columns_of(run);
        area += u64::from(length);
    }
    Landmark {
        row: rounded_mean(rows, area),
        column: rounded_mean(columns, area),
    }
}

/// The sum of a run's columns.
fn columns_of(run: &Run) -> u128 {
    let (start, end) = (u128::from(run.start), u128::from(run.end));
    (start + end - 1) * (end - start) / 2
}

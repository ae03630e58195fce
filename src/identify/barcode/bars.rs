//! Reads Code 128 along the rows and columns of a layer.
//!
//! A reader walks a line pixel by pixel from both ends, and nearly all lines of a label hold no code. So the runs of black and white are looked at first, which
//! costs little since 64 pixels lie in a word, and the reader is asked only about lines in which a start character stands behind white and is followed by what
//! may be characters up to a stop character.

use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};

use rxing::DecodeHints;
use rxing::common::BitArray;
use rxing::oned::{Code128Reader, OneDReader};

use super::layer::{Layer, Turned};
use super::threshold;
use crate::frame::Point;

/// Runs of black and white that make a character.
const RUNS: usize = 6;
/// Modules of a character.
const MODULES: u32 = 11;
/// Characters after the start character of the shortest code: one of text, the check character, and the stop character.
const LEAST_FURTHER: usize = 3;
/// Runs of the three start characters, in modules.
const STARTS: [[u32; RUNS]; 3] = [[2, 1, 1, 4, 1, 2], [2, 1, 1, 2, 1, 4], [2, 1, 1, 2, 3, 2]];
/// Runs of the stop character, in modules; a last bar follows them.
const STOP: [u32; RUNS] = [2, 3, 3, 1, 1, 1];

/// More lines than this are not looked at across a layer, but evenly spread ones of them.
const MOST_LINES: usize = 512;
/// So many lines to each side of a code are read once more, every second one.
const FURTHER_LINES: usize = 6;
/// So many of them must say the same, and none anything else.
const LEAST_AGREEING: usize = 3;

/// A code's text, and the middles of its start and stop characters on the layer; along its rows, else along its columns.
pub(super) fn read(layer: &Layer) -> Option<(String, Vec<Point>)> {
    if let Some(found) = Lines::rows(layer).first() {
        return found.if_sure();
    }
    let found = Lines::columns(layer).first()?;
    let upright = |p: Point| Point {
        x: f64::from(layer.width()) - 1.0 - p.y,
        y: p.x,
    };
    let (text, ends) = found.if_sure()?;
    Some((text, ends.into_iter().map(upright).collect()))
}

/// The same along the rows of a turned layer alone.
pub(super) fn read_turned(turned: &Turned) -> Option<(String, Vec<Point>)> {
    let lines = Lines {
        before: turned.before,
        all: turned.rows,
        ..Lines::rows(&turned.layer)
    };
    lines.first()?.if_sure()
}

/// What is read first, whether the lines around it agree or not.
#[cfg(test)]
pub(super) fn first_text(layer: &Layer) -> Option<String> {
    let in_rows = Lines::rows(layer).first();
    let found = in_rows.or_else(|| Lines::columns(layer).first())?;
    Some(found.text)
}

/// The rows of a layer, or its columns from the right one on.
struct Lines<'a> {
    layer: &'a Layer,
    upright: bool,
    count: usize,
    /// Lines that lie before them and are not looked at, and all lines with those.
    before: usize,
    all: usize,
    hints: DecodeHints,
}

/// What was read first.
struct Found {
    text: String,
    /// The middles of its start and stop characters: along the line, and which line.
    ends: [Point; 2],
    /// Whether the lines around it say the same.
    is_sure: bool,
}

impl Found {
    fn if_sure(self) -> Option<(String, Vec<Point>)> {
        self.is_sure.then(|| (self.text, self.ends.to_vec()))
    }
}

impl<'a> Lines<'a> {
    fn rows(layer: &'a Layer) -> Self {
        Self::of(layer, false, layer.height())
    }

    fn columns(layer: &'a Layer) -> Self {
        Self::of(layer, true, layer.width())
    }

    fn of(layer: &'a Layer, upright: bool, count: u32) -> Self {
        Self {
            layer,
            upright,
            count: count as usize,
            before: 0,
            all: count as usize,
            hints: DecodeHints::default(),
        }
    }

    /// A line's grey values.
    fn levels(&self, line: usize) -> Cow<'a, [u8]> {
        let width = self.layer.width() as usize;
        match self.upright {
            true => Cow::Owned(self.layer.column(width - 1 - line)),
            false => Cow::Borrowed(&self.layer.luma()[line * width..][..width]),
        }
    }

    /// The first code from the middle line outwards.
    fn first(&self) -> Option<Found> {
        let step = (self.all / (MOST_LINES / 2)).max(1);
        let middle = self.all / 2;
        let beside = (1..=middle.div_ceil(step)).flat_map(|k| [middle.checked_sub(k * step), Some(middle + k * step)]);
        let outwards = std::iter::once(middle).chain(beside.flatten());
        let mut looked_at = outwards.filter_map(|line| line.checked_sub(self.before));
        let (line, (text, ends)) = looked_at.find_map(|line| Some((line, self.read(line)?)))?;
        Some(Found {
            is_sure: self.is_read_around(line, &text),
            text,
            ends: ends.map(|x| Point { x, y: line as f64 }),
        })
    }

    /// A code has nothing but a checksum modulo 103: of the lines of one that is too small or blurred, one in a hundred reads as something else. So the lines
    /// around it must say the same.
    fn is_read_around(&self, line: usize, text: &str) -> bool {
        let around = (1..=FURTHER_LINES).flat_map(|k| [Some(line + 2 * k), line.checked_sub(2 * k)]);
        let (mut same, mut others) = (0, 0);
        for (read, _) in around.flatten().filter_map(|line| self.read(line)) {
            match read == text {
                true => same += 1,
                false => others += 1,
            }
        }
        same >= LEAST_AGREEING && others == 0
    }

    /// A line's code, and where the middles of its start and stop characters lie.
    fn read(&self, line: usize) -> Option<(String, [f64; 2])> {
        if line >= self.count {
            return None;
        }
        let levels = self.levels(line);
        let words = threshold::black(&levels)?;
        let edges = edges(&words, levels.len());
        let row = || threshold::bits_of_words(&words, levels.len());
        if may_hold_a_code(&edges)
            && let Some(found) = self.decode(&row())
        {
            return Some(found);
        }
        if !may_hold_a_code(&from_the_end(&edges)) {
            return None;
        }
        let mut row = row();
        row.reverse();
        let (text, ends) = self.decode(&row)?;
        Some((text, ends.map(|x| levels.len() as f64 - x - 1.0)))
    }

    fn decode(&self, row: &BitArray) -> Option<(String, [f64; 2])> {
        let decode = || Code128Reader.decode_row(0, row, &self.hints);
        let result = catch_unwind(AssertUnwindSafe(decode)).ok()?.ok()?;
        let [a, b] = result.getPoints() else {
            return None;
        };
        Some((result.getText().to_owned(), [f64::from(a.x), f64::from(b.x)]))
    }
}

/// Where a line changes its colour, which is white before its first place, at even ones from white to black; and where it ends.
fn edges(words: &[u64], length: usize) -> Vec<usize> {
    let mut edges = Vec::with_capacity(length / 4 + 2);
    let mut last = 0;
    for (i, word) in words.iter().enumerate() {
        let mut changes = word ^ (word << 1 | last);
        last = word >> (u64::BITS - 1);
        while changes != 0 {
            edges.push(i * u64::BITS as usize + changes.trailing_zeros() as usize);
            changes &= changes - 1;
        }
    }
    // The last word may be longer than the line.
    edges.truncate(edges.partition_point(|at| *at < length));
    edges.push(length);
    edges
}

/// The edges of the line as it is seen from its end.
fn from_the_end(edges: &[usize]) -> Vec<usize> {
    let Some((length, changes)) = edges.split_last() else {
        return Vec::new();
    };
    let ends_black = changes.len() % 2 == 1;
    let first = ends_black.then_some(0);
    let changes = first.into_iter().chain(changes.iter().rev().map(|at| length - at));
    changes.chain([*length]).collect()
}

/// Whether a start character stands behind white, with what may be characters after it up to a stop character. Nothing that the reader takes fails here: each
/// character alone is measured as it does that.
fn may_hold_a_code(edges: &[usize]) -> bool {
    let mut starts = (0..edges.len()).step_by(2);
    starts.any(|first| {
        let before = edges[first] - if first == 0 { 0 } else { edges[first - 1] };
        is_start(&edges[first..], before, edges[first]) && ends_with_stop(&edges[first + RUNS..])
    })
}

/// Whether a start character begins at the first edge, `before` being the white pixels before it, of `all` that are there.
fn is_start(edges: &[usize], before: usize, all: usize) -> bool {
    let Some((runs, width)) = character(edges) else {
        return false;
    };
    before >= all.min(width as usize / 2) && STARTS.iter().any(|start| fits(&runs, width, start))
}

/// Whether characters that may be some follow each other up to a stop character.
fn ends_with_stop(edges: &[usize]) -> bool {
    for further in 1.. {
        let Some((runs, width)) = edges.get((further - 1) * RUNS..).and_then(character) else {
            return false;
        };
        if further >= LEAST_FURTHER && fits(&runs, width, &STOP) {
            return true;
        }
        // No run of a character is longer than four modules.
        let may_be = |run: &u32| 10 * MODULES * run >= 3 * width && 10 * MODULES * run <= 47 * width;
        if !runs.iter().all(may_be) {
            return false;
        }
    }
    false
}

/// The runs of the character that begins at the first edge, and its width; `None` where it is too small to be told, or the line ends before it
/// does.
fn character(edges: &[usize]) -> Option<([u32; RUNS], u32)> {
    let edges = edges.get(..=RUNS)?;
    let runs = std::array::from_fn(|i| (edges[i + 1] - edges[i]) as u32);
    let width = (edges[RUNS] - edges[0]) as u32;
    (width >= MODULES).then_some((runs, width))
}

/// Whether no run differs by more than 0.7 modules, and all of them together by no more than a quarter of the character.
fn fits(runs: &[u32; RUNS], width: u32, modules: &[u32; RUNS]) -> bool {
    let apart = |(run, modules): (&u32, &u32)| (MODULES * run).abs_diff(modules * width);
    let each = runs.iter().zip(modules).all(|pair| 10 * apart(pair) <= 7 * width);
    each && 4 * runs.iter().zip(modules).map(apart).sum::<u32>() <= MODULES * width
}

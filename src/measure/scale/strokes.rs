//! Strokes across the lines of a turned picture: marks that go on from line to line, as ticks do.

use super::grey::Turned;
use super::marks::{self, Ink, Mark};

/// A stroke: one place in each line from its first.
#[derive(Debug, Clone)]
pub(super) struct Stroke {
    /// Its first line.
    pub first: usize,
    /// Its middle in each line.
    pub places: Vec<f32>,
    /// Its mean width.
    pub width: f32,
}

/// The strokes of a picture.
pub(super) struct Strokes {
    /// All of them.
    pub all: Vec<Stroke>,
    /// For each line, the strokes that cross it by their place in it, from left to right.
    pub lines: Vec<Vec<(f32, u32)>>,
}

impl Stroke {
    /// Its last line.
    pub fn last(&self) -> usize {
        self.first + self.places.len() - 1
    }

    /// Lines that it crosses.
    pub fn length(&self) -> usize {
        self.places.len()
    }

    /// Its place in a line, the nearest of its ends beyond them.
    pub fn at(&self, line: f64) -> f64 {
        let i = (line - self.first as f64).clamp(0.0, self.places.len() as f64 - 1.0);
        f64::from(self.places[i.round() as usize])
    }
}

/// A stroke that may go on.
struct Open {
    stroke: Stroke,
    widths: f32,
    marks: usize,
    /// Lines since its last mark.
    missed: usize,
}

/// Lines without a mark that a scratch may take from a stroke.
const MISSED_MAX: usize = 2;
/// Lines for which a stroke has room at first.
const PLACES: usize = 24;
/// Fewest lines of a stroke.
const LENGTH_MIN: usize = 4;
/// The most that a stroke may lean, in samples a line: about 20 degrees.
const LEAN_MAX: f32 = 0.36;

impl Strokes {
    /// The strokes of one ink that are at least `depth` darker (or brighter) than what is beside them.
    pub fn of(picture: &Turned, ink: Ink, depth: f32) -> Self {
        let mut open: Vec<Open> = Vec::new();
        let mut all: Vec<Stroke> = Vec::new();
        let (mut swings, mut marks) = (Vec::new(), Vec::new());
        let mut smooth = vec![0.0; picture.width];
        for v in 0..picture.height {
            let above = picture.row(v.saturating_sub(1));
            let below = picture.row((v + 1).min(picture.height - 1));
            for (((out, a), b), c) in smooth.iter_mut().zip(above).zip(picture.row(v)).zip(below) {
                *out = a * 0.25 + b * 0.5 + c * 0.25;
            }
            marks::find(&smooth, ink, depth, &mut swings, &mut marks);
            open = follow(open, &marks, v, &mut all);
        }
        all.extend(open.into_iter().filter_map(Open::close));
        let mut lines = vec![Vec::new(); picture.height];
        for (id, stroke) in all.iter().enumerate() {
            for (i, place) in stroke.places.iter().enumerate() {
                lines[stroke.first + i].push((*place, id as u32));
            }
        }
        lines.iter_mut().for_each(|l| l.sort_by(|a, b| a.0.total_cmp(&b.0)));
        Self { all, lines }
    }

    /// The stroke nearest to a place of a line, if it is within `reach`.
    pub fn nearest(&self, line: usize, place: f32, reach: f32) -> Option<u32> {
        let there = self.lines.get(line)?;
        let i = there.partition_point(|(at, _)| *at < place);
        let candidates = there[i.saturating_sub(1)..(i + 1).min(there.len())].iter();
        let nearest = candidates.min_by(|a, b| (a.0 - place).abs().total_cmp(&(b.0 - place).abs()))?;
        ((nearest.0 - place).abs() <= reach).then_some(nearest.1)
    }
}

/// Takes a line's marks into the open strokes; those that end are closed, what is left begins new ones.
fn follow(open: Vec<Open>, marks: &[Mark], v: usize, closed: &mut Vec<Stroke>) -> Vec<Open> {
    let mut going_on = Vec::with_capacity(marks.len() + 8);
    let mut next = 0;
    for mut stroke in open {
        let at = *stroke.stroke.places.last().expect("a stroke has a place");
        let width = stroke.widths / stroke.marks as f32;
        let reach = (0.3 * width).clamp(1.0, 3.0);
        while marks.get(next).is_some_and(|m| m.at < at - reach) {
            going_on.push(Open::begin(marks[next], v));
            next += 1;
        }
        let fits = |m: &Mark| (m.at - at).abs() <= reach && m.width < 2.2 * width && m.width > width / 2.2;
        // Of two marks within reach the nearer one.
        if marks.get(next).is_some_and(fits)
            && marks
                .get(next + 1)
                .is_some_and(|m| fits(m) && (m.at - at).abs() < (marks[next].at - at).abs())
        {
            going_on.push(Open::begin(marks[next], v));
            next += 1;
        }
        match marks.get(next) {
            Some(mark) if fits(mark) => {
                stroke.go_on(*mark);
                next += 1;
                going_on.push(stroke);
            }
            _ if stroke.missed < MISSED_MAX => {
                stroke.missed += 1;
                stroke.stroke.places.push(at);
                going_on.push(stroke);
            }
            _ => closed.extend(stroke.close()),
        }
    }
    going_on.extend(marks[next..].iter().map(|mark| Open::begin(*mark, v)));
    going_on.sort_by(|a, b| a.place().total_cmp(&b.place()));
    going_on
}

impl Open {
    fn begin(mark: Mark, v: usize) -> Self {
        let mut places = Vec::with_capacity(PLACES);
        places.push(mark.at);
        Self {
            stroke: Stroke {
                first: v,
                places,
                width: 0.0,
            },
            widths: mark.width,
            marks: 1,
            missed: 0,
        }
    }

    fn place(&self) -> f32 {
        *self.stroke.places.last().expect("a stroke has a place")
    }

    fn go_on(&mut self, mark: Mark) {
        // Places that a scratch took lie between its two ends.
        let count = self.stroke.places.len();
        let before = self.stroke.places[count - 1 - self.missed];
        for i in 1..=self.missed {
            let share = i as f32 / (self.missed + 1) as f32;
            self.stroke.places[count - 1 - self.missed + i] = before + (mark.at - before) * share;
        }
        self.missed = 0;
        self.stroke.places.push(mark.at);
        self.widths += mark.width;
        self.marks += 1;
    }

    /// The stroke, if it is one: long enough, without many gaps, and steep.
    fn close(mut self) -> Option<Stroke> {
        let stroke = &mut self.stroke;
        stroke.places.truncate(stroke.places.len() - self.missed);
        stroke.width = self.widths / self.marks as f32;
        let length = stroke.places.len();
        let lean = (stroke.places[length - 1] - stroke.places[0]).abs() / length as f32;
        (length >= LENGTH_MIN && lean < LEAN_MAX && self.marks * 3 >= length * 2).then_some(self.stroke)
    }
}

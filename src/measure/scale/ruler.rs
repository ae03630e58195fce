//! Rows of ticks in a ruler's part of a frame, and what they are together.

use image::RgbImage;

use super::chain::{self, Chain};
use super::grey::{Grey, Turned};
use super::marks::{self, Ink};
use super::row::{self, Row};
use super::strokes::Strokes;
use super::tilt;
use super::units::{self, Division, Match};
use crate::frame::{PixelBox, Size};

/// A row and the centimetres between its ticks.
#[derive(Debug, Clone)]
pub(super) struct Read {
    /// The row.
    pub row: Row,
    /// Centimetres from tick to tick.
    pub centimetres: f64,
    /// What its ticks are; `None` for the marks of a printed scale.
    pub division: Option<Division>,
}

/// The ruler's box may be a little too small: each side is moved outwards by this share of the shorter one.
const MARGIN: f64 = 0.06;
/// Rows that are looked at to choose direction and ink.
const PROBES: usize = 56;
/// Directions and inks that are looked at closely.
const VIEWS_MAX: usize = 4;
/// Chains that are tried in one view.
const CHAINS_MAX: usize = 8;
/// Rows that are enough.
const ROWS_MAX: usize = 4;
/// Least lengths of strokes, in lines, among which chains are looked for.
const LENGTHS: [usize; 3] = [4, 14, 45];

/// Reads the rows of a ruler; none where they can't be told.
pub(super) fn read(picture: &RgbImage, ruler: PixelBox) -> Vec<Read> {
    let frame = Size::from(picture.dimensions());
    let margin = (MARGIN * f64::from(ruler.width().min(ruler.height()))).ceil() as u32;
    let part = PixelBox::new(
        ruler.left.saturating_sub(margin),
        ruler.top.saturating_sub(margin),
        (ruler.right + margin).min(frame.width),
        (ruler.bottom + margin).min(frame.height),
    );
    let Some(grey) = Grey::of(picture, part) else {
        return Vec::new();
    };
    let depth = least_depth(&grey);
    let mut views: Vec<(f64, f64, Ink)> = Vec::new();
    for angle in tilt::directions(&grey) {
        let thinning = (probe_rows(&grey, angle) / PROBES).max(1);
        let probe = grey.turned(angle, thinning);
        let inks = [Ink::Dark, Ink::Bright];
        views.extend(
            inks.iter()
                .zip(promises(&probe, inks, depth))
                .map(|(ink, promise)| (promise, angle, *ink)),
        );
    }
    views.sort_by(|a, b| b.0.total_cmp(&a.0));
    let best = views.first().map_or(0.0, |v| v.0);
    views.retain(|v| v.0 > 0.3 * best && v.0 > 0.0);
    views.truncate(VIEWS_MAX);
    for (_, angle, ink) in views {
        let turned = grey.turned(angle, 1);
        let strokes = Strokes::of(&turned, ink, depth);
        let rows = rows(&turned, &strokes);
        let found = decide(&rows, f64::from(part.width().max(part.height())));
        if !found.is_empty() {
            return found;
        }
    }
    Vec::new()
}

fn probe_rows(grey: &Grey, angle: f64) -> usize {
    let (w, h) = grey.size();
    (w as f64 * angle.sin().abs() + h as f64 * angle.cos().abs()) as usize
}

/// The least depth of a mark: a share of the part's contrast, but not below its noise.
fn least_depth(grey: &Grey) -> f32 {
    let mut sample: Vec<f32> = grey.values().iter().step_by(37).copied().collect();
    sample.sort_by(f32::total_cmp);
    let at = |share: f64| sample[((sample.len() - 1) as f64 * share) as usize];
    (0.06 * (at(0.98) - at(0.02))).max(4.0)
}

/// How much a view looks like rows of ticks in each ink: the scores of its best chains.
fn promises(probe: &Turned, inks: [Ink; 2], depth: f32) -> [f64; 2] {
    let (mut swings, mut marks) = (Vec::new(), Vec::new());
    let mut of_inks = [(); 2].map(|()| Vec::with_capacity(probe.height));
    for v in 0..probe.height {
        marks::find_swings(probe.row(v), depth, &mut swings);
        for (ink, scores) in inks.into_iter().zip(&mut of_inks) {
            marks::of_swings(probe.row(v), &swings, ink, &mut marks);
            let places: Vec<f32> = marks.iter().map(|m| m.at).collect();
            if let Some(chain) = chain::best(&places) {
                let width: f32 = chain.members.iter().map(|(_, i)| marks[*i].width).sum();
                // Ticks are narrower than the gaps between them, which make chains of the other ink.
                let narrow = f64::from(width) / (chain.members.len() as f64 * chain.spacing) < 0.5;
                scores.push(chain.score * if narrow { 1.15 } else { 1.0 });
            }
        }
    }
    of_inks.map(|mut scores: Vec<f64>| {
        scores.sort_by(|a, b| b.total_cmp(a));
        scores.iter().take(4).sum()
    })
}

/// The rows of a view, the one with most ticks first.
fn rows(picture: &Turned, strokes: &Strokes) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    let mut used = vec![false; strokes.all.len()];
    let mut seeds = Seeds::of(strokes, &used);
    for _ in 0..CHAINS_MAX {
        let Some((line, chain)) = seeds.best() else {
            break;
        };
        let members = row::grow(strokes, chain, line);
        let found = Row::measure(picture, strokes, &members);
        // Whatever came of it, these strokes begin no other row.
        members.iter().for_each(|(_, id)| used[*id as usize] = true);
        seeds.renew(strokes, &used);
        rows.extend(found);
        if rows.len() >= ROWS_MAX {
            break;
        }
    }
    rows.sort_by_key(|row| std::cmp::Reverse(row.ticks.len()));
    rows
}

/// The best chain of each line, for all strokes and for the longer ones alone, between which scratches count nothing.
struct Seeds {
    of_lines: Vec<Seed>,
}

struct Seed {
    line: usize,
    /// Least length of the strokes.
    least: usize,
    /// Its members are places in the line's whole list.
    chain: Option<Chain>,
}

impl Seeds {
    fn of(strokes: &Strokes, used: &[bool]) -> Self {
        let step = (strokes.lines.len() / 150).max(1);
        let mut of_lines: Vec<Seed> = Vec::new();
        for line in (0..strokes.lines.len()).step_by(step) {
            let mut before: Option<usize> = None;
            for least in LENGTHS {
                let free = free(strokes, used, line, least);
                let chain = match before {
                    // Where there are as many, they are the same ones.
                    Some(count) if count == free.len() => of_lines.last().and_then(|seed| seed.chain.clone()),
                    _ => chain_of(&strokes.lines[line], &free),
                };
                before = Some(free.len());
                of_lines.push(Seed { line, least, chain });
            }
        }
        Self { of_lines }
    }

    fn best(&self) -> Option<(usize, &Chain)> {
        let chains = self.of_lines.iter().filter_map(|s| Some((s.line, s.chain.as_ref()?)));
        chains.max_by(|a, b| a.1.score.total_cmp(&b.1.score))
    }

    /// Finds the chains anew that hold used strokes.
    fn renew(&mut self, strokes: &Strokes, used: &[bool]) {
        for seed in &mut self.of_lines {
            let there = &strokes.lines[seed.line];
            let gone = |chain: &Chain| chain.members.iter().any(|(_, i)| used[there[*i].1 as usize]);
            if seed.chain.as_ref().is_some_and(gone) {
                seed.chain = chain_of(there, &free(strokes, used, seed.line, seed.least));
            }
        }
    }
}

/// The strokes of a line, by their places in its list, that are not used and at least so long.
fn free(strokes: &Strokes, used: &[bool], line: usize, least: usize) -> Vec<usize> {
    let there = strokes.lines[line].iter().enumerate();
    let free = there.filter(|(_, (_, id))| !used[*id as usize] && strokes.all[*id as usize].length() >= least);
    free.map(|(i, _)| i).collect()
}

/// The best chain among some strokes of a line.
fn chain_of(line: &[(f32, u32)], free: &[usize]) -> Option<Chain> {
    let places: Vec<f32> = free.iter().map(|i| line[*i].0).collect();
    let mut chain = chain::best(&places)?;
    chain.members.iter_mut().for_each(|(_, i)| *i = free[*i]);
    Some(chain)
}

/// Least explained share by which a row alone says what it is, and by how much it must be ahead of what else the row might be.
const CLEAR: f64 = 0.5;
const AHEAD: f64 = 0.08;
/// Fewest ticks of a row that stands alone, and how much of the ruler's box it must run through: lettering has short rows too.
const ALONE_MIN: usize = 24;
const ALONE_SHARE: f64 = 0.25;
/// Fewest ticks of a second row.
const PAIR_MIN: usize = 12;
/// Least explained share of each of two rows that agree.
const WITH_SECOND: f64 = 0.25;
/// What a row counts more in a pair if its classes are clear.
const CLEAR_BONUS: f64 = 0.1;
/// By which share two rows of one ruler may differ: print, and perspective across the ruler.
const DIFFER_MAX: f64 = 0.03;

/// What the rows are; empty where that is not clear or they contradict each other.
///
/// `side` is the longer side of the ruler's box.
fn decide(rows: &[Row], side: f64) -> Vec<Read> {
    let matched: Vec<(&Row, Vec<Match>)> = rows.iter().map(|row| (row, units::matches(row))).collect();
    let read = |row: &Row, division: Division| Read {
        row: row.clone(),
        centimetres: division.centimetres(),
        division: Some(division),
    };
    let mut best: Option<(f64, Vec<Read>)> = None;
    for (i, (a, of_a)) in matched.iter().enumerate() {
        for (b, of_b) in &matched[i + 1..] {
            for (m, n) in of_a.iter().flat_map(|m| of_b.iter().map(move |n| (m, n))) {
                let ratio = (a.spacing.value.value / m.division.centimetres())
                    / (b.spacing.value.value / n.division.centimetres());
                let agree = (ratio - 1.0).abs() < DIFFER_MAX && parallel(a, b, 0.06);
                let bonus = |m: &Match| if m.clear { CLEAR_BONUS } else { 0.0 };
                let sum = m.explained + n.explained + bonus(m) + bonus(n);
                let ticks =
                    a.ticks.len().min(b.ticks.len()) >= PAIR_MIN && a.ticks.len().max(b.ticks.len()) >= ALONE_MIN;
                let enough = ticks && m.explained.min(n.explained) > WITH_SECOND && (m.clear || n.clear);
                if agree && enough && best.as_ref().is_none_or(|(s, _)| sum > *s) {
                    best = Some((sum, vec![read(a, m.division), read(b, n.division)]));
                }
            }
        }
    }
    if let Some((_, reads)) = best {
        return reads;
    }
    let clear: Vec<Read> = matched
        .iter()
        .filter(|(row, _)| {
            let length = f64::from(row.intervals()) * row.spacing.value.value;
            row.ticks.len() >= ALONE_MIN && length > ALONE_SHARE * side
        })
        .filter_map(|(row, of)| {
            let mut clear = of.iter().filter(|m| m.clear);
            let first = clear.next().filter(|m| m.explained > CLEAR)?;
            let ahead = clear
                .next()
                .is_none_or(|second| first.explained > second.explained + AHEAD);
            ahead.then(|| read(row, first.division))
        })
        .collect();
    match clear.len() {
        0 => printed_scale(rows),
        1 => clear,
        // Two rows that don't agree: at least one of them is misread.
        _ => Vec::new(),
    }
}

fn parallel(a: &Row, b: &Row, sine: f64) -> bool {
    let cross = a.spacing.direction.x * b.spacing.direction.y - a.spacing.direction.y * b.spacing.direction.x;
    cross.abs() < sine
}

/// A printed scale: marks of equal length, of which one interval is divided into ten.
fn printed_scale(rows: &[Row]) -> Vec<Read> {
    for fine in rows {
        for coarse in rows {
            let ratio = coarse.spacing.value.value / fine.spacing.value.value;
            let tenths = (9.7..10.3).contains(&ratio) && (9..=11).contains(&fine.intervals());
            if tenths && coarse.intervals() >= 3 && parallel(fine, coarse, 0.15) {
                return vec![Read {
                    row: coarse.clone(),
                    centimetres: 1.0,
                    division: None,
                }];
            }
        }
    }
    Vec::new()
}

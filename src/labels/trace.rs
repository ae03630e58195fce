//! Outlines of traits as polygons that run along the borders of pixels, holes included.

use crate::frame::PixelBox;
use crate::traits::components::{Component, Connectivity, of_runs};
use crate::traits::{Trait, TraitMask, TraitRuns, TraitSet};

use super::fill::Corner;

/// A place in half pixels: 0, 0 is the top left corner of the first pixel, 2, 2 its bottom right corner.
type Vertex = (i64, i64);

/// Polygons that cover one trait of a mask. None of its holes is lost: a polygon with holes runs to them over a bridge and back.
///
/// With a `tolerance` of 0 the polygons cover exactly the trait's pixels, and their corners are those of pixels. Else they run through the middles
/// of pixels' borders, no such middle lies farther than `tolerance` pixels from them, and no ring's area changes by more than [`AREA_SHARE`].
pub fn polygons(mask: &TraitMask, which: Trait, tolerance: f64) -> Vec<Vec<Corner>> {
    let runs = TraitRuns::of(mask).plane(TraitSet::EMPTY.with(which));
    let pieces = of_runs(runs, Connectivity::Four);
    pieces.iter().map(|piece| polygon(piece, tolerance)).collect()
}

/// The most that simplifying may change the area of a ring, as a share of it.
pub const AREA_SHARE: f64 = 0.05;

/// Pairs of corners that are compared for the bridges of one piece.
const BRIDGE_WORK: u64 = 100_000_000;

fn polygon(piece: &Component, tolerance: f64) -> Vec<Corner> {
    let plane = Plane::of(piece);
    let rings = plane.rings().into_iter().map(|ring| simplified(ring, tolerance));
    // The outline runs clockwise, with the piece on its right; holes run the other way.
    let (outer, holes): (Vec<_>, Vec<_>) = rings.partition(|ring| area_of(ring) > 0);
    let outline = outer.into_iter().next().unwrap_or_default();
    let mut work = BRIDGE_WORK;
    let joined = holes
        .into_iter()
        .fold(outline, |outline, hole| bridged(outline, hole, &mut work));
    let (left, top) = (i64::from(piece.bounds.left), i64::from(piece.bounds.top));
    let corner = |(x, y): Vertex| [left as f64 + x as f64 / 2.0, top as f64 + y as f64 / 2.0];
    joined.into_iter().map(corner).collect()
}

/// The pixels of a piece within its bounds.
struct Plane {
    bounds: PixelBox,
    on: Vec<bool>,
}

/// Steps to the right, down, to the left, up.
const STEPS: [Vertex; 4] = [(1, 0), (0, 1), (-1, 0), (0, -1)];

impl Plane {
    fn of(piece: &Component) -> Self {
        let bounds = piece.bounds;
        let width = bounds.width() as usize;
        let mut on = vec![false; width * bounds.height() as usize];
        for run in &piece.runs {
            let row = (run.y - bounds.top) as usize * width;
            on[row + (run.start - bounds.left) as usize..row + (run.end - bounds.left) as usize].fill(true);
        }
        Self { bounds, on }
    }

    fn is_on(&self, x: i64, y: i64) -> bool {
        let inside = x >= 0 && y >= 0 && x < i64::from(self.bounds.width()) && y < i64::from(self.bounds.height());
        inside && self.on[y as usize * self.bounds.width() as usize + x as usize]
    }

    /// Every ring of borders, its corners in order, pixels on its right.
    fn rings(&self) -> Vec<Vec<Vertex>> {
        let (width, height) = (self.bounds.width() as usize, self.bounds.height() as usize);
        let mut walked = vec![false; self.on.len()];
        let mut rings = Vec::new();
        for y in 0..height {
            for x in 0..width {
                let is_top = self.on[y * width + x] && !self.is_on(x as i64, y as i64 - 1);
                if is_top && !walked[y * width + x] {
                    rings.push(self.ring((x as i64, y as i64), &mut walked));
                }
            }
        }
        rings
    }

    /// The ring that begins along the upper border of the pixel `start`; marks all upper borders that it runs along.
    fn ring(&self, start: Vertex, walked: &mut [bool]) -> Vec<Vertex> {
        let width = self.bounds.width() as usize;
        let (mut at, mut way) = (start, 0);
        let mut corners = Vec::new();
        loop {
            if way == 0 {
                walked[at.1 as usize * width + at.0 as usize] = true;
            }
            at = (at.0 + STEPS[way].0, at.1 + STEPS[way].1);
            let turned = self.next_way(at, way);
            if turned != way {
                corners.push((2 * at.0, 2 * at.1));
            }
            way = turned;
            if at == start && way == 0 {
                return corners;
            }
        }
    }

    /// Where a ring goes on that came to a corner. Where two pixels meet at a corner only, it stays at its own.
    fn next_way(&self, (x, y): Vertex, way: usize) -> usize {
        // The pixels ahead, on the left hand and on the right.
        let (left, right) = match way {
            0 => ((x, y - 1), (x, y)),
            1 => ((x, y), (x - 1, y)),
            2 => ((x - 1, y), (x - 1, y - 1)),
            _ => ((x - 1, y - 1), (x, y - 1)),
        };
        match (self.is_on(left.0, left.1), self.is_on(right.0, right.1)) {
            (_, false) => (way + 1) % 4,
            (false, true) => way,
            (true, true) => (way + 3) % 4,
        }
    }
}

/// The area within a ring in eighths of a pixel; below 0 where it runs counterclockwise.
fn area_of(ring: &[Vertex]) -> i64 {
    let next = ring.iter().cycle().skip(1);
    ring.iter().zip(next).map(|(a, b)| a.0 * b.1 - b.0 * a.1).sum()
}

/// A ring with fewer corners than that of pixels' `corners`: as `tolerance` allows, or half of it and so on, until its area is kept.
fn simplified(corners: Vec<Vertex>, tolerance: f64) -> Vec<Vertex> {
    /// From this on it is exact.
    const LEAST: f64 = 0.25;
    let area = area_of(&corners);
    let middles = middles_of_borders(&corners);
    let mut tolerance = tolerance;
    while tolerance >= LEAST {
        let fewer = without_small_corners(&middles, 2.0 * tolerance);
        let changed = (area_of(&fewer) - area).abs() as f64;
        if fewer.len() >= 3 && changed <= AREA_SHARE * area.abs() as f64 {
            return fewer;
        }
        tolerance /= 2.0;
    }
    corners
}

/// The ring through the middles of pixels' borders. It holds the same middles of pixels as the ring of their corners, and slopes are smoother.
fn middles_of_borders(corners: &[Vertex]) -> Vec<Vertex> {
    let next = corners.iter().cycle().skip(1);
    let mut middles = Vec::with_capacity(2 * corners.len());
    for (a, b) in corners.iter().zip(next) {
        let step = ((b.0 - a.0).signum(), (b.1 - a.1).signum());
        let (first, last) = ((a.0 + step.0, a.1 + step.1), (b.0 - step.0, b.1 - step.1));
        middles.push(first);
        if first != last {
            middles.push(last);
        }
    }
    middles
}

/// Douglas and Peucker (1973) on a ring, from its first corner and the one farthest from that.
fn without_small_corners(ring: &[Vertex], tolerance: f64) -> Vec<Vertex> {
    let Some(&first) = ring.first() else { return Vec::new() };
    let distance = |v: &Vertex| (v.0 - first.0).pow(2) + (v.1 - first.1).pow(2);
    let opposite = (0..ring.len()).max_by_key(|i| distance(&ring[*i])).unwrap_or(0);
    let mut closed = ring.to_vec();
    closed.push(first);
    let mut keep = vec![false; closed.len()];
    for end in [0, opposite] {
        keep[end] = true;
    }
    // A stack in place of recursion: outlines may have millions of corners.
    let mut parts = vec![(0, opposite), (opposite, closed.len() - 1)];
    while let Some((from, to)) = parts.pop() {
        let between = from + 1..to;
        let farthest = between
            .map(|i| (distance_to_segment(closed[i], closed[from], closed[to]), i))
            .max_by(|a, b| a.0.total_cmp(&b.0));
        if let Some((distance, i)) = farthest.filter(|(distance, _)| *distance > tolerance) {
            debug_assert!(distance.is_finite());
            keep[i] = true;
            parts.extend([(from, i), (i, to)]);
        }
    }
    ring.iter()
        .zip(keep)
        .filter_map(|(v, keep)| keep.then_some(*v))
        .collect()
}

fn distance_to_segment(point: Vertex, from: Vertex, to: Vertex) -> f64 {
    let float = |v: Vertex| (v.0 as f64, v.1 as f64);
    let (along, offset) = (
        float((to.0 - from.0, to.1 - from.1)),
        float((point.0 - from.0, point.1 - from.1)),
    );
    let length = along.0 * along.0 + along.1 * along.1;
    let share = match length {
        0.0 => 0.0,
        length => ((offset.0 * along.0 + offset.1 * along.1) / length).clamp(0.0, 1.0),
    };
    (offset.0 - share * along.0).hypot(offset.1 - share * along.1)
}

/// One ring of an outline and a hole: there over the shortest bridge between two corners, around the hole, and back.
///
/// By the even-odd rule a bridge that is walked twice changes nothing, whatever it crosses. Once `work` is used up, as on masks of noise, bridges begin
/// at the end of the outline.
fn bridged(mut outline: Vec<Vertex>, hole: Vec<Vertex>, work: &mut u64) -> Vec<Vertex> {
    let (Some(&last), Some(&first)) = (outline.last(), hole.first()) else {
        return outline;
    };
    let pairs = (outline.len() as u64).saturating_mul(hole.len() as u64);
    *work = work.saturating_sub(pairs);
    if *work == 0 {
        outline.extend(hole);
        outline.extend([first, last]);
        return outline;
    }
    let length = |a: Vertex, b: Vertex| (a.0 - b.0).pow(2) + (a.1 - b.1).pow(2);
    let to_hole = |(i, a): (usize, &Vertex)| {
        let nearest = hole.iter().enumerate().map(|(j, b)| (length(*a, *b), j)).min();
        nearest.map(|(length, j)| (length, i, j))
    };
    let Some((_, i, j)) = outline.iter().enumerate().filter_map(to_hole).min() else {
        return outline;
    };
    let mut joined = outline[..=i].to_vec();
    joined.extend(&hole[j..]);
    joined.extend(&hole[..=j]);
    joined.extend(&outline[i..]);
    joined
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::Size;
    use crate::labels::canvas::Canvas;
    use crate::labels::{Form, Overlaps, fill};
    use proptest::prelude::*;

    fn drawn(size: Size, polygons: &[Vec<Corner>]) -> TraitMask {
        let mut canvas = Canvas::new(Form::LabelMe, size, Overlaps::Keep);
        for polygon in polygons {
            fill::polygon(&mut canvas, polygon, Trait::DorsalFin).unwrap();
        }
        canvas.finish()
    }

    fn mask_of(rows: &[&str]) -> TraitMask {
        let size = Size::new(rows[0].len() as u32, rows.len() as u32);
        let bits = rows
            .iter()
            .flat_map(|row| row.bytes().map(|b| u16::from(b == b'#')))
            .collect();
        TraitMask::from_bits(size, bits).unwrap()
    }

    proptest! {
        #[test]
        fn exact_polygons_cover_exactly_the_pixels(bits in prop::collection::vec(0u16..2, 99)) {
            let mask = TraitMask::from_bits(Size::new(11, 9), bits).unwrap();
            prop_assert_eq!(drawn(mask.size(), &polygons(&mask, Trait::DorsalFin, 0.0)), mask);
        }

        #[test]
        fn middles_of_borders_hold_the_same_pixels(bits in prop::collection::vec(0u16..2, 99)) {
            let mask = TraitMask::from_bits(Size::new(11, 9), bits).unwrap();
            let runs = TraitRuns::of(&mask).plane(TraitSet::EMPTY.with(Trait::DorsalFin));
            let mut rings = Vec::new();
            for piece in of_runs(runs, Connectivity::Four) {
                let (left, top) = (f64::from(piece.bounds.left), f64::from(piece.bounds.top));
                let corner = |(x, y): Vertex| [left + x as f64 / 2.0, top + y as f64 / 2.0];
                let joined = Plane::of(&piece).rings().iter().map(|ring| middles_of_borders(ring)).reduce(|a, b| bridged(a, b, &mut { BRIDGE_WORK }));
                rings.push(joined.unwrap().into_iter().map(corner).collect::<Vec<_>>());
            }
            prop_assert_eq!(drawn(mask.size(), &rings), mask);
        }

        #[test]
        fn simplified_rings_keep_their_areas(bits in prop::collection::vec(0u16..2, 99), tolerance in 0.0..3.0) {
            let mask = TraitMask::from_bits(Size::new(11, 9), bits).unwrap();
            let runs = TraitRuns::of(&mask).plane(TraitSet::EMPTY.with(Trait::DorsalFin));
            for piece in of_runs(runs, Connectivity::Four) {
                for ring in Plane::of(&piece).rings() {
                    let fewer = simplified(ring.clone(), tolerance);
                    let area = area_of(&ring) as f64;
                    prop_assert!((area_of(&fewer) as f64 - area).abs() <= AREA_SHARE * area.abs());
                    for middle in middles_of_borders(&ring) {
                        let next = fewer.iter().cycle().skip(1);
                        let nearest = fewer.iter().zip(next).map(|(a, b)| distance_to_segment(middle, *a, *b)).fold(f64::MAX, f64::min);
                        prop_assert!(nearest <= 2.0 * tolerance, "{:?}: {}", middle, nearest);
                    }
                }
            }
        }
    }

    #[test]
    fn holes_are_reached_over_bridges() {
        let mask = mask_of(&["#######", "#..#..#", "#..#..#", "#######", "##.#.##", "#######"]);
        let polygons = polygons(&mask, Trait::DorsalFin, 0.0);
        assert_eq!(polygons.len(), 1);
        assert_eq!(drawn(mask.size(), &polygons), mask);
        // Pixels that meet at a corner are two pieces; so are ground and a hole that meet at one.
        let corners = mask_of(&["##.", "##.", "..#"]);
        assert_eq!(super::polygons(&corners, Trait::DorsalFin, 0.0).len(), 2);
    }

    #[test]
    fn noise_takes_no_forever() {
        let size = Size::new(1000, 800);
        // Two of three pixels: one large piece with very many holes.
        let bits = (0..800_000u64)
            .map(|i| u16::from((i.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) % 3 > 0))
            .collect();
        let mask = TraitMask::from_bits(size, bits).unwrap();
        assert_eq!(drawn(size, &polygons(&mask, Trait::DorsalFin, 0.0)), mask);
    }

    #[test]
    fn a_straight_slope_needs_few_corners() {
        let size = Size::new(200, 150);
        let bits = (0..size.pixels() as u32)
            .map(|i| u16::from(i % 200 * 150 < i / 200 * 200))
            .collect();
        let mask = TraitMask::from_bits(size, bits).unwrap();
        let exact: usize = polygons(&mask, Trait::DorsalFin, 0.0).iter().map(Vec::len).sum();
        let fewer = polygons(&mask, Trait::DorsalFin, 0.75);
        let count: usize = fewer.iter().map(Vec::len).sum();
        assert!(exact > 200 && count < 12, "{exact}, {count}");
        assert!(drawn(size, &fewer).iou(&mask).unwrap() > 0.99);
    }
}

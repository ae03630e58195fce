//! Connected pieces of a plane of on and off pixels.
//!
//! Works on runs (stretches of on pixels in a row) and joins runs of neighbouring rows, which on masks is some hundred times less work
//! than looking at every pixel's neighbours.

use crate::frame::{PixelBox, Size};

/// Which pixels count as neighbours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Connectivity {
    /// Pixels that share a side.
    Four,
    /// Pixels that share a side or a corner.
    Eight,
}

/// A stretch of on pixels in one row: columns `start..end` of row `y`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    /// Row.
    pub y: u32,
    /// First column.
    pub start: u32,
    /// One past the last column.
    pub end: u32,
}

/// One connected piece.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Component {
    /// Number of pixels.
    pub area: u64,
    /// The smallest rectangle around it.
    pub bounds: PixelBox,
    /// Its pixels, by rows from the top, by columns from the left.
    pub runs: Vec<Run>,
}

/// The connected pieces of the pixels for which `on(x, y)` holds, in the order of their first pixel (row by row).
pub fn label(size: Size, connectivity: Connectivity, on: impl Fn(u32, u32) -> bool) -> Vec<Component> {
    let mut runs: Vec<Run> = Vec::new();
    for y in 0..size.height {
        let mut x = 0;
        while x < size.width {
            if !on(x, y) {
                x += 1;
                continue;
            }
            let start = x;
            while x < size.width && on(x, y) {
                x += 1;
            }
            runs.push(Run { y, start, end: x });
        }
    }
    of_runs(runs, connectivity)
}

/// [`label`] of a plane of values, `width` to a row, in which those are on for which `on` holds. Several times as fast, since most stretches of a
/// picture are alike.
pub fn label_values<T: Copy>(
    values: &[T],
    width: usize,
    connectivity: Connectivity,
    on: impl Fn(T) -> bool,
) -> Vec<Component> {
    of_runs(runs_of_values(values, width, on), connectivity)
}

/// The runs of a plane of values, `width` to a row, in which those are on for which `on` holds.
pub fn runs_of_values<T: Copy>(values: &[T], width: usize, on: impl Fn(T) -> bool) -> Vec<Run> {
    let mut runs = Vec::new();
    for (y, row) in values.chunks_exact(width.max(1)).enumerate() {
        add_runs(&mut runs, y as u32, 0, row, &on);
    }
    runs
}

/// The runs within those of a piece, of a plane of values, `width` to a row, in which those are on for which `on` holds.
pub fn runs_within<T: Copy>(piece: &Component, values: &[T], width: usize, on: impl Fn(T) -> bool) -> Vec<Run> {
    let mut runs = Vec::new();
    for run in &piece.runs {
        let first = run.y as usize * width;
        let values = &values[first + run.start as usize..first + run.end as usize];
        add_runs(&mut runs, run.y, run.start, values, &on);
    }
    runs
}

/// Adds the runs of a stretch of a row, which begins at that column.
fn add_runs<T: Copy>(runs: &mut Vec<Run>, y: u32, column: u32, stretch: &[T], on: &impl Fn(T) -> bool) {
    let mut start = None;
    let mut last = 0;
    for (i, values) in stretch.chunks(PIXELS_OF_A_WORD).enumerate() {
        let word = word_of(values, on);
        let mut changes = word ^ (word << 1 | last);
        last = word >> (PIXELS_OF_A_WORD - 1);
        while changes != 0 {
            let at = column + (i * PIXELS_OF_A_WORD) as u32 + changes.trailing_zeros();
            changes &= changes - 1;
            start = match start {
                None => Some(at),
                Some(start) => {
                    runs.push(Run { y, start, end: at });
                    None
                }
            };
        }
    }
    let end = column + stretch.len() as u32;
    runs.extend(start.map(|start| Run { y, start, end }));
}

/// How many pixels have a bit each in a word.
pub const PIXELS_OF_A_WORD: usize = 64;

/// A bit for each of at most 64 values, the first one lowest: set where it is on. So the work that each value costs is the same however often they change.
pub fn word_of<T: Copy>(values: &[T], on: impl Fn(T) -> bool) -> u64 {
    let bytes = match <&[T; PIXELS_OF_A_WORD]>::try_from(values) {
        Ok(values) => values.map(|value| u8::from(on(value))),
        Err(_) => {
            let mut bytes = [0; PIXELS_OF_A_WORD];
            for (byte, value) in bytes.iter_mut().zip(values) {
                *byte = u8::from(on(*value));
            }
            bytes
        }
    };
    let eights = bytes.as_chunks::<8>().0.iter().rev();
    // The product's highest byte holds the lowest bits of the eight bytes, and no two of its sums meet in one bit.
    eights.fold(0, |word, eight| {
        word << 8 | u64::from_le_bytes(*eight).wrapping_mul(0x0102_0408_1020_4080) >> 56
    })
}

/// The connected pieces of runs, in the order of their first pixel (row by row).
///
/// The runs are sorted by row and column; those of a row neither overlap nor touch.
pub fn of_runs(runs: Vec<Run>, connectivity: Connectivity) -> Vec<Component> {
    large_of_runs(&runs, connectivity, 0)
}

/// Those of [`of_runs`] that have at least so many pixels.
pub fn large_of_runs(runs: &[Run], connectivity: Connectivity, least: u64) -> Vec<Component> {
    let mut parent: Vec<u32> = (0..runs.len() as u32).collect();
    let reach = match connectivity {
        Connectivity::Four => 0,
        Connectivity::Eight => 1,
    };
    let mut above = 0..0;
    while above.end < runs.len() {
        let (start, y) = (above.end, runs[above.end].y);
        let length = runs[start..].iter().take_while(|run| run.y == y).count();
        let here = start..start + length;
        if above.start < above.end && runs[above.start].y + 1 == y {
            join_rows(runs, &mut parent, above, here.clone(), reach);
        }
        above = here;
    }
    collect(runs, &mut parent, least)
}

/// Joins each run of the row `here` with the runs of the row `above` that it touches; both are sorted by column.
fn join_rows(
    runs: &[Run],
    parent: &mut [u32],
    above: std::ops::Range<usize>,
    here: std::ops::Range<usize>,
    reach: u32,
) {
    let mut first = above.start;
    for i in here {
        while first < above.end && runs[first].end + reach <= runs[i].start {
            first += 1;
        }
        let mut j = first;
        while j < above.end && runs[j].start < runs[i].end + reach {
            let (a, b) = (root(parent, j as u32), root(parent, i as u32));
            // The smaller index becomes the root, so that a component is found at its first run.
            parent[a.max(b) as usize] = a.min(b);
            j += 1;
        }
    }
}

fn root(parent: &mut [u32], mut i: u32) -> u32 {
    while parent[i as usize] != i {
        parent[i as usize] = parent[parent[i as usize] as usize];
        i = parent[i as usize];
    }
    i
}

/// The pieces of at least `least` pixels. Smaller ones, which noise makes by the thousand, take no memory.
fn collect(runs: &[Run], parent: &mut [u32], least: u64) -> Vec<Component> {
    let mut areas = vec![0u64; runs.len()];
    for (i, run) in runs.iter().enumerate() {
        // A root comes before all others of its piece.
        parent[i] = root(parent, i as u32);
        areas[parent[i] as usize] += u64::from(run.end - run.start);
    }
    let mut components: Vec<Component> = Vec::new();
    let mut index_of_root = vec![u32::MAX; runs.len()];
    for (run, root) in runs.iter().zip(parent) {
        let root = *root as usize;
        if areas[root] < least {
            continue;
        }
        let bounds = PixelBox::new(run.start, run.y, run.end, run.y + 1);
        if index_of_root[root] == u32::MAX {
            index_of_root[root] = components.len() as u32;
            components.push(Component {
                area: areas[root],
                bounds,
                runs: vec![*run],
            });
        } else {
            let component = &mut components[index_of_root[root] as usize];
            component.bounds = component.bounds.union(&bounds);
            component.runs.push(*run);
        }
    }
    components
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of_rows(rows: &[&str], connectivity: Connectivity) -> Vec<Component> {
        let size = Size::new(rows[0].len() as u32, rows.len() as u32);
        label(size, connectivity, |x, y| {
            rows[y as usize].as_bytes()[x as usize] == b'#'
        })
    }

    #[test]
    fn corners_join_only_in_eight_connectivity() {
        let rows = ["#..", ".#.", "..#"];
        assert_eq!(of_rows(&rows, Connectivity::Eight).len(), 1);
        assert_eq!(of_rows(&rows, Connectivity::Four).len(), 3);
    }

    #[test]
    fn two_arms_that_meet_below_are_one() {
        let found = of_rows(&["#.#", "#.#", "###"], Connectivity::Four);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].area, 7);
        assert_eq!(found[0].bounds, PixelBox::new(0, 0, 3, 3));
    }

    /// Flood fill, the slow and obvious way.
    fn flood_areas(size: Size, pixels: &[bool], eight: bool) -> Vec<u64> {
        let (w, h) = (size.width as i64, size.height as i64);
        let mut seen = vec![false; pixels.len()];
        let mut areas = Vec::new();
        for start in 0..pixels.len() {
            if !pixels[start] || seen[start] {
                continue;
            }
            let mut area = 0;
            let mut stack = vec![start];
            seen[start] = true;
            while let Some(i) = stack.pop() {
                area += 1;
                let (x, y) = (i as i64 % w, i as i64 / w);
                for (dx, dy) in (-1..=1).flat_map(|dx| (-1..=1).map(move |dy| (dx, dy))) {
                    let (nx, ny) = (x + dx, y + dy);
                    if (!eight && dx != 0 && dy != 0) || nx < 0 || ny < 0 || nx >= w || ny >= h {
                        continue;
                    }
                    let n = (ny * w + nx) as usize;
                    if pixels[n] && !seen[n] {
                        seen[n] = true;
                        stack.push(n);
                    }
                }
            }
            areas.push(area);
        }
        areas
    }

    proptest! {
        /// Rows of several stretches.
        #[test]
        fn long_rows_have_the_same_pieces(width in 1usize..200, seed in prop::collection::vec((any::<bool>(), 1usize..70), 1..40)) {
            let pixels: Vec<bool> = seed.iter().flat_map(|(on, count)| std::iter::repeat_n(*on, *count)).collect();
            let pixels = &pixels[..pixels.len() / width * width];
            let size = Size::new(width as u32, (pixels.len() / width) as u32);
            let found = label(size, Connectivity::Four, |x, y| pixels[y as usize * width + x as usize]);
            prop_assert!(found == label_values(pixels, width, Connectivity::Four, |on| on));
        }

        #[test]
        fn agrees_with_flood_fill(width in 1u32..14, pixels in prop::collection::vec(any::<bool>(), 1..120), eight: bool) {
            let size = Size::new(width, pixels.len() as u32 / width);
            let connectivity = if eight { Connectivity::Eight } else { Connectivity::Four };
            let found = label(size, connectivity, |x, y| pixels[(y * width + x) as usize]);
            let of_values = label_values(&pixels[..size.pixels() as usize], width as usize, connectivity, |on| on);
            prop_assert!(found == of_values);
            let areas: Vec<u64> = found.iter().map(|c| c.area).collect();
            prop_assert_eq!(areas, flood_areas(size, &pixels[..size.pixels() as usize], eight));
        }
    }
}

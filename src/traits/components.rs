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
    let mut runs: Vec<Run> = Vec::new();
    for (y, row) in values.chunks_exact(width.max(1)).enumerate() {
        let mut end = 0;
        while let Some(start) = first_of(row, end, true, &on) {
            end = first_of(row, start, false, &on).unwrap_or(width);
            runs.push(Run {
                y: y as u32,
                start: start as u32,
                end: end as u32,
            });
        }
    }
    of_runs(runs, connectivity)
}

/// The first value from `from` on that is on, or off.
fn first_of<T: Copy>(row: &[T], from: usize, wanted: bool, on: impl Fn(T) -> bool) -> Option<usize> {
    // Looks at whole stretches without leaving early, which the compiler turns into vector instructions.
    const STRETCH: usize = 32;
    let mut at = from;
    for stretch in row[from..].chunks(STRETCH) {
        if stretch.iter().fold(false, |any, value| any | (on(*value) == wanted)) {
            break;
        }
        at += stretch.len();
    }
    let found = row[at..].iter().position(|value| on(*value) == wanted);
    found.map(|found| at + found)
}

/// The connected pieces of runs, in the order of their first pixel (row by row).
///
/// The runs are sorted by row and column; those of a row neither overlap nor touch.
pub fn of_runs(runs: Vec<Run>, connectivity: Connectivity) -> Vec<Component> {
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
            join_rows(&runs, &mut parent, above, here.clone(), reach);
        }
        above = here;
    }
    collect(runs, &mut parent)
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

fn collect(runs: Vec<Run>, parent: &mut [u32]) -> Vec<Component> {
    let mut components: Vec<Component> = Vec::new();
    let mut index_of_root = vec![u32::MAX; runs.len()];
    for (i, run) in runs.into_iter().enumerate() {
        let root = root(parent, i as u32) as usize;
        let bounds = PixelBox::new(run.start, run.y, run.end, run.y + 1);
        let area = u64::from(run.end - run.start);
        if index_of_root[root] == u32::MAX {
            index_of_root[root] = components.len() as u32;
            components.push(Component {
                area,
                bounds,
                runs: vec![run],
            });
        } else {
            let component = &mut components[index_of_root[root] as usize];
            component.area += area;
            component.bounds = component.bounds.union(&bounds);
            component.runs.push(run);
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

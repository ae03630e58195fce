//! A checkerboard in a picture: its corners, each with its column and row.

use std::collections::{BTreeMap, VecDeque};

use image::RgbImage;

use super::corners::{self, Corner, GreyPicture};
use super::refine::refine;
use crate::frame::{Point, Size};

/// A whole checkerboard.
#[derive(Debug, Clone, PartialEq)]
pub struct Board {
    /// Size of the picture in which it was found.
    pub picture: Size,
    /// Inner corners along one side and along the other.
    pub corners: [u32; 2],
    /// The corners, row by row: `corners[0]` in each row.
    pub places: Vec<Point>,
}

/// Why a picture has no board.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BoardError {
    /// Nothing that looks like a checkerboard.
    #[error("no checkerboard; lay it flat, in focus, evenly lit and without glare, with a white border around it")]
    None,
    /// Some of it is there.
    #[error(
        "{found} of the {wanted} corners of the checkerboard are seen; it must lie in the picture as a whole, without glare and with nothing on it"
    )]
    NotWhole {
        /// Corners that belong together.
        found: usize,
        /// Corners that a whole board has.
        wanted: usize,
    },
    /// A board of another kind.
    #[error(
        "the checkerboard has {found_columns}x{found_rows} inner corners and not {columns}x{rows}; --checkerboard wants the places where four squares \
         meet, one less than the squares of each side"
    )]
    OtherBoard {
        /// Inner corners found along one side.
        found_columns: i32,
        /// Along the other.
        found_rows: i32,
        /// Inner corners wanted.
        columns: u32,
        /// Along the other side.
        rows: u32,
    },
}

/// Corners by their column and row.
type Lattice = BTreeMap<(i32, i32), usize>;

/// Longer sides to which the picture is reduced, one after the other, until the board is found.
const SIDES: [usize; 4] = [1400, 800, 2800, 450];

impl Board {
    /// Finds a board with so many inner corners (places where four squares meet) along its two sides.
    ///
    /// # Errors
    /// [`BoardError`]
    pub fn find(picture: &RgbImage, columns: u32, rows: u32) -> Result<Self, BoardError> {
        let mut best = BoardError::None;
        for side in SIDES {
            match Self::find_reduced(picture, columns, rows, side) {
                Ok(board) => return Ok(board),
                Err(error) => best = nearer(best, error),
            }
        }
        Err(best)
    }

    fn find_reduced(picture: &RgbImage, columns: u32, rows: u32, side: usize) -> Result<Self, BoardError> {
        let grey = GreyPicture::of(picture, side);
        let corners = corners::find(&grey);
        let lattice = largest_lattice(&corners);
        let wanted = (columns * rows) as usize;
        let Some(((left, top), (right, bottom))) = extent(&lattice) else {
            return Err(BoardError::None);
        };
        let (found_columns, found_rows) = (right - left + 1, bottom - top + 1);
        let fits = |a: u32, b: u32| (found_columns, found_rows) == (a as i32, b as i32);
        let turned = fits(rows, columns) && !fits(columns, rows);
        if lattice.len() < 6 {
            return Err(BoardError::None);
        }
        let whole = lattice.len() == (found_columns * found_rows) as usize;
        if !(fits(columns, rows) || turned) {
            return Err(match whole {
                true => BoardError::OtherBoard {
                    found_columns,
                    found_rows,
                    columns,
                    rows,
                },
                false => BoardError::NotWhole {
                    found: lattice.len().min(wanted),
                    wanted,
                },
            });
        }
        let not_whole = |found| BoardError::NotWhole { found, wanted };
        if !whole {
            return Err(not_whole(lattice.len()));
        }
        let mut places = Vec::with_capacity(wanted);
        for row in 0..rows as i32 {
            for column in 0..columns as i32 {
                let key = if turned {
                    (left + row, top + column)
                } else {
                    (left + column, top + row)
                };
                let reach = reach_at(&corners, &lattice, key) * grey.block as f64;
                let corner = corners[lattice[&key]];
                places.extend(refine(picture, in_picture(&corner, grey.block), reach));
            }
        }
        if places.len() < wanted {
            return Err(not_whole(places.len()));
        }
        Ok(Self {
            picture: Size::from(picture.dimensions()),
            corners: [columns, rows],
            places,
        })
    }
}

/// The error that tells more.
fn nearer(a: BoardError, b: BoardError) -> BoardError {
    let rank = |e: &BoardError| match e {
        BoardError::None => 0,
        BoardError::NotWhole { found, .. } => *found,
        BoardError::OtherBoard { .. } => usize::MAX,
    };
    if rank(&b) > rank(&a) { b } else { a }
}

fn in_picture(corner: &Corner, block: usize) -> Point {
    let middle = (block - 1) as f64 / 2.0;
    Point {
        x: corner.x * block as f64 + middle,
        y: corner.y * block as f64 + middle,
    }
}

/// How far around a corner its own edges go undisturbed: a third of the way to its nearest neighbour.
fn reach_at(corners: &[Corner], lattice: &Lattice, (column, row): (i32, i32)) -> f64 {
    let here = &corners[lattice[&(column, row)]];
    let around = [(1, 0), (-1, 0), (0, 1), (0, -1)];
    let neighbours = around.iter().filter_map(|(c, r)| lattice.get(&(column + c, row + r)));
    let apart = neighbours.map(|i| (corners[*i].x - here.x).hypot(corners[*i].y - here.y));
    (apart.fold(30.0, f64::min) / 3.0).max(2.0)
}

fn extent(lattice: &Lattice) -> Option<((i32, i32), (i32, i32))> {
    let columns = || lattice.keys().map(|k| k.0);
    let rows = || lattice.keys().map(|k| k.1);
    Some(((columns().min()?, rows().min()?), (columns().max()?, rows().max()?)))
}

/// The largest set of corners that lie in a lattice.
fn largest_lattice(corners: &[Corner]) -> Lattice {
    let mut best = Lattice::new();
    let mut taken = vec![false; corners.len()];
    // Every corner of a board leads to the whole board, so a few strong ones are enough.
    for seed in 0..corners.len().min(200) {
        if taken[seed] {
            continue;
        }
        let Some(lattice) = grow(corners, seed) else {
            continue;
        };
        lattice.values().for_each(|i| taken[*i] = true);
        if lattice.len() > best.len() {
            best = lattice;
        }
    }
    best
}

/// The lattice around a corner, whose two axes lead to its nearest neighbours.
fn grow(corners: &[Corner], seed: usize) -> Option<Lattice> {
    let here = corners[seed];
    let mut near: Vec<(f64, usize)> = (0..corners.len())
        .filter(|i| *i != seed)
        .map(|i| ((corners[i].x - here.x).hypot(corners[i].y - here.y), i))
        .collect();
    near.sort_by(|a, b| a.0.total_cmp(&b.0));
    let first = near.first()?.1;
    let a = (corners[first].x - here.x, corners[first].y - here.y);
    let across = near.iter().take(8).find(|(_, i)| {
        let b = (corners[*i].x - here.x, corners[*i].y - here.y);
        let sine = (a.0 * b.1 - a.1 * b.0) / (a.0.hypot(a.1) * b.0.hypot(b.1));
        let ratio = b.0.hypot(b.1) / a.0.hypot(a.1);
        sine.abs() > 0.6 && ratio < 2.0
    })?;
    let b = (corners[across.1].x - here.x, corners[across.1].y - here.y);
    let mut lattice = Lattice::from([((0, 0), seed)]);
    let mut used: BTreeMap<usize, ()> = BTreeMap::from([(seed, ())]);
    // Each corner with the steps to its neighbours as they are seen there.
    let mut queue = VecDeque::from([((0, 0), seed, a, b)]);
    while let Some(((column, row), at, a, b)) = queue.pop_front() {
        for (dc, dr, axis) in [(1, 0, a), (-1, 0, (-a.0, -a.1)), (0, 1, b), (0, -1, (-b.0, -b.1))] {
            let key = (column + dc, row + dr);
            if lattice.contains_key(&key) {
                continue;
            }
            let (x, y) = (corners[at].x + axis.0, corners[at].y + axis.1);
            let length = axis.0.hypot(axis.1);
            let nearest = (0..corners.len())
                .filter(|i| !used.contains_key(i))
                .map(|i| ((corners[i].x - x).hypot(corners[i].y - y), i))
                .min_by(|p, q| p.0.total_cmp(&q.0));
            let Some((_, found)) = nearest.filter(|(apart, _)| *apart < 0.25 * length) else {
                continue;
            };
            let seen = (corners[found].x - corners[at].x, corners[found].y - corners[at].y);
            let (next_a, next_b) = match (dc, dr) {
                (1, _) => (seen, b),
                (-1, _) => ((-seen.0, -seen.1), b),
                (_, 1) => (a, seen),
                _ => (a, (-seen.0, -seen.1)),
            };
            lattice.insert(key, found);
            used.insert(found, ());
            queue.push_back((key, found, next_a, next_b));
        }
    }
    Some(lattice)
}

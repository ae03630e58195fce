//! Whether a piece is a sheet or bar: straight sides, square corners, at any tilt, with parts hidden under other things.

use std::ops::Range;

use super::plane::Plane;
use super::shape::{Point, TiltedBox, hull, tightest_box};
use crate::frame::{PixelBox, Size};
use crate::traits::components::Component;

/// Most cells along the longer side of the raster on which a piece is compared with its rectangle.
const CELLS: f32 = 160.0;

/// What lies in a cell of the raster.
#[derive(Clone, Copy, PartialEq)]
enum Cell {
    Empty,
    Piece,
    /// Hidden under something known, or outside the picture: neither for nor against.
    Unknown,
}

/// How well a piece fills a rectangle.
#[derive(Debug, Clone, Copy)]
pub struct RectangleFit {
    /// The rectangle, without thin bits that stick out.
    pub tilted: TiltedBox,
    /// Share of its area that the piece fills, 0 to 1; hidden parts count as filled.
    pub fill: f32,
    /// Share of the least supported side along which the piece's border runs, 0 to 1.
    pub weakest_side: f32,
    /// The same, mean of all four sides.
    pub mean_side: f32,
    /// Share of the piece's pixels inside the rectangle.
    pub held: f32,
    /// Share of the four corners that the piece fills, 0 to 1: what tapers leaves them empty.
    pub corners: f32,
}

impl RectangleFit {
    /// Compares a piece with its tightest rectangle. Pixels of the small copy that are `hidden` tell nothing, but where the piece lies on them.
    pub fn of(piece: &Component, hidden: &Plane<bool>) -> Self {
        let tight = tightest_box(&hull(piece));
        let cell = (tight.length.max(tight.breadth) / CELLS).max(1.0);
        let (columns, rows) = (
            (tight.length / cell).round().max(1.0),
            (tight.breadth / cell).round().max(1.0),
        );
        let (step_u, step_v) = (tight.length / columns, tight.breadth / rows);
        let raster = Raster::of(
            &tight,
            columns as usize,
            rows as usize,
            &Neighbourhood::of(piece, &tight, hidden),
        );
        let kept = raster.trimmed();
        let sides = raster.side_supports(&kept);
        let (u, v) = (&kept.columns, &kept.rows);
        Self {
            tilted: tight.part(
                (u.start as f32 * step_u, u.end as f32 * step_u),
                (v.start as f32 * step_v, v.end as f32 * step_v),
            ),
            fill: raster.filled(&kept),
            weakest_side: sides.iter().copied().fold(1.0, f32::min),
            mean_side: sides.iter().sum::<f32>() / 4.0,
            held: raster.held(&kept),
            corners: raster.corners(&kept),
        }
    }

    /// Whether this is a sheet or bar rather than something grown. A small one has to be straighter, and one with much sticking out needs
    /// full corners and straighter sides: the tube of a fish's body is no worse a rectangle than a label with a frayed edge, but it tapers.
    pub fn is_rectangle(&self, is_small: bool) -> bool {
        let (fill, mean, weakest): (f32, f32, f32) = if is_small { (0.94, 0.93, 0.8) } else { (0.9, 0.88, 0.75) };
        let (corners, mean) = if self.held > 0.93 {
            (0.42, mean)
        } else {
            (0.72, 0.91f32.max(mean))
        };
        self.fill > fill
            && self.mean_side > mean
            && self.weakest_side > weakest
            && self.held > 0.45
            && self.corners > corners
    }
}

struct Raster {
    columns: usize,
    rows: usize,
    cells: Vec<Cell>,
}

/// The part of a raster that is kept.
struct Kept {
    columns: Range<usize>,
    rows: Range<usize>,
}

/// Whether the piece covers less of a line than emptiness does, or less than a fifth of it.
fn is_sparse(line: impl Iterator<Item = Cell>) -> bool {
    let (mut piece, mut empty, mut all) = (0, 0, 0);
    for cell in line {
        all += 1;
        piece += usize::from(cell == Cell::Piece);
        empty += usize::from(cell == Cell::Empty);
    }
    piece < empty || piece * 5 < all
}

/// What lies in each pixel of the small copy around a piece's rectangle.
struct Neighbourhood {
    part: PixelBox,
    picture: Size,
    cells: Plane<Cell>,
}

impl Neighbourhood {
    fn of(piece: &Component, tight: &TiltedBox, hidden: &Plane<bool>) -> Self {
        let picture = hidden.size();
        // Its bounds are rounded to whole pixels.
        let bounds = tight.bounds(picture);
        let part = PixelBox::new(
            bounds.left.saturating_sub(1),
            bounds.top.saturating_sub(1),
            (bounds.right + 1).min(picture.width),
            (bounds.bottom + 1).min(picture.height),
        );
        let unknown = |hidden| if hidden { Cell::Unknown } else { Cell::Empty };
        let mut cells = hidden.part(&part).map(unknown);
        for run in &piece.runs {
            let columns = (run.start - part.left) as usize..(run.end - part.left) as usize;
            cells.row_mut((run.y - part.top) as usize)[columns].fill(Cell::Piece);
        }
        Self { part, picture, cells }
    }

    /// Adds what lies at places in a row, which are `apart` from those given.
    fn add_row(&self, places: &[Point], apart: Point, cells: &mut Vec<Cell>) {
        let (width, height) = (self.picture.width as f32, self.picture.height as f32);
        cells.extend(places.iter().map(|(x, y)| {
            let (x, y) = (x + apart.0, y + apart.1);
            match x >= 0.0 && y >= 0.0 && x < width && y < height {
                // Sides are far below what an i32 holds, and a processor turns floating point numbers into these at once.
                true => self.cells.at(
                    (x as i32 - self.part.left as i32) as usize,
                    (y as i32 - self.part.top as i32) as usize,
                ),
                false => Cell::Unknown,
            }
        }));
    }
}

impl Raster {
    fn of(tilted: &TiltedBox, columns: usize, rows: usize, around: &Neighbourhood) -> Self {
        let mut cells = Vec::with_capacity(columns * rows);
        let top: Vec<Point> = (0..columns)
            .map(|column| tilted.point((column as f32 + 0.5) * tilted.length / columns as f32, 0.0))
            .collect();
        for row in 0..rows {
            let v = (row as f32 + 0.5) * tilted.breadth / rows as f32;
            around.add_row(&top, (-v * tilted.along.1, v * tilted.along.0), &mut cells);
        }
        Self { columns, rows, cells }
    }

    fn at(&self, column: usize, row: usize) -> Cell {
        self.cells[row * self.columns + column]
    }

    /// Cuts columns and rows off the ends that are mostly empty: bits that stick out, or a neighbour that touches.
    fn trimmed(&self) -> Kept {
        let mut kept = Kept {
            columns: 0..self.columns,
            rows: 0..self.rows,
        };
        loop {
            let before = (kept.columns.clone(), kept.rows.clone());
            let column = |c: usize, rows: &Range<usize>| is_sparse(rows.clone().map(|r| self.at(c, r)));
            while kept.columns.len() > 1 && column(kept.columns.start, &kept.rows) {
                kept.columns.start += 1;
            }
            while kept.columns.len() > 1 && column(kept.columns.end - 1, &kept.rows) {
                kept.columns.end -= 1;
            }
            let row = |r: usize, columns: &Range<usize>| is_sparse(columns.clone().map(|c| self.at(c, r)));
            while kept.rows.len() > 1 && row(kept.rows.start, &kept.columns) {
                kept.rows.start += 1;
            }
            while kept.rows.len() > 1 && row(kept.rows.end - 1, &kept.columns) {
                kept.rows.end -= 1;
            }
            if before == (kept.columns.clone(), kept.rows.clone()) {
                return kept;
            }
        }
    }

    fn filled(&self, kept: &Kept) -> f32 {
        let cells = kept.columns.len() * kept.rows.len();
        // Text that the closing left standing makes holes; an empty cell with the piece on both sides of its row counts as filled.
        let mut filled = 0;
        for row in kept.rows.clone() {
            let solid = |c: &usize| self.at(*c, row) != Cell::Empty;
            let first = kept.columns.clone().find(solid);
            let last = kept.columns.clone().rev().find(solid);
            if let (Some(first), Some(last)) = (first, last) {
                filled += last - first + 1;
            }
        }
        filled as f32 / cells.max(1) as f32
    }

    fn held(&self, kept: &Kept) -> f32 {
        let all = self.cells.iter().filter(|c| **c == Cell::Piece).count();
        let inside = kept
            .rows
            .clone()
            .map(|r| kept.columns.clone().filter(|c| self.at(*c, r) == Cell::Piece).count())
            .sum::<usize>();
        inside as f32 / all.max(1) as f32
    }

    fn corners(&self, kept: &Kept) -> f32 {
        let (c, r) = (&kept.columns, &kept.rows);
        let side = (c.len().min(r.len()) / 8).max(2);
        let (wide, high) = (side.min(c.len()), side.min(r.len()));
        let (mut filled, mut known) = (0, 0);
        for columns in [c.start..c.start + wide, c.end - wide..c.end] {
            for rows in [r.start..r.start + high, r.end - high..r.end] {
                for (column, row) in columns
                    .clone()
                    .flat_map(|column| rows.clone().map(move |row| (column, row)))
                {
                    known += usize::from(self.at(column, row) != Cell::Unknown);
                    filled += usize::from(self.at(column, row) == Cell::Piece);
                }
            }
        }
        if known == 0 { 1.0 } else { filled as f32 / known as f32 }
    }

    /// For each side the share of its positions at which the piece begins on one straight line; positions that are hidden don't count.
    fn side_supports(&self, kept: &Kept) -> [f32; 4] {
        let (c, r) = (kept.columns.clone(), kept.rows.clone());
        [
            straightness(
                c.len(),
                r.clone()
                    .map(|row| self.depth(c.clone().map(|column| self.at(column, row)))),
            ),
            straightness(
                c.len(),
                r.clone()
                    .map(|row| self.depth(c.clone().rev().map(|column| self.at(column, row)))),
            ),
            straightness(
                r.len(),
                c.clone()
                    .map(|column| self.depth(r.clone().map(|row| self.at(column, row)))),
            ),
            straightness(
                r.len(),
                c.clone()
                    .map(|column| self.depth(r.clone().rev().map(|row| self.at(column, row)))),
            ),
        ]
    }

    /// How many empty cells come before the piece; `None` where something hides its border.
    fn depth(&self, cells: impl Iterator<Item = Cell>) -> Option<usize> {
        let mut depth = 0;
        for cell in cells {
            match cell {
                Cell::Empty => depth += 1,
                Cell::Piece => return Some(depth),
                Cell::Unknown => return None,
            }
        }
        Some(depth)
    }
}

/// Share of the depths that lie within a cell and a fortieth of the breadth of their median.
fn straightness(breadth: usize, depths: impl Iterator<Item = Option<usize>>) -> f32 {
    let mut depths: Vec<usize> = depths.flatten().collect();
    if depths.is_empty() {
        return 1.0;
    }
    let middle = depths.len() / 2;
    let median = *depths.select_nth_unstable(middle).1;
    let tolerance = 1 + breadth / 40;
    let straight = depths.iter().filter(|d| d.abs_diff(median) <= tolerance).count();
    straight as f32 / depths.len() as f32
}

//! Whether a piece is a sheet or bar: straight sides, square corners, at any tilt, with parts hidden under other things.

use std::ops::Range;

use super::plane::Plane;
use super::shape::{TiltedBox, hull, tightest_box};
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
}

impl RectangleFit {
    /// Compares a piece with its tightest rectangle; `is_piece` and `is_hidden` tell about a pixel of the small copy.
    pub fn of(piece: &Component, is_piece: &Plane<bool>, is_hidden: impl Fn(usize, usize) -> bool) -> Self {
        let tight = tightest_box(&hull(piece));
        let cell = (tight.length.max(tight.breadth) / CELLS).max(1.0);
        let (columns, rows) = (
            (tight.length / cell).round().max(1.0),
            (tight.breadth / cell).round().max(1.0),
        );
        let (step_u, step_v) = (tight.length / columns, tight.breadth / rows);
        let raster = Raster::of(&tight, columns as usize, rows as usize, |x, y| {
            let inside = x >= 0.0 && y >= 0.0 && x < is_piece.width() as f32 && y < is_piece.height() as f32;
            if !inside {
                Cell::Unknown
            } else if is_piece.at(x as usize, y as usize) {
                Cell::Piece
            } else if is_hidden(x as usize, y as usize) {
                Cell::Unknown
            } else {
                Cell::Empty
            }
        });
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
        }
    }

    /// Whether this is a sheet or bar rather than something grown.
    pub fn is_rectangle(&self) -> bool {
        self.fill > 0.9 && self.mean_side > 0.86 && self.weakest_side > 0.7 && self.held > 0.45
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

impl Raster {
    fn of(tilted: &TiltedBox, columns: usize, rows: usize, cell_at: impl Fn(f32, f32) -> Cell) -> Self {
        let mut cells = Vec::with_capacity(columns * rows);
        for row in 0..rows {
            for column in 0..columns {
                let u = (column as f32 + 0.5) * tilted.length / columns as f32;
                let v = (row as f32 + 0.5) * tilted.breadth / rows as f32;
                let (x, y) = tilted.point(u, v);
                cells.push(cell_at(x.floor(), y.floor()));
            }
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

    /// For each side the share of its positions at which the piece begins within two cells; positions that are hidden don't count.
    fn side_supports(&self, kept: &Kept) -> [f32; 4] {
        let depth = |length: usize| (2 + length / 40).min(length);
        let (c, r) = (&kept.columns, &kept.rows);
        let support = |positions: Vec<Vec<Cell>>| {
            let known: Vec<&Vec<Cell>> = positions
                .iter()
                .filter(|p| p.contains(&Cell::Empty) || p.contains(&Cell::Piece))
                .collect();
            let hits = known.iter().filter(|p| p.contains(&Cell::Piece)).count();
            if known.is_empty() {
                1.0
            } else {
                hits as f32 / known.len() as f32
            }
        };
        let (deep_c, deep_r) = (depth(c.len()), depth(r.len()));
        [
            support(
                r.clone()
                    .map(|row| (0..deep_c).map(|d| self.at(c.start + d, row)).collect())
                    .collect(),
            ),
            support(
                r.clone()
                    .map(|row| (0..deep_c).map(|d| self.at(c.end - 1 - d, row)).collect())
                    .collect(),
            ),
            support(
                c.clone()
                    .map(|col| (0..deep_r).map(|d| self.at(col, r.start + d)).collect())
                    .collect(),
            ),
            support(
                c.clone()
                    .map(|col| (0..deep_r).map(|d| self.at(col, r.end - 1 - d)).collect())
                    .collect(),
            ),
        ]
    }
}

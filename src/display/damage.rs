//! Which parts of a picture have changed, for screens at the end of a slow bus.
//!
//! The picture is looked at in tiles. Tiles with a change that can be seen are joined to rectangles, which are then cut down to what changed. A live camera's
//! noise changes every pixel by a level or two in each picture: a tile in which nothing more than that happens waits for its turn, which comes every
//! [`TURNS`] pictures, so that what is on the screen is never older than that.

use crate::frame::Size;

/// Side of a tile in pixels.
const TILE: usize = 16;
/// In so many pictures every tile is compared exactly once.
pub(super) const TURNS: usize = 16;

/// What may wait for its turn, in levels of 0 to 255: on the average over a tile's colours, and in any one of them.
const QUIET_ON_AVERAGE: u32 = 4;
const QUIET_ANYWHERE: u32 = 32;

/// A part of a picture, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Area {
    pub(super) left: usize,
    pub(super) top: usize,
    pub(super) width: usize,
    pub(super) height: usize,
}

impl Area {
    /// Its pixels in a picture of that width, row by row.
    pub(super) fn pixels(self, picture: &[u16], width: usize) -> impl Iterator<Item = u16> {
        picture
            .chunks_exact(width)
            .skip(self.top)
            .take(self.height)
            .flat_map(move |row| &row[self.left..self.left + self.width])
            .copied()
    }
}

/// Finds what has changed between pictures of one size, whose pixels are RGB565.
#[derive(Debug)]
pub(super) struct Damage {
    width: usize,
    height: usize,
    turn: usize,
    /// Whether a tile is to be sent, row by row; kept for its memory.
    tiles: Vec<bool>,
    areas: Vec<Area>,
}

impl Damage {
    pub(super) fn new(size: Size) -> Self {
        let (width, height) = (size.width as usize, size.height as usize);
        Self {
            width,
            height,
            turn: 0,
            tiles: vec![false; width.div_ceil(TILE) * height.div_ceil(TILE)],
            areas: Vec::new(),
        }
    }

    /// The areas in which `wanted` is to replace `shown`; they don't overlap. Both have the size that this was made for.
    pub(super) fn between(&mut self, shown: &[u16], wanted: &[u16]) -> &[Area] {
        let columns = self.width.div_ceil(TILE);
        self.areas.clear();
        for index in 0..self.tiles.len() {
            let tile = self.tile(index % columns, index / columns);
            let is_its_turn = index % TURNS == self.turn;
            self.tiles[index] = if is_its_turn {
                self.rows(tile, shown, wanted).any(|(a, b)| a != b)
            } else {
                has_visible_change(self.rows(tile, shown, wanted))
            };
        }
        self.turn = (self.turn + 1) % TURNS;
        for row in 0..self.height.div_ceil(TILE) {
            self.join_row(row, columns);
        }
        for index in 0..self.areas.len() {
            self.areas[index] = self.cut_down(self.areas[index], shown, wanted);
        }
        &self.areas
    }

    /// A tile, cut at the picture's edges.
    fn tile(&self, column: usize, row: usize) -> Area {
        let (left, top) = (column * TILE, row * TILE);
        Area {
            left,
            top,
            width: TILE.min(self.width - left),
            height: TILE.min(self.height - top),
        }
    }

    /// The rows of an area in both pictures.
    fn rows<'a>(
        &self,
        area: Area,
        shown: &'a [u16],
        wanted: &'a [u16],
    ) -> impl Iterator<Item = (&'a [u16], &'a [u16])> + use<'a> {
        let width = self.width;
        (area.top..area.top + area.height).map(move |y| {
            let row = y * width + area.left..y * width + area.left + area.width;
            (&shown[row.clone()], &wanted[row])
        })
    }

    /// Joins neighbours in a row of tiles, and with the area above where that is as wide.
    fn join_row(&mut self, row: usize, columns: usize) {
        let mut column = 0;
        while column < columns {
            let is_set = |c: &usize| self.tiles[row * columns + c];
            let run = (column..columns).take_while(is_set).count();
            if run == 0 {
                column += 1;
                continue;
            }
            let first = self.tile(column, row);
            let last = self.tile(column + run - 1, row);
            let joined = Area {
                width: last.left + last.width - first.left,
                ..first
            };
            let above = self
                .areas
                .iter_mut()
                .find(|a| (a.left, a.width) == (joined.left, joined.width) && a.top + a.height == joined.top);
            match above {
                Some(above) => above.height += joined.height,
                None => self.areas.push(joined),
            }
            column += run;
        }
    }

    /// Without the rows and columns at its edges in which nothing has changed.
    fn cut_down(&self, area: Area, shown: &[u16], wanted: &[u16]) -> Area {
        let (mut left, mut right) = (area.width, 0);
        let (mut top, mut bottom) = (area.height, 0);
        for (y, (a, b)) in self.rows(area, shown, wanted).enumerate() {
            let differs = |(a, b): (&u16, &u16)| a != b;
            if let Some(first) = a.iter().zip(b).position(differs) {
                let last = a.iter().zip(b).rposition(differs).unwrap_or(first);
                (left, right) = (left.min(first), right.max(last + 1));
                (top, bottom) = (top.min(y), y + 1);
            }
        }
        Area {
            left: area.left + left.min(right),
            top: area.top + top.min(bottom),
            width: right.saturating_sub(left),
            height: bottom.saturating_sub(top),
        }
    }
}

/// Whether more than a camera's noise lies between the rows of a tile.
fn has_visible_change<'a>(rows: impl Iterator<Item = (&'a [u16], &'a [u16])>) -> bool {
    let (mut sum, mut count) = (0, 0);
    for (a, b) in rows {
        count += 3 * a.len() as u32;
        if a == b {
            continue;
        }
        for (a, b) in a.iter().zip(b) {
            for (x, y) in levels(*a).into_iter().zip(levels(*b)) {
                let difference = x.abs_diff(y);
                if difference > QUIET_ANYWHERE {
                    return true;
                }
                sum += difference;
            }
        }
    }
    sum > QUIET_ON_AVERAGE * count
}

/// Red, green and blue of an RGB565 pixel in levels of 0 to 255, without the bits that it has not.
fn levels(pixel: u16) -> [u32; 3] {
    let pixel = u32::from(pixel);
    [pixel >> 11 << 3, (pixel >> 5 & 0x3F) << 2, (pixel & 0x1F) << 3]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn apply(areas: &[Area], shown: &mut [u16], wanted: &[u16], width: usize) {
        let mut touched = vec![false; shown.len()];
        for area in areas {
            assert!(area.width > 0 && area.height > 0, "{area:?} is empty");
            for y in area.top..area.top + area.height {
                for x in area.left..area.left + area.width {
                    let at = y * width + x;
                    assert!(!std::mem::replace(&mut touched[at], true), "{area:?} overlaps another");
                    shown[at] = wanted[at];
                }
            }
            let sent: Vec<u16> = area.pixels(wanted, width).collect();
            assert_eq!(sent.len(), area.width * area.height);
            assert_eq!(sent[0], wanted[area.top * width + area.left]);
        }
    }

    /// A picture, and one with some boxes of it painted over, faintly or not.
    fn pictures() -> impl Strategy<Value = (Size, Vec<u16>, Vec<u16>)> {
        let boxes = prop::collection::vec((0usize..90, 0usize..70, 1usize..40, 1usize..30, any::<u16>()), 0..6);
        (1u32..90, 1u32..70, any::<u16>(), boxes).prop_map(|(width, height, seed, boxes)| {
            let count = (width * height) as usize;
            let shown: Vec<u16> = (0..count).map(|i| (i as u16).wrapping_mul(seed | 1)).collect();
            let mut wanted = shown.clone();
            for (left, top, box_width, box_height, colour) in boxes {
                for y in top..(top + box_height).min(height as usize) {
                    for x in left..(left + box_width).min(width as usize) {
                        let pixel = &mut wanted[y * width as usize + x];
                        // Even colours make a faint change: the lowest bit of blue.
                        *pixel = if colour % 2 == 0 { *pixel ^ 1 } else { colour };
                    }
                }
            }
            (Size::new(width, height), shown, wanted)
        })
    }

    proptest! {
        #[test]
        fn what_is_left_is_faint_and_gone_after_all_turns((size, shown, wanted) in pictures()) {
            let width = size.width as usize;
            let mut damage = Damage::new(size);
            let mut on_screen = shown;
            apply(damage.between(&on_screen, &wanted), &mut on_screen, &wanted, width);
            for (a, b) in on_screen.iter().zip(&wanted) {
                for (x, y) in levels(*a).into_iter().zip(levels(*b)) {
                    prop_assert!(x.abs_diff(y) <= QUIET_ANYWHERE, "{a:04x} for {b:04x}");
                }
            }
            for _ in 1..TURNS {
                apply(damage.between(&on_screen, &wanted), &mut on_screen, &wanted, width);
            }
            prop_assert_eq!(&on_screen, &wanted);
            prop_assert!(damage.between(&on_screen, &wanted).is_empty());
        }
    }

    #[test]
    fn a_bright_dot_is_one_pixel_and_a_column_of_tiles_one_area() {
        let size = Size::new(64, 64);
        let shown = vec![0; 64 * 64];
        let mut wanted = shown.clone();
        wanted[20 * 64 + 35] = 0xFFFF;
        let mut damage = Damage::new(size);
        let dot = Area {
            left: 35,
            top: 20,
            width: 1,
            height: 1,
        };
        assert_eq!(damage.between(&shown, &wanted), [dot]);

        let mut wanted = shown.clone();
        for y in 3..60 {
            wanted[y * 64 + 40] = 0xFFFF;
        }
        let line = Area {
            left: 40,
            top: 3,
            width: 1,
            height: 57,
        };
        assert_eq!(damage.between(&shown, &wanted), [line]);
    }

    #[test]
    fn a_faint_but_even_change_is_seen_at_once() {
        let size = Size::new(32, 32);
        let (dark, lighter) = (vec![0x2104; 32 * 32], vec![0x2945; 32 * 32]);
        let mut damage = Damage::new(size);
        let area: usize = damage.between(&dark, &lighter).iter().map(|a| a.width * a.height).sum();
        assert_eq!(area, 32 * 32);
    }
}

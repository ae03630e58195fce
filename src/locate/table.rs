//! What lies flat: the ground, the walls around it and the printed sheets on it.

use super::ground::Ground;
use super::papers;
use super::plane::Plane;
use super::print::{STROKE_RADIUS, Strokes};
use super::reduced::Reduced;
use super::sheets::{self, Sheet};
use super::walls;
use crate::frame::{PixelBox, Size};

/// Least share of the picture that a tray takes up.
const TRAY_SHARE: f64 = 0.45;

/// Least distance of a wall from the ground, in levels.
const LEAST_WALL: f32 = 25.0;

/// Least distance of a sheet from the ground, in deviations of the ground's noise.
const SHEET_DEVIATIONS: f32 = 2.5;

/// The ground of a part of the picture and the printed sheets on it.
pub struct Table {
    /// Size of the small copy.
    pub size: Size,
    /// The ground.
    pub ground: Ground,
    /// How far each pixel is from the ground.
    pub distances: Plane<u8>,
    /// The distances without thin strokes.
    pub plain: Plane<u8>,
    /// Pixels of walls and of what lies outside the part.
    pub walls: Plane<bool>,
    /// Walls and sheets.
    pub hidden: Plane<bool>,
    /// The sheets.
    pub sheets: Vec<Sheet>,
}

impl Table {
    /// Looks at the whole picture, or, where a tray fills most of it, at the tray.
    pub fn of(small: &Reduced, strokes: &Strokes) -> Self {
        let whole = Self::within(small, strokes, &PixelBox::whole(small.size()));
        match whole.tray() {
            Some(tray) => Self::within(small, strokes, &tray),
            None => whole,
        }
    }

    fn within(small: &Reduced, strokes: &Strokes, within: &PixelBox) -> Self {
        let size = small.size();
        let ground = Ground::of(small, within);
        let distances = ground.distances(small);
        let plain = distances.opened(STROKE_RADIUS);
        let mut walls = walls::find(&plain, (8.0 * ground.noise).max(LEAST_WALL) as u8);
        let (left, right) = (within.left as usize, within.right as usize);
        for y in 0..size.height {
            let row = walls.row_mut(y as usize);
            if y < within.top || y >= within.bottom {
                row.fill(true);
            } else {
                row[..left].fill(true);
                row[right..].fill(true);
            }
        }
        let mut hidden = walls.clone();
        let weakest = SHEET_DEVIATIONS * ground.noise;
        let mut sheets = sheets::find(&plain, strokes, weakest, &mut hidden);
        // A ruler that makes one piece with a label of the same paper shows only when the label is known.
        let has_bar = |sheets: &[Sheet]| sheets.iter().any(|s| papers::has_rulers_shape(s, size));
        if !sheets.is_empty() && !has_bar(&sheets) {
            sheets.extend(sheets::find(&plain, strokes, weakest, &mut hidden));
        }
        let sheets = sheets::joined(sheets, size);
        Self {
            size,
            ground,
            distances,
            plain,
            walls,
            hidden,
            sheets,
        }
    }

    /// A sheet that takes up most of the picture: then what was taken for the ground is only what lies around it.
    fn tray(&self) -> Option<PixelBox> {
        let whole = self.size.pixels() as f64;
        let tray = self
            .sheets
            .iter()
            .find(|s| f64::from(s.tilted.area()) > TRAY_SHARE * whole)?;
        let inner = tray
            .tilted
            .part((4.0, tray.tilted.length - 4.0), (4.0, tray.tilted.breadth - 4.0))
            .bounds(self.size);
        (inner.width() > 40 && inner.height() > 40).then_some(inner)
    }
}

//! What lies in a frame.

use image::RgbImage;

use super::candidates::{self, Candidate};
use super::ground::Ground;
use super::plane::Plane;
use super::print;
use super::reduced::Reduced;
use super::settings::LocateSettings;
use super::sheets::{self, Sheet};
use crate::frame::{PixelBox, Size};

/// By how much of its width and height the fish's box grows on each side before it is cut out: BGNN's crop.
const CROP_MARGIN: f64 = 0.025;

/// Longer side over the shorter one from which on a printed sheet is a ruler and not a label.
const RULER_ELONGATION: f32 = 2.3;

/// What lies in a frame; all boxes in pixels of the picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Scene {
    /// Size of the picture.
    pub picture: Size,
    /// The largest fish that lies wholly in the picture, or, where there is none, the largest that the edge cuts. `None`: no fish.
    pub fish: Option<Fish>,
    /// The other fish, largest first.
    pub further_fish: Vec<PixelBox>,
    /// The label with the specimen's data.
    pub label: Option<PixelBox>,
    /// The ruler or scale bar.
    pub ruler: Option<PixelBox>,
}

/// A fish in a frame.
#[derive(Debug, Clone, PartialEq)]
pub struct Fish {
    /// The box around it with all fins.
    pub bounds: PixelBox,
    /// Which way its head points.
    pub head: HeadSide,
    /// Whether the picture's edge cuts it.
    pub cut_by_edge: bool,
    /// Tilt of its long axis against the picture's rows, -90 to 90 degrees, positive where the right end lies lower.
    pub tilt_degrees: f32,
}

impl Fish {
    /// The part of the picture for the network: the box grown by 2.5 % of its size on each side, as BGNN crops.
    pub fn crop(&self, picture: Size) -> PixelBox {
        self.bounds.grown(CROP_MARGIN, picture)
    }
}

/// Which way a fish's head points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HeadSide {
    /// To the left, as most collections lay their fish.
    Left,
    /// To the right.
    Right,
    /// Can't be told.
    Unknown,
}

/// Finds fish, label and ruler in a picture.
pub fn locate(picture: &RgbImage, settings: &LocateSettings) -> Scene {
    let small = Reduced::of(picture);
    let ground = Ground::of(&small);
    let distances = ground.distances(&small);
    if let Ok(path) = std::env::var("LOC_DUMP") {
        let s = small.size();
        image::GrayImage::from_fn(s.width, s.height, |x, y| {
            image::Luma([distances.at(x as usize, y as usize).saturating_mul(4)])
        })
        .save(path)
        .ok();
    }
    let mut hidden = Plane::filled(small.size(), false);
    let sheets = sheets::find(&distances.opened(3), 2.5 * ground.noise, &mut hidden);
    let strokes = print::strokes(&small);
    let (ruler, label) = ruler_and_label(&sheets, &strokes);
    let fish = candidates::find(&distances.opened(1), 3.0 * ground.noise, &hidden);
    let min_length = settings.min_fish_length * small.size().width as f32;
    let mut fish: Vec<&Candidate> = fish
        .iter()
        .filter(|f| f.score > 20.0 && f.outline.tilted.length.max(f.outline.tilted.breadth) >= min_length)
        .collect();
    fish.sort_by_key(|f| f.piece.bounds.touches_edge(small.size()));
    let boxed = |c: &Candidate| small.to_full(c.piece.bounds);
    let sheet_box = |s: Option<&Sheet>| s.map(|s| small.to_full(s.tilted.bounds(small.size())));
    Scene {
        picture: small.full,
        fish: fish.first().map(|f| Fish {
            bounds: boxed(f),
            head: HeadSide::Unknown,
            cut_by_edge: f.piece.bounds.touches_edge(small.size()),
            tilt_degrees: 0.0,
        }),
        further_fish: fish.iter().skip(1).map(|f| boxed(f)).collect(),
        label: sheet_box(label),
        ruler: sheet_box(ruler),
    }
}

fn ruler_and_label<'a>(sheets: &'a [Sheet], strokes: &Plane<u8>) -> (Option<&'a Sheet>, Option<&'a Sheet>) {
    let printed: Vec<&Sheet> = sheets.iter().filter(|s| print::share(strokes, s, 16) > 0.015).collect();
    let largest = |long: bool| {
        printed
            .iter()
            .copied()
            .filter(|s| (s.tilted.elongation() >= RULER_ELONGATION) == long)
            .max_by(|a, b| a.tilted.area().total_cmp(&b.tilted.area()))
    };
    (largest(true), largest(false))
}

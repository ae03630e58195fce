//! What lies in a frame.

use image::RgbImage;
use serde::{Deserialize, Serialize};

use super::candidates::{self, Candidate};
use super::ground::Ground;
use super::papers::{self, Evidence};
use super::plane::Plane;
use super::print::Strokes;
use super::reduced::Reduced;
use super::settings::LocateSettings;
use super::sheets;
use super::text::PALEST;
use crate::frame::{PixelBox, Size};

/// By how much of its width and height the fish's box grows on each side before it is cut out: BGNN's crop.
const CROP_MARGIN: f64 = 0.025;

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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
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
    let size = small.size();
    let ground = Ground::of(&small);
    let distances = ground.distances(&small);
    let plain = distances.opened(3);
    let outlined = distances.opened(1);
    let mut hidden = Plane::filled(size, false);
    let sheets = sheets::find(&plain, 2.5 * ground.noise, &mut hidden);
    let weakest = 3.0 * ground.noise;
    let first = candidates::find(&outlined, weakest, &hidden);
    let mut grown = Plane::filled(size, false);
    if let Some(best) = first
        .iter()
        .find(|c| is_fish(c, &ground, settings, size) && !c.outline.is_square())
    {
        cover_grown(&mut grown, best);
    }
    let strokes = Strokes::of(&small);
    let evidence = Evidence {
        picture,
        small: &small,
        strokes: &strokes,
        plain: &plain,
        sheets: &sheets,
        grown: &grown,
    };
    let papers = papers::find(&evidence);
    for paper in [papers.ruler, papers.label].into_iter().flatten() {
        for y in paper.top as usize..paper.bottom as usize {
            for x in paper.left as usize..paper.right as usize {
                if plain.at(x, y) <= PALEST {
                    hidden.set(x, y, true);
                }
            }
        }
    }
    let candidates = candidates::find(&outlined, weakest, &hidden);
    let taken: Vec<PixelBox> = sheets
        .iter()
        .map(|s| s.tilted.bounds(size))
        .chain(papers.label)
        .chain(papers.ruler)
        .collect();
    let on_paper = |c: &Candidate| {
        taken.iter().any(|t| {
            t.intersection(&c.piece.bounds)
                .is_some_and(|shared| shared.area() * 2 > c.piece.bounds.area())
        })
    };
    let mut fish: Vec<&Candidate> = candidates
        .iter()
        .filter(|c| is_fish(c, &ground, settings, size) && !on_paper(c))
        .collect();
    let largest = fish.iter().map(|f| f.outline.area).fold(0.0, f32::max);
    fish.sort_by_key(|f| {
        f.piece.bounds.touches_edge(size) && f.outline.area < 4.0 * largest || f.outline.area * 4.0 < largest
    });
    if let Some(main) = fish.first().map(|f| f.piece.bounds) {
        let inside = |c: &Candidate| {
            main.intersection(&c.piece.bounds)
                .is_some_and(|s| s.area() * 2 > c.piece.bounds.area())
        };
        let mut index = 0;
        fish.retain(|c| {
            index += 1;
            index == 1 || (!inside(c) && c.outline.area * 10.0 > largest)
        });
    }
    let boxed = |c: &Candidate| small.to_full(c.piece.bounds);
    Scene {
        picture: small.full,
        fish: fish.first().map(|f| Fish {
            bounds: boxed(f),
            head: HeadSide::Unknown,
            cut_by_edge: f.piece.bounds.touches_edge(size),
            tilt_degrees: 0.0,
        }),
        further_fish: fish.iter().skip(1).map(|f| boxed(f)).collect(),
        label: papers.label.map(|b| small.to_full(b)),
        ruler: papers.ruler.map(|b| small.to_full(b)),
    }
}

/// Whether a candidate is large and sharp enough to be a fish.
fn is_fish(candidate: &Candidate, ground: &Ground, settings: &LocateSettings, size: Size) -> bool {
    let outline = &candidate.outline;
    candidate.score > 10.0
        && outline.sharpness > 3.0 + 5.0 * ground.noise
        && outline.tilted.length.max(outline.tilted.breadth) >= settings.min_fish_length * size.width as f32
}

fn cover_grown(grown: &mut Plane<bool>, candidate: &Candidate) {
    let (width, height) = (grown.width() as u32, grown.height() as u32);
    for run in &candidate.piece.runs {
        for y in run.y.saturating_sub(4)..(run.y + 5).min(height) {
            let row = grown.row_mut(y as usize);
            row[run.start.saturating_sub(4) as usize..(run.end + 4).min(width) as usize].fill(true);
        }
    }
}

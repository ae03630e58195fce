//! What lies in a frame.

use image::RgbImage;
use serde::{Deserialize, Serialize};

use super::candidates::{Candidate, Tree};
use super::ground::Ground;
use super::head::Posture;
use super::papers::{self, Evidence};
use super::plane::Plane;
use super::print::Strokes;
use super::reduced::Reduced;
use super::settings::LocateSettings;
use super::sheets::{self, Sheet};
use super::text::PALEST;
use super::walls;
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
    let strokes = Strokes::of(&small);
    let mut table = Table::of(&small, &strokes, &PixelBox::whole(size));
    if let Some(tray) = table.tray() {
        table = Table::of(&small, &strokes, &tray);
    }
    let Table {
        ground,
        distances,
        plain,
        walls,
        mut hidden,
        mut sheets,
        ..
    } = table;
    let outlined = distances.opened(1);
    let weakest = 3.0 * ground.noise;
    let mut tree = Tree::grow(&outlined, weakest, &hidden);
    for _ in 0..MOST_SHEETS_BESIDE {
        let sheet = tree
            .best_with_cores()
            .and_then(|(whole, cores)| sheets::beside(whole, &cores, &plain, &strokes, &hidden));
        let Some(sheet) = sheet else { break };
        sheets::hide(&mut hidden, &sheet, &plain);
        sheets.push(sheet);
        tree = Tree::grow(&outlined, weakest, &hidden);
    }
    let mut grown = walls;
    if let Some(best) = tree.candidates().iter().find(|c| is_fish(c, &ground, settings, size)) {
        sheets::hide_grown(&mut grown, best.piece);
    }
    let evidence = Evidence {
        picture,
        small: &small,
        strokes: &strokes,
        plain: &plain,
        sheets: &sheets,
        grown: &grown,
    };
    let papers = papers::find(&evidence);
    let mut newly_hidden = 0;
    for paper in [papers.ruler, papers.label].into_iter().flatten() {
        for y in paper.top as usize..paper.bottom as usize {
            for x in paper.left as usize..paper.right as usize {
                if plain.at(x, y) <= PALEST && !hidden.at(x, y) {
                    hidden.set(x, y, true);
                    newly_hidden += u32::from(f32::from(outlined.at(x, y)) >= weakest);
                }
            }
        }
    }
    if newly_hidden > 0 {
        tree = Tree::grow(&outlined, weakest, &hidden);
    }
    let taken: Vec<PixelBox> = sheets
        .iter()
        .map(|s| s.tilted.bounds(size))
        .chain(papers.label)
        .chain(papers.ruler)
        .collect();
    let on_paper = |c: &Candidate| {
        let bounds = &c.piece.bounds;
        taken.iter().any(|t| {
            t.intersection(bounds)
                .is_some_and(|shared| shared.area() * 2 > bounds.area())
        })
    };
    let candidates = tree.candidates();
    let mut fish: Vec<&Candidate> = candidates
        .iter()
        .filter(|c| is_fish(c, &ground, settings, size) && !on_paper(c))
        .collect();
    let largest = fish.iter().map(|f| f.outline.area).fold(0.0, f32::max);
    // A whole fish goes before one that is cut, unless it is much smaller.
    fish.sort_by_key(|f| f.piece.bounds.touches_edge(size) || f.outline.area * 4.0 < largest);
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
        fish: fish.first().map(|f| {
            let posture = Posture::of(f.piece, &distances);
            Fish {
                bounds: boxed(f),
                head: posture.head,
                cut_by_edge: f.piece.bounds.touches_edge(size),
                tilt_degrees: posture.tilt_degrees,
            }
        }),
        further_fish: fish.iter().skip(1).map(|f| boxed(f)).collect(),
        label: papers.label.map(|b| small.to_full(b)),
        ruler: papers.ruler.map(|b| small.to_full(b)),
    }
}

/// How often a sheet is looked for beside the best candidate.
const MOST_SHEETS_BESIDE: usize = 3;

/// Whether a candidate is large and sharp enough to be a fish.
fn is_fish(candidate: &Candidate, ground: &Ground, settings: &LocateSettings, size: Size) -> bool {
    let outline = &candidate.outline;
    candidate.score > 10.0
        && !outline.is_square()
        && !sheets::is_streak(&candidate.piece.bounds, size)
        && outline.sharpness > 3.0 + 5.0 * ground.noise
        && outline.tilted.length.max(outline.tilted.breadth) >= settings.min_fish_length * size.width as f32
}

/// The ground of a part of the picture and the printed sheets on it.
struct Table {
    size: Size,
    ground: Ground,
    distances: Plane<u8>,
    /// The distances without thin strokes.
    plain: Plane<u8>,
    walls: Plane<bool>,
    /// Walls and sheets.
    hidden: Plane<bool>,
    sheets: Vec<Sheet>,
}

impl Table {
    fn of(small: &Reduced, strokes: &Strokes, within: &PixelBox) -> Self {
        let size = small.size();
        let ground = Ground::of(small, within);
        let distances = ground.distances(small);
        let plain = distances.opened(3);
        let mut walls = walls::find(&plain, (8.0 * ground.noise).max(25.0) as u8);
        for y in 0..size.height {
            for x in 0..size.width {
                if x < within.left || x >= within.right || y < within.top || y >= within.bottom {
                    walls.set(x as usize, y as usize, true);
                }
            }
        }
        let mut hidden = walls.clone();
        let sheets = sheets::find(&plain, strokes, 2.5 * ground.noise, &mut hidden);
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

/// Least share of the picture that a tray takes up.
const TRAY_SHARE: f64 = 0.45;

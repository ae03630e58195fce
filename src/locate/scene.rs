//! What lies in a frame.

use image::RgbImage;
use serde::{Deserialize, Serialize};

use super::candidates::{Candidate, Tree};
use super::fins;
use super::head::Posture;
use super::judge::Judge;
use super::papers::{self, Evidence, Papers};
use super::plane::Plane;
use super::print::Strokes;
use super::reduced::Reduced;
use super::settings::LocateSettings;
use super::sheets;
use super::table::Table;
use super::text::PALEST;
use crate::frame::{PixelBox, Size};

/// Pictures with a shorter side are not looked at.
const SMALLEST_SIDE: u32 = 16;

/// Least distance of a fish's fins from the ground, in deviations of the ground's noise.
const FISH_DEVIATIONS: f32 = 3.0;

/// How often a sheet is looked for beside the best candidate.
const MOST_SHEETS_BESIDE: usize = 3;

/// A whole fish below this share of the largest one's area does not go before one that is cut.
const SMALL_WHOLE_SHARE: f32 = 0.25;

/// What is below this share of the largest fish's area is no further fish but a loose fin or dirt.
const SMALLEST_FURTHER_SHARE: f32 = 0.1;

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

impl Scene {
    fn empty(picture: Size) -> Self {
        Self {
            picture,
            fish: None,
            further_fish: Vec::new(),
            label: None,
            ruler: None,
        }
    }
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

/// Finds fish, label and ruler in a picture of at least 16 by 16 pixels; a smaller one has nothing on it.
pub fn locate(picture: &RgbImage, settings: &LocateSettings) -> Scene {
    let full = Size::from(picture.dimensions());
    if full.width.min(full.height) < SMALLEST_SIDE {
        return Scene::empty(full);
    }
    let small = Reduced::of(picture);
    let strokes = Strokes::of(&small);
    let mut table = Table::of(&small, &strokes);
    let outlined = table.distances.opened(1);
    let weakest = FISH_DEVIATIONS * table.ground.noise;
    let tree = without_sheets_beside(&mut table, &strokes, &outlined, weakest);

    let papers = find_papers(picture, &small, &strokes, &table, &tree, settings);
    let tree = match hide_papers(&papers, &mut table, &outlined, weakest) {
        true => Tree::grow(&outlined, weakest, &table.hidden, Some(&tree)),
        false => tree,
    };

    let candidates = tree.candidates();
    let fish = fish_of(&candidates, &judge(&table, &strokes, settings), &table, &papers);
    let boxed = |c: &Candidate| small.to_full(c.piece.bounds);
    Scene {
        picture: full,
        fish: fish.first().map(|f| {
            let posture = Posture::of(f.piece, &table.distances, table.ground.shines_through());
            let bounds = fins::with_fins(f, &table.distances, table.ground.noise, &table.hidden);
            Fish {
                bounds: small.to_full(bounds),
                head: posture.head,
                cut_by_edge: bounds.touches_edge(table.size),
                tilt_degrees: posture.tilt_degrees,
            }
        }),
        further_fish: fish.iter().skip(1).map(|f| boxed(f)).collect(),
        label: papers.label.map(|b| small.to_full(b)),
        ruler: papers.ruler.map(|b| small.to_full(b)),
    }
}

/// Grows the tree of candidates, and takes sheets that make one piece with the best candidate out of it.
fn without_sheets_beside(table: &mut Table, strokes: &Strokes, outlined: &Plane<u8>, weakest: f32) -> Tree {
    let mut tree = Tree::grow(outlined, weakest, &table.hidden, None);
    for _ in 0..MOST_SHEETS_BESIDE {
        let sheet = tree
            .best_with_cores()
            .and_then(|(whole, cores)| sheets::beside(whole, &cores, &table.plain, strokes, &table.hidden));
        let Some(sheet) = sheet else { break };
        sheets::hide(&mut table.hidden, &sheet, &table.plain);
        table.sheets.push(sheet);
        tree = Tree::grow(outlined, weakest, &table.hidden, Some(&tree));
    }
    tree
}

fn judge<'a>(table: &'a Table, strokes: &'a Strokes, settings: &LocateSettings) -> Judge<'a> {
    Judge {
        ground: &table.ground,
        plain: &table.plain,
        strokes,
        min_length: settings.min_fish_length * table.size.width as f32,
    }
}

fn find_papers(
    picture: &RgbImage,
    small: &Reduced,
    strokes: &Strokes,
    table: &Table,
    tree: &Tree,
    settings: &LocateSettings,
) -> Papers {
    let judge = judge(table, strokes, settings);
    let best = tree.candidates().into_iter().find(|c| judge.is_fish(c));
    let mut grown = table.walls.clone();
    if let Some(best) = &best {
        sheets::hide_grown(&mut grown, best.piece);
    }
    papers::find(&Evidence {
        picture,
        small,
        strokes,
        plain: &table.plain,
        sheets: &table.sheets,
        grown: &grown,
        fish: best.map(|b| b.piece.bounds),
    })
}

/// Hides ruler and label as far as they are pale; whether that hides anything that stood out.
fn hide_papers(papers: &Papers, table: &mut Table, outlined: &Plane<u8>, weakest: f32) -> bool {
    let mut hides = false;
    for paper in [papers.ruler, papers.label].into_iter().flatten() {
        for y in paper.top as usize..paper.bottom as usize {
            for x in paper.left as usize..paper.right as usize {
                if table.plain.at(x, y) <= PALEST && !table.hidden.at(x, y) {
                    table.hidden.set(x, y, true);
                    hides |= f32::from(outlined.at(x, y)) >= weakest;
                }
            }
        }
    }
    hides
}

/// The fish among the candidates, the one to take first, the others largest first.
fn fish_of<'a>(candidates: &'a [Candidate], judge: &Judge, table: &Table, papers: &Papers) -> Vec<&'a Candidate<'a>> {
    let sheets = table.sheets.iter().map(|s| s.tilted.bounds(table.size));
    let taken: Vec<PixelBox> = sheets.chain(papers.label).chain(papers.ruler).collect();
    let mostly_in = |c: &Candidate, other: &PixelBox| {
        let bounds = &c.piece.bounds;
        other
            .intersection(bounds)
            .is_some_and(|shared| shared.area() * 2 > bounds.area())
    };
    let is_fish = |c: &&Candidate| judge.is_fish(c) && !taken.iter().any(|t| mostly_in(c, t));
    let mut fish: Vec<&Candidate> = candidates.iter().filter(is_fish).collect();
    fish.sort_by(|a, b| b.outline.area.total_cmp(&a.outline.area));
    let Some(largest) = fish.first().map(|f| f.outline.area) else {
        return fish;
    };
    // A whole fish goes before one that is cut, unless it is much smaller.
    fish.sort_by_key(|f| f.piece.bounds.touches_edge(table.size) || f.outline.area < SMALL_WHOLE_SHARE * largest);
    let main = fish.remove(0);
    fish.retain(|c| !mostly_in(c, &main.piece.bounds) && c.outline.area > SMALLEST_FURTHER_SHARE * largest);
    fish.insert(0, main);
    fish
}

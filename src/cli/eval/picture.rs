//! One picture's score and its row of the sheet.

use std::path::PathBuf;

use anyhow::{Context, bail};
use image::{Rgb, RgbImage};

use super::At;
use super::predict::{Prediction, Predictor};
use crate::cli::segment::read_file;
use crate::evaluate::pairs::Pair;
use crate::evaluate::sheet::{Row, panel};
use crate::evaluate::{PictureScore, seen_in};
use crate::frame::PixelBox;
use crate::traits::{LabelForm, Palette, TraitMask, TraitSet, label_picture};

/// How pictures are scored.
pub(super) struct Scoring<'a> {
    pub(super) predictor: &'a Predictor,
    pub(super) at: At,
    /// The traits to score, where the user chose them.
    pub(super) chosen: Option<TraitSet>,
    pub(super) form: Option<LabelForm>,
    pub(super) boundary_share: f64,
    pub(super) rows_wanted: bool,
}

/// A scored picture.
pub(super) struct Item {
    pub(super) score: PictureScore,
    pub(super) picture: Option<PathBuf>,
    pub(super) label: PathBuf,
    /// The part of the picture that was scored.
    pub(super) area: PixelBox,
    /// Traits that the mask says nothing about.
    pub(super) not_assessed: TraitSet,
    /// Traits that the label says nothing about.
    pub(super) not_labelled: TraitSet,
    /// What is worth knowing.
    pub(super) note: Option<String>,
}

impl Scoring<'_> {
    /// Scores one picture; its row of the sheet, if rows are wanted.
    pub(super) fn score(&self, pair: &Pair) -> anyhow::Result<(Item, Option<Row>)> {
        let (label, _) = label_picture::read(&read_file(&pair.label)?, self.form)?;
        let prediction = self.predictor.predict(pair, label.size())?;
        let scored = self.scored(pair, prediction.not_assessed);
        if scored.is_empty() {
            bail!("no trait to score: the labeller drew none that the mask says anything about; --traits chooses");
        }
        let size = match (self.at, self.predictor.manifest()) {
            (At::Network, Some(manifest)) => manifest.input.size(),
            _ => label.size(),
        };
        let mask = seen_in(&prediction.mask, &prediction.covers, &prediction.area, size);
        let names = (pair.name.as_str(), pair.specimen.as_str());
        let score = PictureScore::of(names, &mask, &label.resized(size), scored, self.boundary_share)
            .context("comparing the masks")?;
        let row = self.rows_wanted.then(|| row(&score, &prediction, &label, &mask));
        let item = Item {
            picture: pair.picture.clone(),
            label: pair.label.clone(),
            area: prediction.area,
            not_assessed: prediction.not_assessed,
            not_labelled: pair.not_labelled,
            note: prediction.note.map(str::to_owned).or_else(|| self.doubt(pair, &label)),
            score,
        };
        Ok((item, row))
    }

    fn scored(&self, pair: &Pair, not_assessed: TraitSet) -> TraitSet {
        let silent = not_assessed.union(pair.not_labelled);
        self.chosen.unwrap_or(TraitSet::from_bits(!silent.bits()))
    }

    /// Whether the picture looks like a whole frame that the network was shown as if it were a crop.
    fn doubt(&self, pair: &Pair, label: &TraitMask) -> Option<String> {
        let shown_whole = matches!(self.predictor, Predictor::OnLabelledPart(_)) && pair.area.is_none();
        let fish = label.bounding_box(TraitSet::ALL)?;
        let share = fish.width() * 100 / label.size().width.max(1);
        (shown_whole && share < 60).then(|| {
            format!("the fish fills only {share} % of the picture's width; if this is a whole frame, give its box or --locate")
        })
    }
}

fn row(score: &PictureScore, prediction: &Prediction, label: &TraitMask, mask: &TraitMask) -> Row {
    let blank = || RgbImage::from_pixel(label.size().width.max(1), label.size().height.max(1), Rgb([96; 3]));
    let crop = prediction.crop.clone().unwrap_or_else(blank);
    let worst: Vec<_> = score
        .worst_traits()
        .iter()
        .take(4)
        .map(|(which, iou)| format!("{which} {iou:.2}"))
        .collect();
    let mut lines = vec![format!("boundary IoU {:.3}", score.boundary_iou())];
    lines.extend(worst);
    lines.extend(prediction.note.map(str::to_owned));
    Row {
        name: score.name.clone(),
        score: format!("IoU {:.3}", score.iou()),
        lines,
        panels: vec![
            panel::picture(&crop),
            panel::traits(&crop, label, Palette::Bgnn),
            panel::traits(&crop, mask, Palette::Bgnn),
        ],
    }
}

/// The rows of the worst pictures, of however many there are: the pictures of thousands would fill the memory.
pub(super) struct WorstRows {
    most: usize,
    rows: Vec<(f64, Row)>,
}

impl WorstRows {
    pub(super) fn new(most: usize) -> Self {
        Self { most, rows: Vec::new() }
    }

    pub(super) fn add(&mut self, iou: f64, row: Option<Row>) {
        let Some(row) = row else { return };
        let key = |(iou, row): &(f64, Row)| (*iou, row.name.clone());
        let new = (iou, row);
        let place = self.rows.partition_point(|there| key(there) < key(&new));
        self.rows.insert(place, new);
        self.rows.truncate(self.most);
    }

    pub(super) fn into_worst_first(self) -> impl Iterator<Item = Row> {
        self.rows.into_iter().map(|(_, row)| row)
    }
}

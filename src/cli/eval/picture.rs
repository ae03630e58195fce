//! One picture's score and its row of the sheet.

use std::path::PathBuf;

use anyhow::bail;
use image::{Rgb, RgbImage};

use super::At;
use super::predict::{Prediction, Predictor};
use crate::cli::label_args::WrongSizeArg;
use crate::cli::label_pairs::decode;
use crate::cli::scores;
use crate::evaluate::pairs::Pair;
use crate::evaluate::reference::Sums;
use crate::evaluate::sheet::{Row, panel};
use crate::evaluate::{PictureScore, seen_in};
use crate::frame::{PixelBox, Size};
use crate::labels::{LabelsError, Library};
use crate::locate::HeadSide;
use crate::measure::specimen::cleaned;
use crate::traits::{CleanUp, Palette, TraitMask, TraitSet};

/// How pictures are scored.
pub(super) struct Scoring<'a> {
    pub(super) predictor: &'a Predictor,
    pub(super) at: At,
    /// Whether masks are scored as measuring takes them.
    pub(super) clean_up: bool,
    /// The traits to score, where the user chose them.
    pub(super) chosen: Option<TraitSet>,
    pub(super) labels: &'a Library,
    pub(super) wrong_size: WrongSizeArg,
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
        let picture = decode(pair)?;
        let covered = pair.area.map(|area| area.size());
        let covered = covered.or(picture.as_ref().map(|picture| Size::from(picture.dimensions())));
        let read = self.labels.read(&pair.label, pair.within.as_deref(), covered)?;
        let label = read.mask;
        if let Some(picture) = covered.filter(|size| self.wrong_size != WrongSizeArg::Stretch && *size != label.size())
        {
            let label = label.size();
            return Err(LabelsError::WrongSize { label, picture }.into());
        }
        let mut prediction = self.predictor.predict(pair, picture, label.size())?;
        if self.clean_up {
            prediction.mask = cleaned(&prediction.mask, HeadSide::Unknown, &CleanUp::default());
        }
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
        let truth = label.resized(size);
        let mut score = PictureScore::of(names, &mask, &truth, scored, self.boundary_share)?;
        score.dice_loss = self.dice_loss(&prediction, &truth, scored);
        let row = self.rows_wanted.then(|| row(&score, &prediction, &label, &mask));
        let item = Item {
            picture: pair.picture.clone(),
            label: pair.label.clone(),
            area: prediction.area,
            not_assessed: prediction.not_assessed,
            not_labelled: pair.not_labelled,
            note: self.note(&prediction, read.notes, pair, &label),
            score,
        };
        Ok((item, row))
    }

    /// The reference takes it at the network's size, of probabilities.
    fn dice_loss(&self, prediction: &Prediction, truth: &TraitMask, scored: TraitSet) -> Option<f64> {
        if self.at != At::Network {
            return None;
        }
        let classes = self.predictor.manifest()?.classes().ok()?;
        let probabilities = prediction.probabilities.as_deref()?;
        Some(Sums::of_probabilities(probabilities, &classes, truth, scored)?.dice_loss())
    }

    fn scored(&self, pair: &Pair, not_assessed: TraitSet) -> TraitSet {
        let silent = not_assessed.union(pair.not_labelled);
        self.chosen.unwrap_or(TraitSet::from_bits(!silent.bits()))
    }

    fn note(&self, prediction: &Prediction, mut notes: Vec<String>, pair: &Pair, label: &TraitMask) -> Option<String> {
        notes.extend(prediction.note.map(str::to_owned).or_else(|| self.doubt(pair, label)));
        (!notes.is_empty()).then(|| notes.join("; "))
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
    let mut lines = vec![format!("boundary IoU {:.3}", score.boundary_iou())];
    lines.extend(scores::worst_traits(score, 4));
    let unscored: TraitSet = label.present().iter().filter(|t| !score.scored.contains(*t)).collect();
    if !unscored.is_empty() {
        lines.push(format!("not scored: {}", scores::names(unscored)));
    }
    lines.extend(prediction.note.map(str::to_owned));
    Row {
        name: score.name.clone(),
        score: format!("IoU {:.3}", score.iou()),
        lines,
        panels: vec![
            panel::picture(&crop),
            panel::traits(&crop, label, Palette::Bgnn),
            panel::traits(&crop, mask, Palette::Bgnn),
            panel::difference(&crop, label, mask, score.scored),
        ],
    }
}

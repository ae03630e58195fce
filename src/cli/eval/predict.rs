//! Where masks come from: a network, or a folder of masks that were made before.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use image::RgbImage;
use serde::Deserialize;

use super::EvalArgs;
use crate::analysis::{Analyser, AnalysisSettings};
use crate::cli::label_pairs::labelled_part;
use crate::cli::model::open_bundle;
use crate::cli::segment::read_file;
use crate::evaluate::pairs::{self, LabelPlace, Pair};
use crate::frame::{PixelBox, Size};
use crate::labels::{Library, Reading};
use crate::network::{Manifest, TraitNetwork};
use crate::traits::{Trait, TraitMask, TraitSet};

/// Where masks come from.
pub(super) enum Predictor {
    /// A network that is shown the labelled part of the picture.
    OnLabelledPart(Box<TraitNetwork>),
    /// A network that is shown the fish that was found in the picture.
    OnLocatedFish(Box<Analyser>),
    /// Masks that were made before, by the stems of their pictures, and how they are read.
    Made {
        folder: PathBuf,
        masks: BTreeMap<String, LabelPlace>,
        library: Library,
    },
}

/// The mask of a picture.
pub(super) struct Prediction {
    /// In any size.
    pub(super) mask: TraitMask,
    /// The part of the picture that it covers.
    pub(super) covers: PixelBox,
    /// The part of the picture that the label covers.
    pub(super) area: PixelBox,
    /// Those pixels, where there is a picture.
    pub(super) crop: Option<RgbImage>,
    /// Traits about which the mask says nothing.
    pub(super) not_assessed: TraitSet,
    /// What the network said of each pixel of its input, class by class; `None` where the mask is not straight from a network.
    pub(super) probabilities: Option<Vec<f32>>,
    /// What is worth knowing.
    pub(super) note: Option<&'static str>,
}

impl Predictor {
    pub(super) fn new(args: &EvalArgs, threads: usize) -> anyhow::Result<Self> {
        if let Some(folder) = &args.predictions {
            let reading = Reading {
                // Said of the labels; a picture of a mask tells by itself.
                picture_form: None,
                ..args.reading.reading()?
            };
            return Ok(Self::Made {
                masks: pairs::labels_by_stem(folder)?,
                folder: folder.clone(),
                library: Library::new(reading),
            });
        }
        let bundle = open_bundle(args.bundle.as_deref())?;
        let network = args.half_precision.load(&bundle, threads)?;
        Ok(match args.locate {
            true => Self::OnLocatedFish(Box::new(Analyser::new(network, AnalysisSettings::default()))),
            false => Self::OnLabelledPart(Box::new(network)),
        })
    }

    /// What the network's bundle says, where there is one.
    pub(super) fn manifest(&self) -> Option<&Manifest> {
        self.network().map(TraitNetwork::manifest)
    }

    /// The network, where there is one.
    pub(super) fn network(&self) -> Option<&TraitNetwork> {
        match self {
            Self::OnLabelledPart(network) => Some(network),
            Self::OnLocatedFish(analyser) => Some(analyser.network()),
            Self::Made { .. } => None,
        }
    }

    /// The mask for a pair with this picture, whose label has the size `label`.
    pub(super) fn predict(&self, pair: &Pair, picture: Option<RgbImage>, label: Size) -> anyhow::Result<Prediction> {
        match self {
            Self::OnLabelledPart(network) => {
                let picture = picture.context("has no picture")?;
                let (area, crop) = labelled_part(&picture, pair)?;
                let probabilities = network.probabilities(&crop)?;
                let segmentation = network.segmentation(&probabilities);
                Ok(Prediction {
                    mask: segmentation.mask,
                    covers: area,
                    area,
                    crop: Some(crop),
                    not_assessed: segmentation.not_assessed,
                    probabilities: Some(probabilities),
                    note: None,
                })
            }
            Self::OnLocatedFish(analyser) => {
                let picture = picture.context("has no picture")?;
                let (area, crop) = labelled_part(&picture, pair)?;
                let not_assessed = analyser.network().manifest().not_assessed();
                let found = analyser.whole_frame(&picture)?.specimen;
                let note = found.is_none().then_some("no fish found");
                let (mask, covers) = match found {
                    Some(specimen) => (specimen.mask, specimen.crop_box),
                    None => (TraitMask::empty(area.size()), area),
                };
                Ok(Prediction {
                    mask,
                    covers,
                    area,
                    crop: Some(crop),
                    not_assessed,
                    probabilities: None,
                    note,
                })
            }
            Self::Made { folder, masks, library } => {
                let made = match masks.get(&pair.name) {
                    Some(place) => Made::read(place, library, label)?,
                    None => Made::empty(pair, folder)?,
                };
                let crop = match picture {
                    Some(picture) => Some(labelled_part(&picture, pair)?.1),
                    None => None,
                };
                made.placed(pair, label, crop)
            }
        }
    }
}

/// A mask that was made before.
struct Made {
    mask: TraitMask,
    /// What segment wrote about it.
    note: Option<SegmentNote>,
}

/// What matters here of `NAME_segment.json`, which segment writes beside its masks.
#[derive(Deserialize)]
struct SegmentNote {
    cropped: bool,
    size: Size,
    crop: Option<PixelBox>,
    traits: serde_json::Map<String, serde_json::Value>,
}

impl SegmentNote {
    fn read(path: &Path) -> anyhow::Result<Option<Self>> {
        if !path.is_file() {
            return Ok(None);
        }
        let context = || path.display().to_string();
        let bytes = read_file(path).with_context(context)?;
        Ok(Some(serde_json::from_slice(&bytes).with_context(context)?))
    }

    fn not_assessed(&self) -> TraitSet {
        let says_so = |t: &Trait| self.traits.get(t.bgnn_name()).is_some_and(|v| v == "not assessed");
        Trait::ALL.into_iter().filter(says_so).collect()
    }
}

impl Made {
    /// The mask in a file; `size` is that of what it covers.
    fn read(place: &LabelPlace, library: &Library, size: Size) -> anyhow::Result<Self> {
        let path = &place.file;
        let label = library.read(path, place.within.as_deref(), Some(size));
        let mask = label.with_context(|| path.display().to_string())?.mask;
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let base = name.strip_suffix("_traits").or_else(|| name.strip_suffix("_segmented"));
        let note = match base {
            Some(base) => SegmentNote::read(&path.with_file_name(format!("{base}_segment.json")))?,
            None => None,
        };
        Ok(Self { mask, note })
    }

    /// No mask, where segment noted that it found no fish.
    fn empty(pair: &Pair, folder: &Path) -> anyhow::Result<Self> {
        let note = SegmentNote::read(&folder.join(format!("{}_segment.json", pair.name)))?;
        let Some(note) = note.filter(|note| note.crop.is_none()) else {
            bail!("no mask of {} in {}", pair.name, folder.display());
        };
        Ok(Self {
            mask: TraitMask::empty(note.size),
            note: Some(note),
        })
    }

    /// A mask of a fish that segment located lies where its note says; any other covers what the label covers.
    fn placed(self, pair: &Pair, label: Size, crop: Option<RgbImage>) -> anyhow::Result<Prediction> {
        let not_assessed = self.note.as_ref().map_or(TraitSet::EMPTY, SegmentNote::not_assessed);
        let located = self.note.as_ref().filter(|note| !note.cropped);
        let area = pair
            .area
            .unwrap_or_else(|| PixelBox::whole(located.map_or(label, |note| note.size)));
        let found = located.and_then(|note| note.crop);
        Ok(Prediction {
            note: (located.is_some() && found.is_none()).then_some("no fish found"),
            covers: found.unwrap_or(area),
            mask: self.mask,
            area,
            crop,
            not_assessed,
            probabilities: None,
        })
    }
}

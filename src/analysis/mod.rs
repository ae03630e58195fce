//! What one picture shows: the regions of its frame and the traits of its fish.
//!
//! The way of a frame from decoding to the mask, for everyone who walks it: the live station, `fishrig segment`, the demo, tests.
//! Locates the fish ([`locate`](crate::locate)), cuts the crop from the decoded picture, and runs the [`network`](crate::network) on it.

use std::time::{Duration, Instant};

use image::RgbImage;

use crate::frame::{PixelBox, Size};
use crate::identify::{Code, IdSource, read_codes};
use crate::locate::{HeadSide, LocateSettings, Scene, locate};
use crate::measure::scale::{self, NoScale, Scale};
use crate::measure::specimen::Subject;
use crate::measure::{Findings, MeasureSettings, measure};
use crate::network::{NetworkError, Segmentation, TraitNetwork};
use crate::traits::{Trait, TraitMask, TraitSet};

/// A network, and the settings of what is done before and after it.
pub struct Analyser {
    network: TraitNetwork,
    settings: AnalysisSettings,
}

/// How fish are located and measured.
#[derive(Debug, Clone, PartialEq)]
pub struct AnalysisSettings {
    /// How they are located.
    pub locate: LocateSettings,
    /// How they are measured.
    pub measure: MeasureSettings,
    /// Whether codes are read on the label; default yes where the program can.
    pub codes: bool,
}

impl Default for AnalysisSettings {
    fn default() -> Self {
        Self {
            locate: LocateSettings::default(),
            measure: MeasureSettings::default(),
            codes: IdSource::Barcode.is_built_in(),
        }
    }
}

/// What one picture shows.
#[derive(Debug, Clone)]
pub struct Analysis {
    /// Fish, label and ruler; in a picture given as a crop only the fish, which fills it.
    pub scene: Scene,
    /// The fish that was segmented; `None` where the frame is empty.
    pub specimen: Option<Specimen>,
    /// Scale, quality and measurements.
    pub findings: Findings,
    /// The codes on the label; in a frame without a label those anywhere in it. Empty where they are not looked for.
    pub codes: Vec<Code>,
    /// How long the steps took.
    pub timings: Timings,
}

/// The segmented fish of a picture.
#[derive(Debug, Clone)]
pub struct Specimen {
    /// The part of the picture that the network saw.
    pub crop_box: PixelBox,
    /// Those pixels.
    pub crop: RgbImage,
    /// Which way the head points: where the network's head lies, else what the outline told.
    pub head: HeadSide,
    /// The traits, at the crop's size.
    pub mask: TraitMask,
    /// The size in which the network saw the crop.
    pub resolution: Size,
    /// Mean probability of each trait over its pixels, in channel order; `None` where it is not present.
    pub confidence: [Option<f32>; Trait::COUNT],
    /// Traits about which the network can say nothing.
    pub not_assessed: TraitSet,
}

impl Specimen {
    /// The traits that the mask holds.
    pub fn present(&self) -> TraitSet {
        self.mask.present()
    }

    /// Whether the network sees a fish in its crop: trunk and head cover a twentieth of it. Those of the 41 labelled photographs
    /// of `models/recipe/pairs.tsv` cover 9 % and more (the dragonet; the next 18 %), and of 30 crops without a fish it paints none (`models/README.md`). A network that knows neither trunk nor head can't tell.
    pub fn shows_fish(&self) -> bool {
        let body = TraitSet::EMPTY.with(Trait::Trunk).with(Trait::Head);
        if body.iter().all(|which| self.not_assessed.contains(which)) {
            return true;
        }
        let covered = self.mask.bits().iter().filter(|bits| *bits & body.bits() != 0).count();
        covered * 20 >= self.mask.bits().len()
    }

    /// What is to be measured.
    pub fn subject(&self) -> Subject<'_> {
        Subject {
            mask: &self.mask,
            resolution: self.resolution,
            not_assessed: self.not_assessed,
            crop_box: self.crop_box,
            head: self.head,
        }
    }
}

/// How long the steps of an analysis took. The network, the scale and the codes are worked on side by side where there are processors for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Timings {
    /// Finding fish, label and ruler.
    pub locate: Duration,
    /// Resizing, the network, and its mask.
    pub network: Duration,
    /// Reading the scale.
    pub scale: Duration,
    /// Quality, landmarks and lengths.
    pub measure: Duration,
    /// Reading codes.
    pub codes: Duration,
}

impl Analyser {
    /// An analyser with that network.
    pub fn new(network: TraitNetwork, settings: AnalysisSettings) -> Self {
        Self { network, settings }
    }

    /// The network.
    pub fn network(&self) -> &TraitNetwork {
        &self.network
    }

    /// Analyses a whole frame: locates; then segments, and beside that reads scale and codes, which need no mask; then measures.
    ///
    /// What was located and shows no fish to the network is none.
    ///
    /// # Errors
    /// [`NetworkError::Run`]; a frame without a fish is an answer, not an error.
    pub fn whole_frame(&self, picture: &RgbImage) -> Result<Analysis, NetworkError> {
        let (mut scene, locate) = timed(|| locate(picture, &self.settings.locate));
        let fish = scene.fish.as_ref().map(|fish| (fish.crop(scene.picture), fish.head));
        let segment = || fish.map(|(crop_box, head)| self.segment(crop_of(picture, crop_box), crop_box, head));
        let (segmented, beside) = rayon::join(|| timed(segment), || self.beside(picture, &scene));
        let (specimen, network) = segmented;
        let timings = Timings {
            locate,
            network,
            ..Timings::default()
        };
        let specimen = specimen.transpose()?.filter(Specimen::shows_fish);
        if specimen.is_none() {
            scene.fish = None;
        }
        Ok(self.measured(picture, scene, specimen, beside, timings))
    }

    /// Analyses a picture that is a crop of one fish already.
    ///
    /// # Errors
    /// [`NetworkError::Run`].
    pub fn crop(&self, picture: &RgbImage) -> Result<Analysis, NetworkError> {
        let size = Size::from(picture.dimensions());
        let scene = Scene {
            picture: size,
            fish: None,
            further_fish: Vec::new(),
            label: None,
            ruler: None,
        };
        let whole = PixelBox::whole(size);
        let (specimen, network) = timed(|| self.segment(picture.clone(), whole, HeadSide::Unknown));
        let beside = self.beside(picture, &scene);
        let timings = Timings {
            network,
            ..Timings::default()
        };
        Ok(self.measured(picture, scene, Some(specimen?), beside, timings))
    }

    /// What a frame tells without a mask.
    fn beside(&self, picture: &RgbImage, scene: &Scene) -> Beside {
        // A picture that is a crop of one fish has no label.
        let has_codes = self.settings.codes && (scene.fish.is_some() || scene.label.is_some());
        let read_codes = || match has_codes {
            true => read_codes(picture, scene.label),
            false => Vec::new(),
        };
        let find_scale = || scale::find(picture, scene.ruler, &self.settings.measure.scale);
        let (codes, scale) = rayon::join(|| timed(read_codes), || timed(find_scale));
        Beside { codes, scale }
    }

    fn measured(
        &self,
        picture: &RgbImage,
        scene: Scene,
        specimen: Option<Specimen>,
        Beside { codes, scale }: Beside,
        timings: Timings,
    ) -> Analysis {
        let subject = specimen.as_ref().map(Specimen::subject);
        let measure = || measure(picture, &scene, subject.as_ref(), scale.0, &self.settings.measure);
        let (findings, measured) = timed(measure);
        Analysis {
            scene,
            specimen,
            findings,
            codes: codes.0,
            timings: Timings {
                scale: scale.1,
                measure: measured,
                codes: codes.1,
                ..timings
            },
        }
    }

    fn segment(&self, crop: RgbImage, crop_box: PixelBox, head: HeadSide) -> Result<Specimen, NetworkError> {
        let Segmentation {
            mask,
            confidence,
            not_assessed,
        } = self.network.segment(&crop)?;
        Ok(Specimen {
            crop_box,
            crop,
            // The network's head is better evidence than the outline was.
            head: head_side(&mask).unwrap_or(head),
            resolution: mask.size(),
            mask: mask.resized(crop_box.size()),
            confidence,
            not_assessed,
        })
    }
}

/// What a frame tells without a mask, each with how long it took.
struct Beside {
    codes: (Vec<Code>, Duration),
    scale: (Result<Scale, NoScale>, Duration),
}

/// What a step gives, and how long it took.
fn timed<T>(step: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let result = step();
    (result, start.elapsed())
}

/// The side on which the head's pixels lie, seen from the middle of the whole fish; `None` where there is no clear one.
fn head_side(mask: &TraitMask) -> Option<HeadSide> {
    let head = TraitSet::EMPTY.with(Trait::Head).with(Trait::Eye);
    let lead = mean_column(mask, TraitSet::ALL)? - mean_column(mask, head)?;
    let clear = 0.1 * f64::from(mask.size().width);
    match lead {
        lead if lead > clear => Some(HeadSide::Left),
        lead if lead < -clear => Some(HeadSide::Right),
        _ => None,
    }
}

/// Mean column of the pixels that hold any trait of `of`.
fn mean_column(mask: &TraitMask, of: TraitSet) -> Option<f64> {
    let (mut sum, mut count) = (0u64, 0u64);
    for row in mask.bits().chunks_exact(mask.size().width as usize) {
        for (x, bits) in row.iter().enumerate() {
            if bits & of.bits() != 0 {
                sum += x as u64;
                count += 1;
            }
        }
    }
    (count > 0).then(|| sum as f64 / count as f64)
}

/// A part of a picture, as a picture of its own.
///
/// What of `part` lies outside the picture is left out.
pub fn crop_of(picture: &RgbImage, part: PixelBox) -> RgbImage {
    let Some(part) = part.intersection(&PixelBox::whole(Size::from(picture.dimensions()))) else {
        return RgbImage::default();
    };
    let (stride, row) = (picture.width() as usize * 3, part.width() as usize * 3);
    let first = part.left as usize * 3;
    let mut pixels = Vec::with_capacity(row * part.height() as usize);
    let rows = picture.as_raw().chunks_exact(stride);
    for pixels_of_row in rows.skip(part.top as usize).take(part.height() as usize) {
        pixels.extend_from_slice(&pixels_of_row[first..first + row]);
    }
    RgbImage::from_raw(part.width(), part.height(), pixels).expect("three bytes for each pixel")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn specimen(trunk_rows: u32, not_assessed: TraitSet) -> Specimen {
        let size = Size::new(100, 100);
        let mut mask = TraitMask::empty(size);
        for y in 0..trunk_rows {
            for x in 0..100 {
                mask.set(x, y, TraitSet::EMPTY.with(Trait::Trunk));
            }
        }
        for x in 0..100 {
            mask.set(x, 99, TraitSet::EMPTY.with(Trait::DorsalFin));
        }
        Specimen {
            crop_box: PixelBox::whole(size),
            crop: RgbImage::new(100, 100),
            head: HeadSide::Unknown,
            mask,
            resolution: size,
            confidence: [None; Trait::COUNT],
            not_assessed,
        }
    }

    #[test]
    fn a_crop_without_a_body_shows_no_fish() {
        let none = TraitSet::EMPTY;
        assert!(specimen(5, none).shows_fish());
        assert!(!specimen(4, none).shows_fish());
        let body = none.with(Trait::Trunk).with(Trait::Head);
        assert!(specimen(0, body).shows_fish(), "a network of fins alone can't tell");
        assert!(!specimen(0, none.with(Trait::Trunk)).shows_fish());
    }
}

//! What there is to show: plain values, gathered by the station.

use std::sync::Arc;

use image::RgbImage;

use crate::analysis::Analysis;
use crate::frame::{PixelBox, Size};
use crate::identify::NextIdStatus;
use crate::measure::quality::Quality;
use crate::measure::scale::Scale;
use crate::measure::specimen::Measurements;
use crate::traits::{Palette, Trait, TraitMask, TraitSet};

/// Everything on the screen.
#[derive(Debug, Clone, Default)]
pub struct View {
    /// Name of the station.
    pub station: String,
    /// Local time of day as it is to be shown, for example `14:05`.
    pub clock: String,
    /// Who works here.
    pub operator: Option<String>,
    /// The operator's note for the next records.
    pub note: Option<String>,
    /// The newest frame, upright. About the display's size is best: a larger one takes longer and shows no more.
    pub preview: Option<Arc<RgbImage>>,
    /// What was found in the newest frame that was looked at.
    pub annotations: Annotations,
    /// Whether the newest frame that was looked at is fit to be measured; `None` without a fish.
    pub quality: Option<Quality>,
    /// How the next specimen's id stands.
    pub next_id: NextIdStatus,
    /// What the station is doing.
    pub state: State,
    /// Short sentences that deserve attention but stop nothing, most important first, for example `Temperature 81 °C`.
    pub warnings: Vec<String>,
    /// How fast things go.
    pub rates: Rates,
    /// Room on the storage, where it is known.
    pub storage: Option<FreeSpace>,
    /// Number of records kept here.
    pub records: u64,
    /// Frames that were triggered and are not yet saved.
    pub waiting: Waiting,
    /// Colours of the traits.
    pub palette: Palette,
}

/// What was found in a frame; every rectangle in pixels of a picture of `picture` columns and rows.
#[derive(Debug, Clone)]
pub struct Annotations {
    /// Size of the picture that the rectangles refer to; the picture shown may be a smaller copy of it.
    pub picture: Size,
    /// The fish that is taken.
    pub fish: Option<FishBox>,
    /// Further fish, which are not taken.
    pub further_fish: Vec<PixelBox>,
    /// The label.
    pub label: Option<PixelBox>,
    /// The ruler.
    pub ruler: Option<PixelBox>,
    /// The traits of the fish, once the network has answered.
    pub traits: Option<TraitLayer>,
    /// What was measured, if it is to be shown.
    pub measured: Option<MeasureLayer>,
}

impl Default for Annotations {
    fn default() -> Self {
        Self {
            picture: Size::new(1, 1),
            fish: None,
            further_fish: Vec::new(),
            label: None,
            ruler: None,
            traits: None,
            measured: None,
        }
    }
}

impl From<&Analysis> for Annotations {
    /// What an analysis found, in the picture that was analysed.
    fn from(analysis: &Analysis) -> Self {
        let scene = &analysis.scene;
        Self {
            picture: scene.picture,
            fish: scene.fish.as_ref().map(|fish| FishBox {
                bounds: fish.bounds,
                cut_by_edge: fish.cut_by_edge,
            }),
            further_fish: scene.further_fish.clone(),
            label: scene.label,
            ruler: scene.ruler,
            traits: analysis.specimen.as_ref().map(|specimen| TraitLayer {
                mask: Arc::new(specimen.mask.clone()),
                crop: specimen.crop_box,
                confidence: specimen.confidence,
                not_assessed: specimen.not_assessed,
            }),
            measured: analysis.specimen.as_ref().and_then(|specimen| {
                Some(MeasureLayer {
                    measurements: Arc::new(analysis.findings.measurements.clone()?),
                    crop: specimen.crop_box,
                    scale: analysis.findings.scale.clone(),
                })
            }),
        }
    }
}

/// What was measured on a fish and where it belongs.
#[derive(Debug, Clone)]
pub struct MeasureLayer {
    /// Landmarks and lengths, in pixels of the crop.
    pub measurements: Arc<Measurements>,
    /// Where the crop lies in the picture.
    pub crop: PixelBox,
    /// The picture's scale, if it has one.
    pub scale: Option<Scale>,
}

/// Where the fish is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FishBox {
    /// The smallest rectangle around it.
    pub bounds: PixelBox,
    /// Whether a part of it is outside the picture.
    pub cut_by_edge: bool,
}

/// A network's answer and where it belongs.
#[derive(Debug, Clone)]
pub struct TraitLayer {
    /// The mask in any size; it is stretched over `crop`.
    pub mask: Arc<TraitMask>,
    /// The part of the picture that the network saw.
    pub crop: PixelBox,
    /// Confidence in each trait present, 0 to 1, in channel order.
    pub confidence: [Option<f32>; Trait::COUNT],
    /// Traits that the network never learnt: neither present nor absent.
    pub not_assessed: TraitSet,
}

/// What the station is doing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum State {
    /// Getting ready.
    Starting {
        /// What takes the time, for example `Loading the network`.
        what: String,
    },
    /// No frame has come yet.
    #[default]
    NoPicture,
    /// No fish in the picture.
    Looking,
    /// A fish is there, the network has not answered yet.
    Segmenting,
    /// A fish and its traits are there.
    FishFound {
        /// What the operator does to save, for example `Press SPACE to save`.
        hint: String,
    },
    /// The trigger `auto` waits until nothing moves.
    Settling {
        /// Seconds until the frame is taken, rounded up.
        seconds: u32,
    },
    /// The scene is still, and the trigger `auto` takes no picture.
    HeldBack {
        /// Why, in a few words, for example `out of focus`.
        why: String,
    },
    /// A part of the fish is outside the picture.
    FishCut,
    /// The trigger `auto` has taken this specimen already.
    AlreadySaved {
        /// Its record.
        id: String,
    },
    /// A frame was taken and is being written.
    Saving {
        /// Its record.
        id: String,
    },
    /// The record is committed: no power cut can harm it.
    Saved {
        /// The record.
        id: String,
        /// Whether this happened within about the last second: the whole screen turns green.
        just_now: bool,
    },
    /// The record is committed although checks found its picture bad.
    SavedInSpite {
        /// The record.
        id: String,
        /// What they found, in a few words.
        of: String,
    },
    /// The last record was marked as void.
    Voided {
        /// The record.
        id: String,
    },
    /// A trigger was refused since too many frames wait.
    Refused,
    /// Nothing can be saved: the free-space floor is reached.
    StorageFull,
    /// Something else that a person must mend.
    Failed {
        /// What happened, in a few words, for example `No camera`.
        what: String,
        /// What to do, a sentence or two.
        cure: String,
    },
}

/// How fast things go; `None` where nothing was measured yet.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Rates {
    /// Frames a second from the source.
    pub frames: Option<f32>,
    /// Network runs a second.
    pub network: Option<f32>,
    /// Milliseconds from capture to result.
    pub latency_ms: Option<f32>,
}

/// Room on the storage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FreeSpace {
    /// Bytes that may be written before the floor is reached.
    pub bytes: u64,
    /// Whether it is time to do something about it.
    pub low: bool,
}

/// Frames that were triggered and are not yet saved.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Waiting {
    /// How many wait now.
    pub frames: u32,
    /// How many may wait.
    pub limit: u32,
}

//! What a record is made of, as the station hands it over.

use std::collections::BTreeMap;

use image::RgbImage;
use serde::{Deserialize, Serialize};

use crate::frame::{Frame, Orientation, PixelBox, Size};
use crate::identify::{Identity, RecordId};
use crate::locate::HeadSide;
use crate::measure::Findings;
use crate::traits::{Trait, TraitMask, TraitSet};

/// Everything that one record holds. Plain values; [`super::Store::commit`] turns them into files.
#[derive(Debug, Clone)]
pub struct RecordDraft {
    /// The id wanted. Where a record has it already, this one gets `-2`, `-3`, … and keeps the wanted id as its specimen.
    pub id: RecordId,
    /// Where the id came from; `None` where that is not known.
    pub identity: Option<Identity>,
    /// The frame as captured.
    pub frame: Frame,
    /// Size of the decoded, upright frame; all boxes are in it.
    pub picture: Size,
    /// The orientation that the frame's file states.
    pub orientation: Orientation,
    /// The fish; `None` where none was found, which leaves a record of the frame alone.
    pub fish: Option<FishDraft>,
    /// The specimen's label.
    pub label: Option<PixelBox>,
    /// The ruler.
    pub ruler: Option<PixelBox>,
    /// What was measured; `None` where the frame was not analysed.
    pub findings: Option<Findings>,
    /// Name of the station.
    pub station: String,
    /// The collection whose specimen it is; may be empty.
    pub collection: String,
    /// Who works at it.
    pub operator: String,
    /// Free text.
    pub note: String,
    /// What asked for the picture: `key`, `button`, `timer` and the like; may be empty.
    pub trigger: String,
    /// Whether the wall clock was synchronized at capture; `None` where that is not known.
    pub clock_synchronized: Option<bool>,
    /// SHA-256 of the settings in force, in hexadecimal digits.
    pub settings_sha256: String,
    /// Milliseconds by stage, for example `locate`, `network`.
    pub timings_ms: BTreeMap<String, f64>,
    /// The picture that the operator saw, as a JPEG file.
    pub overlay_jpeg: Option<Vec<u8>>,
    /// Further files: what follows `<id>_` in the name, for example `label.jpg`, and the content.
    pub further_files: Vec<(String, Vec<u8>)>,
}

/// The fish of a record and what the network said about it.
#[derive(Debug, Clone)]
pub struct FishDraft {
    /// The smallest box around the fish, in the upright frame.
    pub bounds: PixelBox,
    /// The box that was cut out for the network, in the upright frame.
    pub crop_box: PixelBox,
    /// Where the head points.
    pub head: HeadSide,
    /// The crop as the network saw it before resizing; as large as `crop_box`.
    pub crop: RgbImage,
    /// The traits, as large as `crop_box`.
    pub mask: TraitMask,
    /// Confidence of each trait in channel order, 0 to 1; `None` where the trait is absent or not assessed.
    pub confidence: [Option<f32>; Trait::COUNT],
    /// Traits that the network never learnt.
    pub not_assessed: TraitSet,
    /// Which network.
    pub network: NetworkIdentity,
}

/// The network that made a mask.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkIdentity {
    /// Name of its bundle.
    pub name: String,
    /// Version of its bundle.
    pub version: String,
    /// SHA-256 of its ONNX file, in hexadecimal digits.
    pub sha256: String,
    /// The format of half precision, such as "float16", in which some of it was computed; its masks depend on the processor then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub half_precision: Option<String>,
}

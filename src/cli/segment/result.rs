//! What is known of one picture after it was segmented: the content of `NAME_segment.json`, and a line of `--json`.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize, Serializer};

use super::batch::Batch;
use super::pictures::Picture;
use crate::analysis::{Analysis, Specimen};
use crate::frame::{Orientation, PixelBox, Point, Size};
use crate::identify::{Code, Symbology};
use crate::locate::HeadSide;
use crate::measure::{Findings, Quantity};
use crate::traits::Trait;

/// What is known of one picture afterwards; the content of `NAME_segment.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct PictureResult {
    /// The picture's path as given.
    #[serde(serialize_with = "as_text")]
    pub(super) picture: PathBuf,
    /// SHA-256 of the picture's file.
    pub(super) sha256: String,
    /// Whether the picture was taken as a crop.
    pub(super) cropped: bool,
    /// The version of fishrig that made it.
    pub(super) fishrig: String,
    /// Name and SHA-256 of the network.
    pub(super) network: NetworkName,
    /// Pixels of the upright picture.
    pub(super) size: Size,
    /// EXIF orientation that was applied to make it upright.
    pub(super) orientation: u8,
    /// Boxes in the upright picture; absent where there is none.
    pub(super) fish: Option<PixelBox>,
    /// Which way the head points.
    pub(super) head: Option<HeadSide>,
    /// The fish goes on beyond the frame's edge.
    pub(super) cut_by_edge: bool,
    /// Fish beside the one that was segmented.
    pub(super) further_fish: Vec<PixelBox>,
    pub(super) label: Option<PixelBox>,
    pub(super) ruler: Option<PixelBox>,
    /// What the codes on the label say; absent where there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) codes: Vec<ReadCode>,
    /// The part that the network saw.
    pub(super) crop: Option<PixelBox>,
    /// Trunk and head cover enough of it for a fish.
    pub(super) shows_fish: bool,
    /// Each trait: pixels and mean probability, or that it was not assessed. Empty where there is no fish.
    pub(super) traits: serde_json::Map<String, serde_json::Value>,
    /// Scale, quality and measurements.
    pub(super) findings: Findings,
    /// Files written, relative to the output folder.
    #[serde(serialize_with = "as_texts")]
    pub(super) files: Vec<PathBuf>,
}

/// JSON holds Unicode only; bytes in a file's name that are none are replaced, and such a picture is done again by a later run.
fn as_text<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&path.to_string_lossy())
}

fn as_texts<S: Serializer>(paths: &[PathBuf], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(paths.iter().map(|path| path.to_string_lossy()))
}

/// A code that was read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct ReadCode {
    payload: String,
    symbology: Symbology,
    /// Its corners in the upright picture.
    place: Vec<Point>,
}

impl ReadCode {
    fn of(code: &Code) -> Self {
        Self {
            payload: code.payload.clone(),
            symbology: code.symbology,
            place: code.place.clone(),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct NetworkName {
    name: String,
    sha256: String,
    /// The format of half precision in which some of it was computed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    half_precision: Option<String>,
}

impl NetworkName {
    fn of(batch: &Batch) -> Self {
        let network = batch.analyser.network();
        Self {
            name: network.manifest().name.clone(),
            sha256: network.manifest().sha256.clone(),
            half_precision: network.half_precision().map(str::to_owned),
        }
    }
}

impl PictureResult {
    /// What an analysis found, and the files that were written about it.
    pub(super) fn of(
        batch: &Batch,
        picture: &Picture,
        sha256: String,
        orientation: Orientation,
        analysis: &Analysis,
        files: Vec<PathBuf>,
    ) -> Self {
        let scene = &analysis.scene;
        let specimen = analysis.specimen.as_ref();
        Self {
            picture: picture.path.clone(),
            sha256,
            cropped: batch.cropped,
            fishrig: env!("CARGO_PKG_VERSION").to_owned(),
            network: NetworkName::of(batch),
            size: scene.picture,
            orientation: orientation.exif(),
            fish: scene.fish.as_ref().map(|f| f.bounds),
            head: specimen.map(|s| s.head),
            cut_by_edge: scene.fish.as_ref().is_some_and(|f| f.cut_by_edge),
            further_fish: scene.further_fish.clone(),
            label: scene.label,
            ruler: scene.ruler,
            codes: analysis.codes.iter().map(ReadCode::of).collect(),
            crop: specimen.map(|s| s.crop_box),
            shows_fish: specimen.is_some_and(Specimen::shows_fish),
            traits: specimen.map(describe_traits).unwrap_or_default(),
            findings: analysis.findings.clone(),
            files,
        }
    }

    /// Whether a run of this batch on a file with that hash would give the same again.
    pub(super) fn holds_for(&self, batch: &Batch, sha256: &str) -> bool {
        self.sha256 == sha256
            && self.cropped == batch.cropped
            && self.fishrig == env!("CARGO_PKG_VERSION")
            && self.network == NetworkName::of(batch)
    }

    /// What was found, for people.
    pub(super) fn words(&self) -> String {
        let mut words = String::new();
        if self.crop.is_none() || !self.shows_fish {
            return words + "no fish found";
        }
        if let Some(fish) = &self.fish {
            words += &format!("fish {fish}, ");
        }
        match self.head {
            Some(HeadSide::Left) => words += "head left; ",
            Some(HeadSide::Right) => words += "head right; ",
            Some(HeadSide::Unknown) | None => words += "head side unknown; ",
        }
        if self.cut_by_edge {
            words += "cut by the frame's edge; ";
        }
        if !self.further_fish.is_empty() {
            words += &format!("{} further fish; ", self.further_fish.len());
        }
        let present = self.traits.iter().filter(|(_, v)| v["pixels"].as_u64() > Some(0));
        let names: Vec<_> = present.map(|(name, _)| name.replace('_', " ")).collect();
        words += &names.join(", ");
        for (short, quantity) in [("SL", Quantity::StandardLength), ("TL", Quantity::TotalLength)] {
            if let Some(length) = self.length(quantity) {
                words += &format!("; {short} {length}");
            }
        }
        words
    }

    /// For example `8.52 ± 0.03 cm`, or in pixels where there is no scale.
    fn length(&self, quantity: Quantity) -> Option<String> {
        let reading = self.findings.measurements.as_ref()?.values.get(&quantity)?;
        Some(match reading.specimen {
            Some(length) => length.words(quantity.unit()),
            None => reading.picture.words(quantity.picture_unit()),
        })
    }
}

fn describe_traits(specimen: &Specimen) -> serde_json::Map<String, serde_json::Value> {
    let pixels = specimen.mask.pixel_counts();
    let describe = |which: Trait| match specimen.not_assessed.contains(which) {
        true => serde_json::json!("not assessed"),
        false => serde_json::json!({
            "pixels": pixels[which.channel()],
            "confidence": specimen.confidence[which.channel()].map(|c| (f64::from(c) * 1000.0).round() / 1000.0),
        }),
    };
    Trait::ALL
        .iter()
        .map(|t| (t.bgnn_name().to_owned(), describe(*t)))
        .collect()
}

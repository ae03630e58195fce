//! Segmentations for 3D Slicer: `<id>_segmentation.seg.nrrd`, one slice, a segment for each trait that is present.
//!
//! The format is NRRD (teem, *Definition of NRRD File Format*, version 4) with the fields by which Slicer's segmentations module knows a
//! segmentation. A pixel may hold several traits, so traits that overlap lie in different layers, as few as there can be when they are filled in
//! channel order; nothing is painted over, and where no two traits overlap the file is a plain label map. A trait's label is its channel plus 1.
//!
//! Spacing is in millimetres, from the picture's scale at the middle of the crop, and the origin is that of the upright frame. Without a scale a
//! pixel counts as 1 mm, and `fishrig_scale:=none` says so.

use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::facts;
use super::output::{Destination, Put};
use super::{ExportError, Exported, Folder, Outcome, Progress, Selection, each_record, mask_of};
use crate::frame::{PixelBox, Point};
use crate::measure::Measured;
use crate::store::record::FishFacts;
use crate::store::{Archive, Storage};
use crate::traits::{Palette, Trait, TraitMask, TraitSet};

/// Writes one file a record into `folder`, which may hold an earlier export.
///
/// # Errors
/// See [`ExportError`]; records that can't be read are in [`Exported::failed`], those without a fish in [`Exported::skipped`].
pub fn export<S: Storage>(
    archive: &Archive<S>,
    selection: Selection,
    folder: &Path,
    progress: &mut dyn FnMut(Progress),
) -> Result<Exported, ExportError> {
    export_into(archive, selection, Folder::create(folder, archive.root())?, progress)
}

fn export_into<S: Storage, D: Destination>(
    archive: &Archive<S>,
    selection: Selection,
    mut folder: Folder<D>,
    progress: &mut dyn FnMut(Progress),
) -> Result<Exported, ExportError> {
    let mut exported = each_record(archive, selection, progress, |place, record| {
        let Some(fish) = &record.fish else {
            return Ok(Outcome::Skipped("no fish was found".to_owned()));
        };
        let mask = mask_of(archive, place, record, fish);
        let (mask, findings) = match (mask, facts::findings(archive, place, record)) {
            (Ok(mask), Ok(findings)) => (mask, findings),
            (Err(problem), _) | (_, Err(problem)) => return Ok(Outcome::Failed(problem)),
        };
        let scale = findings
            .and_then(|f| f.scale)
            .map(|scale| scale.at(middle(fish.crop_box)));
        let name = format!("{}_segmentation.seg.nrrd", record.id);
        let content = match file(fish, &mask, scale) {
            Ok(content) => content,
            Err(problem) => return Ok(Outcome::Failed(problem)),
        };
        Ok(match folder.put(&name, &content)? {
            Put::Done => Outcome::Done,
            Put::OtherContent => Outcome::Failed(format!("{name} is there with another content")),
        })
    })?;
    exported.copied = folder.finish(progress)?;
    Ok(exported)
}

fn middle(b: PixelBox) -> Point {
    Point {
        x: f64::from(b.left + b.right) / 2.0,
        y: f64::from(b.top + b.bottom) / 2.0,
    }
}

fn file(fish: &FishFacts, mask: &TraitMask, scale: Option<Measured>) -> Result<Vec<u8>, String> {
    let layers = Layers::of(mask);
    let mut file = header(fish, mask, &layers, scale).into_bytes();
    let pixels = layers.pixels(mask);
    let mut gzip = GzEncoder::new(&mut file, Compression::default());
    gzip.write_all(&pixels)
        .and_then(|()| gzip.finish())
        .map_err(|e| format!("can't be compressed: {e}"))?;
    Ok(file)
}

/// Which traits lie in which layer.
struct Layers(Vec<TraitSet>);

impl Layers {
    /// Each trait goes into the first layer where it overlaps nothing.
    fn of(mask: &TraitMask) -> Self {
        let mut together = [TraitSet::EMPTY; Trait::COUNT];
        // Few different sets of traits occur, each in many pixels.
        let mut sets: Vec<u16> = mask.bits().to_vec();
        sets.sort_unstable();
        sets.dedup();
        for set in sets {
            let set: TraitSet = Trait::ALL
                .into_iter()
                .filter(|t| set & TraitSet::EMPTY.with(*t).bits() != 0)
                .collect();
            for which in set.iter() {
                together[which.channel()] = together[which.channel()].union(set);
            }
        }
        let mut layers: Vec<TraitSet> = Vec::new();
        for which in mask.present().iter() {
            let overlapping = together[which.channel()];
            match layers.iter_mut().find(|layer| layer.bits() & overlapping.bits() == 0) {
                Some(layer) => *layer = layer.with(which),
                None => layers.push(TraitSet::EMPTY.with(which)),
            }
        }
        if layers.is_empty() {
            layers.push(TraitSet::EMPTY);
        }
        Self(layers)
    }

    fn layer_of(&self, which: Trait) -> usize {
        self.0.iter().position(|layer| layer.contains(which)).unwrap_or(0)
    }

    /// The labels, the layers of a pixel beside each other, pixels row by row.
    fn pixels(&self, mask: &TraitMask) -> Vec<u8> {
        let bits = mask.bits().iter();
        let label = |bits: u16| if bits == 0 { 0 } else { bits.trailing_zeros() as u8 + 1 };
        bits.flat_map(|bits| self.0.iter().map(move |layer| label(bits & layer.bits())))
            .collect()
    }
}

fn header(fish: &FishFacts, mask: &TraitMask, layers: &Layers, scale: Option<Measured>) -> String {
    let (width, height) = (mask.size().width, mask.size().height);
    let mm = scale.map_or(1.0, |s| 10.0 / s.value);
    let (left, top) = (mm * f64::from(fish.crop_box.left), mm * f64::from(fish.crop_box.top));
    let count = layers.0.len();
    let mut lines = vec!["NRRD0004".to_owned(), "type: unsigned char".to_owned()];
    // Slicer takes a first axis of layers only where there are several.
    let (axis, direction, kind) = match count {
        1 => (String::new(), "", ""),
        n => (format!("{n} "), "none ", "list "),
    };
    lines.push(format!("dimension: {}", if count == 1 { 3 } else { 4 }));
    lines.push("space: left-posterior-superior".to_owned());
    lines.push(format!("sizes: {axis}{width} {height} 1"));
    lines.push(format!("space directions: {direction}({mm},0,0) (0,{mm},0) (0,0,{mm})"));
    lines.push(format!("kinds: {kind}domain domain domain"));
    lines.push("space units: \"mm\" \"mm\" \"mm\"".to_owned());
    lines.push("encoding: gzip".to_owned());
    lines.push(format!("space origin: ({left},{top},0)"));
    for (number, which) in mask.present().iter().enumerate() {
        let [red, green, blue] = Palette::Bgnn.colour(which).map(|c| f64::from(c) / 255.0);
        let around = mask
            .bounding_box(TraitSet::EMPTY.with(which))
            .unwrap_or(PixelBox::whole(mask.size()));
        let mut field = |name: &str, value: String| lines.push(format!("Segment{number}_{name}:={value}"));
        field("ID", which.bgnn_name().to_owned());
        field("Name", which.label().to_owned());
        field("NameAutoGenerated", "0".to_owned());
        field("Color", format!("{red:.6} {green:.6} {blue:.6}"));
        field("ColorAutoGenerated", "0".to_owned());
        field("LabelValue", (which.channel() + 1).to_string());
        field("Layer", layers.layer_of(which).to_string());
        // The last column and row, not the one behind it.
        let (right, bottom) = (around.right.max(1) - 1, around.bottom.max(1) - 1);
        field("Extent", format!("{} {right} {} {bottom} 0 0", around.left, around.top));
        field("Tags", "Segmentation.Status:completed|".to_owned());
    }
    lines.push("Segmentation_ContainedRepresentationNames:=Binary labelmap|".to_owned());
    lines.push("Segmentation_MasterRepresentation:=Binary labelmap".to_owned());
    lines.push("Segmentation_ReferenceImageExtentOffset:=0 0 0".to_owned());
    lines.push(match scale {
        Some(s) => format!("fishrig_scale:={} px/cm, uncertainty {} px/cm", s.value, s.uncertainty),
        None => "fishrig_scale:=none".to_owned(),
    });
    lines.push("\n".to_owned());
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::Size;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_bit_lies_in_one_layer(bits in prop::collection::vec(0u16..1 << 12, 12)) {
            let mask = TraitMask::from_bits(Size::new(4, 3), bits.clone()).unwrap();
            let layers = Layers::of(&mask);
            let pixels = layers.pixels(&mask);
            prop_assert_eq!(pixels.len(), 12 * layers.0.len());
            for (i, bits) in bits.into_iter().enumerate() {
                let labels = &pixels[i * layers.0.len()..][..layers.0.len()];
                let back = labels.iter().filter(|l| **l > 0).fold(0, |sum, l| sum + (1u16 << (l - 1)));
                prop_assert_eq!(back, bits);
            }
        }
    }

    #[test]
    fn traits_that_do_not_overlap_share_a_layer() {
        let mask = TraitMask::from_bits(Size::new(2, 2), vec![1, 2, 4, 2]).unwrap();
        assert_eq!(Layers::of(&mask).0.len(), 1);
        assert_eq!(Layers::of(&TraitMask::empty(Size::new(2, 2))).0.len(), 1);
    }
}

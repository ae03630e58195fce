//! Writing NRRD files for 3D Slicer: segmentations, and plain label maps.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::frame::PixelBox;
use crate::traits::{Palette, Trait, TraitMask, TraitSet};

/// A segmentation for 3D Slicer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Segmentation<'a> {
    /// The traits; each that is present becomes a segment.
    pub(crate) mask: &'a TraitMask,
    /// Millimetres a pixel.
    pub(crate) spacing: f64,
    /// The place of the first pixel's middle, in millimetres to the right and down.
    pub(crate) origin: (f64, f64),
    /// Further key/value pairs of the header.
    pub(crate) fields: &'a [(&'a str, String)],
}

/// The file of a segmentation: one slice, as many layers as overlapping traits need, gzip. A trait's label is its channel plus 1.
///
/// # Errors
/// What the compression says.
pub(crate) fn segmentation(content: &Segmentation) -> std::io::Result<Vec<u8>> {
    let layers = Layers::of(content.mask);
    let lines = header(content, &layers);
    compressed(lines, &layers.pixels(content.mask))
}

/// The file of a label map without names: one slice of class ids, gzip, a pixel counting 1 mm, where Slicer shows the picture. Of overlapping traits
/// the one of the highest channel counts.
///
/// # Errors
/// What the compression says.
pub(crate) fn label_map(mask: &TraitMask) -> std::io::Result<Vec<u8>> {
    let lines = geometry(mask, 1, 1.0, (0.0, 0.0));
    compressed(lines, &class_ids(mask))
}

/// Class ids, row by row; of overlapping traits the one that BGNN's painting shows.
pub(in crate::labels) fn class_ids(mask: &TraitMask) -> Vec<u8> {
    mask.bits()
        .iter()
        .map(|bits| (16 - bits.leading_zeros()) as u8)
        .collect()
}

fn compressed(mut lines: Vec<String>, pixels: &[u8]) -> std::io::Result<Vec<u8>> {
    lines.push("\n".to_owned());
    let mut file = lines.join("\n").into_bytes();
    let mut gzip = GzEncoder::new(&mut file, Compression::default());
    gzip.write_all(pixels)?;
    gzip.finish()?;
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
        for set in sets.into_iter().map(TraitSet::from_bits) {
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

/// The fields that say what lies where.
fn geometry(mask: &TraitMask, layers: usize, mm: f64, (left, top): (f64, f64)) -> Vec<String> {
    let (width, height) = (mask.size().width, mask.size().height);
    // Slicer takes a first axis of layers only where there are several.
    let (dimension, axis, direction, kind) = match layers {
        1 => (3, String::new(), "", ""),
        n => (4, format!("{n} "), "none ", "list "),
    };
    vec![
        "NRRD0004".to_owned(),
        "type: unsigned char".to_owned(),
        format!("dimension: {dimension}"),
        "space: left-posterior-superior".to_owned(),
        format!("sizes: {axis}{width} {height} 1"),
        format!("space directions: {direction}({mm},0,0) (0,{mm},0) (0,0,{mm})"),
        format!("kinds: {kind}domain domain domain"),
        "space units: \"mm\" \"mm\" \"mm\"".to_owned(),
        "encoding: gzip".to_owned(),
        format!("space origin: ({left},{top},0)"),
    ]
}

fn header(content: &Segmentation, layers: &Layers) -> Vec<String> {
    let mask = content.mask;
    let mut lines = geometry(mask, layers.0.len(), content.spacing, content.origin);
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
    lines.extend(content.fields.iter().map(|(key, value)| format!("{key}:={value}")));
    lines
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

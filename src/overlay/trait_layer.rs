//! The traits over the picture: their areas translucent, their borders in full colour.

use std::ops::Range;

use image::RgbImage;

use super::view::TraitLayer;
use crate::traits::{Palette, Rgb, Trait, TraitSet};

/// Share of a trait's colour in its area, in hundredths.
const COLOUR_SHARE: u32 = 40;

/// The order in which traits cover each other on the screen: what is small lies on what is large, so that everything can be seen. (BGNN's
/// files are painted in channel order, in which the trunk would cover all.)
const FROM_BELOW: [Trait; Trait::COUNT] = [
    Trait::Trunk,
    Trait::Head,
    Trait::DorsalFin,
    Trait::CaudalFin,
    Trait::AnalFin,
    Trait::PelvicFin,
    Trait::PectoralFin,
    Trait::AdiposeFin,
    Trait::CaudalFinRay,
    Trait::AltFinRay,
    Trait::AltFinSpine,
    Trait::Eye,
];

/// The part of a picture that is seen, in pixels of the picture, not always whole ones.
pub struct Seen {
    /// From left to right.
    pub columns: Range<f64>,
    /// From top to bottom.
    pub rows: Range<f64>,
}

/// Lays the traits over `shown`, in which `seen` of the picture is seen. Borders are `line` pixels wide on either side.
pub fn paint(shown: &mut RgbImage, layer: &TraitLayer, seen: &Seen, palette: Palette, line: u32) {
    let (crop, mask) = (layer.crop, layer.mask.size());
    let columns = Mapping::new(crop.left..crop.right, mask.width, &seen.columns, shown.width());
    let rows = Mapping::new(crop.top..crop.bottom, mask.height, &seen.rows, shown.height());
    let uppermost = uppermost_table();
    let (width, height) = (columns.source.len(), rows.source.len());
    if width == 0 || height == 0 {
        return;
    }
    // A rim of `line` pixels without traits around the area spares the search for borders its own borders.
    let rim = line as usize;
    let stride = width + 2 * rim;
    let mut traits = vec![0u8; stride * (height + 2 * rim)];
    for (to, y) in traits.chunks_exact_mut(stride).skip(rim).zip(&rows.source) {
        let from = layer.mask.row(*y);
        for (to, x) in to[rim..].iter_mut().zip(&columns.source) {
            *to = uppermost[usize::from(from[*x as usize])];
        }
    }
    let row_bytes = shown.width() as usize * 3;
    let bytes = shown.as_flat_samples_mut().samples;
    for y in 0..height {
        let start = (rows.first as usize + y) * row_bytes + columns.first as usize * 3;
        for (x, pixel) in bytes[start..start + width * 3].chunks_exact_mut(3).enumerate() {
            let at = (y + rim) * stride + x + rim;
            let Some(which) = Trait::from_channel(usize::from(traits[at]).wrapping_sub(1)) else {
                continue;
            };
            let colour = palette.colour(which);
            if is_border(&traits, at, stride, rim) {
                pixel.copy_from_slice(&colour);
            } else {
                blend(pixel, colour);
            }
        }
    }
}

/// Whether another value lies within `reach` pixels along a row or column.
fn is_border(traits: &[u8], at: usize, stride: usize, reach: usize) -> bool {
    let here = traits[at];
    (1..=reach).any(|d| {
        traits[at - d] != here
            || traits[at + d] != here
            || traits[at - d * stride] != here
            || traits[at + d * stride] != here
    })
}

fn blend(pixel: &mut [u8], colour: Rgb) {
    for (to, colour) in pixel.iter_mut().zip(colour) {
        *to = ((u32::from(*to) * (100 - COLOUR_SHARE) + u32::from(colour) * COLOUR_SHARE + 50) / 100) as u8;
    }
}

/// For each set of traits the number of the one that is seen, from 1; 0 for none.
fn uppermost_table() -> Vec<u8> {
    let mut table = vec![0u8; usize::from(TraitSet::ALL.bits()) + 1];
    for which in FROM_BELOW {
        for (bits, uppermost) in table.iter_mut().enumerate() {
            if TraitSet::from_bits(bits as u16).contains(which) {
                *uppermost = which.channel() as u8 + 1;
            }
        }
    }
    table
}

/// Which pixels of the screen a mask covers along one axis, and which of its pixels each of them shows.
struct Mapping {
    first: u32,
    source: Vec<u32>,
}

impl Mapping {
    /// The mask of `mask` pixels lies over `crop` of a picture of which `seen` is shown in `shown` pixels.
    fn new(crop: Range<u32>, mask: u32, seen: &Range<f64>, shown: u32) -> Self {
        let scale = (seen.end - seen.start) / f64::from(shown);
        let mut first = 0;
        let mut source = Vec::new();
        if crop.is_empty() {
            return Self { first, source };
        }
        for position in 0..shown {
            let in_picture = seen.start + (f64::from(position) + 0.5) * scale;
            let in_mask = (in_picture - f64::from(crop.start)) / f64::from(crop.end - crop.start) * f64::from(mask);
            if in_mask >= 0.0 && in_mask < f64::from(mask) {
                if source.is_empty() {
                    first = position;
                }
                source.push(in_mask as u32);
            }
        }
        Self { first, source }
    }
}

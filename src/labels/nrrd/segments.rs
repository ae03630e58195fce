//! The segments that a header of Slicer names, and the picture that they were drawn on.

use super::header::Header;
use crate::frame::Size;
use crate::labels::classes::{Class, Classes};

/// So many segments are looked for; Slicer counts them from 0 without a gap.
const MOST: usize = 4096;

/// A segment.
pub(super) struct Segment {
    pub(super) name: String,
    pub(super) class: Option<Class>,
    pub(super) layer: u32,
    pub(super) value: i64,
}

/// The segments of a file; none in a plain label map. Those whose layer or label is no number are left out: they have no pixels.
pub(super) fn of(header: &Header, classes: &Classes) -> Vec<Segment> {
    let mut segments = Vec::new();
    for number in 0..MOST {
        let field = |name: &str| header.pair(&format!("Segment{number}_{name}"));
        let (id, name) = (field("ID"), field("Name"));
        let Some(name) = name.or(id).filter(|name| !name.is_empty()) else {
            break;
        };
        // Files of before Slicer 4.11 have no labels: every segment is a layer of its own, of ones.
        let layer = field("Layer").map_or(Ok(number as u32), str::parse);
        let value = field("LabelValue").map_or(Ok(1), str::parse);
        if let (Ok(layer), Ok(value)) = (layer, value) {
            segments.push(Segment {
                name: name.to_owned(),
                class: classes.of_name(name),
                layer,
                value,
            });
        }
    }
    segments
}

/// The first voxel of the file within the picture that was segmented, along the stored axes.
pub(super) fn offset(header: &Header) -> Option<[i64; 3]> {
    let text = header.pair("Segmentation_ReferenceImageExtentOffset")?;
    let numbers: Vec<i64> = text.split_whitespace().map_while(|n| n.parse().ok()).collect();
    numbers.try_into().ok()
}

/// The first voxel and the sizes, along its axes, of the picture that was segmented, where the header tells them: Slicer's serialized geometry is a
/// matrix of 16 numbers and the first and last voxel of each axis.
pub(super) fn reference(header: &Header) -> Option<([i64; 3], [i64; 3])> {
    let parameters = header.pair("Segmentation_ConversionParameters")?;
    let geometry = parameters
        .split("Reference image geometry|")
        .nth(1)?
        .split('|')
        .next()?;
    let numbers: Vec<f64> = geometry
        .split(';')
        .filter(|n| !n.is_empty())
        .map_while(|n| n.parse().ok())
        .collect();
    let extent: [f64; 6] = numbers.get(16..22)?.try_into().ok()?;
    let axis = |i: usize| {
        let (first, last) = (extent[2 * i] as i64, extent[2 * i + 1] as i64);
        Some((first, last.checked_sub(first)?.checked_add(1).filter(|size| *size > 0)?))
    };
    let [x, y, z] = [axis(0)?, axis(1)?, axis(2)?];
    Some(([x.0, y.0, z.0], [x.1, y.1, z.1]))
}

/// Whether a part of that size fits into a whole at that place.
pub(super) fn fits(first: [i64; 2], part: Size, whole: Size) -> bool {
    let fits = |first: i64, part: u32, whole: u32| first >= 0 && first <= i64::from(whole) - i64::from(part);
    fits(first[0], part.width, whole.width) && fits(first[1], part.height, whole.height)
}

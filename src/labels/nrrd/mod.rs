//! NRRD (teem, *Definition of NRRD File Format*, version 5): segmentations of 3D Slicer, and label maps.
//!
//! Slicer's segmentations are NRRD files with a field for each segment (Slicer's user guide, *Segmentation file (.seg.nrrd)*); segments that overlap
//! lie in layers, a first axis of the volume.

mod header;
mod read;
mod segments;
mod write;

pub(super) use read::read;
pub(in crate::labels) use write::class_ids;
pub(crate) use write::{Segmentation, label_map, segmentation};

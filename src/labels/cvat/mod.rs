//! CVAT's XML 1.1 for images (docs.cvat.ai, *XML annotation format*).
//!
//! Read are polygons, boxes and ellipses, also turned ones, and masks; polylines, points, skeletons and cuboids have no area. A pixel belongs to a
//! shape if its middle lies in it.

mod read;
mod write;

pub(super) use read::read;
pub(super) use write::Collection;

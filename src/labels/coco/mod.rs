//! COCO's JSON (cocodataset.org, *Data format*): pictures, categories, and annotations with polygons or run-length codes.
//!
//! A pixel belongs to a polygon if its middle lies in it; several polygons of an annotation are united.

mod read;
mod write;

pub(super) use read::read;
pub(super) use write::Collection;

//! LabelMe's JSON (`_label_file.py` and `utils/shape.py` of labelme 6 and 7): one file for each picture.
//!
//! Read are polygons, rectangles (also turned ones), circles and masks; lines and points have no area. A pixel belongs to a shape if its middle lies
//! in it. LabelMe's own converter also takes the pixels that the outline runs through, so its masks are up to a pixel larger on each side.

use std::io::Cursor;
use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use image::{ExtendedColorType, ImageEncoder};
use serde::Deserialize;
use serde_json::{Value, json};

use super::drawn::{Drawn, Outline, Shape};
use super::fill::{self, Corner, is_place};
use super::{Form, LabelsError, Shapes, trace};
use crate::frame::PixelBox;
use crate::traits::{Trait, TraitMask, TraitSet};

#[derive(Deserialize)]
struct File {
    #[serde(rename = "imagePath", default)]
    image_path: Option<String>,
    #[serde(rename = "imageWidth", default)]
    width: Option<i64>,
    #[serde(rename = "imageHeight", default)]
    height: Option<i64>,
    shapes: Vec<FileShape>,
}

#[derive(Deserialize)]
struct FileShape {
    label: String,
    points: Vec<Corner>,
    #[serde(default)]
    shape_type: Option<String>,
    #[serde(default)]
    mask: Option<String>,
}

/// The shapes in a file.
pub(super) fn read(text: &[u8]) -> Result<Drawn, LabelsError> {
    let file: File = serde_json::from_slice(text).map_err(|e| damaged(e.to_string()))?;
    let (Some(width), Some(height)) = (file.width, file.height) else {
        return Err(damaged("it does not tell imageWidth and imageHeight".to_owned()));
    };
    let shapes = file.shapes.into_iter().enumerate().map(|(number, shape)| {
        let label = shape.label.clone();
        shape
            .checked()
            .map_err(|reason| damaged(format!("shape {} ({label:?}): {reason}", number + 1)))
    });
    Ok(Drawn {
        // Written on Windows, the path may have its separators.
        picture: file.image_path.unwrap_or_default().replace('\\', "/"),
        claimed: (width, height),
        shapes: shapes.collect::<Result<_, _>>()?,
    })
}

impl FileShape {
    fn checked(self) -> Result<Shape, String> {
        if !self.points.iter().flatten().all(|v| is_place(*v)) {
            return Err("a point of it lies far outside of every picture".to_owned());
        }
        let kind = self.shape_type.as_deref().unwrap_or("polygon");
        let outline = match (kind, self.points.as_slice()) {
            ("polygon" | "oriented_rectangle", points) if points.len() >= 3 => Outline::Polygons(vec![points.to_vec()]),
            ("rectangle", [a, b]) => Outline::Polygons(vec![fill::rectangle(*a, *b, 0.0)]),
            // Some versions write all four corners.
            ("rectangle", [_, _, _, _]) => Outline::Polygons(vec![self.points.clone()]),
            ("circle", [centre, rim]) => {
                let radius = (rim[0] - centre[0]).hypot(rim[1] - centre[1]);
                Outline::Ellipse {
                    centre: *centre,
                    half_axes: [radius, radius],
                    degrees: 0.0,
                }
            }
            ("mask", [first, last]) => {
                let text = self.mask.as_deref().ok_or("it is a mask, and none is embedded")?;
                Outline::Bitmap {
                    first: *first,
                    last: *last,
                    png: BASE64_STANDARD
                        .decode(text.trim())
                        .map_err(|e| format!("its mask: {e}"))?,
                }
            }
            ("line" | "linestrip" | "point" | "points", _) => Outline::NoArea(kind.into()),
            ("polygon" | "oriented_rectangle" | "rectangle" | "circle" | "mask", points) => {
                return Err(format!("a {kind} of {} points", points.len()));
            }
            (other, _) => Outline::NoArea(other.into()),
        };
        Ok(Shape {
            class: Arc::from(self.label),
            z_order: 0,
            outline,
        })
    }
}

/// The JSON of a picture's label. `picture` is the picture's path relative to the JSON's folder.
///
/// # Errors
/// [`LabelsError::Read`] with what the PNG encoder says.
pub(super) fn written(mask: &TraitMask, picture: &str, shapes: Shapes) -> Result<String, LabelsError> {
    let mut all = Vec::new();
    for which in mask.present().iter() {
        match shapes {
            Shapes::Masks => all.push(mask_shape(mask, which)?),
            Shapes::Polygons { tolerance } => {
                let polygons = trace::polygons(mask, which, tolerance);
                all.extend(
                    polygons
                        .iter()
                        .map(|points| shape(which, "polygon", json!(points), Value::Null)),
                );
            }
        }
    }
    let file = json!({
        "version": "5.5.0",
        "flags": {},
        "shapes": all,
        "imagePath": picture,
        "imageData": null,
        "imageHeight": mask.size().height,
        "imageWidth": mask.size().width,
    });
    Ok(format!("{file:#}\n"))
}

fn mask_shape(mask: &TraitMask, which: Trait) -> Result<Value, LabelsError> {
    let of = TraitSet::EMPTY.with(which);
    let part = mask.bounding_box(of).unwrap_or(PixelBox::new(0, 0, 1, 1));
    let rows = (part.top..part.bottom).map(|y| &mask.row(y)[part.left as usize..part.right as usize]);
    let pixels: Vec<u8> = rows
        .flatten()
        .map(|bits| if bits & of.bits() != 0 { 255 } else { 0 })
        .collect();
    let mut png = Cursor::new(Vec::new());
    image::codecs::png::PngEncoder::new(&mut png)
        .write_image(&pixels, part.width(), part.height(), ExtendedColorType::L8)
        .map_err(std::io::Error::other)?;
    // The last column and row belong to it.
    let points = json!([[part.left, part.top], [part.right - 1, part.bottom - 1]]);
    Ok(shape(
        which,
        "mask",
        points,
        json!(BASE64_STANDARD.encode(png.into_inner())),
    ))
}

fn shape(which: Trait, kind: &str, points: Value, mask: Value) -> Value {
    json!({
        "label": which.bgnn_name(),
        "points": points,
        "group_id": null,
        "description": "",
        "shape_type": kind,
        "flags": {},
        "mask": mask,
    })
}

fn damaged(reason: String) -> LabelsError {
    LabelsError::Damaged {
        form: Form::LabelMe,
        reason,
    }
}

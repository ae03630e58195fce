//! A picture's label as shapes, which LabelMe, COCO and CVAT have in common.

use std::sync::Arc;

use super::canvas::{Canvas, checked_size};
use super::classes::{Class, Strangers};
use super::fill::{self, Corner};
use super::{Form, Label, LabelsError, Overlaps, Reading, rle};
use crate::frame::{self, Limits, Size};
use crate::traits::Trait;

/// A picture and the shapes on it.
#[derive(Debug, Clone, Default)]
pub(super) struct Drawn {
    /// The picture's path as the file has it.
    pub(super) picture: String,
    /// Columns and rows as the file claims; not checked.
    pub(super) claimed: (i64, i64),
    pub(super) shapes: Vec<Shape>,
}

/// A shape of a class.
#[derive(Debug, Clone)]
pub(super) struct Shape {
    pub(super) class: Arc<str>,
    /// Shapes with a higher number lie on those with a lower one; else the later on the earlier.
    pub(super) z_order: i64,
    pub(super) outline: Outline,
}

/// What a shape covers.
#[derive(Debug, Clone)]
pub(super) enum Outline {
    /// The union of polygons.
    Polygons(Vec<Vec<Corner>>),
    Ellipse {
        centre: Corner,
        half_axes: Corner,
        degrees: f64,
    },
    /// COCO's run lengths of the whole picture; its text is unpacked when it is painted, since it may be small and its numbers many.
    Columns { size: (i64, i64), counts: Counts },
    /// CVAT's run lengths of a part of the picture.
    Rows {
        left: i64,
        top: i64,
        width: i64,
        height: i64,
        counts: Vec<u64>,
    },
    /// LabelMe's mask: a PNG that covers these columns and rows, the last ones included.
    Bitmap { first: Corner, last: Corner, png: Vec<u8> },
    /// A kind of shape that covers nothing, for example a line.
    NoArea(Arc<str>),
}

/// COCO's two ways of writing run lengths.
#[derive(Debug, Clone)]
pub(super) enum Counts {
    Plain(Vec<u64>),
    Text(String),
}

impl Drawn {
    /// The size that the file claims, checked.
    pub(super) fn size(&self, form: Form) -> Result<Size, LabelsError> {
        checked_size(form, self.claimed.0, self.claimed.1)
    }

    /// The mask that the shapes make.
    pub(super) fn painted(&self, form: Form, reading: &Reading) -> Result<Label, LabelsError> {
        let size = self.size(form)?;
        let (shapes, strangers) = self.known_shapes(reading);
        let note = strangers.judged(reading.unknown)?;
        let mut canvas = Canvas::new(form, size, reading.overlaps);
        for (number, shape, which) in shapes {
            shape.outline.paint(&mut canvas, which).map_err(|error| match error {
                LabelsError::Damaged { form, reason } => LabelsError::Damaged {
                    form,
                    reason: format!("shape {} ({:?}): {reason}", number + 1, &*shape.class),
                },
                other => other,
            })?;
        }
        Ok(Label {
            mask: canvas.finish(),
            notes: note.into_iter().collect(),
        })
    }

    /// The shapes that are traits, with their numbers, in the order of painting; and what else there is.
    fn known_shapes(&self, reading: &Reading) -> (Vec<(usize, &Shape, Trait)>, Strangers) {
        let mut known = Vec::new();
        let mut strangers = Strangers::default();
        for (number, shape) in self.shapes.iter().enumerate() {
            match (reading.classes.of_name(&shape.class), &shape.outline) {
                (Some(Class::Nothing), _) => {}
                (Some(Class::Trait(_)), Outline::NoArea(kind)) => {
                    strangers.add(&format!("{kind} {:?}, which has no area", &*shape.class), 1);
                }
                (Some(Class::Trait(which)), _) => known.push((number, shape, which)),
                (None, _) => strangers.add(&format!("{:?}", &*shape.class), 1),
            }
        }
        if reading.overlaps == Overlaps::Top {
            known.sort_by_key(|(_, shape, _)| shape.z_order);
        }
        (known, strangers)
    }
}

impl Outline {
    fn paint(&self, canvas: &mut Canvas, which: Trait) -> Result<(), LabelsError> {
        match self {
            Self::Polygons(polygons) => polygons
                .iter()
                .try_for_each(|points| fill::polygon(canvas, points, which)),
            Self::Ellipse {
                centre,
                half_axes,
                degrees,
            } => fill::ellipse(canvas, *centre, *half_axes, *degrees, which),
            Self::Columns { size, counts } => {
                let own = canvas.size();
                if *size != (i64::from(own.width), i64::from(own.height)) {
                    let reason = format!("its mask is one of {}x{}, and the picture has {own}", size.0, size.1);
                    return Err(LabelsError::Damaged {
                        form: Form::Coco,
                        reason,
                    });
                }
                match counts {
                    Counts::Plain(lengths) => rle::paint_columns(canvas, lengths, which),
                    Counts::Text(text) => {
                        canvas.spend(text.len() as u64)?;
                        let lengths = rle::decompressed(text).map_err(|reason| LabelsError::Damaged {
                            form: Form::Coco,
                            reason,
                        })?;
                        rle::paint_columns(canvas, &lengths, which)
                    }
                }
            }
            Self::Rows {
                left,
                top,
                width,
                height,
                counts,
            } => {
                let part = checked_size(Form::Cvat, *width, *height)?;
                rle::paint_rows(canvas, counts, (*left, *top), part, which)
            }
            Self::Bitmap { first, last, png } => paint_bitmap(canvas, *first, *last, png, which),
            Self::NoArea(_) => Ok(()),
        }
    }
}

fn paint_bitmap(canvas: &mut Canvas, first: Corner, last: Corner, png: &[u8], which: Trait) -> Result<(), LabelsError> {
    let damaged = |reason: String| LabelsError::Damaged {
        form: Form::LabelMe,
        reason,
    };
    // As LabelMe itself: what is behind the point is cut off, and the last column and row belong to it.
    let [left, top] = first.map(|v| v.trunc() as i64);
    let [right, bottom] = last.map(|v| v.trunc() as i64);
    let part = checked_size(
        Form::LabelMe,
        right.saturating_sub(left) + 1,
        bottom.saturating_sub(top) + 1,
    )?;
    let limits = Limits {
        megapixels: part.pixels() as f64 / 1e6,
        min_side: 1,
    };
    canvas.spend(part.pixels())?;
    let decoder = frame::png_decoder(png, &limits).map_err(|e| damaged(format!("its mask: {e}")))?;
    let picture = image::DynamicImage::from_decoder(decoder).map_err(|e| damaged(format!("its mask: {e}")))?;
    let values = picture.into_luma16();
    if Size::from(values.dimensions()) != part {
        let size = Size::from(values.dimensions());
        return Err(damaged(format!(
            "its mask is one of {size}, and its points are those of {part}"
        )));
    }
    for (y, row) in values.rows().enumerate() {
        let Ok(y) = u32::try_from(top + y as i64) else { continue };
        for (x, _) in row.enumerate().filter(|(_, value)| value.0[0] > 0) {
            if let Ok(x) = u32::try_from(left + x as i64) {
                canvas.paint_row(y, x, x.saturating_add(1), which)?;
            }
        }
    }
    Ok(())
}

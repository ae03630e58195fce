//! What labels can be written as.

use super::{Form, LabelsError, coco, cvat, labelme, nifti, nrrd};
use crate::frame::Size;
use crate::traits::{Palette, Trait, TraitMask, label_picture};

/// A format to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Target {
    /// An indexed PNG: its indices are class ids, its colours BGNN's.
    Indexed,
    /// An 8-bit grey PNG of class ids.
    Grey,
    /// A PNG in BGNN's colours.
    Colours,
    /// The station's own 16-bit PNG, one bit a trait.
    Bits,
    /// A segmentation of 3D Slicer (`.seg.nrrd`).
    SegNrrd,
    /// A label map of class ids (`.nrrd`).
    Nrrd,
    /// A label map of class ids (`.nii.gz`).
    Nifti,
    /// LabelMe's JSON.
    LabelMe,
    /// COCO's JSON, one file for all pictures.
    Coco,
    /// CVAT's XML 1.1 for images, one file for all pictures.
    Cvat,
}

/// How traits become shapes, in formats that have both masks and polygons.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Shapes {
    /// Every pixel, in the format's own code.
    Masks,
    /// Polygons with at most `tolerance` pixels between them and the exact outline; see [`trace::polygons`](super::trace::polygons).
    Polygons {
        /// In pixels; 0 is exact.
        tolerance: f64,
    },
}

impl Target {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Indexed,
        Self::Grey,
        Self::Colours,
        Self::Bits,
        Self::SegNrrd,
        Self::Nrrd,
        Self::Nifti,
        Self::LabelMe,
        Self::Coco,
        Self::Cvat,
    ];

    /// The format that it is read as.
    pub fn form(self) -> Form {
        match self {
            Self::Indexed | Self::Grey | Self::Colours | Self::Bits => Form::Picture,
            Self::SegNrrd | Self::Nrrd => Form::Nrrd,
            Self::Nifti => Form::Nifti,
            Self::LabelMe => Form::LabelMe,
            Self::Coco => Form::Coco,
            Self::Cvat => Form::Cvat,
        }
    }

    /// What follows a picture's stem in the name of its label, for formats of one file a picture; the name of the file for the others. LabelMe's file
    /// is called as its picture.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Indexed | Self::Grey => "_labels.png",
            Self::Colours => "_segmented.png",
            Self::Bits => "_traits.png",
            Self::SegNrrd => "_labels.seg.nrrd",
            Self::Nrrd => "_labels.nrrd",
            Self::Nifti => "_labels.nii.gz",
            Self::LabelMe => ".json",
            Self::Coco => "annotations.json",
            Self::Cvat => "annotations.xml",
        }
    }

    /// Whether a pixel may hold several traits.
    pub fn keeps_overlaps(self) -> bool {
        matches!(
            self,
            Self::Bits | Self::SegNrrd | Self::LabelMe | Self::Coco | Self::Cvat
        )
    }

    /// Shapes that people of that tool correct by hand: polygons in LabelMe, masks elsewhere.
    pub fn usual_shapes(self, tolerance: f64) -> Shapes {
        match self {
            Self::LabelMe => Shapes::Polygons { tolerance },
            _ => Shapes::Masks,
        }
    }

    /// Refuses a mask that the format can't hold.
    ///
    /// # Errors
    /// [`LabelsError::Overlap`].
    pub fn check(self, mask: &TraitMask) -> Result<(), LabelsError> {
        let several = |bits: &u16| bits.count_ones() > 1;
        let first = mask.bits().iter().position(several).filter(|_| !self.keeps_overlaps());
        let Some(first) = first else { return Ok(()) };
        let width = mask.size().width as usize;
        Err(LabelsError::Overlap {
            form: self.form(),
            pixels: mask.bits().iter().filter(|bits| several(bits)).count() as u64,
            x: (first % width) as u32,
            y: (first / width) as u32,
        })
    }
}

/// The label file of one picture. `picture` is the picture's path as the tool is to find it.
///
/// # Errors
/// [`LabelsError::Overlap`] for pixels of several traits in a format of one; [`LabelsError::NotRead`] for a format of one file for many pictures
/// ([`Collection`] writes these); what encoders say.
pub fn encoded(target: Target, mask: &TraitMask, picture: &str, shapes: Shapes) -> Result<Vec<u8>, LabelsError> {
    target.check(mask)?;
    Ok(match target {
        Target::Indexed => png(mask, png::ColorType::Indexed)?,
        Target::Grey => png(mask, png::ColorType::Grayscale)?,
        Target::Colours => label_picture::encode_bgnn(mask)?,
        Target::Bits => label_picture::encode_bits(mask)?,
        Target::SegNrrd => nrrd::segmentation(&nrrd::Segmentation {
            mask,
            // As 3D Slicer shows a picture: a pixel counts 1 mm, so that the segmentation lies on it.
            spacing: 1.0,
            origin: (0.0, 0.0),
            fields: &[("Segmentation_ConversionParameters", reference_geometry(mask.size()))],
        })?,
        Target::Nrrd => nrrd::label_map(mask)?,
        Target::Nifti => nifti::label_map(mask)?,
        Target::LabelMe => labelme::written(mask, picture, shapes)?.into_bytes(),
        Target::Coco | Target::Cvat => {
            let mut collection = Collection::new(target)?;
            collection.add(picture, mask, shapes);
            collection.finish()
        }
    })
}

/// The picture's geometry as Slicer writes it, so that a segmentation that is cut to what was drawn finds its place again: a matrix from pixels to
/// right, anterior, superior, and the first and last pixel of each axis.
fn reference_geometry(size: Size) -> String {
    let (right, bottom) = (size.width.max(1) - 1, size.height.max(1) - 1);
    format!(
        "Reference image geometry|-1;0;0;0;0;-1;0;0;0;0;1;0;0;0;0;1;0;{right};0;{bottom};0;0;|Image geometry description string determining \
         the geometry of the labelmap that is created in course of conversion.&"
    )
}

/// An 8-bit PNG of class ids.
fn png(mask: &TraitMask, kind: png::ColorType) -> Result<Vec<u8>, LabelsError> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, mask.size().width, mask.size().height);
    encoder.set_color(kind);
    encoder.set_depth(png::BitDepth::Eight);
    if kind == png::ColorType::Indexed {
        let traits = Trait::ALL.map(|which| Palette::Bgnn.colour(which));
        encoder.set_palette([&[[0; 3]][..], &traits].concat().concat());
    }
    let written = encoder.write_header().and_then(|mut writer| {
        writer.write_image_data(&nrrd::class_ids(mask))?;
        writer.finish()
    });
    written.map_err(std::io::Error::other)?;
    Ok(file)
}

/// Labels of many pictures on their way into one file.
#[derive(Debug)]
pub struct Collection(Kind);

#[derive(Debug)]
enum Kind {
    Coco(coco::Collection),
    Cvat(cvat::Collection),
}

impl Collection {
    /// An empty one.
    ///
    /// # Errors
    /// [`LabelsError::NotRead`] for a format of one file a picture.
    pub fn new(target: Target) -> Result<Self, LabelsError> {
        match target {
            Target::Coco => Ok(Self(Kind::Coco(coco::Collection::default()))),
            Target::Cvat => Ok(Self(Kind::Cvat(cvat::Collection::default()))),
            other => Err(LabelsError::NotRead {
                form: other.form(),
                what: "a file of many pictures".to_owned(),
                cure: "write one file for each picture",
            }),
        }
    }

    /// Adds a picture's label; `picture` is its path as the tool is to find it.
    pub fn add(&mut self, picture: &str, mask: &TraitMask, shapes: Shapes) {
        match &mut self.0 {
            Kind::Coco(coco) => coco.add(picture, mask, shapes),
            Kind::Cvat(cvat) => cvat.add(picture, mask, shapes),
        }
    }

    /// The file.
    pub fn finish(self) -> Vec<u8> {
        match self.0 {
            Kind::Coco(coco) => coco.finish().into_bytes(),
            Kind::Cvat(cvat) => cvat.finish().into_bytes(),
        }
    }
}

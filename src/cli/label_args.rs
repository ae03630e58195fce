//! How labels are read and written, in words of the command line: the same for every command that has to do with labels.

use crate::labels::{Classes, LabelsError, Overlaps, Reading, Shapes, Target, Unknown};
use crate::traits::LabelForm;

/// How labels are read.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct LabelArgs {
    /// What the pixels of a label picture stand for, where they don't tell by themselves
    #[arg(long, value_name = "FORM", value_enum, default_value_t = FormArg::Auto)]
    label_form: FormArg,
    /// What a class is: NAME=TRAIT or NUMBER=TRAIT, and NAME=- leaves it out; again for another
    #[arg(long, value_name = "NAME=TRAIT")]
    map: Vec<String>,
    /// What to do about classes that are no traits, and shapes without an area
    #[arg(long, value_name = "WHAT", value_enum, default_value_t = UnknownArg::Refuse)]
    unknown: UnknownArg,
    /// What a pixel holds where shapes overlap
    #[arg(long, value_name = "WHAT", value_enum, default_value_t = OverlapsArg::Keep)]
    overlaps: OverlapsArg,
    /// Take .nrrd and .nii.gz as they lie in the file, whatever their axes say
    #[arg(long)]
    as_stored: bool,
}

/// What the pixels of a label picture stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum FormArg {
    /// As the pixels tell.
    Auto,
    /// Class ids 0 to 12.
    Ids,
    /// BGNN's colours.
    Colours,
    /// 16-bit trait bits.
    Bits,
}

/// What to do about classes that are no traits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum UnknownArg {
    /// The picture's label is refused.
    Refuse,
    /// They are left out.
    Skip,
}

/// What a pixel holds where shapes overlap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum OverlapsArg {
    /// All of them.
    Keep,
    /// The shape drawn last; without an order, the trait that BGNN's painting shows.
    Top,
}

/// What to do about a label that is not as large as its picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum WrongSizeArg {
    /// It is refused.
    Refuse,
    /// It is left out.
    Skip,
    /// It covers all of the picture, whatever its size.
    Stretch,
}

impl OverlapsArg {
    pub(super) fn overlaps(self) -> Overlaps {
        match self {
            Self::Keep => Overlaps::Keep,
            Self::Top => Overlaps::Top,
        }
    }
}

impl LabelArgs {
    /// What was said otherwise than it is without, in the words of the command line.
    pub(super) fn words(&self) -> Vec<String> {
        let mut words: Vec<String> = self.map.iter().map(|said| format!("--map {said}")).collect();
        if self.label_form != FormArg::Auto {
            words.push(format!("--label-form {}", name_of(self.label_form)));
        }
        if self.unknown != UnknownArg::Refuse {
            words.push(format!("--unknown {}", name_of(self.unknown)));
        }
        if self.overlaps != OverlapsArg::Keep {
            words.push(format!("--overlaps {}", name_of(self.overlaps)));
        }
        if self.as_stored {
            words.push("--as-stored".to_owned());
        }
        words
    }

    /// The same for the library.
    ///
    /// # Errors
    /// A `--map` without `=`, or of something that is no trait.
    pub(super) fn reading(&self) -> anyhow::Result<Reading> {
        let mut classes = Classes::default();
        for said in &self.map {
            classes
                .say(said)
                .map_err(|reason| anyhow::anyhow!("--map {said}: {reason}"))?;
        }
        Ok(Reading {
            classes,
            unknown: match self.unknown {
                UnknownArg::Refuse => Unknown::Refuse,
                UnknownArg::Skip => Unknown::Skip,
            },
            overlaps: self.overlaps.overlaps(),
            as_stored: self.as_stored,
            picture_form: match self.label_form {
                FormArg::Auto => None,
                FormArg::Ids => Some(LabelForm::Ids),
                FormArg::Colours => Some(LabelForm::Colours),
                FormArg::Bits => Some(LabelForm::Bits),
            },
        })
    }
}

/// A value as the command line has it.
fn name_of(value: impl clap::ValueEnum) -> String {
    let value = value.to_possible_value();
    value.map_or_else(String::new, |value| value.get_name().to_owned())
}

/// Whether something was refused because label and picture have different sizes.
pub(super) fn is_wrong_size(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(LabelsError::WrongSize { .. }))
}

/// A format to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum TargetArg {
    /// PNG with a palette: indices are class ids, colours BGNN's
    Indexed,
    /// Grey PNG of class ids
    Grey,
    /// PNG in BGNN's colours
    Colours,
    /// 16-bit PNG, one bit a trait
    Bits,
    /// Segmentation of 3D Slicer (.seg.nrrd)
    SegNrrd,
    /// Label map (.nrrd) of class ids
    Nrrd,
    /// Label map (.nii.gz) of class ids
    Nifti,
    /// LabelMe's JSON, one file a picture
    Labelme,
    /// COCO's JSON, one file
    Coco,
    /// CVAT's XML 1.1 for images, one file
    Cvat,
}

/// How traits become shapes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum ShapesArg {
    /// Every pixel
    Masks,
    /// Outlines whose corners can be dragged
    Polygons,
}

/// How traits are written where a format has both masks and polygons.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(super) struct ShapesArgs {
    /// Masks or polygons (labelme, coco, cvat); without it polygons for labelme and masks for the others
    #[arg(long, value_name = "WHAT", value_enum)]
    shapes: Option<ShapesArg>,
    /// How far polygons may lie from the exact outline, in pixels; 0 is exact
    #[arg(long, value_name = "PX", default_value_t = 0.75, value_parser = parse_tolerance)]
    tolerance: f64,
}

fn parse_tolerance(text: &str) -> Result<f64, String> {
    let tolerance = text.parse().ok().filter(|tolerance| (0.0..=10.0).contains(tolerance));
    tolerance.ok_or_else(|| "allowed is 0 to 10".to_owned())
}

impl ShapesArgs {
    pub(super) fn shapes(self, target: Target) -> Shapes {
        match self.shapes {
            None => target.usual_shapes(self.tolerance),
            Some(ShapesArg::Masks) => Shapes::Masks,
            Some(ShapesArg::Polygons) => Shapes::Polygons {
                tolerance: self.tolerance,
            },
        }
    }
}

impl TargetArg {
    pub(super) fn target(self) -> Target {
        match self {
            Self::Indexed => Target::Indexed,
            Self::Grey => Target::Grey,
            Self::Colours => Target::Colours,
            Self::Bits => Target::Bits,
            Self::SegNrrd => Target::SegNrrd,
            Self::Nrrd => Target::Nrrd,
            Self::Nifti => Target::Nifti,
            Self::Labelme => Target::LabelMe,
            Self::Coco => Target::Coco,
            Self::Cvat => Target::Cvat,
        }
    }
}

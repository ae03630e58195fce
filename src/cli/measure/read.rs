//! The file of a mask: a picture of bits, colours or ids, or a label file of another program. Colours that no trait has are counted and named.

use std::path::Path;

use anyhow::Context;

use super::masks::CORRECTED;
use crate::frame::{DecodeOptions, Frame, Limits};
use crate::labels::{Document, Form, Label, Overlaps, Reading, visible_only};
use crate::measure::bgnn::{Painted, UnknownColours};
use crate::traits::label_picture::{self, LabelForm};
use crate::traits::{LabelPictureError, TraitMask};

/// The most pixels of a mask whose colours are not all known, as for every label.
const LIMITS: Limits = Limits {
    megapixels: 256.0,
    min_side: 1,
};

/// A mask as it was read.
pub(super) struct ReadMask {
    /// The picture as Morphology-analysis sees it, where its colours are not all traits'; else the mask tells as much.
    pub(super) picture: Option<Painted<'static>>,
    pub(super) mask: TraitMask,
    /// What was passed over, in words.
    pub(super) notes: Vec<String>,
}

impl ReadMask {
    /// What Morphology-analysis sees.
    pub(super) fn painted(&self) -> Painted<'_> {
        self.picture.clone().unwrap_or_else(|| Painted::from(&self.mask))
    }

    pub(super) fn unknown_colours(&self) -> Option<UnknownColours> {
        self.picture.as_ref()?.unknown_colours()
    }
}

impl From<Label> for ReadMask {
    fn from(Label { mask, notes }: Label) -> Self {
        Self {
            picture: None,
            mask,
            notes,
        }
    }
}

/// Reads the only mask in a file.
pub(super) fn mask(path: &Path, file: Vec<u8>, reading: &Reading) -> anyhow::Result<ReadMask> {
    match Form::of_content(&file) {
        Ok(Some(form)) if form != Form::Picture => Ok(Document::of(file)?.label(None, reading, None)?.into()),
        _ => picture(path, file, reading),
    }
}

fn picture(path: &Path, file: Vec<u8>, reading: &Reading) -> anyhow::Result<ReadMask> {
    let known = |mask| {
        let mask = match reading.overlaps {
            Overlaps::Keep => mask,
            Overlaps::Top => visible_only(&mask),
        };
        let notes = Vec::new();
        ReadMask::from(Label { mask, notes })
    };
    match label_picture::read(&file, reading.picture_form) {
        Ok((mask, _)) => Ok(known(mask)),
        Err(LabelPictureError::Ambiguous(a, b)) => {
            let form = likelier(path, [a, b]);
            Ok(known(label_picture::read(&file, Some(form))?.0))
        }
        Err(LabelPictureError::UnknownColour { .. }) => {
            let options = DecodeOptions {
                limits: LIMITS,
                apply_orientation: false,
            };
            let decoded = Frame::from_file_bytes(file, None)?
                .decode(&options)
                .context("mask picture")?;
            let picture = Painted::from_picture(&decoded.rgb);
            Ok(ReadMask {
                mask: picture.mask(),
                picture: Some(picture),
                notes: Vec::new(),
            })
        }
        Err(error) => Err(error.into()),
    }
}

/// What pixels are that make sense in two ways: ids where the file is called as corrected labels are, else what this workflow writes, colours or bits.
fn likelier(path: &Path, two: [LabelForm; 2]) -> LabelForm {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let corrected = stem.ends_with(CORRECTED);
    let usual = match corrected {
        true => [LabelForm::Ids, LabelForm::Colours, LabelForm::Bits],
        false => [LabelForm::Colours, LabelForm::Bits, LabelForm::Ids],
    };
    let found = usual.into_iter().find(|form| two.contains(form));
    found.expect("there are three forms")
}

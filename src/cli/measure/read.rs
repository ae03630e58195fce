//! The file of a mask: bits, colours, ids; and colours that no trait has, which are counted and named.

use anyhow::Context;

use crate::frame::{DecodeOptions, Frame, Limits};
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

/// Reads the mask in a file.
pub(super) fn mask(file: Vec<u8>) -> anyhow::Result<ReadMask> {
    let known = |mask| ReadMask { picture: None, mask };
    match label_picture::read(&file, None) {
        Ok((mask, _)) => Ok(known(mask)),
        // This workflow's masks hold colours or bits, never ids.
        Err(LabelPictureError::Ambiguous(a, b)) => {
            let form = match [a, b].contains(&LabelForm::Colours) {
                true => LabelForm::Colours,
                false => LabelForm::Bits,
            };
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
            })
        }
        Err(error) => Err(error.into()),
    }
}

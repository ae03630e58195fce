//! Which form a label file has, and its mask.

use std::fmt;

use super::LabelPictureError;
use super::pixels::{LabelPixels, Values};
use crate::traits::{Palette, Rgb, Trait, TraitMask, TraitSet};

/// What the pixels of a label file stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LabelForm {
    /// Class ids: 0 for the ground, k + 1 for the trait of channel k; at most one trait a pixel. An indexed PNG (its indices are the ids, its
    /// colours do not matter), a grey one, or a colour one whose red, green and blue are all the id, as some programs save grey pictures.
    Ids,
    /// BGNN's colours ([`Palette::Bgnn`]) on black, as RGB or indexed PNG; at most one trait a pixel.
    Colours,
    /// 16-bit grey in which bit k is set where the trait of channel k is; a pixel may hold several traits.
    Bits,
}

impl LabelForm {
    /// All forms.
    pub const ALL: [Self; 3] = [Self::Ids, Self::Colours, Self::Bits];
}

impl fmt::Display for LabelForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ids => "class ids",
            Self::Colours => "BGNN colours",
            Self::Bits => "trait bits",
        })
    }
}

/// The mask in a label file of the form `form`, or of the form that its pixels tell.
///
/// Recognized are, in this order: an indexed PNG as ids, or as colours where its indices are no ids but its colours are BGNN's; grey of at most 8
/// bits as ids; grey of 16 bits as trait bits; colours as BGNN's, or as ids where all of them are greys from 0 to 12.
///
/// # Errors
/// [`LabelPictureError::Ambiguous`] where two forms hold and differ: an indexed PNG whose colours are BGNN's in another order than the ids', and
/// 16-bit grey whose values are all from 0 to 12, or such values widened to 16 bits. [`LabelPictureError::UnknownId`],
/// [`LabelPictureError::UnknownColour`] and [`LabelPictureError::UnknownBits`] name the first pixel that does not fit. Further what a file that is
/// damaged, too large, or no label leads to.
pub fn read(file: &[u8], form: Option<LabelForm>) -> Result<(TraitMask, LabelForm), LabelPictureError> {
    let pixels = LabelPixels::decode(file)?;
    match form {
        Some(form) => Ok((pixels.read_as(form)?, form)),
        None => pixels.recognized(),
    }
}

impl LabelPixels {
    fn read_as(&self, form: LabelForm) -> Result<TraitMask, LabelPictureError> {
        match form {
            LabelForm::Ids => self.as_ids(),
            LabelForm::Colours => self.as_colours(),
            LabelForm::Bits => self.as_bits(),
        }
    }

    fn recognized(&self) -> Result<(TraitMask, LabelForm), LabelPictureError> {
        use LabelForm::{Bits, Colours, Ids};
        let (likely, other) = match &self.values {
            Values::Indices { .. } => (Ids, Some(Colours)),
            Values::Grey(_) => (Ids, None),
            Values::WideGrey(_) => (Bits, Some(Ids)),
            Values::Colours(colours) if colours.iter().all(|[r, g, b]| r == g && g == b) => (Ids, Some(Colours)),
            Values::Colours(_) => (Colours, None),
        };
        let first = self.read_as(likely);
        let second = other.and_then(|form| Some((self.read_as(form).ok()?, form)));
        match (first, second) {
            (Ok(first), Some((second, form))) if first != second => Err(LabelPictureError::Ambiguous(likely, form)),
            (Ok(first), _) => Ok((first, likely)),
            (Err(_), Some((second, form))) => Ok((second, form)),
            (Err(error), None) => Err(error),
        }
    }

    fn as_ids(&self) -> Result<TraitMask, LabelPictureError> {
        match &self.values {
            Values::Indices { indices: ids, .. } | Values::Grey(ids) => {
                self.mask_of_ids(ids.iter().map(|v| u16::from(*v)))
            }
            Values::WideGrey(values) => {
                // A program that widens 8 bits to 16 multiplies by 257, so that white stays white.
                let widened = values.iter().all(|v| v % 257 == 0);
                self.mask_of_ids(values.iter().map(|v| if widened { v / 257 } else { *v }))
            }
            Values::Colours(colours) => {
                if let Some(i) = colours.iter().position(|[r, g, b]| r != g || g != b) {
                    return Err(self.unknown_colour(colours[i], i));
                }
                self.mask_of_ids(colours.iter().map(|[v, ..]| u16::from(*v)))
            }
        }
    }

    fn mask_of_ids(&self, ids: impl Iterator<Item = u16>) -> Result<TraitMask, LabelPictureError> {
        let bits = ids.enumerate().map(|(i, value)| {
            if value == 0 {
                return Ok(0);
            }
            let which = Trait::from_channel(usize::from(value) - 1);
            which.map(|t| TraitSet::EMPTY.with(t).bits()).ok_or_else(|| {
                let (x, y) = self.place(i);
                LabelPictureError::UnknownId { value, x, y }
            })
        });
        self.mask(bits)
    }

    fn as_colours(&self) -> Result<TraitMask, LabelPictureError> {
        match &self.values {
            Values::Colours(colours) => self.mask_of_colours(colours.iter().copied()),
            Values::Indices { indices, palette } => {
                // The standard asks that every index has a colour; one without is no ground for a guess.
                let colour = |i: &u8| palette.get(usize::from(*i)).copied().unwrap_or([u8::MAX; 3]);
                self.mask_of_colours(indices.iter().map(colour))
            }
            Values::Grey(_) | Values::WideGrey(_) => Err(LabelPictureError::NoLabel(
                "a grey picture in place of colours".to_owned(),
            )),
        }
    }

    fn mask_of_colours(&self, colours: impl Iterator<Item = Rgb>) -> Result<TraitMask, LabelPictureError> {
        // Most pixels repeat the one before them.
        let mut last = ([0; 3], 0);
        let bits = colours.enumerate().map(|(i, colour)| {
            if colour != last.0 {
                let which = Trait::ALL.into_iter().find(|t| Palette::Bgnn.colour(*t) == colour);
                last = match which {
                    Some(which) => (colour, TraitSet::EMPTY.with(which).bits()),
                    None if colour == [0; 3] => (colour, 0),
                    None => return Err(self.unknown_colour(colour, i)),
                };
            }
            Ok(last.1)
        });
        self.mask(bits)
    }

    fn as_bits(&self) -> Result<TraitMask, LabelPictureError> {
        let Values::WideGrey(values) = &self.values else {
            return Err(LabelPictureError::NoLabel(
                "a picture of less than 16 grey bits in place of trait bits".to_owned(),
            ));
        };
        let bits = values.iter().enumerate().map(|(i, value)| {
            if value & !TraitSet::ALL.bits() == 0 {
                return Ok(*value);
            }
            let (x, y) = self.place(i);
            Err(LabelPictureError::UnknownBits { value: *value, x, y })
        });
        self.mask(bits)
    }

    fn mask(&self, bits: impl Iterator<Item = Result<u16, LabelPictureError>>) -> Result<TraitMask, LabelPictureError> {
        let bits = bits.collect::<Result<Vec<_>, _>>()?;
        Ok(TraitMask::from_bits(self.size, bits).expect("one value for each pixel of the file"))
    }

    fn unknown_colour(&self, colour: Rgb, index: usize) -> LabelPictureError {
        let (x, y) = self.place(index);
        LabelPictureError::UnknownColour { colour, x, y }
    }
}

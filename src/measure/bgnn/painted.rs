//! A mask as it is painted: one colour a pixel.

use std::borrow::Cow;

use image::RgbImage;

use crate::frame::Size;
use crate::traits::{Palette, Rgb, Trait, TraitMask, TraitSet};

/// A mask as Morphology-analysis sees it: each pixel black, in the colour of one trait, or in a colour that it does not know.
///
/// Pixels are bits of traits, of which the highest shows, as [`paint`](crate::traits::paint) paints them; so a [`TraitMask`] is taken as it is.
#[derive(Debug, Clone)]
pub struct Painted<'a> {
    size: Size,
    bits: Cow<'a, [u16]>,
    unknown: Option<UnknownColours>,
}

/// Pixels in colours that no trait has. Interpolated borders look like this.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownColours {
    /// How many pixels.
    pub pixels: u64,
    /// The colour of the first, row by row.
    pub first: Rgb,
    /// Its column.
    pub x: u32,
    /// Its row.
    pub y: u32,
}

/// Number of classes: black, twelve traits, unknown colours.
pub(super) const CLASSES: usize = 2 + Trait::COUNT;

/// The class of unknown colours: no trait, but part of the fish when its angle is taken.
pub(super) const UNKNOWN: u8 = 1 + Trait::COUNT as u8;

/// The class that shows of a pixel's bits: 0 for black, 1 + channel for a trait, [`UNKNOWN`].
pub(super) const fn class_of(bits: u16) -> u8 {
    (u16::BITS - bits.leading_zeros()) as u8
}

impl<'a> From<&'a TraitMask> for Painted<'a> {
    fn from(mask: &'a TraitMask) -> Self {
        Self {
            size: mask.size(),
            bits: Cow::Borrowed(mask.bits()),
            unknown: None,
        }
    }
}

impl Painted<'static> {
    /// A picture in BGNN's colours ([`Palette::Bgnn`]), which are told exactly.
    pub fn from_picture(picture: &RgbImage) -> Self {
        let mut unknown: Option<UnknownColours> = None;
        // Most pixels repeat the one before them.
        let mut last = ([0; 3], 0);
        let bits = picture.enumerate_pixels().map(|(x, y, pixel)| {
            let colour = pixel.0;
            if colour != last.0 {
                let which = Trait::ALL.into_iter().find(|t| Palette::Bgnn.colour(*t) == colour);
                last = match which {
                    Some(which) => (colour, TraitSet::EMPTY.with(which).bits()),
                    None if colour == [0; 3] => (colour, 0),
                    None => (colour, 1 << (UNKNOWN - 1)),
                };
            }
            if class_of(last.1) == UNKNOWN {
                let counted = unknown.get_or_insert(UnknownColours {
                    pixels: 0,
                    first: colour,
                    x,
                    y,
                });
                counted.pixels += 1;
            }
            last.1
        });
        let bits = bits.collect();
        Self {
            size: picture.dimensions().into(),
            bits: Cow::Owned(bits),
            unknown,
        }
    }
}

impl Painted<'_> {
    /// Columns and rows.
    pub fn size(&self) -> Size {
        self.size
    }

    /// The pixels in colours that no trait has.
    pub fn unknown_colours(&self) -> Option<UnknownColours> {
        self.unknown
    }

    /// The mask of what is painted, without unknown colours.
    pub fn mask(&self) -> TraitMask {
        TraitMask::from_bits(self.size, self.bits.to_vec()).expect("one value for each pixel")
    }

    /// Row by row.
    pub(super) fn bits(&self) -> &[u16] {
        &self.bits
    }
}

//! Painting a mask: channels in order, later over earlier, as the published workflow does.

use image::RgbImage;

use super::{Palette, Rgb, Trait, TraitMask, TraitSet};

/// The trait that shows in a pixel: the last in channel order, so trunk covers all and eye covers head.
///
/// This is the rule of `get_color_img` in hdr-bgnn/BGNN-trait-segmentation `helper_mini.py`; no probabilities are compared.
pub fn visible(traits: TraitSet) -> Option<Trait> {
    Trait::from_channel(15usize.checked_sub(traits.bits().leading_zeros() as usize)?)
}

/// The mask in BGNN's colours on black, one pixel for one.
pub fn bgnn(mask: &TraitMask) -> RgbImage {
    let mut colours: [Rgb; 1 + Trait::COUNT] = [[0; 3]; 1 + Trait::COUNT];
    for which in Trait::ALL {
        colours[1 + which.channel()] = Palette::Bgnn.colour(which);
    }
    let size = mask.size();
    let pixels = mask
        .bits()
        .iter()
        .flat_map(|bits| colours[16 - bits.leading_zeros() as usize])
        .collect();
    RgbImage::from_raw(size.width, size.height, pixels).expect("three bytes for each pixel of the mask")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::Size;

    #[test]
    fn later_channels_cover_earlier_ones() {
        let eye_in_head = TraitSet::EMPTY.with(Trait::Head).with(Trait::Eye);
        assert_eq!(visible(eye_in_head), Some(Trait::Eye));
        assert_eq!(visible(eye_in_head.with(Trait::Trunk)), Some(Trait::Trunk));
        assert_eq!(visible(TraitSet::EMPTY), None);
        let mut mask = TraitMask::empty(Size::new(2, 1));
        mask.set(1, 0, eye_in_head);
        assert_eq!(bgnn(&mask).into_raw(), [0, 0, 0, 0, 254, 102]);
    }
}

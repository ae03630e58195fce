//! The pictures in a row of a sheet.

use std::sync::Arc;

use image::RgbImage;

use crate::frame::{PixelBox, Size, for_display};
use crate::overlay::{Annotations, PictureLayer, TraitLayer};
use crate::traits::{Palette, Rgb, Trait, TraitMask, TraitSet};

/// Columns and rows that a panel has at most; it keeps its picture's aspect.
pub const LARGEST: Size = Size::new(480, 300);

/// Where both masks say the same.
const SAME: Rgb = [120, 120, 120];
/// Where only the first mask has a trait.
pub const ONLY_FIRST: Rgb = [0, 114, 178];
/// Where only the second mask has a trait.
pub const ONLY_SECOND: Rgb = [213, 94, 0];
/// Where both have traits, and others.
pub const OTHER_TRAIT: Rgb = [16, 16, 16];

/// The picture in a panel's size. One without pixels gives a panel of one pixel.
pub fn picture(picture: &RgbImage) -> RgbImage {
    let size = Size::from(picture.dimensions());
    if size.pixels() == 0 {
        return RgbImage::new(1, 1);
    }
    for_display(picture, fitted(size))
}

/// The picture with the traits of its mask on it; a mask of another size is stretched over it.
pub fn traits(picture: &RgbImage, mask: &TraitMask, palette: Palette) -> RgbImage {
    let size = Size::from(picture.dimensions());
    if size.pixels() == 0 {
        return RgbImage::new(1, 1);
    }
    let annotations = Annotations {
        picture: size,
        traits: Some(TraitLayer {
            mask: Arc::new(mask.clone()),
            crop: PixelBox::whole(size),
            confidence: [None; Trait::COUNT],
            not_assessed: TraitSet::EMPTY,
        }),
        ..Annotations::default()
    };
    let layer = PictureLayer {
        picture,
        annotations: &annotations,
        palette,
        line: 1,
        part: None,
    };
    layer.render(fitted(size))
}

/// Where two masks differ in the traits `of`, over a pale grey copy of the picture: [`ONLY_FIRST`], [`ONLY_SECOND`], [`OTHER_TRAIT`]. Masks of
/// other sizes are stretched over it.
pub fn difference(picture: &RgbImage, first: &TraitMask, second: &TraitMask, of: TraitSet) -> RgbImage {
    let mut shown = self::picture(picture);
    let size = Size::from(shown.dimensions());
    let (first, second) = (first.resized(size), second.resized(size));
    let pairs = first.bits().iter().zip(second.bits());
    for (pixel, (first, second)) in shown.pixels_mut().zip(pairs) {
        let (first, second) = (first & of.bits(), second & of.bits());
        let [r, g, b] = pixel.0.map(u32::from);
        let grey = ((299 * r + 587 * g + 114 * b) / 1000) as u8;
        let pale = [128 + grey / 2; 3];
        pixel.0 = match (first, second) {
            (0, 0) => pale,
            (first, second) if first == second => std::array::from_fn(|i| pale[i] / 2 + SAME[i] / 2),
            (_, 0) => ONLY_FIRST,
            (0, _) => ONLY_SECOND,
            _ => OTHER_TRAIT,
        };
    }
    shown
}

/// The largest size of that aspect within [`LARGEST`], enlarged if need be.
fn fitted(size: Size) -> Size {
    let scale =
        (f64::from(LARGEST.width) / f64::from(size.width)).min(f64::from(LARGEST.height) / f64::from(size.height));
    let side = |pixels: u32| ((f64::from(pixels) * scale).round() as u32).max(1);
    Size::new(side(size.width), side(size.height))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panels_keep_the_aspect() {
        for (size, panel) in [
            (Size::new(2400, 1000), Size::new(480, 200)),
            (Size::new(100, 50), Size::new(480, 240)),
            (Size::new(10, 1000), Size::new(3, 300)),
            (Size::new(100_000, 1), Size::new(480, 1)),
        ] {
            assert_eq!(fitted(size), panel);
        }
    }

    #[test]
    fn each_difference_has_its_colour() {
        let size = LARGEST;
        let crop = RgbImage::new(size.width, size.height);
        let (mut first, mut second) = (TraitMask::empty(size), TraitMask::empty(size));
        let (head, eye) = (TraitSet::EMPTY.with(Trait::Head), TraitSet::EMPTY.with(Trait::Eye));
        for (x, a, b) in [
            (1, head, TraitSet::EMPTY),
            (2, TraitSet::EMPTY, head),
            (3, head, eye),
            (4, head, head),
        ] {
            first.set(x, 0, a);
            second.set(x, 0, b);
        }
        let panel = difference(&crop, &first, &second, TraitSet::ALL);
        let colours: Vec<_> = (1..5).map(|x| panel.get_pixel(x, 0).0).collect();
        assert_eq!(colours[..3], [ONLY_FIRST, ONLY_SECOND, OTHER_TRAIT]);
        assert_ne!(colours[3], panel.get_pixel(0, 0).0, "agreement is seen too");
        let without_head = difference(&crop, &first, &second, eye);
        assert_eq!(without_head.get_pixel(3, 0).0, ONLY_SECOND);
    }
}

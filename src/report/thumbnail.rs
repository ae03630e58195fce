//! A record's small picture: the fish out of what the operator saw, else its crop with the traits painted, else the frame.

use std::sync::Arc;

use image::codecs::jpeg::JpegEncoder;
use image::{RgbImage, imageops};

use crate::analysis::crop_of;
use crate::frame::{DecodeOptions, Frame, Limits, PixelBox, Size, for_display};
use crate::overlay::{Annotations, TraitLayer, annotated_picture};
use crate::store::export::whole_file;
use crate::store::layout::part;
use crate::store::record::FishFacts;
use crate::store::{Archive, Place, Record, Storage};
use crate::traits::{Palette, label_picture};

/// Columns of a thumbnail, unless its picture has fewer.
const WIDTH: u32 = 480;
/// Columns of a thumbnail for one row of it, at most; more rows of the picture are taken where the fish is slender.
const SHAPE: f64 = 2.0;
/// How much around the fish is shown, as a share of the crop's width.
const MARGIN: f64 = 0.05;
/// JPEG quality.
const QUALITY: u8 = 78;
/// Overlay pictures are drawn for displays; larger ones are not ours.
const OVERLAY_MEGAPIXELS: f64 = 64.0;

/// A small JPEG file.
pub(super) struct Thumbnail {
    pub(super) jpeg: Vec<u8>,
    pub(super) size: Size,
    /// What it shows, for those who can't see it.
    pub(super) shows: &'static str,
}

impl Thumbnail {
    /// The picture of a record.
    ///
    /// # Errors
    /// What is wrong with the file that it would be made from, as a sentence.
    pub(super) fn of<S: Storage>(archive: &Archive<S>, place: &Place, record: &Record) -> Result<Self, String> {
        let own = |part: &str| format!("{}{part}", record.id);
        let (overlay, cropped, traits) = (own(part::OVERLAY), own(part::CROPPED), own(part::TRAITS));
        let read = |name: &str| whole_file(archive, place, record, name);
        let (picture, shows) = if record.file(&overlay).is_some() {
            let picture = decoded(read(&overlay)?, OVERLAY_MEGAPIXELS).map_err(|e| format!("{overlay} {e}"))?;
            (fish_in_overlay(&picture, record), "what the operator saw")
        } else if let (Some(fish), Some(_), Some(_)) = (&record.fish, record.file(&cropped), record.file(&traits)) {
            let limit = Limits::default().megapixels;
            let crop = decoded(read(&cropped)?, limit).map_err(|e| format!("{cropped} {e}"))?;
            let painted = painted(&crop, &read(&traits)?, fish).map_err(|e| format!("{traits} {e}"))?;
            (painted, "the fish with its traits painted")
        } else {
            let name = &record.frame.file;
            let frame = decoded(read(name)?, Limits::default().megapixels).map_err(|e| format!("{name} {e}"))?;
            (frame, "the whole frame")
        };
        Self::small(&picture, shows)
    }

    fn small(picture: &RgbImage, shows: &'static str) -> Result<Self, String> {
        let from = Size::from(picture.dimensions());
        let width = WIDTH.min(from.width);
        let height = u64::from(from.height) * u64::from(width) / u64::from(from.width.max(1));
        // A strip of one column and a million rows stays a small picture, if no faithful one.
        let size = Size::new(width, height.clamp(1, u64::from(2 * WIDTH)) as u32);
        if from.pixels() == 0 {
            return Err("has no pixels".to_owned());
        }
        let mut jpeg = Vec::new();
        JpegEncoder::new_with_quality(&mut jpeg, QUALITY)
            .encode_image(&for_display(picture, size))
            .map_err(|e| format!("can't be made small: {e}"))?;
        Ok(Self { jpeg, size, shows })
    }
}

fn decoded(content: Vec<u8>, megapixels: f64) -> Result<RgbImage, String> {
    let options = DecodeOptions {
        limits: Limits {
            megapixels,
            min_side: 1,
        },
        apply_orientation: true,
    };
    let frame = Frame::from_file_bytes(content, None).map_err(|e| format!("is no picture: {e}"))?;
    let decoded = frame.decode(&options).map_err(|e| format!("is no picture: {e}"))?;
    Ok(decoded.rgb)
}

/// The part of an overlay picture around the fish, without the legend below the picture; all of it where there is no fish.
fn fish_in_overlay(overlay: &RgbImage, record: &Record) -> RgbImage {
    let upright = record.frame.upright;
    let scale = f64::from(overlay.width()) / f64::from(upright.width.max(1));
    let rows = (f64::from(upright.height) * scale)
        .round()
        .min(f64::from(overlay.height()));
    let shown = Size::new(overlay.width(), rows as u32);
    let part = match &record.fish {
        Some(fish) => around(fish.crop_box, scale, shown),
        None => PixelBox::whole(shown),
    };
    crop_of(overlay, part)
}

/// A box of the upright frame in a picture of `shown` pixels that is smaller by `scale`, with a margin, and with rows added above and below until
/// it has the shape of a thumbnail.
fn around(fish: PixelBox, scale: f64, shown: Size) -> PixelBox {
    let margin = f64::from(fish.width()) * MARGIN;
    let span = |low: u32, high: u32, margin: f64, limit: u32| {
        let low = ((f64::from(low) - margin) * scale).floor().clamp(0.0, f64::from(limit));
        let high = ((f64::from(high) + margin) * scale).ceil().clamp(low, f64::from(limit));
        (low as u32, high as u32)
    };
    let (left, right) = span(fish.left, fish.right, margin, shown.width);
    let wanted = f64::from(right - left) / SHAPE / scale;
    let missing = (wanted - f64::from(fish.height())).max(2.0 * margin);
    let (top, bottom) = span(fish.top, fish.bottom, missing / 2.0, shown.height);
    PixelBox {
        left,
        top,
        right,
        bottom,
    }
}

/// The crop with its traits in the colours of BGNN's masks, without a legend.
fn painted(crop: &RgbImage, traits: &[u8], fish: &FishFacts) -> Result<RgbImage, String> {
    let mask = label_picture::decode_bits(traits).map_err(|e| format!("is no mask: {e}"))?;
    let size = Size::from(crop.dimensions());
    if mask.size() != size {
        return Err(format!("has {} pixels, its crop {size}", mask.size()));
    }
    let annotations = Annotations {
        picture: size,
        traits: Some(TraitLayer {
            mask: Arc::new(mask),
            crop: PixelBox::whole(size),
            confidence: Default::default(),
            not_assessed: fish.not_assessed,
        }),
        ..Annotations::default()
    };
    let width = WIDTH.min(size.width);
    let picture = annotated_picture(crop, &annotations, Palette::Bgnn, width);
    // The legend lies below; at this size it can't be read.
    let rows = (f64::from(size.height) * f64::from(picture.width()) / f64::from(size.width.max(1))).round();
    let rows = (rows as u32).clamp(1, picture.height().max(1));
    Ok(imageops::crop_imm(&picture, 0, 0, picture.width(), rows).to_image())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_slender_fish_is_shown_with_its_surroundings() {
        let part = around(PixelBox::new(200, 300, 1000, 400), 0.5, Size::new(600, 400));
        // 800 columns and 40 at each side, halved; half as many rows, around row 350 / 2.
        assert_eq!(part, PixelBox::new(80, 65, 520, 285));
    }

    proptest! {
        #[test]
        fn what_is_shown_lies_in_the_picture_and_holds_the_fish(
            (left, top, width, height) in (0u32..900, 0u32..900, 1u32..900, 1u32..900),
            scale in 0.05f64..2.0,
        ) {
            let fish = PixelBox::new(left, top, left + width, top + height);
            let shown = Size::new((1800.0 * scale).ceil() as u32, (1800.0 * scale).ceil() as u32);
            let part = around(fish, scale, shown);
            prop_assert!(part.right <= shown.width && part.bottom <= shown.height);
            prop_assert!(f64::from(part.left) <= f64::from(left) * scale && f64::from(part.right) >= f64::from(left + width) * scale);
            prop_assert!(f64::from(part.top) <= f64::from(top) * scale && f64::from(part.bottom) >= f64::from(top + height) * scale);
        }
    }

    #[test]
    fn small_pictures_stay_and_large_ones_shrink() {
        let small = |width, height| Thumbnail::small(&RgbImage::new(width, height), "").map(|t| t.size);
        assert_eq!(small(1600, 800), Ok(Size::new(480, 240)));
        assert_eq!(small(40, 20), Ok(Size::new(40, 20)));
        assert_eq!(small(1, 5000), Ok(Size::new(1, 960)));
        assert!(small(0, 0).is_err());
    }
}

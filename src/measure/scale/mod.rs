//! The scale of a picture: how many pixels a centimetre has.
//!
//! Comes after [`locate`](crate::locate), which says where the ruler lies. [`find`] looks at the ruler's pixels only, so that a frame of 24
//! megapixels costs no more than its ruler. Where no ruler tells a scale, [`ScaleSettings`] have one, or there is none: a wrong scale is worse.

mod chain;
mod combine;
mod distortion;
mod fit;
mod found;
mod grey;
mod length;
mod marks;
mod row;
mod ruler;
mod settings;
mod strokes;
mod tilt;
mod units;

pub use distortion::Distortion;
pub use found::{NoScale, Scale, ScaleMethod, TickRow};
pub use settings::ScaleSettings;

use image::RgbImage;

use crate::frame::PixelBox;

/// The scale of an upright frame, from the ruler in it; else the fallback.
///
/// # Errors
/// [`NoScale`], where there is no fallback either.
pub fn find(picture: &RgbImage, ruler: Option<PixelBox>, settings: &ScaleSettings) -> Result<Scale, NoScale> {
    let read = match ruler {
        None => Err(NoScale::NoRuler),
        Some(part) => combine::from_ruler(picture, part).ok_or(NoScale::NoTicks),
    };
    read.or_else(|missing| settings.fallback.clone().ok_or(missing))
}

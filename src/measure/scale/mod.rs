//! The scale of a picture: how many pixels a centimetre has.
//!
//! Comes after [`locate`](crate::locate), which says where the ruler lies. [`find`] looks at the ruler's pixels only, so that a frame of 24
//! megapixels costs no more than its ruler. Where no ruler tells a scale, [`ScaleSettings`] have one, or there is none: a wrong scale is worse.

pub mod calibration;
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
mod spacing;
mod strokes;
mod tilt;
mod units;

pub use calibration::Calibration;
pub use distortion::Distortion;
pub use found::{NoScale, Scale, ScaleMethod, TickRow};
pub use settings::{Known, ScaleSettings, ScaleSettingsError};

use image::RgbImage;

use crate::frame::{PixelBox, Size};

/// By which share ruler and calibration may differ before the operator is told.
const DISAGREE: f64 = 0.03;

/// The scale of an upright frame: from the ruler in it; where that tells none, what the settings know.
///
/// What the settings know of the lens is used for the ruler too, and where the two scales differ by more than 3 % a note says so.
///
/// # Errors
/// [`NoScale`], where neither tells it.
pub fn find(picture: &RgbImage, ruler: Option<PixelBox>, settings: &ScaleSettings) -> Result<Scale, NoScale> {
    let known = settings.known.scale_of(Size::from(picture.dimensions()));
    let distortion = known.iter().flatten().find_map(|scale| scale.distortion);
    let read = match ruler {
        None => Err(NoScale::NoRuler),
        Some(part) => combine::from_ruler(picture, part, distortion).ok_or(NoScale::NoTicks),
    };
    let (mut scale, known) = match (read, known) {
        (Ok(scale), known) => (scale, known),
        (Err(_), Ok(Some(known))) => return Ok(known),
        (Err(missing), Ok(None)) => return Err(missing),
        (Err(_), Err(other_size)) => return Err(other_size),
    };
    scale.notes.extend(match known {
        Ok(known) => known.and_then(|known| disagreement(&scale, &known)),
        Err(other_size) => Some(other_size.to_string()),
    });
    Ok(scale)
}

/// What to tell the operator where the ruler says something else than what is known.
fn disagreement(ruler: &Scale, known: &Scale) -> Option<String> {
    let (read, expected) = (ruler.pixels_per_cm, known.value_at(ruler.place));
    let share = read.value / expected - 1.0;
    let told = match known.method {
        ScaleMethod::Calibration => "calibration",
        _ => "configuration",
    };
    (share.abs() > DISAGREE.max(3.0 * read.relative())).then(|| {
        format!(
            "the ruler says {:.1} px/cm, the {told} {expected:.1} ({:+.1} %): has the camera been moved, or does the ruler lie higher or \
             lower than the specimen?",
            read.value,
            100.0 * share
        )
    })
}

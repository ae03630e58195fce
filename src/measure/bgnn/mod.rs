//! What Morphology-analysis (hdr-bgnn/Morphology-analysis, `Scripts/Traits_class.py` and `Morphology_main.py`) computes from a mask, equal to its own
//! output: presence, the 18 landmarks and the 13 measurements.
//!
//! ```text
//! Painted ──► align: angle, rotation ──► pieces: runs of each class ──► presence, landmarks, values ──► json: the three files
//! ```
//!
//! It is deliberately as fragile as the original: it holds for fish that face left, a trait in several pieces is missing, and where that program
//! crashes there is a [`Crash`] and no file. [`specimen`](super::specimen) is what to use beside it. `docs/morphology.md` compares the two.

mod align;
mod json;
mod landmarks;
mod metadata_scale;
mod painted;
mod pieces;
mod python;
mod values;

use serde::Serialize;
use thiserror::Error;

pub use json::{BgnnFiles, files};
pub use landmarks::{Landmark, Landmarks};
pub use metadata_scale::{MetadataError, MetadataScale};
pub use painted::{Painted, UnknownColours};
pub use values::Values;

use crate::traits::Trait;
use pieces::Pieces;

/// The share of a trait's filled area that its largest piece must have; else the trait counts as missing.
const LEAST_SHARE: f64 = 0.6;

/// Everything that Morphology-analysis computes from one mask.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Morphology {
    /// By how many degrees the mask was turned anticlockwise to lay the fish level, two decimals.
    pub turned: f64,
    /// Each trait that the program knows, in the order of its file.
    pub presence: [Presence; KNOWN.len()],
    /// The 18 landmarks, in pixels of the turned mask.
    pub landmarks: Landmarks,
    /// The 13 measurements, in pixels of the turned mask and degrees.
    pub values: Values,
}

/// How a trait occurs in the turned mask, before any clean-up.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Presence {
    /// Number of pieces (8-connected).
    pub number: u64,
    /// Share of its pixels that the largest piece has, 0 to 1; 0 where it is absent.
    pub percentage: f64,
}

/// The traits that the program knows, in its order: all but the spines, whose colour is nothing to it.
pub const KNOWN: [Trait; 11] = [
    Trait::DorsalFin,
    Trait::AdiposeFin,
    Trait::CaudalFin,
    Trait::AnalFin,
    Trait::PelvicFin,
    Trait::PectoralFin,
    Trait::Head,
    Trait::Eye,
    Trait::CaudalFinRay,
    Trait::AltFinRay,
    Trait::Trunk,
];

/// Why Morphology-analysis crashes on a mask, and so writes no file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Crash {
    /// Nothing is painted.
    #[error("the mask is empty")]
    Empty,
    /// The fish has no largest piece from which its angle could be taken.
    #[error("the largest piece of the whole fish has less than 60 % of the painted pixels")]
    WholeFishInPieces,
    /// As before, in the turned mask.
    #[error("once the fish is turned level, its largest piece has less than 60 % of the painted pixels")]
    TurnedFishInPieces,
    /// The eye's largest piece is large enough before holes are filled, and not after.
    #[error("the eye is in pieces: its largest has 60 % of its pixels only as long as holes are not filled")]
    EyeInPieces,
    /// The caudal fin has nothing above its middle row.
    #[error("the caudal fin has no pixel above its middle row")]
    FlatCaudalFin,
    /// Head and trunk together are in pieces.
    #[error("the largest piece of head and trunk together has less than 60 % of their pixels")]
    BodyInPieces,
    /// There is an eye but no head around it.
    #[error("there is an eye, and no head whose largest piece has 60 % of its pixels")]
    EyeWithoutHead,
    /// No pixel of the head lies above or below the middle of the eye.
    #[error("the head has no pixel in the column of the eye's centre")]
    EyeBesideHead,
    /// More pixels than Pillow opens.
    #[error("the mask has more than 178956970 pixels, which Pillow does not open")]
    TooLarge,
}

/// `2 * Image.MAX_IMAGE_PIXELS` of Pillow.
const PIXELS_MAX: u64 = 178_956_970;

/// Computes what Morphology-analysis computes from a mask.
///
/// # Errors
/// [`Crash`], where that program crashes.
pub fn analyse(painted: &Painted<'_>) -> Result<Morphology, Crash> {
    if painted.size().pixels() > PIXELS_MAX {
        return Err(Crash::TooLarge);
    }
    let before = Pieces::of(painted);
    if before.is_empty() {
        return Err(Crash::Empty);
    }
    let turned = align::angle(&before.whole_fish()).ok_or(Crash::WholeFishInPieces)?;
    let level = if turned == 0.0 {
        before
    } else {
        align::turned(painted, turned)
    };
    let angle = align::angle(&level.whole_fish()).ok_or(match level.is_empty() {
        true => Crash::Empty,
        false => Crash::TurnedFishInPieces,
    })?;
    let traits = landmarks::CleanTraits::of(&level);
    let landmarks = Landmarks::of(&traits)?;
    let values = Values::of(&level, &traits, &landmarks, angle)?;
    Ok(Morphology {
        turned,
        presence: traits.presence,
        landmarks,
        values,
    })
}

/// The mask as the landmarks lie in it: turned by [`Morphology::turned`] degrees about its middle, at the same size; what leaves it is cut off.
pub fn turned_mask(painted: &Painted<'_>, turned: f64) -> crate::traits::TraitMask {
    let level = if turned == 0.0 {
        Pieces::of(painted)
    } else {
        align::turned(painted, turned)
    };
    level.mask(painted.size())
}

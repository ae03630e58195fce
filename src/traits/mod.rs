//! The twelve traits of a fish and their masks.
//!
//! * [`Trait`]: the twelve, in the channel order of the reference network; [`TraitSet`]: any of them, one bit each.
//! * [`TraitMask`]: one [`TraitSet`] for every pixel. A pixel may hold several traits (a ray lies in its fin), so this, not a painted
//!   picture, is what the station keeps.
//! * [`Palette`]: the colours, BGNN's and a colour-blind-safe set.
//! * [`paint`] and [`label_picture`]: the painted picture that BGNN reads, the 16-bit file that keeps all bits, and labels of other programs.
//! * [`components`]: connected pieces of a plane; [`TraitRuns`]: a mask as stretches of equal pixels, which is how masks are measured.
//! * [`CleanUp`]: specks and pin holes, which a network's masks have and a fish has not.

mod clean_up;
pub mod components;
pub mod label_picture;
mod mask;
pub mod paint;
mod palette;
mod runs;
mod trait_kind;

pub use clean_up::{CleanUp, CleanUpError};
pub use label_picture::{LabelForm, LabelPictureError};
pub use mask::TraitMask;
pub use palette::{Palette, Rgb};
pub use runs::TraitRuns;
pub use trait_kind::{Trait, TraitSet};

//! Drawn specimens with exact masks: the demo's frames, the tests' ground truth, training pictures.
//!
//! The drawing follows the one that taught the starter network, taken further: fishes of several body plans seen from the side, every fin a sheet
//! with rays or spines, skin with scales and markings, and a rig around them. Everything follows from a seed.
//!
//! * [`SpecimenPlan`]: shape and colours of a specimen, for one of the forms of [`BodyForm`].
//! * [`SceneSettings`] → [`RigScene`] → [`RigFrame`]: a whole frame with ground, label and ruler, and what is true of it: the
//!   [`TraitMask`](crate::traits::TraitMask), boxes, scale, lengths.
//! * [`RigScene::draw_crop`] → [`Specimen`]: one fish cropped as the station crops, of any size.
//! * [`demo_scenes`]: the frames of `fishrig demo`.
//!
//! Traits exclude each other in the masks, as in the published labels: the head is without the eye, the trunk without fins that lie on it.
//! Only rays and spines lie in their fin, where both are set.

mod curve;
mod demo;
mod dice;
mod error;
mod light;
mod noise;
mod plan;
mod rig;
mod specimen;

pub use curve::Point;
pub use demo::demo_scenes;
pub use error::RenderError;
pub use plan::{
    Band, Bars, BodyForm, BodyOutline, Eye, FinPlan, FinTexture, GillCover, Lighting, Mouth, PigmentPlan, Scales,
    SpecimenPlan, Spots,
};
pub use rig::{
    DrawnFish, DrawnRuler, FishTruth, GREATEST_SIDE, Ground, Heading, LEAST_SIDE, LabelStyle, RigFrame, RigScene,
    RulerStyle, SceneSettings, Specimen,
};

//! The rig's scene: ground, specimens, label and ruler, and the camera above them.
//!
//! [`SceneSettings`] say what shall be there, [`RigScene`] decides where everything lies, [`RigScene::draw`] makes the picture and
//! says what is true of it.

mod camera;
mod card;
mod frame;
mod ground;
mod handwriting;
mod ink;
mod label;
mod layout;
mod marks;
mod ruler;
mod settings;
mod shadow;
mod truth;

pub use frame::{DrawnFish, DrawnRuler, RigFrame, RigScene, Specimen};
pub use ground::Ground;
pub use label::LabelStyle;
pub use ruler::RulerStyle;
pub use settings::{GREATEST_SIDE, Heading, LEAST_SIDE, SceneSettings};
pub use truth::FishTruth;

// Streams of the scene's generator; those of the specimens are in `plan`.
const SETTINGS_STREAM: u64 = 10;
const LAYOUT_STREAM: u64 = 11;
const GROUND_STREAM: u64 = 12;
const NOISE_STREAM: u64 = 13;

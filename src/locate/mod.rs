//! Fish, label and ruler in a whole frame, and which way the head points: the step between a decoded frame and the network.
//!
//! [`locate`] works on a copy of about 600 by 400 pixels, so that a frame of any size costs about the same:
//!
//! 1. `reduced` shrinks the frame, `ground` fits the colour of the table with its fall-off of light, and everything is then judged by its
//!    distance from the ground;
//! 2. `sheets` finds straight-sided things from strong to weak contrast (`rectangle`, `shape`), `print` finds strokes, and together they
//!    tell ruler and label from colour cards and tape;
//! 3. `candidates` follows what is left through all levels of contrast and keeps what has the outline of a fish (`outline`).
//!
//! Nothing here is learnt from data or random: the same picture gives the same [`Scene`].

mod candidates;
mod edges;
mod ground;
mod head;
mod outline;
mod papers;
mod plane;
mod print;
mod rectangle;
mod reduced;
mod scene;
mod settings;
mod shape;
mod sheets;
mod text;
mod ticks;
mod walls;

pub use scene::{Fish, HeadSide, Scene, locate};
pub use settings::LocateSettings;

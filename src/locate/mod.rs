//! Fish, label and ruler in a whole frame, and which way the head points: the step between a decoded frame and the network.
//!
//! [`locate`] works on a copy of about 600 by 400 pixels, so that a frame of any size costs about the same:
//!
//! 1. `reduced` shrinks the frame, `ground` fits the colour of the table with its fall-off of light, and everything is then judged by its
//!    distance from the ground; `table` puts this together with `walls` and trays.
//! 2. `sheets` finds straight-sided printed things from strong to weak contrast (`rectangle`, `shape`, `print`). `papers` tells ruler and
//!    label from the rest, and finds those that are too pale or clear by their `text`, their `ticks` and the faint `edges` around these.
//! 3. `candidates` follows what is left through all levels of contrast and keeps what has the best `outline`; `judge` says which of these
//!    are fish, `fins` adds what their thin rays reach, and `head` says which way the fish lies.
//!
//! Nothing here is learnt from data or random: the same picture gives the same [`Scene`].

mod candidates;
mod edges;
mod fins;
mod ground;
mod head;
mod judge;
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
mod table;
mod text;
mod ticks;
mod walls;

pub use scene::{Fish, HeadSide, Scene, locate};
pub use settings::LocateSettings;

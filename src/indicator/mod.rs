//! A lamp and a buzzer that tell the station's state to whoever does not look at the display.
//!
//! * [`Signal`]: what there is to tell, and its pattern: pure functions of the time.
//! * [`Announcements`]: a state that lasts, and moments that interrupt it.
//! * [`Output`]: something that is on or off; a GPIO line is one.
//! * [`Indicator`]: both, switched when the pattern says so. An output that can't be had is tried again now and then; the station does not need it.

mod announcements;
mod outputs;
mod signal;

pub use announcements::Announcements;
pub use outputs::{Indicator, OpenOutput, Output};
pub use signal::{Levels, Signal};

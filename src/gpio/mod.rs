//! Lines of the computer's pin header (GPIO), through the kernel's character devices: the button's input, the lamp's and the buzzer's outputs.
//!
//! * [`LineId`]: how a line is named in the configuration.
//! * [`GpioSettings`]: which lines are used for what.
//! * [`InputLine`], [`OutputLine`]: a line that was asked for and got; dropping one gives it back.
//! * [`GpioError`]: why a line can't be had, and what to do.
//!
//! The gpiocdev crate is used here and nowhere else. The kernel debounces, turns *active low* lines round and keeps the time of each edge.

mod chips;
mod error;
mod input_line;
mod line_id;
mod output_line;
mod settings;

pub use error::GpioError;
pub use input_line::{CONSUMER, Edge, InputLine};
pub use line_id::LineId;
pub use output_line::OutputLine;
pub use settings::{Bias, GpioSettings, InputSettings, OutputSettings};

//! A station without a screen.

use super::{Canvas, Display, DisplayError};
use crate::frame::Size;

/// Shows nothing.
#[derive(Debug, Clone)]
pub struct NoDisplay {
    size: Size,
}

impl NoDisplay {
    /// Nothing, of that size.
    pub fn new(size: Size) -> Self {
        Self { size }
    }
}

impl Display for NoDisplay {
    fn name(&self) -> String {
        "none".to_owned()
    }

    fn size(&self) -> Size {
        self.size
    }

    fn show(&mut self, _: &Canvas) -> Result<(), DisplayError> {
        Ok(())
    }
}

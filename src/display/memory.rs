//! Keeps what it was shown.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Canvas, Display, DisplayError, DisplayEvent};
use crate::frame::Size;

/// A display for tests: a clone of it, kept by the test, sees what the station shows and plays the operator.
#[derive(Debug, Clone)]
pub struct MemoryDisplay {
    size: Size,
    keep: usize,
    shared: Arc<Mutex<Shared>>,
}

#[derive(Debug, Default)]
struct Shared {
    shown: VecDeque<Canvas>,
    count: u64,
    events: Vec<DisplayEvent>,
}

impl MemoryDisplay {
    /// A display that keeps the newest `keep` pictures.
    pub fn new(size: Size, keep: usize) -> Self {
        Self {
            size,
            keep,
            shared: Arc::default(),
        }
    }

    /// The pictures kept, oldest first.
    pub fn shown(&self) -> Vec<Canvas> {
        self.lock().shown.iter().cloned().collect()
    }

    /// How many pictures were shown, kept or not.
    pub fn count(&self) -> u64 {
        self.lock().count
    }

    /// Lets something happen at the display.
    pub fn push_event(&self, event: DisplayEvent) {
        self.lock().events.push(event);
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Display for MemoryDisplay {
    fn name(&self) -> String {
        "memory".to_owned()
    }

    fn size(&self) -> Size {
        self.size
    }

    fn show(&mut self, canvas: &Canvas) -> Result<(), DisplayError> {
        super::check_size(self, canvas)?;
        let mut shared = self.lock();
        shared.count += 1;
        shared.shown.push_back(canvas.clone());
        while shared.shown.len() > self.keep {
            shared.shown.pop_front();
        }
        Ok(())
    }

    fn events(&mut self) -> Vec<DisplayEvent> {
        std::mem::take(&mut self.lock().events)
    }
}

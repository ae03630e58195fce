//! The thread that reads the pick list again when its file has changed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use super::Event;
use crate::identify::{IdentifySettings, PickList, PickListSettings, Stamp};
use crate::input::InputError;

/// How often the file is looked at.
const EVERY: Duration = Duration::from_secs(1);

/// Watches a pick list's file until dropped.
pub struct PickListWatch {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl PickListWatch {
    /// Starts watching. `stamp` is that of the file as it was read at the start. `send` gets an [`Event::PickList`] after each change, and returns `false` when
    /// nobody wants it any more.
    ///
    /// # Errors
    /// [`InputError::Thread`].
    pub fn start(
        list: PickListSettings,
        settings: IdentifySettings,
        mut stamp: Option<Stamp>,
        send: impl Fn(Event) -> bool + Send + 'static,
    ) -> Result<Self, InputError> {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let watch = move || {
            // A file that is being written changes again; it is read once it has been quiet for a round.
            let mut settling = None;
            loop {
                // Dropping the watch wakes it.
                std::thread::park_timeout(EVERY);
                if stopped.load(Ordering::Relaxed) {
                    return;
                }
                let now = Stamp::of(&list.path);
                if now == stamp {
                    settling = None;
                    continue;
                }
                if settling != Some(now) {
                    settling = Some(now);
                    continue;
                }
                stamp = now;
                let read = PickList::read(&list, &settings).map(Arc::new);
                if !send(Event::PickList(read.map_err(|error| error.to_string()))) {
                    return;
                }
            }
        };
        let thread = std::thread::Builder::new()
            .name("pick-list".into())
            .spawn(watch)
            .map_err(InputError::Thread)?;
        Ok(Self {
            stop,
            thread: Some(thread),
        })
    }
}

impl Drop for PickListWatch {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            // A panic in there ended the watching and nothing else.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;

    const HANG: Duration = Duration::from_secs(60);

    #[test]
    fn a_list_is_read_again_when_its_file_changes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("list.csv");
        let settings = IdentifySettings::default();
        let list = PickListSettings {
            path: path.clone(),
            column: "id".into(),
        };
        let (events, told) = channel();
        let watch = PickListWatch::start(list, settings, None, move |event| events.send(event).is_ok()).unwrap();
        std::fs::write(&path, "id\nF1\nF2\n").unwrap();
        let Event::PickList(Ok(list)) = told.recv_timeout(HANG).unwrap() else {
            panic!("another event");
        };
        assert_eq!(list.len(), 2);
        std::fs::write(&path, "number\nF1\nF2\nF3\n").unwrap();
        let Event::PickList(Err(reason)) = told.recv_timeout(HANG).unwrap() else {
            panic!("another event");
        };
        assert!(reason.contains("list.csv") && reason.contains("no column"), "{reason}");
        drop(watch);
        assert!(told.recv().is_err(), "nothing more, and the thread has ended");
    }
}

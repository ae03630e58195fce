//! Work on a list with several threads, its results in the list's order.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

/// Calls `work` for each item on `jobs` threads, and `done` on this thread with each item and its result, in the items' order.
pub(super) fn in_parallel<I: Sync, R: Send>(
    items: &[I],
    jobs: usize,
    work: impl Fn(&I) -> R + Sync,
    mut done: impl FnMut(&I, R),
) {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        // One result for each worker may wait.
        let (send, receive) = mpsc::sync_channel(jobs);
        for _ in 0..jobs {
            let (send, next, work) = (send.clone(), &next, &work);
            scope.spawn(move || {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(index) else { return };
                    if send.send((index, work(item))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(send);
        let mut early = BTreeMap::new();
        let mut expected = 0;
        for (index, result) in receive {
            early.insert(index, result);
            while let Some(result) = early.remove(&expected) {
                done(&items[expected], result);
                expected += 1;
            }
        }
    });
}

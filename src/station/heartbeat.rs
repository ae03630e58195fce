//! Whether the threads that records depend on still move.
//!
//! A thread that has nothing to do is alive however long it waits; one that has work and does not get on with it is not. What work is, the loop knows:
//! a [`Beat`] counts the pieces that a thread began and ended, a [`HangWatch`] looks whether the count moves while there is work.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Counts the beginnings and ends of a thread's pieces of work: odd while it works.
#[derive(Debug, Default)]
pub(super) struct Beat(AtomicU64);

impl Beat {
    /// Does one piece of work.
    pub(super) fn during<T>(&self, work: impl FnOnce() -> T) -> T {
        struct Working<'a>(&'a AtomicU64);
        impl Drop for Working<'_> {
            fn drop(&mut self) {
                self.0.fetch_add(1, Ordering::Relaxed);
            }
        }
        self.0.fetch_add(1, Ordering::Relaxed);
        let _working = Working(&self.0);
        work()
    }

    fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// One for each thread that matters.
#[derive(Debug, Default)]
pub(super) struct Beats {
    pub(super) source: Beat,
    pub(super) network: Beat,
    pub(super) recorder: Beat,
}

/// What waits for a thread, beside what it works on.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Waiting {
    /// The wish to open the source.
    pub(super) source: bool,
    /// A frame for the network.
    pub(super) frame: bool,
    /// A record for the recorder.
    pub(super) record: bool,
}

/// A disk may take this much longer than the rest: a worn card cleans itself up for a minute, and what is being written can't be had again.
const DISK: u32 = 4;

/// Looks at the beats.
#[derive(Debug)]
pub(super) struct HangWatch {
    threads: [Watched; 3],
}

#[derive(Debug)]
struct Watched {
    name: &'static str,
    limit: Duration,
    count: u64,
    since: Duration,
}

impl HangWatch {
    /// A thread with work may take `limit` for one piece of it.
    pub(super) fn new(limit: Duration) -> Self {
        let watched = |name, limit| Watched {
            name,
            limit,
            count: 0,
            since: Duration::ZERO,
        };
        Self {
            threads: [
                watched("source", limit),
                watched("network", limit),
                watched("recorder", limit.saturating_mul(DISK)),
            ],
        }
    }

    /// The thread that hangs, and for how long already. To be asked often.
    pub(super) fn hanging(
        &mut self,
        beats: &Beats,
        waiting: Waiting,
        now: Duration,
    ) -> Option<(&'static str, Duration)> {
        let seen = [
            (&beats.source, waiting.source),
            (&beats.network, waiting.frame),
            (&beats.recorder, waiting.record),
        ];
        let mut hanging = None;
        for (thread, (beat, waits)) in self.threads.iter_mut().zip(seen) {
            let count = beat.count();
            let is_working = count % 2 == 1;
            if count != thread.count || !(is_working || waits) {
                (thread.count, thread.since) = (count, now);
            }
            let still = now.saturating_sub(thread.since);
            if still > thread.limit {
                hanging = hanging.or(Some((thread.name, still)));
            }
        }
        hanging
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTHING: Waiting = Waiting {
        source: false,
        frame: false,
        record: false,
    };

    fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_thread_without_work_is_alive() {
        let (mut watch, beats) = (HangWatch::new(s(10)), Beats::default());
        assert_eq!(watch.hanging(&beats, NOTHING, s(1000)), None);
        beats.network.during(|| {});
        assert_eq!(watch.hanging(&beats, NOTHING, s(5000)), None);
    }

    #[test]
    fn slow_work_is_alive_and_endless_work_is_not() {
        let (mut watch, beats) = (HangWatch::new(s(10)), Beats::default());
        for now in (0..100).step_by(10) {
            beats
                .network
                .during(|| assert_eq!(watch.hanging(&beats, NOTHING, s(now)), None));
        }
        beats.network.during(|| {
            assert_eq!(watch.hanging(&beats, NOTHING, s(100)), None);
            assert_eq!(watch.hanging(&beats, NOTHING, s(110)), None);
            assert_eq!(watch.hanging(&beats, NOTHING, s(111)), Some(("network", s(11))));
        });
        assert_eq!(watch.hanging(&beats, NOTHING, s(112)), None, "it moves again");
    }

    #[test]
    fn a_thread_that_does_not_take_its_work_hangs() {
        let (mut watch, beats) = (HangWatch::new(s(10)), Beats::default());
        let waiting = Waiting {
            frame: true,
            record: true,
            ..NOTHING
        };
        assert_eq!(watch.hanging(&beats, NOTHING, s(100)), None);
        assert_eq!(watch.hanging(&beats, waiting, s(109)), None);
        assert_eq!(watch.hanging(&beats, waiting, s(111)), Some(("network", s(11))));
        let record = Waiting {
            record: true,
            ..NOTHING
        };
        assert_eq!(watch.hanging(&beats, record, s(139)), None, "a disk may be slower");
        assert_eq!(watch.hanging(&beats, record, s(141)), Some(("recorder", s(41))));
    }

    #[test]
    fn a_panic_ends_the_work() {
        let (mut watch, beats) = (HangWatch::new(s(10)), Beats::default());
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            beats.source.during(|| panic!("expected"))
        }));
        assert!(panicked.is_err());
        assert_eq!(watch.hanging(&beats, NOTHING, s(99)), None);
    }
}

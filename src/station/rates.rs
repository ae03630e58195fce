//! How fast things go.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Counters that the threads advance.
#[derive(Debug, Default)]
pub(super) struct Meters {
    pub(super) frames: AtomicU64,
    pub(super) analyses: AtomicU64,
    pub(super) drawn: AtomicU64,
    /// From capture to result of the newest analysis, in microseconds.
    pub(super) latency_us: AtomicU64,
}

impl Meters {
    pub(super) fn count(counter: &AtomicU64) {
        counter.fetch_add(1, Ordering::Relaxed);
    }
}

/// Rates over the last seconds.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Rates {
    /// Frames a second from the source.
    pub source: f64,
    /// Analyses a second.
    pub analysis: f64,
    /// Pictures a second on the display.
    pub preview: f64,
    /// From the capture of the newest analysed frame to its result; zero before the first.
    pub latency: Duration,
}

/// Turns counters into rates over a sliding window.
#[derive(Debug, Default)]
pub(super) struct RateWindow {
    samples: VecDeque<(Duration, [u64; 3])>,
}

const WINDOW: Duration = Duration::from_secs(4);
const STEP: Duration = Duration::from_millis(200);

impl RateWindow {
    /// The rates at `now`, with the counters as they are.
    pub(super) fn read(&mut self, meters: &Meters, now: Duration) -> Rates {
        let counts = [&meters.frames, &meters.analyses, &meters.drawn].map(|c| c.load(Ordering::Relaxed));
        if self
            .samples
            .back()
            .is_none_or(|(time, _)| now.saturating_sub(*time) >= STEP)
        {
            self.samples.push_back((now, counts));
        }
        while self.samples.len() > 2 && now.saturating_sub(self.samples[0].0) > WINDOW {
            self.samples.pop_front();
        }
        let (since, before) = self.samples[0];
        let seconds = now.saturating_sub(since).as_secs_f64();
        let rate = |i: usize| {
            if seconds > 0.0 {
                (counts[i] - before[i]) as f64 / seconds
            } else {
                0.0
            }
        };
        Rates {
            source: rate(0),
            analysis: rate(1),
            preview: rate(2),
            latency: Duration::from_micros(meters.latency_us.load(Ordering::Relaxed)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_follow_the_counters_and_forget() {
        let (meters, mut window) = (Meters::default(), RateWindow::default());
        assert_eq!(window.read(&meters, Duration::ZERO), Rates::default());
        for tenth in 1..=50 {
            for _ in 0..3 {
                Meters::count(&meters.frames);
            }
            let rates = window.read(&meters, Duration::from_millis(tenth * 100));
            assert!((rates.source - 30.0).abs() < 0.001, "{rates:?}");
        }
        for second in 6..=12 {
            window.read(&meters, Duration::from_secs(second));
        }
        assert_eq!(
            window.read(&meters, Duration::from_secs(12)).source,
            0.0,
            "the source is silent"
        );
        assert!(window.samples.len() < 25);
    }
}

//! A state that lasts, and moments that interrupt it.

use std::collections::VecDeque;
use std::time::Duration;

use super::{Levels, Signal};

/// Moments that may wait for the one before them; more would tell of things long past.
const MOMENTS_MAX: usize = 3;

/// What is being told, over time. Times are durations on one clock that never goes back.
#[derive(Debug)]
pub struct Announcements {
    state: Signal,
    since: Duration,
    moments: VecDeque<Signal>,
    moment_since: Duration,
}

impl Announcements {
    /// Tells `state` from `now` on.
    pub fn new(state: Signal, now: Duration) -> Self {
        Self {
            state,
            since: now,
            moments: VecDeque::new(),
            moment_since: now,
        }
    }

    /// Tells this state from now on, if it is another one.
    pub fn set(&mut self, state: Signal, now: Duration) {
        if self.state != state {
            (self.state, self.since) = (state, now);
        }
    }

    /// Tells a moment, after those that are being told.
    pub fn tell(&mut self, moment: Signal, now: Duration) {
        if self.moments.is_empty() {
            self.moment_since = now;
        }
        if self.moments.len() < MOMENTS_MAX {
            self.moments.push_back(moment);
        }
    }

    /// What is on at `now`.
    pub fn levels(&mut self, now: Duration) -> Levels {
        while let Some(moment) = self.moments.front() {
            let elapsed = now.saturating_sub(self.moment_since);
            let lasts = moment.lasts().unwrap_or_default();
            if elapsed < lasts {
                return moment.levels(elapsed);
            }
            self.moment_since += lasts;
            self.moments.pop_front();
        }
        self.state.levels(now.saturating_sub(self.since))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    #[test]
    fn moments_come_one_after_another_and_the_state_goes_on_behind_them() {
        let mut told = Announcements::new(Signal::Fault, ms(0));
        told.tell(Signal::Saved, ms(1000));
        told.tell(Signal::NotSaved, ms(1100));
        assert_eq!(told.levels(ms(1050)), Signal::Saved.levels(ms(50)));
        assert_eq!(told.levels(ms(1500)), Signal::NotSaved.levels(ms(100)));
        assert_eq!(told.levels(ms(3000)), Signal::Fault.levels(ms(3000)));
        told.set(Signal::Fault, ms(3100));
        assert_eq!(
            told.levels(ms(3200)),
            Signal::Fault.levels(ms(3200)),
            "the same state does not begin again"
        );
        told.set(Signal::Ready, ms(3200));
        assert_eq!(told.levels(ms(3200)), Signal::Ready.levels(ms(0)));
    }

    #[test]
    fn a_hundred_moments_do_not_pile_up() {
        let mut told = Announcements::new(Signal::Ready, ms(0));
        for _ in 0..100 {
            told.tell(Signal::NotSaved, ms(0));
        }
        assert_eq!(told.levels(ms(3 * 1050)), Signal::Ready.levels(ms(0)));
    }
}

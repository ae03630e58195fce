//! What the presses of a button mean, without the button: edges and their times in, events out.
//!
//! A short press takes a picture, a long one ends the session. Where there is a long press the picture is taken when the button is let go, since only
//! then it is known that the press is a short one; where there is none, at once. A button that was down before anybody looked means nothing until
//! it was let go.

use std::time::Duration;

use super::{Event, TriggerKind};
use crate::gpio::Edge;

/// A press that follows the release before it faster than this belongs to that press: contacts bounce, fingers don't.
const BOUNCE: Duration = Duration::from_millis(50);

/// Understands one button.
#[derive(Debug)]
pub struct Presses {
    by: TriggerKind,
    long_press: Option<Duration>,
    state: State,
}

#[derive(Debug, Clone, Copy)]
enum State {
    /// Not pressed; let go at that time.
    Up { since: Option<Duration> },
    /// Pressed at that time.
    Down { since: Duration, done: Done },
}

/// What a press has done already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Done {
    Nothing,
    Picture,
    /// All that a press can do.
    Finish,
}

impl Presses {
    /// A button that is up. A press of `long_press` or more ends the session; without it no press does.
    pub fn new(by: TriggerKind, long_press: Option<Duration>) -> Self {
        Self {
            by,
            long_press,
            state: State::Up { since: None },
        }
    }

    /// The event of an edge at the time `at`; times are those of one clock that never goes back.
    pub fn edge(&mut self, edge: Edge, at: Duration) -> Option<Event> {
        match edge {
            Edge::Pressed => self.pressed(at),
            Edge::Released => self.released(at),
        }
    }

    /// The event of time alone: the button is still down at `now`, and that makes its press a long one.
    pub fn still_down(&mut self, now: Duration) -> Option<Event> {
        if now < self.long_press_at()? {
            return None;
        }
        if let State::Down { done, .. } = &mut self.state {
            *done = Done::Finish;
        }
        Some(Event::Finish)
    }

    /// When the press that is under way becomes a long one; `None` where none is, or it did already.
    pub fn long_press_at(&self) -> Option<Duration> {
        match self.state {
            State::Down { since, done } if done != Done::Finish => since.checked_add(self.long_press?),
            _ => None,
        }
    }

    /// The button was lost: what it did last means nothing any more.
    pub fn forget(&mut self) {
        self.state = State::Up { since: None };
    }

    fn pressed(&mut self, at: Duration) -> Option<Event> {
        let (earlier, done) = match self.state {
            // The edge between was lost, so the press before it is over.
            State::Down { .. } => (self.released(at), Done::Nothing),
            State::Up { since: Some(released) } if at.saturating_sub(released) < BOUNCE => (None, Done::Picture),
            State::Up { .. } => (None, Done::Nothing),
        };
        let at_once = self.long_press.is_none() && done == Done::Nothing;
        self.state = State::Down {
            since: at,
            done: if at_once { Done::Picture } else { done },
        };
        earlier.or(at_once.then(|| self.picture()))
    }

    fn released(&mut self, at: Duration) -> Option<Event> {
        let State::Down { since, done } = self.state else {
            return None;
        };
        self.state = State::Up { since: Some(at) };
        let is_long = self.long_press.is_some_and(|long| at.saturating_sub(since) >= long);
        match done {
            Done::Finish => None,
            // Nobody asked in time whether it is still down.
            Done::Nothing | Done::Picture if is_long => Some(Event::Finish),
            Done::Nothing => Some(self.picture()),
            Done::Picture => None,
        }
    }

    fn picture(&self) -> Event {
        Event::Trigger {
            by: self.by,
            same_specimen: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Edge::{Pressed, Released};
    use proptest::prelude::*;

    const LONG: Duration = Duration::from_secs(2);
    const PICTURE: Event = Event::Trigger {
        by: TriggerKind::Button,
        same_specimen: false,
    };

    fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    /// What a button does at these milliseconds, asked every 20 ms in between.
    fn events(long_press: Option<Duration>, edges: &[(Edge, u64)], until: u64) -> Vec<(u64, Event)> {
        let mut presses = Presses::new(TriggerKind::Button, long_press);
        let mut events = Vec::new();
        let mut edges = edges.iter().peekable();
        for now in 0..=until {
            while let Some((edge, _)) = edges.next_if(|(_, at)| *at == now) {
                events.extend(presses.edge(*edge, ms(now)).map(|event| (now, event)));
            }
            if now.is_multiple_of(20) {
                events.extend(presses.still_down(ms(now)).map(|event| (now, event)));
            }
        }
        events
    }

    #[test]
    fn a_short_press_takes_a_picture_when_let_go() {
        assert_eq!(
            events(Some(LONG), &[(Pressed, 100), (Released, 250)], 5000),
            [(250, PICTURE)]
        );
    }

    #[test]
    fn a_long_press_ends_the_session_while_held_and_takes_no_picture() {
        assert_eq!(
            events(Some(LONG), &[(Pressed, 100), (Released, 9000)], 9999),
            [(2100, Event::Finish)]
        );
    }

    #[test]
    fn without_a_long_press_the_picture_is_taken_at_once_and_holding_means_nothing() {
        assert_eq!(
            events(None, &[(Pressed, 100), (Released, 9000)], 9999),
            [(100, PICTURE)]
        );
    }

    #[test]
    fn bounces_that_the_kernel_let_through_are_one_press() {
        let bouncing = [
            (Pressed, 100),
            (Released, 103),
            (Pressed, 105),
            (Released, 109),
            (Pressed, 110),
            (Released, 300),
        ];
        assert_eq!(events(Some(LONG), &bouncing, 999), [(103, PICTURE)]);
        assert_eq!(events(None, &bouncing, 999), [(100, PICTURE)]);
    }

    #[test]
    fn a_button_that_was_down_before_means_nothing_until_let_go() {
        assert_eq!(
            events(Some(LONG), &[(Released, 5000), (Pressed, 6000), (Released, 6100)], 9999),
            [(6100, PICTURE)]
        );
    }

    #[test]
    fn a_lost_release_loses_no_picture() {
        let lost = [(Pressed, 100), (Pressed, 900), (Released, 1000)];
        assert_eq!(events(Some(LONG), &lost, 9999), [(900, PICTURE), (1000, PICTURE)]);
    }

    #[test]
    fn a_station_that_slept_through_a_long_press_still_knows_it() {
        let mut presses = Presses::new(TriggerKind::Button, Some(LONG));
        assert_eq!(presses.edge(Pressed, ms(0)), None);
        assert_eq!(presses.edge(Released, ms(2500)), Some(Event::Finish));
        assert_eq!(presses.still_down(ms(9000)), None);
    }

    #[test]
    fn a_lost_button_is_up() {
        let mut presses = Presses::new(TriggerKind::Button, Some(LONG));
        presses.edge(Pressed, ms(0));
        presses.forget();
        assert_eq!(presses.long_press_at(), None);
        assert_eq!(
            (presses.still_down(ms(9000)), presses.edge(Released, ms(9001))),
            (None, None)
        );
    }

    proptest! {
        /// Presses that are well apart, each with bounces at both ends shorter than the debounce time.
        #[test]
        fn as_many_events_as_presses(presses in proptest::collection::vec((1u64..4000, 0usize..4, 0usize..4), 0..6)) {
            let mut edges = Vec::new();
            let mut now = 0;
            let mut wanted = Vec::new();
            for (held, before, after) in presses {
                now += 200;
                edges.push((Pressed, now));
                for _ in 0..before {
                    edges.extend([(Released, now + 1), (Pressed, now + 2)]);
                    now += 2;
                }
                now += held;
                edges.push((Released, now));
                for _ in 0..after {
                    edges.extend([(Pressed, now + 1), (Released, now + 2)]);
                    now += 2;
                }
                wanted.push((held, before));
            }
            // Without a long press each press is one picture, whatever bounces.
            let got = events(None, &edges, now + 100);
            prop_assert_eq!(got.len(), wanted.len());
            // With one, clean presses are a picture or an end, by their length.
            if wanted.iter().all(|(_, before)| *before == 0) {
                let got: Vec<Event> = events(Some(LONG), &edges, now + 100).into_iter().map(|(_, e)| e).collect();
                let wanted: Vec<Event> = wanted.iter().map(|(held, _)| if *held >= 2000 { Event::Finish } else { PICTURE }).collect();
                prop_assert_eq!(got, wanted);
            }
        }

        /// Edges in any order, with some lost, at times that may stand still.
        #[test]
        fn never_more_events_than_presses(edges in proptest::collection::vec((any::<bool>(), 0u64..3000), 0..40), long in any::<bool>()) {
            let mut presses = Presses::new(TriggerKind::Button, long.then_some(LONG));
            let (mut now, mut pressed, mut count) = (0, 0, 0);
            for (is_press, later) in edges {
                now += later;
                count += usize::from(presses.still_down(ms(now)).is_some());
                pressed += usize::from(is_press);
                count += usize::from(presses.edge(if is_press { Pressed } else { Released }, ms(now)).is_some());
                prop_assert!(count <= pressed, "{} events of {} presses", count, pressed);
            }
        }
    }
}

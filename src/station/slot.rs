//! The newest frame, and the triggered ones.
//!
//! The source overwrites the newest frame without ever waiting. The worker takes triggered frames first, each exactly once and in order, and the newest
//! one when none is left. Nothing else is held, so memory is bounded by one frame and those that the machine lets wait.
//!
//! Where the source's frames are a smaller preview ([`Source::takes_stills`](crate::source::Source::takes_stills)), a trigger is a wish for a still: the source
//! fulfils it between two frames. The newest frame is kept meanwhile, and taken where there is no still, so a trigger is never lost.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::Ticket;
use crate::frame::Frame;

/// Where source, worker and trigger meet.
#[derive(Debug, Default)]
pub struct Slot {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    newest: Option<Frame>,
    /// The worker has not taken the newest frame.
    fresh: bool,
    overwritten: u64,
    kept: VecDeque<(Ticket, Frame)>,
    /// The source is to take a still for each trigger.
    takes_stills: bool,
    /// Triggers that wait for their stills, with what is kept if there is none.
    wishes: VecDeque<(Ticket, Frame)>,
    /// Only triggered frames are still to be analysed.
    no_preview: bool,
    closed: bool,
}

/// What the worker is to analyse.
#[derive(Debug, Clone)]
pub enum Job {
    /// The newest frame, for the preview.
    Preview(Frame),
    /// A triggered frame.
    Kept(Ticket, Frame),
}

/// What [`Slot::keep`] keeps.
#[derive(Debug, Clone)]
pub enum Keeping {
    /// This frame.
    Frame(Frame),
    /// A still, which the source is about to take; this frame where it fails.
    Still(Frame),
}

impl Slot {
    /// Makes `frame` the newest one.
    pub fn put(&self, frame: Frame) {
        let mut state = self.lock();
        if state.fresh {
            state.overwritten += 1;
        }
        state.newest = Some(frame);
        state.fresh = true;
        self.changed.notify_all();
    }

    /// The newest frame; it stays where it is.
    pub fn newest(&self) -> Option<Frame> {
        self.lock().newest.clone()
    }

    /// Keeps the newest frame under this ticket for the worker, or wishes for a still; `None` where no frame has come yet.
    pub fn keep(&self, ticket: Ticket) -> Option<Keeping> {
        let frame = self.newest()?;
        if self.wish(ticket, &frame) {
            return Some(Keeping::Still(frame));
        }
        self.keep_frame(ticket, frame.clone());
        Some(Keeping::Frame(frame))
    }

    /// Wishes for a still, in whose place `otherwise` is kept if there is none; whether the source takes stills at all.
    pub fn wish(&self, ticket: Ticket, otherwise: &Frame) -> bool {
        let mut state = self.lock();
        if state.takes_stills {
            state.wishes.push_back((ticket, otherwise.clone()));
        }
        state.takes_stills
    }

    /// Keeps this frame under this ticket for the worker.
    pub fn keep_frame(&self, ticket: Ticket, frame: Frame) {
        self.lock().kept.push_back((ticket, frame));
        self.changed.notify_all();
    }

    /// Whether the source takes a still for each trigger from now on.
    pub fn set_takes_stills(&self, takes_stills: bool) {
        self.lock().takes_stills = takes_stills;
    }

    /// The next trigger that waits for a still.
    pub fn next_wish(&self) -> Option<(Ticket, Frame)> {
        self.lock().wishes.pop_front()
    }

    /// Waits for the next job; `None` once the slot is closed.
    pub fn next_job(&self) -> Option<Job> {
        let mut state = self.lock();
        loop {
            if state.closed {
                return None;
            }
            if let Some((ticket, frame)) = state.kept.pop_front() {
                return Some(Job::Kept(ticket, frame));
            }
            if state.fresh
                && !state.no_preview
                && let Some(frame) = state.newest.clone()
            {
                state.fresh = false;
                return Some(Job::Preview(frame));
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Whether there is a job for the worker.
    pub fn has_job(&self) -> bool {
        let state = self.lock();
        !state.kept.is_empty() || (state.fresh && !state.no_preview)
    }

    /// Takes back the triggered frames that the worker has not begun, and the wishes that the source has not.
    pub fn take_back(&self) -> Vec<Ticket> {
        let mut state = self.lock();
        let State { kept, wishes, .. } = &mut *state;
        kept.drain(..)
            .chain(wishes.drain(..))
            .map(|(ticket, _)| ticket)
            .collect()
    }

    /// From now on only triggered frames are jobs.
    pub fn end_preview(&self) {
        self.lock().no_preview = true;
    }

    /// Ends the waiting of the worker.
    pub fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }

    /// How many frames were overwritten before the worker took them.
    pub fn overwritten(&self) -> u64 {
        self.lock().overwritten
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No user code runs under this lock, so a poisoned one still holds a whole state.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::RgbImage;

    fn frame(sequence: u64) -> Frame {
        Frame {
            sequence,
            ..Frame::from_rgb(RgbImage::new(1, 1))
        }
    }

    fn name(job: Option<Job>) -> String {
        match job {
            None => "closed".into(),
            Some(Job::Preview(frame)) => format!("newest {}", frame.sequence),
            Some(Job::Kept(ticket, frame)) => format!("kept {} of {}", ticket.0, frame.sequence),
        }
    }

    #[test]
    fn only_the_newest_is_held_and_the_others_are_counted() {
        let slot = Slot::default();
        assert!(slot.keep(Ticket(0)).is_none(), "nothing to keep yet");
        for sequence in 0..10 {
            slot.put(frame(sequence));
        }
        assert_eq!(slot.overwritten(), 9);
        assert!(slot.has_job());
        assert_eq!(name(slot.next_job()), "newest 9");
        assert!(!slot.has_job());
        slot.put(frame(10));
        assert_eq!(slot.overwritten(), 9, "the one before was taken");
        assert_eq!(slot.newest().unwrap().sequence, 10);
    }

    #[test]
    fn triggered_frames_come_first_in_order_whatever_the_source_does() {
        let slot = Slot::default();
        slot.put(frame(1));
        slot.keep(Ticket(7));
        slot.put(frame(2));
        slot.keep(Ticket(8));
        slot.put(frame(3));
        assert_eq!(name(slot.next_job()), "kept 7 of 1");
        assert_eq!(name(slot.next_job()), "kept 8 of 2");
        assert_eq!(name(slot.next_job()), "newest 3");
    }

    #[test]
    fn at_the_end_triggered_frames_can_be_taken_back() {
        let slot = Slot::default();
        slot.put(frame(1));
        slot.keep(Ticket(7));
        slot.keep(Ticket(8));
        slot.end_preview();
        assert_eq!(name(slot.next_job()), "kept 7 of 1");
        assert!(slot.has_job());
        assert_eq!(slot.take_back(), [Ticket(8)]);
        assert!(!slot.has_job());
        std::thread::scope(|scope| {
            let waits = scope.spawn(|| name(slot.next_job()));
            slot.close();
            assert_eq!(waits.join().unwrap(), "closed", "the newest frame is no job any more");
        });
    }

    #[test]
    fn a_still_is_wished_for_and_the_newest_frame_stands_in() {
        let slot = Slot::default();
        slot.put(frame(1));
        slot.set_takes_stills(true);
        assert!(matches!(slot.keep(Ticket(7)), Some(Keeping::Still(f)) if f.sequence == 1));
        slot.put(frame(2));
        assert_eq!(
            name(slot.next_job()),
            "newest 2",
            "the worker does not get the stand-in"
        );
        let (ticket, otherwise) = slot.next_wish().unwrap();
        assert_eq!((ticket, otherwise.sequence), (Ticket(7), 1));
        assert!(slot.next_wish().is_none());
        slot.keep_frame(ticket, frame(100));
        assert_eq!(name(slot.next_job()), "kept 7 of 100");
        slot.keep(Ticket(8));
        assert_eq!(slot.take_back(), [Ticket(8)], "a wish can be taken back");
        slot.set_takes_stills(false);
        assert!(matches!(slot.keep(Ticket(9)), Some(Keeping::Frame(f)) if f.sequence == 2));
    }

    #[test]
    fn a_waiting_worker_is_woken() {
        let slot = Slot::default();
        std::thread::scope(|scope| {
            let waits = scope.spawn(|| name(slot.next_job()));
            slot.put(frame(5));
            assert_eq!(waits.join().unwrap(), "newest 5");
        });
    }
}

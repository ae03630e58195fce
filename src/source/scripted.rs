//! A source that does what a test prepared.

use std::collections::VecDeque;
use std::time::Duration;

use super::{Source, SourceError};
use crate::frame::Frame;

/// One thing that happens to a scripted source.
pub type Step = Result<Frame, SourceError>;

/// Frames and errors from any iterator: a list, an endless generator, or the receiving end of a channel that the test feeds step by step.
///
/// Frames are numbered from 0 in the order in which they are taken. The iterator's end is the source's end.
pub struct ScriptedSource {
    steps: Box<dyn Iterator<Item = Step> + Send>,
    /// What `pace` becomes with each step, for a script with times.
    pauses: VecDeque<Duration>,
    pace: Duration,
    sequence: u64,
    stills: Option<Box<dyn Iterator<Item = Step> + Send>>,
}

impl ScriptedSource {
    /// The steps, as fast as they are asked for.
    pub fn new(steps: impl IntoIterator<Item = Step, IntoIter: Send + 'static>) -> Self {
        Self::paced(steps, Duration::ZERO)
    }

    /// The steps with `pace` from each to the next.
    pub fn paced(steps: impl IntoIterator<Item = Step, IntoIter: Send + 'static>, pace: Duration) -> Self {
        Self {
            steps: Box::new(steps.into_iter()),
            pauses: VecDeque::new(),
            pace,
            sequence: 0,
            stills: None,
        }
    }

    /// Takes these stills, one for each trigger; their numbers stay as they are.
    #[must_use]
    pub fn with_stills(mut self, stills: impl IntoIterator<Item = Step, IntoIter: Send + 'static>) -> Self {
        self.stills = Some(Box::new(stills.into_iter()));
        self
    }

    /// Each step at its time, counted from the first step; times must not go down.
    pub fn timed(steps: Vec<(Duration, Step)>) -> Self {
        let times: Vec<Duration> = steps.iter().map(|(time, _)| *time).collect();
        let mut script = Self::new(steps.into_iter().map(|(_, step)| step).collect::<Vec<_>>());
        script.pauses = times.windows(2).map(|pair| pair[1].saturating_sub(pair[0])).collect();
        script
    }
}

impl Source for ScriptedSource {
    fn describe(&self) -> String {
        "script".into()
    }

    fn pace(&self) -> Duration {
        self.pace
    }

    fn next(&mut self) -> Result<Option<Frame>, SourceError> {
        if let Some(pause) = self.pauses.pop_front() {
            self.pace = pause;
        }
        let Some(step) = self.steps.next() else {
            return Ok(None);
        };
        let mut frame = step?;
        frame.sequence = self.sequence;
        self.sequence += 1;
        Ok(Some(frame))
    }

    fn takes_stills(&self) -> bool {
        self.stills.is_some()
    }

    fn take_still(&mut self) -> Result<Option<Frame>, SourceError> {
        self.stills.as_mut().and_then(Iterator::next).transpose()
    }
}

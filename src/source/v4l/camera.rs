//! The camera as a source: sets the device, streams, and takes stills at another size.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::controls::{self, Value};
use super::device::Device;
use super::find;
use super::frames::{Sequence, frame_of};
use super::mode::{Active, Offer, OfferedSize, Wanted, choose};
use super::settings::V4lSettings;
use super::trouble::{Doing, trouble, words_of};
use crate::frame::{Frame, FrameError, FrameFormat, Limits, Size};
use crate::source::{Source, SourceError};

/// Buffers that driver and program pass to each other: one is being filled, one is full, two are in reserve.
const BUFFERS: u32 = 4;
/// Silence of this length is an error.
const STALLED_AFTER: Duration = Duration::from_secs(2);
/// A camera that has just been switched on measures light and finds its focus first.
const FIRST_FRAME_WITHIN: Duration = Duration::from_secs(5);
/// So many damaged frames in a row are no accident: two seconds at 30 frames a second.
const MOST_DAMAGED: u32 = 60;

/// A camera behind V4L2.
pub struct V4lCamera {
    device: Box<dyn Device>,
    node: PathBuf,
    settings: V4lSettings,
    limits: Limits,
    offers: Vec<Offer>,
    preview: Delivery,
    notes: Vec<String>,
    state: State,
    sequence: Sequence,
    /// Damaged frames since the last good one.
    damaged: u32,
}

/// What the device delivers, and how it is read.
#[derive(Clone, Copy)]
struct Delivery {
    active: Active,
    format: FrameFormat,
}

impl Delivery {
    /// Drivers fill up to whole pages or blocks of pixels; nobody needs a copy of that.
    fn bytes_max(&self) -> usize {
        match self.format {
            FrameFormat::Raw(raw) => usize::try_from(raw.bytes()).unwrap_or(usize::MAX),
            _ => usize::MAX,
        }
    }
}

enum State {
    /// The mode is set; nothing streams.
    Set,
    /// It was started and has given no frame yet.
    Started,
    Streaming,
    /// After a still the preview could not be set again.
    Broken(SourceError),
}

impl V4lCamera {
    /// Opens and sets a camera. It streams from the first frame on that is asked for.
    ///
    /// # Errors
    /// [`SourceError::NoCamera`], [`SourceError::NotPermitted`], [`SourceError::Busy`], [`SourceError::NotOffered`], [`SourceError::Device`], or
    /// [`SourceError::Setting`] where the camera's picture is not within the limits.
    pub fn open(settings: &V4lSettings, limits: &Limits) -> Result<Self, SourceError> {
        Self::with_device(Box::new(find::open(&settings.device)?), settings, limits)
    }

    pub(super) fn with_device(
        mut device: Box<dyn Device>,
        settings: &V4lSettings,
        limits: &Limits,
    ) -> Result<Self, SourceError> {
        let node = device.identity().node.clone();
        let offers = device.offers().map_err(|e| trouble(&node, Doing::Setting, &e))?;
        let wanted = Wanted {
            size: settings.size,
            rate: settings.frames_per_second,
            format: settings.format,
        };
        let preview = deliver(device.as_mut(), &offers, &wanted, limits)?;
        let mut notes = difference(&wanted, &preview.active).into_iter().collect::<Vec<_>>();
        notes.extend(set_controls(device.as_mut(), settings));
        Ok(Self {
            device,
            node,
            settings: settings.clone(),
            limits: *limits,
            offers,
            preview,
            notes,
            state: State::Set,
            sequence: Sequence::default(),
            damaged: 0,
        })
    }

    fn start(&mut self) -> Result<(), SourceError> {
        self.device
            .start(BUFFERS)
            .map_err(|e| trouble(&self.node, Doing::Starting, &e))?;
        self.sequence.restart();
        self.damaged = 0;
        self.state = State::Started;
        Ok(())
    }

    /// The next frame of a running stream.
    fn capture(&mut self, delivery: Delivery) -> Result<Frame, SourceError> {
        let began = Instant::now();
        loop {
            let within = match self.state {
                State::Streaming => patience(STALLED_AFTER, &delivery.active),
                _ => patience(FIRST_FRAME_WITHIN, &delivery.active),
            };
            let filled = self
                .device
                .next(within, delivery.bytes_max())
                .map_err(|e| trouble(&self.node, Doing::Capturing, &e))?;
            let Some(filled) = filled else {
                return Err(SourceError::Stalled {
                    device: self.node.display().to_string(),
                    seconds: within.as_secs_f64(),
                });
            };
            self.state = State::Streaming;
            let sequence = self.sequence.of(filled.sequence);
            match frame_of(filled, delivery.format, sequence) {
                Ok(frame) => {
                    self.damaged = 0;
                    return Ok(frame);
                }
                Err(reason) => self.count_damaged(sequence, reason, began.elapsed())?,
            }
        }
    }

    /// Tells of the first of several damaged frames, of further ones only so that nobody takes this thread for hanging, and gives up when they don't end.
    fn count_damaged(&mut self, sequence: u64, reason: FrameError, waited: Duration) -> Result<(), SourceError> {
        self.damaged += 1;
        let device = self.node.display();
        if self.damaged == MOST_DAMAGED {
            return Err(SourceError::Device {
                device: device.to_string(),
                reason: format!("{MOST_DAMAGED} damaged frames one after another; the last: {reason}"),
            });
        }
        if self.damaged == 1 || waited > STALLED_AFTER {
            return Err(SourceError::Picture {
                name: format!("frame {sequence} of {device}"),
                reason,
            });
        }
        Ok(())
    }

    /// Leaves the preview for one picture at the size of stills.
    fn still(&mut self, size: Size) -> Result<Frame, SourceError> {
        self.device.stop();
        let wanted = Wanted {
            size,
            rate: self.settings.frames_per_second,
            format: self.settings.format,
        };
        let taken = deliver(self.device.as_mut(), &self.offers, &wanted, &self.limits).and_then(|delivery| {
            self.start()?;
            let mut left = self.settings.still_skip;
            loop {
                match self.capture(delivery) {
                    Ok(frame) if left == 0 => return Ok(frame),
                    Ok(_) => left -= 1,
                    Err(error) if error.passes() => {}
                    Err(error) => return Err(error),
                }
            }
        });
        self.device.stop();
        let back = Wanted {
            size: self.preview.active.size,
            rate: self.settings.frames_per_second,
            format: Some(self.preview.active.format),
        };
        self.state = match deliver(self.device.as_mut(), &self.offers, &back, &self.limits) {
            Ok(preview) => {
                self.preview = preview;
                State::Set
            }
            Err(error) => State::Broken(error),
        };
        taken
    }
}

impl Source for V4lCamera {
    fn describe(&self) -> String {
        format!(
            "camera {} ({}), {}",
            self.device.identity().card,
            self.node.display(),
            self.preview.active
        )
    }

    fn notes(&self) -> Vec<String> {
        self.notes.clone()
    }

    fn pace(&self) -> Duration {
        Duration::ZERO
    }

    fn next(&mut self) -> Result<Option<Frame>, SourceError> {
        match std::mem::replace(&mut self.state, State::Set) {
            State::Broken(error) => return Err(error),
            State::Set => self.start()?,
            running => self.state = running,
        }
        self.capture(self.preview).map(Some)
    }

    fn takes_stills(&self) -> bool {
        self.settings
            .still_size
            .is_some_and(|size| size != self.preview.active.size)
    }

    fn take_still(&mut self) -> Result<Option<Frame>, SourceError> {
        match self.settings.still_size {
            Some(size) => self.still(size).map(Some),
            None => self.next(),
        }
    }
}

impl Drop for V4lCamera {
    fn drop(&mut self) {
        self.device.stop();
    }
}

/// Sets the mode that comes nearest to what is wanted, and takes what the driver makes of it.
fn deliver(
    device: &mut dyn Device,
    offers: &[Offer],
    wanted: &Wanted,
    limits: &Limits,
) -> Result<Delivery, SourceError> {
    let node = device.identity().node.clone();
    let not_offered = || SourceError::NotOffered {
        device: node.display().to_string(),
        wanted: match wanted.format {
            Some(format) => format!("the format {format}"),
            None => "a format that fishrig reads".to_owned(),
        },
        offered: offered_words(offers),
    };
    let mode = choose(offers, wanted).ok_or_else(not_offered)?;
    let active = device.set_mode(&mode).map_err(|e| trouble(&node, Doing::Setting, &e))?;
    let format = active.frame_format().ok_or_else(not_offered)?;
    if wanted.format.is_some_and(|wanted| wanted != active.format) {
        return Err(not_offered());
    }
    limits.check(active.size).map_err(|_| SourceError::Setting {
        key: "size",
        value: format!("{} at {}", active.size, node.display()),
        allowed: "what limits.megapixels and limits.min_side admit",
    })?;
    Ok(Delivery { active, format })
}

/// Formats with their largest sizes.
fn offered_words(offers: &[Offer]) -> String {
    if offers.is_empty() {
        return "nothing".to_owned();
    }
    let largest = |offer: &Offer| {
        let sizes = offer.sizes.iter().map(|size| match size {
            OfferedSize::Exact(size, _) => *size,
            OfferedSize::Range { most, .. } => *most,
        });
        sizes.max_by_key(|size| size.pixels())
    };
    let words = offers.iter().map(|offer| match largest(offer) {
        Some(size) => format!("{} up to {size}", offer.format),
        None => offer.format.to_string(),
    });
    words.collect::<Vec<_>>().join(", ")
}

/// What the operator should know where the camera does not deliver what was asked for.
fn difference(wanted: &Wanted, active: &Active) -> Option<String> {
    let slower = active.rate.is_some_and(|rate| rate < wanted.rate * 0.9);
    (wanted.size != active.size || slower).then(|| {
        format!(
            "the camera gives {active}, where {} at {} frames/s is wanted",
            wanted.size, wanted.rate
        )
    })
}

/// Sets the controls and tells of those that are refused.
fn set_controls(device: &mut dyn Device, settings: &V4lSettings) -> Vec<String> {
    if settings.controls.is_empty() {
        return Vec::new();
    }
    let known = device.controls();
    let (planned, mut refused) = controls::plan(&known, &settings.controls);
    for planned in planned {
        let value: Value = planned.value;
        if let Err(error) = device.set_control(planned.control, &value) {
            refused.push(controls::refusal(&planned, &words_of(&error)));
        }
    }
    refused.into_iter().map(|words| format!("control {words}")).collect()
}

/// How long to wait for a frame: at slow rates longer than three frames take.
fn patience(least: Duration, active: &Active) -> Duration {
    let interval = active.rate.map_or(0.0, |rate| 1.0 / rate.max(0.01));
    least.max(Duration::from_secs_f64(3.0 * interval))
}

#[cfg(test)]
mod tests;

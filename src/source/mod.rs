//! Where frames come from: the start of every frame's way.
//!
//! A [`Source`] hands out [`Frame`]s one by one, with the bytes exactly as they were captured: nothing is decoded here except raw video
//! whose pixel format the frame room does not know. What a source needs to be told is a [`SourceSettings`]; [`open`] makes the source.
//!
//! | member | what it reads |
//! |---|---|
//! | [`pictures`] | the JPEG, PNG and TIFF files of a directory or a glob pattern, in natural name order |
//! | [`y4m`] | uncompressed video, YUV4MPEG2 |
//! | [`mjpeg`] | JPEG pictures one after another in one file |
//! | [`v4l`] | cameras behind the kernel's Video4Linux2 |
//! | [`scripted`] | frames and errors that a test prepared |
//!
//! A new source implements [`Source`] in a file of its own, gets a variant in [`SourceSettings`] and a line in [`open`].

pub mod mjpeg;
mod natural_order;
pub mod pictures;
pub mod scripted;
mod settings;
pub mod v4l;
pub mod y4m;

use std::path::PathBuf;
use std::time::Duration;

use thiserror::Error;

use crate::frame::{Frame, FrameError, Limits};

pub use natural_order::natural_order;
pub use settings::{ReplaySettings, SourceSettings};

/// Something that delivers frames.
pub trait Source: Send {
    /// What it is, in the operator's words: `replay of 12 pictures in frames`.
    fn describe(&self) -> String;

    /// The time that the caller lets pass between one call of [`Source::next`] and the following, so that frames come at the wanted rate.
    /// Zero for a source that waits by itself, as a camera does.
    ///
    /// A source has no clock of its own, so a test or a batch takes the same frames as fast as it likes.
    fn pace(&self) -> Duration;

    /// The next frame; `None` after the last one.
    ///
    /// # Errors
    /// After an error for which [`SourceError::passes`] holds, one frame is lost and the next call goes on with the following one. After any
    /// other error the source is of no more use; open it anew.
    fn next(&mut self) -> Result<Option<Frame>, SourceError>;

    /// What the operator should know about how it was opened: settings that were refused, another size than the wanted one.
    fn notes(&self) -> Vec<String> {
        Vec::new()
    }

    /// Whether a trigger wants [`Source::take_still`] instead of the newest frame, because the frames of [`Source::next`] are a smaller preview.
    fn takes_stills(&self) -> bool {
        false
    }

    /// One picture of now at full size; [`Source::next`] goes on with the preview after it.
    ///
    /// # Errors
    /// Why there is no such picture. Whether the preview goes on, the next call of [`Source::next`] tells.
    fn take_still(&mut self) -> Result<Option<Frame>, SourceError> {
        self.next()
    }
}

/// Why there is no frame.
#[derive(Debug, Error)]
pub enum SourceError {
    /// A setting outside what is allowed.
    #[error("source.{key} is {value}; allowed is {allowed}")]
    Setting {
        /// Key in the section `[source]`.
        key: &'static str,
        /// The value given.
        value: String,
        /// What is allowed, in words.
        allowed: &'static str,
    },
    /// A glob pattern that can't be understood.
    #[error("source.path {pattern:?} is not a valid pattern: {reason}; use for example frames/*.jpg")]
    Pattern {
        /// The pattern given.
        pattern: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Nothing to replay.
    #[error("no JPEG, PNG or TIFF picture in {}; set source.path to a directory or pattern with pictures", path.display())]
    NoPictures {
        /// Directory, file or pattern.
        path: PathBuf,
    },
    /// The operating system refused.
    #[error("can't read {}: {reason}; check that it exists, that its disk is mounted and that this user may read it", path.display())]
    Unreadable {
        /// File or directory.
        path: PathBuf,
        /// The system's reason.
        reason: std::io::Error,
    },
    /// One picture of many that can't be used; the others can.
    #[error("{name} is passed over: {reason}")]
    Picture {
        /// File, or file and number of the frame in it.
        name: String,
        /// What is wrong with it.
        reason: FrameError,
    },
    /// A video whose header or structure can't be followed.
    #[error("{}: {reason}", path.display())]
    Video {
        /// The video file.
        path: PathBuf,
        /// What is wrong, and the cure.
        reason: String,
    },
    /// A device that is gone or broken.
    #[error("{device}: {reason}; check its cable and power")]
    Device {
        /// The device.
        device: String,
        /// What happened.
        reason: String,
    },
    /// No device that captures.
    #[error("{wanted}; {found}. `fishrig camera list` tells more; source.device chooses")]
    NoCamera {
        /// What was looked for.
        wanted: String,
        /// What there is.
        found: String,
    },
    /// The user may not open the device.
    #[error(
        "{device}: this user may not open it; it belongs to the group {group}: sudo usermod -aG {group} {user}, then log in anew"
    )]
    NotPermitted {
        /// The device.
        device: String,
        /// The group that may.
        group: String,
        /// The user.
        user: String,
    },
    /// Another program has the device.
    #[error("{device} is used by {holder}; end that program, a device serves one at a time")]
    Busy {
        /// The device.
        device: String,
        /// Who has it.
        holder: String,
    },
    /// A device that streams and gives nothing.
    #[error(
        "{device} has given no frame for {seconds:.0} s; it is started anew. If that does not help, check its cable and power"
    )]
    Stalled {
        /// The device.
        device: String,
        /// How long it was waited for.
        seconds: f64,
    },
    /// A format that the device does not have.
    #[error("{device} does not offer {wanted}; it offers {offered}. Set source.format to one of these, or to \"auto\"")]
    NotOffered {
        /// The device.
        device: String,
        /// What was wanted.
        wanted: String,
        /// What there is.
        offered: String,
    },
}

impl SourceError {
    /// Whether only one frame is lost and the source goes on with the next.
    pub fn passes(&self) -> bool {
        matches!(self, Self::Picture { .. })
    }

    /// Whether a device may be the reason, so that plugging something in, or ending another program, may be the cure.
    pub fn is_of_a_device(&self) -> bool {
        matches!(
            self,
            Self::Device { .. }
                | Self::NoCamera { .. }
                | Self::NotPermitted { .. }
                | Self::Busy { .. }
                | Self::Stalled { .. }
                | Self::NotOffered { .. }
        )
    }
}

/// Makes the source that the settings describe. Files are looked at, so a missing or unusable one is found here and not later.
///
/// # Errors
/// Every [`SourceError`] but [`SourceError::Picture`].
pub fn open(settings: &SourceSettings, limits: &Limits) -> Result<Box<dyn Source>, SourceError> {
    settings.check()?;
    match settings {
        SourceSettings::Replay(replay) => open_replay(replay, limits),
        SourceSettings::V4l(camera) => Ok(Box::new(v4l::V4lCamera::open(camera, limits)?)),
    }
}

fn open_replay(settings: &ReplaySettings, limits: &Limits) -> Result<Box<dyn Source>, SourceError> {
    if settings.path.is_file() {
        let start = pictures::first_bytes(&settings.path)?;
        if y4m::is_y4m(&start) {
            return Ok(Box::new(y4m::Y4mReplay::open(settings, limits)?));
        }
        if mjpeg::is_mjpeg(&settings.path, &start) {
            return Ok(Box::new(mjpeg::MjpegReplay::open(settings)?));
        }
    }
    Ok(Box::new(pictures::PictureReplay::open(settings)?))
}

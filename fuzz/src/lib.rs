//! What several targets share.

use std::io::Write;

use fishrig::frame::{Frame, Limits};
use fishrig::source::{self, ReplaySettings, SourceSettings};
use tempfile::NamedTempFile;

/// Small, so that an allocation that escapes them stands out, and without a least side, so that small files get far.
pub const LIMITS: Limits = Limits {
    megapixels: 1.0,
    min_side: 1,
};

/// Calls of a source after which a replay is long enough; the fixtures have two to five frames.
const CALLS_MAX: usize = 12;

/// The frames that the source room finds in a file of this content and name ending, played in a loop until something does not pass.
pub fn replayed(content: &[u8], ending: &str) -> Vec<Frame> {
    let mut file = NamedTempFile::with_suffix(ending).expect("the folder for temporary files is writable");
    file.write_all(content).expect("the disk is not full");
    let settings = SourceSettings::Replay(ReplaySettings {
        path: file.path().to_owned(),
        looping: true,
        ..ReplaySettings::default()
    });
    let mut frames = Vec::new();
    let Ok(mut source) = source::open(&settings, &LIMITS) else {
        return frames;
    };
    assert!(!source.pace().is_zero() && !source.describe().is_empty());
    for _ in 0..CALLS_MAX {
        match source.next() {
            Ok(Some(frame)) => {
                assert_eq!(frame.sequence, frames.len() as u64);
                frames.push(frame);
            }
            Ok(None) => break,
            Err(error) => {
                assert!(!error.to_string().is_empty());
                if !error.passes() {
                    break;
                }
            }
        }
    }
    frames
}

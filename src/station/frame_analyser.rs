//! The real analyser: decodes, locates, segments, and brings the result into the form in which it can be shown again and again.

use std::sync::Arc;

use super::frame_analysis::FrameAnalysis;
use super::parts::{Analysed, Analyser};
use super::scene_watch::Observation;
use crate::analysis;
use crate::frame::{DecodeOptions, Frame, PixelBox, Size};
use crate::overlay::Annotations;

/// What the station knows about one frame.
#[derive(Debug, Clone)]
pub struct LiveAnalysis {
    /// For the record.
    pub frame: FrameAnalysis,
    /// For the display; with a mask that is no finer than the small copy of the frame.
    pub annotations: Annotations,
}

/// Decodes, locates, segments.
pub struct FrameAnalyser {
    analyser: analysis::Analyser,
    decode: DecodeOptions,
}

impl FrameAnalyser {
    /// With a network and bounds on pictures.
    pub fn new(analyser: analysis::Analyser, decode: DecodeOptions) -> Self {
        Self { analyser, decode }
    }
}

impl Analyser<LiveAnalysis> for FrameAnalyser {
    fn analyse(&mut self, frame: &Frame) -> Result<Analysed<LiveAnalysis>, String> {
        let analysed = FrameAnalysis::of(frame, &self.decode, &self.analyser).map_err(|error| match &frame.name {
            Some(name) => format!("{name}: {error}"),
            None => error.to_string(),
        })?;
        Ok(Analysed {
            seen: observation(&analysed),
            analysis: LiveAnalysis {
                annotations: annotations(&analysed),
                frame: analysed,
            },
        })
    }
}

/// A length of the full picture in pixels of the small copy.
fn scaled(length: u32, analysed: &FrameAnalysis) -> u32 {
    let full = analysed.analysis.scene.picture.width.max(1);
    (u64::from(length) * u64::from(analysed.small.width()) / u64::from(full)) as u32
}

/// From the small copy, and in its pixels.
fn observation(analysed: &FrameAnalysis) -> Observation {
    let fish = analysed.analysis.scene.fish.as_ref().map(|fish| {
        let [left, top, right, bottom] = [fish.bounds.left, fish.bounds.top, fish.bounds.right, fish.bounds.bottom]
            .map(|edge| scaled(edge, analysed));
        PixelBox::new(left, top, right, bottom)
    });
    let analysis = &analysed.analysis;
    Observation::of(&analysed.small, fish)
        .with_quality(analysis.findings.quality.clone())
        .with_codes(&analysis.codes)
}

/// For drawing; a full-size mask would double the memory of every frame that waits.
fn annotations(analysed: &FrameAnalysis) -> Annotations {
    let mut drawn = Annotations::from(&analysed.analysis);
    if let Some(traits) = &mut drawn.traits {
        let side = |length| scaled(length, analysed).max(1);
        let size = Size::new(side(traits.crop.width()), side(traits.crop.height()));
        if size.pixels() < traits.mask.size().pixels() {
            traits.mask = Arc::new(traits.mask.resized(size));
        }
    }
    drawn
}

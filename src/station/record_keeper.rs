//! From an analysed frame to a committed record: names it, draws what the operator saw, hands it to the store.

use std::collections::BTreeMap;
use std::path::Path;

use image::codecs::jpeg::JpegEncoder;
use jiff::Timestamp;
use thiserror::Error;

use super::CommitFailure;
use super::frame_analyser::LiveAnalysis;
use super::frame_analysis::FrameAnalysis;
use super::parts::{Draft, RecordError, Recorded, Recorder};
use crate::config::Configuration;
use crate::frame::{DecodeOptions, Frame, FrameError, Orientation, Size};
use crate::health::{ClockTrust, Probe};
use crate::identify::{Identified, Identifier, IdentifyError, RecordId};
use crate::input::TriggerKind;
use crate::measure::Findings;
use crate::measure::quality::Verdict;
use crate::network::TraitNetwork;
use crate::overlay::{Annotations, annotated_picture};
use crate::store::{Committed, FishDraft, NetworkIdentity, RecordDraft, Store, StoreError};

/// Names and commits the records of one station.
pub struct RecordKeeper {
    store: Store,
    identifier: Identifier,
    network: NetworkIdentity,
    configuration: Configuration,
}

/// What goes into a record beside its frame.
#[derive(Debug, Clone, Copy)]
pub struct Circumstances<'a> {
    /// Who worked at the station.
    pub operator: &'a str,
    /// The note that held.
    pub note: &'a str,
    /// What asked for the picture; `None` where nobody did.
    pub trigger: Option<TriggerKind>,
    /// The specimen that this is a further picture of.
    pub same_specimen_as: Option<&'a str>,
    /// Where its id comes from; `None` where the station's own pattern makes it.
    pub identified: Option<&'a Identified>,
    /// Whether the wall clock could be trusted.
    pub clock: ClockTrust,
}

/// Why there is no record.
#[derive(Debug, Error)]
pub enum KeepError {
    /// The frame was not analysed, and can't be decoded.
    #[error("record NOT saved: {0}")]
    Frame(#[from] FrameError),
    /// It can't be named.
    #[error("record NOT saved: {0}")]
    Name(#[from] IdentifyError),
    /// The store did not take it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl RecordKeeper {
    /// Opens the store that the configuration names.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn open(configuration: &Configuration, network: &TraitNetwork) -> Result<Self, StoreError> {
        let manifest = network.manifest();
        let store = Store::open(configuration.store.clone())?;
        Ok(Self {
            identifier: store.identifier(configuration.id.clone())?,
            store,
            network: NetworkIdentity {
                name: manifest.name.clone(),
                version: manifest.version.clone(),
                sha256: manifest.sha256.clone(),
                half_precision: network.half_precision().map(str::to_owned),
            },
            configuration: configuration.clone(),
        })
    }

    /// The store.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Commits a frame with its analysis; without one, the frame alone.
    ///
    /// # Errors
    /// [`KeepError`]; as with [`Store::commit`], nothing of the record is there unless the error says otherwise.
    pub fn keep(
        &mut self,
        frame: &Frame,
        analysed: Option<&FrameAnalysis>,
        circumstances: Circumstances<'_>,
    ) -> Result<Committed, KeepError> {
        let id = self.name(frame, circumstances)?;
        let upright = match analysed {
            Some(analysed) => (analysed.analysis.scene.picture, analysed.orientation),
            None => self.upright(frame)?,
        };
        let draft = self.draft(id, frame, upright, analysed, circumstances);
        let committed = self.store.commit(&draft)?;
        self.identifier.taken(&committed.id);
        Ok(committed)
    }

    /// Marks a record as void.
    ///
    /// # Errors
    /// [`KeepError`].
    pub fn void(&mut self, id: &str) -> Result<(), KeepError> {
        let id: RecordId = id.parse()?;
        Ok(self.store.archive().void(&id, Timestamp::now())?)
    }

    fn name(&self, frame: &Frame, circumstances: Circumstances<'_>) -> Result<RecordId, IdentifyError> {
        if let Some(specimen) = circumstances.same_specimen_as {
            return specimen.parse();
        }
        if let Some(id) = circumstances.identified.and_then(|i| i.id.as_ref()) {
            return Ok(id.clone());
        }
        let today = Timestamp::now()
            .to_zoned_datetime(self.configuration.store.time_zone.clone())
            .date();
        self.identifier.propose(frame.name.as_deref(), today)
    }

    /// Size and orientation of a frame that was not analysed.
    fn upright(&self, frame: &Frame) -> Result<(Size, Orientation), FrameError> {
        let decoded = frame.decode(&DecodeOptions {
            limits: self.configuration.limits,
            ..DecodeOptions::default()
        })?;
        Ok((Size::from(decoded.rgb.dimensions()), decoded.orientation))
    }

    fn draft(
        &self,
        id: RecordId,
        frame: &Frame,
        (picture, orientation): (Size, Orientation),
        analysed: Option<&FrameAnalysis>,
        circumstances: Circumstances<'_>,
    ) -> RecordDraft {
        let scene = analysed.map(|a| &a.analysis.scene);
        RecordDraft {
            id,
            identity: Some(
                circumstances
                    .identified
                    .map_or(Identified::counted().identity, |i| i.identity.clone()),
            ),
            frame: frame.clone(),
            picture,
            orientation,
            fish: analysed.and_then(|a| self.fish(a)),
            label: scene.and_then(|s| s.label),
            ruler: scene.and_then(|s| s.ruler),
            findings: analysed.map(|a| findings(a, circumstances.trigger)),
            station: self.configuration.station.name.clone(),
            collection: self.configuration.station.collection.clone(),
            operator: circumstances.operator.to_owned(),
            note: circumstances.note.to_owned(),
            trigger: circumstances
                .trigger
                .map_or_else(String::new, |by| by.name().to_owned()),
            clock_synchronized: match circumstances.clock {
                ClockTrust::Synchronized => Some(true),
                ClockTrust::NotSynchronized => Some(false),
                ClockTrust::Unknown => None,
            },
            settings_sha256: self.configuration.sha256.clone(),
            timings_ms: analysed.map(timings_ms).unwrap_or_default(),
            overlay_jpeg: analysed
                .filter(|_| self.configuration.keep_overlay)
                .and_then(|a| overlay_jpeg(a, &self.configuration)),
            further_files: Vec::new(),
        }
    }

    fn fish(&self, analysed: &FrameAnalysis) -> Option<FishDraft> {
        let fish = analysed.analysis.scene.fish.as_ref()?;
        let specimen = analysed.analysis.specimen.as_ref()?;
        Some(FishDraft {
            bounds: fish.bounds,
            crop_box: specimen.crop_box,
            head: specimen.head,
            crop: specimen.crop.clone(),
            mask: specimen.mask.clone(),
            confidence: specimen.confidence,
            not_assessed: specimen.not_assessed,
            network: self.network.clone(),
        })
    }
}

impl Recorder<LiveAnalysis> for RecordKeeper {
    fn commit(&mut self, draft: &Draft<'_, LiveAnalysis>) -> Result<Recorded, RecordError> {
        let circumstances = Circumstances {
            operator: &draft.facts.operator,
            note: &draft.facts.note,
            trigger: Some(draft.facts.trigger),
            same_specimen_as: draft.facts.same_specimen_as.as_deref(),
            identified: draft.facts.identified.as_ref(),
            clock: Probe::new(self.store.archive().root()).read().clock,
        };
        let committed = self
            .keep(draft.frame, draft.analysis.map(|a| &a.frame), circumstances)
            .map_err(|error| RecordError {
                failure: failure_of(&error),
                reason: error.to_string(),
            })?;
        Ok(Recorded {
            bytes: bytes_in(&committed.directory),
            id: committed.id.to_string(),
        })
    }

    fn void(&mut self, id: &str) -> Result<(), String> {
        Self::void(self, id).map_err(|error| error.to_string())
    }
}

/// Whether it helps to try again.
fn failure_of(error: &KeepError) -> CommitFailure {
    use std::io::ErrorKind::{QuotaExceeded, StorageFull};
    match error {
        KeepError::Store(StoreError::Full { .. }) => CommitFailure::StorageFull,
        KeepError::Store(StoreError::NotSaved { source, .. })
            if matches!(source.kind(), StorageFull | QuotaExceeded) =>
        {
            CommitFailure::StorageFull
        }
        KeepError::Frame(_) | KeepError::Name(_) | KeepError::Store(StoreError::Id(_) | StoreError::Draft { .. }) => {
            CommitFailure::Record
        }
        KeepError::Store(_) => CommitFailure::Storage,
    }
}

/// Size of the files in a record's directory; only a forecast rests on it.
fn bytes_in(directory: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(directory) else {
        return 0;
    };
    entries
        .filter_map(|entry| Some(entry.ok()?.metadata().ok()?.len()))
        .sum()
}

/// What was measured, with the checks that a person overrode by the trigger.
fn findings(analysed: &FrameAnalysis, trigger: Option<TriggerKind>) -> Findings {
    let mut findings = analysed.analysis.findings.clone();
    let by_a_person = matches!(
        trigger,
        Some(TriggerKind::Key | TriggerKind::Button | TriggerKind::FootSwitch | TriggerKind::Signal)
    );
    if by_a_person {
        let bad = findings.quality.with(Verdict::Bad).map(|check| check.name);
        findings.quality.saved_in_spite_of = bad.collect();
    }
    findings
}

fn timings_ms(analysed: &FrameAnalysis) -> BTreeMap<String, f64> {
    let timings = analysed.analysis.timings;
    [
        ("decode", analysed.decode),
        ("locate", timings.locate),
        ("network", timings.network),
        ("scale", timings.scale),
        ("measure", timings.measure),
        ("codes", timings.codes),
    ]
    .into_iter()
    .map(|(stage, duration)| (stage.to_owned(), (duration.as_secs_f64() * 1e4).round() / 10.0))
    .collect()
}

/// A record without its overlay is better than none, so a failure is only logged.
fn overlay_jpeg(analysed: &FrameAnalysis, configuration: &Configuration) -> Option<Vec<u8>> {
    let mut annotations = Annotations::from(&analysed.analysis);
    if !configuration.overlay_measurements {
        annotations.measured = None;
    }
    let picture = annotated_picture(
        &analysed.small,
        &annotations,
        configuration.palette,
        analysed.small.width(),
    );
    let mut file = Vec::new();
    match JpegEncoder::new_with_quality(&mut file, 90).encode_image(&picture) {
        Ok(()) => Some(file),
        Err(error) => {
            tracing::warn!("the overlay picture can't be written as JPEG: {error}");
            None
        }
    }
}

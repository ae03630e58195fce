//! A station as its configuration describes it.

use std::path::Path;
use std::sync::Arc;

use thiserror::Error;

use super::frame_analyser::{FrameAnalyser, LiveAnalysis};
use super::last_good::LastGood;
use super::machine::MachineSettings;
use super::overlay_screen::{OverlayScreen, ScreenSettings};
use super::parts::{OpenScreen, Screen, StationParts};
use super::pick_list_watch::PickListWatch;
use super::quality_gate::QualityGate;
use super::record_keeper::RecordKeeper;
use super::{Counts, NotReady, ServiceManager, Station, StationError, StationSettings, Supervisor};
use crate::analysis::Analyser;
use crate::config::Configuration;
use crate::display::{self, DisplayError, DisplaySettings};
use crate::frame::DecodeOptions;
use crate::gpio::{GpioSettings, InputLine, OutputLine, OutputSettings};
use crate::health::Probe;
use crate::identify::{IdentifyError, IdentifySettings, NextId, PickList, Stamp};
use crate::indicator::{Indicator, OpenOutput, Output};
use crate::input::{FootSwitch, InputError, Scanner, Signals, Stdin, Switch, SwitchKind};
use crate::network::{Bundle, BundleError, NetworkError, TraitNetwork};
use crate::overlay::ErrorPage;
use crate::source::{self, SourceError};
use crate::store::StoreError;

/// Why a station does not start, or does not go on.
#[derive(Debug, Error)]
pub enum LiveError {
    /// The source of frames.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The network's bundle.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// The network itself.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// The records' place.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The display.
    #[error(transparent)]
    Display(#[from] DisplayError),
    /// The pick list.
    #[error(transparent)]
    Identify(#[from] IdentifyError),
    /// Keys and signals.
    #[error(transparent)]
    Input(#[from] InputError),
    /// The live loop.
    #[error(transparent)]
    Station(#[from] StationError),
}

/// A configuration that has been tried: network loaded, store open, source and display seen to work.
pub struct Prepared {
    parts: StationParts<LiveAnalysis>,
    settings: StationSettings,
    gpio: GpioSettings,
    pick_list: Option<Stamp>,
    summary: String,
}

/// Makes everything ready that the configuration names. What is wrong is found here, before the station takes the first picture.
///
/// # Errors
/// Every [`LiveError`] but the last two.
pub fn prepare(configuration: &Configuration) -> Result<Prepared, LiveError> {
    let decode = DecodeOptions {
        limits: configuration.limits,
        ..DecodeOptions::default()
    };
    let bundle = match &configuration.bundle {
        Some(folder) => Bundle::open(folder)?,
        None => Bundle::builtin(),
    };
    let network = TraitNetwork::load(&bundle, &configuration.network)?;
    let keeper = RecordKeeper::open(configuration, &network)?;
    let (next_id, pick_list) = next_id(&configuration.identify, &keeper)?;
    let screen = ScreenSettings {
        station: configuration.station.name.clone(),
        palette: configuration.palette,
        measurements: configuration.overlay_measurements,
        time_zone: configuration.store.time_zone.clone(),
        trigger: configuration.trigger.clone(),
        has_button: configuration.gpio.shutter.is_some(),
        warn_celsius: configuration.health.warn_celsius,
        decode,
        floor_bytes: configuration.store.floor_bytes,
        records_before: keeper.store().count() as u64,
    };
    let summary = format!(
        "{}; {} records in {}",
        source_words(configuration)?,
        keeper.store().count(),
        configuration.store.root.display()
    );
    let open_screen = open_screen(&configuration.display, screen)?;
    let (source, limits) = (configuration.source.clone(), configuration.limits);
    let probe = Probe::new(&configuration.store.root);
    Ok(Prepared {
        parts: StationParts {
            open_source: Box::new(move || source::open(&source, &limits)),
            analyser: Box::new(FrameAnalyser::new(
                Analyser::new(network, configuration.analysis.clone()),
                decode,
            )),
            recorder: Box::new(keeper),
            open_screen,
            gate: Box::new(QualityGate {
                admitted: configuration.analysis.measure.quality.auto,
            }),
            health: Some(Box::new(move || probe.read())),
            supervisor: ServiceManager::of_this_process().map(|manager| Box::new(manager) as Box<dyn Supervisor>),
            indicator: indicator(&configuration.gpio),
        },
        settings: StationSettings {
            machine: MachineSettings {
                trigger: configuration.trigger.clone(),
                operator: configuration.station.operator.clone(),
                note: configuration.station.note.clone(),
                floor_bytes: configuration.store.floor_bytes,
                next_id,
            },
            hangs_after: configuration.health.hangs_after(),
            textfile: configuration.health.textfile.clone(),
            ..StationSettings::default()
        },
        gpio: configuration.gpio.clone(),
        pick_list,
        summary,
    })
}

/// The ids that there are and that are to come, with the stamp of the pick list's file.
fn next_id(settings: &IdentifySettings, keeper: &RecordKeeper) -> Result<(NextId, Option<Stamp>), LiveError> {
    let mut recorded = Vec::new();
    for place in keeper.store().archive().places()? {
        let place = place?;
        recorded.push((place.id, place.day));
    }
    let (mut list, mut stamp) = (None, None);
    if let Some(file) = &settings.pick_list {
        // The stamp first: a change while it is read is seen later.
        stamp = Stamp::of(&file.path);
        let read = PickList::read(file, settings)?;
        if let Some(first) = read.unusable().first() {
            tracing::warn!(
                "{} lines of the pick list can't be used: {first}",
                read.unusable_count()
            );
        }
        list = Some(Arc::new(read));
    }
    Ok((NextId::new(settings.clone(), recorded, list), stamp))
}

/// The lamp and the buzzer, opened where they are used; the station goes on without them.
pub(super) fn indicator(gpio: &GpioSettings) -> Option<Indicator> {
    let open = |settings: &Option<OutputSettings>| -> Option<OpenOutput> {
        let settings = settings.clone()?;
        Some(Box::new(move || {
            let line = OutputLine::open(&settings).map_err(|e| e.to_string())?;
            Ok(Box::new(line) as Box<dyn Output>)
        }))
    };
    let (lamp, buzzer) = (open(&gpio.lamp), open(&gpio.buzzer));
    (lamp.is_some() || buzzer.is_some()).then(|| Indicator::new(lamp, buzzer))
}

/// What the source is. A camera that is not there, or in use, may come later: the station starts without it, says so, and tries again.
fn source_words(configuration: &Configuration) -> Result<String, SourceError> {
    match source::open(&configuration.source, &configuration.limits) {
        Ok(source) => Ok(source.describe()),
        Err(error) if error.is_of_a_device() => Ok(format!("no camera yet: {error}")),
        Err(error) => Err(error),
    }
}

/// A station without a screen draws nothing. The others are opened once to see whether they can be, except for a window, which would flash. One that may come
/// later need not be there: the station's preview asks for it again and again, and says so.
fn open_screen(
    settings: &DisplaySettings,
    screen: ScreenSettings,
) -> Result<Option<OpenScreen<LiveAnalysis>>, LiveError> {
    match settings {
        DisplaySettings::None { .. } => return Ok(None),
        DisplaySettings::Window(_) if cfg!(feature = "window") => {}
        device if device.may_come_later() => match display::open(device) {
            Err(error) if !error.passes() => return Err(error.into()),
            _there_or_expected => {}
        },
        other => drop(display::open(other)?),
    }
    let settings = settings.clone();
    Ok(Some(Box::new(move || {
        let display = display::open(&settings).map_err(|e| e.to_string())?;
        Ok(Box::new(OverlayScreen::new(display, screen.clone())) as Box<dyn Screen<LiveAnalysis>>)
    })))
}

/// Reads a configuration and makes everything ready; what is wrong comes as a page for a display.
///
/// # Errors
/// [`NotReady`], for [`wait_until_ready`](super::wait_until_ready).
pub fn prepare_from(path: &Path) -> Result<Prepared, Box<NotReady>> {
    prepare_keeping(path, LastGood::of_this_process().as_ref())
}

fn prepare_keeping(path: &Path, kept: Option<&LastGood>) -> Result<Prepared, Box<NotReady>> {
    let not_ready = |title: &str, reason: String, cure: &str, displays| NotReady {
        page: ErrorPage {
            title: title.into(),
            reason,
            last_good: kept.and_then(LastGood::words),
            cure: cure.into(),
        },
        displays,
        gpio: None,
    };
    let configuration = Configuration::read(path).map_err(|error| {
        let cure = format!(
            "Correct {} and save it. The station reads it again by itself.",
            path.display()
        );
        let text = std::fs::read_to_string(path).unwrap_or_default();
        let displays = Configuration::display_of_broken(&text, path).into_iter().collect();
        Box::new(not_ready(
            "The configuration has an error",
            error.to_string(),
            &cure,
            displays,
        ))
    })?;
    let prepared = prepare(&configuration).map_err(|error| {
        let cure = "Mend this, or change the configuration. The station tries again by itself.";
        let displays = vec![configuration.display.clone()];
        Box::new(NotReady {
            gpio: Some(configuration.gpio.clone()),
            ..not_ready("The station can't start", error.to_string(), cure, displays)
        })
    })?;
    if let Some(kept) = kept {
        kept.keep(path, &configuration);
    }
    Ok(prepared)
}

impl Prepared {
    /// What the station works on, in a line: the source, and the records that are there.
    pub fn summary(&self) -> &str {
        &self.summary
    }

    /// Starts the station's threads, for a caller that has its own keys and signals.
    ///
    /// # Errors
    /// [`StationError::Thread`].
    pub fn start(self) -> Result<Station<LiveAnalysis>, StationError> {
        Station::start(self.parts, self.settings)
    }

    /// Runs the station with keys, buttons and signals until it is finished; what was counted meanwhile.
    ///
    /// # Errors
    /// [`LiveError::Input`] or [`LiveError::Station`].
    pub fn run(self) -> Result<Counts, LiveError> {
        let long_press = self.settings.machine.trigger.long_press();
        let foot_switch = self.settings.machine.trigger.foot_switch.clone();
        let gpio = self.gpio.clone();
        let identify = self.settings.machine.next_id.settings().clone();
        let stamp = self.pick_list;
        let station = self.start()?;
        let send = || {
            let controls = station.controls();
            move |event| controls.send(event)
        };
        let _stdin = Stdin::read(send())?;
        let _signals = Signals::read(send())?;
        let _shutter = match gpio.shutter {
            Some(line) => {
                let open = move || InputLine::open(&line).map_err(|e| e.to_string());
                Some(Switch::watch(SwitchKind::Shutter, long_press, open, send())?)
            }
            None => None,
        };
        let _foot_switch = match foot_switch {
            Some(device) => {
                let open = move || FootSwitch::open(&device).map_err(|e| e.to_string());
                Some(Switch::watch(SwitchKind::FootSwitch, long_press, open, send())?)
            }
            None => None,
        };
        let _scanner = match identify.scanner.clone() {
            Some(device) => {
                let open = move || Scanner::open(&device).map_err(|e| e.to_string());
                Some(Scanner::watch(open, send())?)
            }
            None => None,
        };
        let _pick_list = match identify.pick_list.clone() {
            Some(file) => {
                let controls = station.controls();
                Some(PickListWatch::start(file, identify, stamp, move |event| {
                    controls.tell(event)
                })?)
            }
            None => None,
        };
        Ok(station.run()?)
    }
}

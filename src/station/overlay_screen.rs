//! The real screen: the station's state drawn by `overlay` on a display.

use std::sync::Arc;
use std::time::Instant;

use image::RgbImage;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::frame_analyser::LiveAnalysis;
use super::parts::{Screen, Shown};
use super::{Auto, Phase, Rates, Severity, Status, Topic};
use crate::display::{Canvas, Display, DisplayEvent};
use crate::frame::{DecodeOptions, Frame};
use crate::health::ClockTrust;
use crate::identify::Standing;
use crate::input;
use crate::input::TriggerSettings;
use crate::input::keys::KeyReader;
use crate::overlay::{self, FreeSpace, State, View, Waiting};
use crate::traits::Palette;

/// With less memory than this the kernel soon ends a program, and the station is the largest.
const LITTLE_MEMORY: u64 = 64 << 20;
/// With room for fewer records than this it is time to change the disk.
const FEW_RECORDS: u64 = 200;
/// With less room than this, whatever a record's size.
const LITTLE_SPACE: u64 = 2 << 30;
/// The keys, as the help line shows them.
const KEYS: &str =
    "SPACE picture · + same specimen · i number · l list · u undo · m measurements · o operator · n note · q finish";

/// What a screen shows that does not change while the station runs.
#[derive(Debug, Clone)]
pub struct ScreenSettings {
    /// The station's name.
    pub station: String,
    /// Colours of the traits.
    pub palette: Palette,
    /// Whether landmarks and lengths are usually on the picture.
    pub measurements: bool,
    /// For the time of day.
    pub time_zone: TimeZone,
    /// Triggers, for the hint what to do.
    pub trigger: TriggerSettings,
    /// There is a shutter button, for the same hint.
    pub has_button: bool,
    /// From this many degrees Celsius on a word is shown.
    pub warn_celsius: f32,
    /// Bounds on pictures.
    pub decode: DecodeOptions,
    /// Bytes that must stay free on the storage.
    pub floor_bytes: u64,
    /// Records that were there when the station started.
    pub records_before: u64,
}

/// Draws with `overlay` on any display.
pub struct OverlayScreen {
    display: Box<dyn Display>,
    canvas: Canvas,
    settings: ScreenSettings,
    keys: KeyReader,
    opened: Instant,
    /// The newest frame, by its sequence. In full size: drawing looks at few of its pixels, making it smaller would look at all.
    preview: Option<(u64, Arc<RgbImage>)>,
}

impl OverlayScreen {
    /// On an open display.
    pub fn new(display: Box<dyn Display>, settings: ScreenSettings) -> Self {
        Self {
            canvas: Canvas::new(display.size()),
            display,
            settings,
            keys: KeyReader::default(),
            opened: Instant::now(),
            preview: None,
        }
    }

    /// The newest frame. One that can't be decoded leaves the one before; the worker says what is wrong with it.
    fn preview(&mut self, frame: &Frame) -> Option<Arc<RgbImage>> {
        if self
            .preview
            .as_ref()
            .is_none_or(|(sequence, _)| *sequence != frame.sequence)
            && let Ok(decoded) = frame.decode(&self.settings.decode)
        {
            self.preview = Some((frame.sequence, Arc::new(decoded.rgb)));
        }
        self.preview.as_ref().map(|(_, picture)| Arc::clone(picture))
    }
}

impl Screen<LiveAnalysis> for OverlayScreen {
    fn show(&mut self, shown: &Shown<'_, LiveAnalysis>) -> Result<(), String> {
        let preview = shown.frame.and_then(|frame| self.preview(frame));
        let view = view(shown, preview, &self.settings);
        let Ok(()) = overlay::draw(&view, &mut self.canvas);
        self.display.show(&self.canvas).map_err(|e| e.to_string())
    }

    fn events(&mut self) -> Vec<input::Event> {
        let now = self.opened.elapsed();
        let mut events = self.keys.settle(now);
        for event in self.display.events() {
            match event {
                DisplayEvent::Closed => events.push(input::Event::Finish),
                DisplayEvent::Key(key) => events.extend(self.keys.read(key.encode_utf8(&mut [0; 4]).as_bytes(), now)),
            }
        }
        events
    }
}

/// Everything on the screen, as plain values.
fn view(shown: &Shown<'_, LiveAnalysis>, preview: Option<Arc<RgbImage>>, settings: &ScreenSettings) -> View {
    let status = shown.status;
    let now = Timestamp::now().to_zoned_datetime(settings.time_zone.clone());
    let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let mut annotations = shown.analysis.map(|a| a.annotations.clone()).unwrap_or_default();
    if settings.measurements == status.measurements_switched {
        annotations.measured = None;
    }
    View {
        station: settings.station.clone(),
        clock: now.strftime("%H:%M").to_string(),
        operator: text(&status.operator),
        note: text(&status.note),
        preview,
        annotations,
        quality: shown
            .analysis
            .filter(|a| a.frame.analysis.specimen.is_some())
            .map(|a| a.frame.analysis.findings.quality.clone()),
        next_id: status.next_id.clone(),
        state: state(status, shown.analysis, shown.frame.is_some(), settings),
        warnings: warnings(status, settings.warn_celsius),
        rates: rates(shown.rates),
        storage: storage(status, settings.floor_bytes),
        records: settings.records_before + status.counts.saved,
        waiting: Waiting {
            frames: status.waiting as u32,
            limit: status.waiting_max as u32,
        },
        palette: settings.palette,
    }
}

/// The one thing that matters most.
fn state(status: &Status, analysis: Option<&LiveAnalysis>, has_frame: bool, settings: &ScreenSettings) -> State {
    match &status.phase {
        Phase::SourceLost { reason } => {
            return State::Failed {
                what: "No camera".into(),
                cure: reason.clone(),
            };
        }
        Phase::StorageFailing { full: true, .. } => return State::StorageFull,
        Phase::StorageFailing { reason, full: false } => {
            return State::Failed {
                what: "Not saving".into(),
                cure: reason.clone(),
            };
        }
        Phase::Finishing => {
            return State::Saving {
                id: format!("{} left, then the station stops", status.waiting),
            };
        }
        Phase::Starting => {
            return State::Starting {
                what: "Opening the camera".into(),
            };
        }
        Phase::Ready | Phase::Saving => {}
    }
    match status.message.as_ref().map(|m| &m.topic) {
        Some(Topic::Saved { id }) => {
            return State::Saved {
                id: id.clone(),
                just_now: status.message_is_new,
            };
        }
        Some(Topic::SavedInSpite { id, of }) => {
            return State::SavedInSpite {
                id: id.clone(),
                of: of.clone(),
            };
        }
        Some(Topic::Voided { id }) => return State::Voided { id: id.clone() },
        Some(Topic::QueueFull) => return State::Refused,
        Some(Topic::NotSaved { why }) => {
            return State::Failed {
                what: "Not saved".into(),
                cure: capitalized(why),
            };
        }
        Some(Topic::Other) | None => {}
    }
    if status.waiting > 0 {
        let plural = if status.waiting == 1 { "" } else { "s" };
        return State::Saving {
            id: format!("{} picture{plural}", status.waiting),
        };
    }
    if !has_frame {
        return State::NoPicture;
    }
    match analysis.and_then(|a| a.frame.analysis.scene.fish.as_ref()) {
        None => State::Looking,
        Some(fish) if fish.cut_by_edge => State::FishCut,
        Some(_) => with_fish(status, settings),
    }
}

fn capitalized(sentence: &str) -> String {
    let mut characters = sentence.chars();
    characters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

/// A whole fish lies there and nothing else is going on.
fn with_fish(status: &Status, settings: &ScreenSettings) -> State {
    match (status.auto, &status.last_id) {
        (Some(Auto::AlreadyRecorded), Some(id)) => return State::AlreadySaved { id: id.clone() },
        (Some(Auto::Settling { .. }), _) if status.held_back.is_some() => {
            let why = status.held_back.clone().unwrap_or_default();
            return State::HeldBack { why };
        }
        (Some(Auto::Settling { seconds }), _) => return State::Settling { seconds },
        _ => {}
    }
    let trigger = &settings.trigger;
    let hint = if matches!(status.next_id.standing, Standing::Missing | Standing::Unfit) {
        "Waits for a catalogue number"
    } else if settings.has_button {
        "Press the button to save"
    } else if trigger.foot_switch.is_some() {
        "Press the foot switch to save"
    } else if trigger.key {
        "Press SPACE to save"
    } else if trigger.timer_seconds.is_some() {
        "The timer saves it"
    } else {
        "Ready to save"
    };
    State::FishFound { hint: hint.into() }
}

/// What deserves attention but stops nothing, most important first.
fn warnings(status: &Status, warn_celsius: f32) -> Vec<String> {
    let mut warnings = Vec::new();
    if let Some((field, text)) = &status.typing {
        warnings.push(format!("{}: {text}_", field.name()));
    }
    if status.help {
        warnings.push(KEYS.into());
    }
    if let Some(message) = &status.message
        && message.topic == Topic::Other
        && message.severity >= Severity::Warning
    {
        warnings.push(message.text.clone());
    }
    warnings.extend(status.lost_switches.iter().map(|s| format!("No {}", s.name())));
    let health = status.health.as_ref();
    if let Some(temperature) = health.and_then(|h| h.temperature).filter(|t| *t >= warn_celsius) {
        warnings.push(format!("Temperature {temperature:.0} °C"));
    }
    let throttling = health.and_then(|h| h.throttling);
    warnings.extend(throttling.and_then(|t| t.now.words()).map(ToOwned::to_owned));
    if health
        .and_then(|h| h.memory)
        .is_some_and(|m| m.available < LITTLE_MEMORY)
    {
        warnings.push("Memory almost full".into());
    }
    if health.is_some_and(|h| h.clock == ClockTrust::NotSynchronized) {
        warnings.push("The clock is not synchronized".into());
    }
    if health.and_then(|h| h.storage).is_some_and(|s| s.read_only) {
        warnings.push("The disk is read-only".into());
    }
    warnings
}

fn rates(rates: &Rates) -> overlay::Rates {
    let measured = |rate: f64| (rate > 0.0).then_some(rate as f32);
    overlay::Rates {
        frames: measured(rates.source),
        network: measured(rates.analysis),
        latency_ms: measured(rates.latency.as_secs_f64() * 1000.0),
    }
}

fn storage(status: &Status, floor_bytes: u64) -> Option<FreeSpace> {
    let storage = status.health.as_ref()?.storage?;
    let bytes = storage.free.saturating_sub(floor_bytes);
    Some(FreeSpace {
        bytes,
        low: bytes < LITTLE_SPACE || status.records_left.is_some_and(|left| left < FEW_RECORDS),
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::display::MemoryDisplay;
    use crate::frame::Size;
    use crate::health::{Causes, Memory, Reading, Throttling};
    use crate::input::{Field, FootSwitchSettings, PedalKey, SwitchKind};
    use crate::station::machine::{Machine, MachineSettings, OpenGate};
    use crate::station::{Event, Message};

    fn settings() -> ScreenSettings {
        ScreenSettings {
            station: "bench".into(),
            palette: Palette::default(),
            measurements: true,
            time_zone: TimeZone::UTC,
            trigger: TriggerSettings::default(),
            has_button: false,
            warn_celsius: 80.0,
            decode: DecodeOptions::default(),
            floor_bytes: 0,
            records_before: 0,
        }
    }

    /// The status of a station whose source is open.
    fn ready() -> Status {
        let (mut machine, _) = Machine::new(MachineSettings::default(), Box::new(OpenGate));
        let description = "a camera".into();
        let opened = Event::SourceOpened {
            description,
            notes: Vec::new(),
            takes_stills: false,
        };
        machine.step(opened, Duration::ZERO);
        machine.status(Duration::ZERO)
    }

    fn saying(topic: Topic, severity: Severity) -> Status {
        Status {
            message: Some(Message {
                severity,
                topic,
                text: "words".into(),
            }),
            ..ready()
        }
    }

    fn state_of(status: &Status) -> State {
        state(status, None, true, &settings())
    }

    #[test]
    fn the_most_important_thing_is_the_state() {
        assert_eq!(state_of(&ready()), State::Looking);
        assert_eq!(state(&ready(), None, false, &settings()), State::NoPicture);
        let id = || "F-1".to_owned();
        let saved = saying(Topic::Saved { id: id() }, Severity::Info);
        let just_now = false;
        assert_eq!(state_of(&saved), State::Saved { id: id(), just_now });
        assert_eq!(state_of(&saying(Topic::QueueFull, Severity::Warning)), State::Refused);
        let why = "no fish found".to_owned();
        let (what, cure) = ("Not saved".to_owned(), "No fish found".to_owned());
        let not_saved = saying(Topic::NotSaved { why }, Severity::Warning);
        assert_eq!(state_of(&not_saved), State::Failed { what, cure });
        let lost = Status {
            phase: Phase::SourceLost {
                reason: "unplugged".into(),
            },
            ..saved.clone()
        };
        assert!(matches!(state_of(&lost), State::Failed { cure, .. } if cure == "unplugged"));
        let full = Status {
            phase: Phase::StorageFailing {
                reason: "full".into(),
                full: true,
            },
            ..saved
        };
        assert_eq!(state_of(&full), State::StorageFull);
    }

    #[test]
    fn typing_comes_first_and_a_state_is_not_said_twice() {
        assert_eq!(warnings(&saying(Topic::QueueFull, Severity::Warning), 80.0), [""; 0]);
        let typing = Status {
            typing: Some((Field::Note, "left f".into())),
            help: true,
            ..saying(Topic::Other, Severity::Warning)
        };
        assert_eq!(warnings(&typing, 80.0), ["note: left f_", KEYS, "words"]);
    }

    #[test]
    fn health_is_worth_a_word_only_when_something_is_wrong() {
        let fine = Reading {
            storage: None,
            memory: Some(Memory {
                resident: 200 << 20,
                available: 500 << 20,
            }),
            temperature: Some(70.0),
            throttling: Some(Throttling::default()),
            clock: ClockTrust::Synchronized,
            boot_id: None,
        };
        let said = |health: Reading, warn_celsius| {
            let status = Status {
                health: Some(health),
                ..ready()
            };
            warnings(&status, warn_celsius)
        };
        assert_eq!(said(fine.clone(), 80.0), [""; 0]);
        assert_eq!(said(fine.clone(), 65.0), ["Temperature 70 °C"]);
        let slow = Throttling {
            now: Causes {
                under_voltage: true,
                slowed: true,
                heat: false,
            },
            ..Throttling::default()
        };
        let bad = Reading {
            memory: Some(Memory {
                resident: 200 << 20,
                available: 50 << 20,
            }),
            throttling: Some(slow),
            clock: ClockTrust::NotSynchronized,
            ..fine
        };
        assert_eq!(
            said(bad, 80.0),
            [
                "Weak power supply",
                "Memory almost full",
                "The clock is not synchronized"
            ]
        );
        let lost = Status {
            lost_switches: vec![SwitchKind::FootSwitch],
            ..ready()
        };
        assert_eq!(warnings(&lost, 80.0), ["No foot switch"]);
    }

    #[test]
    fn the_hint_names_what_is_nearest_to_the_hand() {
        let hint = |settings: &ScreenSettings| match with_fish(&ready(), settings) {
            State::FishFound { hint } => hint,
            other => panic!("{other:?}"),
        };
        let mut with = settings();
        assert_eq!(hint(&with), "Press SPACE to save");
        with.trigger.foot_switch = Some(FootSwitchSettings {
            device: "foot".into(),
            key: PedalKey::Any,
        });
        assert_eq!(hint(&with), "Press the foot switch to save");
        with.has_button = true;
        assert_eq!(hint(&with), "Press the button to save");
    }

    #[test]
    fn a_frame_that_cannot_be_decoded_leaves_the_picture_before_it() {
        let display = MemoryDisplay::new(Size::new(320, 240), 10);
        let mut screen = OverlayScreen::new(Box::new(display.clone()), settings());
        let good = Frame::from_rgb(RgbImage::from_pixel(64, 48, image::Rgb([200, 40, 40])));
        let damaged = Frame {
            bytes: good.bytes[..100].into(),
            sequence: 1,
            ..good.clone()
        };
        let (status, rates) = (ready(), Rates::default());
        let red = |canvas: &Canvas| {
            canvas
                .picture()
                .pixels()
                .filter(|p| p.0[0] > 150 && p.0[1] < 60)
                .count()
        };
        for frame in [good, damaged] {
            let shown = Shown {
                frame: Some(&frame),
                analysis: None,
                status: &status,
                rates: &rates,
            };
            screen.show(&shown).unwrap();
            assert!(red(display.shown().last().unwrap()) > 1000, "frame {}", frame.sequence);
        }
    }
}

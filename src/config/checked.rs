//! From the file's tables to the settings that the rooms own; every value is checked, all that is wrong is found at once.

mod display;
mod identify;
mod measure;

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::tz::TimeZone;

use super::error::Found;
use super::raw::{self, SourceKind};
use super::{Configuration, StationIdentity};
use crate::analysis::AnalysisSettings;
use crate::checksum::sha256_hex;
use crate::frame::{Limits, Size};
use crate::gpio::{GpioError, GpioSettings, InputSettings, LineId, OutputSettings};
use crate::health::{HealthError, HealthSettings};
use crate::identify::{IdPattern, IdSettings, IdSource};
use crate::input::{FootSwitchSettings, InputError, PedalKey, TriggerSettings};
use crate::locate::LocateSettings;
use crate::measure::MeasureSettings;
use crate::measure::quality::QualitySettings;
use crate::measure::specimen::SpecimenSettings;
use crate::network::{Engine, NetworkSettings};
use crate::source::v4l::{self, FORMAT_NAMES, FourCc, Setting, V4lSettings};
use crate::source::{ReplaySettings, SourceError, SourceSettings};
use crate::store::StoreSettings;

/// Collects what is wrong while the settings are put together.
struct Check<'a> {
    found: Vec<Found>,
    /// Relative paths are taken from here.
    folder: &'a Path,
}

pub(super) fn check(raw: raw::Tables, text: &str, folder: &Path) -> Result<Configuration, Vec<Found>> {
    let mut check = Check {
        found: Vec::new(),
        folder,
    };
    let time_zone = check.time_zone(&raw.station.time_zone);
    let identify = check.identify(raw.identify);
    let configuration = Configuration {
        id: check.id(&raw.station),
        station: StationIdentity {
            name: raw.station.name,
            collection: raw.station.collection,
            operator: raw.station.operator,
            note: raw.station.note,
        },
        source: check.source(raw.source),
        limits: Limits {
            megapixels: check.within("limits", "megapixels", raw.limits.megapixels, 0.1..=1000.0),
            min_side: check.within("limits", "min_side", raw.limits.min_side, 16..=4096),
        },
        analysis: AnalysisSettings {
            locate: LocateSettings {
                min_fish_length: check.within("locate", "min_fish_length", raw.locate.min_fish_length, 0.01..=0.9),
            },
            measure: MeasureSettings {
                quality: check.quality(&raw.quality),
                specimen: SpecimenSettings::cleaning_up(raw.measure.clean_up),
                scale: check.scale(raw.measure),
            },
            codes: identify.uses(IdSource::Barcode),
        },
        identify,
        bundle: raw.network.bundle.map(|bundle| check.path(bundle)),
        network: NetworkSettings {
            threads: match raw.network.threads {
                Some(threads) => check.within("network", "threads", threads, 1..=64),
                None => NetworkSettings::default().threads,
            },
            engine: match raw.network.half_precision {
                true => Engine::FusedInHalves,
                false => Engine::Fused,
            },
        },
        display: check.display(raw.display),
        palette: raw.overlay.palette,
        overlay_measurements: raw.overlay.measurements,
        trigger: check.trigger(raw.trigger),
        gpio: check.gpio(raw.gpio),
        health: check.health(raw.health),
        keep_overlay: raw.store.overlay,
        store: check.store(raw.store, time_zone),
        sha256: sha256_hex(text.as_bytes()),
    };
    if check.found.is_empty() {
        Ok(configuration)
    } else {
        Err(check.found)
    }
}

impl Check<'_> {
    fn wrong(&mut self, section: &'static str, key: &'static str, message: String) {
        self.found.push(Found { section, key, message });
    }

    /// The value, which a NaN never is.
    fn within<T: PartialOrd + std::fmt::Display + Copy>(
        &mut self,
        section: &'static str,
        key: &'static str,
        value: T,
        allowed: RangeInclusive<T>,
    ) -> T {
        if !allowed.contains(&value) {
            let (least, most) = (allowed.start(), allowed.end());
            self.wrong(
                section,
                key,
                format!("{section}.{key} is {value}; allowed is {least} to {most}"),
            );
        }
        value
    }

    fn path(&self, path: PathBuf) -> PathBuf {
        self.folder.join(path)
    }

    fn time_zone(&mut self, name: &str) -> TimeZone {
        if name == "system" {
            return TimeZone::system();
        }
        TimeZone::get(name).unwrap_or_else(|_| {
            let allowed = "allowed is \"system\" or a name of the time zone database such as \"America/Chicago\"";
            self.wrong(
                "station",
                "time_zone",
                format!("station.time_zone {name:?} is not known; {allowed}"),
            );
            TimeZone::UTC
        })
    }

    fn id(&mut self, station: &raw::Station) -> IdSettings {
        let pattern = station.id.parse::<IdPattern>().unwrap_or_else(|error| {
            self.wrong("station", "id", format!("station.id: {error}"));
            IdSettings::default().pattern
        });
        IdSettings {
            pattern,
            first: station.first,
        }
    }

    fn quality(&mut self, raw: &raw::Quality) -> QualitySettings {
        raw.settings().unwrap_or_else(|(key, message)| {
            self.wrong("quality", key, message);
            QualitySettings::default()
        })
    }

    fn source(&mut self, raw: raw::Source) -> SourceSettings {
        let settings = match raw.kind {
            SourceKind::Replay => SourceSettings::Replay(ReplaySettings {
                path: if raw.path.as_os_str().is_empty() {
                    raw.path // joined with the folder it would no longer look empty
                } else {
                    self.path(raw.path)
                },
                frames_per_second: raw.frames_per_second,
                repeat: raw.repeat,
                looping: raw.looping,
            }),
            SourceKind::V4l => SourceSettings::V4l(self.camera(raw)),
        };
        if let Err(error) = settings.check() {
            let key = match &error {
                SourceError::Setting { key, .. } => key,
                _ => "path",
            };
            self.wrong("source", key, error.to_string());
        }
        settings
    }

    fn camera(&mut self, raw: raw::Source) -> V4lSettings {
        let defaults = V4lSettings::default();
        let device = v4l::DeviceChoice::parse(&raw.device).unwrap_or_else(|| {
            let allowed = "allowed is \"first\", a path such as \"/dev/video0\", or a name in /dev/v4l/by-id";
            self.wrong(
                "source",
                "device",
                format!("source.device is {:?}; {allowed}", raw.device),
            );
            defaults.device
        });
        let format = match raw.format.as_str() {
            "auto" => None,
            name => FourCc::named(name).or_else(|| {
                let message = format!("source.format is {name:?}; allowed is auto, {FORMAT_NAMES}");
                self.wrong("source", "format", message);
                None
            }),
        };
        let size = |[width, height]: [u32; 2]| Size::new(width, height);
        V4lSettings {
            device,
            size: size(raw.size),
            frames_per_second: raw.frames_per_second.unwrap_or(defaults.frames_per_second),
            format,
            still_size: raw.still_size.map(size),
            still_skip: raw.still_skip,
            controls: self.controls(raw.controls),
        }
    }

    /// Names and values alone; which of them a device has is seen when it is opened.
    fn controls(&mut self, raw: toml::Table) -> Vec<(String, Setting)> {
        let mut controls = Vec::new();
        for (name, value) in raw {
            let setting = match value {
                toml::Value::Integer(number) => Setting::Integer(number),
                toml::Value::Boolean(on) => Setting::Boolean(on),
                toml::Value::String(text) => Setting::Text(text),
                other => {
                    let kind = other.type_str();
                    let allowed = "allowed is a whole number, true or false, or a menu's entry in quotes";
                    self.wrong(
                        "source",
                        "controls",
                        format!("source.controls.{name} is of type {kind}; {allowed}"),
                    );
                    continue;
                }
            };
            controls.push((name, setting));
        }
        controls
    }

    fn trigger(&mut self, raw: raw::Trigger) -> TriggerSettings {
        let key = raw.foot_switch_key.parse().unwrap_or_else(|allowed| {
            let (section, key, text) = ("trigger", "foot_switch_key", &raw.foot_switch_key);
            self.wrong(
                section,
                key,
                format!("{section}.{key} is {text:?}; allowed is {allowed}"),
            );
            PedalKey::Any
        });
        let settings = TriggerSettings {
            key: raw.key,
            signal: raw.signal,
            timer_seconds: raw.timer_seconds,
            auto_still_seconds: raw.auto_still_seconds,
            long_press_seconds: raw.long_press_seconds,
            foot_switch: raw.foot_switch.map(|device| FootSwitchSettings { device, key }),
            waiting_max: raw.waiting_max,
        };
        if let Err(error) = settings.check() {
            let key = match &error {
                InputError::Setting { key, .. } => key,
                _ => "key",
            };
            self.wrong("trigger", key, error.to_string());
        }
        settings
    }

    fn gpio(&mut self, raw: raw::Gpio) -> GpioSettings {
        let mut line = |key, text: Option<String>| -> Option<LineId> {
            let text = text?;
            let line = text.parse();
            if let Err(allowed) = line {
                self.wrong("gpio", key, format!("gpio.{key} is {text:?}; allowed is {allowed}"));
            }
            line.ok()
        };
        let (shutter, lamp, buzzer) = (
            line("shutter", raw.shutter),
            line("lamp", raw.lamp),
            line("buzzer", raw.buzzer),
        );
        let output = |line: Option<LineId>, active_low| line.map(|line| OutputSettings { line, active_low });
        let settings = GpioSettings {
            shutter: shutter.map(|line| InputSettings {
                line,
                active_low: raw.shutter_active_low,
                bias: raw.shutter_bias,
                debounce: Duration::from_millis(raw.debounce_milliseconds),
            }),
            lamp: output(lamp, raw.lamp_active_low),
            buzzer: output(buzzer, raw.buzzer_active_low),
        };
        if let Err(error) = settings.check() {
            let key = match &error {
                GpioError::Setting { key, .. } => key,
                _ => "shutter",
            };
            self.wrong("gpio", key, error.to_string());
        }
        settings
    }

    fn health(&mut self, raw: raw::Health) -> HealthSettings {
        let settings = HealthSettings {
            warn_celsius: raw.warn_celsius,
            stalled_seconds: raw.stalled_seconds,
            textfile: raw.textfile.map(|path| self.path(path)),
        };
        if let Err(error) = settings.check() {
            let key = match &error {
                HealthError::Setting { key, .. } => key,
                HealthError::Textfile { .. } => "textfile",
            };
            self.wrong("health", key, error.to_string());
        }
        settings
    }

    fn store(&mut self, raw: raw::Store, time_zone: TimeZone) -> StoreSettings {
        if raw.root.as_os_str().is_empty() {
            self.wrong("store", "root", "store.root is empty; allowed is a folder".to_owned());
        }
        let megabytes = self.within("store", "floor_megabytes", raw.floor_megabytes, 0..=1_000_000);
        StoreSettings {
            root: self.path(raw.root),
            create: raw.create,
            floor_bytes: megabytes.saturating_mul(1 << 20),
            time_zone,
        }
    }
}

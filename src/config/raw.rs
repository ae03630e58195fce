//! The tables of the file as they are written; types only, no ranges. Defaults are those of the rooms.

mod quality;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::display::{ColourOrder, Kept, PngSettings, SpiPanelSettings, WindowSettings};
use crate::frame;
use crate::gpio::{Bias, GpioSettings};
use crate::health::HealthSettings;
use crate::identify::{IdentifySettings, PickListSettings};
use crate::input::{PedalKey, TriggerSettings};
use crate::locate::LocateSettings;
use crate::source::ReplaySettings;
use crate::source::v4l::V4lSettings;
use crate::traits::Palette;

pub(super) use quality::Quality;

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Tables {
    pub(super) station: Station,
    pub(super) source: Source,
    pub(super) limits: Limits,
    pub(super) locate: Locate,
    pub(super) quality: Quality,
    pub(super) measure: Measure,
    pub(super) network: Network,
    pub(super) display: Display,
    pub(super) overlay: Overlay,
    pub(super) identify: Identify,
    pub(super) trigger: Trigger,
    pub(super) gpio: Gpio,
    pub(super) health: Health,
    pub(super) store: Store,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Station {
    pub(super) name: String,
    pub(super) collection: String,
    pub(super) operator: String,
    pub(super) note: String,
    pub(super) id: String,
    pub(super) first: u64,
    pub(super) time_zone: String,
}

impl Default for Station {
    fn default() -> Self {
        Self {
            name: "fishrig".to_owned(),
            collection: String::new(),
            operator: String::new(),
            note: String::new(),
            id: "{counter:06}".to_owned(),
            first: 1,
            time_zone: "system".to_owned(),
        }
    }
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum SourceKind {
    Replay,
    V4l,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Source {
    pub(super) kind: SourceKind,
    pub(super) path: PathBuf,
    pub(super) frames_per_second: Option<f64>,
    pub(super) repeat: u32,
    pub(super) looping: bool,
    pub(super) device: String,
    pub(super) size: [u32; 2],
    pub(super) format: String,
    pub(super) still_size: Option<[u32; 2]>,
    pub(super) still_skip: u32,
    pub(super) controls: toml::Table,
}

impl Default for Source {
    fn default() -> Self {
        let rooms = ReplaySettings::default();
        let camera = V4lSettings::default();
        Self {
            kind: SourceKind::Replay,
            path: rooms.path,
            frames_per_second: rooms.frames_per_second,
            repeat: rooms.repeat,
            looping: rooms.looping,
            device: camera.device.to_string(),
            size: [camera.size.width, camera.size.height],
            format: "auto".to_owned(),
            still_size: None,
            still_skip: camera.still_skip,
            controls: toml::Table::new(),
        }
    }
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Limits {
    pub(super) megapixels: f64,
    pub(super) min_side: u32,
}

impl Default for Limits {
    fn default() -> Self {
        let rooms = frame::Limits::default();
        Self {
            megapixels: rooms.megapixels,
            min_side: rooms.min_side,
        }
    }
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Locate {
    pub(super) min_fish_length: f32,
}

impl Default for Locate {
    fn default() -> Self {
        Self {
            min_fish_length: LocateSettings::default().min_fish_length,
        }
    }
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Measure {
    pub(super) pixels_per_cm: Option<f64>,
    pub(super) pixels_per_cm_uncertainty: Option<f64>,
    pub(super) calibration: Option<PathBuf>,
    pub(super) clean_up: bool,
}

impl Default for Measure {
    fn default() -> Self {
        Self {
            pixels_per_cm: None,
            pixels_per_cm_uncertainty: None,
            calibration: None,
            clean_up: true,
        }
    }
}

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Network {
    pub(super) bundle: Option<PathBuf>,
    pub(super) threads: Option<usize>,
    pub(super) half_precision: bool,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum DisplayKind {
    None,
    Png,
    Window,
    Drm,
    Framebuffer,
    SpiPanel,
}

/// Columns and rows, or a word for those that the display has.
#[derive(Debug, Deserialize, Serialize)]
#[serde(untagged, expecting = "expected \"auto\" or columns and rows such as [800, 480]")]
pub(super) enum DisplaySize {
    Auto(Auto),
    Pixels([u32; 2]),
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Auto {
    Auto,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Display {
    pub(super) kind: DisplayKind,
    pub(super) size: DisplaySize,
    pub(super) rotation: u32,
    pub(super) directory: PathBuf,
    pub(super) keep: u32,
    pub(super) scale: u32,
    pub(super) device: String,
    pub(super) connector: String,
    pub(super) mode: String,
    pub(super) panel: Panel,
}

impl Default for Display {
    fn default() -> Self {
        let png = PngSettings::default();
        Self {
            kind: DisplayKind::None,
            size: DisplaySize::Auto(Auto::Auto),
            rotation: 0,
            directory: png.directory,
            keep: match png.kept {
                Kept::LatestOnly => 0,
                Kept::Newest(count) => count.get(),
            },
            scale: WindowSettings::default().scale,
            device: "first".to_owned(),
            connector: "auto".to_owned(),
            mode: "preferred".to_owned(),
            panel: Panel::default(),
        }
    }
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Colours {
    Rgb,
    Bgr,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Panel {
    pub(super) model: String,
    pub(super) spi: PathBuf,
    pub(super) speed_hz: u32,
    pub(super) size: Option<[u32; 2]>,
    pub(super) offset: [u16; 2],
    pub(super) mirror: Option<bool>,
    pub(super) invert: Option<bool>,
    pub(super) colour_order: Option<Colours>,
    pub(super) dc: String,
    pub(super) reset: Option<String>,
    pub(super) backlight: Option<String>,
}

impl Default for Panel {
    fn default() -> Self {
        let rooms = SpiPanelSettings::default();
        Self {
            model: rooms.model.to_string(),
            spi: rooms.spi,
            speed_hz: rooms.speed_hz,
            size: rooms.panel_size.map(|size| [size.width, size.height]),
            offset: rooms.offset,
            mirror: rooms.mirror,
            invert: rooms.invert,
            colour_order: rooms.colour_order.map(|order| match order {
                ColourOrder::Rgb => Colours::Rgb,
                ColourOrder::Bgr => Colours::Bgr,
            }),
            dc: rooms.dc.to_string(),
            reset: rooms.reset.map(|line| line.to_string()),
            backlight: rooms.backlight.map(|line| line.to_string()),
        }
    }
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Overlay {
    pub(super) palette: Palette,
    pub(super) measurements: bool,
}

impl Default for Overlay {
    fn default() -> Self {
        Self {
            palette: Palette::default(),
            measurements: true,
        }
    }
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Identify {
    pub(super) sources: Option<Vec<String>>,
    pub(super) accept: Vec<String>,
    pub(super) strip: Vec<String>,
    pub(super) pick_list: Option<PathBuf>,
    pub(super) column: String,
    pub(super) scanner: Option<String>,
    pub(super) scan_triggers: bool,
}

impl Default for Identify {
    fn default() -> Self {
        let rooms = IdentifySettings::default();
        Self {
            // Written down they must be those that this program has; left out they are.
            sources: None,
            accept: Vec::new(),
            strip: rooms.strip,
            pick_list: None,
            column: PickListSettings::COLUMN.to_owned(),
            scanner: rooms.scanner,
            scan_triggers: rooms.scan_triggers,
        }
    }
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Trigger {
    pub(super) key: bool,
    pub(super) signal: bool,
    pub(super) timer_seconds: Option<f64>,
    pub(super) auto_still_seconds: Option<f64>,
    pub(super) foot_switch: Option<String>,
    pub(super) foot_switch_key: String,
    pub(super) long_press_seconds: f64,
    pub(super) waiting_max: usize,
}

impl Default for Trigger {
    fn default() -> Self {
        let rooms = TriggerSettings::default();
        Self {
            key: rooms.key,
            signal: rooms.signal,
            timer_seconds: rooms.timer_seconds,
            auto_still_seconds: rooms.auto_still_seconds,
            foot_switch: None,
            foot_switch_key: PedalKey::Any.to_string(),
            long_press_seconds: rooms.long_press_seconds,
            waiting_max: rooms.waiting_max,
        }
    }
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Gpio {
    pub(super) shutter: Option<String>,
    pub(super) shutter_active_low: bool,
    pub(super) shutter_bias: Bias,
    pub(super) debounce_milliseconds: u64,
    pub(super) lamp: Option<String>,
    pub(super) lamp_active_low: bool,
    pub(super) buzzer: Option<String>,
    pub(super) buzzer_active_low: bool,
}

impl Default for Gpio {
    /// A button between line and ground, a lamp that is on while its line is high.
    fn default() -> Self {
        Self {
            shutter: None,
            shutter_active_low: true,
            shutter_bias: Bias::PullUp,
            debounce_milliseconds: GpioSettings::DEBOUNCE.as_millis() as u64,
            lamp: None,
            lamp_active_low: false,
            buzzer: None,
            buzzer_active_low: false,
        }
    }
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Health {
    pub(super) warn_celsius: f32,
    pub(super) stalled_seconds: u64,
    pub(super) textfile: Option<PathBuf>,
}

impl Default for Health {
    fn default() -> Self {
        let rooms = HealthSettings::default();
        Self {
            warn_celsius: rooms.warn_celsius,
            stalled_seconds: rooms.stalled_seconds,
            textfile: rooms.textfile,
        }
    }
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Store {
    pub(super) root: PathBuf,
    pub(super) create: bool,
    pub(super) floor_megabytes: u64,
    pub(super) overlay: bool,
}

impl Default for Store {
    fn default() -> Self {
        Self {
            root: "records".into(),
            create: true,
            floor_megabytes: 1024,
            overlay: true,
        }
    }
}

//! The table `[display]`.

use std::num::NonZeroU32;

use super::Check;
use crate::config::raw::{self, DisplayKind, DisplaySize};
use crate::display::{
    ColourOrder, DeviceChoice, DisplayError, DisplaySettings, DrmSettings, FitSettings, FramebufferSettings, Kept,
    PanelModel, PngSettings, Rotation, SpiPanelSettings, WantedMode, WindowSettings,
};
use crate::frame::Size;
use crate::gpio::LineId;

impl Check<'_> {
    pub(super) fn display(&mut self, raw: raw::Display) -> DisplaySettings {
        self.within("display", "keep", raw.keep, 0..=1_000_000);
        let size = match raw.size {
            DisplaySize::Auto(_) => None,
            DisplaySize::Pixels([width, height]) => Some(Size::new(width, height)),
        };
        let drawn = size.unwrap_or(PngSettings::default().size);
        let fit = FitSettings {
            rotation: self.rotation(raw.rotation),
            size,
        };
        let device = match raw.device.as_str() {
            "first" => DeviceChoice::First,
            path => DeviceChoice::Path(path.into()),
        };
        let settings = match raw.kind {
            DisplayKind::None => DisplaySettings::None { size: drawn },
            DisplayKind::Png => DisplaySettings::Png(PngSettings {
                directory: self.path(raw.directory),
                size: drawn,
                kept: NonZeroU32::new(raw.keep).map_or(Kept::LatestOnly, Kept::Newest),
            }),
            DisplayKind::Window => DisplaySettings::Window(WindowSettings {
                size: drawn,
                scale: raw.scale,
                ..WindowSettings::default()
            }),
            DisplayKind::Drm => DisplaySettings::Drm(DrmSettings {
                device,
                connector: (raw.connector != "auto").then_some(raw.connector),
                mode: self.mode(&raw.mode),
                fit,
            }),
            DisplayKind::Framebuffer => DisplaySettings::Framebuffer(FramebufferSettings { device, fit }),
            DisplayKind::SpiPanel => DisplaySettings::SpiPanel(self.panel(raw.panel, fit)),
        };
        match settings.check() {
            Ok(()) => {}
            Err(error @ DisplayError::Setting { section, key, .. }) => self.wrong(section, key, error.to_string()),
            Err(error @ DisplayError::Scale { .. }) => {
                self.wrong("display", "scale", format!("display.scale: {error}"))
            }
            Err(error) => self.wrong("display", "size", format!("display.size: {error}")),
        }
        settings
    }

    fn panel(&mut self, raw: raw::Panel, fit: FitSettings) -> SpiPanelSettings {
        let model = raw.model.parse().unwrap_or_else(|()| {
            let names: Vec<_> = PanelModel::ALL.iter().map(|model| model.name()).collect();
            let message = format!(
                "display.panel.model is {:?}; allowed is one of {}",
                raw.model,
                names.join(", ")
            );
            self.wrong("display.panel", "model", message);
            PanelModel::default()
        });
        let defaults = SpiPanelSettings::default();
        SpiPanelSettings {
            model,
            spi: raw.spi,
            speed_hz: raw.speed_hz,
            panel_size: raw.size.map(|[width, height]| Size::new(width, height)),
            offset: raw.offset,
            mirror: raw.mirror,
            invert: raw.invert,
            colour_order: raw.colour_order.map(|order| match order {
                raw::Colours::Rgb => ColourOrder::Rgb,
                raw::Colours::Bgr => ColourOrder::Bgr,
            }),
            dc: self.panel_line("dc", &raw.dc).unwrap_or(defaults.dc),
            reset: raw.reset.and_then(|line| self.panel_line("reset", &line)),
            backlight: raw.backlight.and_then(|line| self.panel_line("backlight", &line)),
            fit,
        }
    }

    fn panel_line(&mut self, key: &'static str, text: &str) -> Option<LineId> {
        text.parse()
            .map_err(|allowed| {
                let message = format!("display.panel.{key} is {text:?}; allowed is {allowed}");
                self.wrong("display.panel", key, message);
            })
            .ok()
    }

    fn rotation(&mut self, degrees: u32) -> Rotation {
        Rotation::from_degrees(degrees).unwrap_or_else(|| {
            let message = format!("display.rotation is {degrees}; allowed is 0, 90, 180 or 270 degrees clockwise");
            self.wrong("display", "rotation", message);
            Rotation::default()
        })
    }

    fn mode(&mut self, text: &str) -> WantedMode {
        text.parse().unwrap_or_else(|()| {
            let allowed = "allowed is \"preferred\", a size such as \"1280x720\" or with its rate \"1280x720@60\"";
            self.wrong("display", "mode", format!("display.mode is {text:?}; {allowed}"));
            WantedMode::default()
        })
    }
}

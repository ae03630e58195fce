//! Which connector of which device, and what drives it.

use drm::control::{Device as _, Mode, ResourceHandles, connector, crtc};

use super::card::Card;
use super::mode;
use crate::display::DisplayError;
use crate::display::settings::{DeviceChoice, DrmSettings};

/// A connected screen.
pub(super) struct Output {
    pub(super) connector: connector::Handle,
    /// For example `HDMI-A-1`.
    pub(super) name: String,
    pub(super) mode: Mode,
    pub(super) crtc: crtc::Handle,
}

/// Why a device does not show anything.
enum Without {
    /// No screen is connected that the settings allow; the device and what it has.
    Screen(String),
    /// Something that somebody has to mend.
    Sense(DisplayError),
}

impl From<DisplayError> for Without {
    fn from(error: DisplayError) -> Self {
        Self::Sense(error)
    }
}

/// The first connected screen that the settings allow. A Raspberry Pi has devices that only render; they are passed over.
pub(super) fn find(settings: &DrmSettings) -> Result<(Card, Output), DisplayError> {
    let paths = match &settings.device {
        DeviceChoice::First => Card::paths(),
        DeviceChoice::Path(path) => vec![path.clone()],
    };
    let mut looked_at = Vec::new();
    let mut reason = None;
    for path in paths {
        let found = Card::open(&path).map_err(Without::from);
        match found.and_then(|card| Ok((of_card(&card, settings)?, card))) {
            Ok((output, card)) => return Ok((card, output)),
            Err(Without::Screen(words)) => looked_at.push(words),
            Err(Without::Sense(error)) => reason = reason.or(Some(error)),
        }
    }
    Err(reason.unwrap_or_else(|| {
        if looked_at.is_empty() {
            return Card::none_there();
        }
        let at = settings
            .connector
            .as_ref()
            .map_or(String::new(), |name| format!(" at {name}"));
        DisplayError::Absent {
            problem: format!("no screen is connected{at}: {}", looked_at.join("; ")),
            cure: super::PLUG_IN,
        }
    }))
}

fn of_card(card: &Card, settings: &DrmSettings) -> Result<Output, Without> {
    let device = format!("{} ({})", card.path(), card.driver());
    if !card.has_dumb_buffers() {
        return Err(Without::Screen(format!("{device} drives none")));
    }
    let resources = card
        .resource_handles()
        .map_err(|error| card.failed("list its outputs", error))?;
    let connectors: Vec<connector::Info> = resources
        .connectors()
        .iter()
        // One that has just vanished is no reason to give up.
        .filter_map(|handle| card.get_connector(*handle, true).ok())
        .collect();
    let is_wanted = |c: &&connector::Info| match &settings.connector {
        // Some outputs can't tell whether a screen is there; who names one means it.
        Some(name) => c.to_string().eq_ignore_ascii_case(name) && c.state() != connector::State::Disconnected,
        None => c.state() == connector::State::Connected,
    };
    let Some(found) = connectors.iter().find(|c| is_wanted(c) && !c.modes().is_empty()) else {
        let names: Vec<String> = connectors.iter().map(ToString::to_string).collect();
        return Err(Without::Screen(format!("{device} has {}", names.join(", "))));
    };
    let mode = mode::choose(settings.mode, found.modes()).ok_or_else(|| {
        let problem = format!("the screen at {found} has no mode {}", settings.mode);
        let modes = mode::list(found.modes());
        unsuited(
            card,
            problem,
            format!("display.mode can be \"preferred\" or one of {modes}"),
        )
    })?;
    Ok(Output {
        connector: found.handle(),
        name: found.to_string(),
        mode,
        crtc: crtc_for(card, &resources, found)?,
    })
}

/// What scans pixels out to the connector: what does it already, else one that is idle, else any that can.
fn crtc_for(
    card: &Card,
    resources: &ResourceHandles,
    connector: &connector::Info,
) -> Result<crtc::Handle, DisplayError> {
    let encoders = connector
        .current_encoder()
        .into_iter()
        .chain(connector.encoders().iter().copied());
    let encoders: Vec<_> = encoders.filter_map(|handle| card.get_encoder(handle).ok()).collect();
    let possible: Vec<crtc::Handle> = encoders
        .iter()
        .flat_map(|encoder| resources.filter_crtcs(encoder.possible_crtcs()))
        .collect();
    let is_idle = |handle: &&crtc::Handle| card.get_crtc(**handle).is_ok_and(|c| c.mode().is_none());
    let current = connector
        .current_encoder()
        .and_then(|_| encoders.first()?.crtc())
        .filter(|handle| possible.contains(handle));
    current
        .or_else(|| possible.iter().find(is_idle).copied())
        .or_else(|| possible.first().copied())
        .ok_or_else(|| {
            let cure = "set display.connector to another, or unplug the other screens".to_owned();
            unsuited(card, format!("nothing can drive the screen at {connector}"), cure)
        })
}

fn unsuited(card: &Card, problem: String, cure: String) -> DisplayError {
    DisplayError::Unsuited {
        device: format!("{} ({})", card.path(), card.driver()),
        problem,
        cure,
    }
}

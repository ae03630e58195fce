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

/// The first connected screen that the settings allow. A Raspberry Pi has devices that only render; they are passed over.
pub(super) fn find(settings: &DrmSettings) -> Result<(Card, Output), DisplayError> {
    let paths = match &settings.device {
        DeviceChoice::First => Card::paths(),
        DeviceChoice::Path(path) => vec![path.clone()],
    };
    let mut reason = Card::none_there();
    for path in paths {
        match Card::open(&path).and_then(|card| Ok((of_card(&card, settings)?, card))) {
            Ok((output, card)) => return Ok((card, output)),
            // What somebody has to mend is told rather than what is only not there.
            Err(error) if reason.passes() => reason = error,
            Err(_) => {}
        }
    }
    Err(reason)
}

fn of_card(card: &Card, settings: &DrmSettings) -> Result<Output, DisplayError> {
    let no_screen = |problem: String| DisplayError::Absent {
        problem,
        cure: super::PLUG_IN,
    };
    if !card.has_dumb_buffers() {
        return Err(no_screen(format!(
            "{} ({}) drives no screens",
            card.path(),
            card.driver()
        )));
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
    let names = || {
        connectors
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(", ")
    };
    let found = match &settings.connector {
        None => connectors
            .iter()
            .find(|c| c.state() == connector::State::Connected && !c.modes().is_empty())
            .ok_or_else(|| no_screen(format!("no screen is connected to {} ({})", card.path(), names())))?,
        Some(wanted) => {
            let named = connectors
                .iter()
                .find(|c| c.to_string().eq_ignore_ascii_case(wanted))
                .ok_or_else(|| {
                    unsuited(
                        card,
                        format!("it has no connector {wanted}"),
                        format!("it has: {}", names()),
                    )
                })?;
            // Some outputs can't tell whether a screen is there; who names one means it.
            if named.state() == connector::State::Disconnected || named.modes().is_empty() {
                return Err(no_screen(format!(
                    "no screen is connected to {named} of {}",
                    card.path()
                )));
            }
            named
        }
    };
    let mode = mode::choose(settings.mode, found.modes()).ok_or_else(|| {
        let problem = format!("the screen at {found} has no mode {}", settings.mode);
        unsuited(
            card,
            problem,
            format!(
                "display.mode can be \"preferred\" or one of {}",
                mode::list(found.modes())
            ),
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

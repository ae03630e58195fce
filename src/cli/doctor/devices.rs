//! What hangs on the machine: camera, display, buttons, lamps; and who reads its numbers and watches over it.

use std::path::Path;

use super::{Finding, not_ready, of_result, ready, warning};
use crate::config::Configuration;
use crate::gpio::{CONSUMER, GpioError, InputLine, InputSettings, OutputLine, OutputSettings};
use crate::health::HealthError;
use crate::identify::{IdSource, PickList};
use crate::input::{FootSwitch, Scanner};
use crate::station::{ServiceManager, Supervisor};
use crate::{display, source};

pub(super) fn frames(configuration: &Configuration) -> Finding {
    match source::open(&configuration.source, &configuration.limits) {
        Ok(source) if source.notes().is_empty() => ready("source", source.describe()),
        Ok(source) => warning(
            "source",
            format!("{}; {}", source.describe(), source.notes().join("; ")),
        ),
        Err(error) => not_ready("source", error.to_string()),
    }
}

pub(super) fn screen(configuration: &Configuration) -> Finding {
    let opened = display::open(&configuration.display).map(|display| format!("{}, {}", display.name(), display.size()));
    of_result("display", opened.map_err(|e| e.to_string()))
}

/// Buttons, lamp, buzzer, foot switch, hand scanner, pick list, numbers for Prometheus, service manager: what is configured, or there.
pub(super) fn optional(configuration: &Configuration) -> Vec<Finding> {
    let gpio = &configuration.gpio;
    let shutter = gpio.shutter.as_ref().map(shutter);
    let output = |what, settings: &Option<OutputSettings>| {
        let settings = settings.as_ref()?;
        let opened = OutputLine::open(settings).map(|_| format!("on the line {}", settings.line));
        Some(opened.map_or_else(|error| of_line(what, &error), |words| ready(what, words)))
    };
    let foot_switch = configuration.trigger.foot_switch.as_ref().map(|settings| {
        let opened = FootSwitch::open(settings).map(|switch| switch.describe());
        of_result("foot-switch", opened.map_err(|e| e.to_string()))
    });
    let scanner = configuration.identify.scanner.as_ref().map(|device| {
        let opened = Scanner::open(device).map(|scanner| scanner.describe());
        of_result("scanner", opened.map_err(|e| e.to_string()))
    });
    let found = [
        shutter,
        output("lamp", &gpio.lamp),
        output("buzzer", &gpio.buzzer),
        foot_switch,
        scanner,
        pick_list(configuration),
        codes(configuration),
        textfile(configuration),
        watchdog(),
    ];
    found.into_iter().flatten().collect()
}

fn shutter(settings: &InputSettings) -> Finding {
    let state = InputLine::open(settings).and_then(|line| line.is_pressed());
    match state {
        Ok(false) => ready("shutter", format!("a button on the line {}", settings.line)),
        Ok(true) => warning(
            "shutter",
            format!(
                "the button on the line {} is pressed; if nobody presses it, set gpio.shutter_active_low = {}, or mend its wires",
                settings.line, !settings.active_low
            ),
        ),
        Err(error) => of_line("shutter", &error),
    }
}

/// A line that can't be had, unless a station has it already.
fn of_line(what: &'static str, error: &GpioError) -> Finding {
    match error {
        GpioError::Busy { consumer, .. } if consumer == CONSUMER => ready(what, format!("{error}: a station runs")),
        _ => not_ready(what, error.to_string()),
    }
}

fn pick_list(configuration: &Configuration) -> Option<Finding> {
    let file = configuration.identify.pick_list.as_ref()?;
    Some(match PickList::read(file, &configuration.identify) {
        Ok(list) => match list.unusable().first() {
            None => ready(
                "pick-list",
                format!("{} entries in {}", list.len(), file.path.display()),
            ),
            Some(first) => {
                let (entries, unusable) = (list.len(), list.unusable_count());
                warning(
                    "pick-list",
                    format!(
                        "{entries} entries in {}; {unusable} lines can't be used: {first}",
                        file.path.display()
                    ),
                )
            }
        },
        Err(error) => not_ready("pick-list", error.to_string()),
    })
}

/// Only a program that can't read codes has something to say: others do as they are told.
fn codes(configuration: &Configuration) -> Option<Finding> {
    let identify = &configuration.identify;
    (!IdSource::Barcode.is_built_in()).then(|| {
        let sources: Vec<&str> = identify.sources.iter().map(|source| source.name()).collect();
        let words =
            "this fishrig was built without the feature `barcodes`: codes on labels are not read, ids come from";
        warning("codes", format!("{words} {}", sources.join(", ")))
    })
}

fn textfile(configuration: &Configuration) -> Option<Finding> {
    let path = configuration.health.textfile.as_ref()?;
    // A relative path's folder may be the empty path, the working directory.
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let writable = rustix::fs::access(folder, rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK);
    Some(match writable {
        Ok(()) => ready("textfile", path.display().to_string()),
        Err(errno) => {
            let (path, error) = (path.clone(), errno.into());
            not_ready("textfile", HealthError::Textfile { path, error }.to_string())
        }
    })
}

/// Only under a service manager is there something to say.
fn watchdog() -> Option<Finding> {
    let manager = ServiceManager::of_this_process()?;
    Some(match manager.watchdog() {
        Some(time) => ready(
            "watchdog",
            format!("the service manager waits {} s for a sign of life", time.as_secs()),
        ),
        None => warning(
            "watchdog",
            "the service manager does not watch over the station; set WatchdogSec=60 in its unit".to_owned(),
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::doctor::State;

    #[test]
    fn a_line_that_a_station_has_is_ready() {
        let busy = |consumer: &str| GpioError::Busy {
            line: "GPIO17".parse().unwrap(),
            consumer: consumer.into(),
        };
        assert_eq!(of_line("lamp", &busy(CONSUMER)).state, State::Ready);
        let said = of_line("lamp", &busy("spi0 CS0"));
        assert!(
            said.state == State::NotReady && said.words.contains("spi0 CS0"),
            "{}",
            said.words
        );
    }
}

//! `fishrig doctor`: is everything ready that a station needs, and if not, what cures it.

use std::io::Write;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::Serialize;

use super::Outcome;
use super::model::open_bundle;
use crate::config::Configuration;
use crate::gpio::{CONSUMER, GpioError, InputLine, InputSettings, OutputLine, OutputSettings};
use crate::health::{ClockTrust, Exposition, HealthError, Kind, Labels, Probe, Reading, add_reading};
use crate::input::FootSwitch;
use crate::network::TraitNetwork;
use crate::station::{ServiceManager, Supervisor};
use crate::store::{Archive, Disk, Storage};
use crate::{display, source};

/// Say whether everything is ready: configuration, network, storage, memory, clock, temperature, source, display, buttons, lamps.
#[derive(Debug, clap::Args)]
pub(super) struct DoctorArgs {
    /// The configuration file; without it the defaults are looked at.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Write JSON.
    #[arg(long, conflicts_with = "prometheus")]
    json: bool,
    /// Write numbers for Prometheus.
    #[arg(long)]
    prometheus: bool,
}

/// One thing that was looked at.
#[derive(Debug, Serialize)]
struct Finding {
    /// What was looked at, one word.
    what: &'static str,
    state: State,
    /// What was found, and the cure where it is needed.
    words: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum State {
    Ready,
    /// The station works, but somebody should know.
    Warning,
    NotReady,
}

/// What a station with the built-in network needs at most, while it starts (docs/measurements.md), and a little more.
const LITTLE_MEMORY: u64 = 300_000_000;

/// From this many records on, space is worth a word.
const FEW_RECORDS: u64 = 500;

/// What a record weighs as long as there is none to weigh: a 24-megapixel JPEG, its crop and masks.
const USUAL_RECORD_BYTES: u64 = 12_000_000;

pub(super) fn run(args: DoctorArgs) -> anyhow::Result<Outcome> {
    let configuration = match &args.config {
        Some(file) => Configuration::read(file)?,
        None => Configuration::default(),
    };
    let reading = Probe::new(&configuration.store.root).read();
    let mut findings = vec![
        network(&configuration),
        records(&configuration),
        space(&configuration, &reading),
        memory(&reading),
        clock(&configuration, &reading),
        temperature(&configuration, &reading),
        throttling(&reading),
        frames(&configuration),
        screen(&configuration),
    ];
    findings.extend(devices(&configuration));
    let mut out = std::io::stdout().lock();
    if args.prometheus {
        write!(out, "{}", numbers(&findings, &reading))?;
    } else if args.json {
        serde_json::to_writer_pretty(&mut out, &findings)?;
        writeln!(out)?;
    } else {
        for Finding { what, state, words } in &findings {
            let state = match state {
                State::Ready => "ready    ",
                State::Warning => "warning  ",
                State::NotReady => "NOT READY",
            };
            writeln!(out, "{state}  {what:<12} {words}")?;
        }
    }
    let all_ready = findings.iter().all(|f| f.state != State::NotReady);
    Ok(if all_ready { Outcome::Done } else { Outcome::SomeFailed })
}

fn network(configuration: &Configuration) -> Finding {
    let loaded = open_bundle(configuration.bundle.as_deref()).and_then(|bundle| {
        let network = TraitNetwork::load(&bundle, &configuration.network)?;
        let manifest = network.manifest();
        Ok(format!("{} {}, {}", manifest.name, manifest.version, bundle.origin()))
    });
    of_result("network", loaded.map_err(|e| format!("{e:#}")))
}

fn records(configuration: &Configuration) -> Finding {
    let root = &configuration.store.root;
    let root_words = root.display();
    if !root.exists() {
        let parent_exists = std::path::absolute(root).is_ok_and(|r| r.parent().is_some_and(|p| p.is_dir()));
        return if configuration.store.create && parent_exists {
            ready("records", format!("{root_words} will be made"))
        } else {
            let cure = "make it, or mount its disk, or set store.root to another";
            not_ready("records", format!("{root_words} is not there; {cure}"))
        };
    }
    let counted = Archive::open(root)
        .and_then(|archive| {
            Disk.check_writable(root)
                .map_err(|source| crate::store::StoreError::NotWritable {
                    root: root.clone(),
                    source,
                })?;
            Ok(archive.places()?.filter(Result::is_ok).count())
        })
        .map(|count| format!("{count} in {root_words}, writable"));
    of_result("records", counted.map_err(|e| e.to_string()))
}

fn space(configuration: &Configuration, reading: &Reading) -> Finding {
    let Some(storage) = &reading.storage else {
        return not_ready(
            "space",
            "can't be asked; check that the disk of store.root is mounted".to_owned(),
        );
    };
    let floor = configuration.store.floor_bytes;
    let words = format!(
        "{:.1} of {:.1} GB free, {:.1} GB are kept free",
        storage.free as f64 / 1e9,
        storage.total as f64 / 1e9,
        floor as f64 / 1e9
    );
    if storage.read_only {
        return not_ready(
            "space",
            format!("{words}; mounted read-only: check the disk and mount it writable"),
        );
    }
    match storage.records_left(floor, USUAL_RECORD_BYTES) {
        Some(0) => not_ready(
            "space",
            format!("{words}; full: move records elsewhere or lower store.floor_megabytes"),
        ),
        Some(left) if left < FEW_RECORDS => warning(
            "space",
            format!("{words}; room for about {left} records: move some elsewhere soon"),
        ),
        Some(left) => ready("space", format!("{words}; room for about {left} records of 12 MB")),
        None => ready("space", words),
    }
}

fn clock(configuration: &Configuration, reading: &Reading) -> Finding {
    let today = Timestamp::now()
        .to_zoned_datetime(configuration.store.time_zone.clone())
        .date();
    let days = Archive::open(&configuration.store.root).and_then(|archive| archive.days());
    if let Some(last) = days.ok().and_then(|days| days.last().copied())
        && last > today
    {
        return warning(
            "clock",
            format!(
                "it says {today}, but there are records of {last}: set it right. If they bear a wrong day, rename their folder in store.root while no station \
                 runs; until then new records go there too, so that the order holds"
            ),
        );
    }
    match reading.clock {
        ClockTrust::Synchronized => ready("clock", "synchronized".to_owned()),
        ClockTrust::NotSynchronized => warning(
            "clock",
            "not synchronized: dates may be wrong; connect a network with NTP, or set the clock by hand (timedatectl set-time)".to_owned(),
        ),
        ClockTrust::Unknown => warning("clock", "can't be told whether it is synchronized; compare it with your watch".to_owned()),
    }
}

fn memory(reading: &Reading) -> Finding {
    match reading.memory {
        Some(memory) if memory.available < LITTLE_MEMORY => warning(
            "memory",
            format!(
                "{} MB available; end other programs: the station needs about {} MB",
                memory.available / 1_000_000,
                LITTLE_MEMORY / 1_000_000
            ),
        ),
        Some(memory) => ready("memory", format!("{} MB available", memory.available / 1_000_000)),
        None => ready("memory", "this machine does not tell".to_owned()),
    }
}

fn throttling(reading: &Reading) -> Finding {
    let cure = "use the power supply made for the board and a short, thick cable; improve the cooling";
    match reading.throttling {
        None => ready("throttling", "this machine does not tell".to_owned()),
        Some(throttling) => match (throttling.now.words(), throttling.since_start.words()) {
            (Some(words), _) => warning("throttling", format!("{words}, now; {cure}")),
            (None, Some(words)) => warning("throttling", format!("{words}, at some time since the start; {cure}")),
            (None, None) => ready("throttling", "the processor runs at full speed".to_owned()),
        },
    }
}

/// Buttons, lamp, buzzer, foot switch, numbers for Prometheus, service manager: what is configured, or there.
fn devices(configuration: &Configuration) -> Vec<Finding> {
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
    let found = [
        shutter,
        output("lamp", &gpio.lamp),
        output("buzzer", &gpio.buzzer),
        foot_switch,
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

/// What is known without a station.
fn numbers(findings: &[Finding], reading: &Reading) -> String {
    let mut numbers = Exposition::default();
    let version: &[_] = &[("version", env!("CARGO_PKG_VERSION"))];
    let help = "The program that wrote this.";
    numbers.add_labelled(Kind::Gauge, "fishrig_build_info", help, &[(version, 1.0)]);
    add_reading(&mut numbers, reading);
    let labels: Vec<[(&str, &str); 1]> = findings.iter().map(|f| [("what", f.what)]).collect();
    let samples: Vec<(Labels<'_>, f64)> = labels
        .iter()
        .zip(findings)
        .map(|(label, finding)| (label.as_slice(), f64::from(u8::from(finding.state != State::NotReady))))
        .collect();
    let help = "Whether fishrig doctor finds it ready.";
    numbers.add_labelled(Kind::Gauge, "fishrig_doctor_ready", help, &samples);
    numbers.into_text()
}

fn temperature(configuration: &Configuration, reading: &Reading) -> Finding {
    match reading.temperature {
        Some(t) if t >= configuration.health.warn_celsius => warning(
            "temperature",
            format!(
                "{t:.0} °C, health.warn_celsius is {}; improve the cooling",
                configuration.health.warn_celsius
            ),
        ),
        Some(t) => ready("temperature", format!("{t:.0} °C")),
        None => ready("temperature", "this machine has no sensor".to_owned()),
    }
}

fn frames(configuration: &Configuration) -> Finding {
    match source::open(&configuration.source, &configuration.limits) {
        Ok(source) if source.notes().is_empty() => ready("source", source.describe()),
        Ok(source) => warning(
            "source",
            format!("{}; {}", source.describe(), source.notes().join("; ")),
        ),
        Err(error) => not_ready("source", error.to_string()),
    }
}

fn screen(configuration: &Configuration) -> Finding {
    let opened = display::open(&configuration.display).map(|display| format!("{}, {}", display.name(), display.size()));
    of_result("display", opened.map_err(|e| e.to_string()))
}

fn of_result(what: &'static str, result: Result<String, String>) -> Finding {
    match result {
        Ok(words) => ready(what, words),
        Err(words) => not_ready(what, words),
    }
}

fn ready(what: &'static str, words: String) -> Finding {
    Finding {
        what,
        state: State::Ready,
        words,
    }
}

fn warning(what: &'static str, words: String) -> Finding {
    Finding {
        what,
        state: State::Warning,
        words,
    }
}

fn not_ready(what: &'static str, words: String) -> Finding {
    Finding {
        what,
        state: State::NotReady,
        words,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::health::{Causes, Memory, Throttling, reader};

    fn reading(now: Causes, since_start: Causes) -> Reading {
        Reading {
            storage: None,
            memory: Some(Memory {
                resident: 1,
                available: 200_000_000,
            }),
            temperature: Some(85.0),
            throttling: Some(Throttling { now, since_start }),
            clock: ClockTrust::Synchronized,
            boot_id: None,
        }
    }

    #[test]
    fn what_is_weak_is_a_warning_with_its_cure() {
        let weak = Causes {
            under_voltage: true,
            ..Causes::default()
        };
        let fine = Causes::default();
        let said = throttling(&reading(fine, weak));
        assert_eq!(said.state, State::Warning);
        assert!(
            said.words.contains("at some time") && said.words.contains("power supply"),
            "{}",
            said.words
        );
        assert!(throttling(&reading(weak, weak)).words.contains("now"));
        assert_eq!(throttling(&reading(fine, fine)).state, State::Ready);
        let said = memory(&reading(fine, fine));
        assert!(
            said.state == State::Warning && said.words.starts_with("200 MB"),
            "{}",
            said.words
        );
        let mut configuration = Configuration::default();
        assert_eq!(temperature(&configuration, &reading(fine, fine)).state, State::Warning);
        configuration.health.warn_celsius = 90.0;
        assert_eq!(temperature(&configuration, &reading(fine, fine)).state, State::Ready);
    }

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

    #[test]
    fn its_numbers_are_as_prometheus_wants_them() {
        let findings = [ready("network", String::new()), not_ready("source", String::new())];
        let read = reader::read(&numbers(&findings, &reading(Causes::default(), Causes::default()))).unwrap();
        let ready = &read["fishrig_doctor_ready"].samples;
        let of = |what: &str, value| (vec![("what".to_owned(), what.to_owned())], value);
        assert_eq!(*ready, [of("network", 1.0), of("source", 0.0)]);
        assert_eq!(read["fishrig_temperature_celsius"].samples[0].1, 85.0);
    }
}

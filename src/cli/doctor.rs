//! `fishrig doctor`: is everything ready that a station needs, and if not, what cures it.

use std::io::Write;
use std::path::PathBuf;

use serde::Serialize;

use super::Outcome;
use super::model::open_bundle;
use crate::config::Configuration;
use crate::health::{ClockTrust, Probe, Reading};
use crate::network::TraitNetwork;
use crate::store::{Archive, Disk, Storage};
use crate::{display, source};

/// Say whether everything is ready: configuration, network, storage, clock, temperature, source, display.
#[derive(Debug, clap::Args)]
pub(super) struct DoctorArgs {
    /// The configuration file; without it the defaults are looked at.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Write JSON.
    #[arg(long)]
    json: bool,
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

/// From this many degrees Celsius on a Raspberry Pi slows itself down (raspberrypi/documentation, "Frequency management and thermal control").
const THROTTLES_AT: f32 = 80.0;

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
    let findings = [
        network(&configuration),
        records(&configuration),
        space(&configuration, &reading),
        clock(&reading),
        temperature(&reading),
        frames(&configuration),
        screen(&configuration),
    ];
    let mut out = std::io::stdout().lock();
    if args.json {
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

fn clock(reading: &Reading) -> Finding {
    match reading.clock {
        ClockTrust::Synchronized => ready("clock", "synchronized".to_owned()),
        ClockTrust::NotSynchronized => warning(
            "clock",
            "not synchronized: dates may be wrong; connect a network with NTP, or set the clock by hand (timedatectl set-time)".to_owned(),
        ),
        ClockTrust::Unknown => warning("clock", "can't be told whether it is synchronized; compare it with your watch".to_owned()),
    }
}

fn temperature(reading: &Reading) -> Finding {
    match reading.temperature {
        Some(t) if t >= THROTTLES_AT => warning(
            "temperature",
            format!("{t:.0} °C: the processor slows itself down; improve the cooling"),
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

//! `fishrig doctor`: is everything ready that a station needs, and if not, what cures it.

mod devices;
mod machine;

use std::io::Write;
use std::path::PathBuf;

use serde::Serialize;

use super::Outcome;
use super::model::open_bundle;
use crate::config::Configuration;
use crate::health::{Exposition, Kind, Labels, Probe, Reading, add_reading};
use crate::network::{Engine, TraitNetwork};
use crate::store::{Archive, Disk, Storage};

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

pub(super) fn run(args: DoctorArgs) -> anyhow::Result<Outcome> {
    let configuration = match &args.config {
        Some(file) => Configuration::read(file)?,
        None => Configuration::default(),
    };
    let reading = Probe::new(&configuration.store.root).read();
    let mut findings = vec![
        network(&configuration),
        records(&configuration),
        machine::space(&configuration, &reading),
        machine::memory(&reading),
        machine::clock(&configuration, &reading),
        machine::temperature(&configuration, &reading),
        machine::throttling(&reading),
        devices::frames(&configuration),
        devices::screen(&configuration),
    ];
    findings.extend(devices::optional(&configuration));
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
        let halves = match (configuration.network.engine, network.half_precision()) {
            (_, Some(format)) => format!(", in {format} what is in floats"),
            (Engine::FusedInHalves, None) => ", half_precision changes nothing here".to_owned(),
            _ => String::new(),
        };
        Ok(format!(
            "{} {}, {}{halves}",
            manifest.name,
            manifest.version,
            bundle.origin()
        ))
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
    use crate::health::{ClockTrust, reader};

    #[test]
    fn its_numbers_are_as_prometheus_wants_them() {
        let reading = Reading {
            storage: None,
            memory: None,
            temperature: Some(85.0),
            throttling: None,
            clock: ClockTrust::Unknown,
            boot_id: None,
        };
        let findings = [ready("network", String::new()), not_ready("source", String::new())];
        let read = reader::read(&numbers(&findings, &reading)).unwrap();
        let ready = &read["fishrig_doctor_ready"].samples;
        let of = |what: &str, value| (vec![("what".to_owned(), what.to_owned())], value);
        assert_eq!(*ready, [of("network", 1.0), of("source", 0.0)]);
        assert_eq!(read["fishrig_temperature_celsius"].samples[0].1, 85.0);
    }
}

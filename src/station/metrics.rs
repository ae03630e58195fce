//! The station's numbers for Prometheus, in base units.

use std::sync::PoisonError;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::contained::contained;
use super::parts::ReadHealth;
use super::threads::{Shared, Teller};
use super::{Counts, Event, Phase, Status};
use crate::health::{Exposition, Kind, Reading, Textfile, add_reading};
use crate::measure::quality::CheckName;

/// How often the machine's health is read.
const READ_EVERY: Duration = Duration::from_secs(5);
/// The textfile is written at every so manieth reading: every 15 seconds, as often as Prometheus asks.
const WRITE_EVERY: u32 = 3;

/// Reads the machine's health every few seconds, and writes it down where that is wanted.
pub(super) fn run_health<A>(shared: &Shared<A>, tell: &Teller<A>, mut read: ReadHealth, textfile: Option<&Textfile>) {
    let mut failed = false;
    let mut write = |text: &str| {
        let written = textfile.map_or(Ok(()), |file| file.write(text));
        if let Err(error) = &written
            && !failed
        {
            tracing::warn!("the station's numbers are not written: {error}");
        }
        failed = written.is_err();
    };
    for number in 0u32.. {
        match contained(|| Ok(read())) {
            Ok(reading) => {
                if number.is_multiple_of(WRITE_EVERY) {
                    write(&running(shared, &reading));
                }
                if !tell.event(Event::Health(reading)) {
                    break;
                }
            }
            Err(reason) => tracing::error!("reading the machine's health: {reason}"),
        }
        if shared.stop.wait(READ_EVERY) {
            break;
        }
    }
    // A station that ended well says so; one that was killed leaves a file that grows old (node_textfile_mtime_seconds).
    let mut numbers = Exposition::default();
    begin(&mut numbers, false);
    write(&numbers.into_text());
}

/// All numbers of a running station.
fn running<A>(shared: &Shared<A>, reading: &Reading) -> String {
    let (status, rates) = {
        let board = shared.board.lock().unwrap_or_else(PoisonError::into_inner);
        (board.status.clone(), board.rates)
    };
    let mut numbers = Exposition::default();
    begin(&mut numbers, true);
    add_reading(&mut numbers, reading);
    let has_drawn = shared.meters.drawn.load(Ordering::Relaxed) > 0;
    add_status(&mut numbers, &status, has_drawn);
    let count = |counter: &AtomicU64| Some(counter.load(Ordering::Relaxed) as f64);
    let meters = &shared.meters;
    let mut counter = |name, help, value| numbers.add(Kind::Counter, name, help, value);
    counter("fishrig_frames_total", "Frames from the source.", count(&meters.frames));
    counter(
        "fishrig_frames_overwritten_total",
        "Frames that a newer one replaced before the network was free.",
        Some(shared.slot.overwritten() as f64),
    );
    counter(
        "fishrig_analyses_total",
        "Frames that the network looked at.",
        count(&meters.analyses),
    );
    counter(
        "fishrig_pictures_drawn_total",
        "Pictures on the display.",
        count(&meters.drawn),
    );
    let latency = rates.latency.as_secs_f64();
    numbers.add(
        Kind::Gauge,
        "fishrig_result_latency_seconds",
        "From the capture of the newest analysed frame to its result.",
        (latency > 0.0).then_some(latency),
    );
    let last_record = shared.last_record.load(Ordering::Relaxed);
    numbers.add(
        Kind::Gauge,
        "fishrig_last_record_timestamp_seconds",
        "When the last record was saved, by the wall clock, since 1970.",
        (last_record > 0).then_some(last_record as f64),
    );
    numbers.into_text()
}

fn begin(numbers: &mut Exposition, up: bool) {
    let version: &[_] = &[("version", env!("CARGO_PKG_VERSION"))];
    numbers.add_labelled(
        Kind::Gauge,
        "fishrig_build_info",
        "The program that wrote this.",
        &[(version, 1.0)],
    );
    numbers.add(Kind::Gauge, "fishrig_up", "Whether the station runs.", Some(truth(up)));
}

fn truth(is_true: bool) -> f64 {
    f64::from(u8::from(is_true))
}

fn add_status(numbers: &mut Exposition, status: &Status, has_drawn: bool) {
    let mut gauge = |name, help, value| numbers.add(Kind::Gauge, name, help, value);
    gauge(
        "fishrig_camera_up",
        "Whether the source of frames is there.",
        Some(truth(status.has_source)),
    );
    gauge(
        "fishrig_display_up",
        "Whether the display can be drawn on.",
        status.has_display.or(has_drawn.then_some(true)).map(truth),
    );
    gauge(
        "fishrig_switches_lost",
        "Buttons that are configured and can't be used.",
        Some(status.lost_switches.len() as f64),
    );
    let is_failing = matches!(status.phase, Phase::StorageFailing { .. });
    gauge(
        "fishrig_storage_failing",
        "Whether records can't be written.",
        Some(truth(is_failing)),
    );
    gauge(
        "fishrig_storage_records_left",
        "Records that still fit, by the size of the last ones.",
        status.records_left.map(|left| left as f64),
    );
    gauge(
        "fishrig_waiting_pictures",
        "Pictures that were taken and are not saved yet.",
        Some(status.waiting as f64),
    );
    let Counts {
        saved,
        voided,
        refused,
        without_fish,
        lost,
        passed_over,
        in_spite,
    } = status.counts;
    for (name, help, count) in [
        ("fishrig_records_saved_total", "Records saved.", saved),
        (
            "fishrig_records_voided_total",
            "Records of these that were voided.",
            voided,
        ),
        (
            "fishrig_triggers_refused_total",
            "Triggers that took no picture.",
            refused,
        ),
        (
            "fishrig_pictures_without_fish_total",
            "Pictures without a fish, not saved.",
            without_fish,
        ),
        ("fishrig_pictures_lost_total", "Pictures that could not be saved.", lost),
        (
            "fishrig_frames_unusable_total",
            "Frames that could not be read.",
            passed_over,
        ),
    ] {
        numbers.add(Kind::Counter, name, help, Some(count as f64));
    }
    let labels = CheckName::ALL.map(|check| [("check", check.key())]);
    let samples: Vec<(&[_], f64)> = CheckName::ALL
        .into_iter()
        .zip(&labels)
        .map(|(check, label)| (label.as_slice(), in_spite.of(check) as f64))
        .collect();
    numbers.add_labelled(
        Kind::Counter,
        "fishrig_records_saved_in_spite_total",
        "Records saved although a check found their picture bad.",
        &samples,
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::health::{ClockTrust, Memory, Storage, Throttling, reader};
    use crate::station::Rates;
    use crate::station::heartbeat::Beats;
    use crate::station::machine::{Machine, MachineSettings, OpenGate};
    use crate::station::rates::Meters;
    use crate::station::slot::Slot;
    use crate::station::stop::StopSignal;
    use crate::station::threads::Board;
    use std::sync::{Arc, Mutex};

    #[test]
    fn all_numbers_of_a_station_are_as_the_format_wants_them() {
        let (mut machine, _) = Machine::new(MachineSettings::default(), Box::new(OpenGate));
        let s = Duration::from_secs;
        machine.step(
            Event::SourceOpened {
                description: "a camera".into(),
                notes: Vec::new(),
                takes_stills: false,
            },
            s(0),
        );
        machine.step(
            Event::DisplayLost {
                reason: "unplugged".into(),
            },
            s(0),
        );
        let reading = Reading {
            storage: Some(Storage {
                free: 10_000_000_000,
                total: 32_000_000_000,
                read_only: false,
            }),
            memory: Some(Memory {
                resident: 180 << 20,
                available: 600 << 20,
            }),
            temperature: Some(61.5),
            throttling: Some(Throttling::default()),
            clock: ClockTrust::NotSynchronized,
            boot_id: None,
        };
        let meters = Meters::default();
        for (meter, count) in [(&meters.frames, 1200), (&meters.analyses, 40), (&meters.drawn, 300)] {
            meter.store(count, Ordering::Relaxed);
        }
        let shared: Shared<()> = Shared {
            slot: Slot::default(),
            stop: StopSignal::default(),
            meters,
            beats: Beats::default(),
            last_record: AtomicU64::new(1_795_521_600),
            board: Mutex::new(Board {
                latest: None,
                status: Arc::new(machine.status(s(0))),
                rates: Rates {
                    latency: Duration::from_millis(1250),
                    ..Rates::default()
                },
                version: 0,
            }),
        };
        let text = running(&shared, &reading);
        reader::read(&text).unwrap();
        insta::assert_snapshot!(text.replace(env!("CARGO_PKG_VERSION"), "VERSION"));
    }
}

//! The machine: storage, memory, clock, processor.

use jiff::Timestamp;

use super::{Finding, not_ready, ready, warning};
use crate::config::Configuration;
use crate::health::{ClockTrust, Reading};
use crate::store::Archive;

/// What a station with the built-in network needs at most, while it starts (docs/measurements.md), and a little more.
const LITTLE_MEMORY: u64 = 300_000_000;

/// From this many records on, space is worth a word.
const FEW_RECORDS: u64 = 500;

/// What a record weighs as long as there is none to weigh: a 24-megapixel JPEG, its crop and masks.
const USUAL_RECORD_BYTES: u64 = 12_000_000;

pub(super) fn space(configuration: &Configuration, reading: &Reading) -> Finding {
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

pub(super) fn memory(reading: &Reading) -> Finding {
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

pub(super) fn clock(configuration: &Configuration, reading: &Reading) -> Finding {
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

pub(super) fn temperature(configuration: &Configuration, reading: &Reading) -> Finding {
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

pub(super) fn throttling(reading: &Reading) -> Finding {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::doctor::State;
    use crate::health::{Causes, Memory, Throttling};

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
}

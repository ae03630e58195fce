//! Everything at once.

use std::path::{Path, PathBuf};

use super::{ClockTrust, Exposition, Kind, Memory, Storage, Throttling, clock, temperature};

/// How the machine is at one moment. What it does not tell is `None`.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// The file system of the records.
    pub storage: Option<Storage>,
    /// Memory.
    pub memory: Option<Memory>,
    /// The warmest sensor, in degrees Celsius.
    pub temperature: Option<f32>,
    /// Whether the processor is slowed down; `None` where the machine does not tell.
    pub throttling: Option<Throttling>,
    /// Whether the date can be trusted.
    pub clock: ClockTrust,
    /// The kernel's name for the time since it was started; monotonic times of records with the same one can be compared.
    pub boot_id: Option<String>,
}

/// Reads the machine's health.
#[derive(Debug, Clone)]
pub struct Probe {
    records: PathBuf,
    system: PathBuf,
    /// Asks the kernel about its clock; there is none in a test's directory.
    kernel_clock: Option<fn() -> Option<bool>>,
}

impl Probe {
    /// A probe of this machine and of the file system that holds, or will hold, the directory `records`.
    pub fn new(records: &Path) -> Self {
        Self {
            kernel_clock: Some(clock::kernel_is_synchronized),
            ..Self::of_system(records, Path::new("/"))
        }
    }

    /// A probe whose `proc`, `sys` and `run` lie in `system`, as in a test's directory.
    pub fn of_system(records: &Path, system: &Path) -> Self {
        Self {
            records: records.to_owned(),
            system: system.to_owned(),
            kernel_clock: None,
        }
    }

    /// Asks everything; a few milliseconds, unless the storage hangs.
    pub fn read(&self) -> Reading {
        let text = |path: &str| std::fs::read_to_string(self.system.join(path)).unwrap_or_default();
        let boot_id = text("proc/sys/kernel/random/boot_id").trim().to_owned();
        Reading {
            storage: Storage::of(&self.records),
            memory: Memory::parse(&text("proc/self/status"), &text("proc/meminfo")),
            temperature: temperature::warmest(&self.system.join("sys/class/thermal")),
            throttling: Throttling::read(&self.system),
            clock: ClockTrust::read(&self.system.join("run"), self.kernel_clock.and_then(|ask| ask())),
            boot_id: (!boot_id.is_empty()).then_some(boot_id),
        }
    }
}

/// Adds what the machine tells to a station's numbers.
pub fn add_reading(numbers: &mut Exposition, reading: &Reading) {
    let truth = |is_true: bool| f64::from(u8::from(is_true));
    let mut gauge = |name, help, value: Option<f64>| numbers.add(Kind::Gauge, name, help, value);
    let storage = reading.storage;
    gauge(
        "fishrig_storage_free_bytes",
        "Free space where the records are.",
        storage.map(|s| s.free as f64),
    );
    gauge(
        "fishrig_storage_size_bytes",
        "All space where the records are.",
        storage.map(|s| s.total as f64),
    );
    gauge(
        "fishrig_storage_read_only",
        "Whether the disk of the records is mounted read-only.",
        storage.map(|s| truth(s.read_only)),
    );
    let memory = reading.memory;
    gauge(
        "fishrig_memory_resident_bytes",
        "Memory that the station holds.",
        memory.map(|m| m.resident as f64),
    );
    gauge(
        "fishrig_memory_available_bytes",
        "Memory that the machine could still give.",
        memory.map(|m| m.available as f64),
    );
    gauge(
        "fishrig_temperature_celsius",
        "The warmest sensor.",
        reading.temperature.map(|t| (f64::from(t) * 1000.0).round() / 1000.0),
    );
    let throttling = reading.throttling;
    gauge(
        "fishrig_throttled",
        "Whether the processor is slowed down.",
        throttling.map(|t| truth(t.now.slowed || t.now.heat)),
    );
    gauge(
        "fishrig_under_voltage",
        "Whether the power supply is too weak.",
        throttling.map(|t| truth(t.now.under_voltage)),
    );
    gauge(
        "fishrig_clock_synchronized",
        "Whether the wall clock is synchronized; absent where that is not known.",
        match reading.clock {
            ClockTrust::Synchronized => Some(1.0),
            ClockTrust::NotSynchronized => Some(0.0),
            ClockTrust::Unknown => None,
        },
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_that_tells_nothing_is_a_normal_answer() {
        let empty = tempfile::tempdir().unwrap();
        let reading = Probe::of_system(empty.path(), empty.path()).read();
        assert!(reading.storage.is_some());
        assert_eq!(
            (reading.memory, reading.temperature, reading.boot_id),
            (None, None, None)
        );
        assert_eq!(reading.clock, ClockTrust::Unknown);
    }

    #[test]
    fn this_machine_tells_its_memory_and_boot() {
        let reading = Probe::new(Path::new("records")).read();
        let memory = reading.memory.unwrap();
        assert!(memory.resident > 1 << 20 && memory.available > memory.resident / 100);
        assert_eq!(reading.boot_id.unwrap().len(), 36);
    }
}

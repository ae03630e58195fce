//! Everything at once.

use std::path::{Path, PathBuf};

use super::{ClockTrust, Memory, Storage, temperature};

/// How the machine is at one moment. What it does not tell is `None`.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// The file system of the records.
    pub storage: Option<Storage>,
    /// Memory.
    pub memory: Option<Memory>,
    /// The warmest sensor, in degrees Celsius.
    pub temperature: Option<f32>,
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
}

impl Probe {
    /// A probe of this machine and of the file system that holds, or will hold, the directory `records`.
    pub fn new(records: &Path) -> Self {
        Self::of_system(records, Path::new("/"))
    }

    /// A probe whose `proc`, `sys` and `run` lie in `system`, as in a test's directory.
    pub fn of_system(records: &Path, system: &Path) -> Self {
        Self {
            records: records.to_owned(),
            system: system.to_owned(),
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
            clock: ClockTrust::read(&self.system.join("run")),
            boot_id: (!boot_id.is_empty()).then_some(boot_id),
        }
    }
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

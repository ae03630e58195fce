//! How busy and how fast the processors are.

use std::path::Path;

/// What else keeps the processors busy, and whether they run at full speed. What the machine does not tell is `None`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ProcessorLoad {
    /// Processes that ran or waited for a processor, averaged over the last minute (`/proc/loadavg`).
    pub average: Option<f32>,
    /// Speed of the fastest processor as a share of the highest that it has (`cpufreq`); virtual machines have none.
    pub speed: Option<f32>,
}

impl ProcessorLoad {
    /// Of this machine, now.
    pub fn read() -> Self {
        Self::of_system(Path::new("/"))
    }

    /// Of the machine whose `proc` and `sys` lie in `system`, as in a test's directory.
    pub fn of_system(system: &Path) -> Self {
        let average = std::fs::read_to_string(system.join("proc/loadavg")).ok();
        Self {
            average: average.and_then(|text| text.split_whitespace().next()?.parse().ok()),
            speed: speed(&system.join("sys/devices/system/cpu")),
        }
    }
}

fn speed(processors: &Path) -> Option<f32> {
    let entries = std::fs::read_dir(processors).ok()?;
    entries
        .filter_map(|entry| {
            let frequencies = entry.ok()?.path().join("cpufreq");
            let kilohertz = |file: &str| -> Option<f32> {
                std::fs::read_to_string(frequencies.join(file))
                    .ok()?
                    .trim()
                    .parse()
                    .ok()
            };
            let highest = kilohertz("cpuinfo_max_freq").filter(|highest| *highest > 0.0)?;
            Some(kilohertz("scaling_cur_freq")? / highest)
        })
        .max_by(f32::total_cmp)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fastest_processor_counts_and_silence_is_an_answer() {
        let system = tempfile::tempdir().unwrap();
        let nothing = ProcessorLoad {
            average: None,
            speed: None,
        };
        assert_eq!(ProcessorLoad::of_system(system.path()), nothing);
        std::fs::create_dir(system.path().join("proc")).unwrap();
        std::fs::write(system.path().join("proc/loadavg"), "1.50 0.42 1.07 5/100 18069\n").unwrap();
        for (processor, now) in [("cpu0", "600000\n"), ("cpu1", "1200000\n"), ("cpu2", "fast")] {
            let folder = system
                .path()
                .join("sys/devices/system/cpu")
                .join(processor)
                .join("cpufreq");
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(folder.join("cpuinfo_max_freq"), "2400000\n").unwrap();
            std::fs::write(folder.join("scaling_cur_freq"), now).unwrap();
        }
        let load = ProcessorLoad::of_system(system.path());
        assert_eq!((load.average, load.speed), (Some(1.5), Some(0.5)));
    }
}

//! Whether the processor runs slower than it could, and why.
//!
//! * A Raspberry Pi's firmware tells it in bits (raspberrypi/documentation, `vcgencmd get_throttled`): what holds now, and what held since the start.
//! * Elsewhere the kernel tells which cooling devices are at work (`/sys/class/thermal/cooling_device*`) and whether the highest speed is held down
//!   (`cpufreq`); a Jetson cools itself so.

use std::path::Path;

/// Why a processor is slower than it could be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Throttling {
    /// What holds now.
    pub now: Causes,
    /// What held at some time since the machine started; only a Raspberry Pi tells.
    pub since_start: Causes,
}

/// The causes that hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Causes {
    /// The supply's voltage is too low: a weak power supply or cable.
    pub under_voltage: bool,
    /// The speed is held down because of heat.
    pub heat: bool,
    /// The speed is held down, for whatever reason.
    pub slowed: bool,
}

impl Causes {
    /// Whether any holds.
    pub fn any(self) -> bool {
        self.under_voltage || self.heat || self.slowed
    }

    /// The most important one in a few words, with its cure in mind; `None` where none holds.
    pub fn words(self) -> Option<&'static str> {
        if self.under_voltage {
            Some("Weak power supply")
        } else if self.heat {
            Some("Too hot, the processor is slowed down")
        } else if self.slowed {
            Some("The processor is slowed down")
        } else {
            None
        }
    }
}

impl Throttling {
    /// Of the machine whose `sys` lies in `system`; `None` where it tells nothing of the kind.
    pub(super) fn read(system: &Path) -> Option<Self> {
        let read = |file: &Path| std::fs::read_to_string(file).ok();
        let firmware = system.join("sys/devices/platform/soc/soc:firmware/get_throttled");
        if let Some(bits) = read(&firmware).and_then(|text| bits(&text)) {
            return Some(Self::of_raspberry_pi(bits));
        }
        let cooling = cooling(&system.join("sys/class/thermal"));
        let capped = capped(&system.join("sys/devices/system/cpu"));
        if cooling.is_none() && capped.is_none() {
            return None;
        }
        let heat = cooling.unwrap_or(false);
        Some(Self {
            now: Causes {
                under_voltage: false,
                heat,
                slowed: heat || capped.unwrap_or(false),
            },
            since_start: Causes::default(),
        })
    }

    /// Bits 0 to 3: under-voltage, speed capped, throttled, soft temperature limit, now; the same sixteen bits higher: since the start.
    fn of_raspberry_pi(bits: u32) -> Self {
        let causes = |bits: u32| Causes {
            under_voltage: bits & 1 != 0,
            heat: bits & 8 != 0,
            slowed: bits & (2 | 4) != 0,
        };
        Self {
            now: causes(bits),
            since_start: causes(bits >> 16),
        }
    }
}

fn bits(text: &str) -> Option<u32> {
    let text = text.trim();
    u32::from_str_radix(text.strip_prefix("0x").unwrap_or(text), 16).ok()
}

/// Whether a cooling device that slows a processor is at work. Fans cool without slowing anything.
fn cooling(devices: &Path) -> Option<bool> {
    let text = |path: &Path| std::fs::read_to_string(path).ok();
    let states = std::fs::read_dir(devices).ok()?.filter_map(|entry| {
        let path = entry.ok()?.path();
        let kind = text(&path.join("type"))?.trim().to_lowercase();
        let slows = ["cpu", "processor", "gpu", "devfreq"]
            .iter()
            .any(|what| kind.contains(what));
        let state: u32 = text(&path.join("cur_state"))?.trim().parse().ok()?;
        slows.then_some(state > 0)
    });
    states.reduce(|a, b| a || b)
}

/// Whether a processor's highest allowed speed is below the highest that it has.
fn capped(processors: &Path) -> Option<bool> {
    let states = std::fs::read_dir(processors).ok()?.filter_map(|entry| {
        let frequencies = entry.ok()?.path().join("cpufreq");
        let kilohertz = |file: &str| -> Option<u64> {
            let text = std::fs::read_to_string(frequencies.join(file)).ok()?;
            text.trim().parse().ok()
        };
        Some(kilohertz("scaling_max_freq")? < kilohertz("cpuinfo_max_freq")?)
    });
    states.reduce(|a, b| a || b)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(system: &Path, file: &str, text: &str) {
        let path = system.join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    #[test]
    fn a_raspberry_pi_s_bits() {
        let system = tempfile::tempdir().unwrap();
        assert_eq!(Throttling::read(system.path()), None);
        let file = "sys/devices/platform/soc/soc:firmware/get_throttled";
        for (text, now, since_start) in [
            ("0\n", None, None),
            ("50000\n", None, Some("Weak power supply")),
            ("0x50005", Some("Weak power supply"), Some("Weak power supply")),
            (
                "e0008\n",
                Some("Too hot, the processor is slowed down"),
                Some("Too hot, the processor is slowed down"),
            ),
            (
                "20002\n",
                Some("The processor is slowed down"),
                Some("The processor is slowed down"),
            ),
        ] {
            write(system.path(), file, text);
            let throttling = Throttling::read(system.path()).unwrap();
            assert_eq!(
                (throttling.now.words(), throttling.since_start.words()),
                (now, since_start),
                "{text}"
            );
        }
        write(system.path(), file, "no number");
        assert_eq!(Throttling::read(system.path()), None);
    }

    #[test]
    fn cooling_that_slows_the_processor_counts_and_a_fan_does_not() {
        let system = tempfile::tempdir().unwrap();
        let devices = [
            ("0", "pwm-fan", "3\n"),
            ("1", "cpufreq-cpu0\n", "0\n"),
            ("2", "devfreq-17000000.gpu", "broken"),
        ];
        for (number, kind, state) in devices {
            write(
                system.path(),
                &format!("sys/class/thermal/cooling_device{number}/type"),
                kind,
            );
            write(
                system.path(),
                &format!("sys/class/thermal/cooling_device{number}/cur_state"),
                state,
            );
        }
        let slowed = || Throttling::read(system.path()).unwrap().now;
        assert!(!slowed().any());
        write(system.path(), "sys/class/thermal/cooling_device1/cur_state", "2\n");
        assert!(slowed().heat && slowed().slowed);
    }

    #[test]
    fn a_lowered_highest_speed_is_a_slow_processor() {
        let system = tempfile::tempdir().unwrap();
        let frequencies = "sys/devices/system/cpu/cpu0/cpufreq";
        write(system.path(), &format!("{frequencies}/cpuinfo_max_freq"), "2400000\n");
        write(system.path(), &format!("{frequencies}/scaling_max_freq"), "2400000\n");
        assert!(!Throttling::read(system.path()).unwrap().now.any());
        write(system.path(), &format!("{frequencies}/scaling_max_freq"), "1500000\n");
        let now = Throttling::read(system.path()).unwrap().now;
        assert_eq!(now.words(), Some("The processor is slowed down"));
    }
}

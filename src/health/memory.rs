//! Memory of this process and of the machine.

/// Memory in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Memory {
    /// What this process holds in memory (`VmRSS`).
    pub resident: u64,
    /// What the machine could still give without swapping (`MemAvailable`).
    pub available: u64,
}

impl Memory {
    /// From the text of `/proc/self/status` and `/proc/meminfo`; `None` where a line is missing or unlike what the kernel writes.
    pub(super) fn parse(status: &str, meminfo: &str) -> Option<Self> {
        Some(Self {
            resident: kibibytes(status, "VmRSS:")?,
            available: kibibytes(meminfo, "MemAvailable:")?,
        })
    }

    /// The most that this process has held in memory so far (`VmHWM`), in bytes; `None` where the kernel does not tell.
    pub fn peak() -> Option<u64> {
        kibibytes(&std::fs::read_to_string("/proc/self/status").ok()?, "VmHWM:")
    }
}

/// The value of a line such as `VmRSS:    12345 kB`, in bytes.
fn kibibytes(text: &str, key: &str) -> Option<u64> {
    let value = text.lines().find_map(|line| line.strip_prefix(key))?;
    let number: u64 = value.trim().strip_suffix("kB")?.trim().parse().ok()?;
    number.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kernel_texts() {
        let status = "Name:\tfishrig\nVmHWM:\t  90000 kB\nVmRSS:\t   81920 kB\nThreads:\t8\n";
        let meminfo = "MemTotal:        3884396 kB\nMemFree:          201928 kB\nMemAvailable:    2899968 kB\n";
        let memory = Memory {
            resident: 80 << 20,
            available: 2832 << 20,
        };
        assert_eq!(Memory::parse(status, meminfo), Some(memory));
        assert_eq!(Memory::parse("", meminfo), None);
        assert_eq!(kibibytes(status, "VmHWM:"), Some(90000 << 10));
        assert_eq!(Memory::parse(status, "MemAvailable: much kB"), None);
        assert_eq!(Memory::parse(status, "MemAvailable: 99999999999999999999 kB"), None);
    }
}

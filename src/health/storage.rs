//! Free storage, and how many records it holds.

use std::path::Path;

/// Space of a file system, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Storage {
    /// What an ordinary user may still write.
    pub free: u64,
    /// The whole file system.
    pub total: u64,
    /// The file system is mounted read-only.
    pub read_only: bool,
}

impl Storage {
    /// The file system that holds `path`, or the nearest directory above it that exists; `None` where it can't be asked.
    pub fn of(path: &Path) -> Option<Self> {
        path.ancestors().map(or_here).find_map(|directory| {
            let stat = rustix::fs::statvfs(directory).ok()?;
            Some(Self {
                free: stat.f_bavail.saturating_mul(stat.f_frsize),
                total: stat.f_blocks.saturating_mul(stat.f_frsize),
                read_only: stat.f_flag.contains(rustix::fs::StatVfsMountFlags::RDONLY),
            })
        })
    }

    /// How many more records of `record_bytes` each fit before only `floor` bytes are left; `None` as long as no record's size is known.
    pub fn records_left(&self, floor: u64, record_bytes: u64) -> Option<u64> {
        self.free.saturating_sub(floor).checked_div(record_bytes)
    }
}

/// The last ancestor of a relative path is the empty path, which means the working directory.
fn or_here(path: &Path) -> &Path {
    if path.as_os_str().is_empty() {
        Path::new(".")
    } else {
        path
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forecast_in_records() {
        let storage = Storage {
            free: 1000,
            total: 5000,
            read_only: false,
        };
        assert_eq!(storage.records_left(200, 100), Some(8));
        assert_eq!(storage.records_left(2000, 100), Some(0));
        assert_eq!(storage.records_left(0, 0), None);
    }

    #[test]
    fn agrees_with_df() {
        let directory = tempfile::tempdir().unwrap();
        let missing = directory.path().join("records/to/come");
        let storage = Storage::of(&missing).unwrap();
        let df = std::process::Command::new("df")
            .args(["--output=size", "-B1"])
            .arg(directory.path())
            .output()
            .unwrap();
        let size: u64 = String::from_utf8(df.stdout)
            .unwrap()
            .lines()
            .nth(1)
            .unwrap()
            .trim()
            .parse()
            .unwrap();
        assert_eq!(storage.total, size);
        assert!(storage.free <= storage.total);
        assert!(Storage::of(Path::new("no/such/relative/path")).is_some());
    }
}

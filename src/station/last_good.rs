//! A copy of the configuration that worked last, for whoever stands before an error page.
//!
//! It is kept in the service's own folder (systemd's `StateDirectory=`); a station that is started by hand keeps none.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::checksum::sha256_hex;
use crate::config::Configuration;

/// Its name.
const FILE: &str = "last-good.toml";

/// Where the copy is.
#[derive(Debug, Clone)]
pub(super) struct LastGood(PathBuf);

impl LastGood {
    /// In the folder that the service manager gives this process; `None` where it gives none.
    pub(super) fn of_this_process() -> Option<Self> {
        let folders = std::env::var_os("STATE_DIRECTORY")?;
        // Several are separated by colons (systemd.exec(5)); the first will do.
        let first = std::env::split_paths(&folders).find(|folder| folder.is_absolute())?;
        Some(Self::in_folder(&first))
    }

    pub(super) fn in_folder(folder: &Path) -> Self {
        Self(folder.join(FILE))
    }

    /// Keeps the file that this configuration was read from. A copy that can't be written is only logged.
    pub(super) fn keep(&self, file: &Path, configuration: &Configuration) {
        let Ok(text) = std::fs::read(file) else { return };
        // It may have been changed since it was read.
        let is_it = sha256_hex(&text) == configuration.sha256;
        if !is_it || std::fs::read(&self.0).is_ok_and(|kept| kept == text) {
            return;
        }
        let new = self.0.with_extension("toml.new");
        if let Err(error) = std::fs::write(&new, text).and_then(|()| std::fs::rename(&new, &self.0)) {
            tracing::warn!(
                "the configuration that works is not kept as {}: {error}",
                self.0.display()
            );
        }
    }

    /// Name and date of the copy, in words for the error page; `None` where there is none.
    pub(super) fn words(&self) -> Option<String> {
        let written = std::fs::metadata(&self.0).ok()?.modified().ok()?;
        let written = Timestamp::try_from(written).ok()?.to_zoned_datetime(TimeZone::system());
        Some(format!(
            "{} of {}",
            self.0.display(),
            written.strftime("%-d %B %Y, %H:%M")
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_copy_is_that_of_the_configuration_that_worked() {
        let folder = tempfile::tempdir().unwrap();
        let (file, last_good) = (folder.path().join("station.toml"), LastGood::in_folder(folder.path()));
        let kept = || std::fs::read_to_string(folder.path().join(FILE)).ok();
        let read = |text: &str| {
            std::fs::write(&file, text).unwrap();
            Configuration::read(&file).unwrap()
        };
        let (first, second) = ("[station]\nname = \"one\"\n", "[station]\nname = \"two\"\n");
        assert_eq!((last_good.words(), kept()), (None, None));
        let configuration = read(first);
        last_good.keep(&file, &configuration);
        assert_eq!(kept().as_deref(), Some(first));
        // Changed after it was read, so this text has not worked yet.
        read(second);
        last_good.keep(&file, &configuration);
        assert_eq!(kept().as_deref(), Some(first));
        last_good.keep(&file, &read(second));
        assert_eq!(kept().as_deref(), Some(second));
        let words = last_good.words().unwrap();
        assert!(words.contains("last-good.toml of ") && words.contains(", "), "{words}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
    }
}

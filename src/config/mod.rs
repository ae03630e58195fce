//! The configuration file, from text to checked settings.
//!
//! * [`Configuration`]: the settings of every room; past this point nothing is optional that has a default.
//! * [`DEFAULT_FILE`]: `config/station.toml`, which documents every key.
//! * [`ConfigError`]: what is wrong, with file, line, key and what is allowed.
//!
//! `raw.rs` mirrors the file's tables; `checked.rs` turns them into the types that the rooms own.

mod checked;
mod error;
mod raw;

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

pub use error::{ConfigError, Problem};

use crate::analysis::AnalysisSettings;
use crate::display::DisplaySettings;
use crate::frame::Limits;
use crate::gpio::GpioSettings;
use crate::health::HealthSettings;
use crate::identify::{IdSettings, IdentifySettings};
use crate::input::TriggerSettings;
use crate::network::NetworkSettings;
use crate::source::SourceSettings;
use crate::store::StoreSettings;
use crate::traits::Palette;

/// The file that documents every key with its default.
pub const DEFAULT_FILE: &str = include_str!("../../config/station.toml");

/// The most that a configuration file may weigh, in bytes.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// Everything that a station needs to be told, checked.
#[derive(Debug, Clone)]
pub struct Configuration {
    /// Who and where.
    pub station: StationIdentity,
    /// How records are named.
    pub id: IdSettings,
    /// Where frames come from.
    pub source: SourceSettings,
    /// Bounds on pictures.
    pub limits: Limits,
    /// How fish are located and measured.
    pub analysis: AnalysisSettings,
    /// Folder of the network bundle; `None` for the built-in one.
    pub bundle: Option<PathBuf>,
    /// How the network is run.
    pub network: NetworkSettings,
    /// Where pictures are shown.
    pub display: DisplaySettings,
    /// Colours of the traits on the display.
    pub palette: Palette,
    /// Where ids come from.
    pub identify: IdentifySettings,
    /// Whether landmarks, lengths and a scale bar are on the display and in the records' overlays.
    pub overlay_measurements: bool,
    /// By what pictures are taken.
    pub trigger: TriggerSettings,
    /// Button, lamp and buzzer on the computer's lines.
    pub gpio: GpioSettings,
    /// What is watched, and where numbers are written.
    pub health: HealthSettings,
    /// Where records go.
    pub store: StoreSettings,
    /// Whether a record keeps the picture that the operator saw.
    pub keep_overlay: bool,
    /// SHA-256 of the file's text, kept in every record.
    pub sha256: String,
}

/// Who works where; kept in every record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StationIdentity {
    /// The station's name.
    pub name: String,
    /// The collection.
    pub collection: String,
    /// Who works here at the start.
    pub operator: String,
    /// The note at the start.
    pub note: String,
}

impl Default for Configuration {
    /// What an empty file says: `config/station.toml`.
    fn default() -> Self {
        Self::parse("", Path::new("")).expect("the defaults are checked by a test")
    }
}

impl Configuration {
    /// Reads and checks a file.
    ///
    /// # Errors
    /// [`ConfigError`], which names all that is out of range at once.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let unreadable = |error| ConfigError::Unreadable {
            path: path.to_owned(),
            error,
        };
        // What was read is measured and not the file: a device or a pipe claims no length.
        let mut bytes = Vec::new();
        let file = File::open(path).map_err(unreadable)?;
        file.take(FILE_BYTES_MAX + 1)
            .read_to_end(&mut bytes)
            .map_err(unreadable)?;
        if bytes.len() as u64 > FILE_BYTES_MAX {
            return Err(ConfigError::TooLarge {
                path: path.to_owned(),
                limit: FILE_BYTES_MAX,
            });
        }
        let text = String::from_utf8(bytes).map_err(|e| unreadable(io::Error::new(io::ErrorKind::InvalidData, e)))?;
        Self::parse(&text, path)
    }

    /// The display that a broken file still names: a service shows there what is wrong with the rest.
    pub fn display_of_broken(text: &str, path: &Path) -> Option<DisplaySettings> {
        let is_header = |line: &str| line.trim_start().starts_with('[') && !line.trim_start().starts_with("[display.");
        let mut lines = text.lines().skip_while(|line| line.trim() != "[display]");
        let header = lines.next()?;
        let section: Vec<&str> = std::iter::once(header)
            .chain(lines.take_while(|line| !is_header(line)))
            .collect();
        Self::parse(&section.join("\n"), path).ok().map(|c| c.display)
    }

    /// Checks a text that was read from `path`; paths in it are taken from that file's folder.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn parse(text: &str, path: &Path) -> Result<Self, ConfigError> {
        let raw: raw::Tables = toml::from_str(text).map_err(|error| ConfigError::Syntax {
            path: path.to_owned(),
            error: error.to_string().trim_end().to_owned(),
        })?;
        let folder = path.parent().unwrap_or(Path::new(""));
        checked::check(raw, text, folder).map_err(|found| ConfigError::Values {
            problems: found.into_iter().map(|f| f.located(text, path)).collect(),
        })
    }
}

//! What is wrong with a configuration, and where.

use std::fmt;
use std::path::{Path, PathBuf};

use thiserror::Error;
use toml::de::{DeTable, DeValue};

/// Why a configuration is refused.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// The file can't be read.
    #[error("{}: {error}{}", path.display(), cure(error))]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The operating system's words.
        error: std::io::Error,
    },
    /// The file is larger than any honest one.
    #[error("{}: larger than {limit} bytes; this is no configuration", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The most that is read.
        limit: u64,
    },
    /// Not TOML, an unknown key, or a value of another type. The message holds line, column, the line itself and what is allowed.
    #[error("{}: {error}", path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// The TOML reader's message.
        error: String,
    },
    /// Values that are not allowed.
    #[error("{}", problems.iter().map(Problem::to_string).collect::<Vec<_>>().join("\n"))]
    Values {
        /// All of them.
        problems: Vec<Problem>,
    },
}

/// What to do about a file that can't be read, where there is more to say than the system does.
fn cure(error: &std::io::Error) -> &'static str {
    match error.kind() {
        std::io::ErrorKind::NotFound => "; `fishrig config default` writes one to begin with",
        std::io::ErrorKind::InvalidData => "; this is no text in UTF-8: save it as such, or take another file",
        std::io::ErrorKind::PermissionDenied => "; give the station's user the right to read it",
        _ => "",
    }
}

/// One value that is not allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file.
    pub path: PathBuf,
    /// Line of the key, from 1, and its text; `None` where the key is not in the file.
    pub line: Option<(usize, String)>,
    /// What is wrong and what is allowed; names the key.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.line {
            Some((number, text)) => write!(
                f,
                "{}, line {number}: {}\n{number:>5} | {text}",
                self.path.display(),
                self.message
            ),
            None => write!(f, "{}: {}", self.path.display(), self.message),
        }
    }
}

/// A problem with its key, before it is looked up where that key is.
pub(super) struct Found {
    pub(super) section: &'static str,
    pub(super) key: &'static str,
    pub(super) message: String,
}

impl Found {
    pub(super) fn located(self, text: &str, path: &Path) -> Problem {
        Problem {
            path: path.to_owned(),
            line: line_of(text, self.section, self.key),
            message: self.message,
        }
    }
}

fn line_of(text: &str, section: &str, key: &str) -> Option<(usize, String)> {
    let file = DeTable::parse(text).ok()?;
    let mut table = file.get_ref();
    for part in section.split('.') {
        let DeValue::Table(inner) = table.get(part)?.get_ref() else {
            return None;
        };
        table = inner;
    }
    let at = table.get_key_value(key)?.0.span().start;
    let number = text[..at].matches('\n').count();
    Some((number + 1, text.lines().nth(number)?.trim_end().to_owned()))
}

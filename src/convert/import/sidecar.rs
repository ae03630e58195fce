//! A TOML file beside an imported file, of the same name: `net.toml` beside `net.onnx`. Its keys are the fields of [`Statements`].

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::{Statements, unreadable};
use crate::convert::ConvertError;

/// The most that a sidecar may weigh, in bytes.
const SIDECAR_BYTES_MAX: u64 = 64 << 10;

/// A sidecar that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Sidecar {
    /// Where.
    pub path: PathBuf,
    /// What it says.
    pub statements: Statements,
}

/// The sidecar of `file`, if there is one.
///
/// # Errors
/// One that can't be read, is too large, or says something that is no statement.
pub fn read_beside(file: &Path) -> Result<Option<Sidecar>, ConvertError> {
    let path = file.with_extension("toml");
    if path == file || !path.is_file() {
        return Ok(None);
    }
    let mut text = String::new();
    let read = File::open(&path).and_then(|f| f.take(SIDECAR_BYTES_MAX + 1).read_to_string(&mut text));
    let length = read.map_err(unreadable(&path))?;
    let refused = |reason: String| ConvertError::Sidecar {
        path: path.clone(),
        reason,
    };
    if length as u64 > SIDECAR_BYTES_MAX {
        return Err(refused(format!("is larger than {SIDECAR_BYTES_MAX} bytes")));
    }
    let statements = toml::from_str(&text).map_err(|e| refused(e.to_string().trim_end().to_owned()))?;
    Ok(Some(Sidecar { path, statements }))
}

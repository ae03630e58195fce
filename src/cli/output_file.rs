//! Writing results beside pictures: whole or not at all, and never onto an input.

use std::collections::HashSet;
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

/// Writes output files, and knows the inputs that it must not touch.
pub(super) struct OutputFolder {
    /// Device and inode of each input: what a path is, whatever links lead to it.
    inputs: HashSet<(u64, u64)>,
}

impl OutputFolder {
    /// Outputs that must not replace any of `inputs`. One that can't be looked at can't be read either, and needs no protection.
    pub(super) fn protecting<'a>(inputs: impl IntoIterator<Item = &'a Path>) -> Self {
        let identity = |path: &'a Path| {
            let found = std::fs::metadata(path).ok()?;
            Some((found.dev(), found.ino()))
        };
        Self {
            inputs: inputs.into_iter().filter_map(identity).collect(),
        }
    }

    /// Writes `bytes` to `path`, making its folder if need be; the file is there whole or not at all.
    ///
    /// # Errors
    /// If `path` is one of the inputs, or what the file system says.
    pub(super) fn write(&self, path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
        if let Ok(there) = std::fs::metadata(path)
            && self.inputs.contains(&(there.dev(), there.ino()))
        {
            bail!(
                "{}: is an input; results never replace one: name another output",
                path.display()
            );
        }
        let context = || path.display().to_string();
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).with_context(context)?;
        }
        let partial = partial_path(path)?;
        let written = std::fs::File::create(&partial)
            .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
            .and_then(|()| std::fs::rename(&partial, path));
        if written.is_err() {
            // Best effort: the file system has just refused us once.
            let _ = std::fs::remove_file(&partial);
        }
        written.with_context(context)
    }

    /// Takes an output of an earlier run away; that there is none is fine.
    ///
    /// # Errors
    /// What the file system says. An input is left alone.
    pub(super) fn remove(&self, path: &Path) -> anyhow::Result<()> {
        let Ok(there) = std::fs::symlink_metadata(path) else {
            return Ok(());
        };
        if self.inputs.contains(&(there.dev(), there.ino())) {
            return Ok(());
        }
        std::fs::remove_file(path).with_context(|| path.display().to_string())
    }
}

fn partial_path(path: &Path) -> anyhow::Result<PathBuf> {
    let name = path
        .file_name()
        .with_context(|| format!("{}: names no file", path.display()))?;
    let mut hidden = std::ffi::OsString::from(".");
    hidden.push(name);
    hidden.push(format!(".{}.partial", std::process::id()));
    Ok(path.with_file_name(hidden))
}

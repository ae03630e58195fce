//! Writing a bundle: whole or not at all.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use super::ConvertError;
use super::onnx::{self, ModelProto};
use crate::checksum::HashingWriter;
use crate::network::Manifest;

/// Writes `network.onnx` and `manifest.toml` into a new folder; the manifest's hash is filled in from what was written.
///
/// Both are written under a hidden name beside the folder, synced, then renamed, so that a folder of that name is always a whole bundle.
/// A bundle that is there already is replaced only if `replace` says so; then the two change places at once, so that at no moment there is none.
///
/// # Errors
/// [`ConvertError::FolderExists`], [`ConvertError::NotReplaced`], [`ConvertError::Unwritable`].
pub fn write_bundle(
    folder: &Path,
    model: ModelProto,
    mut manifest: Manifest,
    replace: bool,
) -> Result<Manifest, ConvertError> {
    check_target(folder, replace)?;
    let unwritable = |path: &Path| {
        let path = path.to_owned();
        |source| ConvertError::Unwritable { path, source }
    };
    let name = folder
        .file_name()
        .ok_or_else(|| unwritable(folder)(io::Error::new(io::ErrorKind::InvalidInput, "it names no folder")))?;
    let partial = folder.with_file_name(format!(".{}.partial-{}", name.display(), std::process::id()));
    fs::create_dir_all(&partial).map_err(unwritable(&partial))?;
    let written = write_files(&partial, model, &mut manifest).and_then(|()| match folder.exists() {
        true => exchange(&partial, folder),
        false => fs::rename(&partial, folder),
    });
    // What is there now is the old bundle, or what could not be finished.
    let removed = match partial.exists() {
        true => fs::remove_dir_all(&partial),
        false => Ok(()),
    };
    written.map_err(unwritable(folder))?;
    removed.map_err(unwritable(&partial))?;
    Ok(manifest)
}

/// Two folders change their names; on file systems that can't do it at once (exFAT, old network shares), one after the other.
fn exchange(new: &Path, old: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    use rustix::io::Errno;
    match renameat_with(CWD, new, CWD, old, RenameFlags::EXCHANGE) {
        Ok(()) => Ok(()),
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {
            let aside = new.with_extension("old");
            fs::rename(old, &aside)?;
            // The old one comes back if the new one can't take its place.
            fs::rename(new, old).inspect_err(|_| drop(fs::rename(&aside, old)))?;
            fs::rename(&aside, new)
        }
        Err(error) => Err(error.into()),
    }
}

/// Whether a bundle may be written to `folder`; worth asking before hours of work.
///
/// # Errors
/// [`ConvertError::FolderExists`], [`ConvertError::NotReplaced`].
pub fn check_target(folder: &Path, replace: bool) -> Result<(), ConvertError> {
    let folder = folder.to_owned();
    match (folder.exists(), replace) {
        (false, _) => Ok(()),
        (true, false) => Err(ConvertError::FolderExists { folder }),
        (true, true) if !folder.join("manifest.toml").is_file() => Err(ConvertError::NotReplaced { folder }),
        (true, true) => Ok(()),
    }
}

fn write_files(folder: &Path, model: ModelProto, manifest: &mut Manifest) -> io::Result<()> {
    let file = File::create(folder.join("network.onnx"))?;
    let mut out = HashingWriter::new(BufWriter::with_capacity(1 << 16, file));
    onnx::write(model, &mut out)?;
    let (out, sha256) = out.finish();
    out.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
    manifest.sha256 = sha256;
    let text = toml::to_string(manifest).map_err(io::Error::other)?;
    let mut file = File::create(folder.join("manifest.toml"))?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    File::open(folder)?.sync_all()
}

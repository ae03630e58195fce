//! A file that a person holds into a bundle's folder: a PyTorch checkpoint, or an ONNX network.
//!
//! * [`import`]: recognizes the file by what is in it, and writes the bundle.
//! * [`Statements`]: what the file itself does not say (classes, normalization, licence), from the command line or from a [`sidecar`].
//!
//! `docs/import.md` tells users what is taken and what is refused.

mod check_output;
mod checkpoint;
mod fixed_size;
mod onnx_network;
mod qoperator;
pub mod sidecar;
mod statements;

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use super::onnx::ModelProto;
use super::{ConvertError, check_target, write_bundle};
use crate::checksum::HashingWriter;
use crate::network::Manifest;
use statements::Facts;

pub use statements::{OutputKind, Statements};

/// How to import.
#[derive(Debug, Clone, Default)]
pub struct ImportOptions {
    /// What the file does not say.
    pub statements: Statements,
    /// The bundle's name; the folder's by default.
    pub name: Option<String>,
    /// Seed of the decoder that an encoder alone gets.
    pub seed: u64,
    /// Whether a bundle that is there already is replaced.
    pub replace: bool,
}

/// What was written.
#[derive(Debug, Clone)]
pub struct Imported {
    /// The bundle's folder.
    pub folder: PathBuf,
    /// Its manifest.
    pub manifest: Manifest,
    /// What kind of file it was, in words.
    pub form: String,
    /// Tensors or weights in the file.
    pub tensors: usize,
    /// Learnt values.
    pub parameters: u64,
    /// Multiply-adds for one picture.
    pub macs: u64,
    /// Bytes of `network.onnx`.
    pub bytes: u64,
    /// What was assumed or changed, in sentences.
    pub notes: Vec<String>,
}

/// A network that came out of a file, before it is written.
struct Network {
    model: ModelProto,
    facts: Facts,
    form: String,
    tensors: usize,
    parameters: u64,
    macs: u64,
    notes: Vec<String>,
}

/// Reads `file` and writes a bundle to `folder`; `progress` is told each step.
///
/// # Errors
/// [`ConvertError`]: the file is none of those that are read, is damaged or hostile, does not say what it must, or the bundle can't be written.
pub fn import(
    file: &Path,
    folder: &Path,
    options: &ImportOptions,
    progress: &mut dyn FnMut(&str),
) -> Result<Imported, ConvertError> {
    check_target(folder, options.replace)?;
    check_apart(file, folder)?;
    let mut notes = Vec::new();
    let mut statements = options.statements.clone();
    if let Some(beside) = sidecar::read_beside(file)? {
        notes.push(format!("{} says what the file itself does not.", beside.path.display()));
        statements = statements.or(beside.statements);
    }
    progress(&format!("reading {}", file.display()));
    let sha256 = hash(file)?;
    let network = if is_onnx(file)? {
        onnx_network::read(file, &statements)?
    } else {
        checkpoint::read(file, &statements, options.seed, progress)?
    };
    notes.extend(network.notes);
    let stem = |path: &Path| path.file_name().map(|n| n.to_string_lossy().into_owned());
    let facts = network.facts;
    let origin = format!(
        "{} (SHA-256 {sha256}), {}",
        stem(file).unwrap_or_default(),
        network.form
    );
    let name = options
        .name
        .clone()
        .or_else(|| stem(folder))
        .unwrap_or_else(|| "imported".to_owned());
    let manifest = facts.manifest(name, &sha256, origin)?;
    progress(&format!("writing {}", folder.display()));
    let manifest = write_bundle(folder, network.model, manifest, options.replace)?;
    let written = folder.join("network.onnx");
    let bytes = std::fs::metadata(&written)
        .map_err(|source| ConvertError::Unreadable { path: written, source })?
        .len();
    Ok(Imported {
        folder: folder.to_owned(),
        manifest,
        form: network.form,
        tensors: network.tensors,
        parameters: network.parameters,
        macs: network.macs,
        bytes,
        notes,
    })
}

/// Replacing a bundle removes what lies in its folder, so that no source may lie there.
fn check_apart(file: &Path, folder: &Path) -> Result<(), ConvertError> {
    match (file.canonicalize(), folder.canonicalize()) {
        (Ok(file), Ok(folder)) if file.starts_with(&folder) => Err(ConvertError::Statement(format!(
            "{} lies in {}, which would be replaced; name another folder",
            file.display(),
            folder.display()
        ))),
        // Where one of them is not there, reading or writing says so.
        _ => Ok(()),
    }
}

/// Whether a file is an ONNX network: its first field is `ir_version`, a small number; or its name says so.
fn is_onnx(file: &Path) -> Result<bool, ConvertError> {
    const IR_VERSION_KEY: u8 = 0x08;
    let mut start = [0; 2];
    let read = open(file)
        .and_then(|mut f| io::Read::read(&mut f, &mut start))
        .map_err(unreadable(file))?;
    let begins = read == 2 && start[0] == IR_VERSION_KEY && (1..=20).contains(&start[1]);
    Ok(begins || file.extension().is_some_and(|e| e.eq_ignore_ascii_case("onnx")))
}

fn hash(file: &Path) -> Result<String, ConvertError> {
    let mut out = HashingWriter::new(io::sink());
    open(file)
        .and_then(|mut f| io::copy(&mut f, &mut out))
        .map_err(unreadable(file))?;
    Ok(out.finish().1)
}

fn open(file: &Path) -> io::Result<File> {
    // A pipe would never end, nor even open.
    if !std::fs::metadata(file)?.is_file() {
        return Err(io::Error::other("it is no file"));
    }
    File::open(file)
}

fn unreadable(path: &Path) -> impl FnOnce(io::Error) -> ConvertError {
    let path = path.to_owned();
    |source| ConvertError::Unreadable { path, source }
}

//! A network with its manifest, as a folder or built into the binary.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use prost::bytes::{Buf, BufMut};
use thiserror::Error;

use super::Manifest;
use super::checked_stream::CheckedStream;
use super::manifest::MANIFEST_BYTES_MAX;
use crate::checksum::sha256_hex;

/// The most that a network file may weigh, in bytes. The published network has 116 MB in float.
const NETWORK_BYTES_MAX: u64 = 1 << 30;

/// A checked bundle: the manifest, and a network whose hash it states.
///
/// The network stays where it is until it is asked for, and is checked again then: it may weigh more than all the rest of the program.
#[derive(Debug, Clone)]
pub struct Bundle {
    manifest: Manifest,
    network: NetworkFile,
    origin: String,
}

/// Where a network's bytes are.
#[derive(Debug, Clone)]
enum NetworkFile {
    BuiltIn(&'static [u8]),
    OnDisk { path: PathBuf, bytes: u64 },
}

/// Why a bundle is refused.
#[derive(Debug, Error)]
pub enum BundleError {
    /// A file of the bundle can't be read.
    #[error("bundle {path}: {error}; a bundle is a folder with manifest.toml and network.onnx")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The operating system's words.
        error: std::io::Error,
    },
    /// A file is larger than any honest one.
    #[error("bundle {path}: larger than {limit} bytes; this is no {what}")]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// What it should have been.
        what: &'static str,
        /// The most that is read.
        limit: u64,
    },
    /// The manifest does not say what it must.
    #[error("bundle {origin}: manifest.toml: {reason}")]
    Manifest {
        /// The bundle.
        origin: String,
        /// What is wrong, and what is allowed.
        reason: String,
    },
    /// The network file is not the one that the manifest describes.
    #[error(
        "bundle {origin}: network.onnx has SHA-256 {found}, the manifest states {stated}; \
         the file is damaged or was replaced: copy the bundle again"
    )]
    Hash {
        /// The bundle.
        origin: String,
        /// Hash of the file.
        found: String,
        /// Hash in the manifest.
        stated: String,
    },
}

impl Bundle {
    /// The default network, built into the binary.
    ///
    /// # Panics
    /// If the files in `models/` did not fit when the binary was built; a test holds them to it.
    pub fn builtin() -> Self {
        let manifest = include_str!("../../models/lite0-int8/manifest.toml");
        let network = include_bytes!("../../models/lite0-int8/network.onnx");
        let origin = "built into fishrig".to_owned();
        Self::checked(manifest, NetworkFile::BuiltIn(network), sha256_hex(network), origin)
            .expect("the built-in bundle is checked by a test")
    }

    /// The bundle in a folder.
    ///
    /// # Errors
    /// Unreadable or oversized files, a manifest that does not hold, a hash that does not fit.
    pub fn open(folder: &Path) -> Result<Self, BundleError> {
        let manifest = read(&folder.join("manifest.toml"), "manifest", MANIFEST_BYTES_MAX)?;
        let path = folder.join("network.onnx");
        let (stream, bytes) = open_network(&path)?;
        let sha256 = stream.finish().map_err(|e| unreadable(&path, e))?;
        let origin = folder.display().to_string();
        let manifest = String::from_utf8(manifest).map_err(|_| BundleError::Manifest {
            origin: origin.clone(),
            reason: "is not UTF-8 text".to_owned(),
        })?;
        Self::checked(&manifest, NetworkFile::OnDisk { path, bytes }, sha256, origin)
    }

    fn checked(manifest: &str, network: NetworkFile, sha256: String, origin: String) -> Result<Self, BundleError> {
        let manifest = Manifest::parse(manifest).map_err(|reason| BundleError::Manifest {
            origin: origin.clone(),
            reason,
        })?;
        let bundle = Self {
            manifest,
            network,
            origin,
        };
        bundle.check(sha256)?;
        Ok(bundle)
    }

    /// That the network file has the hash that the manifest states.
    fn check(&self, found: String) -> Result<(), BundleError> {
        if found.eq_ignore_ascii_case(&self.manifest.sha256) {
            return Ok(());
        }
        Err(BundleError::Hash {
            origin: self.origin.clone(),
            found,
            stated: self.manifest.sha256.clone(),
        })
    }

    /// What the bundle says about its network.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Size of the ONNX file in bytes.
    pub fn network_bytes(&self) -> u64 {
        match &self.network {
            NetworkFile::BuiltIn(network) => network.len() as u64,
            NetworkFile::OnDisk { bytes, .. } => *bytes,
        }
    }

    /// The ONNX file's content, read and checked again.
    ///
    /// # Errors
    /// [`BundleError::Unreadable`] and [`BundleError::Hash`] if the file was removed or replaced since the bundle was opened.
    pub fn network(&self) -> Result<Cow<'static, [u8]>, BundleError> {
        if let NetworkFile::BuiltIn(network) = self.network {
            return Ok(Cow::Borrowed(network));
        }
        let content = self.decode(|buffer| {
            let mut content = Vec::with_capacity(buffer.remaining());
            content.put(buffer);
            content
        })?;
        Ok(Cow::Owned(content))
    }

    /// What `decode` makes of the ONNX file's bytes, which don't lie in memory as a whole and are checked again.
    ///
    /// # Errors
    /// As [`network`](Self::network), whatever `decode` made of the bytes.
    pub(super) fn decode<T>(&self, decode: impl FnOnce(&mut dyn Buf) -> T) -> Result<T, BundleError> {
        match &self.network {
            NetworkFile::BuiltIn(network) => Ok(decode(&mut &**network)),
            NetworkFile::OnDisk { path, .. } => {
                let (mut stream, _) = open_network(path)?;
                let decoded = decode(&mut stream);
                self.check(stream.finish().map_err(|e| unreadable(path, e))?)?;
                Ok(decoded)
            }
        }
    }

    /// Where the bundle was found, for messages.
    pub fn origin(&self) -> &str {
        &self.origin
    }
}

fn unreadable(path: &Path, error: io::Error) -> BundleError {
    let path = path.to_owned();
    BundleError::Unreadable { path, error }
}

/// A regular file and its size in bytes.
fn open_file(path: &Path, what: &'static str, limit: u64) -> Result<(File, u64), BundleError> {
    // A pipe would never end, nor even open.
    let metadata = std::fs::metadata(path).map_err(|e| unreadable(path, e))?;
    if !metadata.is_file() {
        return Err(unreadable(path, io::Error::other("it is no file")));
    }
    if metadata.len() > limit {
        return Err(BundleError::TooLarge {
            path: path.to_owned(),
            what,
            limit,
        });
    }
    let file = File::open(path).map_err(|e| unreadable(path, e))?;
    Ok((file, metadata.len()))
}

fn open_network(path: &Path) -> Result<(CheckedStream<File>, u64), BundleError> {
    let (file, bytes) = open_file(path, "network", NETWORK_BYTES_MAX)?;
    Ok((CheckedStream::new(file, bytes as usize), bytes))
}

fn read(path: &Path, what: &'static str, limit: u64) -> Result<Vec<u8>, BundleError> {
    let (file, bytes) = open_file(path, what, limit)?;
    let mut content = Vec::new();
    file.take(bytes)
        .read_to_end(&mut content)
        .map_err(|e| unreadable(path, e))?;
    Ok(content)
}

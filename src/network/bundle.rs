//! A network with its manifest, as a folder or built into the binary.

use std::borrow::Cow;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::Manifest;
use super::manifest::MANIFEST_BYTES_MAX;
use crate::checksum::sha256_hex;

/// The most that a network file may weigh, in bytes. The published network has 116 MB in float.
const NETWORK_BYTES_MAX: u64 = 1 << 30;

/// A checked bundle: the manifest, and network bytes whose hash it states.
#[derive(Debug, Clone)]
pub struct Bundle {
    manifest: Manifest,
    network: Cow<'static, [u8]>,
    origin: String,
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
        let manifest = include_str!("../../models/starter-int8/manifest.toml");
        let network = include_bytes!("../../models/starter-int8/network.onnx");
        Self::checked(manifest, Cow::Borrowed(network), "built into fishrig".to_owned())
            .expect("the built-in bundle is checked by a test")
    }

    /// The bundle in a folder.
    ///
    /// # Errors
    /// Unreadable or oversized files, a manifest that does not hold, a hash that does not fit.
    pub fn open(folder: &Path) -> Result<Self, BundleError> {
        let manifest = read(&folder.join("manifest.toml"), "manifest", MANIFEST_BYTES_MAX)?;
        let network = read(&folder.join("network.onnx"), "network", NETWORK_BYTES_MAX)?;
        let origin = folder.display().to_string();
        let manifest = String::from_utf8(manifest).map_err(|_| BundleError::Manifest {
            origin: origin.clone(),
            reason: "is not UTF-8 text".to_owned(),
        })?;
        Self::checked(&manifest, Cow::Owned(network), origin)
    }

    fn checked(manifest: &str, network: Cow<'static, [u8]>, origin: String) -> Result<Self, BundleError> {
        let manifest = Manifest::parse(manifest).map_err(|reason| BundleError::Manifest {
            origin: origin.clone(),
            reason,
        })?;
        let found = sha256_hex(&network);
        if !found.eq_ignore_ascii_case(&manifest.sha256) {
            return Err(BundleError::Hash {
                origin,
                found,
                stated: manifest.sha256,
            });
        }
        Ok(Self {
            manifest,
            network,
            origin,
        })
    }

    /// What the bundle says about its network.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The ONNX file's bytes.
    pub fn network(&self) -> &[u8] {
        &self.network
    }

    /// Where the bundle was found, for messages.
    pub fn origin(&self) -> &str {
        &self.origin
    }
}

fn read(path: &Path, what: &'static str, limit: u64) -> Result<Vec<u8>, BundleError> {
    let unreadable = |error| BundleError::Unreadable {
        path: path.to_owned(),
        error,
    };
    // A pipe would never end, nor even open.
    if !std::fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err(unreadable(std::io::Error::other("it is no file")));
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(unreadable)?;
    file.take(limit + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > limit {
        return Err(BundleError::TooLarge {
            path: path.to_owned(),
            what,
            limit,
        });
    }
    Ok(bytes)
}

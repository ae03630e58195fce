//! The video devices of this machine.

use std::io;
use std::path::{Path, PathBuf};

use super::controls::Control;
use super::device::{Device, Identity};
use super::kernel::{self, Node};
use super::mode::Offer;
use super::settings::DeviceChoice;
use super::trouble::{Doing, trouble};
use crate::source::SourceError;

/// Links with names that stay the same wherever a camera is plugged in; udev makes them.
const BY_ID: &str = "/dev/v4l/by-id";

/// One video device.
#[derive(Debug)]
pub struct Listed {
    /// Its node.
    pub node: PathBuf,
    /// Its name in `/dev/v4l/by-id`.
    pub by_id: Option<String>,
    /// Who it is, or why that can't be told.
    pub identity: Result<Identity, SourceError>,
    /// What it offers; empty unless it captures.
    pub offers: Vec<Offer>,
}

/// All video devices in the order of their numbers.
pub fn list() -> Vec<Listed> {
    let names = names_by_id(Path::new(BY_ID));
    nodes(Path::new("/dev"))
        .into_iter()
        .map(|node| {
            let (identity, offers) = match open_node(&node) {
                Ok(mut device) => {
                    let identity = device.identity().clone();
                    let offers = match identity.fitness {
                        Ok(()) => device.offers().unwrap_or_default(),
                        Err(_) => Vec::new(),
                    };
                    (Ok(identity), offers)
                }
                Err(error) => (Err(error), Vec::new()),
            };
            let by_id = names
                .iter()
                .find(|(_, target)| *target == node)
                .map(|(name, _)| name.clone());
            Listed {
                node,
                by_id,
                identity,
                offers,
            }
        })
        .collect()
}

/// The controls of a device with their present values.
///
/// # Errors
/// As for opening it.
pub fn controls_of(choice: &DeviceChoice) -> Result<(Identity, Vec<Control>), SourceError> {
    let mut device = open(choice)?;
    Ok((device.identity().clone(), device.controls()))
}

/// Opens the chosen device; it captures.
pub(super) fn open(choice: &DeviceChoice) -> Result<Node, SourceError> {
    let path = match choice {
        DeviceChoice::First => return open_first(),
        DeviceChoice::Path(path) => path.clone(),
        DeviceChoice::ById(name) => Path::new(BY_ID).join(name),
    };
    if !path.exists() {
        return Err(SourceError::NoCamera {
            wanted: format!("there is no {}", path.display()),
            found: found_words(&list()),
        });
    }
    let device = open_node(&path)?;
    match device.identity().fitness {
        Ok(()) => Ok(device),
        Err(unfit) => Err(SourceError::NoCamera {
            wanted: format!("{} {unfit}", path.display()),
            found: found_words(&list()),
        }),
    }
}

fn open_first() -> Result<Node, SourceError> {
    let mut refused = None;
    for node in nodes(Path::new("/dev")) {
        match open_node(&node) {
            Ok(device) if device.identity().fitness.is_ok() => return Ok(device),
            Ok(_) => {}
            Err(error) => refused = refused.or(Some(error)),
        }
    }
    // A camera that this user may not open is the likely cause.
    Err(refused.unwrap_or_else(|| SourceError::NoCamera {
        wanted: "no device captures pictures".to_owned(),
        found: found_words(&list()),
    }))
}

fn open_node(node: &Path) -> Result<Node, SourceError> {
    // The node itself is shorter than the link that leads to it, and is what other programs call it.
    let node = node.canonicalize().unwrap_or_else(|_| node.to_owned());
    kernel::open(&node).map_err(|error| trouble(&node, Doing::Opening, &error))
}

/// What there is instead, in a few words.
fn found_words(devices: &[Listed]) -> String {
    if devices.is_empty() {
        return "this machine has no video device at all: plug a camera in".to_owned();
    }
    let words = devices.iter().map(|listed| match &listed.identity {
        Ok(Identity {
            card, fitness: Ok(()), ..
        }) => format!("{} ({card})", listed.node.display()),
        Ok(Identity {
            card,
            fitness: Err(unfit),
            ..
        }) => format!("{} ({card}: {unfit})", listed.node.display()),
        Err(error) => error.to_string(),
    });
    format!("there are {}", words.collect::<Vec<_>>().join(", "))
}

/// `video0`, `video1`, … in a folder, in the order of their numbers.
fn nodes(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut found: Vec<(u32, PathBuf)> = entries
        .filter_map(|entry| {
            let number = entry.file_name().to_str()?.strip_prefix("video")?.parse().ok()?;
            Some((number, entry.path()))
        })
        .collect();
    found.sort();
    found.into_iter().map(|(_, path)| path).collect()
}

/// The links of a folder with what they lead to.
fn names_by_id(folder: &Path) -> Vec<(String, PathBuf)> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let target = |link: &Path| -> io::Result<PathBuf> { link.canonicalize() };
    let mut names: Vec<(String, PathBuf)> = entries
        .filter_map(|entry| Some((entry.file_name().into_string().ok()?, target(&entry.path()).ok()?)))
        .collect();
    names.sort();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_come_in_the_order_of_their_numbers_and_links_lead_to_them() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["video10", "video2", "video0", "videodev", "video-codec", "vbi0"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        let root = folder.path().canonicalize().unwrap();
        assert_eq!(
            nodes(&root),
            ["video0", "video2", "video10"].map(|name| root.join(name))
        );
        let by_id = root.join("by-id");
        std::fs::create_dir(&by_id).unwrap();
        std::os::unix::fs::symlink("../video2", by_id.join("usb-Maker_Camera-video-index0")).unwrap();
        std::os::unix::fs::symlink("../video7", by_id.join("usb-gone")).unwrap();
        let names = names_by_id(&by_id);
        assert_eq!(
            names,
            [("usb-Maker_Camera-video-index0".to_owned(), root.join("video2"))]
        );
        assert!(nodes(&root.join("no-such-folder")).is_empty());
    }
}

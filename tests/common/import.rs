//! What the tests of `fishrig model import` share.

#![allow(dead_code, reason = "no test file needs all of it")]

use std::path::Path;

use assert_cmd::Command;
use fishrig::network::{Bundle, NetworkSettings, TraitNetwork};
use fishrig::traits::{TraitMask, label_picture};
use image::RgbImage;

/// The published network's traits in their order.
pub const CLASSES: &str = "dorsal_fin,adipos_fin,caudal_fin,anal_fin,pelvic_fin,pectoral_fin,head,eye,caudal_fin_ray,alt_fin_ray,alt_fin_spine,trunk";

/// The command, ready to run.
pub fn command(file: &Path, folder: &Path, more: &[&str]) -> Command {
    let mut command = Command::cargo_bin("fishrig").unwrap();
    command
        .args(["model", "import"])
        .arg(file)
        .arg("-o")
        .arg(folder)
        .args(more);
    command
}

/// The bundle that an import gives.
pub fn import(file: &Path, folder: &Path, more: &[&str]) -> Bundle {
    command(file, folder, more).assert().success();
    Bundle::open(folder).unwrap()
}

/// Loads the network.
pub fn load(bundle: &Bundle) -> TraitNetwork {
    TraitNetwork::load(bundle, &NetworkSettings::on_threads(1)).unwrap()
}

/// A picture of the network's own size.
pub fn picture(path: &Path) -> RgbImage {
    image::open(path).unwrap().into_rgb8()
}

/// Masks as a 16-bit picture.
pub fn mask(path: &Path) -> TraitMask {
    label_picture::decode_bits(&std::fs::read(path).unwrap()).unwrap()
}

/// The largest difference, and the IoU of the masks pooled over all channels.
pub fn compare(ours: &[f32], theirs: &[f32]) -> (f32, f64) {
    assert_eq!(ours.len(), theirs.len());
    let pairs = || ours.iter().zip(theirs);
    let difference = pairs().map(|(a, b)| (a - b).abs()).fold(0f32, f32::max);
    let both = pairs().filter(|(a, b)| **a > 0.5 && **b > 0.5).count();
    let either = pairs().filter(|(a, b)| **a > 0.5 || **b > 0.5).count();
    (difference, both as f64 / either as f64)
}

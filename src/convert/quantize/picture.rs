//! What a network is calibrated with and scored on.

use image::RgbImage;
use image::imageops::flip_horizontal;

use crate::frame::resize;
use crate::network::Manifest;

/// A crop to calibrate with, at the network's input size.
#[derive(Debug, Clone)]
pub struct Picture {
    /// Name of its file.
    pub name: String,
    crop: RgbImage,
    mirrored: RgbImage,
}

impl Picture {
    /// The crop of one fish, brought to the network's size.
    pub fn new(name: impl Into<String>, crop: &RgbImage, manifest: &Manifest) -> Self {
        let crop = resize::bilinear(crop, manifest.input.size());
        Self {
            name: name.into(),
            mirrored: flip_horizontal(&crop),
            crop,
        }
    }

    /// The crop at the network's size.
    pub fn crop(&self) -> &RgbImage {
        &self.crop
    }

    pub(super) fn both(&self) -> [&RgbImage; 2] {
        [&self.crop, &self.mirrored]
    }
}

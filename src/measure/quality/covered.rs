//! What lies over the fish.

use image::RgbImage;

use super::light::GroundLight;
use super::silhouette::Silhouette;
use crate::frame::PixelBox;
use crate::traits::TraitSet;

/// What differs less from the ground, in levels, may be ground, its shadow, or a clear fin.
const FOREIGN: f64 = 60.0;

/// The share of the silhouette, with what lies between its parts, that is under a paper or is neither fish nor ground.
pub(super) fn share(silhouette: &Silhouette, picture: &RgbImage, ground: &GroundLight, papers: &[PixelBox]) -> f64 {
    let filled = silhouette.filled();
    let (mut all, mut covered) = (0u32, 0u32);
    for (i, _) in filled.iter().enumerate().filter(|(_, inside)| **inside) {
        let (column, row) = (i % silhouette.width, i / silhouette.width);
        let (x, y) = silhouette.place(column, row);
        all += 1;
        let is_fish = silhouette.has(column, row, TraitSet::ALL);
        let is_under = papers
            .iter()
            .any(|b| (b.left..b.right).contains(&x) && (b.top..b.bottom).contains(&y));
        let is_foreign = || {
            let pixel = picture.get_pixel_checked(x, y).map(|pixel| pixel.0);
            pixel.is_some_and(|pixel| ground.distance(pixel) > FOREIGN)
        };
        covered += u32::from(is_under || (!is_fish && is_foreign()));
    }
    f64::from(covered) / f64::from(all.max(1))
}

//! Contrast-limited adaptive histogram equalization (Zuiderveld 1994) of the lightness.

use image::RgbImage;

/// Tiles a side.
const TILES: usize = 8;

/// Evens out the lightness in each of 8×8 tiles, with slopes of `limit` at most, and bilinearly between their middles.
pub(super) fn locally(picture: &mut RgbImage, limit: f32) {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let (tile_width, tile_height) = (width.div_ceil(TILES).max(1), height.div_ceil(TILES).max(1));
    let mut histograms = vec![[0f32; 256]; TILES * TILES];
    for (x, y, pixel) in picture.enumerate_pixels() {
        let tile = (y as usize / tile_height) * TILES + x as usize / tile_width;
        histograms[tile][usize::from(lightness(pixel.0))] += 1.0;
    }
    let curves: Vec<[f32; 256]> = histograms.iter().map(|h| curve(h, limit)).collect();
    // Between which middles a place lies, and how far from the first of them.
    let between = |at: u32, tile: usize| {
        let place = ((f64::from(at) + 0.5) / tile as f64 - 0.5).clamp(0.0, TILES as f64 - 1.0);
        let first = (place as usize).min(TILES - 2);
        (first, (place - first as f64) as f32)
    };
    for (x, y, pixel) in picture.enumerate_pixels_mut() {
        let old = lightness(pixel.0);
        let ((column, fx), (row, fy)) = (between(x, tile_width), between(y, tile_height));
        let at = |row: usize, column: usize| curves[row * TILES + column][usize::from(old)];
        let upper = at(row, column) * (1.0 - fx) + at(row, column + 1) * fx;
        let lower = at(row + 1, column) * (1.0 - fx) + at(row + 1, column + 1) * fx;
        let change = upper * (1.0 - fy) + lower * fy - f32::from(old);
        pixel.0 = pixel
            .0
            .map(|value| (f32::from(value) + change).round().clamp(0.0, 255.0) as u8);
    }
}

/// Rec. 601 luma.
fn lightness([r, g, b]: [u8; 3]) -> u8 {
    ((u32::from(r) * 299 + u32::from(g) * 587 + u32::from(b) * 114 + 500) / 1000) as u8
}

/// The new lightness of each old one: the running sum of the histogram, of which what is above the limit is shared out evenly. A tile without a pixel
/// (at the rim of a small picture) changes nothing.
fn curve(histogram: &[f32; 256], limit: f32) -> [f32; 256] {
    let pixels: f32 = histogram.iter().sum();
    if pixels == 0.0 {
        return std::array::from_fn(|value| value as f32);
    }
    let most = (limit * pixels / 256.0).max(1.0);
    let surplus: f32 = histogram.iter().map(|n| (n - most).max(0.0)).sum();
    let mut sum = 0.0;
    std::array::from_fn(|value| {
        sum += histogram[value].min(most) + surplus / 256.0;
        255.0 * sum / pixels
    })
}

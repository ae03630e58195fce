//! Brightness and colour of the fish and of the ground.

use image::RgbImage;

use super::silhouette::Silhouette;
use crate::frame::PixelBox;

/// About so many columns of the frame are looked at for the ground.
const COLUMNS: u32 = 400;
/// How far beside papers and further fish ground begins, as a share of their size: boxes may miss a rim, and things throw shadows.
const RIM: f64 = 0.04;
/// The same beside the fish.
const FISH_RIM: f64 = 0.05;
/// Fewer points of ground tell nothing.
const LEAST_GROUND: u32 = 200;
/// A channel that reaches this is at the end of its range.
const FULL: u8 = 254;
/// So many channels at the end of their range make a pixel clipped: one alone is in brown and yellow fish that are well exposed.
const CLIPPED: usize = 2;
/// A pixel none of whose channels exceeds this is black.
const BLACK: u8 = 8;

/// ITU-R BT.601 luma of a pixel.
pub(super) fn luma([r, g, b]: [u8; 3]) -> u8 {
    ((77 * u32::from(r) + 150 * u32::from(g) + 29 * u32::from(b) + 128) >> 8) as u8
}

/// How often each level occurs.
struct Histogram {
    counts: [u32; 256],
    total: u32,
}

impl Histogram {
    fn new() -> Self {
        Self {
            counts: [0; 256],
            total: 0,
        }
    }

    fn add(&mut self, level: u8) {
        self.counts[usize::from(level)] += 1;
        self.total += 1;
    }

    /// The level that a share of the pixels stay at or below.
    fn quantile(&self, share: f64) -> f64 {
        let wanted = (f64::from(self.total) * share).ceil().max(1.0) as u32;
        let mut sum = 0;
        for (level, count) in self.counts.iter().enumerate() {
            sum += count;
            if sum >= wanted {
                return level as f64;
            }
        }
        255.0
    }
}

/// Light on the fish.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct FishLight {
    /// Middle between the levels that a twentieth of the fish stay below and above. Dark and pale species differ little in it, since both have dark and
    /// bright parts; exposure moves it.
    pub middle: f64,
    /// Share of pixels of which two channels or all are at the end of their range.
    pub clipped: f64,
    /// Share of black pixels.
    pub black: f64,
}

impl FishLight {
    /// Of the pixels inside the silhouette.
    pub fn of(picture: &RgbImage, silhouette: &Silhouette) -> Option<Self> {
        let mut levels = Histogram::new();
        let (mut clipped, mut black) = (0u32, 0u32);
        for (x, y) in silhouette.inner_points() {
            let (x, y) = silhouette.place(x, y);
            let Some(pixel) = picture.get_pixel_checked(x, y) else {
                continue;
            };
            levels.add(luma(pixel.0));
            clipped += u32::from(pixel.0.iter().filter(|c| **c >= FULL).count() >= CLIPPED);
            black += u32::from(pixel.0.iter().all(|c| *c <= BLACK));
        }
        let total = f64::from(levels.total);
        (levels.total > 0).then(|| Self {
            middle: (levels.quantile(0.05) + levels.quantile(0.95)) / 2.0,
            clipped: f64::from(clipped) / total,
            black: f64::from(black) / total,
        })
    }
}

/// The ground on which everything lies.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct GroundLight {
    /// Its median colour.
    pub colour: [f64; 3],
    /// Range of brightness in which nine of ten of its pixels lie, in levels.
    pub range: f64,
}

impl GroundLight {
    /// Of the frame without these boxes and what lies close to them; `None` where too little is left.
    pub fn of(picture: &RgbImage, fish: Option<PixelBox>, things: &[PixelBox]) -> Option<Self> {
        let size = picture.dimensions().into();
        let taken: Vec<PixelBox> = fish
            .map(|b| b.grown(FISH_RIM, size))
            .into_iter()
            .chain(things.iter().map(|b| b.grown(RIM, size)))
            .collect();
        let step = picture.width().div_ceil(COLUMNS).max(1);
        let mut levels = Histogram::new();
        let mut channels = [(); 3].map(|()| Histogram::new());
        for y in (step / 2..picture.height()).step_by(step as usize) {
            let mut x = step / 2;
            while x < picture.width() {
                let inside = taken
                    .iter()
                    .find(|b| (b.top..b.bottom).contains(&y) && (b.left..b.right).contains(&x));
                if let Some(inside) = inside {
                    x = x.max(inside.right - 1).saturating_add(step);
                    continue;
                }
                let pixel = picture.get_pixel(x, y).0;
                levels.add(luma(pixel));
                for (channel, level) in channels.iter_mut().zip(pixel) {
                    channel.add(level);
                }
                x += step;
            }
        }
        (levels.total >= LEAST_GROUND).then(|| Self {
            colour: channels.each_ref().map(|channel| channel.quantile(0.5)),
            range: levels.quantile(0.95) - levels.quantile(0.05),
        })
    }

    /// How far the colour is from grey: the difference of its strongest and weakest channel, in levels.
    pub fn cast(&self) -> f64 {
        let most = self.colour.iter().copied().fold(f64::MIN, f64::max);
        let least = self.colour.iter().copied().fold(f64::MAX, f64::min);
        most - least
    }

    /// Distance of a pixel from the ground: the largest difference of its channels, in levels.
    pub fn distance(&self, pixel: [u8; 3]) -> f64 {
        self.colour
            .iter()
            .zip(pixel)
            .map(|(ground, level)| (ground - f64::from(level)).abs())
            .fold(0.0, f64::max)
    }
}

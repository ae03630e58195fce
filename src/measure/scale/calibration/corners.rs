//! Places in a picture where four squares of a checkerboard may meet.

use image::RgbImage;

/// A picture in grey, reduced by a whole number.
pub(super) struct GreyPicture {
    pub values: Vec<f32>,
    pub width: usize,
    pub height: usize,
    /// Pixels of the picture to one of these.
    pub block: usize,
}

/// A place that may be a corner, in reduced pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Corner {
    pub x: f64,
    pub y: f64,
    /// How much the place looks like a corner.
    pub strength: f32,
}

/// The most corners that are kept.
const CORNERS_MAX: usize = 4000;
/// Radius of the ring on which a corner is seen.
const RADIUS: f32 = 5.0;

impl GreyPicture {
    /// The picture reduced so that its longer side has at most `longest` pixels.
    pub fn of(picture: &RgbImage, longest: usize) -> Self {
        let side = picture.width().max(picture.height()) as usize;
        let block = side.div_ceil(longest).max(1);
        let (width, height) = (picture.width() as usize / block, picture.height() as usize / block);
        let bytes = picture.as_raw();
        let stride = picture.width() as usize * 3;
        let mut values = Vec::with_capacity(width * height);
        for y in 0..height {
            for x in 0..width {
                let mut sum = 0u32;
                for dy in 0..block {
                    let start = (y * block + dy) * stride + x * block * 3;
                    sum += bytes[start..start + 3 * block]
                        .iter()
                        .map(|b| u32::from(*b))
                        .sum::<u32>();
                }
                values.push(sum as f32 / (3 * block * block) as f32);
            }
        }
        Self {
            values,
            width,
            height,
            block,
        }
    }
}

/// The corners of a picture, the strongest first.
///
/// On a ring around a place where four squares meet, opposite points are alike and points a quarter apart are not; edges and lines have one or the
/// other only (S. Bennett and J. Lasenby, ChESS, 2014).
pub(super) fn find(grey: &GreyPicture) -> Vec<Corner> {
    let (width, height) = (grey.width, grey.height);
    let margin = RADIUS.ceil() as usize + 1;
    if width <= 2 * margin || height <= 2 * margin {
        return Vec::new();
    }
    let ring: [isize; 16] = std::array::from_fn(|i| {
        let (sin, cos) = (i as f32 * std::f32::consts::TAU / 16.0).sin_cos();
        (RADIUS * sin).round() as isize * width as isize + (RADIUS * cos).round() as isize
    });
    let mut responses = vec![0.0f32; width * height];
    for y in margin..height - margin {
        for x in margin..width - margin {
            let here = y * width + x;
            responses[here] = response(&grey.values, here, width, &ring);
        }
    }
    let mut corners = Vec::new();
    let reach = 4;
    for y in margin..height - margin {
        for x in margin..width - margin {
            let value = responses[y * width + x];
            if value <= 0.0 {
                continue;
            }
            let greatest = (y - reach.min(y)..(y + reach + 1).min(height)).all(|v| {
                let row = &responses[v * width..][x.saturating_sub(reach)..(x + reach + 1).min(width)];
                row.iter().all(|other| *other <= value)
            });
            if greatest {
                corners.push(Corner {
                    x: x as f64,
                    y: y as f64,
                    strength: value,
                });
            }
        }
    }
    corners.sort_by(|a, b| b.strength.total_cmp(&a.strength));
    corners.truncate(CORNERS_MAX);
    let strongest = corners.get(8).or(corners.first()).map_or(0.0, |c| c.strength);
    corners.retain(|c| c.strength > 0.12 * strongest);
    corners
}

fn response(values: &[f32], here: usize, width: usize, ring: &[isize; 16]) -> f32 {
    let at = |i: usize| values[here.wrapping_add_signed(ring[i])];
    let (mut sums, mut differences, mut total) = (0.0, 0.0, 0.0);
    for i in 0..4 {
        let (a, b, c, d) = (at(i), at(i + 4), at(i + 8), at(i + 12));
        sums += ((a + c) - (b + d)).abs();
        differences += (a - c).abs() + (b - d).abs();
        total += a + b + c + d;
    }
    let middle =
        (values[here] + values[here - 1] + values[here + 1] + values[here - width] + values[here + width]) / 5.0;
    sums - differences - 4.0 * (total / 16.0 - middle).abs() * 2.0 - 16.0
}

//! From one colour a pixel to three: bilinear, each missing colour the mean of its nearest neighbours.

use super::BayerOrder;
use crate::frame::Size;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Filter {
    Red,
    /// Green in a row with red.
    GreenBesideRed,
    /// Green in a row with blue.
    GreenBesideBlue,
    Blue,
}

impl BayerOrder {
    /// The filter before the pixel in an even or odd column and row.
    fn filter(self, x: usize, y: usize) -> Filter {
        use Filter::{Blue, GreenBesideBlue, GreenBesideRed, Red};
        let cell = match self {
            Self::Bggr => [[Blue, GreenBesideBlue], [GreenBesideRed, Red]],
            Self::Gbrg => [[GreenBesideBlue, Blue], [Red, GreenBesideRed]],
            Self::Grbg => [[GreenBesideRed, Red], [Blue, GreenBesideBlue]],
            Self::Rggb => [[Red, GreenBesideRed], [GreenBesideBlue, Blue]],
        };
        cell[y % 2][x % 2]
    }
}

/// The picture in RGB. `samples` holds rows of `stride` bytes, and `size` has at least two columns and rows.
pub(super) fn demosaic(samples: &[u8], size: Size, stride: usize, order: BayerOrder) -> Vec<u8> {
    let (width, height) = (size.width as usize, size.height as usize);
    let row = |y: usize| &samples[y * stride..][..width];
    let mut rgb = vec![0; width * height * 3];
    for (y, out_row) in rgb.chunks_exact_mut(width * 3).enumerate() {
        let (above, here, below) = (row(before(y)), row(y), row(after(y, height)));
        let filters = [order.filter(0, y), order.filter(1, y)];
        for (x, pixel) in out_row.chunks_exact_mut(3).enumerate() {
            let (left, right) = (before(x), after(x, width));
            let beside = || mean2(here[left], here[right]);
            let over = || mean2(above[x], below[x]);
            let cross = || mean4([here[left], here[right], above[x], below[x]]);
            let corners = || mean4([above[left], above[right], below[left], below[right]]);
            pixel.copy_from_slice(&match filters[x % 2] {
                Filter::Red => [here[x], cross(), corners()],
                Filter::GreenBesideRed => [beside(), here[x], over()],
                Filter::GreenBesideBlue => [over(), here[x], beside()],
                Filter::Blue => [corners(), cross(), here[x]],
            });
        }
    }
    rgb
}

/// The place before `at`; mirrored at the edge, so that it lies behind the same filter.
fn before(at: usize) -> usize {
    if at == 0 { 1 } else { at - 1 }
}

fn after(at: usize, length: usize) -> usize {
    if at + 1 == length { length - 2 } else { at + 1 }
}

fn mean2(a: u8, b: u8) -> u8 {
    (u16::from(a) + u16::from(b)).div_ceil(2) as u8
}

fn mean4(values: [u8; 4]) -> u8 {
    let sum: u16 = values.iter().map(|v| u16::from(*v)).sum();
    ((sum + 2) / 4) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORDERS: [BayerOrder; 4] = [BayerOrder::Bggr, BayerOrder::Gbrg, BayerOrder::Grbg, BayerOrder::Rggb];

    /// The samples behind the filter of a picture given by a function.
    fn mosaic(size: Size, stride: usize, order: BayerOrder, picture: impl Fn(usize, usize) -> [u8; 3]) -> Vec<u8> {
        let mut samples = vec![0xee; stride * size.height as usize];
        for y in 0..size.height as usize {
            for x in 0..size.width as usize {
                let [red, green, blue] = picture(x, y);
                samples[y * stride + x] = match order.filter(x, y) {
                    Filter::Red => red,
                    Filter::GreenBesideRed | Filter::GreenBesideBlue => green,
                    Filter::Blue => blue,
                };
            }
        }
        samples
    }

    #[test]
    fn an_even_colour_comes_back_everywhere_edges_and_padding_included() {
        for order in ORDERS {
            for (width, height) in [(2, 2), (3, 2), (2, 5), (7, 9), (16, 4)] {
                let size = Size::new(width, height);
                let samples = mosaic(size, width as usize + 5, order, |_, _| [200, 90, 17]);
                let rgb = demosaic(&samples, size, width as usize + 5, order);
                assert!(rgb.chunks_exact(3).all(|p| p == [200, 90, 17]), "{order:?} {size}");
            }
        }
    }

    #[test]
    fn a_slope_is_met_exactly_away_from_the_edge() {
        // Bilinear interpolation is exact where colours change evenly.
        let picture = |x: usize, y: usize| [10 + 4 * x as u8, 20 + 6 * y as u8, 100 + 2 * (x + y) as u8];
        let size = Size::new(12, 10);
        for order in ORDERS {
            let rgb = demosaic(&mosaic(size, 12, order, picture), size, 12, order);
            for y in 1..9 {
                for x in 1..11 {
                    assert_eq!(rgb[(y * 12 + x) * 3..][..3], picture(x, y), "{order:?} {x} {y}");
                }
            }
        }
    }
}

//! What comes into a fused network: channel planes of floats, or a picture whose bytes may already be those that the first convolution wants.

use std::array::from_fn;

use super::kernels::Quantize;
use super::memory::Place;
use super::rows::Results;
use crate::network::prepare::Picture;

/// What one input is given.
pub(in super::super) enum Given<'a> {
    /// Channels×height×width.
    Planes(&'a [f32]),
    /// For an input of three channels in the picture's size.
    Picture(&'a Picture),
}

/// An input, and what each byte of a picture becomes.
pub(super) enum Entry<'a> {
    Planes(&'a [f32]),
    Picture {
        picture: &'a Picture,
        /// Bytes of the map for bytes of the picture, where the map has bytes.
        bytes: Option<Box<[[u8; 256]; 3]>>,
    },
}

impl<'a> Entry<'a> {
    /// `code` is that of the map, where it has bytes.
    pub(super) fn new(given: &Given<'a>, code: Option<Quantize>) -> Self {
        match *given {
            Given::Planes(planes) => Self::Planes(planes),
            Given::Picture(picture) => Self::Picture {
                picture,
                bytes: code.map(|code| Box::new(picture.values().map(|values| values.map(|value| code.byte(value))))),
            },
        }
    }

    /// One row of the map `place`: what its channels are padded with is 0.
    pub(super) fn row(&self, place: &Place, row: usize, results: &mut Results) {
        match self {
            Self::Planes(planes) => {
                let plane = |channel: usize| &planes[(channel * place.height + row) * place.width..][..place.width];
                results.store_planes(place.stride, (0..place.channels).map(plane));
            }
            Self::Picture { picture, bytes } => {
                let pixels = picture.row(row);
                if let Some(floats) = &mut results.floats {
                    translate(pixels, picture.values(), place.stride, floats);
                }
                if let (Some((to, _)), Some(bytes)) = (&mut results.bytes, bytes) {
                    if place.stride == 3 && bytes.iter().all(is_identity) {
                        to.copy_from_slice(pixels.as_flattened());
                    } else {
                        translate(pixels, bytes, place.stride, to);
                    }
                }
            }
        }
    }
}

fn is_identity(table: &[u8; 256]) -> bool {
    table.iter().enumerate().all(|(from, to)| from == usize::from(*to))
}

/// Pixels with each colour by its table, `stride` values apart.
fn translate<T: Copy + Default>(pixels: &[[u8; 3]], tables: &[[T; 256]; 3], stride: usize, to: &mut [T]) {
    for (pixel, to) in pixels.iter().zip(to.chunks_exact_mut(stride)) {
        let (colours, padding) = to.split_at_mut(3);
        colours.copy_from_slice(&from_fn::<T, 3, _>(|colour| tables[colour][usize::from(pixel[colour])]));
        padding.fill(T::default());
    }
}

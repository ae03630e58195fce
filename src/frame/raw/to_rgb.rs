//! Raw pixels to RGB, three bytes a pixel.

use image::RgbImage;
use yuv::{
    YuvBiPlanarImage, YuvChromaSubsampling, YuvConversionMode, YuvError, YuvPackedImage, YuvPlanarImage,
    YuvPlanarImageMut, YuvRange, YuvStandardMatrix,
};

use super::bayer::demosaic;
use super::{Matrix, PixelLayout, Range, RawFormat};
use crate::frame::FrameError;

/// The picture in `bytes`, which hold at least what the format needs.
pub(in crate::frame) fn to_rgb(bytes: &[u8], format: &RawFormat) -> Result<RgbImage, FrameError> {
    let (size, stride) = (format.size, format.stride as usize);
    if u64::from(format.stride) < u64::from(format.layout.row_bytes(size.width)) || size.width < 2 || size.height < 2 {
        return Err(FrameError::Damaged(format!(
            "raw picture of {size} pixels with {stride} bytes a row"
        )));
    }
    let rgb = match format.layout {
        PixelLayout::Yuyv | PixelLayout::Uyvy | PixelLayout::Nv12 | PixelLayout::Yu12 => {
            let mut rgb = vec![0; size.pixels() as usize * 3];
            from_yuv(bytes, format, &mut rgb).map_err(|e| FrameError::Damaged(e.to_string()))?;
            rgb
        }
        PixelLayout::Bayer(order) => demosaic(bytes, size, stride, order),
        PixelLayout::Rgb24 | PixelLayout::Bgr24 | PixelLayout::Grey => from_levels(bytes, format),
    };
    Ok(RgbImage::from_raw(size.width, size.height, rgb).expect("three bytes for each pixel"))
}

fn from_yuv(bytes: &[u8], format: &RawFormat, rgb: &mut [u8]) -> Result<(), YuvError> {
    let (width, height) = (format.size.width, format.size.height);
    let rgb_stride = width * 3;
    let range = match format.colours.range {
        Range::Full => YuvRange::Full,
        Range::Limited => YuvRange::Limited,
    };
    let matrix = match format.colours.matrix {
        Matrix::Bt601 => YuvStandardMatrix::Bt601,
        Matrix::Bt709 => YuvStandardMatrix::Bt709,
        Matrix::Bt2020 => YuvStandardMatrix::Bt2020,
    };
    let first = format.stride as usize * height as usize;
    let chroma = format.chroma_stride() as usize * height.div_ceil(2) as usize;
    match format.layout {
        // The crate's own way from packed pixels to RGB counts with 6 binary digits and is up to 3 levels off; by way of planes it counts with 13.
        PixelLayout::Yuyv | PixelLayout::Uyvy => {
            let packed = YuvPackedImage {
                yuy: &bytes[..first],
                yuy_stride: format.stride,
                width,
                height,
            };
            let mut planes = YuvPlanarImageMut::alloc(width, height, YuvChromaSubsampling::Yuv422);
            match format.layout {
                PixelLayout::Yuyv => yuv::yuyv422_to_yuv422(&mut planes, &packed)?,
                _ => yuv::uyvy422_to_yuv422(&mut planes, &packed)?,
            }
            yuv::yuv422_to_rgb(&planes.to_fixed(), rgb, rgb_stride, range, matrix)
        }
        PixelLayout::Nv12 => {
            let picture = YuvBiPlanarImage {
                y_plane: &bytes[..first],
                y_stride: format.stride,
                uv_plane: &bytes[first..][..2 * chroma],
                uv_stride: 2 * format.chroma_stride(),
                width,
                height,
            };
            yuv::yuv_nv12_to_rgb(&picture, rgb, rgb_stride, range, matrix, YuvConversionMode::Balanced)
        }
        _ => {
            let picture = YuvPlanarImage {
                y_plane: &bytes[..first],
                y_stride: format.stride,
                u_plane: &bytes[first..][..chroma],
                u_stride: format.chroma_stride(),
                v_plane: &bytes[first + chroma..][..chroma],
                v_stride: format.chroma_stride(),
                width,
                height,
            };
            yuv::yuv420_to_rgb(&picture, rgb, rgb_stride, range, matrix)
        }
    }
}

/// Layouts whose numbers are levels of light already.
fn from_levels(bytes: &[u8], format: &RawFormat) -> Vec<u8> {
    let row_bytes = format.layout.row_bytes(format.size.width) as usize;
    let mut rgb = Vec::with_capacity(format.size.pixels() as usize * 3);
    for row in bytes
        .chunks_exact(format.stride as usize)
        .take(format.size.height as usize)
    {
        let row = &row[..row_bytes];
        match format.layout {
            PixelLayout::Bgr24 => rgb.extend(row.as_chunks::<3>().0.iter().flat_map(|[b, g, r]| [*r, *g, *b])),
            PixelLayout::Grey => rgb.extend(row.iter().flat_map(|v| [*v; 3])),
            _ => rgb.extend_from_slice(row),
        }
    }
    if format.colours.range == Range::Limited {
        // ITU-R BT.601, 8-bit quantization: 219 steps from black at 16 to white at 235.
        let table: [u8; 256] =
            std::array::from_fn(|v| ((v as f32 - 16.0) * 255.0 / 219.0).round().clamp(0.0, 255.0) as u8);
        rgb.iter_mut().for_each(|v| *v = table[usize::from(*v)]);
    }
    rgb
}

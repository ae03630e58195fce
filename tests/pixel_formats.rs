//! Raw pixels of cameras against what ffmpeg reads in the same bytes (`tests/data/pixel_formats/make.sh`), and JPEG pictures without Huffman tables.

#![allow(clippy::unwrap_used, reason = "part of the tests")]

use std::path::{Path, PathBuf};

use fishrig::frame::{
    BayerOrder, CaptureTime, Colours, DecodeOptions, Frame, FrameError, FrameFormat, Matrix, PixelLayout, Range,
    RawFormat, Size,
};
use image::RgbImage;
use proptest::prelude::*;

/// Levels by which fishrig may differ from ffmpeg; `make.sh` says why.
const TOLERANCE: u8 = 1;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/pixel_formats")
}

/// One picture of the folder.
struct Sample {
    name: String,
    format: RawFormat,
    bytes: Vec<u8>,
    wanted: RgbImage,
}

/// From names such as `nv12_bt601_limited_65x33` and `bayer_bggr8_none_full_66x34`.
fn format_of(name: &str) -> RawFormat {
    let mut parts: Vec<&str> = name.split('_').collect();
    let (width, height) = parts.pop().unwrap().split_once('x').unwrap();
    let range = match parts.pop().unwrap() {
        "full" => Range::Full,
        _ => Range::Limited,
    };
    let matrix = match parts.pop().unwrap() {
        "bt709" => Matrix::Bt709,
        "bt2020" => Matrix::Bt2020,
        _ => Matrix::Bt601,
    };
    let layout = match parts[..] {
        ["bayer", "bggr8"] => PixelLayout::Bayer(BayerOrder::Bggr),
        ["bayer", "gbrg8"] => PixelLayout::Bayer(BayerOrder::Gbrg),
        ["bayer", "grbg8"] => PixelLayout::Bayer(BayerOrder::Grbg),
        ["bayer", "rggb8"] => PixelLayout::Bayer(BayerOrder::Rggb),
        ["yuyv422"] => PixelLayout::Yuyv,
        ["uyvy422"] => PixelLayout::Uyvy,
        ["nv12"] => PixelLayout::Nv12,
        ["yuv420p"] => PixelLayout::Yu12,
        _ => panic!("{name}"),
    };
    let size = Size::new(width.parse().unwrap(), height.parse().unwrap());
    RawFormat::packed(layout, size, Colours { matrix, range })
}

fn samples() -> Vec<Sample> {
    let mut samples = Vec::new();
    for entry in std::fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|e| e == "raw") {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            samples.push(Sample {
                format: format_of(&name),
                bytes: std::fs::read(&path).unwrap(),
                wanted: image::open(path.with_extension("png")).unwrap().into_rgb8(),
                name,
            });
        }
    }
    assert_eq!(samples.len(), 21, "a folder without files would pass");
    samples
}

fn decode(bytes: &[u8], format: FrameFormat) -> Result<RgbImage, FrameError> {
    let frame = Frame {
        bytes: bytes.into(),
        format,
        captured: CaptureTime::now(),
        sequence: 0,
        name: None,
    };
    frame.decode(&DecodeOptions::default()).map(|decoded| decoded.rgb)
}

/// The largest difference of two pictures, `edge` outermost pixels left out.
fn difference(a: &RgbImage, b: &RgbImage, edge: u32) -> u8 {
    assert_eq!(a.dimensions(), b.dimensions());
    let inside = |x: u32, y: u32| x >= edge && y >= edge && x + edge < a.width() && y + edge < a.height();
    let pixels = a.enumerate_pixels().filter(|(x, y, _)| inside(*x, *y));
    pixels
        .flat_map(|(x, y, p)| p.0.into_iter().zip(b.get_pixel(x, y).0))
        .map(|(a, b)| a.abs_diff(b))
        .max()
        .unwrap()
}

#[test]
fn pixels_are_those_that_ffmpeg_reads() {
    let mut wrong = Vec::new();
    for sample in samples() {
        assert_eq!(sample.bytes.len() as u64, sample.format.bytes(), "{}", sample.name);
        let rgb = decode(&sample.bytes, FrameFormat::Raw(sample.format)).unwrap();
        // At the edge fishrig mirrors what lies inside; ffmpeg repeats it.
        let edge = if sample.name.starts_with("bayer") { 2 } else { 0 };
        let difference = difference(&rgb, &sample.wanted, edge);
        if difference > TOLERANCE {
            wrong.push(format!("{}: {difference}", sample.name));
        }
    }
    assert_eq!(wrong, [""; 0]);
}

/// The rows of each plane: their bytes in memory without padding, and how many there are.
fn planes(format: &RawFormat) -> Vec<(usize, usize)> {
    let (width, height) = (format.size.width as usize, format.size.height as usize);
    let (half, half_rows) = (width.div_ceil(2), height.div_ceil(2));
    match format.layout {
        PixelLayout::Nv12 => vec![(width, height), (2 * half, half_rows)],
        PixelLayout::Yu12 => vec![(width, height), (half, half_rows), (half, half_rows)],
        _ => vec![(format.layout.row_bytes(format.size.width) as usize, height)],
    }
}

#[test]
fn padding_at_the_end_of_rows_changes_nothing() {
    for sample in samples() {
        let packed = decode(&sample.bytes, FrameFormat::Raw(sample.format)).unwrap();
        for padding in [2, 14, 62] {
            let stride = sample.format.stride + padding;
            let padded = RawFormat {
                stride,
                ..sample.format
            };
            let mut bytes = Vec::new();
            let mut rest = &sample.bytes[..];
            for (index, (row_bytes, rows)) in planes(&sample.format).into_iter().enumerate() {
                let plane_stride = match (index, sample.format.layout) {
                    (0, _) => stride as usize,
                    (_, PixelLayout::Yu12) => stride.div_ceil(2) as usize,
                    _ => 2 * stride.div_ceil(2) as usize,
                };
                for _ in 0..rows {
                    let (row, behind) = rest.split_at(row_bytes);
                    rest = behind;
                    bytes.extend(row);
                    bytes.extend(vec![0xa5; plane_stride - row_bytes]);
                }
            }
            assert!(rest.is_empty());
            assert_eq!(bytes.len() as u64, padded.bytes());
            let rgb = decode(&bytes, FrameFormat::Raw(padded)).unwrap();
            assert!(rgb == packed, "{} with {padding} bytes of padding", sample.name);
        }
    }
}

/// The same bytes with the last column and row taken out of the picture: an odd size. Colour differences have as many columns and rows as before.
#[test]
fn an_odd_part_of_a_picture_is_that_part() {
    for sample in samples() {
        if let PixelLayout::Bayer(_) = sample.format.layout {
            continue;
        }
        let (stride, height) = (sample.format.stride as usize, sample.format.size.height as usize);
        let size = Size::new(sample.format.size.width - 1, sample.format.size.height - 1);
        let odd = RawFormat { size, ..sample.format };
        let mut bytes = sample.bytes.clone();
        bytes.drain(stride * (height - 1)..stride * height);
        let rgb = decode(&bytes, FrameFormat::Raw(odd)).unwrap();
        let wanted = image::imageops::crop_imm(&sample.wanted, 0, 0, size.width, size.height).to_image();
        let difference = difference(&rgb, &wanted, 0);
        assert!(difference <= TOLERANCE, "{}: {difference}", sample.name);
    }
}

const FULL: Colours = Colours {
    matrix: Matrix::Bt601,
    range: Range::Full,
};

#[test]
fn levels_are_taken_as_they_are() {
    let size = Size::new(17, 16);
    let bytes: Vec<u8> = (0..17 * 16 * 3).map(|i| (i * 7) as u8).collect();
    let rgb = decode(
        &bytes,
        FrameFormat::Raw(RawFormat::packed(PixelLayout::Rgb24, size, FULL)),
    )
    .unwrap();
    assert_eq!(rgb.as_raw(), &bytes);
    let bgr = decode(
        &bytes,
        FrameFormat::Raw(RawFormat::packed(PixelLayout::Bgr24, size, FULL)),
    )
    .unwrap();
    assert!(
        bgr.pixels()
            .zip(rgb.pixels())
            .all(|(b, r)| b.0 == [r.0[2], r.0[1], r.0[0]])
    );
    let grey = RawFormat::packed(PixelLayout::Grey, size, FULL);
    let picture = decode(&bytes[..17 * 16], FrameFormat::Raw(grey)).unwrap();
    assert!(picture.pixels().zip(&bytes).all(|(p, v)| p.0 == [*v; 3]));
    let limited = RawFormat {
        colours: Colours {
            range: Range::Limited,
            ..FULL
        },
        ..grey
    };
    let levels: Vec<u8> = [0, 16, 17, 126, 234, 235, 255]
        .into_iter()
        .cycle()
        .take(17 * 16)
        .collect();
    let stretched = decode(&levels, FrameFormat::Raw(limited)).unwrap();
    let first: Vec<u8> = stretched.pixels().take(7).map(|p| p.0[0]).collect();
    assert_eq!(
        first,
        [0, 0, 1, 128, 254, 255, 255],
        "ITU-R BT.601: 16 is black, 235 is white"
    );
}

#[test]
fn wrong_lengths_and_absurd_formats_are_errors() {
    let size = Size::new(64, 48);
    let format = RawFormat::packed(PixelLayout::Yuyv, size, FULL);
    let message = |bytes: &[u8], format| decode(bytes, FrameFormat::Raw(format)).unwrap_err().to_string();
    assert!(message(&[0; 64 * 48], format).contains("3072 bytes where 64x48 needs 6144"));
    let narrow = RawFormat { stride: 64, ..format };
    assert!(message(&[0; 64 * 48], narrow).contains("64 bytes a row"));
    let huge = RawFormat::packed(PixelLayout::Grey, Size::new(u32::MAX, u32::MAX), FULL);
    assert!(message(&[0], huge).contains("megapixels"));
}

fn jpeg() -> Vec<u8> {
    std::fs::read(folder().join("camera.jpg")).unwrap()
}

/// The picture without the segments that define Huffman tables.
fn without_tables(jpeg: &[u8]) -> Vec<u8> {
    let mut out = jpeg[..2].to_vec();
    let mut at = 2;
    let mut taken_out = 0;
    while jpeg[at + 1] != 0xda {
        let end = at + 2 + usize::from(u16::from_be_bytes([jpeg[at + 2], jpeg[at + 3]]));
        if jpeg[at + 1] == 0xc4 {
            taken_out += 1;
        } else {
            out.extend(&jpeg[at..end]);
        }
        at = end;
    }
    assert!(taken_out > 0);
    out.extend(&jpeg[at..]);
    out
}

#[test]
fn a_jpeg_without_huffman_tables_is_the_same_picture() {
    let wanted = decode(&jpeg(), FrameFormat::Jpeg).unwrap();
    let bare = without_tables(&jpeg());
    assert!(
        image::load_from_memory(&bare).is_err(),
        "the decoder below does not put them in"
    );
    assert!(decode(&bare, FrameFormat::Jpeg).unwrap() == wanted);
    let padded = [bare, vec![0; 5000]].concat();
    assert!(
        decode(&padded, FrameFormat::Jpeg).unwrap() == wanted,
        "padding behind the end is usual"
    );
}

proptest! {
    #[test]
    fn no_change_of_a_camera_s_jpeg_panics(at in 0usize..4000, value: u8, cut in 0usize..4000) {
        let mut bytes = without_tables(&jpeg());
        let at = at % bytes.len();
        bytes[at] = value;
        bytes.truncate(cut.max(2));
        let _ = decode(&bytes, FrameFormat::Jpeg);
    }

    #[test]
    fn no_raw_format_panics(
        which in 0usize..7,
        width in 0u32..80,
        height in 0u32..80,
        stride in 0u32..300,
        spare in -3i64..3,
    ) {
        let layouts = [
            PixelLayout::Yuyv,
            PixelLayout::Uyvy,
            PixelLayout::Nv12,
            PixelLayout::Yu12,
            PixelLayout::Bgr24,
            PixelLayout::Grey,
            PixelLayout::Bayer(BayerOrder::Grbg),
        ];
        let layout = layouts[which];
        let format = RawFormat { layout, size: Size::new(width, height), stride, colours: FULL };
        let length = (format.bytes() as i64 + spare).max(0) as usize;
        let decoded = decode(&vec![100; length], FrameFormat::Raw(format));
        let is_possible = width >= 16 && height >= 16 && stride >= layout.row_bytes(width) && spare == 0;
        prop_assert_eq!(decoded.is_ok(), is_possible);
    }
}

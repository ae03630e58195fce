//! Pictures of every kind that archives hold, compared with what Pillow reads in them (`tests/data/pictures/make.py`).

use std::path::{Path, PathBuf};

use fishrig::frame::{DecodeOptions, Frame, FrameError};
use image::RgbImage;

fn pictures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/pictures")
}

fn decode(bytes: Vec<u8>, options: &DecodeOptions) -> Result<fishrig::frame::Decoded, FrameError> {
    Frame::from_file_bytes(bytes, None)?.decode(options)
}

/// Largest and mean difference of bytes.
fn differences(a: &RgbImage, b: &RgbImage) -> (u8, f64) {
    assert_eq!(a.dimensions(), b.dimensions());
    let each = a.as_raw().iter().zip(b.as_raw()).map(|(a, b)| a.abs_diff(*b));
    let mean = each.clone().map(f64::from).sum::<f64>() / a.as_raw().len() as f64;
    (each.max().unwrap_or(0), mean)
}

#[test]
fn every_kind_of_picture_is_read_as_pillow_reads_it() {
    let mut seen = 0;
    for entry in std::fs::read_dir(pictures()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if name.ends_with(".expected.png") || name.ends_with(".py") {
            continue;
        }
        let expected = image::open(pictures().join(format!("{name}.expected.png")))
            .unwrap()
            .into_rgb8();
        let decoded =
            decode(std::fs::read(&path).unwrap(), &DecodeOptions::default()).unwrap_or_else(|e| panic!("{name}: {e}"));
        let (largest, mean) = differences(&decoded.rgb, &expected);
        // JPEG decoders may round differently; chroma upsampling differs at strong edges. Everything else is exact but for blending.
        let (largest_allowed, mean_allowed) = match name.as_str() {
            "progressive.jpg" => (60, 2.5),
            "cmyk.jpg" => (8, 1.5),
            n if n.ends_with(".jpg") => (4, 0.6),
            n if n.contains("alpha") => (1, 0.5),
            _ => (0, 0.0),
        };
        assert!(
            largest <= largest_allowed && mean <= mean_allowed,
            "{name}: differs by up to {largest}, mean {mean:.3}"
        );
        if let Some(n) = name.strip_prefix("orientation_") {
            assert_eq!(decoded.orientation.exif().to_string(), n[..1]);
        }
        seen += 1;
    }
    assert_eq!(seen, 28, "pictures in tests/data/pictures");
}

#[test]
fn orientation_can_be_left_alone_as_bgnn_does() {
    let bytes = std::fs::read(pictures().join("orientation_6.jpg")).unwrap();
    let options = DecodeOptions {
        apply_orientation: false,
        ..DecodeOptions::default()
    };
    let decoded = decode(bytes, &options).unwrap();
    assert_eq!(decoded.rgb.dimensions(), (48, 32), "as stored");
    assert_eq!(decoded.orientation.exif(), 6, "still said");
}

#[test]
fn a_jpeg_cut_anywhere_is_refused() {
    for name in ["rgb.jpg", "progressive.jpg", "orientation_3.jpg"] {
        let whole = std::fs::read(pictures().join(name)).unwrap();
        for length in 0..whole.len() {
            assert!(
                decode(whole[..length].to_vec(), &DecodeOptions::default()).is_err(),
                "{name} cut to {length} of {} bytes was accepted",
                whole.len()
            );
        }
    }
}

#[test]
fn png_and_tiff_cut_in_their_pixels_are_refused() {
    for name in ["rgb.png", "grey16.png", "rgb.tif", "lzw.tif"] {
        let whole = std::fs::read(pictures().join(name)).unwrap();
        for part in 1..8 {
            let length = whole.len() * part / 8;
            assert!(
                decode(whole[..length].to_vec(), &DecodeOptions::default()).is_err(),
                "{name} cut to {length} of {} bytes was accepted",
                whole.len()
            );
        }
    }
}

#[test]
fn hopeless_files_are_refused_with_their_reason() {
    let reason = |bytes: Vec<u8>| decode(bytes, &DecodeOptions::default()).unwrap_err().to_string();
    assert!(reason(vec![]).contains("empty"));
    assert!(reason(b"GIF89a nothing that we read".to_vec()).contains("JPEG, PNG or TIFF"));

    let mut tiny = std::io::Cursor::new(Vec::new());
    RgbImage::new(1, 1)
        .write_to(&mut tiny, image::ImageFormat::Png)
        .unwrap();
    assert!(reason(tiny.into_inner()).contains("only 1x1 pixels"));
    assert!(reason(png_that_claims(1 << 16, 1 << 15)).contains("2147.48 megapixels"));
    assert!(reason(png_that_claims(i32::MAX as u32, 1)).contains("over the limit of 120"));
}

/// A PNG whose header claims a size that its data do not hold.
/// The decoder keeps the strip beside the picture, and its bounds must have room for both.
#[test]
fn a_tiff_of_the_widest_pixels_in_a_single_strip_is_read() {
    let (width, height) = (1500_u32, 1000_u32);
    let strip = 8 + width * height * 16;
    let mut file = b"II*\0".to_vec();
    file.extend(strip.to_le_bytes());
    file.extend(
        [1.0_f32, 0.0, 1.0, 1.0]
            .map(f32::to_le_bytes)
            .concat()
            .repeat((width * height) as usize),
    );
    // Four values of 16 bits lie behind the directory: 32 bits a sample, IEEE floats.
    let behind = strip + 2 + 12 * 11 + 4;
    let entries: [(u16, u16, u32, u32); 11] = [
        (256, 4, 1, width),
        (257, 4, 1, height),
        (258, 3, 4, behind),
        (259, 3, 1, 1),
        (262, 3, 1, 2),
        (273, 4, 1, 8),
        (277, 3, 1, 4),
        (278, 4, 1, height),
        (279, 4, 1, strip - 8),
        (338, 3, 1, 2),
        (339, 3, 4, behind + 8),
    ];
    file.extend((entries.len() as u16).to_le_bytes());
    for (tag, kind, count, value) in entries {
        file.extend([tag.to_le_bytes(), kind.to_le_bytes()].concat());
        file.extend([count.to_le_bytes(), value.to_le_bytes()].concat());
    }
    file.extend([0; 4]);
    file.extend([32_u16, 32, 32, 32, 3, 3, 3, 3].map(u16::to_le_bytes).concat());

    let decoded = decode(file, &DecodeOptions::default()).unwrap();
    assert_eq!(decoded.rgb.dimensions(), (width, height));
    assert_eq!(decoded.rgb.get_pixel(width - 1, height - 1).0, [255, 0, 255]);
}

fn png_that_claims(width: u32, height: u32) -> Vec<u8> {
    let mut header = b"IHDR".to_vec();
    header.extend(width.to_be_bytes());
    header.extend(height.to_be_bytes());
    header.extend([8, 2, 0, 0, 0]);
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    for chunk in [header, b"IDAT\x78\x9c\x01".to_vec(), b"IEND".to_vec()] {
        file.extend((chunk.len() as u32 - 4).to_be_bytes());
        file.extend(&chunk);
        file.extend(crc32(&chunk).to_be_bytes());
    }
    file
}

/// CRC-32 of PNG (ISO 3309), bit by bit.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |c, _| {
            if c & 1 == 1 { c >> 1 ^ 0xedb8_8320 } else { c >> 1 }
        })
    })
}

#[test]
fn any_flipped_byte_gives_a_picture_or_an_error_but_no_panic() {
    for name in ["rgb.jpg", "palette.png", "lzw.tif", "cmyk.tif", "palette.tif"] {
        let whole = std::fs::read(pictures().join(name)).unwrap();
        for at in 0..whole.len() {
            for value in [0x00, 0xff, whole[at] ^ 0x10] {
                let mut bytes = whole.clone();
                bytes[at] = value;
                let _ = decode(bytes, &DecodeOptions::default());
            }
        }
    }
}

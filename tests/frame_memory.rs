//! How much memory a small file may take that unpacks to much. One test, because it measures the whole process.

use fishrig::frame::{DecodeOptions, Frame};
use fishrig::traits::label_picture;
use image::codecs::png::PngEncoder;
use image::{ExtendedColorType, ImageEncoder};

const MEGABYTE: usize = 1 << 20;
const PROFILE: usize = 256 * MEGABYTE;

/// A PNG of 32×32 16-bit grey pixels whose colour profile is a quarter of a gigabyte of zeros.
fn small_file_with_a_large_profile() -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = PngEncoder::new(&mut file);
    encoder.set_icc_profile(vec![0; PROFILE]).unwrap();
    encoder
        .write_image(&[0; 32 * 32 * 2], 32, 32, ExtendedColorType::L16)
        .unwrap();
    file
}

/// The most memory that this process has had so far, in bytes.
fn peak() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).unwrap();
    line.trim().strip_suffix(" kB").unwrap().parse::<usize>().unwrap() * 1024
}

#[test]
fn a_colour_profile_takes_no_more_memory_than_its_picture_warrants() {
    let file = small_file_with_a_large_profile();
    assert!(file.len() < 2 * MEGABYTE);
    let before = peak();
    assert!(
        before < PROFILE / 2,
        "making the file hides what reading it takes: {before}"
    );

    let frame = Frame::from_file_bytes(file.clone(), None).unwrap();
    let picture = frame.decode(&DecodeOptions::default()).unwrap();
    assert_eq!(picture.rgb.dimensions(), (32, 32));
    let mask = label_picture::decode_bits(&file).unwrap();
    assert_eq!(mask.size().pixels(), 32 * 32);
    let taken = peak() - before;
    assert!(taken < 64 * MEGABYTE, "{taken} bytes for {} pixels", 32 * 32);
}

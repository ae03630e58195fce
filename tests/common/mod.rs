//! What several integration tests need.

use std::path::PathBuf;

/// A folder of the shared data beside the checkout, or `None`, said loudly, where it is absent.
#[allow(dead_code, reason = "not every test file reads shared data")]
pub fn shared(folder: &str) -> Option<PathBuf> {
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared")).join(folder);
    if path.is_dir() {
        return Some(path);
    }
    eprintln!("SKIPPED: no ../shared/{folder} beside the checkout; this test compares with real data there");
    None
}

/// A float16 array of a NumPy file (format 1.0, C order, little-endian), as float32: its shape and values.
#[allow(dead_code, reason = "not every test file reads arrays")]
pub fn npy_f16(path: &std::path::Path) -> (Vec<usize>, Vec<f32>) {
    let bytes = std::fs::read(path).unwrap();
    assert!(bytes.starts_with(b"\x93NUMPY\x01\x00"), "{}", path.display());
    let header_end = 10 + usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    let header = std::str::from_utf8(&bytes[10..header_end]).unwrap();
    assert!(
        header.contains("'<f2'") && header.contains("'fortran_order': False"),
        "{header}"
    );
    let shape = header.split(['(', ')']).nth(1).unwrap();
    let shape: Vec<usize> = shape.split(',').filter_map(|n| n.trim().parse().ok()).collect();
    let halves = bytes[header_end..].as_chunks::<2>().0;
    let values: Vec<f32> = halves.iter().map(|b| half(u16::from_le_bytes(*b))).collect();
    assert_eq!(values.len(), shape.iter().product::<usize>());
    (shape, values)
}

/// IEEE 754 half precision; the fixtures hold no infinities.
fn half(bits: u16) -> f32 {
    let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
    let (exponent, fraction) = (i32::from(bits >> 10 & 0x1f), f32::from(bits & 0x3ff));
    match exponent {
        0 => sign * fraction * 2f32.powi(-24),
        _ => sign * (1.0 + fraction / 1024.0) * 2f32.powi(exponent - 15),
    }
}

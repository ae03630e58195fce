//! Writing a label map as NIfTI-1.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::HEADER;
use crate::labels::nrrd::class_ids;
use crate::traits::TraitMask;

/// The `.nii.gz` of a label map: one slice of class ids, a pixel counting 1 mm, with the affine that ITK gives a picture, so that it lies on the
/// picture in 3D Slicer and ITK-SNAP. Of overlapping traits the one of the highest channel counts.
///
/// # Errors
/// A picture of more than 32767 columns or rows, and what the compression says.
pub(crate) fn label_map(mask: &TraitMask) -> std::io::Result<Vec<u8>> {
    let side = |side: u32| {
        let wide = |_| std::io::Error::other("NIfTI-1 has room for 32767 columns and rows; take .nrrd");
        i16::try_from(side).map_err(wide)
    };
    let (width, height) = (side(mask.size().width)?, side(mask.size().height)?);
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(&header(width, height))?;
    // No extensions.
    gzip.write_all(&[0; 4])?;
    gzip.write_all(&class_ids(mask))?;
    gzip.finish()
}

fn header(width: i16, height: i16) -> [u8; HEADER] {
    let mut header = [0; HEADER];
    let mut put = |at: usize, bytes: &[u8]| header[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, &(HEADER as i32).to_le_bytes());
    put(38, b"r");
    for (axis, size) in [3, width, height, 1, 1, 1, 1, 1].into_iter().enumerate() {
        put(40 + 2 * axis, &size.to_le_bytes());
    }
    // Unsigned bytes of 8 bits.
    put(70, &2i16.to_le_bytes());
    put(72, &8i16.to_le_bytes());
    for axis in 0..8 {
        put(76 + 4 * axis, &1f32.to_le_bytes());
    }
    put(108, &352f32.to_le_bytes());
    put(112, &1f32.to_le_bytes());
    // Millimetres and seconds.
    put(123, &[10]);
    put(148, b"class ids of fishrig: 0 ground, k+1 trait k");
    // Both forms of the orientation are those of a scanner: half a turn around the axis through the picture.
    put(252, &1i16.to_le_bytes());
    put(254, &1i16.to_le_bytes());
    put(264, &1f32.to_le_bytes());
    for (row, at, value) in [(280, 0, -1f32), (296, 4, -1.0), (312, 8, 1.0)] {
        put(row + at, &value.to_le_bytes());
    }
    put(344, b"n+1\0");
    header
}

//! NIfTI-1 (`.nii`, `.nii.gz`; `nifti1.h` of the NIfTI working group): label maps whose numbers are class ids.
//!
//! A file's affine maps voxels to right, anterior, superior. ITK, and with it 3D Slicer and ITK-SNAP, gives a picture the axes left, posterior,
//! superior, so that in a label that was made on a picture the affine runs along -x and -y; read by its affine it lies on the picture as it was
//! drawn.

mod read;
mod write;

pub(super) use read::read;
pub(crate) use write::label_map;

/// Length of the header.
const HEADER: usize = 348;
